/** The `sched_…` commands of `api`. */
import { causeNamed } from '../channel/hangup-cause.ts'
import { timeOf } from '../channel/schedule.ts'
import type { SwitchCore } from '../channel/switch-core.ts'
import { scheduleTransfer } from '../channel/transfer-order.ts'
import { separateWords } from '../channel/words.ts'
import type { Api } from './channel-api.ts'

type Run = (core: SwitchCore, command: string) => Promise<string>

/** @param run runs another command of `api` */
export function scheduleApis(run: Run): ReadonlyMap<string, Api> {
  return new Map<string, Api>([
    ['sched_api', (core, argument) => scheduleApi(core, argument, run)],
    ['sched_broadcast', (core, argument) => scheduleBroadcast(core, argument, run)],
    ['sched_del', (core, argument) => `+OK Deleted: ${remove(core, argument)}\n`],
    ['sched_hangup', scheduleHangup],
    ['sched_transfer', scheduleTransferTo],
    ['unsched_api', unschedule],
  ])
}

/** `[+@]<time> <group> <command>[&]`; `@` repeats. What the command answers nobody hears. */
function scheduleApi(core: SwitchCore, argument: string, run: Run): string {
  const [, time, group, command] = /^(\S+) (\S+) (.+)$/s.exec(argument) ?? []
  if (time === undefined || group === undefined || command === undefined) {
    return '-ERR Invalid syntax. USAGE: [+@]<time> <group_name> <command_string>[&]\n'
  }
  const id = core.schedule.add({
    at: timeOf(time),
    group,
    description: 'sched_api_function',
    everySeconds: time.startsWith('@') ? Math.max(Number.parseInt(time.slice(1), 10) || 0, 0) : 0,
    run: () => void quietly(core, run(core, command.replace(/&$/, ''))),
  })
  return `+OK Added: ${id}\n`
}

function scheduleHangup(core: SwitchCore, argument: string): string {
  const [time = '', uuid = '', cause] = separateWords(argument)
  if (time === '') return '-USAGE: [+]<time> <uuid> [<cause>]\n'
  const channel = core.channels.get(uuid)
  if (channel === undefined) return '-ERR No such channel!\n'
  channel.hangUpAt(time, cause === undefined ? 'ALLOTTED_TIMEOUT' : causeNamed(cause))
  return '+OK\n'
}

function scheduleTransferTo(core: SwitchCore, argument: string): string {
  const [time = '', uuid = '', ...words] = separateWords(argument)
  if (words.length === 0) return '-USAGE: [+]<time> <uuid> <extension> [<dialplan>] [<context>]\n'
  const channel = core.channels.get(uuid)
  if (channel === undefined) return '-ERR No such channel!\n'
  scheduleTransfer(channel, time, words)
  return '+OK\n'
}

function scheduleBroadcast(core: SwitchCore, argument: string, run: Run): string {
  const [time = '', uuid = '', path, leg = 'aleg'] = separateWords(argument)
  if (path === undefined) return '-USAGE: [[+]<time>|@time] <uuid> <path> [aleg|bleg|both]\n'
  core.schedule.add({
    at: timeOf(time),
    group: uuid,
    description: 'switch_ivr_schedule_broadcast',
    run: () => void quietly(core, run(core, `uuid_broadcast ${uuid} ${path} ${leg}`)),
  })
  return '+OK Message scheduled\n'
}

/** A task's number, or a group. */
function remove(core: SwitchCore, argument: string): number {
  if (/^\d+$/.test(argument)) return core.schedule.remove(Number(argument)) ? 1 : 0
  return core.schedule.removeGroup(argument)
}

function unschedule(core: SwitchCore, argument: string): string {
  const id = Number.parseInt(argument, 10) || 0
  if (id === 0) return ''
  return core.schedule.remove(id) ? '+OK\n' : '-ERR No such id\n'
}

async function quietly(core: SwitchCore, work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => core.settings.log('fault in a scheduled command', { error: String(error) }))
}
