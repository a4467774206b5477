import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SipHeaders } from '#softswitch/sip/sip-headers.ts'
import { SipRequest } from '#softswitch/sip/sip-message.ts'
import { breadthOf, shareOf } from './breadth.ts'

describe('the breadth of a request', () => {
  test.each([
    [undefined, 60],
    ['7', 7],
    ['0', 0],
    ['many', 60],
    ['-1', 60],
  ])('Max-Breadth %s is %d', (text, breadth) => {
    expect(breadthOf(new SipRequest('INVITE', 'sip:a@h', SipHeaders.of({ 'Max-Breadth': text })))).toBe(breadth)
  })

  test('is shared by copies that leave at once: as many as it reaches for have some, and none is made', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 1, max: 80 }), (breadth, copies) => {
        let free = breadth
        const shares: number[] = []
        for (let left = copies; left > 0; left--) {
          const share = shareOf(free, left)
          free -= share
          shares.push(share)
        }
        expect(shares.filter((share) => share > 0)).toHaveLength(Math.min(breadth, copies))
        expect(free).toBe(0)
      }),
    )
  })
})
