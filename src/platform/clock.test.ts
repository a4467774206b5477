import { expect, test } from 'vitest'
import { evenTime, frozenClock, sleep, virtualClock } from './clock.ts'

test('timers of a virtual clock run at their instants, in order, each once', async () => {
  const clock = virtualClock('2026-01-01T00:00:00Z')
  const seen: string[] = []
  const note = (name: string) => () => void seen.push(`${name} ${clock.now().toISOString().slice(17, 23)}`)
  clock.setTimeout(note('late'), 2_000)
  clock.setTimeout(note('soon'), 500)
  await clock.advance(5_000)
  await clock.advance(5_000)
  expect(seen).toEqual(['soon 00.500', 'late 02.000'])
})

test('a timer set by what an earlier one settled runs in the same advance', async () => {
  const clock = virtualClock()
  let done = false
  void sleep(clock, 100)
    .then(() => sleep(clock, 100))
    .then(() => (done = true))
  await clock.advance(199)
  expect(done).toBe(false)
  await clock.advance(1)
  expect(done).toBe(true)
})

test('a cleared timer never runs', async () => {
  const clock = virtualClock()
  let ran = false
  clock.clearTimeout(clock.setTimeout(() => (ran = true), 10))
  await clock.advance(20)
  expect(ran).toBe(false)
  expect(clock.pending).toBe(0)
})

test('an aborted sleep rejects and leaves no timer', async () => {
  const clock = virtualClock()
  const abort = new AbortController()
  const slept = sleep(clock, 10, abort.signal)
  abort.abort(new Error('enough'))
  await expect(slept).rejects.toThrow('enough')
  expect(clock.pending).toBe(0)
})

test('under a frozen clock timers run and the instant stays', async () => {
  const clock = frozenClock(new Date('2026-11-23T02:00:00Z'))
  await sleep(clock, 1)
  expect(clock.now().toISOString()).toBe('2026-11-23T02:00:00.000Z')
})

test('the time of a call runs evenly although the machine’s clock is set in the middle of it', async () => {
  const machine = virtualClock('2026-11-23T02:00:00Z')
  let setByMs = 0
  const clock = {
    ...machine,
    now: () => new Date(machine.now().getTime() + setByMs),
    uptimeMs: () => machine.uptimeMs(),
  }
  const now = evenTime(clock)
  await machine.advance(1_000)
  setByMs = 7_200_000
  await machine.advance(1_000)
  expect(clock.now().toISOString()).toBe('2026-11-23T04:00:02.000Z')
  expect(now().toISOString()).toBe('2026-11-23T02:00:02.000Z')
})
