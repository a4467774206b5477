import { type Static, Type } from 'typebox'
import { Reason } from '#platform/audit/reason.ts'

/** Opening a recording, as the console asks and is answered. */

/** Why a recording is opened. */
export const openingReasons = [
  'quality_review',
  'complaint',
  'follow_up',
  'patient_request',
  'training',
  'other',
] as const
export type OpeningReason = (typeof openingReasons)[number]

export const OpeningWish = Type.Object(
  {
    purpose: Type.Union([Type.Literal('play'), Type.Literal('download')]),
    reason: Type.Optional(Type.Unsafe<OpeningReason>(Type.Union(openingReasons.map((reason) => Type.Literal(reason))))),
    /** In one's own words; needed with `other`. No patient's name belongs here. */
    note: Type.Optional(Type.String({ maxLength: 200, format: 'reason' })),
  },
  { additionalProperties: false },
)
export type OpeningWish = Static<typeof OpeningWish>

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()])

export const OpenedRecording = Type.Object({
  /** Where the file is to be had, for this session alone; `audio` takes ranges. */
  url: Type.String(),
  expiresAt: Type.String(),
  state: Type.String(),
  /** Milliseconds that no sound came for and that the file leaves out. */
  gapMs: Nullable(Type.Integer()),
  faults: Type.Array(Type.String()),
  /** Whether the file is the one that was verified; null when there is nothing to compare it with. */
  intact: Nullable(Type.Boolean()),
  durationMs: Nullable(Type.Integer()),
  /** One row a channel (patient, hospital), 0 to 255; empty for what cannot be drawn. */
  peaks: Type.Array(Type.Array(Type.Integer())),
})
export type OpenedRecording = Static<typeof OpenedRecording>

export const HoldWish = Type.Object(
  {
    /** Why it is kept, or let go again. No patient's name belongs here. */
    reason: Reason,
  },
  { additionalProperties: false },
)

export const OpeningPolicy = Type.Object(
  {
    /** Whether who plays must say why; who downloads always must. */
    askWhenPlaying: Type.Boolean(),
  },
  { additionalProperties: false },
)
export type OpeningPolicy = Static<typeof OpeningPolicy>
