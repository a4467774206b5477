import { type Static, type TSchema, Type } from 'typebox'
import { Reason } from '#platform/audit/reason.ts'
import { WhyNot } from '../live/live-schema.ts'
import { ProgrammeExclusions, ProgrammeMatch } from './programme.ts'

const Nullable = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()])
const Id = Type.String({ format: 'uuid' })
/** With a letter or a digit, and no sign that turns what stands after it around. */
const Name = Type.String({
  pattern: '^[^\\p{Cc}\\p{Bidi_Control}]*[\\p{L}\\p{N}][^\\p{Cc}\\p{Bidi_Control}]*$',
  maxLength: 60,
})
/** Hospital days back from today, today among them. */
const Days = Type.Integer({ minimum: 1, maximum: 180 })
// One type with two names: of a union the door would make 0, or text, of null.
const MaybeDays = Type.Unsafe<number | null>({ type: ['integer', 'null'], minimum: 0, maximum: 1_825 })
const MaybeDate = Type.Unsafe<string | null>({ type: ['string', 'null'], format: 'date' })
const MaybeTime = Type.Unsafe<string | null>({ type: ['string', 'null'], pattern: '^([01]\\d|2[0-3]):[0-5]\\d$' })
const MaybeId = Type.Unsafe<string | null>({ type: ['string', 'null'], format: 'uuid' })

export const LegalBasis = Type.Union([Type.Literal('duty'), Type.Literal('consent')])
export const Purpose = Type.Union([
  Type.Literal('clinical'),
  Type.Literal('satisfaction'),
  Type.Literal('research'),
  Type.Literal('care'),
])
const ProgrammeState = Type.Union([Type.Literal('running'), Type.Literal('paused'), Type.Literal('stopped')])

/** One round: when, until when, what is asked (requirements C04, H11). */
export const StepContent = Type.Object(
  {
    /** After the discharge day; null where the day is fixed: one of the two. */
    afterDays: MaybeDays,
    fixedOn: MaybeDate,
    /** Hospital time; null: the hour of the discharge. */
    dueTime: MaybeTime,
    restDayRule: Type.Union([Type.Literal('keep'), Type.Literal('before'), Type.Literal('after')]),
    expiresAfterDays: Type.Integer({ minimum: 1, maximum: 365 }),
    /** 0 first, 9 last. */
    priority: Type.Integer({ minimum: 0, maximum: 9 }),
    /** Null only in versions of earlier releases. */
    questionnaireVersionId: MaybeId,
    flowVersionId: MaybeId,
  },
  { additionalProperties: false },
)
export type StepContent = Static<typeof StepContent>

/** What a version says: who, who not, when and about what. */
export const ProgrammeContent = Type.Object(
  {
    match: ProgrammeMatch,
    exclusions: ProgrammeExclusions,
    steps: Type.Array(StepContent, { minItems: 1, maxItems: 24 }),
  },
  { additionalProperties: false },
)
export type ProgrammeContent = Static<typeof ProgrammeContent>

/** What stands between a programme and its next call; the gate's own words where it has them. */
export const Missing = Type.Union([
  Type.Literal('programme_paused'),
  Type.Literal('programme_stopped'),
  Type.Literal('no_trunk'),
  Type.Literal('campaign_paused'),
  Type.Literal('campaign_stopped'),
  Type.Literal('trunk_disabled'),
  Type.Literal('trunk_silent'),
  Type.Literal('sound_lost'),
  Type.Literal('not_by_keys'),
  Type.Literal('no_team'),
])
export type Missing = Static<typeof Missing>

const Campaign = Type.Object({ id: Type.String(), name: Type.String(), state: Type.String(), pacing: Type.String() })

export const ProgrammeItem = Type.Object({
  id: Type.String(),
  name: Type.String(),
  site: Type.String(),
  siteId: Type.String(),
  state: ProgrammeState,
  legalBasis: LegalBasis,
  purpose: Purpose,
  isDefault: Type.Boolean(),
  campaign: Nullable(Campaign),
  missing: Type.Array(Missing),
  /** In force. */
  version: Type.Integer(),
  content: ProgrammeContent,
  /** Stays followed up, left out, and tasks that are still to be done. */
  enrolled: Type.Integer(),
  leftOut: Type.Integer(),
  open: Type.Integer(),
})
export type ProgrammeItem = Static<typeof ProgrammeItem>

/** What a step may ask, or how it is spoken: a published version. */
export const Published = Type.Object({
  id: Type.String(),
  kind: Type.Union([Type.Literal('questionnaire'), Type.Literal('flow')]),
  name: Type.Object({ zh: Type.String(), en: Type.String() }),
  version: Type.Integer(),
  /** The newest of its kind: what a new step is offered. */
  latest: Type.Boolean(),
  /** Of a questionnaire: it can be asked by keypress; else agents alone ask it. */
  byKeys: Type.Boolean(),
})
export type Published = Static<typeof Published>

export const ProgrammeList = Type.Object({
  /** Of the stream `live`, where this stands. */
  offset: Type.Integer(),
  programmes: Type.Array(ProgrammeItem),
  published: Type.Array(Published),
  /** Sites of which no programme takes what no other takes. */
  withoutDefault: Type.Array(Type.Object({ siteId: Type.String(), site: Type.String() })),
})
export type ProgrammeList = Static<typeof ProgrammeList>

