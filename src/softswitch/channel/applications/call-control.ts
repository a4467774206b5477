/** `answer`, `hangup`, `park`, `sleep`, `socket`, `set_mute`, `send_dtmf`, `start_dtmf`. */

import type { Channel } from '../channel.ts'
import { addChannelHeaders } from '../channel-event.ts'
import { isTrue } from '../channel-variables.ts'
import { digitsOf } from '../digit-string.ts'
import type { ExecuteFrame } from '../execute-stack.ts'
import { causeNamed } from '../hangup-cause.ts'
import { eventNameOf } from '../switch-event.ts'
import { takeTerminators } from './terminators.ts'

/** Ends when sound can flow: of a browser's leg, when its connection is made. */
export async function answer(channel: Channel, _argument: string, frame: ExecuteFrame): Promise<void> {
  channel.answer()
  if (channel.stream.connected === null) return
  const hungUp = new Promise<void>((resolve) => frame.onInterrupt((how) => how !== 'break' && resolve()))
  await Promise.race([channel.stream.connected, hungUp])
}

/** Argument: a cause, by name or number. */
export function hangup(channel: Channel, argument: string): void {
  void channel.hangUp(argument === '' ? 'NORMAL_CLEARING' : causeNamed(argument))
}

/**
 * Waits for the channel's end or transfer. Digits are taken, and told as events. A channel that is parked already stays
 * as it is.
 */
export async function park(channel: Channel, _argument: string, frame: ExecuteFrame): Promise<void> {
  const unpark = channel.route.park()
  if (unpark === null) return
  await new Promise<void>((resolve) => frame.onInterrupt((interruption) => interruption !== 'break' && resolve()))
  unpark()
}

/** Argument: milliseconds. A key ends it and stays for whatever follows, unless `sleep_eat_digits` is set. */
export async function sleep(channel: Channel, argument: string, frame: ExecuteFrame): Promise<void> {
  const ms = Number.parseInt(argument, 10)
  if (Number.isNaN(ms)) return
  const done = Promise.withResolvers<void>()
  const timer = setTimeout(done.resolve, Math.max(ms, 0))
  frame.onInterrupt(() => done.resolve())
  if (channel.variables.isTrue('sleep_eat_digits')) takeTerminators(channel, frame, done.resolve)
  else {
    frame.onDigit = () => {
      done.resolve()
      return false
    }
  }
  await done.promise
  clearTimeout(timer)
}

/** Argument: `<host>:<port> [async] [full]`. Connects to a client and is controlled by it until either one ends. */
export async function socket(channel: Channel, argument: string, frame: ExecuteFrame): Promise<void> {
  const control = (await channel.core.connectOutbound?.(channel, argument)) ?? null
  if (control === null) return
  if (!channel.up) {
    control.channelEnded()
    return
  }
  channel.controls.add(control)
  void control.gone.then(() => channel.controls.delete(control))
  const unpark = channel.route.park()
  // What leads it elsewhere ends the waiting, and leaves the connection: its client goes on to command.
  const led = new Promise<void>((resolve) => frame.onInterrupt((how) => how !== 'break' && resolve()))
  await Promise.race([control.gone, led])
  unpark?.()
}

/** Argument: `read|write true|false|<level>`. */
export function setMute(channel: Channel, argument: string): void {
  const [side, level] = argument.split(' ')
  if ((side === 'read' || side === 'write') && level !== undefined) channel.stream.mute(side, isTrue(level))
}

/** Argument: `12#@<ms>`. The keys leave one after the other; nothing waits for them. */
export function sendDtmf(channel: Channel, argument: string): void {
  const digits = digitsOf(argument)
  if (digits !== null) channel.leg.press(digits)
}

/** Keys that come as tones in the voice are told from now on. */
export function startDtmf(channel: Channel): void {
  channel.leg.hearTones(true)
}

export function stopDtmf(channel: Channel): void {
  channel.leg.hearTones(false)
}

/** What the real server writes to its log, or does to a channel that is answered already: nothing is left of it here. */
export function nothing(): void {}

export function flushDtmf(channel: Channel): void {
  channel.keys.flush()
}

/** Argument: `[+]<seconds> [<cause>]`. */
export function scheduleHangup(channel: Channel, argument: string): void {
  const [time = '', cause] = argument.split(' ')
  if (time !== '') channel.hangUpAt(time, cause === undefined ? 'ALLOTTED_TIMEOUT' : causeNamed(cause))
}

/** Argument: seconds, 0 ends it. */
export function enableHeartbeat(channel: Channel, argument: string): void {
  channel.beat(Number.parseInt(argument, 10) || 0, { atOnce: true })
}

export function scheduleHeartbeat(channel: Channel, argument: string): void {
  channel.beat(Number.parseInt(argument, 10) || 0, { atOnce: false })
}

/** Argument: `Event-Name=…,Event-Subclass=…,name=value,…`: an event of the channel with these headers. */
export function event(channel: Channel, argument: string): void {
  const pairs = argument.split(',').flatMap((pair) => {
    const at = pair.indexOf('=')
    return at > 0 ? [[pair.slice(0, at), pair.slice(at + 1)] as const] : []
  })
  const given = new Map(pairs.map(([name, value]) => [name.toLowerCase(), value]))
  const name = eventNameOf(given.get('event-name') ?? 'CHANNEL_APPLICATION') ?? 'CHANNEL_APPLICATION'
  const subclass = name === 'CUSTOM' ? (given.get('event-subclass') ?? null) : null
  // Not as the channel's own: its headers may name another channel.
  channel.core.bus.fire(
    name === 'ALL' ? 'CHANNEL_APPLICATION' : name,
    (made) => {
      addChannelHeaders(made, channel)
      for (const [header, value] of pairs) if (!/^event-(name|subclass)$/i.test(header)) made.add(header, value)
    },
    { subclass },
  )
}
