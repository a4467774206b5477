/** What listens to one side of a leg for a sound that means something, tick by tick, beside whoever talks there. */
import { MachineEar } from './machine-ear.ts'
import { ToneEar } from './tone-ear.ts'

export type EarOrder =
  /** Tones that sound together; told each time that they have been heard `hits` times. */
  | {
      readonly kind: 'tone'
      readonly side: 'heard' | 'spoken'
      /** Hz. */
      readonly frequencies: readonly number[]
      readonly hits: number
      /** Ticks after a hit in which none is counted, and after which the hits are forgotten. */
      readonly sleepTicks: number
      readonly expiresTicks: number
    }
  /** Whether an answering machine has answered: the length of its first words, and its beep. */
  | { readonly kind: 'machine' }

export type EarCue =
  | { readonly kind: 'tone' }
  | { readonly kind: 'beep'; readonly frequency: number; readonly durationMs: number }
  /** The first words and the pause behind them, at most 2 s of it. */
  | { readonly kind: 'greeting'; readonly speechMs: number; readonly pauseMs: number }

export interface Ear {
  /** @param heard 20 ms of what the far end says @param spoken of what it is told */
  hear(heard: Int16Array, spoken: Int16Array): EarCue | null
}

export function earFor(order: EarOrder): Ear {
  return order.kind === 'tone' ? new ToneEar(order) : new MachineEar()
}
