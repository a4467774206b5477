import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { JitterBuffer } from './jitter-buffer.ts'

const TICK = 160
const DELAY = 320

/** A packet whose every sample is `value`. */
function packet(value: number, length = TICK): Int16Array {
  return new Int16Array(length).fill(value)
}

/** The value heard in each of `ticks` reads: the one that fills the tick, `mixed` when there is more than one. */
function hear(buffer: JitterBuffer, ticks: number): (number | 'mixed')[] {
  return Array.from({ length: ticks }, () => {
    const into = new Int16Array(TICK)
    buffer.read(into, TICK)
    return into.every((sample) => sample === into[0]) ? (into[0] ?? 0) : 'mixed'
  })
}

function write(buffer: JitterBuffer, index: number, from = 5000): void {
  buffer.write((from + index * TICK) >>> 0, packet(index + 1), TICK)
}

describe('jitter buffer', () => {
  it('holds back its delay, then gives every packet in turn', () => {
    const buffer = new JitterBuffer(DELAY)
    for (let i = 0; i < 4; i++) write(buffer, i)
    expect(hear(buffer, 7)).toEqual([0, 0, 1, 2, 3, 4, 0])
  })

  it('puts packets in order and plays a copy once', () => {
    const buffer = new JitterBuffer(DELAY)
    for (const i of [0, 2, 1, 1, 3]) write(buffer, i)
    expect(hear(buffer, 6)).toEqual([0, 0, 1, 2, 3, 4])
  })

  it('plays silence in place of a lost packet and keeps the time of the rest', () => {
    const buffer = new JitterBuffer(DELAY)
    for (const i of [0, 1, 3]) write(buffer, i)
    expect(hear(buffer, 6)).toEqual([0, 0, 1, 2, 0, 4])
  })

  it('takes packets of 10 and 40 ms', () => {
    const buffer = new JitterBuffer(DELAY)
    buffer.write(0, packet(1, 320), 320)
    buffer.write(320, packet(2, 80), 80)
    buffer.write(400, packet(2, 80), 80)
    expect(hear(buffer, 5)).toEqual([0, 0, 1, 1, 2])
  })

  it('goes on across the wrap of the timestamp', () => {
    const buffer = new JitterBuffer(DELAY)
    for (let i = 0; i < 4; i++) write(buffer, i, 2 ** 32 - TICK)
    expect(hear(buffer, 6)).toEqual([0, 0, 1, 2, 3, 4])
  })

  it('drops a packet whose turn is over and counts it', () => {
    const buffer = new JitterBuffer(DELAY)
    for (const i of [0, 1, 2]) write(buffer, i)
    hear(buffer, 4)
    write(buffer, 0)
    expect(hear(buffer, 2)).toEqual([3, 0])
    expect(buffer.counts).toEqual({ late: 1, restarts: 0 })
  })

  it('keeps the place of a sender whose clock ran on through a pause', () => {
    const buffer = new JitterBuffer(DELAY)
    write(buffer, 0)
    hear(buffer, 10)
    write(buffer, 10)
    expect(hear(buffer, 3)).toEqual([0, 0, 11])
    expect(buffer.counts.restarts).toBe(0)
  })

  it('begins anew with its delay for a sender whose clock stood still through a pause', () => {
    const buffer = new JitterBuffer(DELAY)
    write(buffer, 0)
    hear(buffer, 10)
    write(buffer, 1)
    expect(hear(buffer, 3)).toEqual([0, 0, 2])
    expect(buffer.counts.restarts).toBe(1)
  })

  it('begins anew when the clock jumps far ahead', () => {
    const buffer = new JitterBuffer(DELAY)
    write(buffer, 0)
    write(buffer, 100_000)
    expect(hear(buffer, 3)).toEqual([0, 0, (100_001 << 16) >> 16])
  })

  it('begins anew when the clock has jumped back and stays there', () => {
    const buffer = new JitterBuffer(DELAY)
    for (let i = 0; i < 30; i++) write(buffer, i, 50_000)
    for (let i = 0; i < 12; i++) write(buffer, i, 1000)
    expect(buffer.counts.restarts).toBe(1)
    expect(hear(buffer, 3).at(-1)).not.toBe(1)
  })

  it('cuts what has piled up when it stays for a second', () => {
    const buffer = new JitterBuffer(DELAY)
    for (let i = 0; i < 10; i++) write(buffer, i)
    let last: number | 'mixed' = 0
    for (let i = 10; i < 120; i++) {
      write(buffer, i)
      last = hear(buffer, 1)[0] ?? 0
    }
    // The packet written last is 120; with the delay of two ticks the one heard is 118.
    expect(last).toBe(118)
  })

  it('is silent after a reset until the next packet has waited its delay', () => {
    const buffer = new JitterBuffer(DELAY)
    for (let i = 0; i < 5; i++) write(buffer, i)
    buffer.reset()
    expect(hear(buffer, 2)).toEqual([0, 0])
    write(buffer, 7, 0)
    expect(hear(buffer, 3)).toEqual([0, 0, 8])
  })

  it('never lets a steady sender wait longer than its delay and a second, whatever came before', () => {
    const step = fc.record({ jump: fc.integer({ min: -300_000, max: 300_000 }), reads: fc.nat({ max: 5 }) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const buffer = new JitterBuffer(DELAY)
        let timestamp = 1_000_000
        for (const { jump, reads } of steps) {
          timestamp = (timestamp + jump) >>> 0
          buffer.write(timestamp, packet(1), TICK)
          hear(buffer, reads)
        }
        // From here on the sender is steady, one packet a tick, each with a number of its own.
        let lag = Number.POSITIVE_INFINITY
        for (let i = 0; i < 200; i++) {
          timestamp = (timestamp + TICK) >>> 0
          buffer.write(timestamp, packet(1000 + i), TICK)
          const [value] = hear(buffer, 1)
          if (i > 120) lag = typeof value === 'number' ? 1000 + i - value : Number.POSITIVE_INFINITY
        }
        expect(lag).toBeLessThanOrEqual(DELAY / TICK + 1)
      }),
      { seed: 4, numRuns: 200 },
    )
  })
})
