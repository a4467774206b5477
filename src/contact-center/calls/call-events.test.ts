import { expect, test } from 'vitest'
import { virtualClock } from '#platform/clock.ts'
import { newId } from '#platform/ids.ts'
import type { CallEvent } from './call-event.ts'
import { CallEvents } from './call-events.ts'

test('events of a call are as far apart as they were, although the machine’s clock is set in the middle of it', async () => {
  const machine = virtualClock('2026-11-23T02:00:00Z')
  let setByMs = 0
  const written: CallEvent[] = []
  const events = new CallEvents(
    {
      lease: { owner: 'node', epoch: 1 },
      clock: {
        now: () => new Date(machine.now().getTime() + setByMs),
        uptimeMs: () => machine.uptimeMs(),
        setTimeout: (callback, ms) => machine.setTimeout(callback, ms),
        clearTimeout: (timer) => machine.clearTimeout(timer),
      },
      journal: async (event) => void written.push(event),
    },
    { attemptId: newId(), taskId: newId(), campaignId: newId(), trunkId: newId() },
    newId(),
  )
  events.write({ type: 'recording_started', path: 'a.wav' })
  setByMs = 7_200_000
  await machine.advance(30_000)
  events.write({ type: 'recording_closed', path: 'a.wav' }, undefined, events.now())
  const [started, closed] = written
  expect(Number(closed?.at) - Number(started?.at)).toBe(30_000)
})
