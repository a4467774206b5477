import { tmpdir } from 'node:os'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { instantAt } from '../../../src/follow-up/calling/hospital-day.ts'
import { readSpreadsheet } from '../../../src/follow-up/intake/spreadsheet.ts'
import { ReportExports } from '../../../src/follow-up/reports/export-service.ts'
import { reportCommand } from '../../../src/follow-up/reports/report-command.ts'
import type { ExportWish } from '../../../src/follow-up/reports/report-schema.ts'
import { Reports } from '../../../src/follow-up/reports/report-service.ts'
import { systemActor } from '../../../src/platform/audit/audit-store.ts'
import type { Role } from '../../../src/platform/auth/rights.ts'
import { frozenClock } from '../../../src/platform/clock.ts'
import { consoleHeader, sessionCookie } from '../../../src/platform/http/access.ts'
import { silentLog } from '../../../src/platform/log.ts'
import { type Face, makeAccount, openFace, testPassword } from '../../e2e/fixture/face.ts'
import { secrets } from './office.ts'
import { ReportHospital } from './report-hospital.ts'

const november = { from: '2026-11-01', to: '2026-11-30' }
let hospital: ReportHospital
let face: Face
let versionId = ''

beforeAll(async () => {
  hospital = await ReportHospital.open()
  const { db, database } = hospital.office
  face = await openFace({ db, databaseUrl: database.url, secrets })
  const words = (text: string) => ({ zh: text, en: text })
  const scores = [
    ['good', 100],
    ['bad', 0],
  ] as const
  const options = scores.map(([code, score]) => ({ code, label: words(`=${code}`), score }))
  versionId = await hospital.version({
    id: 'survey',
    version: 1,
    title: words('问卷'),
    questions: [
      { id: 'care', kind: 'single', required: true, text: words('照顾'), options },
      { id: 'words', kind: 'text', required: false, text: words('意见'), maxLength: 100 },
    ],
  } as never)
  await hospital.write([
    {
      patient: '张三丰',
      day: '2026-11-02',
      department: '=1+1',
      state: 'completed',
      calls: [{ result: 'no_answer' }, { result: 'completed', answered: true }],
      form: { versionId, answers: { care: 'good', words: '@张三丰，"好"' } },
    },
    // Discharged in October, called in the last minute of November; the other one minute later.
    {
      patient: '李四',
      day: '2026-10-30',
      department: '内科',
      state: 'failed',
      reason: 'no_answer',
      calls: [{ result: 'busy', at: instantAt('2026-11-30', '23:59') }],
    },
    {
      patient: '王五',
      day: '2026-10-30',
      department: '内科',
      state: 'retry_wait',
      calls: [
        { result: 'cancelled', unsent: true, at: instantAt('2026-11-01', '00:00') },
        { result: 'busy', at: instantAt('2026-12-01', '00:00') },
      ],
    },
  ])
})
afterAll(async () => {
  await face.close()
  await hospital.close()
})

async function signIn(role: Role) {
  const name = await makeAccount(hospital.office.db, [role])
  const { token } = await face.auth.signIn(name, testPassword, { ip: null, userAgent: null, requestId: null })
  const headers = { [consoleHeader]: '1', cookie: `${sessionCookie}=${token}`, 'accept-language': 'zh' }
  return {
    name,
    take: (wish: Partial<ExportWish>, url = '/api/reports/export') =>
      face.server.inject({
        method: 'POST',
        url,
        headers,
        payload: { ...november, what: 'calls', format: 'csv', reason: '等级评审', ...wish },
      }),
  }
}

const trail = (name: string) =>
  hospital.office.db
    .selectFrom('auditRow')
    .select(['action', 'outcome', 'detail'])
    .where('actorName', '=', name)
    .where('action', 'like', 'report.%')
    .orderBy('id')
    .execute()

/** Rows of cells; none of the cells here has a line in it. */
function cellsOf(csv: string): string[][] {
  expect(csv.startsWith('\ufeff')).toBe(true)
  const lines = csv.slice(1).trimEnd().split('\r\n')
  // Behind the last cell the pattern finds one more, which is none.
  const cells = (line: string) => [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].slice(0, -1)
  return lines.map((line) => cells(line).map(([, cell = '']) => unquoted(cell)))
}

function unquoted(cell: string): string {
  return cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell
}

