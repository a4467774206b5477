/** A recording of one leg in the media worker: which side it holds, when it ends by itself. */
import type { RecordEnd, RecordOrder } from './leg-messages.ts'
import { TICK_SAMPLES } from './media-ticker.ts'
import type { RecordingFile, RecordingResult } from './recording-file.ts'

const silence = new Int16Array(TICK_SAMPLES)

export class WorkerRecording {
  /** Set when the recording has ended by itself; the worker then closes it. */
  ended: RecordEnd | null = null
  masked = false
  readonly #file: RecordingFile
  readonly #order: RecordOrder
  readonly #mixed = new Int16Array(TICK_SAMPLES)
  #quietTicks = 0

  constructor(file: RecordingFile, order: RecordOrder) {
    this.#file = file
    this.#order = order
  }

  append(heard: Int16Array, spoken: Int16Array): void {
    if (this.ended !== null) return
    if (this.masked) this.#file.append(silence, silence)
    else {
      switch (this.#order.sides) {
        case 'stereo':
          this.#file.append(heard, spoken)
          break
        case 'heard':
          this.#file.append(heard, silence)
          break
        case 'spoken':
          this.#file.append(spoken, silence)
          break
        case 'both':
          mix(heard, spoken, this.#mixed)
          this.#file.append(this.#mixed, silence)
      }
    }
    if (this.#file.failed) this.ended = 'failed'
    else if (this.#order.limitSamples > 0 && this.#file.samples >= this.#order.limitSamples) this.ended = 'limit'
    else if (this.#order.silence.hits > 0 && this.#quietFor(heard)) this.ended = 'silence'
  }

  close(): Promise<RecordingResult> {
    return this.#file.close()
  }

  #quietFor(heard: Int16Array): boolean {
    let sum = 0
    for (const sample of heard) sum += Math.abs(sample)
    this.#quietTicks = sum / TICK_SAMPLES < this.#order.silence.threshold ? this.#quietTicks + 1 : 0
    return this.#quietTicks >= this.#order.silence.hits
  }
}

function mix(a: Int16Array, b: Int16Array, into: Int16Array): void {
  for (let i = 0; i < TICK_SAMPLES; i++) {
    const sum = (a[i] ?? 0) + (b[i] ?? 0)
    into[i] = Math.max(-32_768, Math.min(32_767, sum))
  }
}
