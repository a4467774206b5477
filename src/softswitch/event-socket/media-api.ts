/** The commands of `api` that change how a channel sounds, and what is listened for on it. */
import { displace, stopDisplacing } from '../channel/applications/displace.ts'
import type { SwitchCore } from '../channel/switch-core.ts'
import { separateWords } from '../channel/words.ts'
import type { PlaySteer } from '../media/steered-source.ts'
import type { Api } from './channel-api.ts'

export const mediaApis: ReadonlyMap<string, Api> = new Map<string, Api>([
  ['avmd', avmd],
  ['tone_detect', toneDetect],
  ['uuid_audio', uuidAudio],
  ['uuid_displace', uuidDisplace],
  ['uuid_fileman', uuidFileman],
])

/** `<uuid> start read|write mute|level <level>` and `<uuid> stop`. */
function uuidAudio(core: SwitchCore, argument: string): string {
  const usage = '-USAGE: <uuid> [start [read|write] [mute|level <level>]|stop]\n'
  const [uuid = '', action, side, what, text] = argument.split(' ')
  if (action === undefined) return usage
  const channel = core.channels.get(uuid)
  if (channel === undefined) return '-ERR No such channel!\n'
  if (action.toLowerCase() === 'stop') {
    for (const one of ['read', 'write'] as const) {
      channel.stream.mute(one, false)
      channel.stream.level(one, 0)
    }
    return '+OK\n'
  }
  if (action.toLowerCase() !== 'start' || text === undefined || (side !== 'read' && side !== 'write')) return usage
  const level = Number.parseInt(text, 10) || 0
  if (what === 'mute') {
    channel.stream.level(side, 0)
    channel.stream.mute(side, level !== 0)
  } else if (what === 'level') channel.stream.level(side, level)
  else return usage
  return '+OK\n'
}

function toneDetect(core: SwitchCore, argument: string): string {
  const [uuid = '', key = '', tones, flags, timeout, application = '', data = '', hits = '1'] = separateWords(argument)
  if (tones === undefined) return ''
  const channel = core.channels.get(uuid)
  if (channel === undefined) return '-ERR Cannot locate session!\n'
  const seconds = timeout?.startsWith('+') === true ? Number.parseInt(timeout.slice(1), 10) || 0 : 0
  // A time that is past is refused without a word.
  if (timeout !== undefined && seconds <= 0) return ''
  channel.tones.start({
    key,
    tones,
    flags: flags ?? '',
    hits: Math.max(0, Number.parseInt(hits, 10) || 0),
    seconds,
    application,
    argument: data,
  })
  return `+OK Enabling tone detection '${key}' '${tones}' '${flags ?? ''}'\n`
}

/** `<uuid> start|stop <path> [<seconds>] [<flags>]`. */
async function uuidDisplace(core: SwitchCore, argument: string): Promise<string> {
  const usage = '-USAGE: <uuid> [start|stop] <path> [<limit>] [mux]\n'
  const [uuid = '', action = '', path, limit = '0', flags = ''] = separateWords(argument)
  if (path === undefined) return usage
  const channel = core.channels.get(uuid)
  if (channel === undefined) return '-ERR Cannot locate session!\n'
  switch (action.toLowerCase()) {
    case 'start': {
      const seconds = Math.max(0, Number.parseInt(limit, 10) || 0)
      return (await displace(channel, path, { seconds, flags })) ? '+OK Success\n' : '-ERR Cannot displace session!\n'
    }
    case 'stop':
      return stopDisplacing(channel, path) ? '+OK Success\n' : '-ERR Cannot stop displace session!\n'
    default:
      return usage
  }
}

/** `<uuid> pause|stop|restart|seek:<ms>|volume:<step>|speed:<step>`; steps with a sign are relative. */
function uuidFileman(core: SwitchCore, argument: string): string {
  const [uuid = '', command] = separateWords(argument)
  if (command === undefined) return '-USAGE: <uuid> <cmd>:<val>\n'
  const channel = core.channels.get(uuid)
  if (channel === undefined) return '-ERR No such channel!\n'
  const play = channel.stream.playing
  if (play === null) return '-ERR No file handle!\n'
  const order = steerOf(command)
  if (order !== null) play.steer(order)
  return '+OK\n'
}

/** @returns null for what means nothing; the real server says `+OK` to it all the same */
function steerOf(command: string): PlaySteer | null {
  const [, word = '', value] = /^([a-z]+)(?::(.*))?$/i.exec(command) ?? []
  const relative = /^[+-]/.test(value ?? '')
  const number = Number.parseInt(value ?? '', 10) || 0
  switch (word.toLowerCase()) {
    case 'pause':
      return { kind: 'pause' }
    case 'stop':
      return { kind: 'finish' }
    case 'restart':
      return { kind: 'seek', samples: 0, relative: false }
    case 'seek':
      // Milliseconds; a sign alone is a second.
      return value === undefined ? null : { kind: 'seek', samples: (number || (relative ? 1000 : 0)) * 8, relative }
    case 'volume':
    case 'speed': {
      const kind = word.toLowerCase() === 'volume' ? 'volume' : 'speed'
      return value === undefined ? null : { kind, step: number || (relative ? 1 : 0), relative }
    }
    default:
      return null
  }
}

/** mod_avmd's command, as far as it begins and ends the listening. */
function avmd(core: SwitchCore, argument: string): string {
  const usage = '-USAGE: <uuid> <start|stop|set|load|reload|show> [inbound|outbound|default]\n\n'
  const [uuid = '', action] = separateWords(argument)
  if (uuid === '') return `-ERR, bad command!\n${usage}`
  const channel = core.channels.get(uuid)
  if (channel === undefined) return `-ERR, no FreeSWITCH session for uuid [${uuid}]!\n${usage}`
  const name = `[${uuid}] [${channel.name}]`
  switch (action?.toLowerCase()) {
    case 'start':
      return channel.tones.startMachine()
        ? `+OK\n ${name} started!\n\n`
        : `-ERR, avmd for FreeSWITCH session ${name}\n already started\n\n`
    case 'stop':
      return channel.tones.stopMachine()
        ? `+OK\n ${name} stopped\n\n`
        : `+ERR, avmd has not yet been started on\n ${name}\n\n`
    default:
      return `-ERR, avmd command [${action ?? ''}] not found\n${usage}`
  }
}
