/**
 * G.711 by table: 16-bit linear samples (native Int16) ↔ one byte, A-law and µ-law.
 * Source: ITU-T G.711; the segment arithmetic is the usual one, each table is built once.
 */

/** RTP payload names of the two laws (RFC 3551: PCMU is payload type 0, PCMA is 8). */
export type G711Law = 'PCMU' | 'PCMA'

/** Static RTP payload type of a law (RFC 3551 table 4). */
export const G711_PAYLOAD_TYPE: Readonly<Record<G711Law, number>> = { PCMU: 0, PCMA: 8 }

/** What a silent line sends: the code of sample 0. */
export const G711_SILENCE: Readonly<Record<G711Law, number>> = { PCMU: 0xff, PCMA: 0xd5 }

/**
 * Decodes `bytes[start, end)` into `samples` from index `at` on.
 * @returns how many samples were written: never more than fit
 */
export function decodeG711(
  law: G711Law,
  bytes: Uint8Array,
  start: number,
  end: number,
  samples: Int16Array,
  at = 0,
): number {
  const table = law === 'PCMU' ? ULAW_TO_LINEAR : ALAW_TO_LINEAR
  const count = Math.max(0, Math.min(end - start, samples.length - at))
  for (let i = 0; i < count; i++) samples[at + i] = table[bytes[start + i] ?? 0] ?? 0
  return count
}

/** Encodes `count` samples from the beginning of `samples` into `bytes` from index `at` on. */
export function encodeG711(law: G711Law, samples: Int16Array, count: number, bytes: Uint8Array, at: number): void {
  const table = law === 'PCMU' ? LINEAR_TO_ULAW : LINEAR_TO_ALAW
  for (let i = 0; i < count; i++) bytes[at + i] = table[(samples[i] ?? 0) & 0xffff] ?? 0
}

/** µ-law works on 14 bits with a bias of 33; scaled to 16 bits that is 132. */
const ULAW_BIAS = 132

const ULAW_TO_LINEAR = Int16Array.from({ length: 256 }, (_, code) => ulawSample(code))
const ALAW_TO_LINEAR = Int16Array.from({ length: 256 }, (_, code) => alawSample(code))
const LINEAR_TO_ULAW = Uint8Array.from({ length: 65_536 }, (_, index) => ulawCode((index << 16) >> 16))
const LINEAR_TO_ALAW = Uint8Array.from({ length: 65_536 }, (_, index) => alawCode((index << 16) >> 16))

function ulawSample(code: number): number {
  const inverted = ~code & 0xff
  const magnitude = (((inverted & 0x0f) << 3) + ULAW_BIAS) << ((inverted & 0x70) >> 4)
  return (inverted & 0x80) === 0 ? magnitude - ULAW_BIAS : ULAW_BIAS - magnitude
}

function ulawCode(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0
  const magnitude = Math.min(Math.abs(sample), 32_635) + ULAW_BIAS
  const segment = 31 - Math.clz32(magnitude >> 7)
  return ~(sign | (segment << 4) | ((magnitude >> (segment + 3)) & 0x0f)) & 0xff
}

function alawSample(code: number): number {
  const plain = code ^ 0x55
  const segment = (plain & 0x70) >> 4
  const mantissa = (plain & 0x0f) << 4
  const magnitude = segment === 0 ? mantissa + 8 : (mantissa + 0x108) << (segment - 1)
  return (plain & 0x80) !== 0 ? magnitude : -magnitude
}

function alawCode(sample: number): number {
  const sign = sample < 0 ? 0 : 0x80
  // A negative value is counted from −1, so that the smallest of both signs share the first step.
  const magnitude = Math.min(sample < 0 ? -sample - 1 : sample, 32_767)
  const segment = magnitude < 256 ? 0 : 31 - Math.clz32(magnitude >> 7)
  const mantissa = segment === 0 ? magnitude >> 4 : (magnitude >> (segment + 3)) & 0x0f
  return (sign | (segment << 4) | mantissa) ^ 0x55
}
