import { describe, expect, it } from 'vitest'
import {
  EVENT_BYTES,
  eventCodeOf,
  TelephoneEventReceiver,
  TelephoneEventSender,
  writeEvent,
} from './telephone-event.ts'

interface Sent {
  timestamp: number
  sequence: number
  marker: boolean
  payload: Uint8Array
}

/** Runs the sender for some ticks. Null where it sent nothing. */
function send(sender: TelephoneEventSender, ticks: number, from = { timestamp: 1000, sequence: 1 }): (Sent | null)[] {
  return Array.from({ length: ticks }, (_, tick) => {
    const event = sender.next(from.timestamp + tick * 160, 160)
    if (event === null) return null
    const payload = new Uint8Array(EVENT_BYTES)
    writeEvent(event, payload, 0)
    return { timestamp: event.timestamp, sequence: from.sequence + tick, marker: event.first, payload }
  })
}

function receive(receiver: TelephoneEventReceiver, packets: readonly (Sent | null)[]): unknown[] {
  return packets.flatMap((sent) => {
    if (sent === null) return []
    return receiver.receive(sent, sent.payload, 0, sent.payload.length) ?? []
  })
}

function pressed(digits: string, durationSamples = 800): (Sent | null)[] {
  const sender = new TelephoneEventSender()
  for (const digit of digits) sender.press({ digit, durationSamples })
  return send(sender, digits.length * (Math.ceil(durationSamples / 160) + 4))
}

describe('telephone-event sender', () => {
  it('sends one timestamp, growing durations, the marker once and the end three times', () => {
    const packets = pressed('5').filter((sent) => sent !== null)
    expect(packets.map(({ timestamp, marker, payload }) => [timestamp, marker, ...payload])).toEqual([
      [1000, true, 5, 10, 0, 160],
      [1000, false, 5, 10, 320 >> 8, 320 & 255],
      [1000, false, 5, 10, 480 >> 8, 480 & 255],
      [1000, false, 5, 10, 640 >> 8, 640 & 255],
      [1000, false, 5, 0x8a, 800 >> 8, 800 & 255],
      [1000, false, 5, 0x8a, 800 >> 8, 800 & 255],
      [1000, false, 5, 0x8a, 800 >> 8, 800 & 255],
    ])
  })

  it('keeps two keys apart by a pause and a timestamp of its own', () => {
    const packets = pressed('12', 160)
    const second = packets.findIndex((sent) => sent?.payload[0] === 2)
    expect(packets[second - 1]).toBeNull()
    expect(packets[second]?.marker).toBe(true)
    expect(packets[second]?.timestamp).not.toBe(packets[0]?.timestamp)
  })

  it('refuses what is no key and is then still idle', () => {
    const sender = new TelephoneEventSender()
    expect(sender.press({ digit: 'x', durationSamples: 800 })).toBe(false)
    expect(sender.press({ digit: '12', durationSamples: 800 })).toBe(false)
    expect(sender.idle).toBe(true)
  })

  it('forgets queued keys when flushed, but ends the one under way', () => {
    const sender = new TelephoneEventSender()
    sender.press({ digit: '1', durationSamples: 320 })
    sender.press({ digit: '2', durationSamples: 320 })
    sender.next(0, 160)
    sender.flush()
    const rest = send(sender, 10).filter((sent) => sent !== null)
    expect(rest.every((sent) => sent.payload[0] === 1)).toBe(true)
    expect(rest.at(-1)?.payload[1]).toBe(0x8a)
  })

  it('knows the sixteen keys of RFC 4733 table 3 by their codes', () => {
    expect([...'0123456789*#ABCD'].map(eventCodeOf)).toEqual([...Array(16).keys()])
    expect(eventCodeOf('a')).toBe(12)
  })
})

