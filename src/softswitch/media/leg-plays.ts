/** What a leg plays: a pile of which the last one is heard; those before it wait until it has ended. */
import type { AudioSource, SoundFile } from './audio-source.ts'
import type { PlayEnd } from './leg-messages.ts'
import { type PlaySteer, SteeredSource } from './steered-source.ts'

/** What a play can be sought in. */
export interface PlayedFile {
  /** Samples that were skipped. */
  readonly from: number
  readonly reopen: (samples: number) => Promise<AudioSource | null>
}

export interface PlayStart {
  /** Stops by itself after so many samples; 0 = never. */
  readonly limit?: number
  /** Null: it cannot be steered. */
  readonly file?: PlayedFile | null
}

interface Playing {
  readonly play: number
  source: AudioSource
  readonly file: PlayedFile | null
  readonly limit: number
  samples: number
}

export class LegPlays {
  readonly #pile: Playing[] = []
  readonly #ended: (play: number, end: PlayEnd, samples: number, file: SoundFile | null) => void

  constructor(ended: (play: number, end: PlayEnd, samples: number, file: SoundFile | null) => void) {
    this.#ended = ended
  }

  /** Above whatever plays now; that goes on afterwards. */
  push(play: number, source: AudioSource, { limit = 0, file = null }: PlayStart): void {
    this.#pile.push({ play, source, file, limit: limit === 0 ? Number.POSITIVE_INFINITY : limit, samples: 0 })
  }

  steer(play: number, order: PlaySteer): void {
    const playing = this.#pile.find((one) => one.play === play)
    if (playing === undefined || playing.file === null) return
    const { source, file, samples } = playing
    const steered =
      source instanceof SteeredSource ? source : new SteeredSource(source, file.from + samples, file.reopen)
    playing.source = steered
    steered.steer(order)
  }

  /** Whether this is what is heard now. */
  isHeard(source: AudioSource): boolean {
    return this.#pile.at(-1)?.source === source
  }

  /** Ends a play wherever it stands in the pile. */
  stop(play: number, end: PlayEnd): void {
    const at = this.#pile.findIndex((playing) => playing.play === play)
    const playing = this.#pile[at]
    if (playing === undefined) return
    this.#pile.splice(at, 1)
    this.#end(playing, end)
  }

  /** Fills a tick; what is missing is silence. @returns whether anything was played */
  read(into: Int16Array): boolean {
    const playing = this.#pile.at(-1)
    if (playing === undefined) {
      into.fill(0)
      return false
    }
    const count = playing.source.read(into, into.length)
    playing.samples += count
    if (count < into.length) {
      into.fill(0, count)
      this.#pile.pop()
      this.#end(playing, 'completed')
    } else if (playing.samples >= playing.limit) this.stop(playing.play, 'stopped')
    return count > 0
  }

  close(): void {
    for (const playing of this.#pile.splice(0)) this.#end(playing, 'closed')
  }

  #end({ play, source, samples }: Playing, end: PlayEnd): void {
    source.close()
    this.#ended(play, end, samples, source.file ?? null)
  }
}
