import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TaskState } from '../../../src/follow-up/follow-up-tables.ts'
import type { AnswerSearch, RowSearch } from '../../../src/follow-up/reports/report-schema.ts'
import { Reports } from '../../../src/follow-up/reports/report-service.ts'
import { frozenClock } from '../../../src/platform/clock.ts'
import { type DischargeDraft, ReportHospital } from './report-hospital.ts'

const november = { from: '2026-11-01', to: '2026-11-30' }
const page = { offset: 0, limit: 100 }
const heard = { result: 'completed', answered: true }
const silent = { result: 'no_answer' }

let hospital: ReportHospital
let reports: Reports
beforeAll(async () => {
  hospital = await ReportHospital.open()
  reports = new Reports({ db: hospital.office.db, clock: frozenClock(hospital.office.now) })
  await hospital.write(discharges)
})
afterAll(() => hospital.close())

/** Counted by hand below: who is counted as what stands in each name. */
const discharges: readonly DischargeDraft[] = [
  { patient: '完成一', day: '2026-11-01', department: '内科', state: 'completed', calls: [silent, heard] },
  // The same discharge in another programme, where nobody was reached.
  {
    patient: '完成一',
    day: '2026-11-01',
    department: '内科',
    programme: 'second',
    state: 'failed',
    reason: 'no_answer',
    calls: [silent],
  },
  { patient: '完成二', day: '2026-11-30', department: '内科', state: 'completed', calls: [heard] },
  {
    patient: '失访一',
    day: '2026-11-02',
    department: '内科',
    state: 'failed',
    reason: 'no_answer',
    calls: [silent, silent, silent],
  },
  {
    patient: '空号',
    day: '2026-11-03',
    department: '内科',
    state: 'failed',
    reason: 'invalid_number',
    calls: [{ result: 'invalid_number' }],
  },
  { patient: '不随访', day: '2026-11-04', department: '内科', excluded: 'deceased' },
  {
    patient: '部分',
    day: '2026-11-05',
    department: '外科',
    state: 'partial',
    reason: 'no_answer',
    calls: [{ result: 'partial', answered: true }],
  },
  {
    patient: '拒绝',
    day: '2026-11-06',
    department: '外科',
    state: 'refused',
    reason: 'patient_refused',
    calls: [heard],
  },
  {
    patient: '过期',
    day: '2026-11-07',
    department: '外科',
    state: 'expired',
    reason: 'expired',
    calls: [{ result: 'congestion' }],
  },
  { patient: '待随访', day: '2026-11-08', department: '外科', calls: [{ result: 'cancelled', unsent: true }] },
  { patient: '随访中', day: '2026-11-09', department: null, state: 'retry_wait', calls: [{ result: 'busy' }] },
  { patient: '终止', day: '2026-11-10', department: '内科', state: 'stopped', reason: 'deceased', calls: [heard] },
  { patient: '无方案', day: '2026-11-11', department: '外科', programme: null },
  // One person with two records, then one with three, each of one discharge.
  { patient: '旧档', mergedInto: '合并', day: '2026-11-12', department: '内科', state: 'completed', calls: [heard] },
  { patient: '合并', day: '2026-11-12', department: '内科' },
  {
    patient: '再旧档',
    mergedInto: '中档',
    day: '2026-11-13',
    department: '内科',
    state: 'failed',
    reason: 'no_answer',
    calls: [silent],
  },
  { patient: '中档', mergedInto: '新档', day: '2025-01-01', department: '内科' },
  { patient: '新档', day: '2026-11-13', department: '内科', excluded: 'opted_out' },
  { patient: '十月', day: '2026-10-31', department: '内科', state: 'completed', calls: [heard] },
  { patient: '十二月', day: '2026-12-01', department: '内科' },
]

