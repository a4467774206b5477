/** `playback`, `endless_playback`, and the play of one file that other applications use. */
import { extname } from 'node:path'
import type { SoundFile } from '../../media/audio-source.ts'
import type { Play, PlayOptions } from '../../media/media-leg.ts'
import type { Channel } from '../channel.ts'
import type { ExecuteFrame } from '../execute-stack.ts'
import { takeTerminators } from './terminators.ts'

/** `break`: by a key or `uuid_break`. `failed`: the channel went down, or time was up. */
export type PlayResult = 'played' | 'break' | 'not_found' | 'failed'

const RESPONSES: Readonly<Record<PlayResult, string>> = {
  played: 'FILE PLAYED',
  break: 'FILE PLAYED',
  not_found: 'FILE NOT FOUND',
  failed: 'PLAYBACK ERROR',
}

/** Pause between two files of a list, unless `playback_sleep_val` says otherwise. */
const PAUSE_MS = 250
const MOST_FILES = 128
/** What the real server reads of a file at a time, in samples at the file's rate (switch_ivr_play_say.c). */
const READ_BLOCK = 16_384

/** Argument: a file, `file@@<samples to skip>`, or files with `playback_delimiter` between them. */
export async function playback(channel: Channel, argument: string, frame: ExecuteFrame): Promise<void> {
  const [files = '', skip = ''] = argument.split('@@')
  const player = new FilePlayer(channel, frame)
  takeTerminators(channel, frame, () => player.stop())
  const result = await player.play(files, { skipSamples: Number.parseInt(skip, 10) || 0 })
  channel.variables.set('current_application_response', RESPONSES[result])
}

/**
 * Argument: a file, again and again until the channel hangs up. A break only begins the file anew, as on the real
 * server: what is to be stopped is a `playback` of something endless.
 */
export async function endlessPlayback(channel: Channel, argument: string, frame: ExecuteFrame): Promise<void> {
  const player = new FilePlayer(channel, frame)
  let result: PlayResult = 'played'
  while (channel.up && (result === 'played' || result === 'break')) result = await player.play(argument)
  channel.variables.set('current_application_response', RESPONSES[result])
}

/** Argument: `<tones>[|<loops>]`, in the language of `tone_stream`. It tells no PLAYBACK events, and sets nothing. */
export async function gentones(channel: Channel, argument: string, frame: ExecuteFrame): Promise<void> {
  const [tones = '', loops = '1'] = argument.split('|')
  if (tones === '' || !channel.mediaReady) return
  takeTerminators(channel, frame, () => play.stop())
  const play: Play = channel.leg.play(`tone_stream://${tones};loops=${Number.parseInt(loops, 10) || 1}`)
  frame.onInterrupt(() => play.stop())
  if (await play.started) await play.ended
}

/** Plays one file or a list, until its end, a break, or `stop`. */
export class FilePlayer {
  readonly #channel: Channel
  readonly #frame: ExecuteFrame
  #playing: Play | null = null
  #stopped = false
  #timedOut = false
  /** A transfer or a bridge has led the channel elsewhere. */
  #led = false
  #wake: (() => void) | null = null

  constructor(channel: Channel, frame: ExecuteFrame) {
    this.#channel = channel
    this.#frame = frame
    this.#watch()
  }

  /** Ends the play and what is left of the list. */
  stop(): void {
    this.#stopped = true
    this.#playing?.stop()
    this.#wake?.()
  }

