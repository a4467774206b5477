/** The headers that every event of a channel carries. Names as in FreeSWITCH's events. */
import type { Channel } from './channel.ts'
import { stateNumber } from './channel-state.ts'
import { microseconds } from './event-bus.ts'
import { KeptHeader, type SwitchEvent } from './switch-event.ts'

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
  for (const header of callerHeadersOf(channel, prefix)) event.keep(header)
}

interface CallerProfile {
  /** As they stood when it was written. */
  readonly answeredAt: Date | null
  readonly hungUpAt: Date | null
  readonly headers: ReadonlyMap<Prefix, readonly KeptHeader[]>
}

/** Nothing of a profile changes but two of its times: it is written three times a call, and not with every event. */
const profiles = new WeakMap<Channel, CallerProfile>()

function callerHeadersOf(channel: Channel, prefix: Prefix): readonly KeptHeader[] {
  const { answeredAt, hungUpAt } = channel
  const known = profiles.get(channel)
  const isTrue = known !== undefined && known.answeredAt === answeredAt && known.hungUpAt === hungUpAt
  const written = isTrue ? known.headers.get(prefix) : undefined
  if (written !== undefined) return written
  const headers = writeCallerHeaders(channel, prefix)
  profiles.set(channel, {
    answeredAt,
    hungUpAt,
    headers: new Map([...(isTrue ? known.headers : []), [prefix, headers]]),
  })
  return headers
}

function writeCallerHeaders(channel: Channel, prefix: Prefix): KeptHeader[] {
  const { caller } = channel
  const created = microseconds(channel.createdAt)
  const answered = microseconds(channel.answeredAt)
  const fields: Readonly<Record<CallerField, string>> = {
    Direction: 'inbound',
    'Logical-Direction': 'inbound',
    Username: caller.number,
    Dialplan: 'XML',
    'Caller-ID-Name': caller.name,
    'Caller-ID-Number': caller.number,
    'Orig-Caller-ID-Name': caller.name,
    'Orig-Caller-ID-Number': caller.number,
    'Network-Addr': caller.networkAddress,
    ANI: caller.number,
    'Destination-Number': caller.destination,
    'Unique-ID': channel.uuid,
    Source: 'mod_sofia',
    Context: 'default',
    'Channel-Name': channel.name,
    'Profile-Index': '1',
    'Profile-Created-Time': created,
    'Channel-Created-Time': created,
    'Channel-Answered-Time': answered,
    'Channel-Progress-Time': '0',
    'Channel-Progress-Media-Time': answered,
    'Channel-Hangup-Time': microseconds(channel.hungUpAt),
    'Channel-Transfer-Time': '0',
    'Channel-Resurrect-Time': '0',
    'Channel-Bridged-Time': '0',
    'Channel-Last-Hold': '0',
    'Channel-Hold-Accum': '0',
    'Screen-Bit': 'true',
    'Privacy-Hide-Name': 'false',
    'Privacy-Hide-Number': 'false',
  }
  return CALLER_FIELDS.map((field) => new KeptHeader(CALLER_HEADERS[prefix][field], fields[field]))
}
