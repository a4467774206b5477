/**
 * RTCP of one leg: its reports go out when they are due and the far end's come in, on the port of the sound (RFC 5761)
 * or on the one above it, as was negotiated. Without either the far end gets none, and its own are still taken.
 */
import { createSocket, type Socket } from 'node:dgram'
import type { LegStream, RtcpNews } from './leg-messages.ts'
import type { Reception } from './reception.ts'
import { readRtcp, type SenderInfo } from './rtcp-packet.ts'
import type { RtcpReporter, Sent } from './rtcp-reporter.ts'
import type { RtpSocket } from './rtp-socket.ts'
import { SRTCP_MOST_BYTES } from './srtp.ts'
import type { StreamCrypto } from './stream-crypto.ts'
import { TickAllowance } from './tick-allowance.ts'

/** How often it is looked whether a report is due, in ticks: half a second. */
const LOOK_TICKS = 25

export class LegRtcp {
  readonly #rtp: RtpSocket
  readonly #reception: Reception
  readonly #reporter: RtcpReporter
  readonly #crypto: StreamCrypto
  readonly #tell: (news: RtcpNews) => void
  readonly #toTell = new TickAllowance()
  #stream: LegStream | null = null
  #ticks = 0
  /** The port above that of the sound. */
  #own: Socket | null = null
  #sender: SenderInfo | null = null

  constructor(parts: {
    readonly rtp: RtpSocket
    readonly reception: Reception
    readonly reporter: RtcpReporter
    readonly crypto: StreamCrypto
    readonly tell: (news: RtcpNews) => void
  }) {
    this.#rtp = parts.rtp
    this.#reception = parts.reception
    this.#reporter = parts.reporter
    this.#crypto = parts.crypto
    this.#tell = parts.tell
  }

  get roundTripMs(): number | null {
    return this.#reporter.roundTripMs
  }

  /** What the far end said last of what it had sent. */
  get sender(): SenderInfo | null {
    return this.#sender
  }

  negotiate(stream: LegStream | null): void {
    this.#stream = stream
    const wantsOwn = stream !== null && stream.rtcp !== null && !stream.rtcp.mux
    if (wantsOwn && this.#own === null) this.#openOwn()
    else if (!wantsOwn) this.#closeOwn()
  }

  /** Once a tick. @param sent asked when a report is due */
  tick(sent: () => Sent, nowMs: () => number): void {
    this.#toTell.tick()
    const stream = this.#stream
    if (stream === null || stream.rtcp === null) return
    this.#ticks += 1
    if (this.#ticks % LOOK_TICKS !== 0) return
    const now = nowMs()
    if (!this.#reporter.due(now)) return
    const { packet, report } = this.#reporter.write(this.#reception, sent(), now)
    // A copy: the system may still read it when the next is written.
    const copy = Buffer.alloc(packet.length + SRTCP_MOST_BYTES)
    packet.copy(copy)
    const bytes = this.#crypto.sealRtcp(copy, packet.length)
    const socket = this.#own ?? this.#rtp.socket
    if (bytes > 0) socket.send(copy, 0, bytes, stream.rtcp.port, stream.remoteAddress)
    this.#tell({ direction: 'sent', report, roundTripMs: this.roundTripMs })
  }

  /** @returns whether it was RTCP of the far end */
  receive(datagram: Buffer, address: string, nowMs: number): boolean {
    if (this.#stream === null || address !== this.#stream.remoteAddress) return false
    const opened = this.#crypto.openRtcp(datagram)
    const report = opened === null ? null : readRtcp(opened)
    if (report === null) return false
    this.#sender = report.sender ?? this.#sender
    const heard = this.#reporter.take(report, nowMs)
    if (this.#toTell.take()) this.#tell({ direction: 'received', ...heard })
    return true
  }

  close(): void {
    this.#stream = null
    this.#closeOwn()
  }

  #openOwn(): void {
    const { address } = this.#rtp.socket.address()
    const family = address.includes(':') ? 'udp6' : 'udp4'
    const own = createSocket({
      type: family,
      lookup: (name, _options, done) => done(null, name, family === 'udp6' ? 6 : 4),
    })
    // The port is somebody else's: reports leave from the port of the sound, and none come.
    own.on('error', () => {
      if (this.#own === own) this.#closeOwn()
    })
    own.on('message', (datagram, from) =>
      this.receive(datagram, from.address, performance.timeOrigin + performance.now()),
    )
    own.bind(this.#rtp.port + 1, address)
    this.#own = own
  }

  #closeOwn(): void {
    const own = this.#own
    this.#own = null
    try {
      own?.close()
    } catch {
      // It never was open.
    }
  }
}
