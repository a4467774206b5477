/** `transfer`, `sched_transfer`, `sched_broadcast`. */
import { randomUUID } from 'node:crypto'
import type { Channel } from '../channel.ts'
import { timeOf } from '../schedule.ts'
import { scheduleTransfer as schedule, transfer } from '../transfer-order.ts'
import { separateWords } from '../words.ts'

/** Argument: `[-bleg|-both] <extension> [<dialplan>] [<context>]`. */
export function transferTo(channel: Channel, argument: string): void {
  transfer(channel, separateWords(argument))
}

/** Argument: `[+]<time> <extension> [<dialplan>] [<context>]`. */
export function scheduleTransfer(channel: Channel, argument: string): void {
  const [time = '', ...words] = separateWords(argument)
  if (words.length > 0) schedule(channel, time, words)
}

/** Argument: `[+]<time> <file> [aleg|bleg|both]`, or `<application>::<argument>` for the file. */
export function scheduleBroadcast(channel: Channel, argument: string): void {
  const [time = '', what = '', leg = 'aleg'] = separateWords(argument)
  if (what === '') return
  const at = what.indexOf('::')
  const order = { application: at < 0 ? 'playback' : what.slice(0, at), argument: at < 0 ? what : what.slice(at + 2) }
  channel.core.schedule.add({
    at: timeOf(time),
    group: channel.uuid,
    description: 'switch_ivr_schedule_broadcast',
    run: () => {
      const peer = channel.bridge?.peerOf(channel)
      const legs = [...(/aleg|both/i.test(leg) ? [channel] : []), ...(/bleg|both/i.test(leg) ? [peer] : [])]
      for (const one of legs) one?.execute({ ...order, uuid: randomUUID(), lock: true, loops: 1 })
    },
  })
}
