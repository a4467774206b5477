import type { Generated } from 'kysely'

/** A person has seen what a version of the rule would remove, and agrees (migration 0022). */
interface RetentionApprovalTable {
  id: string
  /** 0: the rule as shipped, never changed. */
  ruleVersion: number
  recordingDays: number
  recordings: number
  bytes: string | number
  oldestAt: Date | null
  reason: string
  /** Null: at the server. */
  approvedBy: string | null
  approvedAt: Generated<Date>
}

interface RetentionRunTable {
  id: string
  approvalId: string
  recordingDays: number
  startedAt: Generated<Date>
  endedAt: Date | null
  recordings: Generated<number>
  bytes: Generated<string>
  held: number | null
  inReview: number | null
  /** Files of no call that it removed. */
  strays: Generated<number>
}

/** A file among the recordings that no row names (migration 0027). Open while it is neither removed nor settled. */
interface StrayRecordingTable {
  id: string
  name: string
  cause: 'not_a_recording' | 'no_such_call' | 'call_has_another'
  bytes: string
  modifiedAt: Date
  foundAt: Generated<Date>
  removedAt: Date | null
  removedBy: string | null
  removedRun: string | null
  reason: string | null
  settledAt: Date | null
}

interface RecordingHoldTable {
  id: string
  recordingId: string
  heldFrom: 'stored' | 'damaged'
  reason: string
  placedBy: string
  placedAt: Generated<Date>
  liftedBy: string | null
  liftedAt: Date | null
  liftReason: string | null
}

/** What the house knows of its folder and its clock: one row (migration 0027). */
interface RetentionGuardTable {
  one: Generated<boolean>
  folderId: string
  folderMarkedAt: Date | null
  clockSeenAt: Date
}

/** The folder cannot be written, has no mark of this house (its disk is not mounted), or another's. */
export type FolderFault = 'folder_gone' | 'folder_unmarked' | 'folder_foreign'

/** What a node last saw of its folder of recordings (migration 0029). */
interface RecordingsFolderTable {
  node: string
  /** Null: it is the one that was there. */
  fault: FolderFault | null
  /** When it came into this state. */
  since: Generated<Date>
  seenAt: Generated<Date>
}

declare module '#platform/database/tables.ts' {
  interface Tables {
    retentionApproval: RetentionApprovalTable
    retentionRun: RetentionRunTable
    retentionGuard: RetentionGuardTable
    recordingsFolder: RecordingsFolderTable
    recordingHold: RecordingHoldTable
    strayRecording: StrayRecordingTable
  }
}
