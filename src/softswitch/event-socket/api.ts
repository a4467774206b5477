/** The commands of `api` and `bgapi`. Answers are the real server's, to the letter: clients parse them. */
import { randomUUID } from 'node:crypto'
import { SWITCH_VERSION, type SwitchCore, upTimeText } from '../channel/switch-core.ts'
import { type Api, channelApis } from './channel-api.ts'
import { conferenceApi } from './conference-api.ts'
import { generalApis } from './general-api.ts'
import { mediaApis } from './media-api.ts'
import { scheduleApis } from './schedule-api.ts'
import { show } from './show-api.ts'

const LINE = '='.repeat(97)

const APIS: ReadonlyMap<string, Api> = new Map<string, Api>([
  ...channelApis,
  ...generalApis(runApi),
  ...mediaApis,
  ...scheduleApis(runApi),
  ['conference', conferenceApi],
  ['create_uuid', () => randomUUID()],
  ['global_getvar', globalVariable],
  ['show', show],
  ['sofia', sofia],
  ['status', status],
  ['version', version],
])

/** @param command name and arguments @returns the answer's text */
export async function runApi(core: SwitchCore, command: string): Promise<string> {
  const at = command.indexOf(' ')
  const name = at < 0 ? command : command.slice(0, at)
  const api = APIS.get(name.toLowerCase())
  if (api === undefined) return `-ERR ${name} Command not found!\n`
  return await api(core, at < 0 ? '' : command.slice(at + 1).trim())
}

function globalVariable(core: SwitchCore, argument: string): string {
  if (argument !== '') return core.globals.get(argument) ?? ''
  return [...core.globals].map(([name, value]) => `${name}=${value}\n`).join('')
}

function version(_core: SwitchCore, argument: string): string {
  if (argument.toLowerCase().startsWith('short')) return `${SWITCH_VERSION.split('-')[0]}\n`
  return `FreeSWITCH Version ${SWITCH_VERSION} (${SWITCH_VERSION})\n`
}

function status(core: SwitchCore): string {
  const { sessions, channels } = core
  return [
    `UP ${upTimeText(core.upTimeMs)}`,
    `FreeSWITCH (Version ${SWITCH_VERSION}) is ready`,
    `${sessions.total} session(s) since startup`,
    `${channels.size} session(s) - peak ${sessions.peakConcurrent}, last 5min ${sessions.peakConcurrent} `,
    `${sessions.lastSecond} session(s) per Sec out of max ${sessions.limitPerSecond}, peak ${sessions.peakPerSecond}, last 5min ${sessions.peakPerSecond} `,
    `${core.settings.maxSessions} session(s) max`,
    `min idle cpu 0.00/${core.idleCpuPercent.toFixed(2)}`,
    '',
  ].join('\n')
}

/** `sofia status`: where the profiles listen. Clients find the media server's SIP address in it. */
function sofia(core: SwitchCore, argument: string): string {
  const [word = '', what, name] = argument.split(' ')
  if (word.toLowerCase() !== 'status') return `Unknown Command [${word}]\n`
  if (what === 'profile' && core.profiles.every((profile) => profile.name !== name)) return 'Invalid Profile!\n'
  const rows = core.profiles.map(({ name, address, port, calls }) => {
    const url = `sip:mod_sofia@${address}:${port}`
    return `${name.padStart(25)}\tprofile\t  ${url.padStart(40)}\tRUNNING (${calls})\n`
  })
  const count = rows.length
  return `${'Name'.padStart(25)}\t   Type\t  ${'Data'.padStart(40)}\tState\n${LINE}\n${rows.join('')}${LINE}\n${count} profile${count === 1 ? '' : 's'} 0 aliases\n`
}
