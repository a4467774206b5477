import { describe, expect, it } from 'vitest'
import { ServerClock } from './server-clock.ts'

const utc = (ms: number) => new Date(ms).toUTCString()

describe('the server’s clock as the page knows it', () => {
  it('is the browser’s before the server has answered', () => {
    expect(new ServerClock().at(5_000)).toBe(5_000)
  })

  it('is found to within half a second of an answer, however wrong the browser’s is', () => {
    const clock = new ServerClock()
    // The server is 100 s ahead; asked at its 200.4 s, answered at 200.5 s; the header is cut to 200 s.
    clock.note(utc(200_000), 100_400, 100_500)
    expect(Math.abs(clock.at(150_000) - 250_000)).toBeLessThanOrEqual(550)
  })

  it('is narrowed by further answers', () => {
    const clock = new ServerClock()
    clock.note(utc(200_000), 100_000, 100_010)
    clock.note(utc(200_000), 100_980, 100_990)
    expect(Math.abs(clock.at(150_000) - 250_000)).toBeLessThanOrEqual(20)
  })

  it('is known to the millisecond from an answer that names the instant and took none', () => {
    const clock = new ServerClock()
    clock.note(utc(200_000), 100_400, 100_500)
    clock.noteInstant(new Date(200_450).toISOString(), 100_450, 100_450)
    expect(clock.at(100_450)).toBe(200_450)
  })

  it('starts over when a clock has been set', () => {
    const clock = new ServerClock()
    clock.note(utc(200_000), 100_000, 100_010)
    clock.note(utc(900_000), 100_100, 100_110)
    expect(clock.at(100_100)).toBeGreaterThanOrEqual(899_900)
  })
})
