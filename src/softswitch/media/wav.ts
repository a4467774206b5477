/**
 * The headers of WAV files (RIFF WAVE): read any that carry 8- or 16-bit PCM or G.711, write 16-bit PCM.
 */

export type WavEncoding = 'pcm16' | 'pcm8' | 'alaw' | 'ulaw'

export interface WavFormat {
  readonly encoding: WavEncoding
  readonly channels: number
  /** Hz. */
  readonly sampleRate: number
  /** Where the samples begin in the file. */
  readonly dataStart: number
  /**
   * Bytes of samples as the header has it. A file whose writer was killed says 0 or far too much: then take all that
   * is there (`Infinity`).
   */
  readonly dataBytes: number
}

/** Bytes of the header that `wavHeader` writes. */
export const WAV_HEADER_BYTES = 44

const FORMAT_PCM = 1
const FORMAT_ALAW = 6
const FORMAT_ULAW = 7
const FORMAT_EXTENSIBLE = 0xfffe
const UNFINISHED = 0xffffffff

/** Bytes of one sample of one channel. */
export function bytesPerSample(encoding: WavEncoding): 1 | 2 {
  return encoding === 'pcm16' ? 2 : 1
}

/**
 * Reads the header at the beginning of a file.
 * @param head the file's first bytes: 4 kB are enough for any usual file
 * @returns null when this is no WAV file, or one whose samples we do not know
 */
export function readWavHeader(head: Buffer): WavFormat | null {
  if (head.length < 12 || head.toString('latin1', 0, 4) !== 'RIFF' || head.toString('latin1', 8, 12) !== 'WAVE') {
    return null
  }
  let format: Pick<WavFormat, 'encoding' | 'channels' | 'sampleRate'> | null = null
  let at = 12
  while (at + 8 <= head.length) {
    const name = head.toString('latin1', at, at + 4)
    const bytes = head.readUInt32LE(at + 4)
    const body = at + 8
    if (name === 'fmt ' && bytes >= 16 && body + 16 <= head.length) format = readFormat(head, body, bytes)
    if (name === 'data') {
      if (format === null) return null
      const unfinished = bytes === 0 || bytes === UNFINISHED
      return { ...format, dataStart: body, dataBytes: unfinished ? Number.POSITIVE_INFINITY : bytes }
    }
    at = body + bytes + (bytes & 1)
  }
  return null
}

function readFormat(
  head: Buffer,
  at: number,
  bytes: number,
): Pick<WavFormat, 'encoding' | 'channels' | 'sampleRate'> | null {
  const extensible = head.readUInt16LE(at) === FORMAT_EXTENSIBLE && bytes >= 26 && at + 26 <= head.length
  const tag = extensible ? head.readUInt16LE(at + 24) : head.readUInt16LE(at)
  const channels = head.readUInt16LE(at + 2)
  const sampleRate = head.readUInt32LE(at + 4)
  const encoding = encodingOf(tag, head.readUInt16LE(at + 14))
  if (encoding === null || channels < 1 || channels > 8 || sampleRate < 4000 || sampleRate > 192_000) return null
  return { encoding, channels, sampleRate }
}

function encodingOf(tag: number, bits: number): WavEncoding | null {
  if (tag === FORMAT_PCM) return bits === 16 ? 'pcm16' : bits === 8 ? 'pcm8' : null
  if (bits !== 8) return null
  return tag === FORMAT_ALAW ? 'alaw' : tag === FORMAT_ULAW ? 'ulaw' : null
}

/** The 44-byte header of a file of 16-bit PCM with `dataBytes` bytes of samples behind it. */
export function wavHeader(of: { channels: number; sampleRate: number; dataBytes: number }): Buffer {
  const frame = of.channels * 2
  const header = Buffer.alloc(WAV_HEADER_BYTES)
  header.write('RIFF', 0, 'latin1')
  header.writeUInt32LE(36 + of.dataBytes, 4)
  header.write('WAVEfmt ', 8, 'latin1')
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(FORMAT_PCM, 20)
  header.writeUInt16LE(of.channels, 22)
  header.writeUInt32LE(of.sampleRate, 24)
  header.writeUInt32LE(of.sampleRate * frame, 28)
  header.writeUInt16LE(frame, 32)
  header.writeUInt16LE(16, 34)
  header.write('data', 36, 'latin1')
  header.writeUInt32LE(of.dataBytes, 40)
  return header
}
