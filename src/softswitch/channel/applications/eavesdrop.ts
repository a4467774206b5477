/** `eavesdrop`: one channel listens in on another, and may whisper to either side of it. */
import type { SpySides } from '../../media/leg-messages.ts'
import type { Channel } from '../channel.ts'
import type { ExecuteFrame } from '../execute-stack.ts'

/** Which side a key whispers into: 1 to whom the other channel talks to, 2 to its far end, 3 both, 0 none. */
const WHISPERS: Readonly<Record<string, SpySides>> = {
  '0': { heard: false, spoken: false },
  '1': { heard: true, spoken: false },
  '2': { heard: false, spoken: true },
  '3': { heard: true, spoken: true },
}

/** How long an `eavesdrop all` that has found nobody waits before it looks again. */
const IDLE_MS = 2_000

/**
 * Argument: the other channel. Until that one ends, this one goes elsewhere, or `*` is pressed; a break does not end it,
 * and no execute begins inside. `eavesdrop_whisper_aleg` and `…_bleg` say where it whispers to begin with (keys 1 and 2),
 * `eavesdrop_bridge_aleg` and `…_bleg` which side alone it hears, `eavesdrop_enable_dtmf=false` that keys do nothing.
 *
 * `all`: every other channel, one after the other and again from the beginning, until this one is gone; `*` leads on.
 */
export async function eavesdrop(channel: Channel, argument: string, frame: ExecuteFrame): Promise<void> {
  const { channels } = channel.core
  const all = argument.toLowerCase() === 'all'
  const left = Promise.withResolvers<void>()
  let gone = false
  frame.onInterrupt(() => {
    gone = true
    left.resolve()
  })
  if (!all) {
    await spyOn(channel, channels.get(argument), frame, left.promise)
    return
  }
  frame.lock = true
  while (!gone && channel.mediaReady) {
    const others = [...channels.values()].filter((other) => other !== channel && other.up && other.mediaReady)
    for (const other of others) if (!gone && other.up) await spyOn(channel, other, frame, left.promise)
    if (others.length === 0) await idle(left.promise)
  }
}

async function idle(left: Promise<void>): Promise<void> {
  const time = Promise.withResolvers<void>()
  const timer = setTimeout(time.resolve, IDLE_MS)
  await Promise.race([left, time.promise])
  clearTimeout(timer)
}

async function spyOn(
  channel: Channel,
  other: Channel | undefined,
  frame: ExecuteFrame,
  left: Promise<void>,
): Promise<void> {
  if (other === undefined || other === channel || !other.mediaReady || !channel.mediaReady) return
  const { variables } = channel
  const sides = (kind: string): SpySides => ({
    heard: variables.isTrue(`eavesdrop_${kind}_aleg`),
    spoken: variables.isTrue(`eavesdrop_${kind}_bleg`),
  })
  const one = sides('bridge')
  frame.lock = true
  const spying = channel.leg.spy(other.leg, one.heard || one.spoken ? one : { heard: true, spoken: true })
  spying.whisper(sides('whisper'))
  const done = Promise.withResolvers<void>()
  const listensToKeys =
    variables.get('eavesdrop_enable_dtmf') === undefined || variables.isTrue('eavesdrop_enable_dtmf')
  frame.onDigit = (digit) => {
    if (!listensToKeys) return false
    const into = WHISPERS[digit]
    if (into !== undefined) spying.whisper(into)
    if (digit === '*') done.resolve()
    return true
  }
  await Promise.race([done.promise, other.ended, left])
  spying.stop()
}
