import { utils, write } from '@e965/xlsx'
import { afterAll, describe, expect, it } from 'vitest'
import { intakeCommand } from '../../../src/follow-up/intake/hospital-intake.ts'
import type { ImportReport, ImportRun, NumberlessPatient } from '../../../src/follow-up/intake/import-schema.ts'
import type { Role } from '../../../src/platform/auth/rights.ts'
import { consoleHeader, sessionCookie } from '../../../src/platform/http/access.ts'
import { makeAccount, openFace, testPassword } from '../../e2e/fixture/face.ts'
import { makeHospital } from '../../e2e/fixture/hospital.ts'
import { testDatabase } from '../../harness/database.ts'

const database = await testDatabase()
const { db } = database
const columnWords = { phones: ['回访电话'], dischargedAt: ['离科时点'] }
const face = await openFace({ db, databaseUrl: database.url, columnWords })
afterAll(async () => {
  await face.close()
  await database.close()
})
await makeHospital(db, face.secrets, { patients: 1 })

const list = [
  '住院号,姓名,性别,联系电话,出院时间,出院科室',
  'ZY900001,王小明,男,13900000001,2026-11-01 10:00,骨科',
  'ZY900002,李小红,女,,2026-11-01 11:00,骨科',
  'ZY900003,赵六,男,13900000003,2026-13-45,骨科',
].join('\n')

async function signIn(roles: readonly Role[]) {
  const who = await makeAccount(db, roles)
  const { token } = await face.auth.signIn(who, testPassword, { ip: null, userAgent: null, requestId: null })
  const headers = { [consoleHeader]: '1', cookie: `${sessionCookie}=${token}` }
  const get = async <T>(url: string): Promise<T> => (await face.server.inject({ url, headers })).json()
  const upload = async (name: string, content: string | Uint8Array, query = '') => {
    const form = new FormData()
    form.append('file', new Blob([typeof content === 'string' ? content : Buffer.from(content)]), name)
    const request = new Request('http://x/', { method: 'POST', body: form })
    return face.server.inject({
      method: 'POST',
      url: `/api/imports${query}`,
      headers: { ...headers, 'content-type': request.headers.get('content-type') ?? '' },
      payload: Buffer.from(await request.arrayBuffer()),
    })
  }
  return { who, headers, get, upload }
}

