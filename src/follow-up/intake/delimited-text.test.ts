import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Separator, splitRecords } from './delimited-text.ts'

const split = (text: string, separator: Separator = ',') =>
  splitRecords(text, separator).map(({ at, cells }) => ['line' in at ? at.line : null, ...cells])

describe('delimited text', () => {
  it('starts each record at its physical line, line breaks in cells included', () => {
    expect(split('a,b\r\n"1.x\n2.y",c\r\nd,e\r\n')).toEqual([
      [1, 'a', 'b'],
      [2, '1.x\n2.y', 'c'],
      [4, 'd', 'e'],
    ])
  })

  it('gives blank lines, so that they can be counted', () => {
    expect(split('a\n\n,,\nb')).toEqual([
      [1, 'a'],
      [2, ''],
      [3, '', '', ''],
      [4, 'b'],
    ])
  })

  it('reads quotes, separators and doubled quotes inside quotes', () => {
    expect(split('"a,b","say ""x""",""\n')).toEqual([[1, 'a,b', 'say "x"', '']])
  })

  it('takes a quote inside an unquoted cell for a character', () => {
    expect(split('5"骨折,b\n')).toEqual([[1, '5"骨折', 'b']])
  })

  it('keeps what stands behind a closing quote', () => {
    expect(split('"腰椎" 骨折,b\n')).toEqual([[1, '腰椎 骨折', 'b']])
  })

  it('lets a quote that never closes cost its own row only', () => {
    expect(split('a,"b\nc,d\ne,f\n')).toEqual([
      [1, 'a', '"b'],
      [2, 'c', 'd'],
      [3, 'e', 'f'],
    ])
  })

  it('does not swallow rows up to the next quoted cell', () => {
    const rows = split('1,"stray,x\n2,b,x\n3,"real, one",x\n4,d,x\n')
    expect(rows.map(([line]) => line)).toEqual([1, 2, 3, 4])
    expect(rows[2]).toEqual([3, '3', 'real, one', 'x'])
  })

  it('ends lines at a lone CR in a file without LF', () => {
    expect(split('a,b\rc,d\r')).toEqual([
      [1, 'a', 'b'],
      [2, 'c', 'd'],
    ])
  })

  it('gives back what a careful writer wrote', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '患', ',', '"', ' ', '|', '1'), maxLength: 8 })
    fc.assert(
      fc.property(fc.array(fc.array(cell, { minLength: 1, maxLength: 6 }), { maxLength: 6 }), (rows) => {
        const text = rows.map((row) => row.map((value) => `"${value.replaceAll('"', '""')}"`).join(',')).join('\r\n')
        expect(splitRecords(text, ',').map(({ cells }) => cells)).toEqual(rows)
      }),
    )
  })

  it('ends on any text, with lines that never go back', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r'), maxLength: 60 }), (text) => {
        const lines = split(text).map(([line]) => Number(line))
        expect(lines).toEqual([...lines].sort((a, b) => a - b))
        expect(lines.at(-1) ?? 1).toBeLessThanOrEqual(text.split(/\n|\r/).length)
      }),
    )
  })
})
