import { type Static, Type } from 'typebox'
import { Reason } from '#platform/audit/reason.ts'
import { CallDetail } from '../calls/call-schema.ts'

/** The list of tasks and one task's page, as the console asks and is answered. Times are ISO 8601, UTC. */

const Id = Type.String({ format: 'uuid' })
const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()])
const Code = Type.String({ pattern: '^[a-z_]{1,30}$' })

/** What tasks are asked for by; nothing in it names a patient. */
const filters = {
  /** `open` is what may still be called, `closed` what is over. */
  group: Type.Union([Type.Literal('open'), Type.Literal('closed'), Type.Literal('all')]),
  /** One state of the group; `due` is `scheduled` whose time has come, `scheduled` here the others. */
  state: Type.Optional(Code),
  /** Hospital-local days of the next call (of a closed task: of the last one planned), both included. */
  from: Type.Optional(Type.String({ format: 'date' })),
  to: Type.Optional(Type.String({ format: 'date' })),
  departmentId: Type.Optional(Id),
  programmeId: Type.Optional(Id),
  campaignId: Type.Optional(Id),
  /** Why a waiting task is not dialled, in the words of the live page (`not_due`, `no_free_seat`, the gate's); `callable`: nothing is in the way. */
  reason: Type.Optional(Code),
  /** Of the last attempt, as a person corrected it; `none`: never dialled. */
  lastResult: Type.Optional(Code),
  /** With whom a callback is agreed. */
  agentId: Type.Optional(Id),
}

const TaskFilter = Type.Object(filters, { additionalProperties: false })
export type TaskFilter = Static<typeof TaskFilter>

export const TaskSearch = Type.Object(
  {
    ...filters,
    /** Name, admission number, telephone number or its last four digits. In a body, never in an address. */
    patient: Type.Optional(Type.String({ maxLength: 60 })),
    /** The page after this place, as the page before told it. */
    after: Type.Optional(Type.String({ pattern: '^\\d{1,17}_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' })),
    limit: Type.Integer({ minimum: 1, maximum: 100 }),
  },
  { additionalProperties: false },
)
export type TaskSearch = Static<typeof TaskSearch>

/** Where a task stands; no word of the patient. */
export const TaskStanding = Type.Object({
  taskId: Type.String(),
  /** As it is shown: with `due`. */
  state: Type.String(),
  /** Why it was stopped, excluded, suspended or given up. */
  stateReason: Nullable(Type.String()),
  dueAt: Type.String(),
  /** Why it is not dialled now; null: it may be, or it is not waiting. */
  heldBy: Nullable(Type.String()),
  /** Until when at least; null: not by the passing of time, or not known. */
  heldUntil: Nullable(Type.String()),
  lastResult: Nullable(Type.String()),
  attempts: Type.Integer(),
})
export type TaskStanding = Static<typeof TaskStanding>

export const TaskItem = Type.Object({
  ...TaskStanding.properties,
  name: Type.String(),
  /** To be dialled next; null where there is none. */
  phone: Nullable(Type.String()),
  recordNumber: Nullable(Type.String()),
  department: Nullable(Type.String()),
  programme: Type.String(),
  /** The day by plan. */
  dueOn: Type.String(),
  expiresAt: Type.String(),
  /** With whom a callback is agreed. */
  agent: Nullable(Type.String()),
})
export type TaskItem = Static<typeof TaskItem>

/** How many of each state: of the same filter, whatever state of it is asked for. */
const StateCounts = Type.Record(Type.String(), Type.Integer())

export const TaskPage = Type.Object({
  tasks: Type.Array(TaskItem),
  /** Where the next page begins; null on the last. */
  next: Nullable(Type.String()),
  counts: StateCounts,
  /** On all pages: the count of the state that is asked for, or of all. */
  total: Type.Integer(),
  /** Place in the stream `live` that this look stands at. */
  offset: Type.Integer(),
})
export type TaskPage = Static<typeof TaskPage>

