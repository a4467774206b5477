import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { acceptAnswer, answerOffer, type LocalAudio, parseSdp, writeOffer } from './sdp.ts'

const local: LocalAudio = {
  address: '127.0.0.1',
  port: 20_000,
  laws: ['PCMU', 'PCMA'],
  owner: 'FreeSWITCH',
  sessionId: 1,
  version: 2,
}

function offer(...media: string[]): string {
  return ['v=0', 'o=phone 1 1 IN IP4 127.0.0.9', 's=-', 'c=IN IP4 127.0.0.9', 't=0 0', ...media, ''].join('\r\n')
}

describe('SDP offer', () => {
  it('offers both laws and telephone-event, and is read back as the same', () => {
    const sdp = writeOffer(local)
    expect(sdp).toContain('m=audio 20000 RTP/AVP 0 8 101\r\n')
    expect(parseSdp(sdp)?.media[0]).toMatchObject({
      kind: 'audio',
      port: 20_000,
      address: '127.0.0.1',
      direction: 'sendrecv',
      packetTimeMs: 20,
      payloads: [
        { payloadType: 0, encoding: 'PCMU', clockRate: 8000 },
        { payloadType: 8, encoding: 'PCMA', clockRate: 8000 },
        { payloadType: 101, encoding: 'TELEPHONE-EVENT', clockRate: 8000, format: '0-15' },
      ],
    })
  })
})

describe('SDP answer to an offer', () => {
  it('takes the first law of the offerer that is ours and its telephone-event', () => {
    const answered = answerOffer(
      offer('m=audio 4000 RTP/AVP 18 8 0 96', 'a=rtpmap:96 telephone-event/8000', 'a=fmtp:96 0-15'),
      local,
    )
    expect(answered?.audio).toEqual({
      law: 'PCMA',
      payloadType: 8,
      telephoneEventType: 96,
      remoteAddress: '127.0.0.9',
      remotePort: 4000,
      maySend: true,
      mayReceive: true,
      rtcp: null,
    })
    expect(answered?.sdp).toContain('m=audio 20000 RTP/AVP 8 96\r\n')
    expect(answered?.sdp).not.toContain('rtcp')
  })

  it.each([
    [['a=rtcp-mux'], { port: 4000, mux: true }, ['a=rtcp-mux', 'a=rtcp:20000 IN IP4 127.0.0.1']],
    [['a=rtcp:4009 IN IP4 127.0.0.9'], { port: 4009, mux: false }, ['a=rtcp:20001 IN IP4 127.0.0.1']],
    [['a=rtcp:4000', 'a=rtcp-mux'], { port: 4000, mux: true }, ['a=rtcp-mux', 'a=rtcp:20000 IN IP4 127.0.0.1']],
    [['a=rtcp:99999'], null, []],
  ])('takes RTCP where %j says, and says where it takes its own', (lines, rtcp, said) => {
    const answered = answerOffer(offer('m=audio 4000 RTP/AVP 0', ...lines), local)
    expect(answered?.audio.rtcp).toEqual(rtcp)
    expect(answered?.sdp.match(/^a=rtcp.*$/gm) ?? []).toEqual(said)
  })

  it('refuses what it does not take with port 0, in the order of the offer', () => {
    const answered = answerOffer(
      offer(
        'm=audio 4002 RTP/SAVP 0',
        'm=audio 4000 RTP/AVP 0',
        'm=video 4004 RTP/AVP 99',
        'a=rtpmap:99 H264/90000',
        'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
      ),
      local,
    )
    expect(answered?.sdp.match(/^m=.*$/gm)).toEqual([
      'm=audio 0 RTP/SAVP 0',
      'm=audio 20000 RTP/AVP 0',
      'm=video 0 RTP/AVP 99',
      'm=application 0 UDP/DTLS/SCTP webrtc-datachannel',
    ])
  })

  it.each([
    ['sendonly', 'a=recvonly', false, true],
    ['recvonly', 'a=sendonly', true, false],
    ['inactive', 'a=inactive', false, false],
  ])('turns %s round', (direction, line, maySend, mayReceive) => {
    const answered = answerOffer(offer('m=audio 4000 RTP/AVP 0', `a=${direction}`), local)
    expect(answered?.sdp).toContain(line)
    expect(answered?.audio).toMatchObject({ maySend, mayReceive })
  })

  it('takes the direction of the session when the audio line says none', () => {
    const text = offer('m=audio 4000 RTP/AVP 0').replace('t=0 0', 't=0 0\r\na=sendonly')
    expect(answerOffer(text, local)?.audio.maySend).toBe(false)
  })

  it('sends nothing to the address 0.0.0.0, the old way to hold', () => {
    const answered = answerOffer(offer('m=audio 4000 RTP/AVP 0', 'c=IN IP4 0.0.0.0'), local)
    expect(answered?.audio).toMatchObject({ maySend: false, mayReceive: true })
  })

  it.each([
    ['only other codecs', offer('m=audio 4000 RTP/AVP 18 3')],
    ['only SRTP', offer('m=audio 4000 UDP/TLS/RTP/SAVPF 0')],
    ['no audio', offer('m=video 4000 RTP/AVP 99')],
    ['a refused audio line', offer('m=audio 0 RTP/AVP 0')],
    ['a host name for an address', offer('m=audio 4000 RTP/AVP 0', 'c=IN IP4 phone.example')],
    ['a port out of range', offer('m=audio 70000 RTP/AVP 0')],
    ['another clock rate', offer('m=audio 4000 RTP/AVP 96', 'a=rtpmap:96 PCMU/16000')],
    ['no session description', 'hello'],
    ['nothing', ''],
  ])('refuses %s', (_, text) => {
    expect(answerOffer(text, local)).toBeNull()
  })
})