describe('telephone-event receiver', () => {
  it('tells each key once, at its first end packet, with its duration', () => {
    const packets = pressed('19#')
    const receiver = new TelephoneEventReceiver()
    expect(receive(receiver, packets.slice(0, 4))).toEqual([])
    expect(receive(receiver, packets.slice(4))).toEqual([
      { digit: '1', durationSamples: 800 },
      { digit: '9', durationSamples: 800 },
      { digit: '#', durationSamples: 800 },
    ])
  })

  it('tells the same key pressed twice as two keys', () => {
    expect(receive(new TelephoneEventReceiver(), pressed('77'))).toHaveLength(2)
  })

  it('tells a key of which only an end packet came', () => {
    expect(receive(new TelephoneEventReceiver(), pressed('3').slice(6))).toEqual([{ digit: '3', durationSamples: 800 }])
  })

  it('tells a key whose ends were lost when the next key begins', () => {
    const packets = pressed('12').filter((sent) => !(sent?.payload[0] === 1 && (sent.payload[1] ?? 0) >= 0x80))
    expect(receive(new TelephoneEventReceiver(), packets)).toEqual([
      { digit: '1', durationSamples: 640 },
      { digit: '2', durationSamples: 800 },
    ])
  })

  it('tells both keys when the first lost its ends and of the second only ends came', () => {
    const packets = pressed('12').filter((sent) => sent?.payload[0] === ((sent?.payload[1] ?? 0) >= 0x80 ? 2 : 1))
    expect(receive(new TelephoneEventReceiver(), packets)).toMatchObject([{ digit: '1' }, { digit: '2' }])
  })

  it('tells a key whose ends were lost after 200 ms without a packet of it', () => {
    const receiver = new TelephoneEventReceiver()
    receive(receiver, pressed('1').slice(0, 3))
    const told = Array.from({ length: 30 }, () => receiver.elapse())
    expect(told.findIndex((digit) => digit !== null)).toBe(10)
    expect(told.filter((digit) => digit !== null)).toEqual([{ digit: '1', durationSamples: 480 }])
  })

  it('drops a packet that comes late', () => {
    const packets = pressed('5')
    const receiver = new TelephoneEventReceiver()
    expect(receive(receiver, packets)).toHaveLength(1)
    expect(receive(receiver, packets.slice(2, 4))).toEqual([])
    expect(receiver.elapse()).toBeNull()
  })

  it('takes a second key with the first one’s timestamp, as simple phones send it', () => {
    const receiver = new TelephoneEventReceiver()
    const again = pressed('5').map((sent) => sent && { ...sent, sequence: sent.sequence + 50 })
    expect(receive(receiver, [...pressed('5'), ...again])).toHaveLength(2)
  })

  it('takes keys again after the sequence number has begun anew', () => {
    const receiver = new TelephoneEventReceiver()
    receive(
      receiver,
      pressed('1').map((sent) => sent && { ...sent, sequence: sent.sequence + 9000, timestamp: 7 }),
    )
    expect(receive(receiver, pressed('2'))).toEqual([{ digit: '2', durationSamples: 800 }])
  })

  it('adds up the segments of a key held longer than one duration field can say', () => {
    const receiver = new TelephoneEventReceiver()
    const first = { timestamp: 100, sequence: 1 }
    const second = { timestamp: 100 + 0xffff, sequence: 2 }
    expect(receiver.receive(first, Uint8Array.of(4, 10, 0xff, 0xff), 0, 4)).toBeNull()
    expect(receiver.receive(second, Uint8Array.of(4, 0x8a, 0, 160), 0, 4)).toEqual({
      digit: '4',
      durationSamples: 0xffff + 160,
    })
  })

  it('ignores events that are no keys and payloads that are too short', () => {
    const receiver = new TelephoneEventReceiver()
    expect(receiver.receive({ timestamp: 1, sequence: 1 }, Uint8Array.of(16, 0x80, 1, 0), 0, 4)).toBeNull()
    expect(receiver.receive({ timestamp: 1, sequence: 2 }, Uint8Array.of(1, 0x80, 1), 0, 3)).toBeNull()
    expect(receiver.elapse()).toBeNull()
  })
})
