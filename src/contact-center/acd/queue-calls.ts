import type { GroundTransaction } from '#platform/database/database.ts'
import type { CallEvent } from '../calls/call-event.ts'
import type { LeftReason } from './queue.ts'
import type { QueueNews } from './queue-news.ts'
import { enterQueue, leaveQueue } from './queue-store.ts'

/**
 * What an event of a call makes of the queue that its patient waits in, in the transaction that applies it; before the
 * attempt itself is changed.
 */
export async function applyToQueue(tx: GroundTransaction, event: CallEvent, news: QueueNews): Promise<void> {
  const { attemptId, at, body } = event
  if (body.type === 'queued') {
    await enterQueue(tx, { attemptId, queueId: body.queueId, at })
    return news.add(body.queueId)
  }
  const reason = reasonOf(body)
  if (reason === null) return
  const left = await leaveQueue(tx, { attemptId, reason, at })
  if (left !== null) news.add(left)
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
