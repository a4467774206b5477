import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'

/** What a recording's file was found to hold. Levels are of full scale, 0–1. */
export interface WavMeasurement {
  readonly sampleRate: number
  readonly channels: number
  readonly frames: number
  readonly durationMs: number
  /** Root mean square per channel. */
  readonly rms: readonly number[]
  readonly bytes: number
  /** SHA-256 of the file as it stands after a repair, hex. */
  readonly sha256: string
  /** The header's lengths did not fit the file (the writer was killed) and have been set right. */
  readonly repaired: boolean
}

/** Thrown for a file that is not 16-bit PCM in a RIFF container; the message names what was found, never a path. */
export class NotAWav extends Error {}

const chunkBytes = 256 * 1024

/**
 * Measures a 16-bit PCM WAV and repairs the lengths of an unfinished header in place.
 * FreeSWITCH and our softswitch both write the header first and its lengths last, so a writer that was killed leaves
 * lengths of 0 or -1 over good samples (architecture §4, Recording).
 * @throws NotAWav when the file cannot be a recording; ENOENT when it is missing
 */
export async function measureWav(path: string): Promise<WavMeasurement> {
  const file = await open(path, 'r+')
  try {
    const { size } = await file.stat()
    const format = await wavFormat(file, size)
    const blockAlign = format.channels * 2
    const dataBytes = size - format.dataAt - ((size - format.dataAt) % blockAlign)
    const repaired = format.dataBytes > dataBytes || (format.dataBytes === 0 && dataBytes > 0)
    if (repaired) await repairLengths(file, format.dataAt, dataBytes)
    const usedBytes = repaired ? dataBytes : format.dataBytes - (format.dataBytes % blockAlign)
    const rms = await measureLevels(file, format.dataAt, usedBytes, format.channels)
    const frames = usedBytes / blockAlign
    return {
      sampleRate: format.sampleRate,
      channels: format.channels,
      frames,
      durationMs: Math.round((frames * 1000) / format.sampleRate),
      rms,
      bytes: size,
      sha256: await hash(file, size),
      repaired,
    }
  } finally {
    await file.close()
  }
}

/** Where the samples lie, and what they are. */
export interface WavFormat {
  readonly sampleRate: number
  readonly channels: number
  readonly dataAt: number
  /** As the header says; 0 or more than there is when its writer was killed. */
  readonly dataBytes: number
}

/** @throws NotAWav */
export async function wavFormat(file: FileHandle, size: number): Promise<WavFormat> {
  const head = Buffer.alloc(Math.min(size, 4096))
  await file.read(head, 0, head.length, 0)
  if (head.length < 44 || head.toString('latin1', 0, 4) !== 'RIFF' || head.toString('latin1', 8, 12) !== 'WAVE') {
    throw new NotAWav(`no RIFF/WAVE header in ${size} bytes`)
  }
  let format: { sampleRate: number; channels: number } | undefined
  for (let at = 12; at + 8 <= head.length; ) {
    const id = head.toString('latin1', at, at + 4)
    const length = head.readUInt32LE(at + 4)
    if (id === 'fmt ' && at + 24 <= head.length) {
      const coding = head.readUInt16LE(at + 8)
      const bits = head.readUInt16LE(at + 22)
      if ((coding !== 1 && coding !== 0xfffe) || bits !== 16)
        throw new NotAWav(`coding ${coding}, ${bits} bits a sample`)
      format = { channels: head.readUInt16LE(at + 10), sampleRate: head.readUInt32LE(at + 12) }
    }
    if (id === 'data') {
      if (format === undefined || format.channels === 0 || format.sampleRate === 0)
        throw new NotAWav('no usable fmt chunk')
      return { ...format, dataAt: at + 8, dataBytes: length }
    }
    at += 8 + length + (length % 2)
  }
  throw new NotAWav('no data chunk')
}

async function repairLengths(file: FileHandle, dataAt: number, dataBytes: number): Promise<void> {
  const field = Buffer.alloc(4)
  field.writeUInt32LE(dataAt + dataBytes - 8)
  await file.write(field, 0, 4, 4)
  field.writeUInt32LE(dataBytes)
  await file.write(field, 0, 4, dataAt - 4)
  await file.datasync()
}

async function measureLevels(file: FileHandle, start: number, bytes: number, channels: number): Promise<number[]> {
  const squares = new Array<number>(channels).fill(0)
  const step = chunkBytes - (chunkBytes % (channels * 2))
  // Read as the machine has numbers, little-endian as everywhere Suifang runs: a tenth of the time of readInt16LE, in
  // which nothing else of the process would run.
  const samples = new Int16Array(step / 2)
  for (let done = 0; done < bytes; ) {
    const { bytesRead } = await file.read(samples, 0, Math.min(step, bytes - done), start + done)
    const whole = bytesRead - (bytesRead % (channels * 2))
    if (whole === 0) break
    for (let channel = 0; channel < channels; channel++) {
      squares[channel] = (squares[channel] ?? 0) + sumOfSquares(samples, channel, channels, whole / 2)
    }
    done += whole
  }
  const frames = bytes / (channels * 2)
  return squares.map((sum) => (frames === 0 ? 0 : Math.sqrt(sum / frames) / 32_768))
}

function sumOfSquares(samples: Int16Array, from: number, step: number, end: number): number {
  let sum = 0
  for (let i = from; i < end; i += step) {
    const sample = samples[i] ?? 0
    sum += sample * sample
  }
  return sum
}

async function hash(file: FileHandle, size: number): Promise<string> {
  const sha = createHash('sha256')
  const chunk = Buffer.alloc(chunkBytes)
  for (let at = 0; at < size; ) {
    const { bytesRead } = await file.read(chunk, 0, chunk.length, at)
    if (bytesRead === 0) break
    sha.update(chunk.subarray(0, bytesRead))
    at += bytesRead
  }
  return sha.digest('hex')
}
