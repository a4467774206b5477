/** The `uuid_…` commands of `api`. */
import { randomUUID } from 'node:crypto'
import { Bridge } from '../channel/bridge.ts'
import type { Channel } from '../channel/channel.ts'
import { addChannelHeaders } from '../channel/channel-event.ts'
import { isTrue } from '../channel/channel-variables.ts'
import { digitsOf } from '../channel/digit-string.ts'
import { causeNamed } from '../channel/hangup-cause.ts'
import type { SwitchCore } from '../channel/switch-core.ts'
import { transfer } from '../channel/transfer-order.ts'
import { separateWords } from '../channel/words.ts'

export type Api = (core: SwitchCore, argument: string) => string | Promise<string>

const NO_CHANNEL = '-ERR No such channel!\n'
const DEFAULT_HEARTBEAT_S = 60

export const channelApis: ReadonlyMap<string, Api> = new Map<string, Api>([
  ['uuid_break', uuidBreak],
  ['uuid_bridge', uuidBridge],
  ['uuid_broadcast', uuidBroadcast],
  ['uuid_dump', uuidDump],
  ['uuid_exists', (core, argument) => String(core.channels.has(argument))],
  ['uuid_flush_dtmf', uuidFlushDtmf],
  ['uuid_getvar', uuidGetVariable],
  ['uuid_hold', uuidHold],
  ['uuid_kill', uuidKill],
  ['uuid_park', uuidPark],
  ['uuid_record', uuidRecord],
  ['uuid_recv_dtmf', uuidReceiveDtmf],
  ['uuid_send_dtmf', uuidSendDtmf],
  ['uuid_session_heartbeat', uuidSessionHeartbeat],
  ['uuid_set_media_stats', uuidSetMediaStats],
  ['uuid_setvar', uuidSetVariable],
  ['uuid_setvar_multi', uuidSetVariables],
  ['uuid_transfer', uuidTransfer],
])

function uuidBreak(core: SwitchCore, argument: string): string {
  const [uuid = '', ...flags] = separateWords(argument)
  if (uuid === '') return '-USAGE: <uuid> [all]\n'
  const channel = core.channels.get(uuid)
  if (channel === undefined) return NO_CHANNEL
  channel.break({ all: flags.join(' ').includes('all') })
  return '+OK\n'
}

/**
 * `<uuid> <file>` or `<uuid> <application>::<argument>`, with a lock: the next execute waits. `<application>!<cause>`
 * hangs up behind it. In a bridge `bleg` is the other one, and `both` are both; `holdb` does nothing.
 */
function uuidBroadcast(core: SwitchCore, argument: string): string {
  const [uuid = '', what, leg = 'aleg'] = separateWords(argument)
  if (what === undefined) return '-USAGE: <uuid> <path> [aleg|bleg|holdb|both]\n'
  const channel = core.channels.get(uuid)
  if (channel === undefined) return '-ERR invalid uuid\n'
  const at = what.indexOf('::')
  const [application = '', cause] = (at < 0 ? 'playback' : what.slice(0, at)).split('!')
  const execute = (one: Channel, name: string, data: string): boolean =>
    one.execute({ application: name, argument: data, uuid: randomUUID(), lock: true, loops: 1 })
  const peer = channel.bridge?.peerOf(channel)
  const data = at < 0 ? what : what.slice(at + 2)
  if (/aleg|both/i.test(leg)) execute(channel, application, data)
  if (/bleg|both/i.test(leg) && peer !== undefined) execute(peer, application, data)
  if (cause !== undefined) execute(channel, 'hangup', cause === '' ? 'normal_clearing' : cause)
  return '+OK Message sent\n'
}

/** `<uuid> <other_uuid> [<other_uuid>]`: the second other one is taken when the first cannot be. */
function uuidBridge(core: SwitchCore, argument: string): string {
  const [uuid = '', ...others] = separateWords(argument)
  if (others.length === 0) return '-USAGE: <uuid> <other_uuid>\n'
  const channel = core.channels.get(uuid)
  for (const name of others.slice(0, 2)) {
    const other = core.channels.get(name)
    if (channel !== undefined && other !== undefined && Bridge.begin(channel, other)) return `+OK ${name}\n`
  }
  return '-ERR Invalid uuid\n'
}

