import { describe, expect, it } from 'vitest'
import { virtualClock } from './clock.ts'
import { type EndingProcess, firstPauseMs, keepProcess, longestPauseMs } from './kept-process.ts'
import { silentLog } from './log.ts'

function stage() {
  const clock = virtualClock()
  const runs: { die(): void; readonly closed: boolean }[] = []
  let startable = true
  const start = async (): Promise<EndingProcess> => {
    if (!startable) throw new Error('its port is taken')
    const { promise, resolve } = Promise.withResolvers<number | null>()
    const run = { die: () => resolve(1), closed: false }
    runs.push(run)
    return {
      ended: promise,
      close: async () => {
        run.closed = true
        resolve(0)
      },
    }
  }
  const told: string[] = []
  return {
    clock,
    runs,
    told,
    mayStart: (may: boolean) => {
      startable = may
    },
    keep: async () =>
      keepProcess(await start(), {
        name: 'the carrier',
        start,
        onDied: async () => void told.push('died'),
        onAgain: async () => void told.push('again'),
        clock,
        log: silentLog,
      }),
  }
}

describe('a process that is kept', () => {
  it('is started again soon after it died, and both are told', async () => {
    const { clock, runs, told, keep } = stage()
    await keep()
    runs[0]?.die()
    await clock.advance(firstPauseMs - 1)
    expect([runs.length, told]).toEqual([1, ['died']])
    await clock.advance(1)
    expect([runs.length, told]).toEqual([2, ['died', 'again']])
  })

  it('that dies again and again is started more and more seldom, up to a limit, and for ever', async () => {
    const { clock, runs, keep } = stage()
    await keep()
    const pauses: number[] = []
    for (let death = 0; death < 10; death += 1) {
      runs.at(-1)?.die()
      const before = clock.now().getTime()
      const running = runs.length
      while (runs.length === running) await clock.advance(50)
      pauses.push(clock.now().getTime() - before)
    }
    expect(pauses).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, ...Array(4).fill(longestPauseMs)])
  })

  it('that lived for a minute is started soon again', async () => {
    const { clock, runs, keep } = stage()
    await keep()
    for (const wait of [firstPauseMs, firstPauseMs * 2, firstPauseMs * 4]) {
      runs.at(-1)?.die()
      await clock.advance(wait)
    }
    await clock.advance(60_000)
    runs.at(-1)?.die()
    await clock.advance(firstPauseMs)
    expect(runs).toHaveLength(5)
  })

  it('that cannot be started is tried again', async () => {
    const { clock, runs, told, keep, mayStart } = stage()
    await keep()
    mayStart(false)
    runs[0]?.die()
    await clock.advance(firstPauseMs * 3)
    mayStart(true)
    await clock.advance(longestPauseMs)
    expect([runs.length, told]).toEqual([2, ['died', 'again']])
  })

  it('is closed while it runs, and between two lives, and is not started after that', async () => {
    const { clock, runs, keep } = stage()
    const kept = await keep()
    await kept.close()
    expect(runs[0]?.closed).toBe(true)
    const other = stage()
    const dead = await other.keep()
    other.runs[0]?.die()
    await other.clock.advance(0)
    await dead.close()
    await other.clock.advance(longestPauseMs)
    await clock.advance(longestPauseMs)
    expect([runs.length, other.runs.length]).toEqual([1, 1])
  })
})
