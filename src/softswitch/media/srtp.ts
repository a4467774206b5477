/**
 * SRTP and SRTCP (RFC 3711) with AES in counter mode and HMAC-SHA1, as SDES keys them: one direction of one stream
 * each, by node:crypto alone.
 *
 *     const out = new SrtpSender(ours)
 *     const bytes = out.protect(packet, length)        // in place; `packet` has room for the tag
 *     const into = new SrtpReceiver(theirs)
 *     const bytes = into.unprotect(datagram)           // in place; −1: forged, repeated or too old
 */
import {
  type Cipheriv,
  createCipheriv,
  createHmac,
  createSecretKey,
  type KeyObject,
  timingSafeEqual,
} from 'node:crypto'

export type SrtpSuite = 'AES_CM_128_HMAC_SHA1_80' | 'AES_CM_128_HMAC_SHA1_32'

export interface SrtpKeys {
  readonly suite: SrtpSuite
  /** Master key and salt, 30 bytes, in base64. */
  readonly key: string
}

/** Bytes of master key and salt. */
export const SRTP_KEY_BYTES = 16 + 14
/** What a packet may grow by. */
export const SRTP_MOST_TAG_BYTES = 14
/** RTCP keeps the long tag in both suites (RFC 4568 section 6.2). */
const RTCP_TAG_BYTES = 10
const TAG_BYTES: Readonly<Record<SrtpSuite, number>> = { AES_CM_128_HMAC_SHA1_80: 10, AES_CM_128_HMAC_SHA1_32: 4 }
const LABELS = { rtp: { cipher: 0, auth: 1, salt: 2 }, rtcp: { cipher: 3, auth: 4, salt: 5 } } as const
/** Packets that may still come behind the newest (RFC 3711 section 3.3.2 asks for 64). */
const WINDOW = 128
/** Sources that a receiver knows at once: a stream has one; a few more when it changes. */
const MOST_SOURCES = 4
const BLOCK_BYTES = 16
const MOST_BLOCKS = 96
const HEADER_BYTES = 12
const RTCP_HEADER_BYTES = 8
/** E bit and index behind an RTCP packet. */
const RTCP_INDEX_BYTES = 4
/** What a protected RTCP packet is longer than the plain one. */
export const SRTCP_MOST_BYTES = RTCP_INDEX_BYTES + RTCP_TAG_BYTES

/** Cipher, tag and salt of one kind of packets in one direction. */
class SessionKeys {
  readonly #cipher: Cipheriv
  readonly #auth: KeyObject
  readonly #salt: Buffer
  /** Counter blocks, encrypted all at once: a cipher of its own for each packet would cost twice the time. */
  readonly #blocks = Buffer.alloc(MOST_BLOCKS * BLOCK_BYTES)
  readonly #rollover = Buffer.alloc(4)

  constructor(master: Buffer, labels: { readonly cipher: number; readonly auth: number; readonly salt: number }) {
    this.#cipher = blockCipher(derived(master, labels.cipher, 16))
    this.#auth = createSecretKey(derived(master, labels.auth, 20))
    this.#salt = derived(master, labels.salt, 14)
  }

  /** Encrypts or decrypts `packet` from `start` to `end`. @param index 48 bits @returns false when it is too long */
  crypt(packet: Buffer, start: number, end: number, ssrc: number, index: number): boolean {
    const count = Math.ceil((end - start) / BLOCK_BYTES)
    if (count > MOST_BLOCKS) return false
    if (count <= 0) return true
    const blocks = this.#blocks
    this.#salt.copy(blocks, 0)
    blocks.writeUInt32BE((blocks.readUInt32BE(4) ^ ssrc) >>> 0, 4)
    const high = Math.floor(index / 0x1_0000)
    blocks.writeUInt32BE((blocks.readUInt32BE(8) ^ high) >>> 0, 8)
    blocks.writeUInt16BE(blocks.readUInt16BE(12) ^ (index % 0x1_0000), 12)
    for (let block = 0; block < count; block++) {
      if (block > 0) blocks.copyWithin(block * BLOCK_BYTES, 0, BLOCK_BYTES - 2)
      blocks.writeUInt16BE(block, block * BLOCK_BYTES + BLOCK_BYTES - 2)
    }
    const stream = this.#cipher.update(blocks.subarray(0, count * BLOCK_BYTES))
    for (let at = start; at < end; at++) packet[at] = (packet[at] ?? 0) ^ (stream[at - start] ?? 0)
    return true
  }

