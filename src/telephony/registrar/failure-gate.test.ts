import { expect, test } from 'vitest'
import { virtualClock } from '#platform/clock.ts'
import { FailureGate } from './failure-gate.ts'

const rule = { failures: 3, windowMs: 1_000, closedMs: 5_000 }

test('so many failures within the window close the gate, for its time, to that key alone', async () => {
  const clock = virtualClock()
  const gate = new FailureGate({ clock, ...rule })
  gate.fail('a')
  gate.fail('a')
  expect(gate.closedForMs('a')).toBe(0)
  gate.fail('a')
  expect(gate.closedForMs('a')).toBe(5_000)
  expect(gate.closedForMs('b')).toBe(0)
  await clock.advance(5_000)
  expect(gate.closedForMs('a')).toBe(0)
})

test('failures that are far apart close nothing, and success forgets them', async () => {
  const clock = virtualClock()
  const gate = new FailureGate({ clock, ...rule })
  for (let n = 0; n < 10; n += 1) {
    gate.fail('a')
    await clock.advance(600)
  }
  expect(gate.closedForMs('a')).toBe(0)
  gate.forget('a')
  gate.fail('a')
  gate.fail('a')
  expect(gate.closedForMs('a')).toBe(0)
})

test('whoever makes up keys without end does not fill the memory, and loses only the oldest', () => {
  const gate = new FailureGate({ clock: virtualClock(), ...rule })
  for (let n = 0; n < 3; n += 1) gate.fail('first')
  for (let n = 0; n < 9_999; n += 1) gate.fail(`key ${n}`)
  expect(gate.closedForMs('first')).toBeGreaterThan(0)
  gate.fail('one more')
  expect(gate.closedForMs('first')).toBe(0)
})
