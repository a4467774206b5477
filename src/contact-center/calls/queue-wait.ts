import type { Clock } from '#platform/clock.ts'
import { type Log, logError } from '#platform/log.ts'
import type { PatientLeg, Room } from '#telephony/telephony.ts'
import type { LeftReason, Queue } from '../acd/queue.ts'
import type { QueueMatcher } from '../acd/queue-matcher.ts'
import type { ReservedSeat } from '../acd/seat-offer.ts'
import type { CallEvents } from './call-events.ts'

export interface QueueWait {
  readonly attemptId: string
  readonly queue: Queue
  readonly leg: PatientLeg
  readonly room: Room
  readonly events: CallEvents
  readonly clock: Clock
  readonly log: Log
  readonly enter: QueueMatcher['enter']
}

/**
 * The patient waits for an agent, with music: until a seat is reserved, the queue's time is over, nobody is signed in, or
 * the leg ends. The time runs here, and not in the database: a patient does not wait for one that is away.
 * @returns the seat, the patient still in the room; or null, the patient alone with the machine again
 */
export async function waitForAgent(wait: QueueWait): Promise<ReservedSeat | null> {
  const { attemptId, queue, leg, room, events, clock, log, enter } = wait
  const { promise: found, resolve } = Promise.withResolvers<ReservedSeat | LeftReason>()
  events.write({ type: 'queued', queueId: queue.id })
  const timer = clock.setTimeout(() => resolve('timeout'), queue.waitLimitSeconds * 1_000)
  void leg.ended.then(({ by }) => resolve(by === 'patient' ? 'abandoned' : 'withdrawn'))
  const leave = enter({
    attemptId,
    offer: resolve,
    nobody: (atOnce) => resolve(atOnce ? 'join_empty' : 'leave_empty'),
  })
  const music = room.wait().catch((error: unknown) => {
    if (leg.end === null) logError(log, error, 'no music for a patient who waits for an agent')
  })
  const answer = await found
  leave()
  clock.clearTimeout(timer)
  if (typeof answer !== 'string') {
    log.info({ seatId: answer.seatId }, 'an agent takes the patient from the queue')
    return answer
  }
  events.write({ type: 'left_queue', reason: answer })
  log.info({ reason: answer }, 'the patient left the queue')
  await music
  await room.releasePatient().catch((error: unknown) => logError(log, error, 'the patient stays in the room'))
  return null
}
