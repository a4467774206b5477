/** `[-bleg|-both] <extension> [<dialplan>] [<context>]`: who is sent where, for `transfer`, `uuid_transfer` and what schedules them. */
import type { Channel } from './channel.ts'
import { stepsTo } from './dialplan.ts'
import { timeOf } from './schedule.ts'

/** @returns false when it says nothing, or the channel cannot go */
export function transfer(channel: Channel, words: readonly string[]): boolean {
  const leg = words[0]?.startsWith('-') === true ? words[0].toLowerCase() : ''
  const [target = '', dialplan, context] = words.slice(leg === '' ? 0 : 1)
  if (target === '') return false
  const steps = stepsTo(target, { dialplan, context })
  const peer = channel.bridge?.peerOf(channel)
  if (leg === '-bleg') return peer?.route.transfer(steps) ?? false
  if (leg === '-both' && peer !== undefined) {
    for (const one of [channel, peer]) {
      one.state.headFor('CS_ROUTING')
      one.otherLeg = null
    }
    channel.bridge?.part(channel, { both: true })
    peer.route.transfer(steps)
  }
  return channel.route.transfer(steps)
}

/** @param time `+<seconds>` or seconds since 1970 */
export function scheduleTransfer(channel: Channel, time: string, words: readonly string[]): void {
  channel.core.schedule.add({
    at: timeOf(time),
    group: channel.uuid,
    description: 'switch_ivr_schedule_transfer',
    run: () => void transfer(channel, words),
  })
}
