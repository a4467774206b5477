/** Messages that one leg carries out at once, by itself. */
import { earFor } from './ears.ts'
import type { ToWorker } from './leg-messages.ts'
import type { WorkerLeg } from './worker-leg.ts'

export type LegOrder = Extract<
  ToWorker,
  {
    type:
      | 'negotiate'
      | 'maskRecord'
      | 'press'
      | 'flushPresses'
      | 'hearTones'
      | 'mute'
      | 'idleSilence'
      | 'listen'
      | 'stopListening'
      | 'steerPlay'
      | 'stopDisplacing'
      | 'level'
      | 'leaveRoom'
  }
>

export function carryOut(order: LegOrder, leg: WorkerLeg): void {
  switch (order.type) {
    case 'negotiate':
      leg.negotiate(order.stream)
      return
    case 'maskRecord': {
      const recording = leg.recordings.get(order.record)
      if (recording !== undefined) recording.masked = order.masked
      return
    }
    case 'press':
      leg.press(order.digits)
      return
    case 'flushPresses':
      leg.flushPresses()
      return
    case 'hearTones':
      leg.hearTones(order.on)
      return
    case 'mute':
      leg.mute(order)
      return
    case 'idleSilence':
      leg.sendIdleSilence(order.on)
      return
    case 'listen':
      leg.ears.set(order.ear, earFor(order.order))
      return
    case 'stopListening':
      leg.ears.delete(order.ear)
      return
    case 'level':
      leg.level(order)
      return
    case 'steerPlay':
      leg.steerPlay(order.play, order.steer)
      return
    case 'stopDisplacing':
      leg.displacements.get(order.displacement)?.close()
      leg.displacements.delete(order.displacement)
      return
    case 'leaveRoom':
      leg.stopPlay(order.member)
  }
}
