import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { EventBus } from './event-bus.ts'
import { Schedule, timeOf } from './schedule.ts'

describe('schedule', () => {
  let told: string[]
  let schedule: Schedule

  beforeEach(() => {
    vi.useFakeTimers({ now: 1_000_000_500 })
    told = []
    const bus = new EventBus({ coreUuid: 'core', hostname: 'here', address: '127.0.0.1' })
    bus.listen({
      wants: () => true,
      deliver: (event) => told.push(`${event.name} ${event.get('Task-ID')} ${event.get('Task-Runtime')}`),
    })
    schedule = new Schedule(bus)
  })
  afterEach(() => {
    schedule.close()
    vi.useRealTimers()
  })

  const order = (time: string, run: () => void, more = {}) => ({
    at: timeOf(time),
    group: 'g',
    description: 'd',
    run,
    ...more,
  })

  it('runs a task with the second it is for, and tells of it', () => {
    const run = vi.fn()
    expect(schedule.add(order('+2', run))).toBe(1)
    vi.advanceTimersByTime(1_499)
    expect(run).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(run).toHaveBeenCalledOnce()
    expect(told).toEqual(['ADD_SCHEDULE 1 1000002', 'DEL_SCHEDULE 1 1000002'])
  })

  it('repeats a task until it is taken away', () => {
    const run = vi.fn()
    const id = schedule.add(order('@1', run, { everySeconds: 1 }))
    vi.advanceTimersByTime(3_000)
    expect(run).toHaveBeenCalledTimes(3)
    expect(schedule.remove(id)).toBe(true)
    vi.advanceTimersByTime(3_000)
    expect(run).toHaveBeenCalledTimes(3)
    expect(schedule.remove(id)).toBe(false)
  })

  it('lets a task take itself away while it runs', () => {
    const id = schedule.add(order('@1', () => schedule.remove(id), { everySeconds: 1 }))
    vi.advanceTimersByTime(1_000)
    expect(schedule.remove(id)).toBe(false)
  })

  it('takes a group away together, and everything when it closes', () => {
    const run = vi.fn()
    schedule.add(order('+1', run))
    schedule.add(order('+1', run))
    schedule.add(order('+1', run, { group: 'other' }))
    expect(schedule.removeGroup('g')).toBe(2)
    schedule.close()
    vi.advanceTimersByTime(5_000)
    expect(run).not.toHaveBeenCalled()
  })
})