  /** @param rollover behind the packet in what is signed; undefined for RTCP, which has its index in the packet */
  tag(packet: Buffer, end: number, rollover?: number): Buffer {
    const hmac = createHmac('sha1', this.#auth).update(packet.subarray(0, end))
    if (rollover === undefined) return hmac.digest()
    this.#rollover.writeUInt32BE(rollover, 0)
    return hmac.update(this.#rollover).digest()
  }
}

/** What leaves. One SSRC; its packets in the order of their sequence numbers. */
export class SrtpSender {
  readonly #rtp: SessionKeys
  readonly #rtcp: SessionKeys
  readonly #tagBytes: number
  #rollover = 0
  #sequence = -1
  #rtcpIndex = 0

  constructor({ suite, key }: SrtpKeys) {
    const master = Buffer.from(key, 'base64')
    this.#rtp = new SessionKeys(master, LABELS.rtp)
    this.#rtcp = new SessionKeys(master, LABELS.rtcp)
    this.#tagBytes = TAG_BYTES[suite]
  }

  /** @returns the length with the tag; −1 when the packet is too long or no RTP */
  protect(packet: Buffer, length: number): number {
    const start = payloadStart(packet, length)
    if (start < 0 || length + this.#tagBytes > packet.length) return -1
    const sequence = packet.readUInt16BE(2)
    if (sequence < this.#sequence) this.#rollover += 1
    this.#sequence = sequence
    const index = this.#rollover * 0x1_0000 + sequence
    if (!this.#rtp.crypt(packet, start, length, packet.readUInt32BE(8), index)) return -1
    this.#rtp.tag(packet, length, this.#rollover).copy(packet, length, 0, this.#tagBytes)
    return length + this.#tagBytes
  }

  /** The same for RTCP. */
  protectRtcp(packet: Buffer, length: number): number {
    if (length < RTCP_HEADER_BYTES || length + RTCP_INDEX_BYTES + RTCP_TAG_BYTES > packet.length) return -1
    this.#rtcpIndex = (this.#rtcpIndex + 1) % 0x8000_0000
    if (!this.#rtcp.crypt(packet, RTCP_HEADER_BYTES, length, packet.readUInt32BE(4), this.#rtcpIndex)) return -1
    packet.writeUInt32BE((0x8000_0000 | this.#rtcpIndex) >>> 0, length)
    const signed = length + RTCP_INDEX_BYTES
    this.#rtcp.tag(packet, signed).copy(packet, signed, 0, RTCP_TAG_BYTES)
    return signed + RTCP_TAG_BYTES
  }
}

/** Which packets of one source have come. */
class ReplayWindow {
  /** Highest index that came; −1 before the first. */
  highest = -1
  readonly #seen = new Float64Array(WINDOW).fill(-1)

  fresh(index: number): boolean {
    return index > this.highest - WINDOW && this.#seen[index % WINDOW] !== index
  }

  take(index: number): void {
    this.#seen[index % WINDOW] = index
    if (index > this.highest) this.highest = index
  }
}

/** What comes. A source is known from its first packet with a right tag on. */
export class SrtpReceiver {
  readonly #rtp: SessionKeys
  readonly #rtcp: SessionKeys
  readonly #tagBytes: number
  readonly #sources = new Map<number, ReplayWindow>()
  readonly #rtcpSources = new Map<number, ReplayWindow>()

  constructor({ suite, key }: SrtpKeys) {
    const master = Buffer.from(key, 'base64')
    this.#rtp = new SessionKeys(master, LABELS.rtp)
    this.#rtcp = new SessionKeys(master, LABELS.rtcp)
    this.#tagBytes = TAG_BYTES[suite]
  }

  /** @returns the length without the tag, the packet in the clear; −1 when it is to be dropped */
  unprotect(packet: Buffer): number {
    const end = packet.length - this.#tagBytes
    const start = payloadStart(packet, end)
    if (start < 0) return -1
    const ssrc = packet.readUInt32BE(8)
    const source = this.#sources.get(ssrc)
    const index = guessedIndex(source?.highest ?? -1, packet.readUInt16BE(2))
    if (source !== undefined && !source.fresh(index)) return -1
    const tag = this.#rtp.tag(packet, end, Math.floor(index / 0x1_0000))
    if (!sameTag(tag, packet, end, this.#tagBytes)) return -1
    if (!this.#rtp.crypt(packet, start, end, ssrc, index)) return -1
    note(this.#sources, ssrc, index)
    return end
  }

  /** The same for RTCP, which must be encrypted. */
  unprotectRtcp(packet: Buffer): number {
    const signed = packet.length - RTCP_TAG_BYTES
    const end = signed - RTCP_INDEX_BYTES
    if (end < RTCP_HEADER_BYTES) return -1
    const word = packet.readUInt32BE(end)
    const index = word % 0x8000_0000
    const ssrc = packet.readUInt32BE(4)
    if (word < 0x8000_0000 || this.#rtcpSources.get(ssrc)?.fresh(index) === false) return -1
    if (!sameTag(this.#rtcp.tag(packet, signed), packet, signed, RTCP_TAG_BYTES)) return -1
    if (!this.#rtcp.crypt(packet, RTCP_HEADER_BYTES, end, ssrc, index)) return -1
    note(this.#rtcpSources, ssrc, index)
    return end
  }
}

/** The 48-bit index nearest to the highest one known that ends in this sequence number (RFC 3711 section 3.3.1). */
function guessedIndex(highest: number, sequence: number): number {
  if (highest < 0) return sequence
  const rollover = Math.floor(highest / 0x1_0000)
  const last = highest % 0x1_0000
  if (last < 0x8000) return (sequence - last > 0x8000 && rollover > 0 ? rollover - 1 : rollover) * 0x1_0000 + sequence
  return (last - 0x8000 > sequence ? rollover + 1 : rollover) * 0x1_0000 + sequence
}

function note(sources: Map<number, ReplayWindow>, ssrc: number, index: number): void {
  const known = sources.get(ssrc)
  if (known !== undefined) {
    known.take(index)
    return
  }
  const oldest = sources.size >= MOST_SOURCES ? sources.keys().next().value : undefined
  if (oldest !== undefined) sources.delete(oldest)
  const source = new ReplayWindow()
  source.take(index)
  sources.set(ssrc, source)
}

function sameTag(tag: Buffer, packet: Buffer, at: number, bytes: number): boolean {
  return timingSafeEqual(tag.subarray(0, bytes), packet.subarray(at, at + bytes))
}

/** Behind CSRC list and extension: header and both go in the clear. @returns −1 when the lengths do not fit */
function payloadStart(packet: Buffer, end: number): number {
  if (end < HEADER_BYTES) return -1
  const first = packet[0] ?? 0
  if (first >> 6 !== 2) return -1
  let start = HEADER_BYTES + (first & 0x0f) * 4
  if ((first & 0x10) !== 0) {
    if (start + 4 > end) return -1
    start += 4 + packet.readUInt16BE(start + 2) * 4
  }
  return start <= end ? start : -1
}

/** RFC 3711 section 4.3, with a key derivation rate of 0: once for the life of the master key. */
function derived(master: Buffer, label: number, bytes: number): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES)
  master.copy(block, 0, 16, SRTP_KEY_BYTES)
  block[7] = (block[7] ?? 0) ^ label
  const blocks = Buffer.concat([block, block])
  blocks.writeUInt16BE(1, BLOCK_BYTES * 2 - 2)
  return blockCipher(master.subarray(0, 16)).update(blocks).subarray(0, bytes)
}

function blockCipher(key: Buffer): Cipheriv {
  return createCipheriv('aes-128-ecb', key, null).setAutoPadding(false)
}
