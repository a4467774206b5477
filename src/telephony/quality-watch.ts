import { afterReport, type HeaderOf, type LegQuality, nothingSaid, type RtcpSaid, readQuality } from './leg-quality.ts'
import { settling } from './within.ts'

interface Watched {
  said: RtcpSaid
  readonly settle: (quality: LegQuality | null) => void
}

/** Gathers what one media server tells of the sound of the channels that are ours. */
export class QualityWatch {
  readonly #channels = new Map<string, Watched>()

  /** @returns how its sound was, once the server has told of its end; null when `forget` comes first */
  watch(channelUuid: string): Promise<LegQuality | null> {
    const { promise, resolve } = settling<LegQuality | null>()
    this.#channels.set(channelUuid, { said: nothingSaid, settle: resolve })
    return promise
  }

  /** Takes an event of any channel. */
  take(name: string, header: HeaderOf): void {
    const uuid = header('Unique-ID') ?? ''
    const channel = this.#channels.get(uuid)
    if (channel === undefined) return
    if (name !== 'CHANNEL_HANGUP_COMPLETE') channel.said = afterReport(channel.said, name, header)
    else this.#settle(uuid, readQuality(header, channel.said))
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