describe('an uploaded list', () => {
  it('goes the way of every import; its report, error file and missing numbers can be asked for', async () => {
    const { who, headers, get, upload } = await signIn(['supervisor'])
    const answer = await upload('出院名单.csv', list)
    expect(answer.statusCode).toBe(200)
    const { id } = answer.json()
    const report = await get<ImportReport>(`/api/imports/${id}`)
    expect(report.run).toMatchObject({
      fileName: '出院名单.csv',
      by: who,
      state: 'finished',
      counts: { read: 3, created: 1, rejected: 2 },
    })
    expect(report.rejected.map(({ line, code }) => [line, code])).toEqual([
      [3, 'no_callable_phone'],
      [4, 'discharge_time_unreadable'],
    ])
    expect((await get<{ runs: ImportRun[] }>('/api/imports')).runs[0]?.id).toBe(id)

    const errors = await face.server.inject({ url: `/api/imports/${id}/errors`, headers })
    expect(errors.headers['content-disposition']).toContain('attachment')
    expect(errors.body).toContain('李小红')
    const again = await upload('corrected.csv', errors.body.replace('2026-13-45', '2026-11-02'))
    const corrected = await get<ImportReport>(`/api/imports/${again.json().id}`)
    expect(corrected.run.counts).toMatchObject({ read: 2, created: 1, rejected: 1 })
  })

  it('shows who has no number masked to who may not see people', async () => {
    await (await signIn(['supervisor'])).upload('one.csv', list)
    const clear = await (await signIn(['supervisor'])).get<{ patients: NumberlessPatient[] }>('/api/imports/numberless')
    expect(clear.patients).toMatchObject([{ name: '李小红', recordNumber: 'ZY900002', department: '骨科' }])
    const masked = await (await signIn(['system_admin'])).get<{ patients: NumberlessPatient[] }>(
      '/api/imports/numberless',
    )
    expect(masked.patients).toMatchObject([{ name: '李**', recordNumber: 'ZY****02' }])
  })

  it.each([
    ['a file that is none', 'x.csv', new Uint8Array([0x25, 0x50, 0x44, 0x46, 1, 2]), 415],
    ['an empty file', 'x.csv', '', 400],
    ['a list without a header', 'x.csv', 'a,b\n1,2\n', 422],
    ['a file that is too large', 'x.csv', new Uint8Array(50 * 1024 * 1024 + 10), 413],
  ])('%s is refused in words, and writes nothing but that', async (_what, name, content, status) => {
    const { who, upload } = await signIn(['supervisor'])
    const before = await db.selectFrom('patient').select('id').execute()
    const answer = await upload(name, content)
    expect(answer.statusCode).toBe(status)
    expect(answer.json().next).not.toBe('')
    expect(await db.selectFrom('patient').select('id').execute()).toEqual(before)
    const row = await db
      .selectFrom('auditRow')
      .selectAll()
      .where('actorName', '=', who)
      .where('action', '=', 'import.uploaded')
      .executeTakeFirstOrThrow()
    expect(row).toMatchObject({ outcome: 'failed', detail: { code: answer.json().code } })
  })

  it('that was refused stands in the history with the reason and the next step', async () => {
    const { get, upload } = await signIn(['supervisor'])
    await upload('headless.csv', 'a,b\n1,2\n')
    const [run] = (await get<{ runs: ImportRun[] }>('/api/imports')).runs
    const failure = {
      code: 'IMPORT_HEADER_NOT_FOUND',
      words: { zh: expect.stringContaining('医院自用的列名可添加'), en: expect.stringContaining('column file') },
    }
    expect(run).toMatchObject({ fileName: 'headless.csv', state: 'failed', failure })
    const report = await get<ImportReport>(`/api/imports/${run?.id}`)
    expect(report.run.failure).toEqual(run?.failure)
  })

  it('is read by the words and the area code that the hospital has set, as on the command line', async () => {
    const { upload, get } = await signIn(['supervisor'])
    const own = '住院号,姓名,回访电话,离科时点\nZY900031,周小明,2288288,2026-11-01'
    const countsAfter = async () => {
      const { id } = (await upload('own.csv', own)).json()
      return (await get<ImportReport>(`/api/imports/${id}`)).run.counts
    }
    expect(await countsAfter()).toMatchObject({ read: 1, rejected: 1 })
    await expect(intakeCommand(db, ['--area-code', '752'])).rejects.toMatchObject({ code: 'HOSPITAL_SETTING_INVALID' })
    expect(await intakeCommand(db, ['--area-code', '0752'])).toEqual({ areaCode: '0752' })
    expect(await countsAfter()).toMatchObject({ read: 1, created: 1 })
    await intakeCommand(db, ['--area-code', 'none'])
  })

  it('tells of the sheets that were not read, which can be read then, and of rows that were odd', async () => {
    const { upload } = await signIn(['supervisor'])
    const sheet = (no: string) =>
      utils.aoa_to_sheet([
        ['住院号', '姓名', '联系电话', '出院时间'],
        [no, '吴小明', '13900000041', '2026-11-01'],
      ])
    const book = utils.book_new()
    utils.book_append_sheet(book, sheet('ZY900041'), '内科')
    utils.book_append_sheet(book, sheet('ZY900042'), '外科')
    const bytes = new Uint8Array(write(book, { type: 'array', bookType: 'xlsx' }))
    const first = (await upload('two.xlsx', bytes)).json()
    expect(first).toMatchObject({ sheet: '内科', otherSheets: ['外科'] })
    expect(first.warnings).toContainEqual({ code: 'discharge_without_time', words: expect.anything(), rows: 1 })
    const second = (await upload('two.xlsx', bytes, `?${new URLSearchParams({ sheet: '外科' })}`)).json()
    expect(second).toMatchObject({ sheet: '外科', otherSheets: [] })
    const stays = await db
      .selectFrom('encounter')
      .select('encounterNo')
      .where('encounterNo', 'like', 'ZY90004%')
      .execute()
    expect(stays).toHaveLength(2)
  })

  it('keeps of its name what a database takes', async () => {
    const { upload, get } = await signIn(['supervisor'])
    const { id } = (await upload('../名\u0000单.csv', list)).json()
    expect((await get<ImportReport>(`/api/imports/${id}`)).run.fileName).toBe('名单.csv')
  })

  it('is missing when no file comes', async () => {
    const { headers } = await signIn(['supervisor'])
    const answer = await face.server.inject({ method: 'POST', url: '/api/imports', headers })
    expect([answer.statusCode, answer.json().code]).toEqual([400, 'UPLOAD_MISSING'])
  })

  it('is an audit row when its rejected rows are taken home', async () => {
    const { who, headers, upload } = await signIn(['supervisor'])
    const { id } = (await upload('two.csv', list)).json()
    await face.server.inject({ url: `/api/imports/${id}/errors`, headers })
    const row = await db
      .selectFrom('auditRow')
      .selectAll()
      .where('actorName', '=', who)
      .where('action', '=', 'import.errors_downloaded')
      .executeTakeFirstOrThrow()
    expect(row.objectId).toBe(id)
  })
})