/**
 * `<uuid> [-bleg|-both] <extension> [<dialplan>] [<context>]`: the channel, or the one it talks to, or both, go on there:
 * `park inline`, `conference:room@default,hangup inline`, or any number of the dialplan, whose extension takes them all.
 */
function uuidTransfer(core: SwitchCore, argument: string): string {
  const [uuid = '', ...words] = separateWords(argument)
  if (words.length < 1 || words.length > 4) {
    return '-USAGE: <uuid> [-bleg|-both] <dest-exten> [<dialplan>] [<context>]\n'
  }
  const channel = core.channels.get(uuid)
  if (channel === undefined) return NO_CHANNEL
  return transfer(channel, words) ? '+OK\n' : '-ERR\n'
}

/** `[off|toggle] <uuid> [<display>]`: the far end waits, or is taken back. */
function uuidHold(core: SwitchCore, argument: string): string {
  const words = separateWords(argument)
  const how = ['off', 'toggle'].includes(words[0]?.toLowerCase() ?? '') ? words[0]?.toLowerCase() : undefined
  const uuid = words[how === undefined ? 0 : 1]
  if (words.length === 0) return '-USAGE: [off|toggle] <uuid> [<display>]\n-ERR Operation failed\n'
  const channel = core.channels.get(uuid ?? '')
  const held = how === undefined || (how === 'toggle' && channel?.holding === false)
  return channel?.hold(held) === true ? '+OK Success\n' : '-ERR Operation failed\n'
}

/** `<uuid>`: waits under control, in no application. */
function uuidPark(core: SwitchCore, argument: string): string {
  return core.channels.get(argument)?.route.stand() === true ? '+OK\n' : NO_CHANNEL
}

function uuidDump(core: SwitchCore, argument: string): string {
  const [uuid = '', format = 'txt'] = separateWords(argument)
  if (uuid === '') return '-USAGE: <uuid> [format]\n'
  const channel = core.channels.get(uuid)
  if (channel === undefined) return NO_CHANNEL
  const event = core.bus.make('CHANNEL_DATA', (data) => addChannelHeaders(data, channel))
  switch (format.toLowerCase()) {
    case 'json':
      return event.toJson()
    case 'xml':
      return event.toXml()
    case 'plain':
      return event.toBracketed()
    default:
      return event.toPlain()
  }
}

function uuidFlushDtmf(core: SwitchCore, argument: string): string {
  const channel = core.channels.get(argument)
  if (channel === undefined) return '-ERR No such session\n'
  channel.keys.flush()
  return '+OK\n'
}

function uuidGetVariable(core: SwitchCore, argument: string): string {
  const [uuid = '', name] = separateWords(argument)
  if (name === undefined) return '-USAGE: <uuid> <var>\n'
  const channel = core.channels.get(uuid)
  return channel === undefined ? NO_CHANNEL : (channel.variables.get(name) ?? '_undef_')
}

function uuidKill(core: SwitchCore, argument: string): string {
  const [uuid = '', cause = 'NORMAL_CLEARING'] = separateWords(argument)
  if (uuid === '') return '-USAGE: <uuid> [cause]\n'
  const channel = core.channels.get(uuid)
  if (channel === undefined) return NO_CHANNEL
  void channel.hangUp(causeNamed(cause))
  return '+OK\n'
}

async function uuidRecord(core: SwitchCore, argument: string): Promise<string> {
  const usage = '-USAGE: <uuid> [start|stop|mask|unmask] <path> [<limit>] [<recording_vars>]\n'
  const [uuid = '', action = '', path, limit = '0'] = separateWords(argument)
  if (path === undefined) return usage
  const channel = core.channels.get(uuid)
  if (channel === undefined) return '-ERR Cannot locate session!\n'
  const done = (success: boolean, what: string): string =>
    success ? '+OK Success\n' : `-ERR Cannot ${what} session!\n`
  switch (action.toLowerCase()) {
    case 'start': {
      const limitSeconds = Number.parseInt(limit, 10) || 0
      return done((await channel.recordings.start(path, { limitSeconds })) === 'runs', 'record')
    }
    case 'stop':
      return done(await channel.recordings.stop(path), 'stop record')
    case 'mask':
      return done(channel.recordings.mask(path, true), 'mask recording')
    case 'unmask':
      return done(channel.recordings.mask(path, false), 'unmask recording')
    default:
      return usage
  }
}

