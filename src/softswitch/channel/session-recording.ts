/** `record_session`: recordings that run beside whatever else a channel does. */
import { rm } from 'node:fs/promises'
import type { RecordedSides } from '../media/leg-messages.ts'
import type { Recording } from '../media/media-leg.ts'
import type { Channel } from './channel.ts'
import { makeFolderOf } from './record-folder.ts'

export class SessionRecordings {
  readonly #channel: Channel
  readonly #running = new Map<string, { recording: Recording; ended: Promise<void> }>()

  constructor(channel: Channel) {
    this.#channel = channel
  }

  /**
   * Begins a recording; one that runs already under this path just goes on.
   * @param options.limitSeconds ends by itself; 0 = never
   * @returns `failed` when the file cannot be made, `refused` when it is not tried: no media, or no folder for it
   */
  async start(path: string, options: { limitSeconds: number }): Promise<'runs' | 'failed' | 'refused'> {
    const channel = this.#channel
    if (this.#running.has(path)) return 'runs'
    if (!channel.mediaReady) return 'refused'
    const file = channel.resolvePath(path)
    if (!(await makeFolderOf(file))) {
      channel.variables.set('record_completion_cause', 'uri-failure')
      return 'refused'
    }
    const recording = channel.leg.record({
      path: file,
      sides: sidesOf(channel),
      limitSamples: options.limitSeconds * 8000,
      silence: { threshold: 0, hits: 0 },
    })
    const ended = Promise.withResolvers<void>()
    this.#running.set(path, { recording, ended: ended.promise })
    const started = await recording.started
    if (started) channel.fire('RECORD_START', (event) => event.add('Record-File-Path', file))
    void recording.ended.then(async ({ samples, error }) => {
      this.#running.delete(path)
      channel.variables.set('record_samples', samples)
      channel.variables.set('record_seconds', Math.floor(samples / 8000))
      channel.variables.set('record_ms', Math.floor(samples / 8))
      const short = error === null && samples < 8000 * (Number(channel.variables.get('RECORD_MIN_SEC')) || 0)
      // Gone when it is told, as there.
      if (short) await rm(file, { force: true }).catch(() => {})
      const cause = short ? 'input-too-short' : error === null ? successOf(channel) : 'uri-failure'
      channel.variables.set('record_completion_cause', cause)
      if (error !== null) channel.core.settings.log('recording failed', { path: file, error, uuid: channel.uuid })
      if (started) {
        channel.fire('RECORD_STOP', (event) => {
          event.add('Record-File-Path', file)
          event.add('Record-Completion-Cause', cause)
        })
      }
      ended.resolve()
    })
    return started ? 'runs' : 'failed'
  }

  /**
   * @param path as it was given to `start`, or `all`
   * @returns when the file is whole: false when there was no such recording
   */
  async stop(path: string): Promise<boolean> {
    const chosen = path.toLowerCase() === 'all' ? [...this.#running.values()] : [this.#running.get(path)]
    let stopped = false
    for (const running of chosen) {
      if (running === undefined) continue
      stopped = true
      running.recording.stop()
    }
    await Promise.all(chosen.map((running) => running?.ended))
    return stopped
  }

  /** @returns false when there is no such recording */
  mask(path: string, masked: boolean): boolean {
    const running = this.#running.get(path)
    running?.recording.mask(masked)
    return running !== undefined
  }
}

/** The real server's words: however it was stopped, unless the channel has been hung up. */
function successOf(channel: Channel): string {
  return channel.up ? 'success-maxtime' : 'success-silence'
}

function sidesOf(channel: Channel): RecordedSides {
  const { variables } = channel
  if (variables.isTrue('RECORD_READ_ONLY')) return 'heard'
  if (variables.isTrue('RECORD_WRITE_ONLY')) return 'spoken'
  return variables.isTrue('RECORD_STEREO') ? 'stereo' : 'both'
}
