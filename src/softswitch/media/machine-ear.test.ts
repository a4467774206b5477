import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { EarCue } from './ears.ts'
import { decodeG711, encodeG711 } from './g711.ts'
import { MachineEar } from './machine-ear.ts'
import { ToneEar } from './tone-ear.ts'

const folder = fileURLToPath(new URL('../../../ivr-flows/prompts/zh-CN', import.meta.url))
const prompts = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.wav'))
  .map((name) => ({ name, samples: samplesOf(readFileSync(join(folder, name))) }))

function samplesOf(wav: Buffer): Int16Array {
  const from = wav.indexOf('data') + 8
  return Int16Array.from({ length: (wav.length - from) >> 1 }, (_, at) => wav.readInt16LE(from + at * 2))
}

function tone(frequency: number, ms: number, amplitude = 6000): Int16Array {
  return Int16Array.from({ length: ms * 8 }, (_, at) =>
    Math.round(amplitude * Math.sin((2 * Math.PI * frequency * at) / 8000 + 1)),
  )
}

const silence = (ms: number) => new Int16Array(ms * 8)

/** What the ear tells of these sounds, one after the other, through a telephone line. */
function cuesOf(...sounds: readonly Int16Array[]): EarCue[] {
  const all = Int16Array.from(sounds.flatMap((sound) => [...sound]))
  const line = Buffer.alloc(all.length)
  encodeG711('PCMA', all, all.length, line, 0)
  const heard = new Int16Array(all.length)
  decodeG711('PCMA', line, 0, line.length, heard)
  const ear = new MachineEar()
  const cues: EarCue[] = []
  for (let at = 0; at + 160 <= heard.length; at += 160) {
    const cue = ear.hear(heard.subarray(at, at + 160))
    if (cue !== null) cues.push(cue)
  }
  return cues
}

const words = prompts.find(({ name }) => name === 'identity.wav')?.samples ?? new Int16Array(0)
const beepsOf = (cues: readonly EarCue[]) => cues.filter(({ kind }) => kind === 'beep')

describe('cues of an answering machine', () => {
  it('hears no beep in any prompt that is shipped', () => {
    expect(prompts.length).toBeGreaterThan(15)
    for (const { name, samples } of prompts) {
      expect({ name, beeps: beepsOf(cuesOf(words, silence(700), samples, silence(1000))) }).toEqual({ name, beeps: [] })
    }
  })

  it.each([
    [310, 100],
    [440, 250],
    [1000, 137],
    [1400, 500],
    [2000, 980],
    [2450, 180],
  ])('hears a beep of %i Hz and %i ms behind words', (frequency, ms) => {
    const [beep, ...more] = beepsOf(cuesOf(words, silence(313), tone(frequency, ms), silence(1500)))
    expect(more).toEqual([])
    expect(beep).toMatchObject({ kind: 'beep' })
    if (beep?.kind !== 'beep') return
    expect(Math.abs(beep.frequency - frequency)).toBeLessThanOrEqual(5)
    expect(Math.abs(beep.durationMs - ms)).toBeLessThanOrEqual(40)
  })

  it.each([
    ['without words before it', [silence(2000), tone(1000, 400), silence(1500)]],
    ['that is too long', [words, silence(300), tone(1000, 1300), silence(1500)]],
    ['that is a click', [words, silence(300), tone(1000, 40), silence(1500)]],
    ['that comes again: busy', [words, silence(300), tone(450, 350), silence(350), tone(450, 350), silence(350)]],
    ['of two tones: a key', [words, silence(300), sum(tone(770, 200), tone(1336, 200)), silence(1500)]],
    ['that is too low', [words, silence(300), tone(200, 400), silence(1500)]],
  ])('hears none %s', (_, sounds) => {
    expect(beepsOf(cuesOf(...sounds))).toEqual([])
  })

  it('tells how long the first words were, and the pause behind them', () => {
    const cues = cuesOf(silence(500), tone(150, 900), silence(200), tone(170, 900), silence(1100), tone(160, 400))
    expect(cues).toEqual([{ kind: 'greeting', speechMs: 2000, pauseMs: 1120 }])
    expect(cuesOf(silence(500), tone(150, 600), silence(5000))).toEqual([
      { kind: 'greeting', speechMs: 600, pauseMs: 2000 },
    ])
  })

  it('tells nothing of noise and of a silent line', () => {
    let seed = 1
    const noise = Int16Array.from({ length: 80_000 }, () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
      return ((seed >> 12) % 400) - 200
    })
    expect(cuesOf(silence(5000))).toEqual([])
    expect(beepsOf(cuesOf(noise))).toEqual([])
  })
})

describe('tones that are waited for', () => {
  const heardIn = (sounds: readonly Int16Array[], order: { frequencies: number[]; hits?: number }): number[] => {
    const ear = new ToneEar({ kind: 'tone', side: 'heard', hits: 1, sleepTicks: 25, expiresTicks: 250, ...order })
    const all = Int16Array.from(sounds.flatMap((sound) => [...sound]))
    const at: number[] = []
    for (let from = 0; from + 160 <= all.length; from += 160) {
      if (ear.hear(all.subarray(from, from + 160), silence(20)) !== null) at.push(from / 8)
    }
    return at
  }

  it('are heard when all of them sound, and after as many hits as are asked for', () => {
    const dial = sum(tone(350, 2000), tone(440, 2000))
    expect(heardIn([silence(100), dial], { frequencies: [350, 440] })[0]).toBeLessThanOrEqual(160)
    expect(heardIn([dial], { frequencies: [440] })).toEqual([])
    expect(heardIn([tone(440, 2000)], { frequencies: [350, 440] })).toEqual([])
    expect(heardIn([tone(1100, 4000)], { frequencies: [1100], hits: 3 })[0]).toBeGreaterThan(1000)
  })
})

function sum(one: Int16Array, other: Int16Array): Int16Array {
  return one.map((sample, at) => sample + (other[at] ?? 0))
}
