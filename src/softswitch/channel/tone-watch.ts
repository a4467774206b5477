/** What is listened for on a channel: tones (`tone_detect`), and cues of an answering machine (`avmd`). */
import { randomUUID } from 'node:crypto'
import type { EarCue } from '../media/ears.ts'
import type { Channel } from './channel.ts'

const MOST_TONES = 16
/** In packets of 20 ms, as the real server counts. */
const SLEEP = 25
const EXPIRES = 250

export interface ToneOrder {
  readonly key: string
  /** Frequencies in Hz that sound together, with commas between. */
  readonly tones: string
  /** `r` (default): what the far end says. `w`: what it is told. */
  readonly flags: string
  /** 0: once, or what `tone_detect_hits` says. */
  readonly hits: number
  /** After so many seconds nothing is listened for any more; 0 = never. */
  readonly seconds: number
  /** Executed when it is heard; empty: nothing. */
  readonly application: string
  readonly argument: string
}

export class ToneWatch {
  readonly #channel: Channel
  /** By key, lower case. `listening` is false once the tone has been heard. */
  readonly #tones = new Map<string, { readonly order: ToneOrder; startedAt: number; stop: (() => void) | null }>()
  #machine: { readonly stop: () => void; readonly startedAt: number } | null = null

  constructor(channel: Channel) {
    this.#channel = channel
  }

  /** A key that is known is listened for again, as it was. */
  start(order: ToneOrder): void {
    const known = this.#tones.get(order.key.toLowerCase())
    if (known !== undefined) {
      known.stop?.()
      this.#listen(known.order)
      return
    }
    if (this.#tones.size < MOST_TONES && frequenciesOf(order.tones).length > 0) this.#listen(order)
  }

  /** Every tone. @returns false when nothing was listened for */
  stop(): boolean {
    const any = this.#tones.size > 0
    for (const { stop } of this.#tones.values()) stop?.()
    this.#tones.clear()
    return any
  }

  /** Tells `avmd::beep` once, and our own `avmd::greeting`. @returns false when it listens already */
  startMachine(): boolean {
    if (this.#machine !== null || !this.#channel.mediaReady) return false
    const stop = this.#channel.leg.listen({ kind: 'machine' }, (cue) => this.#machineCue(cue))
    this.#machine = { stop, startedAt: Date.now() }
    this.#fireMachine('avmd::start', { 'Start-time': String(Date.now() * 1000) })
    return true
  }

  /** @returns false when it did not listen */
  stopMachine(): boolean {
    const machine = this.#machine
    if (machine === null) return false
    this.#machine = null
    machine.stop()
    this.#fireMachine('avmd::stop', { 'Total-time': String((Date.now() - machine.startedAt) * 1000) })
    return true
  }

  #listen(order: ToneOrder): void {
    const { leg, variables } = this.#channel
    const number = (name: string, otherwise: number) => {
      const value = Number.parseInt(variables.get(name) ?? '', 10)
      return value > 0 ? value : otherwise
    }
    const stop = leg.listen(
      {
        kind: 'tone',
        side: order.flags.includes('w') && !order.flags.includes('r') ? 'spoken' : 'heard',
        frequencies: frequenciesOf(order.tones),
        hits: number('tone_detect_hits', order.hits || 1),
        sleepTicks: number('tone_detect_sleep', SLEEP),
        expiresTicks: number('tone_detect_expires', EXPIRES),
      },
      () => this.#heard(order),
    )
    const limit = order.seconds > 0 ? setTimeout(() => this.#mute(order), order.seconds * 1000).unref() : undefined
    this.#tones.set(order.key.toLowerCase(), {
      order,
      startedAt: Date.now(),
      stop: () => {
        clearTimeout(limit)
        stop()
      },
    })
  }

  #mute(order: ToneOrder): void {
    const tone = this.#tones.get(order.key.toLowerCase())
    tone?.stop?.()
    if (tone !== undefined) tone.stop = null
  }

  #heard(order: ToneOrder): void {
    const channel = this.#channel
    const tone = this.#tones.get(order.key.toLowerCase())
    if (tone === undefined || tone.stop === null || !channel.up) return
    this.#mute(order)
    channel.variables.set(`tone_detect_${order.key}_total_time`, Date.now() - tone.startedAt)
    if (order.application !== '') {
      const { application, argument } = order
      channel.execute({ application, argument, uuid: randomUUID(), lock: false, loops: 1 })
    }
    // The real server tells it twice: to everybody, and as an event of the channel.
    channel.core.bus.fire('DETECTED_TONE', (event) => event.add('Detected-Tone', order.key))
    channel.fire('DETECTED_TONE', (event) => event.add('Detected-Tone', order.key))
  }

  #machineCue(cue: EarCue): void {
    if (!this.#channel.up) return
    if (cue.kind === 'beep') {
      const headers = { 'Beep-Status': 'DETECTED', Frequency: cue.frequency.toFixed(6) }
      this.#fireMachine('avmd::beep', { ...headers, 'Detection-time': String(cue.durationMs * 1000) })
    } else if (cue.kind === 'greeting') {
      const headers = { 'Speech-Milliseconds': String(cue.speechMs), 'Pause-Milliseconds': String(cue.pauseMs) }
      this.#fireMachine('avmd::greeting', headers)
    }
  }

  #fireMachine(subclass: string, headers: Readonly<Record<string, string>>): void {
    this.#channel.core.bus.fire(
      'CUSTOM',
      (event) => {
        event.add('Unique-ID', this.#channel.uuid)
        event.add('Call-command', 'avmd')
        for (const [name, value] of Object.entries(headers)) event.add(name, value)
      },
      { subclass, channel: this.#channel.uuid },
    )
  }
}

function frequenciesOf(tones: string): number[] {
  return tones
    .split(',')
    .map((word) => Number.parseFloat(word) || 0)
    .filter((frequency) => frequency > 0 && frequency < 4000)
}
