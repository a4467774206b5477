import type { GroundTransaction } from '#platform/database/database.ts'
import type { CallEvent } from '../calls/call-event.ts'
import type { LeftReason } from './queue.ts'
import { enterQueue, leaveQueue, queueStandings } from './queue-store.ts'
import type { SeatNews } from './seat-news.ts'

/**
 * What an event of a call makes of the queue that its patient waits in, in the transaction that applies it; before the
 * attempt itself is changed.
 */
export async function applyToQueue(tx: GroundTransaction, event: CallEvent, news: SeatNews): Promise<void> {
  const { attemptId, at, body } = event
  if (body.type === 'queued') {
    await enterQueue(tx, { attemptId, queueId: body.queueId, at })
    return tellFloor(tx, body.queueId, news)
  }
  const reason = reasonOf(body)
  if (reason === null) return
  const left = await leaveQueue(tx, { attemptId, reason, at })
  if (left !== null) await tellFloor(tx, left, news)
}

async function tellFloor(tx: GroundTransaction, changed: string, news: SeatNews): Promise<void> {
  for (const { teamId, queueId, waiting, longestSince } of await queueStandings(tx, { queueIds: [changed] })) {
    news.addToFloor(teamId, { type: 'queue.changed', payload: { queueId, waiting, longestSince } })
  }
}

function reasonOf(body: CallEvent['body']): LeftReason | null {
  switch (body.type) {
    case 'left_queue':
      return body.reason
    case 'bridged':
      return 'connected'
    case 'ended':
      return body.hangupBy === 'patient' ? 'abandoned' : 'withdrawn'
    default:
      return null
  }
}
