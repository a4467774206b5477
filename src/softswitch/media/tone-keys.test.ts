import { readdir, readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { decodeG711, encodeG711 } from './g711.ts'
import type { HeldDigit } from './telephone-event.ts'
import { ToneKeys } from './tone-keys.ts'
import { readWavHeader } from './wav.ts'
import { WavDecoder } from './wav-decoder.ts'

const TICK = 160
const KEYS = new Map(
  ['123A', '456B', '789C', '*0#D'].flatMap((row, low) =>
    [...row].map((key, high) => [key, [[697, 770, 852, 941][low] ?? 0, [1209, 1336, 1477, 1633][high] ?? 0]] as const),
  ),
)

interface Press {
  readonly ms?: number
  /** Amplitudes of the low and the high tone. */
  readonly low?: number
  readonly high?: number
  /** Both frequencies are off by this share. */
  readonly off?: number
}

function press(key: string, { ms = 80, low = 6000, high = 6000, off = 0 }: Press = {}): number[] {
  const [lowHz = 0, highHz = 0] = KEYS.get(key) ?? []
  return Array.from({ length: ms * 8 }, (_, i) => {
    const at = (2 * Math.PI * (1 + off) * i) / 8000
    return low * Math.sin(lowHz * at) + high * Math.sin(highHz * at)
  })
}

const pause = (ms: number): number[] => new Array<number>(ms * 8).fill(0)

/** What is told of these samples, after a lead of so many, by way of G.711. */
function keysOf(samples: readonly number[], lead = 0): HeldDigit[] {
  const all = Int16Array.from([...new Array<number>(lead).fill(0), ...samples, ...pause(100)])
  const coded = Buffer.alloc(all.length)
  encodeG711('PCMA', all, all.length, coded, 0)
  decodeG711('PCMA', coded, 0, all.length, all)
  const keys = new ToneKeys()
  const told: HeldDigit[] = []
  for (let at = 0; at + TICK <= all.length; at += TICK) {
    const key = keys.take(all.subarray(at, at + TICK))
    if (key !== null) told.push(key)
  }
  return told
}

const digitsOf = (samples: readonly number[], lead = 0): string =>
  keysOf(samples, lead)
    .map(({ digit }) => digit)
    .join('')

describe('keys as tones in the voice', () => {
  it('are told each once, with about their length', () => {
    const told = keysOf([...KEYS.keys()].flatMap((key) => [...press(key), ...pause(60)]))
    expect(told.map(({ digit }) => digit).join('')).toBe('123A456B789C*0#D')
    for (const { durationSamples } of told) expect(Math.abs(durationSamples - 640)).toBeLessThanOrEqual(204)
  })

  it('are heard from 40 ms on, wherever they begin, with pauses of 40 ms', () => {
    for (let lead = 0; lead < 102; lead += 6) {
      expect(digitsOf([...press('5', { ms: 40 }), ...pause(40), ...press('5', { ms: 40 })], lead)).toBe('55')
    }
  })

  it('are not heard when shorter than 20 ms, and are one key over a gap of 10 ms', () => {
    for (let lead = 0; lead < 102; lead += 6) {
      expect(digitsOf(press('5', { ms: 19 }), lead)).toBe('')
      expect(digitsOf([...press('5', { ms: 60 }), ...pause(10), ...press('5', { ms: 60 })], lead)).toBe('5')
    }
  })

  it('may be 1.5 % off, not 3.5 % (Q.24)', () => {
    for (const key of KEYS.keys()) {
      for (const off of [-0.015, 0.015]) expect(digitsOf(press(key, { off }))).toBe(key)
      for (const off of [-0.035, 0.035]) expect(digitsOf(press(key, { off }))).toBe('')
    }
  })

  it('may have the high tone 4 dB above the low one, or the low one 8 dB above the high one', () => {
    for (const key of KEYS.keys()) {
      expect(digitsOf(press(key, { high: 8000, low: 8000 / 10 ** (4 / 20) }))).toBe(key)
      expect(digitsOf(press(key, { low: 8000, high: 8000 / 10 ** (8 / 20) }))).toBe(key)
      expect(digitsOf(press(key, { high: 8000, low: 8000 / 10 ** (7 / 20) }))).toBe('')
      expect(digitsOf(press(key, { low: 8000, high: 8000 / 10 ** (11 / 20) }))).toBe('')
    }
  })

  it('are heard as quiet as −25 dBm0, with noise 15 dB below', () => {
    let seed = 1
    const noise = (): number => {
      seed = (seed * 48_271) % 0x7fff_ffff
      return seed / 0x3fff_ffff - 1
    }
    for (const key of KEYS.keys()) {
      const quiet = press(key, { low: 1260, high: 1260 }).map((sample) => sample + 380 * noise())
      expect(digitsOf(quiet)).toBe(key)
    }
  })

  it('are not heard in single tones, ringing, or noise', () => {
    const tone = (...hz: number[]) =>
      Array.from({ length: 8000 }, (_, i) =>
        hz.reduce((sum, f) => sum + 5000 * Math.sin((2 * Math.PI * f * i) / 8000), 0),
      )
    for (const samples of [tone(697), tone(1209), tone(450), tone(350, 440), tone(440, 480), tone(697, 770)]) {
      expect(digitsOf(samples)).toBe('')
    }
  })

  it('are not heard in speech: all that is spoken here (talk-off)', async () => {
    const folder = new URL('../../../ivr-flows/prompts/zh-CN/', import.meta.url)
    const files = (await readdir(folder)).filter((name) => name.endsWith('.wav'))
    expect(files.length).toBeGreaterThan(10)
    for (const file of files) {
      const wav = await readFile(new URL(file, folder))
      const format = readWavHeader(wav)
      const speech = format === null ? [] : new WavDecoder(format).decode(wav.subarray(format.dataStart))
      expect(speech.length).toBeGreaterThan(1000)
      expect([file, digitsOf([...speech])]).toEqual([file, ''])
    }
  })
})
