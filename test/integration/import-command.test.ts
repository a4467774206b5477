import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { sql } from 'kysely'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { loadDemoHospital } from '../../src/follow-up/demo/demo-hospital.ts'
import { runImport } from '../../src/follow-up/intake/import-command.ts'
import { ImportRecords } from '../../src/follow-up/intake/import-records.ts'
import { readSettings } from '../../src/platform/settings/settings.ts'
import { type TestDatabase, testDatabase } from '../harness/database.ts'
import { counts, hospital, importDay, list } from './import-fixture.ts'

let database: TestDatabase
let house: Awaited<ReturnType<typeof hospital>>
const folder = await mkdtemp(join(tmpdir(), 'suifang-import-'))

beforeEach(async () => {
  await database?.close()
  database = await testDatabase({ now: importDay })
  house = await hospital(database.db)
})
afterAll(async () => {
  await database.close()
  await rm(folder, { recursive: true, force: true })
})

const sample = new URL('../fixtures/discharge-lists/csv/discharges.csv', import.meta.url).pathname
const one = { no: 'ZY1', name: '张三', phone: '19900000001' }

async function command(...argv: string[]) {
  const written = { stdout: '', stderr: '' }
  const sink = (name: 'stdout' | 'stderr') =>
    new Writable({
      write(chunk, _, done) {
        written[name] += String(chunk)
        done()
      },
    })
  const settings = readSettings({ SUIFANG_DATA: folder })
  const ground = { ...house.parts, settings }
  const code = await runImport(argv, { ground, stdout: sink('stdout'), stderr: sink('stderr'), language: 'en' })
  return { code, ...written }
}

async function file(name: string, content: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}

describe('the command import', () => {
  it('with --json prints one JSON document with exactly the promised keys', async () => {
    const { code, stdout } = await command(sample, '--json')
    const report = JSON.parse(stdout)
    expect(code).toBe(0)
    expect(stdout.trim().split('\n')).toHaveLength(1)
    expect(Object.keys(report)).toEqual([
      'read',
      'created',
      'changed',
      'unchanged',
      'duplicate',
      'excluded',
      'rejected',
    ])
    expect(report).toMatchObject({ read: 296, created: 261, duplicate: 8 })
    expect(Object.keys(report.rejected[0])).toEqual(['at', 'column', 'code', 'message'])
    expect(Object.keys(report.excluded[0])).toEqual(['at', 'reason'])
  })

  it('without it tells people, with rejected rows, exclusions and oddities', async () => {
    const { stdout } = await command(sample)
    expect(stdout).toContain(
      '296 patient rows read: 261 new, 0 changed, 0 unchanged, 8 duplicate, 5 excluded, 22 rejected',
    )
    expect(stdout).toContain('line 53 [联系电话] no_callable_phone:')
    expect(stdout).toContain('id_scientific × 10')
  })

  it('makes the hospital it imports into where there is none', async () => {
    const bare = await testDatabase({ now: importDay })
    try {
      house = { ...house, parts: { ...house.parts, db: bare.db } }
      expect(await command(await file('a.csv', list(one)), '--json')).toMatchObject({ code: 0 })
      expect(await counts(bare.db)).toMatchObject({ patients: 1, tasks: 1 })
    } finally {
      await bare.close()
    }
  })

  it.each([
    ['no file', [], 2],
    ['an unknown option', ['list.csv', '--jsn'], 2],
    ['a file that is not there', ['/nowhere/list.csv'], 1],
    ['an unknown purpose', [sample, '--consent', 'x', '--purpose', 'sales'], 1],
    ['a column file that is none', [sample, '--columns', sample], 1],
  ])('with %s ends with a clear error', async (_, argv, expected) => {
    const { code, stdout, stderr } = await command(...argv)
    expect({ code, stdout }).toEqual({ code: expected, stdout: '' })
    expect(stderr).not.toBe('')
  })

  it('reads the hospital’s own column words from its data folder', async () => {
    await file('columns.json', '{"dischargedAt": ["离科时点"]}')
    const path = await file('own.csv', list(one).replace('出院时间', '离科时点'))
    expect(await command(path, '--json')).toMatchObject({ code: 0 })
    await rm(join(folder, 'columns.json'))
    expect(await command(path, '--json')).toMatchObject({ code: 1 })
  })

  it('does not write the rows to correct over the list that it reads', async () => {
    const text = list(one)
    const path = await file('list.csv', text)
    await symlink(path, join(folder, 'again.csv'))
    const { code, stderr } = await command(path, '--errors', join(folder, 'again.csv'))
    expect(code).toBe(1)
    expect(stderr).toContain('IMPORT_ERRORS_OVER_LIST')
    expect(await readFile(path, 'utf8')).toBe(text)
    expect(await counts(database.db)).toMatchObject({ tasks: 0 })
  })

  it('reads of what has no end as much as a list may have', async () => {
    const { code, stderr } = await command('/dev/zero')
    expect(code).toBe(1)
    expect(stderr).toContain('IMPORT_FILE_TOO_LARGE')
  })

  it('writes the rejected rows so that they can be corrected and imported as they are', async () => {
    const path = await file('b.csv', list(one, { no: 'ZY2', name: '李四' }, { ...one, no: 'ZY3', name: '' }))
    const errors = join(folder, 'errors.csv')
    await command(path, '--errors', errors)
    const again = JSON.parse((await command(errors, '--json')).stdout)
    expect(again.rejected.map(({ code }: { code: string }) => code)).toEqual(['no_callable_phone', 'missing_name'])
    const corrected = (await readFile(errors, 'utf8')).replace('李四,,1960-05-01,', '李四,,1960-05-01,19900000002')
    const report = JSON.parse((await command(await file('c.csv', corrected), '--json')).stdout)
    expect(report).toMatchObject({ read: 2, created: 1, rejected: [{ code: 'missing_name' }] })
  })
})

