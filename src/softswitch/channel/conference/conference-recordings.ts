/** What is being recorded of one conference: everybody who may speak, and what is played to all, on one channel. */
import type { MediaRoom, RoomRecording } from '../../media/media-room.ts'
import { makeFolderOf } from '../record-folder.ts'
import type { SwitchEvent } from '../switch-event.ts'

interface RecordingsHost {
  readonly room: MediaRoom
  /** Where a path as it was given is. */
  resolve(path: string): string
  /** Another one listens, or one less. */
  listenersChanged(): void
  /** Tells clients (`conference::maintenance`). */
  tell(action: string, fill: (event: SwitchEvent) => void): void
}

export class ConferenceRecordings {
  readonly #host: RecordingsHost
  /** By their paths as they were given. */
  readonly #running = new Map<string, RoomRecording>()

  constructor(host: RecordingsHost) {
    this.#host = host
  }

  get paths(): string[] {
    return [...this.#running.keys()]
  }

  /** Their numbers in the room. */
  get listeners(): number[] {
    return [...this.#running.values()].map(({ member }) => member)
  }

  /** Begins one. A file that cannot be made is told by its `start-recording`, as on the real server. */
  async start(path: string): Promise<void> {
    const file = this.#host.resolve(path)
    await makeFolderOf(file)
    const recording = this.#host.room.record(file)
    this.#running.set(path, recording)
    this.#host.listenersChanged()
    void recording.started.then((started) =>
      this.#host.tell('start-recording', (event) => {
        event.add('Path', path)
        if (!started) event.add('Error', 'File could not be opened for recording')
      }),
    )
    void recording.ended.then(({ samples }) => {
      if (this.#running.get(path) === recording) this.#running.delete(path)
      this.#host.listenersChanged()
      // Of one that never began, too, as there.
      this.#tellStopped(path, samples)
    })
  }

  /** @returns the paths of those that were stopped; their files are whole when `stop-recording` is told */
  stop(path: string | 'all'): string[] {
    const chosen = [...this.#running].filter(([name]) => path === 'all' || name === path)
    for (const [, recording] of chosen) recording.stop()
    return chosen.map(([name]) => name)
  }

  /** @returns false when there is no such recording */
  pause(path: string, paused: boolean): boolean {
    const recording = this.#running.get(path)
    recording?.pause(paused)
    if (recording === undefined) return false
    this.#host.tell(paused ? 'pause-recording' : 'resume-recording', (event) => {
      event.add('Path', path)
      event.add('Other-Recordings', String(this.#running.size > 0))
    })
    return true
  }

  /** @returns when every file is whole */
  async close(): Promise<void> {
    const running = [...this.#running.values()]
    this.stop('all')
    await Promise.all(running.map(({ ended }) => ended))
  }

  #tellStopped(path: string, samples: number): void {
    this.#host.tell('stop-recording', (event) => {
      event.add('Path', path)
      event.add('Other-Recordings', String(this.#running.size > 0))
      event.add('Samples-Out', samples)
      event.add('Samplerate', 8000)
      event.add('Milliseconds-Elapsed', Math.floor(samples / 8))
    })
  }
}
