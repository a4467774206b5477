import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { answerOffer } from '../media/sdp.ts'
import { readBrowserOffer, writeBrowserAnswer } from './webrtc-sdp.ts'

const laws = ['PCMA', 'PCMU'] as const
const fingerprint = `sha-256 ${Array.from({ length: 32 }, (_, i) => (i + 16).toString(16).toUpperCase()).join(':')}`

/** As Chromium writes it, shortened. */
const offer = [
  'v=0',
  'o=- 4611731400430051336 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0',
  'a=extmap-allow-mixed',
  'a=msid-semantic: WMS stream',
  'm=audio 52123 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126',
  'c=IN IP4 192.168.1.7',
  'a=rtcp:9 IN IP4 0.0.0.0',
  'a=candidate:1 1 udp 2122260223 0f6a6c8e-3b1c.local 52123 typ host generation 0 network-id 1',
  'a=ice-ufrag:4Zc+',
  'a=ice-pwd:asd88fgpdd777uzjYhagZg12',
  'a=ice-options:trickle',
  `a=fingerprint:${fingerprint}`,
  'a=setup:actpass',
  'a=mid:0',
  'a=sendrecv',
  'a=rtcp-mux',
  'a=rtpmap:111 opus/48000/2',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:110 telephone-event/48000',
  'a=rtpmap:126 telephone-event/8000',
  'a=ssrc:1 cname:x',
  '',
].join('\r\n')

const answer = {
  address: '127.0.0.1',
  port: 20_002,
  iceUfrag: 'abcd',
  icePwd: 'p'.repeat(22),
  fingerprint,
  setup: 'active',
  candidates: ['1 1 UDP 2122317823 127.0.0.1 20002 typ host'],
  ssrc: 77,
} as const

describe('a browser’s offer', () => {
  it('is taken with its first law of ours and its own 8000 Hz number for keys', () => {
    expect(readBrowserOffer(offer, { laws })).toMatchObject({
      index: 0,
      direction: 'sendrecv',
      audio: { law: 'PCMU', payloadType: 0, telephoneEventType: 126, maySend: true, mayReceive: true },
      peer: { mid: '0', iceUfrag: '4Zc+', icePwd: 'asd88fgpdd777uzjYhagZg12', setup: 'actpass', fingerprint },
    })
  })

  it('is none of plain RTP’s', () => {
    expect(
      answerOffer(offer, { laws, address: '127.0.0.1', port: 4000, owner: 'x', sessionId: 1, version: 1 }),
    ).toBeNull()
  })

  it('may have what it says of ICE and DTLS above its media', () => {
    const line = `a=fingerprint:${fingerprint}\r\n`
    const above = offer.replace(line, '').replace('t=0 0\r\n', `t=0 0\r\n${line}`)
    expect(readBrowserOffer(above, { laws })?.peer.fingerprint).toBe(fingerprint)
  })

  it.each([
    ['no ICE', /a=ice-ufrag.*\r\n/],
    ['no password', /a=ice-pwd.*\r\n/],
    ['no certificate', /a=fingerprint.*\r\n/],
    ['no role', /a=setup.*\r\n/],
    ['two ports', /a=rtcp-mux\r\n/],
  ])('is refused with %s', (_, without) => {
    expect(readBrowserOffer(offer.replace(without, ''), { laws })).toBeNull()
  })

  it.each([
    ['a=ice-ufrag:4Zc+', 'a=ice-ufrag:4Z c'],
    ['a=mid:0', 'a=mid:0 \u0000'],
    [fingerprint, 'sha-256 zz'],
    [fingerprint, 'md5 00:11'],
    ['a=setup:actpass', 'a=setup:holdconn'],
    ['m=audio 52123', 'm=audio 0'],
  ])('is refused when "%s" becomes "%s"', (right, wrong) => {
    expect(readBrowserOffer(offer.replace(right, wrong), { laws })).toBeNull()
  })

  it('never throws, whatever it is', () => {
    fc.assert(
      fc.property(fc.nat(offer.length), fc.string(), (at, text) => {
        readBrowserOffer(offer.slice(0, at) + text + offer.slice(at + text.length), { laws })
      }),
    )
  })
})

describe('the answer to a browser', () => {
  const local = { laws, owner: 'FreeSWITCH', sessionId: 1, version: 2 }
  const read = (text: string) => {
    const taken = readBrowserOffer(text, { laws })
    if (taken === null) throw new Error('not taken')
    return taken
  }

  it('has one law, the keys’ number, one port for everything, and neither mid nor BUNDLE', () => {
    const lines = writeBrowserAnswer(read(offer), local, answer).split('\r\n')
    expect(lines).toEqual(
      expect.arrayContaining([
        'm=audio 20002 UDP/TLS/RTP/SAVPF 0 126',
        'a=rtpmap:126 telephone-event/8000',
        'a=setup:active',
        'a=rtcp-mux',
        'a=rtcp:20002 IN IP4 127.0.0.1',
        'a=candidate:1 1 UDP 2122317823 127.0.0.1 20002 typ host',
      ]),
    )
    expect(lines.filter((line) => /^a=(mid|group)/.test(line))).toEqual([])
  })

  it('refuses every other line in its place', () => {
    const video = 'm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 VP8/90000\r\n'
    const media = writeBrowserAnswer(read(offer.replace('m=audio', `${video}m=audio`)), local, answer)
      .split('\r\n')
      .filter((line) => line.startsWith('m='))
    expect(media).toEqual(['m=video 0 UDP/TLS/RTP/SAVPF 96', 'm=audio 20002 UDP/TLS/RTP/SAVPF 0 126'])
  })

  it('turns the direction round', () => {
    const held = writeBrowserAnswer(read(offer.replace('a=sendrecv', 'a=sendonly')), local, answer)
    expect(held).toContain('a=recvonly\r\n')
  })
})
