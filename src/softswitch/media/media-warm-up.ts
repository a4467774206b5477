/** Two legs that talk to each other before the first call, so that the hot paths are compiled by then. */
import { setImmediate as turnOfTheLoop } from 'node:timers/promises'
import type { LegStream } from './leg-messages.ts'
import { toneStream } from './tone-stream.ts'
import type { WorkerLeg } from './worker-leg.ts'

const TICKS = 200
/** Then datagrams are let in. */
const TICKS_A_TURN = 10

/** Does not close them. @param address where both are */
export async function warmUp(one: WorkerLeg, other: WorkerLeg, address: string): Promise<void> {
  talkTo(one, other, address)
  talkTo(other, one, address)
  for (let tick = 0; tick < TICKS; tick++) {
    one.hear()
    other.hear()
    one.speak()
    other.speak()
    if (tick % TICKS_A_TURN === 0) await turnOfTheLoop()
  }
}

function talkTo(leg: WorkerLeg, peer: WorkerLeg, remoteAddress: string): void {
  const stream: LegStream = {
    law: 'PCMA',
    payloadType: 8,
    telephoneEventType: 101,
    remoteAddress,
    remotePort: peer.socket.port,
    rtcp: null,
    send: true,
    receive: true,
    timeoutMs: 0,
  }
  leg.negotiate(stream)
  const tone = toneStream(`%(${TICKS * 20},0,400)`)
  if (tone !== null) leg.play(0, tone)
}
