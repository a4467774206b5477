/**
 * A room in the media worker: mixes, once a tick, what each of its members hears.
 *
 * 8 kHz, 20 ms, no gate, no comfort noise: the sum of all whom the listener may hear, without the listener's own
 * voice, cut off at 16 bits. All legs live on the one media worker, so the members of a room hear each other within
 * the same tick. Nothing is allocated while it mixes.
 */
import type { AudioSource } from './audio-source.ts'
import type { HearingRow } from './leg-messages.ts'
import { TICK_SAMPLES } from './media-ticker.ts'
import type { RecordingFile } from './recording-file.ts'

/** What a room needs of a leg. */
export interface RoomLeg {
  /** What the far end said in this tick. */
  readonly heard: Int16Array
  /** Whether this source is what the leg tells its far end: a play above it takes the member out for its time. */
  isPlaying(source: AudioSource): boolean
}

/** How a play ended, with what was heard of it. */
export interface RoomReports {
  playEnded(play: number, samples: number): void
}

interface RoomPlay {
  readonly play: number
  readonly source: AudioSource
  samples: number
}

/** Files one after the other, as many as are queued. */
class PlayQueue {
  readonly frame = new Int16Array(TICK_SAMPLES)
  readonly #plays: RoomPlay[] = []
  readonly #ended: (play: RoomPlay) => void

  constructor(ended: (play: RoomPlay) => void) {
    this.#ended = ended
  }

  push(play: number, source: AudioSource): void {
    this.#plays.push({ play, source, samples: 0 })
  }

  /** Reads this tick into `frame`. @returns false when nothing plays */
  read(): boolean {
    const first = this.#plays[0]
    if (first === undefined) return false
    const count = first.source.read(this.frame, TICK_SAMPLES)
    first.samples += count
    if (count < TICK_SAMPLES) {
      this.frame.fill(0, count)
      this.#plays.shift()
      this.#end(first)
    }
    return count > 0
  }

  /** @returns false when there is no such play */
  stop(play: number): boolean {
    const at = this.#plays.findIndex((queued) => queued.play === play)
    const queued = this.#plays[at]
    if (queued === undefined) return false
    this.#plays.splice(at, 1)
    this.#end(queued)
    return true
  }

  close(): void {
    for (const queued of this.#plays.splice(0)) this.#end(queued)
  }

  #end(queued: RoomPlay): void {
    queued.source.close()
    this.#ended(queued)
  }
}

/** A member's place in the room: the source that its leg tells its far end. */
class Seat implements AudioSource {
  readonly member: number
  readonly leg: RoomLeg
  /** Played to this member alone. */
  readonly plays: PlayQueue
  /** Members whom it hears; those who are not in the room (any more) are passed over. */
  hears: readonly number[] = []
  hearsPlays = false
  /** Speaks and listens in this tick. */
  present = false
  readonly #mixed = new Int16Array(TICK_SAMPLES)
  readonly #leave: (seat: Seat) => void

  constructor(member: number, leg: RoomLeg, plays: PlayQueue, leave: (seat: Seat) => void) {
    this.member = member
    this.leg = leg
    this.plays = plays
    this.#leave = leave
  }

  /** Takes the sum of this tick, cut off at 16 bits. */
  take(sum: Int32Array): void {
    clip(sum, this.#mixed)
  }

  read(into: Int16Array, count: number): number {
    for (let i = 0; i < count; i++) into[i] = this.#mixed[i] ?? 0
    return count
  }

  close(): void {
    this.#leave(this)
  }
}

/** A recording of the room: it listens as a member does. */
class Recorder {
  readonly file: RecordingFile
  hears: readonly number[] = []
  /** What is said meanwhile is not in the file at all. */
  paused = false
  readonly #mixed = new Int16Array(TICK_SAMPLES)

  constructor(file: RecordingFile) {
    this.file = file
  }

