import { type Static, Type } from 'typebox'

/** The list of calls and one call's page, as the console asks and is answered. Times are ISO 8601, UTC. */

export const CallSearch = Type.Object(
  {
    /** Hospital-local days, both included. */
    from: Type.Optional(Type.String({ format: 'date' })),
    to: Type.Optional(Type.String({ format: 'date' })),
    campaignId: Type.Optional(Type.String({ format: 'uuid' })),
    result: Type.Optional(Type.String({ pattern: '^[a-z_]{1,30}$' })),
    /** Name, admission number, telephone number or its last four digits. In a body, never in an address. */
    patient: Type.Optional(Type.String({ maxLength: 60 })),
    page: Type.Integer({ minimum: 1, maximum: 10_000 }),
    pageSize: Type.Integer({ minimum: 1, maximum: 100 }),
  },
  { additionalProperties: false },
)
export type CallSearch = Static<typeof CallSearch>

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()])

const RecordingItem = Type.Object({
  id: Type.String(),
  state: Type.String(),
  durationMs: Nullable(Type.Integer()),
})

export const CallItem = Type.Object({
  attemptId: Type.String(),
  at: Type.String(),
  campaign: Type.String(),
  name: Type.String(),
  phone: Type.String(),
  recordNumber: Nullable(Type.String()),
  department: Nullable(Type.String()),
  state: Type.String(),
  result: Nullable(Type.String()),
  outcome: Nullable(Type.String()),
  talkSeconds: Nullable(Type.Number()),
  recording: Nullable(RecordingItem),
})
export type CallItem = Static<typeof CallItem>

export const CallPage = Type.Object({ total: Type.Integer(), calls: Type.Array(CallItem) })
export type CallPage = Static<typeof CallPage>

const LocalText = Type.Object({ zh: Type.String(), en: Type.String() })

export const CallDetail = Type.Object({
  call: CallItem,
  /** How many times this task had been dialled, this one included. */
  number: Type.Integer(),
  respondent: Nullable(Type.String()),
  hangupBy: Nullable(Type.String()),
  network: Type.Object({
    sipStatus: Nullable(Type.Integer()),
    sipReason: Nullable(Type.String()),
    q850: Nullable(Type.Integer()),
    earlyMedia: Nullable(Type.Boolean()),
  }),
  answers: Type.Array(
    Type.Object({
      questionId: Type.String(),
      question: LocalText,
      /** The chosen option's words, or the value as it was given. */
      answer: LocalText,
      keys: Nullable(Type.String()),
      at: Type.String(),
    }),
  ),
  events: Type.Array(
    Type.Object({
      seq: Type.Integer(),
      type: Type.String(),
      at: Type.String(),
      /** As it was journaled; ids, keys and codes. */
      body: Type.Record(Type.String(), Type.Unknown()),
    }),
  ),
  questions: Type.Array(Type.Object({ id: Type.String(), text: LocalText })),
})
export type CallDetail = Static<typeof CallDetail>
