import { describe, expect, test } from 'vitest'
import { tortureMessage } from '../../../test/torture/rfc4475.ts'
import { parseSip } from './sip-parser.ts'

function torture(name: string) {
  return parseSip(tortureMessage(name))
}

function message(lines: string[], body = ''): Buffer {
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`)
}

const common = [
  'Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bKabc',
  'From: <sip:a@127.0.0.1>;tag=1',
  'To: <sip:b@127.0.0.1>',
  'Call-ID: x@y',
  'CSeq: 1 OPTIONS',
]

function options(...more: string[]): Buffer {
  return message(['OPTIONS sip:b@127.0.0.1 SIP/2.0', ...common, ...more])
}

describe('RFC 4475: what is valid, however odd, is read', () => {
  test.each([
    'wsinv',
    'intmeth',
    'esc01',
    'escnull',
    'esc02',
    'lwsdisp',
    'longreq',
    'semiuri',
    'mpart01',
    'lwsstart',
    'trws',
    'badbranch',
    'unksm2',
    'bext01',
    'regaut01',
    'cparam02',
    'regescrt',
    'inv2543',
    'dblreq',
    'transports',
    'unreason',
    'noreason',
    'baddate',
    'cparam01',
    'invut',
    'sdp01',
    'zeromf',
    'bcast',
  ])('%s', (name) => {
    expect(torture(name)).toMatchObject({ ok: true })
  })

  test('octets behind the first message of a datagram belong to nobody', () => {
    const parsed = torture('dblreq')
    expect(parsed.ok && parsed.message.kind === 'request' && parsed.message.method).toBe('REGISTER')
    expect(parsed.ok && parsed.message.body.length).toBe(0)
  })

  test('an empty reason phrase stays empty', () => {
    const parsed = torture('noreason')
    expect(parsed.ok && parsed.message.kind === 'response' && parsed.message.reason).toBe('')
  })

  test('a reason phrase keeps its UTF-8', () => {
    const parsed = torture('unreason')
    expect(parsed.ok && parsed.message.kind === 'response' && parsed.message.reason).toContain('девяносто')
  })

  test('spaces too many in the start line do not go on', () => {
    const parsed = torture('lwsstart')
    expect(parsed.ok && parsed.message.toString()).toMatch(/^INVITE sip:user@example\.com SIP\/2\.0\r\n/)
  })

  test('a percent sign that escapes nothing is left alone', () => {
    const parsed = torture('esc02')
    expect(parsed.ok && parsed.message.kind === 'request' && parsed.message.method).toBe('RE%47IST%45R')
  })
})

describe('RFC 4475: what is broken gets 400, not a guess', () => {
  test.each([
    'escruri',
    'ltgtruri',
    'lwsruri',
    'mcl01',
    'multi01',
    'quotbal',
    'regbadct',
    'scalar02',
    'badaspec',
    'badinv01',
    'clerr',
    'ncl',
    'baddn',
    'mismatch01',
    'insuf',
  ])('%s', (name) => {
    expect(torture(name)).toMatchObject({ ok: false, status: 400, answerable: expect.anything() })
  })

  test.each([
    ['unkscm', 416],
    ['novelsc', 416],
    ['mismatch02', 501],
    ['badvers', 505],
  ])('%s gets %i', (name, status) => {
    expect(torture(name)).toMatchObject({ ok: false, status, answerable: expect.anything() })
  })

  test.each(['bigcode', 'scalarlg'])('%s has nobody to answer to, and is dropped', (name) => {
    expect(torture(name)).toMatchObject({ ok: false, answerable: undefined })
  })
})

describe('the edge is strict', () => {
  test('another SIP version is 505', () => {
    const parsed = parseSip(message(['OPTIONS sip:b@127.0.0.1 SIP/7.0', ...common]))
    expect(parsed).toMatchObject({ ok: false, status: 505, answerable: { method: 'OPTIONS' } })
  })

  test.each([
    ['negative', 'Content-Length: -999'],
    ['larger than the datagram', 'Content-Length: 9999'],
    ['no number', 'Content-Length: ten'],
  ])('a Content-Length that is %s is 400', (_, line) => {
    expect(parseSip(options(line))).toMatchObject({ ok: false, status: 400 })
  })

  test.each(['Via', 'From', 'To', 'Call-ID', 'CSeq'])('a message without %s is not taken', (name) => {
    const lines = common.filter((line) => !line.startsWith(name))
    expect(parseSip(message(['OPTIONS sip:b@127.0.0.1 SIP/2.0', ...lines]))).toMatchObject({ ok: false })
  })

  test('a broken ACK is never answered', () => {
    const lines = common.map((line) => line.replace('1 OPTIONS', '1 INVITE'))
    const parsed = parseSip(message(['ACK sip:b@127.0.0.1 SIP/2.0', ...lines]))
    expect(parsed).toMatchObject({ ok: false, answerable: undefined })
  })

  test('a broken response is never answered', () => {
    const parsed = parseSip(message(['SIP/2.0 200 OK', ...common.slice(1)]))
    expect(parsed).toMatchObject({ ok: false, answerable: undefined })
  })

  test.each([
    ['a tag', 'From', 'From: <sip:a@127.0.0.1>;tag=1|2'],
    ['a Call-ID', 'Call-ID', 'Call-ID: x|y'],
  ])('%s with a character that none may have is 400', (_, name, line) => {
    const lines = common.map((other) => (other.startsWith(name) ? line : other))
    expect(parseSip(message(['OPTIONS sip:b@127.0.0.1 SIP/2.0', ...lines]))).toMatchObject({ ok: false, status: 400 })
  })

  test('a Refer-To that is its reader’s business is let through', () => {
    expect(parseSip(options('Refer-To: sip:foo@bar?Replaces%3Dx')).ok).toBe(true)
  })

  test('a Contact with a stray byte in its scheme is not handed on', () => {
    expect(
      parseSip(Buffer.concat([options().subarray(0, -2), Buffer.from('Contact: <s\xe1p:a@b>\r\n\r\n', 'latin1')])),
    ).toMatchObject({
      ok: false,
      status: 400,
    })
  })

  test('more header lines than any honest message has are refused', () => {
    expect(parseSip(options(...Array.from({ length: 600 }, (_, i) => `X-${i}: 1`)))).toMatchObject({ ok: false })
  })
})

describe('forms of the same thing', () => {
  test('compact names, folding and space around colons mean what the long form means', () => {
    const parsed = parseSip(
      message(
        [
          'INVITE sip:b@127.0.0.1 SIP/2.0',
          'v : SIP  / 2.0 /UDP',
          '   127.0.0.1:5070',
          '  ;branch = z9hG4bKabc',
          'f: "A \\"B\\"" <sip:a@127.0.0.1> ; tag = 1',
          't: <sip:b@127.0.0.1>',
          'i:x@y',
          'CSeq: 0009',
          '\tINVITE',
          'm: sip:a@127.0.0.1',
          'c: application/sdp',
          'l: 3',
        ],
        'v=0',
      ),
    )
    expect(parsed.ok && parsed.message).toMatchObject({
      callId: 'x@y',
      cseq: { number: 9, method: 'INVITE' },
      fromTag: '1',
      from: { displayName: 'A "B"' },
      topVia: { host: '127.0.0.1', port: 5070 },
      sdp: 'v=0',
    })
  })

  test('line ends of LF alone are read', () => {
    const parsed = parseSip(Buffer.from(options().toString().replaceAll('\r\n', '\n')))
    expect(parsed.ok).toBe(true)
  })

  test('empty lines before the start line are passed over', () => {
    expect(parseSip(Buffer.concat([Buffer.from('\r\n\r\n'), options()])).ok).toBe(true)
  })

  test('what is serialised reads back the same', () => {
    const parsed = torture('intmeth')
    if (!parsed.ok) throw new Error('intmeth must parse')
    const again = parseSip(parsed.message.toBuffer())
    expect(again.ok && again.message.toString()).toBe(parsed.message.toString())
  })
})