  take(sum: Int32Array): void {
    clip(sum, this.#mixed)
    this.file.append(this.#mixed, this.#mixed)
  }
}

export class WorkerRoom {
  readonly #reports: RoomReports
  readonly #recorders = new Map<number, Recorder>()
  readonly #seats = new Map<number, Seat>()
  readonly #plays: PlayQueue
  /** Plays beside the queue, until another one takes its place. */
  readonly #asidePlays: PlayQueue
  readonly #sum = new Int32Array(TICK_SAMPLES)
  /** As it was set last: a recording whose file was still being opened then has its row here. */
  #rows: readonly HearingRow[] = []

  constructor(reports: RoomReports) {
    this.#reports = reports
    this.#plays = this.#newQueue()
    this.#asidePlays = this.#newQueue()
  }

  get members(): number {
    return this.#seats.size
  }

  /** @returns the source that the leg must play to be in the room; closing it leaves the room */
  join(member: number, leg: RoomLeg): AudioSource {
    const seat = new Seat(member, leg, this.#newQueue(), (leaving) => this.#leave(leaving))
    this.#seats.set(member, seat)
    return seat
  }

  /** Sets who hears whom. A member without a row hears nobody. */
  setHearing(rows: readonly HearingRow[]): void {
    this.#rows = rows
    for (const seat of this.#seats.values()) {
      const row = rows.find(({ member }) => member === seat.member)
      seat.hears = row?.hears ?? []
      seat.hearsPlays = row?.hearsPlays ?? false
    }
    for (const [record, recorder] of this.#recorders) recorder.hears = this.#heardBy(record)
  }

  #heardBy(record: number): readonly number[] {
    return this.#rows.find(({ member }) => member === record)?.hears ?? []
  }

  /**
   * Queues a play: for all, for one member, or aside, where it replaces the one before.
   * @returns false when there is no such member; the source is closed then
   */
  play(play: number, source: AudioSource, to: number | 'all' | 'aside'): boolean {
    if (to === 'aside') this.#asidePlays.close()
    const queue = to === 'all' ? this.#plays : to === 'aside' ? this.#asidePlays : this.#seats.get(to)?.plays
    queue?.push(play, source)
    if (queue === undefined) source.close()
    return queue !== undefined
  }

  /** From the next tick on, by its row of the last `setHearing`; without one it hears nobody. One channel. */
  record(record: number, file: RecordingFile): void {
    const recorder = new Recorder(file)
    recorder.hears = this.#heardBy(record)
    this.#recorders.set(record, recorder)
  }

  pauseRecord(record: number, paused: boolean): void {
    const recorder = this.#recorders.get(record)
    if (recorder !== undefined) recorder.paused = paused
  }

  /** @returns the file, for the worker to close */
  endRecord(record: number): RecordingFile | undefined {
    const file = this.#recorders.get(record)?.file
    this.#recorders.delete(record)
    return file
  }

  get records(): number[] {
    return [...this.#recorders.keys()]
  }

  stopPlay(play: number): void {
    if (this.#plays.stop(play) || this.#asidePlays.stop(play)) return
    for (const seat of this.#seats.values()) if (seat.plays.stop(play)) return
  }

  /** Between the two halves of a tick: composes what every member is told in it. */
  mix(): void {
    const playing = this.#plays.read()
    const aside = this.#asidePlays.read()
    for (const seat of this.#seats.values()) seat.present = seat.leg.isPlaying(seat)
    for (const seat of this.#seats.values()) {
      if (!seat.present) continue
      const sum = this.#speech(seat.hears, seat)
      if (playing && seat.hearsPlays) add(sum, this.#plays.frame)
      if (aside && seat.hearsPlays) add(sum, this.#asidePlays.frame)
      // Also a deaf member hears what is played to it alone: music on hold.
      if (seat.plays.read()) add(sum, seat.plays.frame)
      seat.take(sum)
    }
    for (const recorder of this.#recorders.values()) {
      if (recorder.paused) continue
      const sum = this.#speech(recorder.hears)
      if (playing) add(sum, this.#plays.frame)
      if (aside) add(sum, this.#asidePlays.frame)
      recorder.take(sum)
    }
  }

  #speech(members: readonly number[], but?: Seat): Int32Array {
    const sum = this.#sum.fill(0)
    for (const member of members) {
      const speaker = this.#seats.get(member)
      if (speaker !== undefined && speaker !== but && speaker.present) add(sum, speaker.leg.heard)
    }
    return sum
  }

  /** Ends all plays. The seats are closed by their legs. */
  close(): void {
    this.#plays.close()
    this.#asidePlays.close()
  }

  #leave(seat: Seat): void {
    if (this.#seats.get(seat.member) === seat) this.#seats.delete(seat.member)
    seat.plays.close()
  }

  #newQueue(): PlayQueue {
    return new PlayQueue(({ play, samples }) => this.#reports.playEnded(play, samples))
  }
}

function add(sum: Int32Array, samples: Int16Array): void {
  for (let i = 0; i < TICK_SAMPLES; i++) sum[i] = (sum[i] ?? 0) + (samples[i] ?? 0)
}

function clip(sum: Int32Array, into: Int16Array): void {
  for (let i = 0; i < TICK_SAMPLES; i++) into[i] = Math.max(-32_768, Math.min(32_767, sum[i] ?? 0))
}
