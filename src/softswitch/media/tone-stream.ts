/**
 * The little language of `tone_stream://` and the endless or measured silence of `silence_stream://`, as FreeSWITCH
 * plays them: `%(on ms, off ms, Hz, Hz…)`, keys `0-9*#A-D`, and settings `v=` dB, `d=` ms, `w=` ms, `l=` times each
 * tone, `L=` times the whole; the file's own `;loops=` (−1 = for ever) stands behind.
 */
import type { AudioSource } from './audio-source.ts'

/** A stretch of sound: up to some frequencies at once, or silence. */
interface Segment {
  readonly frequencies: readonly number[]
  readonly onSamples: number
  readonly offSamples: number
  /** Peak of each frequency before they are averaged, 0–32767. */
  readonly amplitude: number
}

const RATE = 8000
const PER_MS = RATE / 1000
const MOST_FREQUENCIES = 6
/** Of one script; what is longer is not a tone but an attack on our memory. */
const MOST_SEGMENTS = 1000
const LOWEST_DB = -63
/** Highest level that 16 bits carry, in dBm0, with a sine's crest. */
const MAX_POWER_DBM0 = 3.14 + 3.02

const KEY_FREQUENCIES: ReadonlyMap<string, readonly number[]> = new Map(
  ['123A', '456B', '789C', '*0#D'].flatMap((row, y) =>
    [...row].map((key, x): [string, readonly number[]] => [
      key,
      [[697, 770, 852, 941][y] ?? 0, [1209, 1336, 1477, 1633][x] ?? 0],
    ]),
  ),
)

/** @returns null when the script has no tone in it or is not of this language */
export function toneStream(script: string): AudioSource | null {
  const loops = /;loops=(-?\d+)/i.exec(script)
  const segments = parseScript(script.replace(/;loops=.*/i, ''))
  if (segments === null || segments.length === 0) return null
  const times = Number(loops?.[1] ?? 1)
  return new ToneSource(segments, times < 0 ? Number.POSITIVE_INFINITY : Math.max(times, 1))
}

/**
 * @param argument `<ms>[,<noise>]`, −1 = for ever; the noise is not made (silence stays silent)
 * @returns null when the time is missing or 0
 */
export function silenceStream(argument: string): AudioSource | null {
  const ms = Number.parseInt(argument, 10)
  if (Number.isNaN(ms) || ms === 0) return null
  return new SilenceSource(ms < 0 ? Number.POSITIVE_INFINITY : ms * PER_MS)
}

class SilenceSource implements AudioSource {
  #left: number

  constructor(samples: number) {
    this.#left = samples
  }

  read(into: Int16Array, count: number): number {
    const taken = Math.min(count, this.#left)
    into.fill(0, 0, taken)
    this.#left -= taken
    return taken
  }

  close(): void {}
}

class ToneSource implements AudioSource {
  readonly #segments: readonly Segment[]
  #timesLeft: number
  #index = 0
  #at = 0

  constructor(segments: readonly Segment[], times: number) {
    this.#segments = segments
    this.#timesLeft = times
  }

  read(into: Int16Array, count: number): number {
    let written = 0
    while (written < count) {
      const segment = this.#segments[this.#index]
      if (segment === undefined) {
        this.#timesLeft -= 1
        if (this.#timesLeft <= 0) break
        this.#index = 0
        this.#at = 0
        continue
      }
      const length = segment.onSamples + segment.offSamples
      while (written < count && this.#at < length) {
        into[written] = this.#at < segment.onSamples ? sampleOf(segment, this.#at) : 0
        written += 1
        this.#at += 1
      }
      if (this.#at >= length) {
        this.#index += 1
        this.#at = 0
      }
    }
    return written
  }

  close(): void {}
}

function sampleOf(segment: Segment, at: number): number {
  let sum = 0
  for (const frequency of segment.frequencies) sum += Math.sin((2 * Math.PI * frequency * at) / RATE)
  return Math.round((sum * segment.amplitude) / segment.frequencies.length)
}

function parseScript(script: string): Segment[] | null {
  const settings = { volume: -7, onSamples: 2000, offSamples: 500, eachTimes: 1, wholeTimes: 1 }
  const segments: Segment[] = []
  for (const part of script.split(';')) {
    const word = part.trim()
    if (word === '') continue
    if (word.charAt(1) === '=') {
      if (!applySetting(settings, word)) return null
    } else if (!addTones(segments, settings, word)) return null
  }
  const whole: Segment[] = []
  for (let i = 0; i < settings.wholeTimes && whole.length <= MOST_SEGMENTS; i++) whole.push(...segments)
  const total = whole.reduce((sum, segment) => sum + segment.onSamples + segment.offSamples, 0)
  return whole.length > MOST_SEGMENTS || total === 0 ? null : whole
}

interface Settings {
  volume: number
  onSamples: number
  offSamples: number
  eachTimes: number
  wholeTimes: number
}

function applySetting(settings: Settings, word: string): boolean {
  const value = Number(word.slice(2))
  if (!Number.isFinite(value)) return false
  switch (word.charAt(0)) {
    case 'v':
      if (value <= 0 && value >= LOWEST_DB) settings.volume = value
      return true
    case 'd':
      settings.onSamples = Math.max(0, Math.round(value * PER_MS))
      return true
    case 'w':
      settings.offSamples = Math.max(0, Math.round(value * PER_MS))
      return true
    case 'l':
      settings.eachTimes = Math.max(1, Math.trunc(value))
      return true
    case 'L':
      settings.wholeTimes = Math.max(1, Math.trunc(value))
      return true
    case 'r':
    case 'c':
      // Always 8 kHz and one channel.
      return true
    default:
      return false
  }
}

const TONE = /%\(([^)]*)\)|([0-9*#A-D])|(\s)/y

function addTones(segments: Segment[], settings: Settings, word: string): boolean {
  TONE.lastIndex = 0
  while (TONE.lastIndex < word.length) {
    const match = TONE.exec(word)
    if (match === null) return false
    const segment = match[1] === undefined ? keyTone(settings, match[2] ?? '') : writtenTone(settings, match[1])
    if (match[3] !== undefined) continue
    if (segment === null) return false
    for (let i = 0; i < settings.eachTimes; i++) {
      segments.push(segment)
      if (segments.length > MOST_SEGMENTS) return false
    }
  }
  return true
}

function keyTone(settings: Settings, key: string): Segment | null {
  const frequencies = KEY_FREQUENCIES.get(key)
  if (frequencies === undefined) return null
  const { onSamples, offSamples, volume } = settings
  return { frequencies, onSamples, offSamples, amplitude: amplitudeOf(volume) }
}

function writtenTone(settings: Settings, arguments_: string): Segment | null {
  const [on, off, ...frequencies] = arguments_.split(',').map((text) => Number(text.trim()))
  if (on === undefined || off === undefined || frequencies.length === 0) return null
  if (![on, off, ...frequencies].every((value) => Number.isFinite(value) && value >= 0)) return null
  return {
    frequencies: frequencies.slice(0, MOST_FREQUENCIES),
    onSamples: Math.round(on * PER_MS),
    offSamples: Math.round(off * PER_MS),
    amplitude: amplitudeOf(settings.volume),
  }
}

function amplitudeOf(volumeDb: number): number {
  return 10 ** ((volumeDb - MAX_POWER_DBM0) / 20) * 32_767 * Math.SQRT2
}
