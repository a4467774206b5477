import { type Static, Type } from 'typebox'

/**
 * How long the hospital keeps what (requirements §8.6). This release removes recordings alone: the other two are written
 * down here for who asks, and nothing removes answers or audit rows.
 */
export const RetentionRule = Type.Object(
  {
    /** The law's floor for call centres is 30 days. */
    recordingDays: Type.Integer({ minimum: 30, maximum: 36_500 }),
    /** Answers are part of the record of an inpatient. */
    clinicalYears: Type.Integer({ minimum: 30, maximum: 200 }),
    auditMonths: Type.Integer({ minimum: 6, maximum: 1_200 }),
  },
  { additionalProperties: false },
)
export type RetentionRule = Static<typeof RetentionRule>

export const standardRetention: RetentionRule = { recordingDays: 730, clinicalYears: 30, auditMonths: 36 }

/** Whoever has opened a recording in these days works with it (a review, a complaint): it does not expire meanwhile. */
export const reviewDays = 7