describe('the records of imports', () => {
  it('count what became of the rows of each run', async () => {
    await house.importFile(list(one, { no: 'ZY2', name: '李四' }))
    await house.importFile(list(one))
    const runs = await new ImportRecords(house.parts).runs(10)
    expect(
      runs.map(({ state, counts }) => [state, counts.read, counts.created, counts.unchanged, counts.rejected]),
    ).toEqual([
      ['finished', 1, 0, 1, 0],
      ['finished', 2, 1, 0, 1],
    ])
  })

  it('tell a run’s rejected and excluded rows with words', async () => {
    const { importId } = await house.importFile(list({ ...one, leaveMode: '5' }, { no: 'ZY2', name: '李四' }))
    const report = await new ImportRecords(house.parts).report(importId)
    expect(report).toMatchObject({
      rejected: [{ line: 3, column: '联系电话', code: 'no_callable_phone' }],
      excluded: [{ line: 2, reason: 'deceased' }],
    })
    expect(report.rejected[0]?.words.zh).toContain('没有可拨打的电话')
    await expect(new ImportRecords(house.parts).report(house.siteId)).rejects.toMatchObject({ code: 'IMPORT_UNKNOWN' })
  })

  it('hold the department’s list of people without a number until somebody finds one', async () => {
    await house.importFile(list({ no: 'ZY2', name: '李四' }, { no: 'ZY3', name: '王五', department: '眼科' }))
    await house.importFile(list({ no: 'ZY2', name: '李四' }))
    const records = new ImportRecords(house.parts)
    const people = async (departmentId?: string) =>
      (await records.numberless({ limit: 10, ...(departmentId ? { departmentId } : {}) })).map(
        ({ name, department }) => [name, department],
      )
    expect(await people()).toEqual([
      ['李四', '骨科'],
      ['王五', '眼科'],
    ])
    const { rows } = await sql<{ id: string }>`select id from department where name = '眼科'`.execute(database.db)
    expect(await people(rows[0]?.id)).toEqual([['王五', '眼科']])
    await house.importFile(list({ no: 'ZY2', name: '李四', phone: '19900000002' }))
    expect(await people()).toEqual([['王五', '眼科']])
  })
})

describe('the demo hospital', () => {
  it('is loaded once: 200 discharges of seven days ago, every one due, on a simulated trunk at any hour', async () => {
    const first = await loadDemoHospital(house.parts)
    expect(first.discharges).toBe(200)
    const { rows } = await sql<Record<string, unknown>>`
      select count(*)::integer as tasks, count(*) filter (where t.due_at <= app_now() and t.hold is null)::integer as due,
        count(*) filter (where gate_reason(t.id, t.phone_number_id, app_now()) is null)::integer as open,
        min(t.due_on) as due_on, bool_and(k.kind = 'simulated' and c.any_hour and c.state = 'running') as simulated
      from task t join programme p on p.id = t.programme_id join campaign c on c.id = p.campaign_id
      join trunk k on k.id = c.trunk_id
    `.execute(database.db)
    expect(rows).toEqual([{ tasks: 200, due: 200, open: 200, dueOn: '2026-11-20', simulated: true }])
    expect(await loadDemoHospital(house.parts)).toEqual({ ...first, discharges: 0 })
    expect(await counts(database.db)).toMatchObject({ patients: 200, tasks: 200 })
  })

  it('does not mix with the patients of a list that was there before, but dials them', async () => {
    await house.importFile(list(one))
    expect(await loadDemoHospital(house.parts)).toMatchObject({ discharges: 0, campaignId: expect.any(String) })
    expect(await counts(database.db)).toMatchObject({ patients: 1 })
  })
})
