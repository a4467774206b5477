import { crc32 } from 'node:zlib'

/** A frame is `length` (4 bytes, little endian), CRC-32 of the payload (4 bytes), payload: one JSON value in UTF-8. */
export const frameHeaderBytes = 8

/** Longer is refused when written, and taken for damage when read. */
export const maxPayloadBytes = 1_000_000

/** @throws RangeError when the entry is longer than {@link maxPayloadBytes} */
export function encodeFrame(entry: unknown): Buffer {
  const payload = Buffer.from(JSON.stringify(entry), 'utf8')
  if (payload.length > maxPayloadBytes) throw new RangeError(`a journal entry of ${payload.length} bytes is too long`)
  const frame = Buffer.allocUnsafe(frameHeaderBytes + payload.length)
  frame.writeUInt32LE(payload.length, 0)
  frame.writeUInt32LE(crc32(payload), 4)
  payload.copy(frame, frameHeaderBytes)
  return frame
}

/**
 * `frame`: a whole one, with the place after it. `short`: bytes are missing, at least `bytes` are needed in all.
 * `bad`: this is no frame, however many bytes follow.
 */
export type Decoded =
  | { readonly is: 'frame'; readonly value: unknown; readonly next: number }
  | { readonly is: 'short'; readonly bytes: number }
  | { readonly is: 'bad' }

export function decodeFrame(bytes: Buffer, at: number): Decoded {
  if (bytes.length - at < frameHeaderBytes) return { is: 'short', bytes: frameHeaderBytes }
  const length = bytes.readUInt32LE(at)
  // Zeros, which a file system may leave at the end after a power cut, are no frame: no JSON value is empty.
  if (length === 0 || length > maxPayloadBytes) return { is: 'bad' }
  const next = at + frameHeaderBytes + length
  if (bytes.length < next) return { is: 'short', bytes: frameHeaderBytes + length }
  const payload = bytes.subarray(at + frameHeaderBytes, next)
  if (crc32(payload) !== bytes.readUInt32LE(at + 4)) return { is: 'bad' }
  return { is: 'frame', value: JSON.parse(payload.toString('utf8')), next }
}

/** Whether a whole frame stands anywhere at or after `at`: then what came before it was damaged, not merely torn off. */
export function holdsFrame(bytes: Buffer, at: number): boolean {
  for (let place = at; place + frameHeaderBytes < bytes.length; place += 1) {
    if (decodeFrame(bytes, place).is === 'frame') return true
  }
  return false
}
