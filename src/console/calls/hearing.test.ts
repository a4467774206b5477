import { describe, expect, it } from 'vitest'
import { SessionUse } from '../app/session-use.ts'
import { hearing } from './hearing.ts'

const minuteMs = 60_000

/** A page with a player on it, and what the server is told. */
class Page {
  now = 1_000
  isPlaying = true
  told = 0
  readonly seconds: number[] = []
  readonly use = new SessionUse({
    tell: () => {
      this.told += 1
    },
    now: () => this.now,
  })
  readonly at = hearing({
    isPlaying: () => this.isPlaying,
    onSecond: (second) => this.seconds.push(second),
    onHeard: this.use.used,
  })
}

describe('a recording that is heard', () => {
  it('is use of the session, told once a minute', () => {
    const page = new Page()
    const minutes = 45
    for (let second = 0; second < minutes * 60; second += 0.25) {
      page.now += 250
      page.at(second)
    }
    expect(page.told).toBe(minutes)
  })

  it('is told by the same way as keys and mouse, not beside it', () => {
    const page = new Page()
    page.use.used()
    page.at(1)
    expect(page.told).toBe(1)
  })

  it('is no use while it is paused, even where the place is moved', () => {
    const page = new Page()
    page.isPlaying = false
    for (let second = 0; second < 3; second += 1) {
      page.now += minuteMs
      page.at(second)
    }
    expect([page.told, page.seconds]).toEqual([0, [0, 1, 2]])
  })

  it('is no use while it waits for its sound', () => {
    const page = new Page()
    page.at(7.1)
    page.now += 10 * minuteMs
    page.at(7.1)
    expect(page.told).toBe(1)
  })
})