describe('the report of a month', () => {
  it('counts every discharge once, whatever records and programmes tell of it', async () => {
    const { all } = await reports.report(november)
    expect(all.figures).toEqual({
      discharges: 14,
      excluded: 2,
      due: 12,
      attempted: 10,
      completed: 3,
      partial: 1,
      refused: 1,
      underWay: 1,
      waiting: 1,
      failed: 3,
      expired: 1,
      stopped: 1,
      excludedBy: { deceased: 1, no_programme: 1 },
      failedBy: { no_answer: 2, invalid_number: 1 },
      stoppedBy: { deceased: 1 },
      tasks: 14,
      tasksCompleted: 3,
      dialled: 14,
      answered: 6,
      congestion: 1,
    })
  })

  it('has the rates of the formulas, each over its own denominator', async () => {
    const { all } = await reports.report(november)
    expect(all.rates).toEqual({
      followUp: 10 / 12,
      success: 3 / 12,
      successOfAttempted: 3 / 10,
      loss: 3 / 12,
      connected: 6 / 14,
    })
    const { all: none } = await reports.report({ from: '2020-01-01', to: '2020-01-31' })
    expect(none.rates).toEqual({
      followUp: null,
      success: null,
      successOfAttempted: null,
      loss: null,
      connected: null,
    })
  })

  it('is told by department, who has none at the end', async () => {
    const { departments } = await reports.report(november)
    expect(departments.map(({ name, figures }) => [name, figures.discharges, figures.due, figures.completed])).toEqual([
      ['内科', 8, 7, 3],
      ['外科', 5, 4, 0],
      [null, 1, 1, 0],
    ])
    const surgery = await reports.report({ ...november, departmentId: hospital.departments.get('外科') ?? '' })
    expect(surgery.all.figures).toEqual(departments[1]?.figures)
    expect((await reports.report({ ...november, departmentId: 'none' })).all.figures.underWay).toBe(1)
  })

  it('of one programme counts its own contacts alone', async () => {
    const second = await reports.report({ ...november, programmeId: hospital.programmes.second })
    expect(second.all.figures).toMatchObject({ discharges: 1, due: 1, failed: 1, completed: 0, dialled: 1, tasks: 1 })
    const first = await reports.report({ ...november, programmeId: hospital.programmes.first })
    expect(first.all.figures).toMatchObject({ discharges: 13, excluded: 1, completed: 3, dialled: 13 })
  })

  it('opens every figure into the rows that it counts', async () => {
    const names = async (search: Pick<RowSearch, 'of' | 'reason'>) => {
      const { total, rows } = await reports.rows({ ...november, ...page, ...search }, { clear: true })
      expect(total).toBe(rows.length)
      return rows.map(({ name }) => name).sort()
    }
    expect(await names({ of: 'completed' })).toEqual(['合并', '完成一', '完成二'].sort())
    expect(await names({ of: 'failed', reason: 'no_answer' })).toEqual(['失访一', '新档'].sort())
    expect(await names({ of: 'excluded', reason: 'no_programme' })).toEqual(['无方案'])
    expect(await names({ of: 'under_way' })).toEqual(['随访中'])
    expect(await names({ of: 'attempted' })).toHaveLength(10)
    expect(await names({ of: 'due' })).toHaveLength(12)
    expect(await names({ of: 'discharges' })).toHaveLength(14)
    const [row] = (await reports.rows({ ...november, ...page, of: 'partial' }, { clear: false })).rows
    expect(row).toMatchObject({ name: '部*', department: '外科', dialled: 1, answered: 1, day: '2026-11-05' })
    expect(row?.recordNumber).toMatch(/^ZY\*+\d\d$/)
    expect((await hospital.office.attempt(row?.lastAttemptId ?? '')).result).toBe('partial')
  })

  it('leads from a row to its task, and to that task’s last call', async () => {
    const { rows } = await reports.rows({ ...november, ...page, of: 'attempted' }, { clear: true })
    expect(rows).toHaveLength(10)
    for (const { taskId, lastAttemptId } of rows) {
      const call = await hospital.office.db
        .selectFrom('attempt')
        .select('taskId')
        .where('id', '=', lastAttemptId)
        .executeTakeFirst()
      expect(call).toEqual({ taskId })
    }
  })

  it('stands month by month in the trend', async () => {
    const { months } = await reports.trend({ month: '2026-12' })
    expect(months).toHaveLength(12)
    expect(months.slice(-3).map(({ month, figures }) => [month, figures.discharges, figures.completed])).toEqual([
      ['2026-10', 1, 1],
      ['2026-11', 14, 3],
      ['2026-12', 1, 0],
    ])
    expect(months.at(-2)?.rates).toEqual((await reports.report(november)).all.rates)
  })

  it('refuses a period that is upside down or longer than a year', async () => {
    for (const days of [
      { from: '2026-11-02', to: '2026-11-01' },
      { from: '2025-11-01', to: '2026-11-02' },
    ])
      await expect(reports.report(days)).rejects.toMatchObject({ code: 'REPORT_PERIOD_INVALID' })
    expect((await reports.report({ from: '2025-11-02', to: '2026-11-02' })).all.figures.discharges).toBeGreaterThan(0)
  })
})