/** For a page that stays open: the same rows and counts as they are now. */
export const TaskGlance = Type.Object(
  { filter: TaskFilter, taskIds: Type.Array(Id, { maxItems: 100 }) },
  { additionalProperties: false },
)
export type TaskGlance = Static<typeof TaskGlance>

export const TaskGlanced = Type.Object({ tasks: Type.Array(TaskStanding), counts: StateCounts, total: Type.Integer() })
export type TaskGlanced = Static<typeof TaskGlanced>

const Choice = Type.Object({ id: Type.String(), name: Type.String() })

export const TaskChoices = Type.Object({
  departments: Type.Array(Choice),
  programmes: Type.Array(Choice),
  campaigns: Type.Array(Choice),
  agents: Type.Array(Type.Object({ id: Type.String(), name: Type.String(), agentNo: Type.String() })),
})
export type TaskChoices = Static<typeof TaskChoices>

export const TaskDetail = Type.Object({
  /** Place in the stream `live` that this look stands at. */
  offset: Type.Integer(),
  task: TaskItem,
  patientId: Type.String(),
  campaign: Nullable(Type.Object({ id: Type.String(), name: Type.String() })),
  /** Oldest first. */
  attempts: Type.Array(
    Type.Object({
      attemptId: Type.String(),
      at: Type.String(),
      state: Type.String(),
      result: Nullable(Type.String()),
      correctedResult: Nullable(Type.String()),
      outcome: Nullable(Type.String()),
      phone: Type.String(),
      agent: Nullable(Type.String()),
      talkSeconds: Nullable(Type.Number()),
    }),
  ),
  form: CallDetail.properties.form,
  formTitle: CallDetail.properties.formTitle,
  /** What people did with the task by hand, newest first. */
  history: Type.Array(
    Type.Object({
      at: Type.String(),
      by: Nullable(Type.String()),
      action: Type.String(),
      reason: Nullable(Type.String()),
      /** With a stop: why, in a word. */
      why: Nullable(Type.String()),
      /** With a move: to when. */
      to: Nullable(Type.String()),
    }),
  ),
})
export type TaskDetail = Static<typeof TaskDetail>

/** So many at a time: each is a transaction of its own. */
export const changedAtOnce = 200

const chosen = { taskIds: Type.Array(Id, { minItems: 1, maxItems: changedAtOnce }) }

export const TaskChange = Type.Union([
  Type.Object(
    {
      ...chosen,
      reason: Reason,
      action: Type.Literal('stop'),
      why: Type.Union([Type.Literal('plan_repeated'), Type.Literal('plan_unfit'), Type.Literal('other')]),
    },
    { additionalProperties: false },
  ),
  Type.Object(
    { ...chosen, reason: Reason, action: Type.Union([Type.Literal('reopen'), Type.Literal('resume')]) },
    { additionalProperties: false },
  ),
  Type.Object(
    { ...chosen, reason: Reason, action: Type.Literal('dial_at'), at: Type.String({ format: 'date-time' }) },
    { additionalProperties: false },
  ),
])
export type TaskChange = Static<typeof TaskChange>

export const TaskForesight = Type.Object(
  {
    ...chosen,
    action: Type.Union([Type.Literal('stop'), Type.Literal('reopen'), Type.Literal('resume'), Type.Literal('dial_at')]),
  },
  { additionalProperties: false },
)

export const TaskForeseen = Type.Object({
  possible: Type.Integer(),
  refused: Type.Array(Type.Object({ code: Type.String(), message: Type.String(), count: Type.Integer() })),
})
export type TaskForeseen = Static<typeof TaskForeseen>

export const TaskChanged = Type.Object({
  done: Type.Integer(),
  results: Type.Array(
    Type.Object({
      taskId: Type.String(),
      /** Null: done. */
      code: Nullable(Type.String()),
      message: Nullable(Type.String()),
      /** What keeps it from being dialled all the same, as far as person and number are concerned. */
      hold: Nullable(Type.String()),
    }),
  ),
})
export type TaskChanged = Static<typeof TaskChanged>
