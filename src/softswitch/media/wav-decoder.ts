/** Turns the bytes of a WAV file, chunk by chunk, into one channel of 16-bit samples at 8 kHz. */
import { endianness } from 'node:os'
import { decodeG711 } from './g711.ts'
import { bytesPerSample, type WavEncoding, type WavFormat } from './wav.ts'

const RATE = 8000
const LITTLE_ENDIAN = endianness() === 'LE'

/**
 * All channels are averaged. Another rate than 8 kHz is resampled simply: going down, the samples of one step are
 * averaged (which keeps the worst of aliasing out); going up, they are joined by straight lines. Good enough for
 * speech over the telephone, not for music.
 */
export class WavDecoder {
  readonly #encoding: WavEncoding
  readonly #channels: number
  /** Source samples for one sample at 8 kHz. */
  readonly #step: number
  #mono = new Int16Array(0)
  /** Where the next output sample begins, in source samples from the beginning of the next chunk. */
  #position = 0
  /** Last source sample of the chunk before. */
  #previous = 0
  #sum = 0
  #summed = 0

  constructor(format: WavFormat) {
    this.#encoding = format.encoding
    this.#channels = format.channels
    this.#step = format.sampleRate / RATE
  }

  /** Bytes of one sample of all channels: chunks must be multiples of it. */
  get frameBytes(): number {
    return bytesPerSample(this.#encoding) * this.#channels
  }

  /** The samples of one chunk. The array is the caller's. */
  decode(bytes: Buffer): Int16Array {
    // What prompts and recordings are: no work for each sample, since a tick waits meanwhile.
    if (this.#encoding === 'pcm16' && this.#channels === 1 && this.#step === 1 && LITTLE_ENDIAN) return copied(bytes)
    const mono = this.#toMono(bytes)
    if (this.#step === 1) return mono.slice()
    return this.#step > 1 ? this.#shrink(mono) : this.#stretch(mono)
  }

  #toMono(bytes: Buffer): Int16Array {
    const frames = Math.floor(bytes.length / this.frameBytes)
    if (this.#mono.length < frames) this.#mono = new Int16Array(frames)
    const mono = this.#mono.subarray(0, frames)
    const channels = this.#channels
    for (let frame = 0; frame < frames; frame++) {
      let sum = 0
      for (let channel = 0; channel < channels; channel++) sum += this.#sample(bytes, frame * channels + channel)
      mono[frame] = channels === 1 ? sum : Math.round(sum / channels)
    }
    return mono
  }

  #sample(bytes: Buffer, index: number): number {
    switch (this.#encoding) {
      case 'pcm16':
        return bytes.readInt16LE(index * 2)
      case 'pcm8':
        return ((bytes[index] ?? 128) - 128) << 8
      case 'ulaw':
        return decodeOne('PCMU', bytes, index)
      case 'alaw':
        return decodeOne('PCMA', bytes, index)
    }
  }

  #shrink(mono: Int16Array): Int16Array {
    const out = new Int16Array(Math.ceil(mono.length / this.#step) + 1)
    let written = 0
    for (const sample of mono) {
      this.#sum += sample
      this.#summed += 1
      this.#position += 1
      if (this.#position >= this.#step) {
        out[written] = Math.round(this.#sum / this.#summed)
        written += 1
        this.#position -= this.#step
        this.#sum = 0
        this.#summed = 0
      }
    }
    return out.slice(0, written)
  }

  #stretch(mono: Int16Array): Int16Array {
    const out = new Int16Array(Math.ceil(mono.length / this.#step) + 1)
    let written = 0
    while (this.#position < mono.length) {
      const index = Math.floor(this.#position)
      const before = index === 0 ? this.#previous : (mono[index - 1] ?? 0)
      const after = mono[index] ?? 0
      out[written] = Math.round(before + (after - before) * (this.#position - index))
      written += 1
      this.#position += this.#step
    }
    this.#position -= mono.length
    this.#previous = mono.at(-1) ?? this.#previous
    return out.slice(0, written)
  }
}

function copied(bytes: Buffer): Int16Array {
  const samples = new Int16Array(Math.floor(bytes.length / 2))
  Buffer.from(samples.buffer).set(bytes.subarray(0, samples.byteLength))
  return samples
}

const one = new Int16Array(1)

function decodeOne(law: 'PCMU' | 'PCMA', bytes: Buffer, index: number): number {
  decodeG711(law, bytes, index, index + 1, one)
  return one[0] ?? 0
}
