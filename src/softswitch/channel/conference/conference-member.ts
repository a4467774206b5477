/** One member of a conference: a channel while it executes `conference`. */
import type { RoomPlay } from '../../media/media-room.ts'
import type { Channel } from '../channel.ts'
import type { HearingMember, Relation } from './hearing.ts'

export class ConferenceMember implements HearingMember {
  /** The channel's for its whole life: who leaves and comes again has the same number. */
  readonly id: number
  readonly channel: Channel
  readonly flags: ReadonlySet<string>
  readonly joinedAt = new Date()
  readonly relations = new Map<number, Relation>()
  /** Played to this member alone, in order. */
  readonly plays: RoomPlay[] = []
  muted: boolean
  deaf: boolean
  held = false
  readonly #left = Promise.withResolvers<void>()

  constructor(of: { id: number; channel: Channel; flags: ReadonlySet<string> }) {
    this.id = of.id
    this.channel = of.channel
    this.flags = of.flags
    this.muted = of.flags.has('mute')
    this.deaf = of.flags.has('deaf')
  }

  get canSpeak(): boolean {
    return !this.muted && !this.held
  }

  get canHear(): boolean {
    return !this.deaf
  }

  get ghost(): boolean {
    return this.flags.has('ghost')
  }

  get moderator(): boolean {
    return this.flags.has('moderator')
  }

  /** Resolves when the member has left, for whatever reason. */
  get left(): Promise<void> {
    return this.#left.promise
  }

  /** @internal The conference says when. */
  markLeft(): void {
    this.#left.resolve()
  }
}
