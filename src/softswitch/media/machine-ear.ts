/**
 * Cues of an answering machine: how long its first words are and how long it is silent behind them, and the beep, a
 * single steady tone of any frequency behind speech.
 *
 * A tick is a tone when a sine of one frequency is nearly all of it. In speech a vowel comes near that for a tick or
 * two, but its pitch moves: four ticks within a few hertz and two decibels are no voice. A tone that comes again is a
 * cadence of the network (busy, ringing) and no beep.
 */
import type { Ear, EarCue } from './ears.ts'
import { TICK_MS, TICK_SAMPLES } from './media-ticker.ts'

/** Of the beep, Hz. */
const LOWEST = 300
const HIGHEST = 2500
/** The whole ticks of 100 ms, wherever it begins. */
const SHORTEST_BEEP_TICKS = 100 / TICK_MS - 1
const LONGEST_BEEP_TICKS = 1000 / TICK_MS
/** Part of a tick's power that the sine must be. */
const LEAST_PURITY = 0.97
/** Hz from the tone's first tick, and times its power. */
const MOST_DRIFT = 12
const MOST_SWING = 1.6
/** A tone that comes again within so long is a cadence. */
const CADENCE_TICKS = 600 / TICK_MS
/** Mean square of a sample: −49 dBm0 and, for a beep, −36 dBm0. */
const LEAST_SPEECH_POWER = 6_000
const LEAST_BEEP_POWER = 120_000
/** Speech is so much above what the line sounds like without it. */
const ABOVE_FLOOR = 8
/** Shorter than this it was a noise; a shorter pause is one between words. */
const LEAST_SPEECH_TICKS = 200 / TICK_MS
const WORD_GAP_TICKS = 500 / TICK_MS
const MOST_PAUSE_TICKS = 2000 / TICK_MS
/** Whoever has answered for so long is listened to no more. */
const LAST_TICK = 45_000 / TICK_MS

interface Tone {
  readonly frequency: number
  readonly power: number
  ticks: number
}

export class MachineEar implements Ear {
  #tick = 0
  #floor = 1_000
  /** Of the first words; -1 before and behind them. */
  #speechFrom = -1
  #speechTo = -1
  #spoke = false
  #greeted = false
  #tone: Tone | null = null
  /** A beep that has ended; told when no other has followed it. */
  #candidate: { readonly frequency: number; readonly ticks: number; readonly at: number } | null = null
  #cadence = false
  #beeped = false

  hear(heard: Int16Array): EarCue | null {
    if (this.#tick >= LAST_TICK) return null
    this.#tick += 1
    let power = 0
    for (const sample of heard) power += sample * sample
    power /= TICK_SAMPLES
    const frequency = power < LEAST_BEEP_POWER || this.#beeped ? 0 : pureFrequency(heard, power)
    const beep = this.#beeped ? null : this.#followTone(frequency, power)
    return beep ?? this.#followSpeech(power, frequency !== 0)
  }

  #followTone(frequency: number, power: number): EarCue | null {
    const tone = this.#tone
    if (tone !== null && frequency !== 0 && isLike(tone, frequency, power)) {
      tone.ticks += 1
      // A tone that comes while another waits to be told: a cadence of the network.
      if (this.#candidate !== null && tone.ticks === 2) {
        this.#candidate = null
        this.#cadence = true
      }
      return null
    }
    if (tone !== null) this.#endTone(tone)
    this.#tone = frequency === 0 ? null : { frequency, power, ticks: 1 }
    const { candidate, tick } = { candidate: this.#candidate, tick: this.#tick }
    if (candidate === null || tick - candidate.at < CADENCE_TICKS) return null
    this.#candidate = null
    this.#beeped = true
    return { kind: 'beep', frequency: Math.round(candidate.frequency), durationMs: candidate.ticks * TICK_MS }
  }

  #endTone({ frequency, ticks }: Tone): void {
    if (ticks < SHORTEST_BEEP_TICKS) return
    const once = ticks <= LONGEST_BEEP_TICKS && this.#spoke && !this.#cadence
    this.#candidate = once ? { frequency, ticks, at: this.#tick } : null
  }

  #followSpeech(power: number, tone: boolean): EarCue | null {
    this.#floor = Math.min(this.#floor * 1.01, Math.max(power, 10), 20_000)
    const speaks = !tone && power > LEAST_SPEECH_POWER && power > this.#floor * ABOVE_FLOOR
    if (speaks) {
      if (this.#speechFrom < 0) this.#speechFrom = this.#tick
      // The next words end the pause.
      const gap = this.#tick - this.#speechTo
      const cue = this.#spoke && !this.#greeted && gap >= WORD_GAP_TICKS ? this.#greeting(gap) : null
      if (cue === null && !this.#greeted) this.#speechTo = this.#tick
      if (this.#tick - this.#speechFrom >= LEAST_SPEECH_TICKS) this.#spoke = true
      return cue
    }
    if (this.#greeted || this.#speechFrom < 0) return null
    const pause = this.#tick - this.#speechTo
    if (this.#spoke) return pause >= MOST_PAUSE_TICKS ? this.#greeting(pause) : null
    if (pause >= WORD_GAP_TICKS) this.#speechFrom = -1
    return null
  }

  #greeting(pauseTicks: number): EarCue {
    this.#greeted = true
    return {
      kind: 'greeting',
      speechMs: (this.#speechTo - this.#speechFrom + 1) * TICK_MS,
      pauseMs: Math.min(pauseTicks, MOST_PAUSE_TICKS) * TICK_MS,
    }
  }
}

function isLike(tone: Tone, frequency: number, power: number): boolean {
  const swing = power / tone.power
  return Math.abs(frequency - tone.frequency) <= MOST_DRIFT && swing <= MOST_SWING && swing >= 1 / MOST_SWING
}

/**
 * The frequency of a tick that is one sine and nothing else; 0 for any other. For a sine x[n−1] + x[n+1] = 2·cos ω·x[n]:
 * the best ω of all samples is tried.
 */
function pureFrequency(samples: Int16Array, power: number): number {
  let product = 0
  let square = 0
  for (let at = 1; at < TICK_SAMPLES - 1; at++) {
    const now = samples[at] ?? 0
    product += now * ((samples[at - 1] ?? 0) + (samples[at + 1] ?? 0))
    square += now * now
  }
  const cosine = square === 0 ? 1 : product / (2 * square)
  if (Math.abs(cosine) >= 1) return 0
  const frequency = (Math.acos(cosine) * 8000) / (2 * Math.PI)
  if (frequency < LOWEST || frequency > HIGHEST) return 0
  return fittedPower(samples, frequency) >= LEAST_PURITY * power ? frequency : 0
}

/** Mean square of the sine of this frequency that fits the samples best, whatever part of a period they end in. */
function fittedPower(samples: Int16Array, frequency: number): number {
  const step = (2 * Math.PI * frequency) / 8000
  const [turnCosine, turnSine] = [Math.cos(step), Math.sin(step)]
  let [cosine, sine] = [1, 0]
  let [cc, cs, ss, xc, xs] = [0, 0, 0, 0, 0]
  for (const sample of samples) {
    cc += cosine * cosine
    cs += cosine * sine
    ss += sine * sine
    xc += sample * cosine
    xs += sample * sine
    const next = cosine * turnCosine - sine * turnSine
    sine = sine * turnCosine + cosine * turnSine
    cosine = next
  }
  const determinant = cc * ss - cs * cs
  const a = (xc * ss - xs * cs) / determinant
  const b = (xs * cc - xc * cs) / determinant
  return (a * xc + b * xs) / samples.length
}
