/** `answer`, `hangup`, `park`, `sleep`, `socket`, `set_mute`, `send_dtmf`, `start_dtmf`. */

import type { Channel } from '../channel.ts'
import { isTrue } from '../channel-variables.ts'
import { digitsOf } from '../digit-string.ts'
import type { ExecuteFrame } from '../execute-stack.ts'
import { causeNamed } from '../hangup-cause.ts'
import { takeTerminators } from './terminators.ts'

/** Ends when sound can flow: of a browser's leg, when its connection is made. */
export async function answer(channel: Channel, _argument: string, frame: ExecuteFrame): Promise<void> {
  channel.answer()
  if (channel.connected === null) return
  const hungUp = new Promise<void>((resolve) => frame.onInterrupt((how) => how !== 'break' && resolve()))
  await Promise.race([channel.connected, hungUp])
}

/** Argument: a cause, by name or number. */
export function hangup(channel: Channel, argument: string): void {
  void channel.hangUp(argument === '' ? 'NORMAL_CLEARING' : causeNamed(argument))
}

/** Waits for the channel's end or transfer. Digits are taken, and told as events. */
export async function park(channel: Channel, _argument: string, frame: ExecuteFrame): Promise<void> {
  channel.fire('CHANNEL_PARK')
  await new Promise<void>((resolve) => frame.onInterrupt((interruption) => interruption !== 'break' && resolve()))
  channel.fire('CHANNEL_UNPARK')
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
  channel.control = control
  channel.fire('CHANNEL_PARK')
  const hungUp = new Promise<void>((resolve) => frame.onInterrupt((how) => how === 'hangup' && resolve()))
  await Promise.race([control.gone, hungUp])
  channel.fire('CHANNEL_UNPARK')
}

/** Argument: `read|write true|false|<level>`. */
export function setMute(channel: Channel, argument: string): void {
  const [side, level] = argument.split(' ')
  if ((side === 'read' || side === 'write') && level !== undefined) channel.mute(side, isTrue(level))
}

/** Argument: `12#@<ms>`. The keys leave one after the other; nothing waits for them. */
export function sendDtmf(channel: Channel, argument: string): void {
  const digits = digitsOf(argument)
  if (digits !== null) channel.leg.press(digits)
}

/** Keys that are tones in the voice are not looked for: every telephone here sends telephone-events. */
export function startDtmf(): void {}
