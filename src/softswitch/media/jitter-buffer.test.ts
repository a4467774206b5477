import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { JitterBuffer } from './jitter-buffer.ts'

const TICK = 160
const DELAY = 320
const LIMITS = { floor: DELAY, ceiling: 1600 }

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

/** Writes one packet a tick and tells how many ticks behind it the one is that is heard. A joint of two counts as silence. */
function lagsOf(
  buffer: JitterBuffer,
  sender: { from: number; ticks: number; value: (index: number) => number; at?: number },
): number[] {
  const lags: number[] = []
  const offset = sender.value(0)
  for (let i = sender.from; i < sender.from + sender.ticks; i++) {
    buffer.write(((sender.at ?? 5000) + i * TICK) >>> 0, packet(sender.value(i)), TICK)
    const [value] = hear(buffer, 1)
    lags.push(typeof value === 'number' && value >= offset ? i + offset - value : (lags.at(-1) ?? 0))
  }
  return lags
}

describe('jitter buffer', () => {
  it('holds back its delay, then gives every packet in turn', () => {
    const buffer = new JitterBuffer(LIMITS)
    for (let i = 0; i < 4; i++) write(buffer, i)
    expect(hear(buffer, 7)).toEqual([0, 0, 1, 2, 3, 4, 0])
  })

  it('puts packets in order and plays a copy once', () => {
    const buffer = new JitterBuffer(LIMITS)
    for (const i of [0, 2, 1, 1, 3]) write(buffer, i)
    expect(hear(buffer, 6)).toEqual([0, 0, 1, 2, 3, 4])
  })

  it('plays silence in place of a lost packet and keeps the time of the rest', () => {
    const buffer = new JitterBuffer(LIMITS)
    for (const i of [0, 1, 3]) write(buffer, i)
    expect(hear(buffer, 6)).toEqual([0, 0, 1, 2, 0, 4])
  })

  it('takes packets of 10 and 40 ms', () => {
    const buffer = new JitterBuffer(LIMITS)
    buffer.write(0, packet(1, 320), 320)
    buffer.write(320, packet(2, 80), 80)
    buffer.write(400, packet(2, 80), 80)
    expect(hear(buffer, 5)).toEqual([0, 0, 1, 1, 2])
  })

  it('goes on across the wrap of the timestamp', () => {
    const buffer = new JitterBuffer(LIMITS)
    for (let i = 0; i < 4; i++) write(buffer, i, 2 ** 32 - TICK)
    expect(hear(buffer, 6)).toEqual([0, 0, 1, 2, 3, 4])
  })

  it('drops a packet whose turn is over and counts it', () => {
    const buffer = new JitterBuffer(LIMITS)
    for (const i of [0, 2, 3]) write(buffer, i)
    expect(hear(buffer, 4)).toEqual([0, 0, 1, 0])
    write(buffer, 1)
    expect(hear(buffer, 4).filter((value) => value !== 0)).toEqual([3, 4])
    expect(buffer.counts).toEqual({ late: 1, restarts: 0 })
  })

  it('keeps the place of a sender whose clock ran on through a pause', () => {
    const buffer = new JitterBuffer(LIMITS)
    write(buffer, 0)
    hear(buffer, 10)
    write(buffer, 10)
    expect(hear(buffer, 3)).toEqual([0, 0, 11])
    expect(buffer.counts.restarts).toBe(0)
  })

  it('begins anew with its delay for a sender whose clock stood still through a pause, as the marker or its length tells', () => {
    for (const [pause, fresh] of [
      [10, true],
      [30, false],
    ] as const) {
      const buffer = new JitterBuffer(LIMITS)
      write(buffer, 0)
      hear(buffer, pause)
      buffer.write(5000 + TICK, packet(2), TICK, fresh)
      expect(hear(buffer, 3)).toEqual([0, 0, 2])
      expect(buffer.counts.restarts).toBe(1)
    }
  })

  it('begins anew when the clock jumps far ahead', () => {
    const buffer = new JitterBuffer(LIMITS)
    write(buffer, 0)
    write(buffer, 100_000)
    expect(hear(buffer, 3)).toEqual([0, 0, (100_001 << 16) >> 16])
  })

  it('begins anew when the clock has jumped back and stays there', () => {
    const buffer = new JitterBuffer(LIMITS)
    for (let i = 0; i < 30; i++) write(buffer, i, 50_000)
    for (let i = 0; i < 12; i++) write(buffer, i, 1000)
    expect(buffer.counts.restarts).toBe(1)
    expect(hear(buffer, 3).at(-1)).not.toBe(1)
  })

  it('cuts what has piled up when it stays: at once beyond the ceiling, else bit by bit in silence', () => {
    const buffer = new JitterBuffer(LIMITS)
    for (let i = 0; i < 30; i++) write(buffer, i)
    const lags = lagsOf(buffer, { from: 30, ticks: 300, value: (i) => i + 1 })
    // Two ticks of delay, and the 30 that came ahead of their time.
    expect(lags.slice(2, 45).every((lag) => lag === 32)).toBe(true)
    expect(lags.slice(60, 300).every((lag) => lag <= 10)).toBe(true)
    expect(lags.at(-1)).toBe(2)
  })

  it('cuts in speech only after three seconds', () => {
    const buffer = new JitterBuffer(LIMITS)
    for (let i = 0; i < 5; i++) buffer.write(5000 + i * TICK, packet(1000 + i), TICK)
    const lags = lagsOf(buffer, { from: 5, ticks: 300, value: (i) => 1000 + i })
    expect(lags.slice(2, 140).every((lag) => lag === 7)).toBe(true)
    expect(lags.at(-1)).toBe(2)
  })

  it('grows at once when a packet comes too late, and loses none of those behind it', () => {
    const buffer = new JitterBuffer(LIMITS)
    const heard: (number | 'mixed')[] = []
    for (let tick = 0; tick < 20; tick++) {
      // From packet 5 on all come 80 ms later.
      const index = tick < 5 ? tick : tick - 4
      if (tick < 5 || tick >= 9) write(buffer, index)
      heard.push(...hear(buffer, 1))
    }
    expect(heard.filter((value) => value !== 0)).toEqual(Array.from({ length: 15 }, (_, i) => i + 1))
    expect(buffer.delay).toBe(5 * TICK)
    expect(buffer.counts).toEqual({ late: 0, restarts: 0 })
  })

  it('grows for a packet that was overtaken, which itself is lost, so that the next one is not', () => {
    const buffer = new JitterBuffer(LIMITS)
    const heard: (number | 'mixed')[] = []
    // Every tenth packet comes four ticks late.
    for (let tick = 0; tick < 60; tick++) {
      if (tick % 10 !== 5) write(buffer, tick)
      if (tick >= 4 && (tick - 4) % 10 === 5) write(buffer, tick - 4)
      heard.push(...hear(buffer, 1))
    }
    expect(buffer.counts.late).toBe(1)
    const missing = Array.from({ length: 50 }, (_, i) => i + 1).filter((value) => !heard.includes(value))
    expect(missing).toEqual([6])
  })

  it('does not grow for copies', () => {
    const buffer = new JitterBuffer(LIMITS)
    for (let tick = 0; tick < 30; tick++) {
      write(buffer, tick)
      if (tick >= 8) write(buffer, tick - 8)
      hear(buffer, 1)
    }
    expect(buffer.delay).toBe(DELAY)
  })

  it('shrinks again when the stream has been even for some seconds', () => {
    const buffer = new JitterBuffer(LIMITS)
    for (let tick = 0; tick < 1000; tick++) {
      const late = tick >= 5 && tick < 9
      if (!late) write(buffer, tick)
      if (tick === 9) for (let i = 5; i < 9; i++) write(buffer, i)
      if (tick === 20) expect(buffer.delay).toBeGreaterThan(DELAY)
      hear(buffer, 1)
    }
    expect(buffer.delay).toBe(DELAY)
  })

  it('tells how much was missing', () => {
    const buffer = new JitterBuffer(LIMITS)
    write(buffer, 0)
    buffer.write(5000 + 2 * TICK, packet(3, 80), 80)
    const into = new Int16Array(TICK)
    const missing = Array.from({ length: 6 }, () => [buffer.read(into, TICK), buffer.holesInFirstHalf])
    expect(missing).toEqual([
      [160, 80],
      [160, 80],
      [0, 0],
      [160, 80],
      [80, 0],
      [160, 80],
    ])
  })

  it('is silent after a reset until the next packet has waited its delay', () => {
    const buffer = new JitterBuffer(LIMITS)
    for (let i = 0; i < 5; i++) write(buffer, i)
    buffer.reset()
    expect(hear(buffer, 2)).toEqual([0, 0])
    write(buffer, 7, 0)
    expect(hear(buffer, 3)).toEqual([0, 0, 8])
  })

  it('never lets a steady sender wait longer than the ceiling and a second, nor than its delay in the end', () => {
    const step = fc.record({ jump: fc.integer({ min: -300_000, max: 300_000 }), reads: fc.nat({ max: 5 }) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const buffer = new JitterBuffer(LIMITS)
        let timestamp = 1_000_000
        for (const { jump, reads } of steps) {
          timestamp = (timestamp + jump) >>> 0
          buffer.write(timestamp, packet(1), TICK)
          hear(buffer, reads)
        }
        // From here on the sender is steady, one packet a tick, each with a number of its own.
        const lags = lagsOf(buffer, { from: 1, ticks: 1200, value: (i) => 1000 + i, at: timestamp })
        expect(Math.max(...lags.slice(120))).toBeLessThanOrEqual(LIMITS.ceiling / TICK + 1)
        expect(lags.at(-1)).toBeLessThanOrEqual(DELAY / TICK + 1)
      }),
      { seed: 4, numRuns: 100 },
    )
  })
})