describe('any month', () => {
  const states = [
    'scheduled',
    'retry_wait',
    'completed',
    'partial',
    'failed',
    'refused',
    'stopped',
    'excluded',
    'expired',
  ] as const satisfies readonly TaskState[]
  const draft = fc.record({
    department: fc.constantFrom('内科', '外科', '儿科', null),
    state: fc.constantFrom(...states),
    programme: fc.constantFrom('first' as const, 'first' as const, 'second' as const, null),
    calls: fc.array(fc.constantFrom(heard, silent, { result: 'congestion' }), { maxLength: 3 }),
    // The record of the one before it, with the same discharge.
    merged: fc.boolean(),
  })
  let run = 0

  it('has parts that sum to the whole, and rows as many as each figure says', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(draft, { minLength: 1, maxLength: 30 }), async (drafts) => {
        run += 1
        const month = `2024-${String(run).padStart(2, '0')}`
        const days = { from: `${month}-01`, to: `${month}-28` }
        await hospital.write(
          drafts
            .map(({ merged, ...one }, n) => ({
              ...one,
              patient: `${month} ${n}`,
              day: `${month}-${String(merged && n > 0 ? n : n + 1)
                .padStart(2, '0')
                .slice(-2)}`,
              reason: 'no_answer',
              ...(merged && n > 0 ? { mergedInto: `${month} ${n - 1}` } : {}),
            }))
            .filter(({ day }) => day <= days.to),
        )
        const { all, departments } = await reports.report(days)
        const { figures } = all
        const sum = (of: readonly number[]) => of.reduce((total, one) => total + one, 0)
        expect(figures.excluded + figures.due).toBe(figures.discharges)
        expect(
          sum([figures.completed, figures.partial, figures.refused, figures.underWay, figures.waiting]) +
            sum([figures.failed, figures.expired, figures.stopped]),
        ).toBe(figures.due)
        expect(sum(Object.values(figures.failedBy))).toBe(figures.failed)
        expect(sum(Object.values(figures.excludedBy))).toBe(figures.excluded)
        for (const key of ['discharges', 'due', 'attempted', 'dialled', 'answered', 'tasks', 'congestion'] as const) {
          expect(sum(departments.map((one) => one.figures[key]))).toBe(figures[key])
        }
        for (const of of ['discharges', 'due', 'attempted', 'completed', 'failed', 'excluded'] as const) {
          expect((await reports.rows({ ...days, ...page, of }, { clear: true })).total).toBe(figures[of])
        }
      }),
      { numRuns: 6, seed: 7 },
    )
  })
})

