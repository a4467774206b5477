import { type Static, Type } from 'typebox'
import { Reason } from '#platform/audit/reason.ts'

/** The do-not-call list as the console asks and is answered. Times are ISO 8601, UTC. */

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()])

/** A whole number as one writes it. In a body, never in an address. */
export const NumberText = Type.String({ minLength: 3, maxLength: 40 })
/** Why somebody does it, for the audit trail: more than spaces. */
/** Of lists that are turned page by page. */
export const PageWish = {
  offset: Type.Integer({ minimum: 0, maximum: 1_000_000 }),
  limit: Type.Integer({ minimum: 1, maximum: 100 }),
}

export const RefusalSearch = Type.Object(
  { number: Type.Optional(NumberText), ...PageWish },
  { additionalProperties: false },
)
export type RefusalSearch = Static<typeof RefusalSearch>

export const RefusalItem = Type.Object({
  id: Type.String(),
  /** Masked; null where the entry is of a patient, on any number. */
  phone: Nullable(Type.String()),
  /** Masked; null where it is of the number alone. */
  patient: Nullable(Type.String()),
  department: Nullable(Type.String()),
  /** By what it came: `patient_key`, `agent`, `supervisor`, `import`, `programme`. */
  source: Type.String(),
  /** Who put it there or heard it; null for the patient's own key and for the server. */
  by: Nullable(Type.String()),
  reason: Nullable(Type.String()),
  since: Type.String(),
  until: Nullable(Type.String()),
  /** The call in which it was said. */
  attemptId: Nullable(Type.String()),
})
export type RefusalItem = Static<typeof RefusalItem>

export const RefusalPage = Type.Object({ entries: Type.Array(RefusalItem), total: Type.Integer() })
export type RefusalPage = Static<typeof RefusalPage>

export const NewEntry = Type.Object({ number: NumberText, reason: Reason }, { additionalProperties: false })
export const Reasoned = Type.Object({ reason: Reason }, { additionalProperties: false })
