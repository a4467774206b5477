/** The rooms of the media worker, by number: what each of their messages does. */
import type { FromWorker, ToWorker } from './leg-messages.ts'
import { Openings } from './openings.ts'
import { RecordingFile } from './recording-file.ts'
import type { SoundLibrary } from './sound-library.ts'
import type { WorkerLeg } from './worker-leg.ts'
import { WorkerRoom } from './worker-room.ts'

type RoomMessage = Extract<ToWorker, { room: number }>

export interface RoomsParts {
  readonly sounds: SoundLibrary
  readonly say: (message: FromWorker) => void
  readonly legOf: (id: number) => WorkerLeg | undefined
  /** A file is being closed. */
  readonly closing: (closed: Promise<void>) => void
}

export class WorkerRooms {
  readonly #parts: RoomsParts
  readonly #rooms = new Map<number, WorkerRoom>()
  readonly #openings = new Openings()

  constructor(parts: RoomsParts) {
    this.#parts = parts
  }

  handle(message: RoomMessage): void {
    switch (message.type) {
      case 'openRoom':
        this.#open(message.room)
        return
      case 'joinRoom':
        this.#join(message)
        return
      case 'hearing':
        this.#rooms.get(message.room)?.setHearing(message.rows)
        return
      case 'playRoom':
        void this.#play(message)
        return
      case 'stopRoomPlay':
        this.#stopPlay(message.room, message.play)
        return
      case 'recordRoom':
        void this.#record(message)
        return
      case 'pauseRoomRecord':
        this.#rooms.get(message.room)?.pauseRecord(message.record, message.paused)
        return
      case 'stopRoomRecord':
        this.#stopRecord(message.room, message.record)
        return
      case 'closeRoom':
        this.#close(message.room)
    }
  }

  /** Between the two halves of a tick. */
  mix(): void {
    for (const room of this.#rooms.values()) room.mix()
  }

  close(): void {
    for (const id of [...this.#rooms.keys()]) this.#close(id)
  }

  #open(id: number): void {
    const playEnded = (play: number, samples: number) =>
      this.#parts.say({ type: 'roomPlayEnded', room: id, play, samples })
    this.#rooms.set(id, new WorkerRoom({ playEnded }))
  }

  /** The room is what the leg plays from now on; a play above it takes the member out for its time. */
  #join({ leg: id, room: roomId, member }: Extract<RoomMessage, { type: 'joinRoom' }>): void {
    const leg = this.#parts.legOf(id)
    const room = this.#rooms.get(roomId)
    if (leg !== undefined && room !== undefined) leg.play(member, room.join(member, leg))
  }

  async #play({ room: id, play, uri, to }: Extract<RoomMessage, { type: 'playRoom' }>): Promise<void> {
    const opening = this.#parts.sounds.open(uri, { mayLoop: true })
    const { opened: source, stopped } = await this.#openings.during(`play ${id} ${play}`, opening)
    const room = this.#rooms.get(id)
    if (source === null || room === undefined) {
      source?.close()
      this.#parts.say({ type: 'roomPlayStarted', room: id, play, started: false })
      return
    }
    const started = room.play(play, source, to)
    this.#parts.say({ type: 'roomPlayStarted', room: id, play, started })
    if (stopped) room.stopPlay(play)
  }

  #stopPlay(id: number, play: number): void {
    if (!this.#openings.stop(`play ${id} ${play}`)) this.#rooms.get(id)?.stopPlay(play)
  }

  async #record({ room: id, record, path }: Extract<RoomMessage, { type: 'recordRoom' }>): Promise<void> {
    const opening = RecordingFile.create(path, 1).catch((error: unknown) => String(error))
    const { opened, stopped } = await this.#openings.during(`record ${id} ${record}`, opening)
    const room = this.#rooms.get(id)
    if (typeof opened === 'string') {
      this.#parts.say({ type: 'roomRecordEnded', room: id, record, samples: 0, error: opened })
      return
    }
    this.#parts.say({ type: 'roomRecordStarted', room: id, record })
    if (room === undefined || stopped) this.#finishRecord(id, record, opened)
    else room.record(record, opened)
  }

  #stopRecord(id: number, record: number): void {
    if (this.#openings.stop(`record ${id} ${record}`)) return
    const file = this.#rooms.get(id)?.endRecord(record)
    if (file !== undefined) this.#finishRecord(id, record, file)
  }

  #finishRecord(id: number, record: number, file: RecordingFile): void {
    this.#parts.closing(
      file.close().then(({ samples, error }) => {
        this.#parts.say({ type: 'roomRecordEnded', room: id, record, samples, error })
      }),
    )
  }

  #close(id: number): void {
    for (const record of this.#rooms.get(id)?.records ?? []) this.#stopRecord(id, record)
    this.#rooms.get(id)?.close()
    this.#rooms.delete(id)
  }
}