const theirKey = 'WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz'
const ourKey = 'A'.repeat(40)
const secure: LocalAudio = {
  ...local,
  keys: [
    { suite: 'AES_CM_128_HMAC_SHA1_80', key: ourKey },
    { suite: 'AES_CM_128_HMAC_SHA1_32', key: ourKey },
  ],
}

describe('SRTP in descriptions', () => {
  it('answers the first keys that it can use, under their tag, with keys of its own', () => {
    const answered = answerOffer(
      offer(
        'm=audio 4000 RTP/SAVP 8',
        `a=crypto:1 AEAD_AES_256_GCM inline:${theirKey}${theirKey}`,
        `a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:${theirKey}|2^20|1:4`,
        `a=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:${theirKey} UNENCRYPTED_SRTP`,
        `a=crypto:7 AES_CM_128_HMAC_SHA1_32 inline:${theirKey}|2^31`,
      ),
      secure,
    )
    expect(answered?.audio.srtp).toEqual({
      ours: { suite: 'AES_CM_128_HMAC_SHA1_32', key: ourKey },
      theirs: { suite: 'AES_CM_128_HMAC_SHA1_32', key: theirKey },
    })
    expect(answered?.sdp.match(/^(m=|a=crypto).*$/gm)).toEqual([
      'm=audio 20000 RTP/SAVP 8',
      `a=crypto:7 AES_CM_128_HMAC_SHA1_32 inline:${ourKey}`,
    ])
  })

  it('offers both suites and takes the answer to either', () => {
    expect(writeOffer(secure).match(/^(m=|a=crypto).*$/gm)).toEqual([
      'm=audio 20000 RTP/SAVP 0 8 101',
      `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${ourKey}`,
      `a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:${ourKey}`,
    ])
    const answer = offer('m=audio 4000 RTP/SAVP 0', `a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:${theirKey}`)
    expect(acceptAnswer(answer, secure)?.srtp?.theirs.key).toBe(theirKey)
  })

  it.each([
    ['plain RTP for SRTP', ['m=audio 4000 RTP/SAVP 8', `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${theirKey}`], local],
    ['SRTP for plain RTP', ['m=audio 4000 RTP/AVP 8'], secure],
    [
      'keys on a plain line',
      ['m=audio 4000 RTP/AVP 8', `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${theirKey}`],
      secure,
    ],
    ['SRTP without keys', ['m=audio 4000 RTP/SAVP 8'], secure],
    ['keys of another length', ['m=audio 4000 RTP/SAVP 8', 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA'], secure],
  ])('never takes %s', (_, lines, ours) => {
    expect(answerOffer(offer(...lines), ours)).toBeNull()
  })
})

describe('SDP answer to our offer', () => {
  it('is taken with a law under a dynamic payload type and bare line feeds', () => {
    const answer = offer('m=audio 4000 RTP/AVP 97', 'a=rtpmap:97 pcma/8000').replaceAll('\r\n', '\n')
    expect(acceptAnswer(answer, local)).toMatchObject({ law: 'PCMA', payloadType: 97, telephoneEventType: null })
  })

  it('is refused when its audio port is 0', () => {
    expect(acceptAnswer(offer('m=audio 0 RTP/AVP 0'), local)).toBeNull()
  })
})

describe('SDP parser', () => {
  it('returns and never throws, whatever the text', () => {
    const line = fc.oneof(
      fc.string(),
      fc.constantFrom(
        'v=0',
        'o=a 1 1 IN IP4 1.2.3.4',
        'c=IN IP4 1.2.3.4',
        'm=audio 1 RTP/AVP 0 8',
        'a=rtpmap:0 /',
        'a=',
      ),
    )
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        answerOffer(['v=0', ...lines].join('\r\n'), local)
        return true
      }),
      { seed: 7, numRuns: 500 },
    )
  })
})
