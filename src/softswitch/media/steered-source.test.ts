import { describe, expect, it } from 'vitest'
import type { AudioSource } from './audio-source.ts'
import { Displacement } from './displacement.ts'
import { SteeredSource } from './steered-source.ts'

/** Counts up from where it begins to where it ends. */
function counting(from: number, to: number): AudioSource {
  let at = from
  return {
    read: (into, count) => {
      const taken = Math.min(count, to - at)
      for (let i = 0; i < taken; i++) into[i] = at + i
      at += taken
      return taken
    },
    close: () => {},
  }
}

const reopen = async (samples: number) => counting(samples, 2_000)

function tick(source: AudioSource): { samples: Int16Array; count: number } {
  const samples = new Int16Array(160)
  return { samples, count: source.read(samples, 160) }
}

describe('a steered play', () => {
  it('is silent while it pauses, and goes on where it was', () => {
    const source = new SteeredSource(counting(0, 2_000), 0, reopen)
    tick(source)
    source.steer({ kind: 'pause' })
    expect(tick(source)).toMatchObject({ count: 160, samples: new Int16Array(160) })
    source.steer({ kind: 'pause' })
    expect(tick(source).samples[0]).toBe(160)
  })

  it('goes to a place of the file, or from where it is', async () => {
    const source = new SteeredSource(counting(0, 2_000), 0, reopen)
    source.steer({ kind: 'seek', samples: 1_000, relative: false })
    await Promise.resolve()
    expect(tick(source).samples[0]).toBe(1_000)
    source.steer({ kind: 'seek', samples: -560, relative: true })
    await Promise.resolve()
    expect(tick(source).samples[0]).toBe(600)
    source.steer({ kind: 'seek', samples: -9_000, relative: true })
    await Promise.resolve()
    expect(tick(source).samples[0]).toBe(0)
  })

  it.each([
    [1, 213],
    [2, 320],
    [-1, 128],
    [-2, 107],
  ])('at speed %i reads %i samples for 160', (step, read) => {
    const source = new SteeredSource(counting(0, 2_000), 0, reopen)
    source.steer({ kind: 'speed', step, relative: false })
    expect(tick(source).count).toBe(160)
    source.steer({ kind: 'speed', step: 0, relative: false })
    expect(tick(source).samples[0]).toBe(read)
  })

  it('is louder and quieter by decibels, and never over the top', () => {
    const source = new SteeredSource(counting(1_000, 30_000), 0, reopen)
    source.steer({ kind: 'volume', step: -20, relative: false })
    expect(tick(source).samples[0]).toBe(100)
    source.steer({ kind: 'volume', step: 60, relative: true })
    expect(tick(source).samples[0]).toBe(32_767)
  })
})

describe('a displacement', () => {
  const order = { uri: '/x.wav', side: 'spoken', looped: false } as const

  it('stands in the place of one side and silences the other, or is mixed with it', () => {
    const instead = new Displacement({ ...order, mixed: false }, counting(5, 400), 160)
    const [side, other] = [new Int16Array(160).fill(7), new Int16Array(160).fill(9)]
    expect(instead.apply(side, other)).toBe(true)
    expect([side[0], other[0]]).toEqual([5, 0])
    const mixed = new Displacement({ ...order, mixed: true }, counting(5, 400), 160)
    const [one, two] = [new Int16Array(160).fill(7), new Int16Array(160).fill(9)]
    mixed.apply(one, two)
    expect([one[0], two[0]]).toEqual([12, 9])
  })

  it('ends with its file', () => {
    const short = new Displacement({ ...order, mixed: true }, counting(0, 200), 160)
    expect(short.apply(new Int16Array(160), new Int16Array(160))).toBe(true)
    expect(short.apply(new Int16Array(160), new Int16Array(160))).toBe(false)
  })
})
