import { describe, expect, it } from 'vitest'
import type { StreamEvent, StreamPage } from './stream-store.ts'
import { Subscription } from './subscription.ts'

const event = (offset: number): StreamEvent => ({ offset, type: 'x', payload: {}, at: new Date(0) })

/** A log in memory, read two events at a time, and a reader that takes when it is told to. */
function scene({ after = 0, dropped = 0 } = {}) {
  const log: StreamEvent[] = []
  const taken: number[] = []
  const waiting: (() => void)[] = []
  let gaps = 0
  let failures = 0
  let underWay = 0
  let most = 0
  let free = true
  const subscription = new Subscription(after, {
    read: async (from): Promise<StreamPage> =>
      from < dropped
        ? { events: [], gap: true, more: false }
        : {
            events: log.filter(({ offset }) => offset > from).slice(0, 2),
            gap: false,
            more: log.filter(({ offset }) => offset > from).length > 1,
          },
    deliver: async (events) => {
      underWay += 1
      most = Math.max(most, underWay)
      if (!free) await new Promise<void>((resolve) => waiting.push(resolve))
      underWay -= 1
      taken.push(...events.map(({ offset }) => offset))
    },
    onGap: () => {
      gaps += 1
    },
    onFailure: () => {
      failures += 1
    },
  })
  return {
    subscription,
    taken,
    write: (...offsets: number[]) => log.push(...offsets.map(event)),
    hold: () => {
      free = false
    },
    release: () => {
      free = true
      for (const go of waiting.splice(0)) go()
    },
    told: () => ({ gaps, failures, most }),
  }
}

describe('subscription', () => {
  it('delivers everything after its offset, in order, page by page', async () => {
    const { subscription, write, taken } = scene({ after: 1 })
    write(1, 2, 3, 4, 5, 6)
    await subscription.wake()
    expect(taken).toEqual([2, 3, 4, 5, 6])
  })

  it('misses nothing that is written while it delivers', async () => {
    const { subscription, write, taken, hold, release } = scene()
    write(1)
    hold()
    const first = subscription.wake()
    await Promise.resolve()
    write(2, 3)
    await subscription.wake()
    release()
    await first
    expect(taken).toEqual([1, 2, 3])
  })

  it('has one batch under way, however often it is woken', async () => {
    const { subscription, write, hold, release, told } = scene()
    write(1, 2, 3, 4)
    hold()
    const all = [subscription.wake(), subscription.wake(), subscription.wake()]
    await Promise.resolve()
    release()
    await Promise.all(all)
    expect(told().most).toBe(1)
  })

  it('tells of a gap once and then delivers nothing more', async () => {
    const { subscription, write, taken, told } = scene({ after: 3, dropped: 10 })
    write(11, 12)
    await subscription.wake()
    await subscription.wake()
    expect(told().gaps).toBe(1)
    expect(taken).toEqual([])
  })

  it('delivers nothing after it is closed', async () => {
    const { subscription, write, taken } = scene()
    write(1)
    subscription.close()
    await subscription.wake()
    expect(taken).toEqual([])
  })
})
