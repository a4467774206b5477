/** RTCP (RFC 3550 section 6): sender and receiver reports with one block, and the name that goes with them. */
import type { ReceptionReport } from './reception.ts'

const SENDER_REPORT = 200
const RECEIVER_REPORT = 201
const SOURCE_DESCRIPTION = 202
const CNAME = 1
const HEADER_BYTES = 4
const SENDER_BYTES = 20
const BLOCK_BYTES = 24
/** Of a compound packet with one block and a name of at most 32 bytes. */
export const MOST_RTCP_BYTES = 128

/** What a sender says of itself. */
export interface SenderInfo {
  /** Seconds since 1900, and their fraction in 2⁻³². */
  readonly ntpSeconds: number
  readonly ntpFraction: number
  /** The RTP clock at that moment. */
  readonly rtpTimestamp: number
  readonly packets: number
  /** Of payload. */
  readonly octets: number
}

/** What somebody says of a stream that it receives. */
export interface ReportBlock extends ReceptionReport {
  /** Of the stream. */
  readonly ssrc: number
  /** Middle 32 bits of the NTP time in its sender's last report; 0 = there was none. */
  readonly lastReport: number
  /** Since that came, in 2⁻¹⁶ s. */
  readonly sinceLastReport: number
}

export interface RtcpReport {
  /** Who says it. */
  readonly ssrc: number
  /** Null in a receiver's report. */
  readonly sender: SenderInfo | null
  readonly blocks: readonly ReportBlock[]
}

/** Whether a datagram on a port that RTP and RTCP share is RTCP (RFC 5761 section 4). */
export function isRtcp(datagram: Uint8Array): boolean {
  const type = datagram[1] ?? 0
  return type >= 192 && type <= 223
}

/** Writes another sender into every packet of a compound one, in place. */
export function renameRtcpSender(datagram: Buffer, ssrc: number): void {
  for (let at = 0; at + HEADER_BYTES + 4 <= datagram.length; ) {
    datagram.writeUInt32BE(ssrc, at + HEADER_BYTES)
    at += HEADER_BYTES + datagram.readUInt16BE(at + 2) * 4
  }
}

/** @returns the first report of a compound packet, or null when it is none or its lengths do not fit */
export function readRtcp(datagram: Uint8Array): RtcpReport | null {
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength)
  if (datagram.length < HEADER_BYTES + 4) return null
  const first = view.getUint8(0)
  const type = view.getUint8(1)
  const end = HEADER_BYTES + view.getUint16(2) * 4
  if (first >> 6 !== 2 || end > datagram.length) return null
  if (type !== SENDER_REPORT && type !== RECEIVER_REPORT) return null
  const blocksAt = HEADER_BYTES + 4 + (type === SENDER_REPORT ? SENDER_BYTES : 0)
  const count = first & 0x1f
  if (blocksAt + count * BLOCK_BYTES > end) return null
  return {
    ssrc: view.getUint32(HEADER_BYTES),
    sender: type === SENDER_REPORT ? readSender(view, HEADER_BYTES + 4) : null,
    blocks: Array.from({ length: count }, (_, index) => readBlock(view, blocksAt + index * BLOCK_BYTES)),
  }
}

/**
 * Writes a compound packet: the report with its first block, and the name of who sends it.
 * @param into at least `MOST_RTCP_BYTES`
 * @param name ASCII, at most 32 bytes
 * @returns its length
 */
export function writeRtcp(into: Uint8Array, { ssrc, sender, blocks }: RtcpReport, name: string): number {
  const view = new DataView(into.buffer, into.byteOffset, into.byteLength)
  const [block] = blocks
  let at = HEADER_BYTES + 4
  view.setUint8(0, 0x80 | (block === undefined ? 0 : 1))
  view.setUint8(1, sender === null ? RECEIVER_REPORT : SENDER_REPORT)
  view.setUint32(HEADER_BYTES, ssrc)
  if (sender !== null) {
    view.setUint32(at, sender.ntpSeconds)
    view.setUint32(at + 4, sender.ntpFraction)
    view.setUint32(at + 8, sender.rtpTimestamp)
    view.setUint32(at + 12, sender.packets)
    view.setUint32(at + 16, sender.octets)
    at += SENDER_BYTES
  }
  if (block !== undefined) {
    view.setUint32(at, block.ssrc)
    view.setUint32(at + 4, ((block.fractionLost << 24) | (block.lost & 0xffffff)) >>> 0)
    view.setUint32(at + 8, block.highestSequence)
    view.setUint32(at + 12, block.jitter)
    view.setUint32(at + 16, block.lastReport)
    view.setUint32(at + 20, block.sinceLastReport)
    at += BLOCK_BYTES
  }
  view.setUint16(2, at / 4 - 1)
  return at + writeName(into.subarray(at), ssrc, name)
}

function writeName(into: Uint8Array, ssrc: number, name: string): number {
  const view = new DataView(into.buffer, into.byteOffset, into.byteLength)
  // The list of items ends in at least one zero byte.
  const length = Math.ceil((HEADER_BYTES + 4 + 2 + name.length + 1) / 4) * 4
  into.fill(0, 0, length)
  view.setUint8(0, 0x81)
  view.setUint8(1, SOURCE_DESCRIPTION)
  view.setUint16(2, length / 4 - 1)
  view.setUint32(HEADER_BYTES, ssrc)
  view.setUint8(HEADER_BYTES + 4, CNAME)
  view.setUint8(HEADER_BYTES + 5, name.length)
  for (let i = 0; i < name.length; i++) view.setUint8(HEADER_BYTES + 6 + i, name.charCodeAt(i) & 0x7f)
  return length
}

function readSender(view: DataView, at: number): SenderInfo {
  return {
    ntpSeconds: view.getUint32(at),
    ntpFraction: view.getUint32(at + 4),
    rtpTimestamp: view.getUint32(at + 8),
    packets: view.getUint32(at + 12),
    octets: view.getUint32(at + 16),
  }
}

function readBlock(view: DataView, at: number): ReportBlock {
  const lost = view.getUint32(at + 4)
  return {
    ssrc: view.getUint32(at),
    fractionLost: lost >>> 24,
    lost: (lost << 8) >> 8,
    highestSequence: view.getUint32(at + 8),
    jitter: view.getUint32(at + 12),
    lastReport: view.getUint32(at + 16),
    sinceLastReport: view.getUint32(at + 20),
  }
}
