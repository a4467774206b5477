import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { maxMessageBytes } from './sip-parser.ts'
import { SipStreamReader, type StreamItem } from './stream-reader.ts'

const message = (body: string, length = `Content-Length: ${Buffer.byteLength(body)}`) =>
  Buffer.from(`MESSAGE sip:b@h SIP/2.0\r\nFrom: <sip:a@h>\r\n${length}\r\n\r\n${body}`)

function read(...pieces: Buffer[]): StreamItem[] {
  const reader = new SipStreamReader()
  return pieces.flatMap((piece) => reader.push(piece))
}

const texts = (items: StreamItem[]) => items.map((item) => (item.kind === 'message' ? String(item.bytes) : item.kind))

describe('messages in a stream', () => {
  const [first, second] = [message('hello\r\n\r\nthere'), message('')]
  const both = Buffer.concat([first, second])
  const whole = [String(first), String(second)]

  test('are found whatever byte they are cut at', () => {
    for (let cut = 0; cut <= both.length; cut++) {
      expect(texts(read(both.subarray(0, cut), both.subarray(cut)))).toEqual(whole)
    }
  })

  test('are found when they come byte by byte', () => {
    const pieces = [...both].map((byte) => Buffer.from([byte]))
    expect(texts(read(...pieces))).toEqual(whole)
  })

  test('are the same in any pieces, with pings and stray line ends between them', () => {
    const between = fc.constantFrom('', '\r\n', '\r\n\r\n', '\n', '\r\n\r\n\r\n')
    const stream = fc.array(fc.tuple(between, fc.string({ maxLength: 60 })), { maxLength: 6 })
    fc.assert(
      fc.property(stream, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (parts, sizes) => {
        const bytes = Buffer.concat(parts.flatMap(([line, body]) => [Buffer.from(line), message(body)]))
        const pieces: Buffer[] = []
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const size = sizes[i % sizes.length] ?? 1
          pieces.push(bytes.subarray(at, at + size))
          at += size
        }
        expect(texts(read(...pieces))).toEqual(texts(read(bytes)))
        expect(texts(read(...pieces)).filter((text) => text !== 'ping')).toEqual(
          parts.map(([, body]) => String(message(body))),
        )
      }),
      { seed: 5_626, numRuns: 100 },
    )
  })

  test('may have the length in its compact form and spaced as RFC 4475 has it', () => {
    expect(texts(read(message('ok', 'l:2')))).toHaveLength(1)
    expect(texts(read(message('ok', 'CONTENT-LENGTH   :  2')))).toHaveLength(1)
  })

  test('tell whether one has begun', () => {
    const reader = new SipStreamReader()
    reader.push(Buffer.from('\r\n'))
    expect(reader.unfinished).toBe(false)
    reader.push(first.subarray(0, 10))
    expect(reader.unfinished).toBe(true)
    reader.push(first.subarray(10))
    expect(reader.unfinished).toBe(false)
  })
})

describe('keep-alives', () => {
  test('two line ends are a ping, one is none', () => {
    expect(texts(read(Buffer.from('\r\n\r\n')))).toEqual(['ping'])
    expect(read(Buffer.from('\r\n'), message(''))).toHaveLength(1)
  })

  test('a ping may come in pieces', () => {
    expect(texts(read(Buffer.from('\r'), Buffer.from('\n\r'), Buffer.from('\n')))).toEqual(['ping'])
  })
})

describe('a stream is broken', () => {
  test.each([
    ['without a Content-Length', 'X: 1'],
    ['with two that differ', 'Content-Length: 0\r\nl: 4'],
    ['with one that is no number', 'Content-Length: -1'],
  ])('by a message %s; its head is kept to be answered', (_, length) => {
    const [broken] = read(message('', length))
    expect(broken).toMatchObject({ kind: 'broken', problem: 'Content-Length missing or malformed' })
    expect(broken?.kind === 'broken' && String(broken.head)).toContain('MESSAGE sip:b@h')
  })

  test('by a body that no message may have', () => {
    expect(read(message('', `Content-Length: ${maxMessageBytes}`))).toMatchObject([{ problem: 'message too large' }])
  })

  test('by headers without an end, and holds no more of them', () => {
    const reader = new SipStreamReader()
    const junk = Buffer.alloc(1_000, 'x')
    let pieces = 0
    let items: StreamItem[] = []
    while (items.length === 0 && pieces < 100) {
      items = reader.push(junk)
      pieces++
    }
    expect(items).toMatchObject([{ kind: 'broken', problem: 'message too large' }])
    expect(pieces).toBe(66)
    expect(reader.unfinished).toBe(false)
  })

  test('and says nothing of what comes behind', () => {
    expect(texts(read(message('', 'X: 1'), message('ok')))).toEqual(['broken'])
    expect(texts(read(Buffer.concat([message('', 'X: 1'), message('ok')])))).toEqual(['broken'])
  })
})
