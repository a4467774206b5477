import { describe, expect, it } from 'vitest'
import { SwitchEvent } from '../channel/switch-event.ts'
import { EventSubscription } from './event-subscription.ts'

function event(headers: Record<string, string>): SwitchEvent {
  const made = new SwitchEvent('DTMF')
  for (const [name, value] of Object.entries(headers)) made.add(name, value)
  return made
}

describe('subscription', () => {
  it('wants what it names, in any case and with the prefix of the C names', () => {
    const subscription = new EventSubscription()
    expect(subscription.add('json dtmf SWITCH_EVENT_PLAYBACK_START'.split(' '))).toBe(true)
    expect(subscription.format).toBe('json')
    expect(['DTMF', 'PLAYBACK_START', 'PLAYBACK_STOP'].map((name) => subscription.wants(name, null))).toEqual([
      true,
      true,
      false,
    ])
  })

  it('can be of one channel alone: by myevents, or by filters that let nothing else through', () => {
    const filtered = (...filters: [string, string][]) => {
      const subscription = new EventSubscription()
      for (const [name, value] of filters) subscription.addFilter(name, value)
      return subscription.onlyChannel
    }
    expect(filtered()).toBeNull()
    expect(filtered(['unique-id', 'A-1'])).toBe('a-1')
    expect(filtered(['Unique-ID', 'a-1'], ['Event-Name', '-DTMF'])).toBe('a-1')
    expect(filtered(['Unique-ID', 'a-1'], ['Unique-ID', 'b-2'])).toBeNull()
    expect(filtered(['Unique-ID', 'a-1'], ['Event-Name', 'DTMF'])).toBeNull()
    expect(filtered(['Unique-ID', '/a/'])).toBeNull()
    expect(filtered(['Unique-ID', '-a-1'])).toBeNull()
    const mine = new EventSubscription()
    mine.addMine('c-3')
    expect(mine.onlyChannel).toBe('c-3')
  })

  it('takes every word behind CUSTOM as a subclass', () => {
    const subscription = new EventSubscription()
    subscription.add('plain CUSTOM a::b BACKGROUND_JOB'.split(' '))
    expect(subscription.wants('CUSTOM', 'a::b')).toBe(true)
    expect(subscription.wants('CUSTOM', 'c::d')).toBe(false)
    expect(subscription.wants('BACKGROUND_JOB', null)).toBe(false)
  })

  it('wants everything with ALL, and everything but one after that one is nixed', () => {
    const subscription = new EventSubscription()
    subscription.add(['all'])
    expect(subscription.wants('HEARTBEAT', null)).toBe(true)
    subscription.remove(['HEARTBEAT'])
    expect(subscription.wants('HEARTBEAT', null)).toBe(false)
    expect(subscription.wants('DTMF', null)).toBe(true)
  })

  it('wants nothing of what it does not know', () => {
    const subscription = new EventSubscription()
    expect(subscription.add(['json', 'NO_SUCH_EVENT'])).toBe(false)
    expect(subscription.on).toBe(false)
    expect(subscription.remove(['NO_SUCH_EVENT'])).toBe(false)
  })
})

describe('filter', () => {
  function filtered(...filters: [string, string][]): EventSubscription {
    const subscription = new EventSubscription()
    for (const [name, value] of filters) subscription.addFilter(name, value)
    return subscription
  }

  it('lets through what any filter fits, whatever the case', () => {
    const subscription = filtered(['Unique-ID', 'a'], ['unique-id', 'B'])
    expect(subscription.accepts(event({ 'Unique-ID': 'b' }))).toBe(true)
    expect(subscription.accepts(event({ 'Unique-ID': 'c' }))).toBe(false)
    expect(subscription.accepts(event({}))).toBe(false)
  })

  it('keeps back what a filter with a minus fits', () => {
    const subscription = filtered(['Unique-ID', 'a'], ['DTMF-Digit', '-5'])
    expect(subscription.accepts(event({ 'Unique-ID': 'a', 'DTMF-Digit': '4' }))).toBe(true)
    expect(subscription.accepts(event({ 'Unique-ID': 'a', 'DTMF-Digit': '5' }))).toBe(false)
  })

  it('takes a pattern between slashes; a broken one fits nothing', () => {
    expect(filtered(['A', '/^x.*z$/i']).accepts(event({ A: 'XyZ' }))).toBe(true)
    expect(filtered(['A', '/[/']).accepts(event({ A: '[' }))).toBe(false)
  })

  it('is deleted by value, by name, or with all others', () => {
    const subscription = filtered(['A', '1'], ['A', '2'], ['B', '3'])
    subscription.removeFilter('a', '1')
    expect(subscription.accepts(event({ A: '1' }))).toBe(false)
    expect(subscription.accepts(event({ A: '2' }))).toBe(true)
    subscription.removeFilter('A')
    expect(subscription.accepts(event({ A: '2' }))).toBe(false)
    subscription.removeFilter('all')
    expect(subscription.accepts(event({}))).toBe(true)
  })

  it('has a bound', () => {
    const subscription = new EventSubscription()
    const added = Array.from({ length: 1100 }, (_, i) => subscription.addFilter('A', String(i)))
    expect(added.filter((ok) => ok)).toHaveLength(1000)
  })
})

describe('myevents', () => {
  it('lets through events of the channel and its background jobs only', () => {
    const subscription = new EventSubscription()
    subscription.addMine('a')
    expect(subscription.wants('DTMF', null)).toBe(true)
    expect(subscription.wants('HEARTBEAT', null)).toBe(false)
    expect(subscription.accepts(event({ 'Unique-ID': 'a' }))).toBe(true)
    expect(subscription.accepts(event({ 'Unique-ID': 'b' }))).toBe(false)
    expect(subscription.accepts(event({ 'Job-Owner-UUID': 'a' }))).toBe(true)
  })
})
