import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { newPacer, refill, startable, take, waitMs } from './pacer.ts'

describe('pacer', () => {
  it('never starts more calls in any second than one bucket and one second of refill allow', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 }),
        (rate, gaps) => {
          let pacer = newPacer(rate, 0)
          let now = 0
          const started: number[] = []
          for (const gap of gaps) {
            now += gap
            pacer = refill(pacer, rate, now)
            const calls = startable(pacer)
            pacer = take(pacer, calls)
            for (let i = 0; i < calls; i++) started.push(now)
          }
          for (const from of started) {
            expect(started.filter((at) => at >= from && at < from + 1_000).length).toBeLessThanOrEqual(2 * rate)
          }
        },
      ),
    )
  })

  it('starts one call after exactly the time it asked to wait', () => {
    let pacer = take(newPacer(4, 0), 4)
    expect(startable(pacer)).toBe(0)
    const wait = waitMs(pacer)
    expect(wait).toBe(250)
    pacer = refill(pacer, 4, wait)
    expect(startable(pacer)).toBe(1)
  })

  it('keeps no more than a second of unused calls', () => {
    expect(startable(refill(newPacer(3, 0), 3, 3_600_000))).toBe(3)
  })

  it('follows a lowered rate at once', () => {
    expect(startable(refill(newPacer(20, 0), 2, 0))).toBe(2)
  })

  it('is not moved by a clock that goes back', () => {
    const empty = take(newPacer(5, 1_000), 5)
    expect(startable(refill(empty, 5, 0))).toBe(0)
  })
})
