import type { Clock } from '#platform/clock.ts'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { UserError } from '#platform/errors/errors.ts'
import { addDays, dayOf } from '../calling/hospital-day.ts'
import type { Sight } from '../live/live-service.ts'
import { maskName, maskRecordNumber } from '../live/person-mask.ts'
import { type QuestionResult, questionsOf, resultOf, scoreOfAll } from './answers.ts'
import { answerCounts, answeredVersions } from './answers-store.ts'
import { type Counted, daysOfMonth, figuresOf, monthBefore, ratesOf } from './report.ts'
import './report-errors.ts'
import type {
  AnswerReport,
  AnswerSearch,
  QuestionPanel,
  Report,
  ReportChoices,
  ReportLine,
  ReportSearch,
  RowPage,
  RowSearch,
  Trend,
  TrendSearch,
} from './report-schema.ts'
import { type CohortFilter, countByMonth, countDischarges, dischargeRows, reportChoices } from './report-store.ts'

/** A year and a day: the longest period of one report. */
export const longestDays = 366

/** What calls and answers add up to. Every figure is counted from its rows when it is asked for. */
export class Reports {
  readonly #db: Ground
  readonly #clock: Clock

  constructor({ db, clock }: { readonly db: Ground; readonly clock: Clock }) {
    this.#db = db
    this.#clock = clock
  }

  /** @throws UserError REPORT_PERIOD_INVALID */
  async report(search: ReportSearch): Promise<Report> {
    const [counted, { departments }] = await Promise.all([
      countDischarges(this.#db, filterOf(search)),
      reportChoices(this.#db),
    ])
    const names = new Map(departments.map(({ id, name }) => [id, name]))
    const ids = [...new Set(counted.map(({ departmentId }) => departmentId))]
    const lines = ids.map((id) => ({
      id,
      name: id === null ? null : (names.get(id) ?? null),
      ...lineOf(counted.filter(({ departmentId }) => departmentId === id)),
    }))
    return { all: lineOf(counted), departments: inOrder(lines), at: this.#clock.now().toISOString() }
  }

  /** Twelve months of discharges up to this one. */
  async trend({ month, programmeId, departmentId }: TrendSearch): Promise<Trend> {
    const months = Array.from({ length: 12 }, (_none, n) => monthBefore(month, 11 - n))
    const { from } = daysOfMonth(months[0] ?? month)
    const { to } = daysOfMonth(month)
    const counted = await countByMonth(this.#db, {
      from,
      to,
      programmeId: programmeId ?? null,
      departmentId: departmentId ?? null,
    })
    return { months: months.map((one) => ({ month: one, ...lineOf(counted.filter((row) => row.month === one)) })) }
  }

  /** @throws UserError REPORT_PERIOD_INVALID */
  async answers(search: AnswerSearch): Promise<AnswerReport> {
    const filter = { ...filterOf(search), by: search.by }
    return snapshotOf(this.#db, async (tx) => {
      const versions = await answeredVersions(tx, filter)
      const counts = await answerCounts(tx, filter, versions)
      const { departments } = await reportChoices(tx)
      const names = new Map(departments.map(({ id, name }) => [id, name]))
      const results = questionsOf(versions).map((asked) => resultOf(asked, counts))
      return {
        questionnaires: [...new Set(versions.map(({ questionnaireId }) => questionnaireId))].map((id) => {
          const own = versions.filter(({ questionnaireId }) => questionnaireId === id)
          const questions = results.filter(({ asked }) => asked.questionnaireId === id)
          const [newest] = own
          return {
            id,
            code: newest?.code ?? '',
            title: newest?.definition.title ?? { zh: '', en: '' },
            versions: own.map(({ version, forms, complete }) => ({ version, forms, complete })),
            score: scoreOfAll(questions),
            questions: questions.map((one) => panelOf(one, names)),
          }
        }),
      }
    })
  }

  /** The rows that a figure counts. @throws UserError REPORT_PERIOD_INVALID */
  async rows(search: RowSearch, { clear }: Sight): Promise<RowPage> {
    const { of, reason = null, offset, limit } = search
    const rows = await dischargeRows(this.#db, filterOf(search), { of, reason }, { offset, limit })
    return {
      total: rows[0]?.total ?? 0,
      rows: rows.map(({ person: _person, total: _total, name, encounterNo, ...row }) => ({
        ...row,
        name: clear ? name : maskName(name),
        recordNumber: encounterNo === null || clear ? encounterNo : maskRecordNumber(encounterNo),
      })),
    }
  }

  async choices(): Promise<ReportChoices> {
    const { programmes, departments } = await reportChoices(this.#db)
    return {
      programmes: programmes.map(({ id, name }) => ({ id, name })),
      departments,
      today: dayOf(this.#clock.now()),
    }
  }
}

/** @throws UserError REPORT_PERIOD_INVALID */
export function filterOf({ from, to, programmeId, departmentId }: ReportSearch): CohortFilter {
  if (to < from || addDays(from, longestDays) <= to) throw new UserError('REPORT_PERIOD_INVALID', { days: longestDays })
  return { from, to, programmeId: programmeId ?? null, departmentId: departmentId ?? null }
}

/** Several statements that see the same rows. */
function snapshotOf<Told>(db: Ground, read: (tx: GroundTransaction) => Promise<Told>): Promise<Told> {
  return db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(read)
}

function lineOf(counted: readonly Counted[]): ReportLine {
  const figures = figuresOf(counted)
  return { figures, rates: ratesOf(figures) }
}

/** Where no department is known comes last. */
function inOrder<Line extends { readonly name: string | null }>(lines: readonly Line[]): Line[] {
  return [...lines].sort((a, b) =>
    a.name === null || b.name === null
      ? Number(a.name === null) - Number(b.name === null)
      : a.name.localeCompare(b.name, 'zh'),
  )
}

function panelOf({ asked, ...result }: QuestionResult, names: ReadonlyMap<string, string>): QuestionPanel {
  const { key, question, versions } = asked
  return {
    key,
    questionId: question.id,
    kind: question.kind,
    text: question.text,
    versions: [...versions],
    ...result,
    options: [...result.options],
    departments: inOrder(
      result.departments.map(({ departmentId, ...rest }) => ({
        id: departmentId,
        name: departmentId === null ? null : (names.get(departmentId) ?? null),
        ...rest,
      })),
    ),
  }
}
