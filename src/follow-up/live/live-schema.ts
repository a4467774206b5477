import { type Static, Type } from 'typebox'

/**
 * What the live page starts from and what it is then told. The snapshot is one look at the rows together with the
 * stream's offset at that look; every later event of the stream `live` is applied to it in order.
 */

/** The stream's id. */
export const liveStream = 'live'

const CallingState = Type.Union([
  Type.Literal('created'),
  Type.Literal('dialing'),
  Type.Literal('ringing'),
  Type.Literal('answered'),
  Type.Literal('bridged'),
])

const CampaignState = Type.Union([Type.Literal('running'), Type.Literal('paused'), Type.Literal('stopped')])

const Counts = Type.Record(Type.String(), Type.Integer({ minimum: 0 }))

/** Why nothing is dialled: of the tasks that could be, how many are kept from it by what. */
export const WhyNot = Type.Object({
  /** Due and allowed at this moment. */
  callable: Type.Integer(),
  reasons: Type.Array(Type.Object({ reason: Type.String(), count: Type.Integer() })),
})
export type WhyNot = Static<typeof WhyNot>

export const LiveCampaign = Type.Object({
  id: Type.String(),
  name: Type.String(),
  state: CampaignState,
  anyHour: Type.Boolean(),
  trunk: Type.Object({ name: Type.String(), kind: Type.String(), lines: Type.Integer() }),
  /** Tasks by state; states nobody is in are absent. */
  tasks: Counts,
  /** Ended attempts by result. */
  results: Counts,
  whyNot: WhyNot,
  /** The questions asked, in order, so that a call's progress can be named. */
  questions: Type.Array(
    Type.Object({ id: Type.String(), text: Type.Object({ zh: Type.String(), en: Type.String() }) }),
  ),
})
export type LiveCampaign = Static<typeof LiveCampaign>

/** Who is called, masked unless the reader holds `patient.clear`. Asked for by attempt, never pushed. */
export const LivePerson = Type.Object({
  attemptId: Type.String(),
  name: Type.String(),
  phone: Type.String(),
  department: Type.Union([Type.String(), Type.Null()]),
})
export type LivePerson = Static<typeof LivePerson>

const LiveQuestion = Type.Object({ id: Type.String(), index: Type.Integer(), total: Type.Integer() })

export const LiveCall = Type.Object({
  attemptId: Type.String(),
  campaignId: Type.String(),
  state: CallingState,
  /** ISO 8601, UTC: when the attempt was made. */
  since: Type.String(),
  question: Type.Union([LiveQuestion, Type.Null()]),
})
export type LiveCall = Static<typeof LiveCall>

export const LiveResult = Type.Object({
  attemptId: Type.String(),
  campaignId: Type.String(),
  result: Type.String(),
  /** ISO 8601, UTC. */
  at: Type.String(),
})
export type LiveResult = Static<typeof LiveResult>

/** How many of the last results a snapshot brings and a page keeps. */
export const recentResultsKept = 50

/** What lacks before the first real call; `done` in the order in which one goes. */
export const FirstStep = Type.Object({
  step: Type.Union([
    Type.Literal('trunk'),
    Type.Literal('import'),
    Type.Literal('rule'),
    Type.Literal('calendar'),
    Type.Literal('accounts'),
    Type.Literal('start'),
  ]),
  done: Type.Boolean(),
})
export type FirstStep = Static<typeof FirstStep>

export const LiveDisk = Type.Object({
  state: Type.Union([Type.Literal('low'), Type.Literal('full')]),
  freeBytes: Type.Integer(),
  /** At the last week's growth, where that is known. */
  daysLeft: Type.Union([Type.Integer(), Type.Null()]),
})
export type LiveDisk = Static<typeof LiveDisk>

export const LiveSnapshot = Type.Object({
  /** Last event of the stream that the rows below already hold. */
  offset: Type.Integer(),
  campaigns: Type.Array(LiveCampaign),
  /** Oldest first. */
  calls: Type.Array(LiveCall),
  /** Newest first. */
  recentResults: Type.Array(LiveResult),
  people: Type.Array(LivePerson),
  /** Years whose holidays should be known by now and are not. */
  calendarMissing: Type.Array(Type.Integer()),
  /** Empty in a demonstration, and once all are done. */
  firstSteps: Type.Array(FirstStep),
  /** Trunks that have fallen silent, and since when (ISO 8601, UTC). */
  silentTrunks: Type.Array(Type.Object({ name: Type.String(), since: Type.String() })),
  /** Disks that fill up, for who can do something about it; empty for others. */
  disks: Type.Array(LiveDisk),
})
export type LiveSnapshot = Static<typeof LiveSnapshot>

/** What the stream `live` carries. Ids, states and counts only. */
export type LiveEvent =
  | {
      readonly type: 'task.changed'
      readonly payload: {
        readonly campaignId: string
        readonly taskId: string
        /** Null for a new task. */
        readonly from: string | null
        readonly to: string
      }
    }
  | {
      /** All tasks of a claim, now `claimed`, and their attempts, `created` in the same stroke. */
      readonly type: 'tasks.claimed'
      readonly payload: {
        readonly campaignId: string
        readonly tasks: readonly { readonly taskId: string; readonly attemptId: string; readonly from: string }[]
      }
    }
  | {
      readonly type: 'attempt.changed'
      readonly payload: {
        readonly campaignId: string
        readonly attemptId: string
        readonly taskId: string
        readonly from: string | null
        readonly to: string
        /** With `to: 'ended'`. */
        readonly result?: string
      }
    }
  | {
      readonly type: 'call.progress'
      readonly payload: {
        readonly campaignId: string
        readonly attemptId: string
        readonly callId: string
        readonly questionId: string
        readonly index: number
        readonly total: number
      }
    }
  | { readonly type: 'campaign.changed'; readonly payload: { readonly campaignId: string; readonly state: string } }
  | { readonly type: 'recording.changed'; readonly payload: { readonly attemptId: string; readonly state: string } }
  /** The calling rule, the calendar, a campaign's settings or the day is another: a page takes a fresh snapshot. */
  | { readonly type: 'calling.changed'; readonly payload: Readonly<Record<string, never>> }
  /** A trunk was changed, fell silent or answers again: a page takes a fresh snapshot. */
  | { readonly type: 'trunk.changed'; readonly payload: { readonly trunkId: string } }
  /** A questionnaire's draft was changed (`revision`), published or discarded (null). */
  | {
      readonly type: 'questionnaire.changed'
      readonly payload: { readonly questionnaireId: string; readonly revision: number | null }
    }
  /** A prompt of the flows has another voice. */
  | { readonly type: 'voice.changed'; readonly payload: { readonly prompt: string } }
  /** A disk fills up, or has room again: a page takes a fresh snapshot. */
  | { readonly type: 'disk.changed'; readonly payload: Readonly<Record<string, never>> }
  /** A programme was made, changed, run, paused or stopped, or took up discharges: a page takes a fresh snapshot. */
  | { readonly type: 'programme.changed'; readonly payload: { readonly programmeId: string } }
  | { readonly type: 'import.finished'; readonly payload: { readonly importId: string } }
  | {
      readonly type: 'why_not.changed'
      readonly payload: { readonly campaignId: string; readonly whyNot: WhyNot }
    }
