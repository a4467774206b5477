import { type Static, Type } from 'typebox'
import { Reason } from '#platform/audit/reason.ts'

/** Reports as the console asks and is answered. Days are hospital-local, `2026-11-22`; shares are 0 to 1. */

const Id = Type.String({ format: 'uuid' })
const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()])
const Count = Type.Integer({ minimum: 0 })
const Share = Nullable(Type.Number())
const Words = Type.Object({ zh: Type.String(), en: Type.String() })

const period = {
  /** Days of discharge, both included. */
  from: Type.String({ format: 'date' }),
  to: Type.String({ format: 'date' }),
  programmeId: Type.Optional(Id),
  /** `none`: where no department is known. */
  departmentId: Type.Optional(Type.Union([Id, Type.Literal('none')])),
}

export const ReportSearch = Type.Object(period, { additionalProperties: false })
export type ReportSearch = Static<typeof ReportSearch>

const Reasons = Type.Record(Type.String(), Count)
const Figures = Type.Object({
  discharges: Count,
  excluded: Count,
  due: Count,
  attempted: Count,
  completed: Count,
  partial: Count,
  refused: Count,
  underWay: Count,
  waiting: Count,
  failed: Count,
  expired: Count,
  stopped: Count,
  excludedBy: Reasons,
  failedBy: Reasons,
  stoppedBy: Reasons,
  tasks: Count,
  tasksCompleted: Count,
  dialled: Count,
  answered: Count,
  congestion: Count,
})
const Rates = Type.Object({
  followUp: Share,
  success: Share,
  successOfAttempted: Share,
  loss: Share,
  connected: Share,
})
const Line = Type.Object({ figures: Figures, rates: Rates })
export type ReportLine = Static<typeof Line>

export const Report = Type.Object({
  all: Line,
  departments: Type.Array(
    Type.Object({ id: Nullable(Type.String()), name: Nullable(Type.String()), figures: Figures, rates: Rates }),
  ),
  /** When it was computed: reports are of the rows as they are. */
  at: Type.String(),
})
export type Report = Static<typeof Report>

export const TrendSearch = Type.Object(
  {
    /** The last of twelve months. */
    month: Type.String({ pattern: '^20[0-9]{2}-(0[1-9]|1[0-2])$' }),
    programmeId: Type.Optional(Id),
    departmentId: period.departmentId,
  },
  { additionalProperties: false },
)
export type TrendSearch = Static<typeof TrendSearch>

export const Trend = Type.Object({
  months: Type.Array(Type.Object({ month: Type.String(), figures: Figures, rates: Rates })),
})
export type Trend = Static<typeof Trend>

export const AnswerSearch = Type.Object(
  {
    ...period,
    /** The patients' own answers, or those given for them. */
    by: Type.Union([Type.Literal('all'), Type.Literal('self'), Type.Literal('proxy')]),
  },
  { additionalProperties: false },
)
export type AnswerSearch = Static<typeof AnswerSearch>

const valued = {
  answered: Count,
  valid: Count,
  notApplicable: Count,
  unscored: Count,
  satisfied: Share,
  score: Nullable(Type.Number()),
}

const QuestionPanel = Type.Object({
  key: Type.String(),
  questionId: Type.String(),
  kind: Type.String(),
  text: Words,
  versions: Type.Array(Type.Integer()),
  ...valued,
  options: Type.Array(Type.Object({ code: Type.String(), label: Words, score: Nullable(Type.Number()), count: Count })),
  numbers: Nullable(Type.Object({ mean: Type.Number(), min: Type.Number(), max: Type.Number() })),
  departments: Type.Array(Type.Object({ id: Nullable(Type.String()), name: Nullable(Type.String()), ...valued })),
})
export type QuestionPanel = Static<typeof QuestionPanel>

export const AnswerReport = Type.Object({
  questionnaires: Type.Array(
    Type.Object({
      id: Type.String(),
      code: Type.String(),
      title: Words,
      versions: Type.Array(Type.Object({ version: Type.Integer(), forms: Count, complete: Count })),
      score: Nullable(Type.Number()),
      questions: Type.Array(QuestionPanel),
    }),
  ),
})
export type AnswerReport = Static<typeof AnswerReport>

export const RowSearch = Type.Object(
  {
    ...period,
    of: Type.Union([
      Type.Literal('discharges'),
      Type.Literal('due'),
      Type.Literal('attempted'),
      Type.Literal('completed'),
      Type.Literal('partial'),
      Type.Literal('refused'),
      Type.Literal('under_way'),
      Type.Literal('waiting'),
      Type.Literal('failed'),
      Type.Literal('expired'),
      Type.Literal('stopped'),
      Type.Literal('excluded'),
    ]),
    reason: Type.Optional(Type.String({ pattern: '^[a-z0-9_]{1,40}$' })),
    offset: Type.Integer({ minimum: 0, maximum: 1_000_000 }),
    limit: Type.Integer({ minimum: 1, maximum: 100 }),
  },
  { additionalProperties: false },
)
export type RowSearch = Static<typeof RowSearch>

export const RowPage = Type.Object({
  total: Count,
  rows: Type.Array(
    Type.Object({
      day: Type.String(),
      standing: Type.String(),
      reason: Nullable(Type.String()),
      name: Type.String(),
      recordNumber: Nullable(Type.String()),
      department: Nullable(Type.String()),
      programme: Nullable(Type.String()),
      dialled: Count,
      answered: Count,
      taskId: Nullable(Type.String()),
      lastAttemptId: Nullable(Type.String()),
    }),
  ),
})
export type RowPage = Static<typeof RowPage>

const Choice = Type.Object({ id: Type.String(), name: Type.String() })
export const ReportChoices = Type.Object({
  programmes: Type.Array(Choice),
  departments: Type.Array(Choice),
  /** The hospital's day. */
  today: Type.String(),
})
export type ReportChoices = Static<typeof ReportChoices>

export const ExportWish = Type.Object(
  {
    ...period,
    by: Type.Optional(AnswerSearch.properties.by),
    what: Type.Union([Type.Literal('report'), Type.Literal('answers'), Type.Literal('calls')]),
    format: Type.Union([Type.Literal('csv'), Type.Literal('xlsx')]),
    reason: Reason,
    /** Names, numbers and free words as they are: for who holds `patient.clear`. */
    clear: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
)
export type ExportWish = Static<typeof ExportWish>
