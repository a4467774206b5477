import { expect, it } from 'vitest'
import { virtualClock } from './clock.ts'
import { Rounds } from './rounds.ts'

/** Rounds whose looks are held until they are let go. */
function heldRounds() {
  const clock = virtualClock()
  const held: ((waitMs: number | null) => void)[] = []
  let looks = 0
  const rounds = new Rounds({
    clock,
    look: () => {
      looks += 1
      return new Promise((resolve) => held.push(resolve))
    },
  })
  return {
    clock,
    rounds,
    looks: () => looks,
    /** Ends the look that goes on. */
    async end(waitMs: number | null) {
      held.shift()?.(waitMs)
      await clock.advance(0)
    },
  }
}

it('looks at once when woken, and not before', () => {
  const { rounds, looks } = heldRounds()
  expect(looks()).toBe(0)
  rounds.wake()
  expect(looks()).toBe(1)
})

it('looks once more, and not two at once, however often it is woken in the midst of a look', async () => {
  const { rounds, looks, end } = heldRounds()
  rounds.wake()
  rounds.wake()
  rounds.wake()
  expect(looks()).toBe(1)
  await end(null)
  expect(looks()).toBe(2)
  await end(null)
  expect(looks()).toBe(2)
})

it('looks again when the last look said so, but not where only a wake makes it worth it', async () => {
  const { clock, rounds, looks, end } = heldRounds()
  rounds.wake()
  await end(1_000)
  await clock.advance(999)
  expect(looks()).toBe(1)
  await clock.advance(1)
  expect(looks()).toBe(2)
  await end(null)
  expect(clock.pending).toBe(0)
})

it('forgets the instant of the last look when woken before', async () => {
  const { clock, rounds, looks, end } = heldRounds()
  rounds.wake()
  await end(1_000)
  rounds.wake()
  await end(5_000)
  await clock.advance(4_999)
  expect(looks()).toBe(2)
  await clock.advance(1)
  expect(looks()).toBe(3)
})

it('begins later where it is told to', async () => {
  const { clock, rounds, looks } = heldRounds()
  rounds.wakeIn(2_000)
  await clock.advance(1_999)
  expect(looks()).toBe(0)
  await clock.advance(1)
  expect(looks()).toBe(1)
})

it('rests when the looks it was woken for are over', async () => {
  const { rounds, end } = heldRounds()
  await rounds.rest()
  rounds.wake()
  rounds.wake()
  let rested = false
  const rest = rounds.rest().then(() => {
    rested = true
  })
  await end(null)
  expect(rested).toBe(false)
  await end(null)
  await rest
})

it('closed, waits for the look that goes on, and begins none any more', async () => {
  const { clock, rounds, looks, end } = heldRounds()
  rounds.wake()
  rounds.wake()
  let closed = false
  const closing = rounds.close().then(() => {
    closed = true
  })
  await clock.advance(0)
  expect(closed).toBe(false)
  await end(1_000)
  await closing
  rounds.wake()
  rounds.wakeIn(1)
  await clock.advance(10_000)
  expect(looks()).toBe(1)
  expect(clock.pending).toBe(0)
})

it('looks when woken after a look that failed', async () => {
  const clock = virtualClock()
  let looks = 0
  const rounds = new Rounds({
    clock,
    look: async () => {
      looks += 1
      if (looks === 1) throw new Error('a fault of ours')
      return null
    },
  })
  rounds.wake()
  await expect(rounds.rest()).rejects.toThrow('a fault of ours')
  rounds.wake()
  await rounds.rest()
  expect(looks).toBe(2)
})