/** Who would be followed up by whom, of the discharges of so many days, by what is in force now. */
export const Coverage = Type.Object({
  days: Type.Integer(),
  discharges: Type.Integer(),
  /** No programme takes them. */
  byNobody: Type.Integer(),
  takes: Type.Array(Type.Object({ programmeId: Type.String(), count: Type.Integer() })),
  /** Two programmes that both call the patient for one discharge. */
  overlaps: Type.Array(Type.Object({ one: Type.String(), other: Type.String(), count: Type.Integer() })),
})
export type Coverage = Static<typeof Coverage>

export const CoverageQuery = Type.Object({ days: Days }, { additionalProperties: false })

export const ProgrammeCard = Type.Object({
  offset: Type.Integer(),
  programme: ProgrammeItem,
  /** What is dialled now and what keeps the rest, as the live page has it; null without a campaign. */
  dialling: Nullable(
    Type.Object({
      whyNot: WhyNot,
      /** When it goes on by itself; null: it dials now, or what holds it somebody has to mend. */
      goesOnAt: Nullable(Type.String()),
    }),
  ),
  published: Type.Array(Published),
  versions: Type.Array(
    Type.Object({
      version: Type.Integer(),
      content: ProgrammeContent,
      at: Type.String(),
      by: Nullable(Type.String()),
      reason: Nullable(Type.String()),
      /** Stays followed up under it. */
      enrolled: Type.Integer(),
    }),
  ),
  /** Tasks that are still to be done, by what becomes of them where the programme is paused or stopped. */
  tasks: Type.Object({
    /** Wait for their first or next call, those that are due among them. */
    waiting: Type.Integer(),
    due: Type.Integer(),
    /** A time is agreed with the patient. */
    callback: Type.Integer(),
    suspended: Type.Integer(),
    /** Claimed, in a call or in after-call work. */
    underWay: Type.Integer(),
  }),
})
export type ProgrammeCard = Static<typeof ProgrammeCard>

export const ProgrammeChoices = Type.Object({
  sites: Type.Array(
    Type.Object({
      id: Type.String(),
      name: Type.String(),
      departments: Type.Array(Type.String()),
      hasDefault: Type.Boolean(),
    }),
  ),
  /** As the lists of the last year write them. */
  payers: Type.Array(Type.String()),
  published: Type.Array(Published),
})
export type ProgrammeChoices = Static<typeof ProgrammeChoices>

export const NewProgramme = Type.Object(
  {
    siteId: Id,
    name: Name,
    legalBasis: LegalBasis,
    purpose: Purpose,
    /** Takes what no other programme of the site takes. */
    isDefault: Type.Boolean(),
    content: ProgrammeContent,
    /** Its campaign is set up as that one's, and its retry plan is that one's. */
    copyOf: Type.Optional(Id),
    reason: Reason,
  },
  { additionalProperties: false },
)
export type NewProgramme = Static<typeof NewProgramme>

export const NextVersion = Type.Object(
  { basedOn: Type.Integer(), name: Name, content: ProgrammeContent, reason: Reason },
  { additionalProperties: false },
)
export type NextVersion = Static<typeof NextVersion>

export const StateWish = Type.Object({ to: ProgrammeState, reason: Reason }, { additionalProperties: false })
export type StateWish = Static<typeof StateWish>

/** What is thought of, and over how many days it is tried. */
export const PreviewWish = Type.Object(
  {
    /** Absent: a new one. */
    programmeId: Type.Optional(Id),
    siteId: Id,
    purpose: Purpose,
    isDefault: Type.Boolean(),
    content: ProgrammeContent,
    days: Days,
  },
  { additionalProperties: false },
)
export type PreviewWish = Static<typeof PreviewWish>

const Reasons = Type.Array(Type.Object({ reason: Type.String(), count: Type.Integer() }))

export const ProgrammePreview = Type.Object({
  days: Type.Integer(),
  /** Of the site, in these days. */
  discharges: Type.Integer(),
  /** Followed up, and the tasks that makes. */
  takes: Type.Integer(),
  tasks: Type.Integer(),
  leftOut: Reasons,
  /** By the version in force; null: there is none that takes anybody. */
  before: Nullable(Type.Object({ takes: Type.Integer(), gained: Type.Integer(), lost: Type.Integer() })),
  /** Of those it takes, how many another programme calls as well. */
  also: Type.Array(Type.Object({ programmeId: Type.String(), name: Type.String(), count: Type.Integer() })),
  /** Discharges that nobody would follow up, and how many more than now. */
  byNobody: Type.Integer(),
  byNobodyBefore: Type.Integer(),
})
export type ProgrammePreview = Static<typeof ProgrammePreview>

export const TakeUpWish = Type.Object({ days: Days }, { additionalProperties: false })
export const TakeUpOrder = Type.Object({ days: Days, reason: Reason }, { additionalProperties: false })

/** Stays that are there already, taken up by what is in force. */
export const TakenUp = Type.Object({
  /** Discharges of these days, and those the version in force takes. */
  discharges: Type.Integer(),
  matching: Type.Integer(),
  /** In the programme already: they stay as they are. */
  already: Type.Integer(),
  /** The default programme takes none that another has. */
  elsewhere: Type.Integer(),
  /** Their time was over before the programme knew of them: nothing is made of them. */
  tooLate: Type.Integer(),
  /** Newly followed up, and their tasks. */
  enrolled: Type.Integer(),
  tasks: Type.Integer(),
  leftOut: Reasons,
  /** Tasks of the default programme for the same stays that end for it, and those that were called there already. */
  replaced: Type.Integer(),
  calledThere: Type.Integer(),
})
export type TakenUp = Static<typeof TakenUp>