  async play(list: string, { skipSamples = 0 } = {}): Promise<PlayResult> {
    const { variables } = this.#channel
    if (list === '' || !this.#channel.mediaReady) return 'failed'
    const delimiter = variables.get('playback_delimiter')?.charAt(0) ?? ''
    const files = delimiter === '' ? [list] : list.split(delimiter, MOST_FILES).filter((file) => file !== '')
    let left = this.#limitSamples()
    let result: PlayResult = 'played'
    let first = true
    for (const file of files) {
      if (!first) await this.#pause(Number(variables.get('playback_sleep_val') ?? PAUSE_MS))
      if (this.#stopped || !this.#channel.up) break
      const limitSamples = Math.max(left, 0)
      const one = await this.#playOne(file, { skipSamples: first ? skipSamples : 0, limitSamples })
      result = one.result
      first = false
      left -= one.samples
      if (result === 'break' && !this.#stopped) {
        this.#frame.clearBreak()
        this.#watch()
      }
    }
    // Who is hung up by us has heard the file; who has gone has not.
    if (!this.#channel.up) return this.#channel.endedBy === 'peer' ? 'failed' : 'played'
    if (this.#timedOut) return variables.isTrue('playback_timeout_as_success') ? 'played' : 'failed'
    if (this.#led) return 'failed'
    return this.#stopped ? 'break' : result
  }

  async #playOne(file: string, limits: PlayOptions): Promise<{ result: PlayResult; samples: number }> {
    const channel = this.#channel
    const path = channel.resolvePath(file)
    const uri = path.includes('://') || extname(path) !== '' ? path : `${path}.wav`
    const letIn = this.#frame.keepOut()
    this.#playing = channel.leg.play(uri, limits)
    if (this.#stopped || this.#frame.interruption !== null) this.#playing.stop()
    const type = /^(tone_stream|local_stream):/.exec(uri)?.[1] ?? null
    if (!(await this.#playing.started)) {
      letIn()
      return { result: channel.up ? 'not_found' : 'failed', samples: 0 }
    }
    channel.fire('PLAYBACK_START', (event) => {
      event.add('Playback-File-Type', type)
      event.add('Playback-File-Path', uri)
    })
    letIn()
    const { stream } = channel
    const [around, own] = [stream.playing, this.#playing]
    stream.playing = own
    const { end, samples, file: sound } = await own.ended
    if (stream.playing === own) stream.playing = around
    this.#playing = null
    if (samples >= (limits.limitSamples || Number.POSITIVE_INFINITY)) this.#timedOut = this.#stopped = true
    const { rate, read } = readOf(sound, samples)
    channel.variables.set('playback_last_offset_pos', (limits.skipSamples ?? 0) + samples)
    channel.variables.set('playback_seconds', Math.floor(read / rate))
    channel.variables.set('playback_ms', Math.floor((read * 1000) / rate))
    channel.variables.set('playback_samples', read)
    const result = end === 'completed' ? 'played' : end === 'stopped' && channel.up ? 'break' : 'failed'
    channel.fire('PLAYBACK_STOP', (event) => {
      event.add('Playback-File-Type', type)
      event.add('Playback-File-Path', uri)
      event.add('Playback-Status', result === 'break' && !this.#timedOut && !this.#led ? 'break' : 'done')
    })
    return { result, samples }
  }

  /** A break ends the file that plays; a transfer or hang-up ends everything. */
  #watch(): void {
    this.#frame.onInterrupt((interruption) => {
      if (interruption !== 'break') this.#stopped = true
      if (interruption === 'transfer') this.#led = true
      this.#playing?.stop()
      this.#wake?.()
    })
  }

  /** For all files together; 0: none. */
  #limitSamples(): number {
    const seconds = Number(this.#channel.variables.get('playback_timeout_sec') ?? 0)
    return seconds > 1 ? seconds * 8000 : 0
  }

  async #pause(ms: number): Promise<void> {
    if (!(ms > 0) || this.#stopped) return
    const done = Promise.withResolvers<void>()
    this.#wake = done.resolve
    const timer = setTimeout(done.resolve, ms)
    await done.promise
    clearTimeout(timer)
    this.#wake = null
  }
}

/** How much of a file has been read when so much of it was heard: the real server tells that, block by block. */
function readOf(file: SoundFile | null, samples: number): { rate: number; read: number } {
  if (file === null || samples === 0) return { rate: 8000, read: samples }
  const own = (count: number) => Math.floor((count * file.rate) / 8000)
  const blocks = Math.floor(own(samples) / READ_BLOCK) + 1
  return { rate: file.rate, read: Math.min(own(file.samples), blocks * READ_BLOCK) }
}
