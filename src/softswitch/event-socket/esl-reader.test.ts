import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EslReader } from './esl-reader.ts'

function read(...chunks: (string | Buffer)[]): unknown[] | null {
  const reader = new EslReader()
  const commands: unknown[] = []
  for (const chunk of chunks) {
    const taken = reader.take(Buffer.from(chunk))
    if (taken === null) return null
    commands.push(...taken.map(({ line, headers, body }) => [line, Object.fromEntries(headers), body]))
  }
  return commands
}

describe('reader of event socket commands', () => {
  it('reads a command with headers, names in lower case', () => {
    expect(read('sendmsg x\nCall-Command: execute\nexecute-app-arg: a: b\n\n')).toEqual([
      ['sendmsg x', { 'call-command': 'execute', 'execute-app-arg': 'a: b' }, ''],
    ])
  })

  it('reads commands that come together, with LF or CRLF and empty lines between', () => {
    expect(read('\n\napi a\n\n\r\napi b\r\n\r\nexit\n\n')).toEqual([
      ['api a', {}, ''],
      ['api b', {}, ''],
      ['exit', {}, ''],
    ])
  })

  it('reads a body by its length in bytes', () => {
    expect(read('sendevent X\nContent-Length: 6\n\n中文api a\n\n')).toEqual([
      ['sendevent X', { 'content-length': '6' }, '中文'],
      ['api a', {}, ''],
    ])
  })

  it('reads the same from bytes that come one by one', () => {
    const text = Buffer.from('\r\nsendmsg x\r\nA: 中\r\nContent-Length: 5\r\n\r\nhelloapi b\n\n')
    expect(read(...[...text].map((byte) => Buffer.of(byte)))).toEqual(read(text))
  })

  it.each([
    ['a head without end', 'x'.repeat(70_000)],
    ['a head that is too long', `x\n${'A: b\n'.repeat(20_000)}\n`],
    ['a body that is too long', 'x\nContent-Length: 9999999\n\n'],
    ['a length that is none', 'x\nContent-Length: -1\n\n'],
    ['a length in words', 'x\nContent-Length: many\n\n'],
  ])('gives up at %s', (_, text) => {
    expect(read(text)).toBeNull()
  })

  it('takes nothing more after it has given up', () => {
    const reader = new EslReader()
    expect(reader.take(Buffer.from('x\nContent-Length: -1\n\n'))).toBeNull()
    expect(reader.take(Buffer.from('api a\n\n'))).toBeNull()
  })

  it('survives any bytes in any portions', () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.constantFrom('api x\n\n', 'Content-Length: 3\n', '\r\n', ': ', '\n\n').map((text) => Buffer.from(text)),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const reader = new EslReader()
        for (const bytes of pieces) reader.take(Buffer.from(bytes))
        return true
      }),
      { seed: 3, numRuns: 500 },
    )
  })
})