describe('calls as a file', () => {
  it('are all that were made on these days, ended or taken back, with what the network said', async () => {
    const supervisor = await signIn('supervisor')
    const answer = await supervisor.take({})
    expect([answer.statusCode, answer.headers['x-export-rows']]).toEqual([200, '4'])
    expect(answer.headers['content-disposition']).toBe('attachment; filename="calls-2026-11-01-2026-11-30.csv"')
    const [header = [], ...rows] = cellsOf(answer.body)
    const at = (title: string) => rows.map((row) => row[header.indexOf(title)])
    expect(at('结果代码')).toEqual(['cancelled', 'no_answer', 'completed', 'busy'])
    expect(at('开始')).toEqual([
      '2026-11-01 00:00:00',
      '2026-11-09 10:00:00',
      '2026-11-09 10:00:00',
      '2026-11-30 23:59:00',
    ])
    expect(at('接听')).toEqual(['', '', '2026-11-09 10:00:09', ''])
    expect(at('通话秒数')).toEqual(['', '', '60', ''])
    expect(at('SIP 状态')).toEqual(['480', '480', '200', '480'])
    expect(at('Q.850')).toEqual(['19', '19', '16', '19'])
    expect(at('挂断方')).toEqual(['', '', '本人', ''])
    expect(at('录音状态')).toEqual(['', '', 'expected', ''])
    expect(at('通话编号').map((id) => id !== '')).toEqual([false, true, true, true])
  })

  it('are masked, and hold no formula', async () => {
    const { take } = await signIn('supervisor')
    const { body } = await take({})
    expect(body).toContain('139****')
    expect(body).not.toMatch(/139\d{8}/)
    expect(body).toContain("'=cmd()")
    expect(body).toContain("'=1+1")
    for (const row of cellsOf(body)) for (const cell of row) expect(cell).not.toMatch(/^[=+\-@\t\r]/)
    const clear = await take({ clear: true })
    expect(clear.body).toMatch(/139\d{8}/)
  })

  it('are filtered by department and programme', async () => {
    const { take } = await signIn('supervisor')
    const rows = async (wish: Partial<ExportWish>) => (await take(wish)).headers['x-export-rows']
    expect(await rows({ departmentId: hospital.departments.get('内科') ?? '' })).toBe('2')
    expect(await rows({ programmeId: hospital.programmes.second })).toBe('0')
  })
})

describe('answers as a file', () => {
  it('are a row a form, masked with what was written in words', async () => {
    const { take } = await signIn('supervisor')
    const [header = [], row = [], ...more] = cellsOf((await take({ what: 'answers' })).body)
    const at = (title: string, of = row) => of[header.indexOf(title)]
    expect(more).toEqual([])
    expect([at('患者'), at('住院号'), at('照顾'), at('意见'), at('得分')]).toEqual([
      '张**',
      'ZY********01',
      "'=good",
      '（有内容）',
      '100',
    ])
    expect([at('问卷'), at('版本'), at('答题人'), at('状态')]).toEqual(['问卷', '1', '本人', '完整'])
    const [, clear = []] = cellsOf((await take({ what: 'answers', clear: true })).body)
    expect([at('患者', clear), at('意见', clear)]).toEqual(['张三丰', `'@张三丰，"好"`])
  })

  it('are the same as a workbook, which a spreadsheet reads', async () => {
    const { take } = await signIn('supervisor')
    const answer = await take({ what: 'answers', format: 'xlsx' })
    const [sheet, ...others] = await readSpreadsheet(answer.rawPayload, { rows: 100, unpackedBytes: 10_000_000 })
    expect(others).toEqual([])
    expect(sheet?.name).toBe('答卷')
    const csv = cellsOf((await take({ what: 'answers' })).body)
    const texts = sheet?.records.map(({ cells }) =>
      cells.map((cell) => (typeof cell === 'object' && 'value' in cell ? String(cell.value) : cell)),
    )
    expect(texts).toEqual(csv)
  })
})

