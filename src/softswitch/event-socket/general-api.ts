/** Commands of `api` that ask no channel: words of the server, text, time. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { addChannelHeaders } from '../channel/channel-event.ts'
import { ChannelVariables } from '../channel/channel-variables.ts'
import { localDate } from '../channel/event-bus.ts'
import { causeNamed } from '../channel/hangup-cause.ts'
import type { SwitchCore } from '../channel/switch-core.ts'
import { separateWords } from '../channel/words.ts'
import type { Api } from './channel-api.ts'

const LONGEST_SLEEP_MS = 60_000
/** Of the real server's modules those whose work is done here. */
const MODULES = new Set(
  'mod_commands mod_conference mod_dialplan_xml mod_dptools mod_event_socket mod_local_stream mod_sndfile mod_sofia mod_tone_stream'.split(
    ' ',
  ),
)

/** @param run runs another command of `api` */
export function generalApis(run: (core: SwitchCore, command: string) => Promise<string>): ReadonlyMap<string, Api> {
  return new Map<string, Api>([
    ['echo', (_core, argument) => argument],
    ['eval', evaluate],
    ['expand', (core, argument) => (argument === '' ? '' : run(core, evaluate(core, argument)))],
    ['file_exists', (_core, argument) => (argument === '' ? '' : String(existsSync(argument)))],
    ['global_setvar', setGlobal],
    ['hostname', (core) => core.hostname],
    ['hupall', hangUpAll],
    ['md5', (_core, argument) => (argument === '' ? '' : createHash('md5').update(argument).digest('hex'))],
    ['module_exists', (_core, argument) => (argument === '' ? '' : String(MODULES.has(argument)))],
    ['msleep', sleep],
    ['strepoch', (_core, argument) => (argument === '' ? String(Math.floor(Date.now() / 1000)) : '')],
    ['strftime', (_core, argument) => (argument === '' ? localDate(new Date()) : '')],
    ['switchname', (core) => core.hostname],
    ['tolower', (_core, argument) => argument.toLowerCase()],
    ['toupper', (_core, argument) => argument.toUpperCase()],
    ['uptime', (core) => `${Math.floor(core.upTimeMs / 1000)}\n`],
  ])
}

/** `[uuid:<uuid> ]<text with ${names}>`: of the headers of a channel's data (`${variable_x}`), and of the server's. */
function evaluate(core: SwitchCore, argument: string): string {
  const [, uuid, text = ''] = /^uuid:(\S+) (.*)$/s.exec(argument) ?? [undefined, undefined, argument]
  const channel = uuid === undefined ? undefined : core.channels.get(uuid)
  const known = new ChannelVariables(core.globals)
  if (channel !== undefined) {
    for (const [name, value] of core.bus.make('CHANNEL_DATA', (data) => addChannelHeaders(data, channel))) {
      known.set(name, value)
    }
  }
  return known.expand(text)
}

function setGlobal(core: SwitchCore, argument: string): string {
  const at = argument.indexOf('=')
  const name = at < 0 ? argument : argument.slice(0, at)
  if (name === '') return ''
  if (at < 0) core.globals.delete(name)
  else core.globals.set(name, argument.slice(at + 1))
  return '+OK'
}

/** `[<cause>] [<variable> <value>]`: every channel, or those with that variable. */
function hangUpAll(core: SwitchCore, argument: string): string {
  const [word = '', name, value] = separateWords(argument)
  const cause = word === '' ? 'MANAGER_REQUEST' : causeNamed(word)
  for (const channel of core.channels.values()) {
    if (name === undefined || channel.variables.get(name) === value) void channel.hangUp(cause)
  }
  return name === undefined
    ? `+OK hangup all channels with cause ${cause}\n`
    : `+OK hangup all channels matching [${name}]=[${value ?? ''}] with cause: ${cause}\n`
}

async function sleep(_core: SwitchCore, argument: string): Promise<string> {
  const ms = Math.min(Math.max(Number.parseInt(argument, 10) || 0, 0), LONGEST_SLEEP_MS)
  await new Promise((resolve) => setTimeout(resolve, ms))
  return '+OK'
}
