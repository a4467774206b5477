import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { newPacer, refill, startable, take, waitMs } from './pacer.ts'

describe('pacer', () => {
  it('starts in any second one call and a tenth more than the rate, and no more', () => {
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
            expect(started.filter((at) => at >= from && at < from + 1_000).length).toBeLessThanOrEqual(
              Math.floor(1.1 * rate + 1),
            )
          }
        },
      ),
    )
  })

  it('starts one call after exactly the time it asked to wait', () => {
    let pacer = take(newPacer(4, 0), 1.4)
    expect(startable(pacer)).toBe(0)
    const wait = waitMs(pacer)
    expect(wait).toBe(250)
    pacer = refill(pacer, 4, wait)
    expect(startable(pacer)).toBe(1)
  })

  it('saves up one call and a tenth of a second', () => {
    expect(startable(refill(newPacer(30, 0), 30, 3_600_000))).toBe(4)
  })

  it('keeps the rate when each look comes thirty milliseconds after the time it asked for', () => {
    let pacer = take(newPacer(10, 0), 2)
    let started = 0
    for (let now = 0; now <= 60_000; now += waitMs(pacer) + 30) {
      pacer = refill(pacer, 10, now)
      started += startable(pacer)
      pacer = take(pacer, startable(pacer))
    }
    expect(started).toBeGreaterThanOrEqual(598)
  })

  it('follows a lowered rate at once', () => {
    expect(startable(refill(newPacer(20, 0), 2, 0))).toBe(1)
  })

  it('is not moved by a clock that goes back', () => {
    const empty = take(newPacer(5, 1_000), 1.5)
    expect(startable(refill(empty, 5, 0))).toBe(0)
  })
})
