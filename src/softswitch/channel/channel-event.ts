/** The headers that every event of a channel carries. Names as in FreeSWITCH's events. */
import type { Channel } from './channel.ts'
import { stateNumber } from './channel-state.ts'
import { microseconds } from './event-bus.ts'
import type { SwitchEvent } from './switch-event.ts'

/** Events that carry the channel's variables, too. */
const WITH_VARIABLES: ReadonlySet<string> = new Set([
  'CHANNEL_CREATE',
  'CHANNEL_ANSWER',
  'CHANNEL_PARK',
  'CHANNEL_UNPARK',
  'CHANNEL_BRIDGE',
  'CHANNEL_UNBRIDGE',
  'CHANNEL_PROGRESS',
  'CHANNEL_PROGRESS_MEDIA',
  'CHANNEL_HANGUP',
  'CHANNEL_HANGUP_COMPLETE',
  'CHANNEL_DATA',
  'CHANNEL_EXECUTE',
  'CHANNEL_EXECUTE_COMPLETE',
  'CHANNEL_DESTROY',
  'CHANNEL_HOLD',
  'CHANNEL_UNHOLD',
  'SESSION_HEARTBEAT',
  'RECORD_START',
  'RECORD_STOP',
  'PLAYBACK_START',
  'PLAYBACK_STOP',
])

/** Adds who and in what state the channel is, then its variables when the event carries them. */
export function addChannelHeaders(event: SwitchEvent, channel: Channel): void {
  addBasicChannelHeaders(event, channel)
  if (!WITH_VARIABLES.has(event.name)) return
  for (const [name, value] of channel.variables) event.add(`variable_${name}`, value)
}

/** Adds who and in what state the channel is. */
export function addBasicChannelHeaders(event: SwitchEvent, channel: Channel): void {
  event.add('Channel-State', channel.state.machine)
  event.add('Channel-Call-State', channel.state.call)
  const { number } = channel.state
  event.add('Channel-State-Number', channel.up ? number : Math.max(number, stateNumber('CS_HANGUP')))
  event.add('Channel-Name', channel.name)
  event.add('Unique-ID', channel.uuid)
  event.add('Call-Direction', 'inbound')
  event.add('Presence-Call-Direction', 'inbound')
  event.add('Channel-HIT-Dialplan', 'true')
  event.add('Channel-Call-UUID', channel.variables.get('call_uuid') ?? channel.uuid)
  event.add(
    'Answer-State',
    channel.hangupCause !== null ? 'hangup' : channel.answeredAt === null ? 'ringing' : 'answered',
  )
  event.add('Hangup-Cause', channel.hangupCause)
  const law = channel.stream.audio?.law
  if (law !== undefined) {
    for (const side of ['Read', 'Write']) {
      event.add(`Channel-${side}-Codec-Name`, law)
      event.add(`Channel-${side}-Codec-Rate`, 8000)
      event.add(`Channel-${side}-Codec-Bit-Rate`, 64_000)
    }
  }
  addCallerHeaders(event, channel, 'Caller')
  const { otherLeg } = channel
  if (otherLeg === null) return
  event.add('Other-Type', otherLeg.type)
  addCallerHeaders(event, otherLeg.channel, 'Other-Leg')
}

/** The caller profile under a prefix: `Caller` in events, `Channel` in the answer to `connect`. */
export function addCallerHeaders(event: SwitchEvent, channel: Channel, prefix: string): void {
  const { caller } = channel
  event.add(`${prefix}-Direction`, 'inbound')
  event.add(`${prefix}-Logical-Direction`, 'inbound')
  event.add(`${prefix}-Username`, caller.number)
  event.add(`${prefix}-Dialplan`, 'XML')
  event.add(`${prefix}-Caller-ID-Name`, caller.name)
  event.add(`${prefix}-Caller-ID-Number`, caller.number)
  event.add(`${prefix}-Orig-Caller-ID-Name`, caller.name)
  event.add(`${prefix}-Orig-Caller-ID-Number`, caller.number)
  event.add(`${prefix}-Network-Addr`, caller.networkAddress)
  event.add(`${prefix}-ANI`, caller.number)
  event.add(`${prefix}-Destination-Number`, caller.destination)
  event.add(`${prefix}-Unique-ID`, channel.uuid)
  event.add(`${prefix}-Source`, 'mod_sofia')
  event.add(`${prefix}-Context`, 'default')
  event.add(`${prefix}-Channel-Name`, channel.name)
  event.add(`${prefix}-Profile-Index`, 1)
  event.add(`${prefix}-Profile-Created-Time`, microseconds(channel.createdAt))
  event.add(`${prefix}-Channel-Created-Time`, microseconds(channel.createdAt))
  event.add(`${prefix}-Channel-Answered-Time`, microseconds(channel.answeredAt))
  event.add(`${prefix}-Channel-Progress-Time`, 0)
  event.add(`${prefix}-Channel-Progress-Media-Time`, microseconds(channel.answeredAt))
  event.add(`${prefix}-Channel-Hangup-Time`, microseconds(channel.hungUpAt))
  event.add(`${prefix}-Channel-Transfer-Time`, 0)
  event.add(`${prefix}-Channel-Resurrect-Time`, 0)
  event.add(`${prefix}-Channel-Bridged-Time`, 0)
  event.add(`${prefix}-Channel-Last-Hold`, 0)
  event.add(`${prefix}-Channel-Hold-Accum`, 0)
  event.add(`${prefix}-Screen-Bit`, 'true')
  event.add(`${prefix}-Privacy-Hide-Name`, 'false')
  event.add(`${prefix}-Privacy-Hide-Number`, 'false')
}
