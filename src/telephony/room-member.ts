import type { Clock } from '#platform/clock.ts'
import { codeOf, OperationalError } from '#platform/errors/errors.ts'
import { type Log, logError } from '#platform/log.ts'
import type { ConnectedLeg } from './connected-leg.ts'
import type { MediaLink } from './media-link.ts'
import { within } from './within.ts'

export interface RoomMemberParts {
  /** The conference's name. */
  readonly room: string
  readonly party: 'patient' | 'agent' | 'supervisor'
  readonly leg: ConnectedLeg
  /** Whether it comes in hearing nothing: somebody is in who is not for everybody's ears. */
  readonly deaf: boolean
  readonly link: MediaLink
  readonly holdMusic: string
  readonly clock: Clock
  readonly log: Log
}

const enterLimitMs = 4_000
const leaveLimitMs = 2_000

/**
 * One leg's stay in a conference: on the way in, muted; then as `hear`, `hush` and `hideFrom` say; out again. All are
 * idempotent, and nothing happens to one who has left.
 */
export class RoomMember {
  readonly leg: ConnectedLeg
  readonly party: RoomMemberParts['party']
  /** Resolves when the channel is out, for whatever reason; its next prompt can then be played. */
  readonly left: Promise<void>
  readonly #parts: RoomMemberParts
  readonly #enter: () => void
  #memberId: string | null = null
  #wanted = true
  #out = false
  /** As the server has it: a member is born muted, without music, and related to nobody. */
  #mute = true
  #deaf: boolean
  #music = false
  /** Who does not hear this one. A stay of its own: who comes again is another member, and hears. */
  readonly #hiddenFrom = new Set<RoomMember>()

  constructor(parts: RoomMemberParts) {
    this.#parts = parts
    this.leg = parts.leg
    this.party = parts.party
    this.#deaf = parts.deaf
    const { promise: started, resolve } = Promise.withResolvers<void>()
    this.#enter = resolve
    this.left = started
      .then(() => parts.leg.endpoint.stayInRoom(parts.room, { wanted: () => this.#wanted, deaf: parts.deaf }))
      .then(() => {
        this.#out = true
      })
  }

  /** The leg itself is over. */
  get gone(): boolean {
    return this.leg.end !== null || this.leg.endpoint.end !== null
  }

  /**
   * Resolves when the channel is a member, still muted.
   * @throws OperationalError ROOM_PARTY_GONE, TELEPHONY_TIMEOUT
   */
  async enter(): Promise<void> {
    const { leg, link, room, clock, log, party } = this.#parts
    const entry = link.awaitEntry(room, leg.endpoint.uuid)
    const entered = entry.memberId.then((memberId) => {
      this.#memberId = memberId
      // Too late: nobody waits any more.
      if (!this.#wanted) void this.#say('kick').catch((error: unknown) => logError(log, error, 'a late guest stays'))
    })
    const keptOut = this.left.then(() => {
      entry.forget()
      throw new OperationalError('ROOM_PARTY_GONE', { party })
    })
    keptOut.catch(() => {})
    await leg.endpoint.stopPlaying()
    this.#enter()
    await within({ clock, limitMs: enterLimitMs, what: 'enter a room' }, Promise.race([entered, keptOut]))
  }

  /** `room`: speaks and hears as the room allows. `music`: hears only music, and is heard by nobody. */
  async hear(what: 'room' | 'music'): Promise<void> {
    if (what === 'music') {
      // Silent first: nobody is to hear the patient who believes to be alone.
      await this.hush()
      if (!this.#deaf) await this.#say('deaf')
      this.#deaf = true
      if (!this.#music) await this.#play()
      return
    }
    await this.#listen()
    if (this.#mute) await this.#say('unmute')
    this.#mute = false
  }

  /** Hears what the room allows, and is heard by nobody. */
  async overhear(): Promise<void> {
    await this.hush()
    await this.#listen()
  }

  /** Is heard by nobody. */
  async hush(): Promise<void> {
    if (!this.#mute) await this.#say('mute')
    this.#mute = true
  }

  /** These do not hear it, all others do. */
  async hideFrom(others: readonly RoomMember[]): Promise<void> {
    for (const other of others) {
      if (this.#hiddenFrom.has(other)) continue
      await this.#relate(other, 'nospeak')
      this.#hiddenFrom.add(other)
    }
    for (const other of this.#hiddenFrom) {
      if (others.includes(other)) continue
      await this.#relate(other, 'clear')
      this.#hiddenFrom.delete(other)
    }
  }

  /** Sends the channel out and waits until it is. Idempotent. @throws OperationalError TELEPHONY_TIMEOUT */
  async leave(): Promise<void> {
    this.#wanted = false
    this.#enter()
    const { clock } = this.#parts
    if (!this.#out && this.#memberId !== null) await this.#say('kick')
    await within({ clock, limitMs: leaveLimitMs, what: 'leave a room' }, this.left)
  }

  async #listen(): Promise<void> {
    if (this.#music) await this.#say('stop all')
    this.#music = false
    if (this.#deaf) await this.#say('undeaf')
    this.#deaf = false
  }

  /** Waiting in silence is better than not being put on hold. */
  async #play(): Promise<void> {
    const { holdMusic, log } = this.#parts
    try {
      await this.#say('play', holdMusic)
      this.#music = true
    } catch (error) {
      if (codeOf(error) !== 'ROOM_REFUSED') throw error
      logError(log, error, 'there is no music on hold')
    }
  }

  /** Says of a pair of members whether the other one hears this one. A pair of which one is going is nobody's loss. */
  async #relate(other: RoomMember, how: 'nospeak' | 'clear'): Promise<void> {
    const otherId = other.#memberId
    if (otherId === null || other.#out) return
    try {
      await this.#say('relate', '', `${otherId} ${how}`)
    } catch (error) {
      if (!other.#out && !other.gone) throw error
    }
  }

  /** A command about this member. One that comes when the member is on its way out is nobody's loss. */
  async #say(verb: string, before = '', after = ''): Promise<void> {
    const { link, room } = this.#parts
    if (this.#out || this.#memberId === null) return
    const words = [verb, before, this.#memberId, after].filter((word) => word !== '')
    try {
      await link.roomCommand(room, words.join(' '))
    } catch (error) {
      if (!this.#out && !this.gone) throw error
    }
  }
}
