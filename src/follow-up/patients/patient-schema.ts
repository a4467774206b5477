import { type Static, Type } from 'typebox'
import { Reason } from '#platform/audit/reason.ts'
import { SharerCard } from '../desk/desk-schema.ts'
import { NumberText } from './do-not-call-schema.ts'

/** Patients as the console looks them up and changes what is known of them. Times are ISO 8601, UTC; days 'YYYY-MM-DD'. */

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()])
const Text = Type.String()
const Id = Type.String({ format: 'uuid' })
const Day = Type.String({ format: 'date' })
const closed = { additionalProperties: false } as const

export const PatientSearch = Type.Object(
  {
    /** The beginning of a name, a record or admission number, or a telephone number or its last four digits. In a body, never in an address. */
    patient: Type.Optional(Type.String({ maxLength: 60 })),
    /** Those alone whose death is on record. */
    deceased: Type.Optional(Type.Literal(true)),
    /** The page after this patient. */
    before: Type.Optional(Id),
    limit: Type.Integer({ minimum: 1, maximum: 100 }),
  },
  closed,
)
export type PatientSearch = Static<typeof PatientSearch>

export const PatientItem = Type.Object({
  id: Text,
  /** Masked without the right `patient.clear`, as everything that tells who it is. */
  name: Text,
  sex: Nullable(Text),
  age: Nullable(Type.Integer()),
  /** Of the last stay, with its department and day. */
  recordNumber: Nullable(Text),
  department: Nullable(Text),
  dischargedOn: Nullable(Text),
  /** The one that is dialled first. */
  phone: Nullable(Text),
  deceased: Type.Boolean(),
  /** Tasks that are not over. */
  open: Type.Integer(),
})
export type PatientItem = Static<typeof PatientItem>

export const PatientPage = Type.Object({
  patients: Type.Array(PatientItem),
  /** Where the next page begins; null on the last. */
  next: Nullable(Text),
})
export type PatientPage = Static<typeof PatientPage>

const CardNumber = Type.Object({
  /** Of the patient's having it; a number is the same for all who have it. */
  id: Text,
  phoneNumberId: Text,
  relation: Nullable(Text),
  relationWord: Nullable(Text),
  contactName: Nullable(Text),
  number: Text,
  extension: Nullable(Text),
  /** Why it is not dialled now for this patient, in the gate's words; null: nothing is in the way. */
  refused: Nullable(Text),
  wrongPersonAt: Nullable(Text),
  reachedAt: Nullable(Text),
  addedAt: Text,
  addedBy: Nullable(Text),
  /** History: no longer the patient's. */
  removedAt: Nullable(Text),
  removedBy: Nullable(Text),
})
export type CardNumber = Static<typeof CardNumber>

const CardTask = Type.Object({
  id: Text,
  programme: Text,
  /** Null where the programme has none. */
  campaign: Nullable(Text),
  state: Text,
  reason: Nullable(Text),
  /** What the gate last said of its person and number, while it waits. */
  hold: Nullable(Text),
  dueOn: Text,
  dueAt: Text,
  expiresAt: Text,
})
export type CardTask = Static<typeof CardTask>

const LeftOut = Type.Object({ programme: Text, reason: Nullable(Text), anchorOn: Text })

const CardConsent = Type.Object({
  id: Text,
  purpose: Text,
  decision: Text,
  /** The text that was put to the patient. */
  words: Nullable(Text),
  declaredBy: Nullable(Text),
  /** How: `import`, `written`, `spoken`, `electronic`, `agent`. */
  source: Text,
  attemptId: Nullable(Text),
  recordedBy: Nullable(Text),
  at: Text,
  liftedAt: Nullable(Text),
  liftedBy: Nullable(Text),
})
export type CardConsent = Static<typeof CardConsent>

const CardRefusal = Type.Object({
  id: Text,
  /** The number meant, as it is shown above; null: every number of the patient. */
  number: Nullable(Text),
  source: Text,
  reason: Nullable(Text),
  by: Nullable(Text),
  attemptId: Nullable(Text),
  since: Text,
  until: Nullable(Text),
  liftedAt: Nullable(Text),
  liftedBy: Nullable(Text),
})
export type CardRefusal = Static<typeof CardRefusal>

const CardNews = Type.Object({
  id: Text,
  kind: Text,
  /** `list`, `agent`, `supervisor`. */
  source: Text,
  by: Nullable(Text),
  reason: Nullable(Text),
  attemptId: Nullable(Text),
  /** Of the list that told it. */
  importId: Nullable(Text),
  at: Text,
  takenBackAt: Nullable(Text),
  takenBackBy: Nullable(Text),
  takenBackReason: Nullable(Text),
})
export type CardNews = Static<typeof CardNews>

export const PatientCard = Type.Object({
  /** Who it is, stays, calls and forms, as at the seat. */
  record: SharerCard,
  deceasedAt: Nullable(Text),
  deceasedOn: Nullable(Text),
  numbers: Type.Array(CardNumber),
  tasks: Type.Array(CardTask),
  /** Programmes that leave the patient out, and why (requirements G22). */
  leftOut: Type.Array(LeftOut),
  consents: Type.Array(CardConsent),
  refusals: Type.Array(CardRefusal),
  news: Type.Array(CardNews),
})
export type PatientCard = Static<typeof PatientCard>

export const DeathBody = Type.Object({ on: Type.Optional(Day), reason: Reason }, closed)

export const TakeBackBody = Type.Object(
  {
    kind: Type.Union([Type.Literal('deceased'), Type.Literal('readmitted'), Type.Literal('moved')]),
    reason: Reason,
  },
  closed,
)
export const BackInPlan = Type.Object({ waiting: Type.Integer(), expired: Type.Integer() })
export type BackInPlan = Static<typeof BackInPlan>

export const ConsentBody = Type.Object(
  {
    purpose: Type.Union(
      (['clinical', 'satisfaction', 'research', 'care', 'recording'] as const).map((purpose) => Type.Literal(purpose)),
    ),
    decision: Type.Union([Type.Literal('given'), Type.Literal('refused')]),
    /** The text that was put to the patient: without it nobody can show what was agreed to. */
    words: Type.String({ minLength: 1, maxLength: 2_000, pattern: '\\S' }),
    /** Who said it: the patient, or who may say it for him. */
    declaredBy: Type.String({ minLength: 1, maxLength: 100, pattern: '\\S' }),
    how: Type.Union([Type.Literal('written'), Type.Literal('spoken'), Type.Literal('electronic')]),
    reason: Reason,
  },
  closed,
)

const relations = ['0', '1', '2', '3', '4', '5', '6', '7', '8'] as const

export const NewNumberBody = Type.Object(
  {
    number: NumberText,
    relation: Type.Union(relations.map((relation) => Type.Literal(relation))),
    contactName: Type.Optional(Type.String({ maxLength: 40 })),
    reason: Reason,
  },
  closed,
)
export const NumberOrderBody = Type.Object(
  { order: Type.Array(Id, { minItems: 1, maxItems: 50, uniqueItems: true }), reason: Reason },
  closed,
)
