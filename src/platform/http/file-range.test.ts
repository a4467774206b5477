import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rangeOf } from './file-range.ts'

describe('range of a file (RFC 9110 §14)', () => {
  it.each([
    [undefined, null],
    ['bytes=0-9', { first: 0, last: 9 }],
    ['bytes=90-', { first: 90, last: 99 }],
    ['bytes=90-500', { first: 90, last: 99 }],
    ['bytes=-10', { first: 90, last: 99 }],
    ['bytes=-500', { first: 0, last: 99 }],
    ['bytes=100-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=9-3', null],
    ['bytes=-', null],
    ['bytes=0-1,5-6', null],
    ['lines=0-1', null],
  ] as const)('%s of 100 bytes', (header, range) => {
    expect(rangeOf(header, 100)).toEqual(range)
  })

  it('never reaches outside the file', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(5_000), fc.nat(5_000), fc.nat(3_000), (odd, from, to, bytes) => {
        for (const header of [odd, `bytes=${from}-${to}`, `bytes=${from}-`, `bytes=-${to}`]) {
          const range = rangeOf(header, bytes)
          if (range === null || range === 'unsatisfiable') continue
          expect(range.first).toBeGreaterThanOrEqual(0)
          expect(range.first).toBeLessThanOrEqual(range.last)
          expect(range.last).toBeLessThan(bytes)
        }
      }),
    )
  })
})
