/** `record`, `record_session`, `stop_record_session`. */
import type { Channel } from '../channel.ts'
import type { ExecuteFrame } from '../execute-stack.ts'
import { makeFolderOf } from '../record-folder.ts'
import { separateWords } from '../words.ts'
import { takeTerminators } from './terminators.ts'

const SILENCE_SECONDS = 3
const PACKETS_PER_SECOND = 50

/**
 * Argument: `<path> [limit s] [silence threshold] [silence s]`. Records what the far end says until the limit, silence,
 * a terminator or a break. A file that cannot be made ends the channel, as on the real server.
 */
export async function record(channel: Channel, argument: string, frame: ExecuteFrame): Promise<void> {
  const [path = '', limit = '', threshold = '', silence = ''] = separateWords(argument)
  if (path === '' || !channel.mediaReady) return
  const file = channel.resolvePath(path)
  const level = Number.parseInt(threshold, 10) || 0
  await makeFolderOf(file)
  const letIn = frame.keepOut()
  const recording = channel.leg.record({
    path: file,
    sides: 'heard',
    limitSamples: (Number.parseInt(limit.replace('+', ''), 10) || 0) * 8000,
    silence: {
      threshold: level,
      hits: level === 0 ? 0 : (Number.parseInt(silence, 10) || SILENCE_SECONDS) * PACKETS_PER_SECOND,
    },
  })
  frame.onInterrupt(() => recording.stop())
  takeTerminators(channel, frame, () => recording.stop())
  channel.variables.set('silence_hits_exhausted', 'false')
  if (await recording.started) channel.fire('RECORD_START', (event) => event.add('Record-File-Path', file))
  letIn()
  const { end, samples, error } = await recording.ended
  channel.variables.set('record_seconds', Math.floor(samples / 8000))
  channel.variables.set('record_ms', Math.floor(samples / 8))
  channel.variables.set('record_samples', samples)
  if (end === 'silence') channel.variables.set('silence_hits_exhausted', 'true')
  if (error === null) channel.fire('RECORD_STOP', (event) => event.add('Record-File-Path', file))
  else {
    channel.core.settings.log('recording failed', { path: file, error, uuid: channel.uuid })
    void channel.hangUp('DESTINATION_OUT_OF_ORDER')
  }
}

/** Argument: `<path> [+limit s]`. Returns when the recording runs; it goes on beside everything else. */
export async function recordSession(channel: Channel, argument: string): Promise<void> {
  const [path = '', limit = ''] = separateWords(argument)
  if (path === '') return
  const limitSeconds = limit.startsWith('+') ? Number.parseInt(limit.slice(1), 10) || 0 : 0
  const started = await channel.recordings.start(path, { limitSeconds })
  // Where it was not even tried the channel stays, as there.
  const failed = started === 'failed' && channel.variables.isTrue('RECORD_HANGUP_ON_ERROR')
  if (failed) void channel.hangUp('DESTINATION_OUT_OF_ORDER')
}

/** Argument: the path as it was given, or `all`. Returns when the file is whole. */
export async function stopRecordSession(channel: Channel, argument: string): Promise<void> {
  await channel.recordings.stop(argument)
}
