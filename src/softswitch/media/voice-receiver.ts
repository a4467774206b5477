/**
 * What a far end says, tick by tick: evened out by the jitter buffer, with what was lost concealed for those who listen
 * and left silent for those who record.
 */
import { Concealment, FRAME_SAMPLES } from './concealment.ts'
import { JitterBuffer, type JitterCounts, type JitterLimits } from './jitter-buffer.ts'
import { TICK_SAMPLES } from './media-ticker.ts'

export class VoiceReceiver {
  /** As it is heard: gaps are concealed. */
  readonly heard = new Int16Array(TICK_SAMPLES)
  readonly #jitter: JitterBuffer
  readonly #concealment = new Concealment()
  /** As it came, where that differs from what is heard: gaps are silence. */
  readonly #came = new Int16Array(TICK_SAMPLES)
  #differs = false
  /** Comfort noise was the last that came: what is missing is silence by intent (RFC 3389). */
  #resting = false
  /** Something of this source has been heard: before that there is nothing to go on with. */
  #begun = false
  #missingTicks = 0

  constructor(limits: JitterLimits) {
    this.#jitter = new JitterBuffer(limits)
  }

  /** As it came, for evidence: silence in place of what is missing, never a sound that nobody made. */
  get recorded(): Int16Array {
    return this.#differs ? this.#came : this.heard
  }

  get counts(): JitterCounts {
    return this.#jitter.counts
  }

  /** Longest delay that was wanted, in samples. */
  get longestDelay(): number {
    return this.#jitter.longestDelay
  }

  /** Ticks in which nothing was there to be heard. */
  get missingTicks(): number {
    return this.#missingTicks
  }

  /** @param fresh the RTP marker: the sender begins to talk */
  write(timestamp: number, samples: Int16Array, count: number, fresh: boolean): void {
    this.#resting = false
    this.#jitter.write(timestamp, samples, count, fresh)
  }

  /** Comfort noise has come: until the next packet of speech the far end is silent, which is played as silence. */
  rest(): void {
    this.#resting = true
  }

  /** The source has changed. */
  reset(): void {
    this.#jitter.reset()
    this.#concealment.reset()
    this.#resting = false
    this.#begun = false
  }

  /** Takes the next tick into `heard`. */
  hear(): void {
    const { heard } = this
    const missing = this.#jitter.read(heard, TICK_SAMPLES)
    this.#differs = false
    if (missing === TICK_SAMPLES) this.#missingTicks += 1
    else if (!this.#begun) {
      this.#begun = true
      return
    }
    if (missing === 0 ? !this.#concealment.active : this.#isSilence(missing)) return
    this.#differs = true
    this.#came.set(heard)
    const first = this.#jitter.holesInFirstHalf
    this.#repair(0, first > 0)
    this.#repair(FRAME_SAMPLES, missing - first > 0)
  }

  /** Nobody is to hear, or to keep, what was said in this tick. */
  silence(): void {
    this.heard.fill(0)
    this.#differs = false
  }

  /** Nothing came, and nothing is left to be made of what came before. */
  #isSilence(missing: number): boolean {
    return missing === TICK_SAMPLES && (!this.#begun || this.#resting || this.#concealment.faded)
  }

  #repair(at: number, lost: boolean): void {
    if (!lost) {
      this.#concealment.recover(this.heard, at)
      return
    }
    this.#concealment.conceal(this.heard, at, (into) => this.#jitter.history(into, TICK_SAMPLES - at))
    this.#jitter.amend(this.heard, at, FRAME_SAMPLES, TICK_SAMPLES)
  }
}
