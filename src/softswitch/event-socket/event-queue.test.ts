import { describe, expect, it } from 'vitest'
import { SwitchEvent } from '../channel/switch-event.ts'
import { EventQueue } from './event-queue.ts'

function queue(limits?: { waiting: number; lost: number }) {
  const told: string[] = []
  const made = new EventQueue(
    {
      onFull: () => told.push('full'),
      onRoom: (lost) => told.push(`room behind ${lost}`),
      onGivenUp: (lost) => told.push(`given up at ${lost}`),
    },
    limits,
  )
  return { queue: made, told }
}

const event = new SwitchEvent('HEARTBEAT')

describe('events that wait for a client', () => {
  it('leave in the order in which they came', () => {
    const { queue: waiting } = queue()
    const events = Array.from({ length: 5_000 }, () => new SwitchEvent('DTMF'))
    for (const one of events) waiting.push(one)
    const left = events.map(() => waiting.shift())
    expect(left.every((one, nth) => one === events[nth])).toBe(true)
    expect([waiting.shift(), waiting.length]).toEqual([undefined, 0])
  })

  it('are 100,000 at most; 500 more are lost, and with the next the client is given up, as by FreeSWITCH', () => {
    const { queue: waiting, told } = queue()
    for (let n = 0; n < 100_500; n++) waiting.push(event)
    expect([waiting.length, told]).toEqual([100_000, ['full']])
    waiting.push(event)
    expect(told).toEqual(['full', 'given up at 501'])
  })

  it('are counted anew when one has found room: a client that catches up now and then is kept', () => {
    const { queue: waiting, told } = queue({ waiting: 2, lost: 3 })
    for (let round = 0; round < 2; round++) {
      for (let n = 0; n < 5; n++) waiting.push(event)
      waiting.shift()
      waiting.push(event)
    }
    expect(told).toEqual(['full', 'room behind 3', 'full', 'given up at 4', 'given up at 5', 'room behind 5'])
  })
})
