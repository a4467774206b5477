import { describe, expect, it } from 'vitest'
import { MediaTicker, type TickerClock } from './media-ticker.ts'

/** A clock that stands until it is moved; timers fire `lateMs` late. */
class StoppedClock implements TickerClock {
  time = 1000
  lateMs = 0
  #timer: { at: number; run: () => void } | null = null

  now(): number {
    return this.time
  }

  after(ms: number, run: () => void): () => void {
    this.#timer = { at: this.time + ms, run }
    return () => {
      this.#timer = null
    }
  }

  /** Lets the next timer fire. */
  fire(): void {
    const timer = this.#timer
    this.#timer = null
    if (timer === null) return
    this.time = timer.at + this.lateMs
    timer.run()
  }
}

function ticking(): { clock: StoppedClock; at: number[]; ticker: MediaTicker } {
  const clock = new StoppedClock()
  const at: number[] = []
  const ticker = new MediaTicker(() => at.push(clock.now()), clock)
  ticker.start()
  return { clock, at, ticker }
}

describe('media ticker', () => {
  it('keeps its schedule although every timer is late', () => {
    const { clock, at } = ticking()
    clock.lateMs = 3
    for (let i = 0; i < 5; i++) clock.fire()
    expect(at).toEqual([1023, 1043, 1063, 1083, 1103])
  })

  it('makes up for missed ticks at once', () => {
    const { clock, at } = ticking()
    clock.lateMs = 65
    clock.fire()
    expect(at).toEqual([1085, 1085, 1085, 1085])
    clock.lateMs = 0
    clock.fire()
    expect(at.at(-1)).toBe(1100)
  })

  it('gives up what was missed in a long stall', () => {
    const { clock, at, ticker } = ticking()
    clock.lateMs = 10_000
    clock.fire()
    expect(at).toHaveLength(1)
    expect(ticker.figures()).toMatchObject({ skipped: 500, ticks: 1 })
  })

  it('tells how late its ticks were, and begins anew when asked to', () => {
    const { clock, ticker } = ticking()
    for (let i = 0; i < 99; i++) {
      clock.lateMs = 1
      clock.fire()
    }
    clock.lateMs = 9
    clock.fire()
    expect(ticker.figures({ restart: true })).toMatchObject({
      ticks: 100,
      lateP50Ms: 1.1,
      lateP99Ms: 1.1,
      lateMaxMs: 9,
    })
    expect(ticker.figures()).toMatchObject({ ticks: 0, lateP99Ms: 0, lateMaxMs: 0 })
  })

  it('stops, also from within a tick that is catching up', () => {
    const clock = new StoppedClock()
    let ticks = 0
    const ticker = new MediaTicker(() => {
      ticks += 1
      ticker.stop()
    }, clock)
    ticker.start()
    clock.lateMs = 100
    clock.fire()
    clock.fire()
    expect(ticks).toBe(1)
  })
})
