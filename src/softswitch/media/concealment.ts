/**
 * Sound in place of what was lost: the last pitch period of the voice is repeated and faded out within 60 ms.
 *
 * After ITU-T G.711 Appendix I, frame by frame of 10 ms: the pitch is found by correlation (66–200 Hz), the first frame
 * repeats one period, the second two, from the third on three, so that it does not sound like a tone; from the second on
 * it loses a fifth each frame; the first samples that are there again are faded in. Unlike there nothing is delayed to
 * smooth the beginning: 3.75 ms that every packet would wait for the few that are lost.
 */

/** 10 ms at 8 kHz. */
export const FRAME_SAMPLES = 80
/** What is looked back on: three periods of the lowest voice and a quarter more. */
export const HISTORY_SAMPLES = 390
const SHORTEST_PITCH = 40
const LONGEST_PITCH = 120
const CORRELATED_SAMPLES = 160
/** Frames until nothing is left. */
const FADED_FRAMES = 6
const LOSS_A_FRAME = 0.2
/** The fade-in grows by so many samples with each lost frame. */
const FADE_IN_SAMPLES = 32

export class Concealment {
  /** The end of what was heard, then with its last quarter period bent towards the beginning of the repetition. */
  readonly #history = new Float64Array(HISTORY_SAMPLES)
  readonly #tail = new Float64Array(LONGEST_PITCH / 4)
  readonly #frame = new Float64Array(FRAME_SAMPLES)
  /** Frames concealed in a row; 0 while sound comes. */
  #frames = 0
  #pitch = SHORTEST_PITCH
  #periods = 1
  /** Where in the repeated stretch the next sample is. */
  #position = 0

  /** Whether the next sound that comes is to be faded in. */
  get active(): boolean {
    return this.#frames > 0
  }

  /** Whether what is missing is silence by now. */
  get faded(): boolean {
    return this.#frames >= FADED_FRAMES
  }

  /**
   * Writes one frame in place of one that is missing, into `samples[at, at + 80)`.
   * @param history called once a gap: the samples before it
   */
  conceal(samples: Int16Array, at: number, history: (into: Float64Array) => void): void {
    if (this.#frames === 0) {
      history(this.#history)
      this.#pitch = pitchOf(this.#history)
      this.#tail.set(this.#history.subarray(HISTORY_SAMPLES - this.#tail.length))
      this.#repeat(1)
      this.#position = 0
    }
    if (this.#frames < FADED_FRAMES) {
      this.#synthesize(FRAME_SAMPLES)
      if (this.#frames === 1 || this.#frames === 2) this.#lengthen()
    }
    for (let i = 0; i < FRAME_SAMPLES; i++) samples[at + i] = (this.#frame[i] ?? 0) * this.#gain(i)
    this.#frames += 1
  }

  /** The frame `samples[at, at + 80)` is there again: its beginning is faded in. */
  recover(samples: Int16Array, at: number): void {
    if (this.#frames === 0) return
    const length = Math.min(FRAME_SAMPLES, (this.#pitch >> 2) + FADE_IN_SAMPLES * (this.#frames - 1))
    if (this.#frames < FADED_FRAMES) this.#synthesize(length)
    for (let i = 0; i < length; i++) {
      const share = i / length
      const ghost = this.#frames < FADED_FRAMES ? (this.#frame[i] ?? 0) * this.#gain(i) : 0
      samples[at + i] = (samples[at + i] ?? 0) * share + ghost * (1 - share)
    }
    this.#frames = 0
  }

  /** What comes next is heard as it is: the stream is another one, or was silent by intent. */
  reset(): void {
    this.#frames = 0
  }

  #gain(sample: number): number {
    if (this.#frames === 0) return 1
    return Math.max(0, 1 - LOSS_A_FRAME * (this.#frames - 1 + sample / FRAME_SAMPLES))
  }

  /** Has `periods` of the voice repeated, their end bent to meet their beginning. */
  #repeat(periods: number): void {
    this.#periods = periods
    const quarter = this.#pitch >> 2
    const from = HISTORY_SAMPLES - quarter
    const back = periods * this.#pitch
    for (let i = 0; i < quarter; i++) {
      const share = (i + 1) / quarter
      const own = this.#tail[this.#tail.length - quarter + i] ?? 0
      this.#history[from + i] = own * (1 - share) + (this.#history[from + i - back] ?? 0) * share
    }
  }

  #synthesize(count: number): void {
    const length = this.#periods * this.#pitch
    const start = HISTORY_SAMPLES - length
    for (let i = 0; i < count; i++) {
      this.#frame[i] = this.#history[start + this.#position] ?? 0
      this.#position += 1
      if (this.#position >= length) this.#position = 0
    }
  }

  /** One period more from this frame on, faded in over a quarter of one. */
  #lengthen(): void {
    const quarter = this.#pitch >> 2
    const old = this.#frame.slice(0, quarter)
    const length = this.#periods * this.#pitch
    // Back to where this frame began, at the same place of the period.
    this.#position = (((this.#position - FRAME_SAMPLES) % length) + length) % length
    this.#position %= this.#pitch
    this.#repeat(this.#periods + 1)
    this.#synthesize(FRAME_SAMPLES)
    for (let i = 0; i < quarter; i++) {
      const share = i / quarter
      this.#frame[i] = (old[i] ?? 0) * (1 - share) + (this.#frame[i] ?? 0) * share
    }
  }
}

/** The lag at which the last 20 ms are most like what was before: every second lag and sample first, then its neighbours. */
function pitchOf(history: Float64Array): number {
  let best = SHORTEST_PITCH
  let bestLikeness = Number.NEGATIVE_INFINITY
  const weigh = (lag: number, step: number): void => {
    const likeness = likenessAt(history, lag, step)
    if (likeness > bestLikeness) {
      bestLikeness = likeness
      best = lag
    }
  }
  for (let lag = SHORTEST_PITCH; lag <= LONGEST_PITCH; lag += 2) weigh(lag, 2)
  const around = best
  bestLikeness = Number.NEGATIVE_INFINITY
  for (let lag = Math.max(SHORTEST_PITCH, around - 1); lag <= Math.min(LONGEST_PITCH, around + 1); lag++) weigh(lag, 1)
  return best
}

function likenessAt(history: Float64Array, lag: number, step: number): number {
  let product = 0
  let energy = 1
  for (let i = HISTORY_SAMPLES - CORRELATED_SAMPLES; i < HISTORY_SAMPLES; i += step) {
    const before = history[i - lag] ?? 0
    product += (history[i] ?? 0) * before
    energy += before * before
  }
  return product / Math.sqrt(energy)
}
