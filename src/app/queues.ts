import { QueueBook } from '#contact-center/acd/queue-book.ts'
import { QueueMatcher } from '#contact-center/acd/queue-matcher.ts'
import { queueChannel, queueSetUp } from '#contact-center/acd/queue-store.ts'
import type { Lease } from '#contact-center/work-source.ts'
import type { GroundFloor } from '#platform/ground.ts'
import { logError } from '#platform/log.ts'

export interface Queues {
  readonly book: QueueBook
  readonly matcher: QueueMatcher
  close(): Promise<void>
}

/** Patients who wait for agents: which queues there are, and who is matched with whom. */
export async function openQueues(
  { db, listener, clock, log }: GroundFloor,
  { lease, seatIds }: { readonly lease: Lease; readonly seatIds: () => readonly string[] },
): Promise<Queues> {
  const book = new QueueBook(db)
  const matcher = new QueueMatcher({ db, lease, seatIds, clock, log })
  const load = () => book.load().catch((error: unknown) => logError(log, error, 'the queues could not be read'))
  const heard = await listener.listen(queueChannel, {
    onPayload: (news) => (news === queueSetUp ? void load() : matcher.wake()),
    onResync: () => {
      void load()
      matcher.wake()
    },
  })
  await book.load()
  return {
    book,
    matcher,
    close: async () => {
      await heard.close()
      await matcher.close()
    },
  }
}
