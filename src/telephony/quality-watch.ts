import {
  afterReport,
  type HeaderOf,
  type LegQuality,
  nothingSaid,
  type RtcpSaid,
  readQuality,
  readReport,
  type StreamReport,
} from './leg-quality.ts'
import { LinePeriod, type LinePeriodQuality } from './line-period.ts'
import { settling } from './within.ts'

interface Watched {
  said: RtcpSaid
  /** The last report of each direction. */
  readonly last: Partial<Record<StreamReport['direction'], StreamReport>>
  readonly periods: Set<LinePeriod>
  readonly settle: (quality: LegQuality | null) => void
}

/** Gathers what one media server tells of the sound of the channels that are ours. */
export class QualityWatch {
  readonly #channels = new Map<string, Watched>()

  /** @returns how its sound was, once the server has told of its end; null when `forget` comes first */
  watch(channelUuid: string): Promise<LegQuality | null> {
    const { promise, resolve } = settling<LegQuality | null>()
    this.#channels.set(channelUuid, { said: nothingSaid, last: {}, periods: new Set(), settle: resolve })
    return promise
  }

  /** @returns ends the period that begins now, and tells how the channel's line was in it; null when no report came */
  measure(channelUuid: string): () => LinePeriodQuality | null {
    const channel = this.#channels.get(channelUuid)
    const period = new LinePeriod(channel?.last ?? {})
    channel?.periods.add(period)
    return () => {
      channel?.periods.delete(period)
      return period.quality
    }
  }

  /** Takes an event of any channel. */
  take(name: string, header: HeaderOf): void {
    const uuid = header('Unique-ID') ?? ''
    const channel = this.#channels.get(uuid)
    if (channel === undefined) return
    if (name === 'CHANNEL_HANGUP_COMPLETE') {
      this.#settle(uuid, readQuality(header, channel.said))
      return
    }
    const report = readReport(name, header)
    if (report === null) return
    channel.said = afterReport(channel.said, report)
    channel.last[report.direction] = report
    for (const period of channel.periods) period.take(report)
  }

  /** Nothing more will be told. */
  forget(channelUuid: string): void {
    this.#settle(channelUuid, null)
  }

  #settle(uuid: string, quality: LegQuality | null): void {
    this.#channels.get(uuid)?.settle(quality)
    this.#channels.delete(uuid)
  }
}
