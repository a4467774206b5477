/** `show channels` and `show calls`: every channel as a row, as text or as JSON. */
import type { Channel } from '../channel/channel.ts'
import { localDate } from '../channel/event-bus.ts'
import type { SwitchCore } from '../channel/switch-core.ts'

/** `show channels|calls [count] [as json|delim <delimiter>]`; a call is a pair of channels, and there are none yet. */
export function show(core: SwitchCore, argument: string): string {
  const words = argument.split(' ').filter((word) => word !== '')
  const [what = ''] = words
  if (what !== 'channels' && what !== 'calls') {
    return '-USAGE: codec|endpoint|application|api|dialplan|file|timer|calls [count]|channels [count|like <match string>]|calls|detailed_calls|bridged_calls|detailed_bridged_calls|aliases|complete|chat|management|modules|nat_map|say|interfaces|interface_types|tasks|limits|status\n'
  }
  const like = words[1] === 'like' ? (words[2] ?? '') : ''
  const rows = [...core.channels.values()]
    .filter((channel) => like === '' || channel.uuid.includes(like) || channel.name.includes(like))
    .map((channel) => rowOf(channel, core))
  const as = words.indexOf('as')
  const format = as < 0 ? 'delim' : (words[as + 1] ?? '').toLowerCase()
  if (words[1] === 'count') {
    return format === 'json' ? JSON.stringify({ row_count: rows.length }) : `\n${rows.length} total.\n`
  }
  if (format === 'json') {
    return rows.length === 0 ? '{"row_count": 0}\n' : JSON.stringify({ row_count: rows.length, rows })
  }
  if (format !== 'delim' && format !== 'csv') return `-ERR Cannot find format ${format}\n`
  const delimiter = as < 0 ? ',' : (words[as + 2] ?? ',')
  const [first] = rows
  const lines = rows.map((row) => Object.values(row).join(delimiter))
  const title = first === undefined ? [] : [Object.keys(first).join(delimiter)]
  return `${[...title, ...lines].map((line) => `${line}\n`).join('')}\n${rows.length} total.\n`
}

/** Columns of the real server's table, in its order. */
function rowOf(channel: Channel, core: SwitchCore): Record<string, string> {
  const { caller, variables, running } = channel
  const codec = channel.stream.audio?.law ?? ''
  const rate = codec === '' ? '' : '8000'
  const bitRate = codec === '' ? '' : '64000'
  return {
    uuid: channel.uuid,
    direction: 'inbound',
    created: localDate(channel.createdAt),
    created_epoch: String(Math.floor(channel.createdAt.getTime() / 1000)),
    name: channel.name,
    state: channel.state.machine,
    cid_name: caller.name,
    cid_num: caller.number,
    ip_addr: caller.networkAddress,
    dest: caller.destination,
    application: running?.application ?? variables.get('current_application') ?? '',
    application_data: variables.get('current_application_data') ?? '',
    dialplan: 'XML',
    context: 'default',
    read_codec: codec,
    read_rate: rate,
    read_bit_rate: bitRate,
    write_codec: codec,
    write_rate: rate,
    write_bit_rate: bitRate,
    secure: '',
    hostname: core.hostname,
    presence_id: '',
    presence_data: variables.get('presence_data') ?? '',
    accountcode: variables.get('accountcode') ?? '',
    callstate: channel.state.call,
    callee_name: '',
    callee_num: '',
    callee_direction: '',
    call_uuid: channel.uuid,
    sent_callee_name: '',
    sent_callee_num: '',
    initial_cid_name: caller.name,
    initial_cid_num: caller.number,
    initial_ip_addr: caller.networkAddress,
    initial_dest: caller.destination,
    initial_dialplan: 'XML',
    initial_context: 'default',
  }
}