function uuidReceiveDtmf(core: SwitchCore, argument: string): string {
  const [uuid = '', text] = separateWords(argument)
  if (text === undefined) return '-USAGE: <uuid> <dtmf_data>\n'
  const channel = core.channels.get(uuid)
  if (channel === undefined) return '-ERR Cannot locate session!\n'
  const digits = digitsOf(text)
  if (digits === null || digits.length === 0) return '-USAGE: <uuid> <dtmf_data>\n'
  for (const digit of digits) channel.keys.receive({ ...digit, source: 'APP' })
  return `+OK ${uuid} received DTMF ${text}.\n`
}

function uuidSendDtmf(core: SwitchCore, argument: string): string {
  const [uuid = '', text] = separateWords(argument)
  if (text === undefined) return '-USAGE: <uuid> <dtmf_data>\n'
  const channel = core.channels.get(uuid)
  if (channel === undefined) return '-ERR Cannot locate session!\n'
  const digits = digitsOf(text)
  if (digits === null || !channel.mediaReady) return '-ERR Operation failed\n'
  channel.leg.press(digits)
  return `+OK ${uuid} sent DTMF ${text}.\n`
}

/** `<uuid> [sched] <seconds>|on|off`: `sched` begins with the interval, else at once. */
function uuidSessionHeartbeat(core: SwitchCore, argument: string): string {
  const syntax = 'USAGE: uuid_session_heartbeat <uuid> [sched] [0|<seconds>]\n'
  const [uuid = '', ...words] = separateWords(argument)
  if (words.length === 0) return `-${syntax}`
  const channel = core.channels.get(uuid)
  if (channel === undefined) return `-ERR Cannot locate session. ${syntax}`
  const scheduled = words[0]?.toLowerCase() === 'sched'
  const word = (scheduled ? words[1] : words[0]) ?? ''
  const seconds = /^\d+$/.test(word) ? Number(word) || DEFAULT_HEARTBEAT_S : isTrue(word) ? DEFAULT_HEARTBEAT_S : 0
  channel.beat(seconds, { atOnce: !scheduled })
  return '+OK\n'
}

async function uuidSetMediaStats(core: SwitchCore, argument: string): Promise<string> {
  if (argument === '') return '-USAGE: <uuid>\n'
  const channel = core.channels.get(argument)
  if (channel === undefined) return `-ERR No such channel ${argument}!\n`
  await channel.stream.noteStats()
  return '+OK:\n'
}

function uuidSetVariable(core: SwitchCore, argument: string): string {
  const [uuid = '', name, ...values] = separateWords(argument)
  if (name === undefined) return '-USAGE: <uuid> <var> [value]\n'
  const channel = core.channels.get(uuid)
  if (channel === undefined) return NO_CHANNEL
  channel.variables.set(name, values.join(' '))
  return '+OK\n'
}

function uuidSetVariables(core: SwitchCore, argument: string): string {
  const usage = '-USAGE: <uuid> <var>=<value>;<var>=<value>...\n'
  if (argument === '') return usage
  const at = argument.indexOf(' ')
  if (at < 0) return ''
  const channel = core.channels.get(argument.slice(0, at))
  if (channel === undefined) return `${NO_CHANNEL}${usage}`
  return setPairs(channel, argument.slice(at + 1).split(';')) ? '+OK\n' : usage
}

function setPairs(channel: Channel, pairs: readonly string[]): boolean {
  let any = false
  for (const pair of pairs) {
    const at = pair.indexOf('=')
    const name = at < 0 ? pair : pair.slice(0, at)
    if (name === '') continue
    channel.variables.set(name, at < 0 ? null : pair.slice(at + 1))
    any = true
  }
  return any
}
