/** `conference <name> recording …` and its older forms, in mod_conference's words. */
import type { Conference } from '../channel/conference/conference.ts'
import type { ConferenceRecordings } from '../channel/conference/conference-recordings.ts'

export type Answer = string | Promise<string>

interface RecordingCommand {
  /** @returns null when the words behind the command are wrong */
  readonly run: (conference: Conference, words: readonly string[]) => Answer | null
  readonly syntax: string
}

const withPath =
  (run: (recordings: ConferenceRecordings, path: string) => Answer): RecordingCommand['run'] =>
  ({ recordings }, [path]) =>
    path === undefined ? null : run(recordings, path)

export const recordingCommands: ReadonlyMap<string, RecordingCommand> = new Map<string, RecordingCommand>([
  ['record', { run: withPath(record), syntax: '<filename>' }],
  ['norecord', { run: withPath(noRecord), syntax: '<[filename|all]>' }],
  ['chkrecord', { run: ({ recordings }) => checkRecord(recordings), syntax: '<confname>' }],
  ['pause', { run: withPath((recordings, path) => pause(recordings, path, true)), syntax: '<filename>' }],
  ['resume', { run: withPath((recordings, path) => pause(recordings, path, false)), syntax: '<filename>' }],
  ['recording', { run: recording, syntax: '[start|stop|check|pause|resume] [<filename>|all]' }],
])

/** One form for all of them; without an action it is `record`, as before there was this one. */
function recording({ recordings }: Conference, words: readonly string[]): Answer | null {
  const [action = '', given] = words
  const path = given ?? (/^(stop|check)$/i.test(action) ? 'all' : undefined)
  if (path === undefined) return action === '' ? null : record(recordings, action)
  switch (action.toLowerCase()) {
    case 'start':
      return record(recordings, path)
    case 'stop':
      return noRecord(recordings, path)
    case 'check':
      return checkRecord(recordings)
    case 'pause':
    case 'resume':
      return pause(recordings, path, action.toLowerCase() === 'pause')
    default:
      return null
  }
}

async function record(recordings: ConferenceRecordings, path: string): Promise<string> {
  if (recordings.paths.includes(path)) return `-ERR file [${path}] is already being used for recording.\n`
  await recordings.start(path)
  return `+OK Record file ${path}\n`
}

function noRecord(recordings: ConferenceRecordings, path: string): string {
  const stopped = recordings.stop(path.toLowerCase() === 'all' ? 'all' : path)
  const lines = stopped.map((name) => `Stopped recording file ${name}\n`)
  if (stopped.length === 0 && path.toLowerCase() !== 'all') lines.push(`-ERR non-existant recording '${path}'\n`)
  return `${lines.join('')}+OK Stopped recording ${stopped.length} file${stopped.length === 1 ? '' : 's'}\n`
}

function checkRecord({ paths }: ConferenceRecordings): string {
  if (paths.length === 0) return '-ERR Conference is not being recorded.\n'
  return paths.map((path) => `+OK Record file ${path}\n`).join('')
}

function pause(recordings: ConferenceRecordings, path: string, paused: boolean): string {
  const answer = `+OK ${paused ? 'Pause' : 'Resume'} recording file ${path}\n`
  return recordings.pause(path, paused) ? answer : `${answer}-ERR non-existant recording '${path}'\n`
}
