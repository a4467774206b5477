/**
 * One room of the media engine, seen from the main thread: who is in it, who hears whom, what is played to them. Made
 * by `MediaEngine.openRoom`.
 */
import type { FromWorker, HearingRow, ToWorker } from './leg-messages.ts'
import type { MediaLeg } from './media-leg.ts'

/** A play to a room or to one of its members. */
export interface RoomPlay {
  /** False when there is no such file, it cannot be played, or the member is gone. */
  readonly started: Promise<boolean>
  /** How many samples were heard; 0 when it never began. Settles also when the room closes. */
  readonly ended: Promise<number>
  /** Idempotent. */
  stop(): void
}

/** Where a play goes: to all, to one member, or aside (beside the queue, in the place of the one before). */
export type RoomPlayTarget = number | 'all' | 'aside'

interface RoomHost {
  readonly id: number
  newNumber(): number
  post(message: ToWorker): void
  closed(): void
}

interface Starting {
  started(done: boolean): void
  ended(samples: number): void
}

export class MediaRoom {
  readonly #host: RoomHost
  readonly #plays = new Map<number, Starting>()
  #closed = false

  /** @internal MediaEngine makes rooms. */
  constructor(host: RoomHost) {
    this.#host = host
  }

  /**
   * The leg hears and speaks in the room from now on, as soon as `setHearing` names it. What the leg plays from here on
   * stands above the room and takes the member out for its time.
   * @returns the membership, for `setHearing`, `play` and `leave`
   */
  join(leg: MediaLeg): number {
    const member = this.#host.newNumber()
    leg.joinRoom(this.#host.id, member)
    return member
  }

  /** A leg that closes leaves by itself. */
  leave(leg: MediaLeg, member: number): void {
    leg.leaveRoom(member)
  }

  /** Who hears whom, for all members at once. */
  setHearing(rows: readonly HearingRow[]): void {
    this.#post({ type: 'hearing', room: this.#host.id, rows })
  }

  /** Queues a file behind those that play already. @param uri as for `MediaLeg.play`, `{loops=…}` counts here */
  play(uri: string, to: RoomPlayTarget): RoomPlay {
    const play = this.#host.newNumber()
    const started = Promise.withResolvers<boolean>()
    const ended = Promise.withResolvers<number>()
    if (this.#closed) {
      started.resolve(false)
      ended.resolve(0)
    } else {
      this.#plays.set(play, { started: started.resolve, ended: ended.resolve })
      this.#post({ type: 'playRoom', room: this.#host.id, play, uri, to })
    }
    return {
      started: started.promise,
      ended: ended.promise,
      stop: () => this.#post({ type: 'stopRoomPlay', room: this.#host.id, play }),
    }
  }

  /** Ends all plays. Members must have left. Idempotent. */
  close(): void {
    if (this.#closed) return
    this.#post({ type: 'closeRoom', room: this.#host.id })
    this.die()
  }

  /** @internal */
  receive(message: Extract<FromWorker, { type: 'roomPlayStarted' | 'roomPlayEnded' }>): void {
    if (message.type === 'roomPlayEnded') this.#end(message.play, message.samples)
    else if (message.started) this.#plays.get(message.play)?.started(true)
    else this.#end(message.play, 0)
  }

  /** @internal The room or the worker is gone. */
  die(): void {
    if (this.#closed) return
    this.#closed = true
    for (const play of [...this.#plays.keys()]) this.#end(play, 0)
    this.#host.closed()
  }

  #end(play: number, samples: number): void {
    const starting = this.#plays.get(play)
    this.#plays.delete(play)
    starting?.started(false)
    starting?.ended(samples)
  }

  #post(message: ToWorker): void {
    if (!this.#closed) this.#host.post(message)
  }
}
