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
  'CALL_UPDATE',
])

/** Adds who and in what state the channel is, then its variables when the event carries them. */
export function addChannelHeaders(event: SwitchEvent, channel: Channel): void {
  addBasicChannelHeaders(event, channel)
  if (!WITH_VARIABLES.has(event.name)) return
  channel.variables.addTo(event)
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

const CALLER_FIELDS = [
  'Direction',
  'Logical-Direction',
  'Username',
  'Dialplan',
  'Caller-ID-Name',
  'Caller-ID-Number',
  'Orig-Caller-ID-Name',
  'Orig-Caller-ID-Number',
  'Network-Addr',
  'ANI',
  'Destination-Number',
  'Unique-ID',
  'Source',
  'Context',
  'Channel-Name',
  'Profile-Index',
  'Profile-Created-Time',
  'Channel-Created-Time',
  'Channel-Answered-Time',
  'Channel-Progress-Time',
  'Channel-Progress-Media-Time',
  'Channel-Hangup-Time',
  'Channel-Transfer-Time',
  'Channel-Resurrect-Time',
  'Channel-Bridged-Time',
  'Channel-Last-Hold',
  'Channel-Hold-Accum',
  'Screen-Bit',
  'Privacy-Hide-Name',
  'Privacy-Hide-Number',
] as const

type Prefix = 'Caller' | 'Channel' | 'Other-Leg'
type CallerField = (typeof CALLER_FIELDS)[number]

/** Put together once: an event has each of them, and a name that is made anew is looked up slowly. */
const CALLER_HEADERS: Readonly<Record<Prefix, Readonly<Record<CallerField, string>>>> = {
  Caller: callerHeaders('Caller'),
  Channel: callerHeaders('Channel'),
  'Other-Leg': callerHeaders('Other-Leg'),
}

function callerHeaders(prefix: Prefix): Record<CallerField, string> {
  const named = {} as Record<CallerField, string>
  for (const field of CALLER_FIELDS) named[field] = `${prefix}-${field}`
  return named
}

/** The caller profile under a prefix: `Caller` in events, `Channel` in the answer to `connect`. */
export function addCallerHeaders(event: SwitchEvent, channel: Channel, prefix: Prefix): void {
  const { caller } = channel
  const names = CALLER_HEADERS[prefix]
  event.add(names.Direction, 'inbound')
  event.add(names['Logical-Direction'], 'inbound')
  event.add(names.Username, caller.number)
  event.add(names.Dialplan, 'XML')
  event.add(names['Caller-ID-Name'], caller.name)
  event.add(names['Caller-ID-Number'], caller.number)
  event.add(names['Orig-Caller-ID-Name'], caller.name)
  event.add(names['Orig-Caller-ID-Number'], caller.number)
  event.add(names['Network-Addr'], caller.networkAddress)
  event.add(names.ANI, caller.number)
  event.add(names['Destination-Number'], caller.destination)
  event.add(names['Unique-ID'], channel.uuid)
  event.add(names.Source, 'mod_sofia')
  event.add(names.Context, 'default')
  event.add(names['Channel-Name'], channel.name)
  event.add(names['Profile-Index'], 1)
  event.add(names['Profile-Created-Time'], microseconds(channel.createdAt))
  event.add(names['Channel-Created-Time'], microseconds(channel.createdAt))
  event.add(names['Channel-Answered-Time'], microseconds(channel.answeredAt))
  event.add(names['Channel-Progress-Time'], 0)
  event.add(names['Channel-Progress-Media-Time'], microseconds(channel.answeredAt))
  event.add(names['Channel-Hangup-Time'], microseconds(channel.hungUpAt))
  event.add(names['Channel-Transfer-Time'], 0)
  event.add(names['Channel-Resurrect-Time'], 0)
  event.add(names['Channel-Bridged-Time'], 0)
  event.add(names['Channel-Last-Hold'], 0)
  event.add(names['Channel-Hold-Accum'], 0)
  event.add(names['Screen-Bit'], 'true')
  event.add(names['Privacy-Hide-Name'], 'false')
  event.add(names['Privacy-Hide-Number'], 'false')
}
