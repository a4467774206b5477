import iconv from 'iconv-lite'
import { describe, expect, it } from 'vitest'
import { decodeText } from './text-encoding.ts'

const list = '住院号,姓名,联系电话\nZY1,郑𣲘,19900000001\nZY2,周㐂,19900000002\nZY3,买买提·吐尔逊,19900000003\n'

function code(act: () => unknown): unknown {
  try {
    return act()
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error
  }
}

describe('the encoding of a text', () => {
  it.each([
    ['UTF-8', iconv.encode(list, 'utf8')],
    ['UTF-8', iconv.encode(list, 'utf8', { addBOM: true })],
    ['GB18030', iconv.encode(list, 'gb18030')],
    ['UTF-16LE', iconv.encode(list, 'utf-16le', { addBOM: true })],
    ['UTF-16BE', iconv.encode(list, 'utf-16be', { addBOM: true })],
    ['UTF-16LE', iconv.encode(list, 'utf-16le')],
  ])('is told from the bytes: %s', (encoding, bytes) => {
    expect(decodeText(bytes)).toEqual({ encoding, text: list })
  })

  it('is refused where the bytes are no text', () => {
    const picture = Buffer.from([0x12, 0x00, 0x00, 0x00, 0x45, 0x00, 0x99, 0x00, 0x00, 0x13])
    expect(code(() => decodeText(picture))).toBe('IMPORT_NOT_TEXT')
  })

  it('is refused where it is another one', () => {
    // 0xff occurs neither in UTF-8 nor in GB18030.
    const foreign = Buffer.from('a,\xff\xffb\n'.repeat(50), 'latin1')
    expect(code(() => decodeText(foreign))).toBe('IMPORT_ENCODING_UNKNOWN')
  })

  it('is refused with the line where one file was glued to another', () => {
    const glued = Buffer.concat([iconv.encode(list, 'gb18030'), iconv.encode('ZY4,欧阳修远,心血管内科\n', 'utf8')])
    expect(code(() => decodeText(glued))).toBe('IMPORT_ENCODING_MIXED')
  })

  it('survives one broken byte in a long file, and shows where it was', () => {
    const bytes = Buffer.concat([iconv.encode(list.repeat(20), 'utf8'), Buffer.from([0xe4, 0xb8, 0x0a])])
    expect(decodeText(bytes).text).toContain('\ufffd')
  })
})