describe('what the answers add up to', () => {
  const scale = [
    ['very', 100],
    ['satisfied', 75],
    ['neither', 50],
    ['not', 0],
    ['unknown', null],
  ] as const
  const single = (id: string, text: string, weight?: number) => ({
    id,
    kind: 'single',
    required: true,
    text: { zh: text, en: text },
    options: scale.map(([code, score]) => ({ code, label: { zh: code, en: code }, score })),
    ...(weight === undefined ? {} : { weight }),
  })
  const title = { zh: '问卷', en: 'form' }
  const march = { from: '2026-03-01', to: '2026-03-31', by: 'all' } as const
  const find = async (search: AnswerSearch = march) => (await reports.answers(search)).questionnaires[0]

  beforeAll(async () => {
    const many = { id: 'symptoms', kind: 'multiple', required: false, text: { zh: '症状', en: 'symptoms' } }
    const options = ['cough', 'fever'].map((code) => ({ code, label: { zh: code, en: code } }))
    const first = await hospital.version({
      id: 'survey',
      version: 1,
      title,
      questions: [single('nurses', '护士'), single('quiet', '安静'), { ...many, options }],
    } as never)
    const second = await hospital.version({
      id: 'survey',
      version: 2,
      title,
      questions: [
        single('nurses', '护士'),
        single('quiet', '病房安静吗'),
        { id: 'words', kind: 'text', required: false, text: { zh: '意见', en: 'words' }, maxLength: 100 },
        { id: 'pain', kind: 'number', required: false, text: { zh: '疼痛', en: 'pain' }, min: 0, max: 10 },
      ],
    } as never)
    const said = (
      patient: string,
      department: string,
      versionId: string,
      answers: Record<string, unknown>,
      more = {},
    ) => ({
      patient,
      day: '2026-03-05',
      department,
      state: 'completed' as const,
      calls: [heard],
      form: { versionId, answers, ...more },
    })
    await hospital.write([
      said('答一', '内科', first, { nurses: 'very', quiet: 'not', symptoms: ['cough', 'fever'] }),
      said('答二', '内科', first, { nurses: 'satisfied', quiet: 'unknown', symptoms: ['cough'] }),
      said('答三', '外科', first, { nurses: 'neither', quiet: 'not_applicable' }, { respondent: 'spouse' }),
      said('答四', '外科', second, { nurses: 'unknown', quiet: 'very', words: '很好', pain: 2 }, { complete: false }),
      said('答五', '外科', second, { nurses: 'not', words: null, pain: 5 }, { respondent: null }),
      // The second record of the first person, with a form of its own: one discharge, one form.
      { ...said('答一旧', '内科', first, { nurses: 'not' }, { complete: false }), mergedInto: '答一' },
    ])
  })

  it('leaves "do not know" and "not applicable" out of the denominator', async () => {
    const survey = await find()
    const nurses = survey?.questions.find(({ questionId }) => questionId === 'nurses')
    // very 100, satisfied 75, neither 50, not 0; one does not know.
    expect(nurses).toMatchObject({
      answered: 5,
      valid: 4,
      unscored: 1,
      notApplicable: 0,
      satisfied: 2 / 4,
      score: 56.25,
      versions: [1, 2],
    })
    expect(nurses?.options.map(({ count }) => count)).toEqual([1, 1, 1, 1, 1])
    expect(nurses?.departments.map(({ name, valid, satisfied }) => [name, valid, satisfied])).toEqual([
      ['内科', 2, 1],
      ['外科', 2, 0],
    ])
  })

  it('tells versions apart that ask otherwise', async () => {
    const quiet = (await find())?.questions.filter(({ questionId }) => questionId === 'quiet')
    expect(
      quiet?.map(({ versions, valid, notApplicable, unscored, score }) => [
        versions,
        valid,
        notApplicable,
        unscored,
        score,
      ]),
    ).toEqual([
      [[2], 1, 0, 0, 100],
      [[1], 1, 1, 1, 0],
    ])
    expect((await find())?.versions).toEqual([
      { version: 2, forms: 2, complete: 1 },
      { version: 1, forms: 3, complete: 3 },
    ])
  })

  it('counts picks, numbers and words as what they are; an answer taken back is none', async () => {
    const questions = (await find())?.questions ?? []
    const of = (id: string) => questions.find(({ questionId }) => questionId === id)
    expect(of('symptoms')?.options.map(({ code, count }) => [code, count])).toEqual([
      ['cough', 2],
      ['fever', 1],
    ])
    expect(of('pain')).toMatchObject({ valid: 2, numbers: { mean: 3.5, min: 2, max: 5 }, satisfied: null })
    expect(of('words')).toMatchObject({ answered: 1, valid: 1, options: [] })
  })

  it('is filtered by who answered, and by department', async () => {
    const forms = async (search: Partial<AnswerSearch>) =>
      (await find({ ...march, ...search }))?.versions.map(({ version, forms: size }) => [version, size])
    expect(await forms({ by: 'self' })).toEqual([
      [2, 1],
      [1, 2],
    ])
    expect(await forms({ by: 'proxy' })).toEqual([[1, 1]])
    expect(await forms({ departmentId: hospital.departments.get('内科') ?? '' })).toEqual([[1, 2]])
  })

  it('scores all forms as one form is scored', async () => {
    // nurses 100 + 75 + 50 + 0 of 400, quiet 0 and 100 of 200.
    expect((await find())?.score).toBe(54.17)
  })
})
