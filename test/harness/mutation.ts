/** Valid bytes made wrong, the same way for the same seed: what every attack on a parser here is made of. */

/** 0 ≤ x < 1, the next of a seed's series (xorshift32 and a multiplication). */
export type Random = () => number

export function seeded(seed: number): Random {
  let state = (seed ^ 0x9e3779b9) >>> 0 || 1
  return () => {
    state ^= state << 13
    state >>>= 0
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return (Math.imul(state, 0x2c1b3c6d) >>> 0) / 2 ** 32
  }
}

export function pick<T>(random: Random, from: readonly T[]): T {
  const found = from[Math.floor(random() * from.length)]
  if (found === undefined) throw new Error('nothing to pick from')
  return found
}

/** Pieces at which parsers have broken before. */
const nasty = [
  ...['\r\n', '\n', '\0', '\r\n\r\n', ' ', '\t', '"', '\\', '<', '>', ';', ',', ':', '@', '%', '%00', '|', '#', '='],
  ...['-1', '0', '4294967296', '99999999999999999999', '1e9', 'NaN', 'sip:', 'SIP/2.0 ', 'z9hG4bK', '*', '..', '$1'],
  ...['\xff\xfe', '\xc0\x80', '\xed\xa0\x80', '随', 'Content-Length: 9\r\n', 'l: -1\r\n', '{a=b}', '__proto__'],
].map((text) => Buffer.from(text, 'latin1'))

/** Ways to spoil bytes; `at` and `length` lie inside them. */
const spoilers: readonly ((
  bytes: Buffer,
  at: number,
  length: number,
  random: Random,
  others: readonly Buffer[],
) => Buffer)[] = [
  (bytes, at) => overwrite(bytes, at, (byte) => byte ^ (1 << (at & 7))),
  (bytes, at, _, random) => overwrite(bytes, at, () => Math.floor(random() * 256)),
  (bytes, at, length) => join(bytes.subarray(0, at), bytes.subarray(at + length)),
  (bytes, at, length) => join(bytes.subarray(0, at + length), bytes.subarray(at)),
  (bytes, at, _, random) => join(bytes.subarray(0, at), pick(random, nasty), bytes.subarray(at)),
  (bytes, at, length, random) => join(bytes.subarray(0, at), pick(random, nasty), bytes.subarray(at + length)),
  (bytes, at) => bytes.subarray(0, at),
  (bytes, at, length, random) => {
    const times = 1 + Math.floor(random() ** 3 * 400)
    return join(
      bytes.subarray(0, at),
      ...Array<Buffer>(times).fill(bytes.subarray(at, at + Math.min(length, 40))),
      bytes.subarray(at),
    )
  },
  (bytes, at, length, random, others) => {
    const other = pick(random, others)
    const from = Math.floor(random() * other.length)
    return join(bytes.subarray(0, at), other.subarray(from, from + length), bytes.subarray(at))
  },
]

/** One of the samples with one to five things wrong. Never longer than a datagram can be. */
export function mutant(random: Random, samples: readonly Buffer[]): Buffer {
  let bytes: Buffer = Buffer.from(pick(random, samples))
  for (let left = 1 + Math.floor(random() * 5); left > 0; left--) {
    const at = Math.floor(random() * (bytes.length + 1))
    const length = 1 + Math.floor(random() ** 2 * Math.min(200, bytes.length - at))
    bytes = pick(random, spoilers)(bytes, at, length, random, samples)
  }
  return bytes.subarray(0, 60_000)
}

function overwrite(bytes: Buffer, at: number, change: (byte: number) => number): Buffer {
  const byte = bytes[at]
  if (byte !== undefined) bytes[at] = change(byte)
  return bytes
}

function join(...parts: readonly Buffer[]): Buffer {
  return Buffer.concat(parts)
}
