import { type Static, Type } from 'typebox'
import { Reason } from '#platform/audit/reason.ts'
import { DiskThresholds } from '#platform/disk/disk-room.ts'
import { RetentionRule } from './retention.ts'

/** The page Storage as it asks and is answered: figures, never who was called. Times are ISO 8601, UTC. */

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()])
const Bytes = Type.Integer({ minimum: 0 })
const Count = Type.Integer({ minimum: 0 })

const Disk = Type.Object({
  node: Type.String(),
  place: Type.Union([Type.Literal('data'), Type.Literal('recordings')]),
  state: Type.Union([Type.Literal('ok'), Type.Literal('low'), Type.Literal('full')]),
  freeBytes: Bytes,
  totalBytes: Bytes,
  since: Type.String(),
  daysLeft: Nullable(Count),
})

const Preview = Type.Object({
  recordings: Count,
  bytes: Bytes,
  oldestAt: Nullable(Type.String()),
  /** Of that age, and kept. */
  held: Count,
  inReview: Count,
})

export const RetentionRunItem = Type.Object({
  id: Type.String(),
  recordingDays: Type.Integer(),
  startedAt: Type.String(),
  /** Null: under way. */
  endedAt: Nullable(Type.String()),
  recordings: Count,
  bytes: Bytes,
  held: Nullable(Count),
  inReview: Nullable(Count),
  filesLeft: Count,
  /** Files of no call that it removed. */
  strays: Count,
})
export type RetentionRunItem = Static<typeof RetentionRunItem>

/** A file among the recordings that no call knows of. */
export const StrayItem = Type.Object({
  id: Type.String(),
  /** Relative to the folder of recordings. */
  name: Type.String(),
  cause: Type.Union([Type.Literal('not_a_recording'), Type.Literal('no_such_call'), Type.Literal('call_has_another')]),
  bytes: Bytes,
  modifiedAt: Type.String(),
  foundAt: Type.String(),
})
export type StrayItem = Static<typeof StrayItem>

export const StorageBoard = Type.Object({
  /** Of the live stream: a page reads on from here. */
  offset: Type.Integer(),
  /** Why nothing is removed, whatever the rule says: folder or clock are not as they were. */
  hold: Nullable(
    Type.Object({
      why: Type.Union([
        Type.Literal('folder_gone'),
        Type.Literal('folder_unmarked'),
        Type.Literal('folder_foreign'),
        Type.Literal('clock_ahead'),
        Type.Literal('clock_back'),
      ]),
      clockSeenAt: Type.String(),
      clockNow: Type.String(),
    }),
  ),
  /** Why no call begins until somebody has confirmed the database. */
  restored: Nullable(
    Type.Object({
      why: Type.Union([Type.Literal('earlier'), Type.Literal('unknown'), Type.Literal('unreadable')]),
      since: Type.String(),
    }),
  ),
  rule: RetentionRule,
  ruleVersion: Type.Integer(),
  /** The last change of the rule; null: as shipped. */
  changed: Nullable(Type.Object({ at: Type.String(), by: Nullable(Type.String()), reason: Nullable(Type.String()) })),
  /** Null: nobody has approved this version, and nothing is removed. */
  approval: Nullable(
    Type.Object({
      at: Type.String(),
      /** Null: at the server. */
      by: Nullable(Type.String()),
      reason: Type.String(),
      recordings: Count,
      bytes: Bytes,
    }),
  ),
  preview: Preview,
  runs: Type.Array(RetentionRunItem),
  kept: Type.Object({
    recordings: Count,
    bytes: Bytes,
    held: Count,
    damaged: Count,
    expired: Count,
    oldestAt: Nullable(Type.String()),
  }),
  /** The oldest of them. */
  strays: Type.Object({ count: Count, first: Type.Array(StrayItem) }),
  disks: Type.Array(Disk),
  thresholds: DiskThresholds,
  /** How long whoever has opened a recording keeps it from expiring. */
  reviewDays: Type.Integer(),
})
export type StorageBoard = Static<typeof StorageBoard>

export const RuleWish = Type.Object(
  { basedOn: Type.Integer(), rule: RetentionRule, reason: Reason },
  { additionalProperties: false },
)
export const ApprovalWish = Type.Object(
  { ruleVersion: Type.Integer(), reason: Reason },
  { additionalProperties: false },
)
export const ThresholdWish = Type.Object(
  { thresholds: DiskThresholds, reason: Reason },
  { additionalProperties: false },
)
export const GuardWish = Type.Object(
  { what: Type.Union([Type.Literal('folder'), Type.Literal('clock'), Type.Literal('database')]), reason: Reason },
  { additionalProperties: false },
)
export const StrayParams = Type.Object({ id: Type.String({ format: 'uuid' }) })
export const StrayRemoval = Type.Object({ reason: Reason }, { additionalProperties: false })
