import { type Static, Type } from 'typebox'
import { LocalText } from '#contact-center/ivr/flow-definition.ts'
import { PromptFacts } from '#contact-center/prompts/own-prompt-schema.ts'
import { Reason } from '#platform/audit/reason.ts'
import { Questionnaire } from './questionnaire.ts'
import { Draft } from './questionnaire-draft.ts'

/** What the pages of questionnaires are told and may ask. */

const Nullable = <Schema extends ReturnType<typeof Type.Unsafe> | ReturnType<typeof Type.String>>(schema: Schema) =>
  Type.Union([schema, Type.Null()])
const closed = { additionalProperties: false } as const
const Instant = Type.String()

/** Where a version is used. */
const Use = Type.Object({
  programme: Type.String(),
  state: Type.Union([Type.Literal('running'), Type.Literal('paused'), Type.Literal('stopped')]),
  version: Type.Integer(),
})

const DraftMark = Type.Object({ changedAt: Instant, changedBy: Nullable(Type.String()) })

export const QuestionnaireItem = Type.Object({
  id: Type.String(),
  /** Of the last version; of the draft where nothing is published. */
  title: Type.Object({ zh: Type.String(), en: Type.String() }),
  questions: Type.Integer(),
  byKeys: Type.Boolean(),
  /** The last one published; null: none is. */
  version: Type.Union([Type.Integer(), Type.Null()]),
  publishedAt: Nullable(Instant),
  uses: Type.Array(Use),
  draft: Type.Union([DraftMark, Type.Null()]),
})
export type QuestionnaireItem = Static<typeof QuestionnaireItem>

export const QuestionnaireBoard = Type.Object({
  /** Of the live stream: a page reads on from here. */
  offset: Type.Integer(),
  questionnaires: Type.Array(QuestionnaireItem),
})
export type QuestionnaireBoard = Static<typeof QuestionnaireBoard>

const QuestionDifference = Type.Object({
  question: Type.String(),
  kind: Type.Union([Type.Literal('added'), Type.Literal('removed'), Type.Literal('moved'), Type.Literal('changed')]),
  fields: Type.Array(Type.String()),
})

export const PublishedVersion = Type.Object({
  id: Type.String(),
  version: Type.Integer(),
  at: Instant,
  /** Null: it came with a release. */
  by: Nullable(Type.String()),
  reason: Nullable(Type.String()),
  byKeys: Type.Boolean(),
  /** Programmes whose version in force asks it. */
  uses: Type.Array(Use),
  questionnaire: Questionnaire,
  /** Against the version before; null: it is the first. */
  difference: Type.Union([
    Type.Object({ fields: Type.Array(Type.String()), questions: Type.Array(QuestionDifference) }),
    Type.Null(),
  ]),
})
export type PublishedVersion = Static<typeof PublishedVersion>

/** One thing to say about a draft, beside the field that it is about. */
export const DraftFinding = Type.Object({
  /** JSON pointer into the draft; empty: about all of it. */
  path: Type.String(),
  severity: Type.Union([Type.Literal('error'), Type.Literal('warning')]),
  code: Type.String(),
  /** In the reader's language. */
  message: Type.String(),
})
export type DraftFinding = Static<typeof DraftFinding>

export const SharedDraft = Type.Object({
  document: Draft,
  byKeys: Type.Boolean(),
  revision: Type.Integer(),
  changedAt: Instant,
  changedBy: Nullable(Type.String()),
  findings: Type.Array(DraftFinding),
})
export type SharedDraft = Static<typeof SharedDraft>

export const QuestionnaireCard = Type.Object({
  offset: Type.Integer(),
  id: Type.String(),
  code: Type.String(),
  /** Newest first. */
  versions: Type.Array(PublishedVersion),
  draft: Type.Union([SharedDraft, Type.Null()]),
  /** Every prompt that a version or the draft names. */
  prompts: Type.Array(PromptFacts),
  /** Whether this house speaks texts by machine. */
  speech: Type.Boolean(),
})
export type QuestionnaireCard = Static<typeof QuestionnaireCard>

const Identity = Type.String({ format: 'uuid' })
export const QuestionnaireTarget = Type.Object({ id: Identity })

/** Empty: a new one; else a copy of this version. */
export const NewQuestionnaire = Type.Object({ copyOf: Type.Optional(Identity) }, closed)

export const MadeQuestionnaire = Type.Object({ id: Type.String() })
export type MadeQuestionnaire = Static<typeof MadeQuestionnaire>

const Revision = Type.Integer({ minimum: 1 })

export const DraftChange = Type.Object({ revision: Revision, byKeys: Type.Boolean(), document: Draft }, closed)
export type DraftChange = Static<typeof DraftChange>

export const SavedDraft = Type.Object({ revision: Type.Integer(), findings: Type.Array(DraftFinding) })
export type SavedDraft = Static<typeof SavedDraft>

export const DraftDiscard = Type.Object({ revision: Revision }, closed)

export const PublishWish = Type.Object({ revision: Revision, reason: Reason }, closed)

export const PublishedAs = Type.Object({ version: Type.Integer() })
export type PublishedAs = Static<typeof PublishedAs>

const TrialPress = Type.Union([
  Type.Literal('silence'),
  Type.Literal('hang_up'),
  Type.Literal('0'),
  Type.Literal('1'),
  Type.Literal('2'),
  Type.Literal('3'),
  Type.Literal('4'),
  Type.Literal('5'),
  Type.Literal('6'),
  Type.Literal('7'),
  Type.Literal('8'),
  Type.Literal('9'),
  Type.Literal('*'),
  Type.Literal('#'),
])
export type TrialPress = Static<typeof TrialPress>

export const TrialWish = Type.Object(
  {
    /** Null: the draft. */
    version: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()]),
    presses: Type.Array(TrialPress, { maxItems: 300 }),
  },
  closed,
)

const TrialLine = Type.Union([
  Type.Object({ type: Type.Literal('said'), prompt: Type.String(), text: Type.String() }),
  Type.Object({ type: Type.Literal('key'), key: Type.String(), taken: Type.Boolean() }),
  Type.Object({
    type: Type.Literal('stored'),
    question: Type.String(),
    answer: LocalText,
    /** It does not apply (requirements E10). */
    skipped: Type.Boolean(),
  }),
  Type.Object({ type: Type.Literal('outcome'), outcome: Type.String() }),
  Type.Object({ type: Type.Union([Type.Literal('silence'), Type.Literal('hung_up'), Type.Literal('ended')]) }),
])
export type TrialLine = Static<typeof TrialLine>

export const Trial = Type.Object({
  lines: Type.Array(TrialLine),
  over: Type.Boolean(),
  outcome: Type.Union([Type.String(), Type.Null()]),
  /** Of what is answered so far, 0–100; null: nothing that counts. */
  score: Type.Union([Type.Number(), Type.Null()]),
  grade: Type.Union([LocalText, Type.Null()]),
})
export type Trial = Static<typeof Trial>
