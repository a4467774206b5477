import type { ColumnType, Generated } from 'kysely'
import type { LeftReason } from './queue.ts'

/** A column that is written once. */
type Fixed<T> = ColumnType<T, T, never>

/** Tables of migration 0011. Units and meanings of columns stand there. */

interface QueueTable {
  id: string
  siteId: Fixed<string>
  name: string
  teamId: string
  strategy: Generated<'longest_idle'>
  waitLimitSeconds: Generated<number>
  createdAt: Generated<Date>
}

interface QueueEntryTable {
  id: Fixed<string>
  queueId: Fixed<string>
  attemptId: Fixed<string>
  enteredAt: Fixed<Date>
  leftAt: Date | null
  leftReason: LeftReason | null
}

interface PreviewTable {
  id: Fixed<string>
  seatId: Fixed<string>
  taskId: Fixed<string>
  campaignId: Fixed<string>
  offeredAt: Generated<Date>
  endedAt: Date | null
  endedReason: 'dialed' | 'skipped' | 'withdrawn' | null
  skipReason: string | null
}

interface RatingTable {
  attemptId: Fixed<string>
  agentId: Fixed<string>
  value: Fixed<number>
  at: Fixed<Date>
}

declare module '#platform/database/tables.ts' {
  interface Tables {
    queue: QueueTable
    queueEntry: QueueEntryTable
    preview: PreviewTable
    rating: RatingTable
  }
}
