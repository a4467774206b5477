/**
 * One leg's half of RTCP: when a report is due, what it says, and what the far end's say of ours. No sockets and no
 * clock of its own.
 */
import type { Reception } from './reception.ts'
import { MOST_RTCP_BYTES, type ReportBlock, type RtcpReport, writeRtcp } from './rtcp-packet.ts'

/** RFC 3550 section 6.2: the least between two reports; half of it before the first. */
const INTERVAL_MS = 5_000
/** Section 6.3.1: spread over 0.5 to 1.5, and made up for timer reconsideration. */
const COMPENSATION = Math.E - 1.5
const NTP_AHEAD_SECONDS = 2_208_988_800

/** What we have sent, for the sender's part of a report. */
export interface Sent {
  readonly packets: number
  readonly octets: number
  /** The RTP clock now. */
  readonly rtpTimestamp: number
}

/** What the far end says of what it receives, with the round trip that follows from it. */
export interface HeardReport {
  readonly report: RtcpReport
  /** Smoothed over the reports; null when none could be reckoned yet. */
  readonly roundTripMs: number | null
}

export class RtcpReporter {
  readonly #ssrc: number
  readonly #name: string
  readonly #random: () => number
  readonly #packet = Buffer.alloc(MOST_RTCP_BYTES)
  #dueMs: number | null = null
  #packetsBefore = 0
  #lastReport = 0
  #lastReportAtMs = 0
  #roundTripMs: number | null = null

  /** @param name of the sender, the same for all its streams: at most 32 ASCII characters */
  constructor(ssrc: number, name: string, random: () => number = Math.random) {
    this.#ssrc = ssrc
    this.#name = name
    this.#random = random
  }

  get roundTripMs(): number | null {
    return this.#roundTripMs
  }

  /** @param nowMs since 1970, with fractions */
  due(nowMs: number): boolean {
    if (this.#dueMs === null) this.#dueMs = nowMs + this.#interval(INTERVAL_MS / 2)
    return nowMs >= this.#dueMs
  }

  /** Makes the report that is due; the packet is used again by the next. */
  write(reception: Reception, sent: Sent, nowMs: number): { readonly packet: Buffer; readonly report: RtcpReport } {
    this.#dueMs = nowMs + this.#interval(INTERVAL_MS)
    const received = reception.report()
    const block: ReportBlock | undefined =
      received === null || reception.ssrc === null
        ? undefined
        : {
            ...received,
            ssrc: reception.ssrc,
            lastReport: this.#lastReport,
            sinceLastReport:
              this.#lastReport === 0 ? 0 : Math.round(((nowMs - this.#lastReportAtMs) * 65_536) / 1000) >>> 0,
          }
    const sends = sent.packets > this.#packetsBefore
    this.#packetsBefore = sent.packets
    const blocks = block === undefined ? [] : [block]
    const report = { ssrc: this.#ssrc, sender: sends ? { ...ntpOf(nowMs), ...sent } : null, blocks }
    const length = writeRtcp(this.#packet, report, this.#name)
    return { packet: this.#packet.subarray(0, length), report }
  }

  /** Takes a report of the far end. */
  take(report: RtcpReport, nowMs: number): HeardReport {
    const { sender } = report
    if (sender !== null) {
      this.#lastReport = middleOf(sender.ntpSeconds, sender.ntpFraction)
      this.#lastReportAtMs = nowMs
    }
    const block = report.blocks[0]
    if (block !== undefined && block.lastReport !== 0) this.#measure(block, nowMs)
    return { report, roundTripMs: this.#roundTripMs }
  }

  #interval(meanMs: number): number {
    return (meanMs * (0.5 + this.#random())) / COMPENSATION
  }

  #measure({ lastReport, sinceLastReport }: ReportBlock, nowMs: number): void {
    const { ntpSeconds, ntpFraction } = ntpOf(nowMs)
    const trip = (middleOf(ntpSeconds, ntpFraction) - lastReport - sinceLastReport) | 0
    // A far end that reckons wrongly, or a clock that was set.
    if (trip < 0) return
    const ms = (trip * 1000) / 65_536
    this.#roundTripMs = this.#roundTripMs === null ? ms : this.#roundTripMs * 0.7 + ms * 0.3
  }
}

function ntpOf(nowMs: number): { ntpSeconds: number; ntpFraction: number } {
  const seconds = Math.floor(nowMs / 1000)
  return {
    ntpSeconds: (seconds + NTP_AHEAD_SECONDS) >>> 0,
    ntpFraction: Math.floor((nowMs / 1000 - seconds) * 2 ** 32) >>> 0,
  }
}

function middleOf(seconds: number, fraction: number): number {
  return ((seconds << 16) | (fraction >>> 16)) >>> 0
}