describe('the report as a file', () => {
  it('has its figures, reasons and questions', async () => {
    const { take } = await signIn('supervisor')
    const answer = await take({ what: 'report', format: 'xlsx' })
    const sheets = await readSpreadsheet(answer.rawPayload, { rows: 100, unpackedBytes: 10_000_000 })
    expect(sheets.map(({ name }) => name)).toEqual(['汇总', '原因', '题目'])
    const numbers = sheets[0]?.records.at(-1)?.cells.slice(1, 6)
    expect(numbers).toMatchObject([1, 0, 1, 1, 1].map((value) => ({ kind: 'number', value })))
  })

  it('is what the command writes, too, without anybody’s name', async () => {
    const said: string[] = []
    const parts = { db: hospital.office.db, clock: frozenClock(hospital.office.now) }
    const stdout = { write: (text: string | Uint8Array) => said.push(String(text)) > 0 }
    expect(await reportCommand(parts, ['--month', '2026-11'], { stdout, language: 'zh' })).toBe(0)
    expect(said.at(-1)).toContain('随访率 1/1 = 100.0%')
    expect(await reportCommand(parts, ['--json'], { stdout, language: 'zh' })).toBe(0)
    expect(JSON.parse(said.at(-1) ?? '')).toMatchObject({ month: '2026-11', all: { figures: { completed: 1 } } })
    expect(said.join('')).not.toContain('张三丰')
    await expect(reportCommand(parts, ['--programme', 'x'], { stdout, language: 'zh' })).rejects.toMatchObject({
      code: 'REPORT_PROGRAMME_UNKNOWN',
    })
  })

  it.each([
    ['a month that there is not', ['--month', '2026-13'], 'REPORT_MONTH_UNREADABLE'],
    ['a path that cannot be written', ['--csv', tmpdir()], 'REPORT_FILE_UNWRITABLE'],
  ])('says what is wrong with %s', async (_what, argv, code) => {
    const parts = { db: hospital.office.db, clock: frozenClock(hospital.office.now) }
    const stdout = { write: () => true }
    await expect(reportCommand(parts, argv, { stdout, language: 'zh' })).rejects.toMatchObject({ code })
  })
})

describe('who takes rows out', () => {
  it('is written down before with filter, reason and rows, and after', async () => {
    const { name, take } = await signIn('supervisor')
    await take({ clear: true, reason: ' 等级评审材料 ' })
    expect(await trail(name)).toMatchObject([
      {
        action: 'report.export_started',
        outcome: 'ok',
        detail: { what: 'calls', format: 'csv', clear: true, reason: '等级评审材料', rows: 4, ...november },
      },
      { action: 'report.export_ended', outcome: 'ok', detail: { rows: 4 } },
    ])
  })

  it('gives a reason', async () => {
    const { take } = await signIn('supervisor')
    expect((await take({ reason: '  ' })).json()).toMatchObject({ code: 'INPUT_INVALID' })
  })

  it.each(['qa', 'agent', 'system_admin', 'security_admin', 'audit_admin'] as const)('is not %s', async (role) => {
    const { take } = await signIn(role)
    expect((await take({})).json()).toMatchObject({ code: 'RIGHT_MISSING' })
  })

  it('takes no more than the limit at once, no more than two files at once, nothing in the clear without the right', async () => {
    const { db } = hospital.office
    const reports = new Reports({ db, clock: frozenClock(hospital.office.now) })
    const parts = { db, reports, log: silentLog, decrypt: secrets.decrypt }
    const how = { actor: systemActor, sight: { clear: false }, language: 'zh' } as const
    const wish: ExportWish = { ...november, what: 'calls', format: 'csv', reason: '审计' }
    await expect(new ReportExports({ ...parts, limit: 3 }).open(wish, how)).rejects.toMatchObject({
      code: 'REPORT_EXPORT_TOO_LARGE',
    })
    const exports = new ReportExports(parts)
    await expect(exports.open({ ...wish, clear: true }, how)).rejects.toMatchObject({ code: 'REPORT_EXPORT_CLEAR' })
    const [first, second] = [await exports.open(wish, how), await exports.open(wish, how)]
    await expect(exports.open(wish, how)).rejects.toMatchObject({ code: 'REPORT_EXPORT_BUSY' })
    // Its reader goes away before the first byte: the place is free, and it is written down.
    await new Promise((resolve) => first.content.on('close', resolve).destroy())
    const third = await exports.open(wish, how)
    expect((await third.content.toArray()).length).toBeGreaterThan(0)
    await new Promise((resolve) => second.content.on('close', resolve).destroy())
    const { detail } = await db
      .selectFrom('auditRow')
      .select('detail')
      .where('action', '=', 'report.export_ended')
      .where('outcome', '=', 'failed')
      .where('actorName', '=', systemActor.name)
      .orderBy('id', 'desc')
      .executeTakeFirstOrThrow()
    expect(detail).toMatchObject({ code: 'ABORTED', rows: 0 })
  })
})
