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

/** A recording of what is said in a room, on one channel. */
export interface RoomRecording {
  /** Its number in `setHearing`. */
  readonly member: number
  /** False when the file cannot be made. */
  readonly started: Promise<boolean>
  /** When the file is whole. Settles also when the room closes. */
  readonly ended: Promise<{ readonly samples: number; readonly error: string | null }>
  /** What is said while it is paused is not in the file at all. */
  pause(paused: boolean): void
  /** Idempotent. */
  stop(): void
}

interface StartingRecord {
  started(done: boolean): void
  ended(end: { samples: number; error: string | null }): void
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
  readonly #records = new Map<number, StartingRecord>()
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

  /** Begins to record. It hears nobody until the next `setHearing`. A file that is there is replaced. */
  record(path: string): RoomRecording {
    const record = this.#host.newNumber()
    const { id: room } = this.#host
    const started = Promise.withResolvers<boolean>()
    const ended = Promise.withResolvers<{ samples: number; error: string | null }>()
    if (this.#closed) {
      started.resolve(false)
      ended.resolve({ samples: 0, error: 'the room is closed' })
    } else {
      this.#records.set(record, { started: started.resolve, ended: ended.resolve })
      this.#post({ type: 'recordRoom', room, record, path })
    }
    return {
      member: record,
      started: started.promise,
      ended: ended.promise,
      pause: (paused) => this.#post({ type: 'pauseRoomRecord', room, record, paused }),
      stop: () => this.#post({ type: 'stopRoomRecord', room, record }),
    }
  }

  /** Ends all plays. Recordings should have been stopped, else nobody hears of their end. Members must have left. Idempotent. */
  close(): void {
    if (this.#closed) return
    this.#post({ type: 'closeRoom', room: this.#host.id })
    this.die()
  }

  /** @internal */
  receive(message: Extract<FromWorker, { type: `room${string}` }>): void {
    if (message.type === 'roomRecordStarted') this.#records.get(message.record)?.started(true)
    else if (message.type === 'roomRecordEnded') this.#endRecord(message.record, message)
    else if (message.type === 'roomPlayEnded') this.#end(message.play, message.samples)
    else if (message.started) this.#plays.get(message.play)?.started(true)
    else this.#end(message.play, 0)
  }

  /** @internal The room or the worker is gone. */
  die(): void {
    if (this.#closed) return
    this.#closed = true
    for (const play of [...this.#plays.keys()]) this.#end(play, 0)
    for (const record of [...this.#records.keys()]) {
      this.#endRecord(record, { samples: 0, error: 'the room is closed' })
    }
    this.#host.closed()
  }

  #end(play: number, samples: number): void {
    const starting = this.#plays.get(play)
    this.#plays.delete(play)
    starting?.started(false)
    starting?.ended(samples)
  }

  #endRecord(record: number, { samples, error }: { samples: number; error: string | null }): void {
    const starting = this.#records.get(record)
    this.#records.delete(record)
    starting?.started(false)
    starting?.ended({ samples, error })
  }

  #post(message: ToWorker): void {
    if (!this.#closed) this.#host.post(message)
  }
}
