/**
 * RTP packets, RFC 3550 section 5.1.
 *
 * Reader and writer work on buffers and header objects that the caller owns and uses again: a media tick handles
 * thousands of packets a second and must not feed the garbage collector.
 */

/** Bytes of a header without CSRC list and extension. */
export const RTP_HEADER_BYTES = 12

export interface RtpHeader {
  marker: boolean
  /** 0–127. */
  payloadType: number
  /** 0–65535, wraps. */
  sequence: number
  /** Sampling instant in units of the codec's clock, 0–2³²−1, wraps. */
  timestamp: number
  /** Synchronisation source, 0–2³²−1. */
  ssrc: number
  /** Where the payload begins in the datagram (behind CSRC list and extension). */
  payloadStart: number
  /** Where the payload ends (before padding). */
  payloadEnd: number
}

export function newRtpHeader(): RtpHeader {
  return { marker: false, payloadType: 0, sequence: 0, timestamp: 0, ssrc: 0, payloadStart: 0, payloadEnd: 0 }
}

/**
 * Reads the header of a datagram into `into`.
 * @returns false when this is no RTP of version 2 or its lengths do not fit the datagram; `into` is then undefined in
 * value. An RTCP packet (RFC 5761 section 4: types 192–223) is none either.
 */
export function readRtp(datagram: Uint8Array, into: RtpHeader): boolean {
  const size = datagram.length
  if (size < RTP_HEADER_BYTES) return false
  const first = byte(datagram, 0)
  if (first >> 6 !== 2) return false
  const second = byte(datagram, 1)
  if (second >= 192 && second <= 223) return false

  let start = RTP_HEADER_BYTES + (first & 0x0f) * 4
  if ((first & 0x10) !== 0) {
    if (start + 4 > size) return false
    start += 4 + ((byte(datagram, start + 2) << 8) | byte(datagram, start + 3)) * 4
  }
  let end = size
  if ((first & 0x20) !== 0) {
    const padding = byte(datagram, size - 1)
    if (padding === 0) return false
    end -= padding
  }
  if (start > end) return false

  into.marker = second >= 128
  into.payloadType = second & 0x7f
  into.sequence = (byte(datagram, 2) << 8) | byte(datagram, 3)
  into.timestamp = readUint32(datagram, 4)
  into.ssrc = readUint32(datagram, 8)
  into.payloadStart = start
  into.payloadEnd = end
  return true
}

/** Writes a 12-byte header at the beginning of `datagram`; payload follows at `RTP_HEADER_BYTES`. */
export function writeRtp(
  datagram: Uint8Array,
  header: Pick<RtpHeader, 'marker' | 'payloadType' | 'sequence' | 'timestamp' | 'ssrc'>,
): void {
  datagram[0] = 0x80
  datagram[1] = (header.marker ? 0x80 : 0) | (header.payloadType & 0x7f)
  datagram[2] = (header.sequence >> 8) & 0xff
  datagram[3] = header.sequence & 0xff
  writeUint32(datagram, 4, header.timestamp)
  writeUint32(datagram, 8, header.ssrc)
}

/** Distance from sequence number `from` to `to`, −32768…32767: negative is earlier. */
export function sequenceDistance(from: number, to: number): number {
  return ((to - from) << 16) >> 16
}

/** Distance from timestamp `from` to `to` in clock units, −2³¹…2³¹−1: negative is earlier. */
export function timestampDistance(from: number, to: number): number {
  return (to - from) | 0
}

function byte(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0
}

function readUint32(bytes: Uint8Array, at: number): number {
  return (
    ((byte(bytes, at) << 24) | (byte(bytes, at + 1) << 16) | (byte(bytes, at + 2) << 8) | byte(bytes, at + 3)) >>> 0
  )
}

function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = (value >>> 24) & 0xff
  bytes[at + 1] = (value >>> 16) & 0xff
  bytes[at + 2] = (value >>> 8) & 0xff
  bytes[at + 3] = value & 0xff
}
