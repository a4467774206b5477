import { readFileSync } from 'node:fs'
import { sql } from 'kysely'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { ImportRecords } from '../../src/follow-up/intake/import-records.ts'
import type { ImportReport } from '../../src/follow-up/intake/import-report.ts'
import { importDischargeList } from '../../src/follow-up/intake/intake-service.ts'
import { addNumber, orderNumbers, removeNumber } from '../../src/follow-up/patients/patient-numbers.ts'
import { takeBack } from '../../src/follow-up/patients/take-back.ts'
import { systemActor } from '../../src/platform/audit/audit-store.ts'
import { createLog } from '../../src/platform/log.ts'
import { makeAccount } from '../e2e/fixture/face.ts'
import { type TestDatabase, testDatabase } from '../harness/database.ts'
import { counts, everything, hospital, importDay, list } from './import-fixture.ts'

const fixture = (path: string) => readFileSync(new URL(`../fixtures/discharge-lists/${path}`, import.meta.url))

let database: TestDatabase
let house: Awaited<ReturnType<typeof hospital>>

beforeEach(async () => {
  await database?.close()
  database = await testDatabase({ now: importDay })
  house = await hospital(database.db)
})
afterAll(() => database.close())

const one = { no: 'ZY1', name: '张三', phone: '19900000001' }
const short = ({ excluded, rejected, ...rest }: ImportReport) => ({
  ...rest,
  excluded: excluded.length,
  rejected: rejected.length,
})

async function phonesOf(name: string) {
  const { rows } = await sql<{ last4: string; relation: string; removed: boolean; position: number }>`
    select n.last4, pp.relation, pp.removed_at is not null as removed, pp.position
    from patient_phone pp join phone_number n on n.id = pp.phone_number_id join patient p on p.id = pp.patient_id
    where p.name = ${name} order by removed, pp.position
  `.execute(database.db)
  return rows
}

async function tasksOf(name: string) {
  const { rows } = await sql<{
    state: string
    reason: string | null
    dueOn: string
    last4: string | null
    hold: string | null
  }>`
    select t.state, t.reason, t.due_on, n.last4, t.hold from task t join patient p on p.id = t.patient_id
    left join phone_number n on n.id = t.phone_number_id where p.name = ${name} order by t.due_on
  `.execute(database.db)
  return rows
}

describe.each([
  ['csv', { created: 261, duplicate: 8, excluded: 5, rejected: 22, read: 296 }],
  ['xlsx', { created: 175, duplicate: 6, excluded: 4, rejected: 9, read: 194 }],
])('the sample list as %s', (kind, expected) => {
  const file = fixture(`${kind}/discharges.${kind}`)
  const rows: { at: object; verdict: string; reasons: string[] }[] = JSON.parse(
    fixture(`${kind}/expected.json`).toString('utf8'),
  ).rows

  it('is reported row by row as expected, and every row that may be called gets one task', async () => {
    const { report } = await house.importFile(file)
    expect(short(report)).toEqual({ ...expected, changed: 0, unchanged: 0 })
    const told = (verdict: string) =>
      rows.filter((row) => row.verdict === verdict).map(({ at, reasons }) => [at, ...reasons])
    expect(report.rejected.map(({ at, code }) => [at, code])).toEqual(told('rejected'))
    expect(report.excluded.map(({ at, reason }) => [at, reason])).toEqual(told('excluded'))
    const open = await sql<{ open: number }>`
      select count(*)::integer as open from task where state = 'scheduled' and hold is null and due_at <= app_now()
    `.execute(database.db)
    expect(open.rows[0]?.open).toBe(expected.created)
  })

  it('imported twice changes nothing', async () => {
    await house.importFile(file)
    const before = await everything(database.db)
    const { report } = await house.importFile(file)
    expect(short(report)).toEqual({ ...expected, created: 0, changed: 0, unchanged: expected.created })
    expect(await everything(database.db)).toEqual(before)
  })
})

describe('an import beside another', () => {
  it('of the same list makes nobody twice', async () => {
    const file = fixture('csv/discharges.csv')
    const reports = (await Promise.all([house.importFile(file), house.importFile(file), house.importFile(file)])).map(
      ({ report }) => report,
    )
    expect(reports.map(({ created }) => created).sort()).toEqual([0, 0, 261])
    expect(await counts(database.db)).toMatchObject({ patients: 266, encounters: 266, tasks: 261, runs: 3 })
  })

  it('of lists with the same numbers in another order waits for no circle', async () => {
    const rows = Array.from({ length: 300 }, (_, i) => ({
      ...one,
      no: `ZY${i}`,
      name: '张三',
      phone: `1990000${1000 + i}`,
    }))
    const renamed = rows.map((row) => ({ ...row, no: `B${row.no}`, name: '李四' }))
    const [a, b] = await Promise.all([house.importFile(list(...rows)), house.importFile(list(...renamed.reverse()))])
    expect([a.report.created, b.report.created]).toEqual([300, 300])
    expect(await counts(database.db)).toMatchObject({ numbers: 300 })
  })
})

describe('a known stay', () => {
  it('with another number is changed: the old number stays as history and the waiting task takes the new one', async () => {
    await house.importFile(list(one))
    const { report } = await house.importFile(list({ ...one, phone: '19900000002' }))
    expect(report).toMatchObject({ created: 0, changed: 1 })
    expect(await phonesOf('张三')).toMatchObject([
      { last4: '0002', removed: false },
      { last4: '0001', removed: true },
    ])
    expect(await tasksOf('张三')).toMatchObject([{ state: 'scheduled', last4: '0002', hold: null }])
  })

  it('whose number comes back has it again', async () => {
    await house.importFile(list(one))
    await house.importFile(list({ ...one, phone: '19900000002' }))
    await house.importFile(list(one))
    expect((await phonesOf('张三')).filter(({ removed }) => !removed)).toMatchObject([{ last4: '0001' }])
    expect((await phonesOf('张三')).filter(({ removed }) => removed)).toHaveLength(2)
  })

  it('in a list without the relative’s number keeps it', async () => {
    await house.importFile(list({ ...one, contact: '李四', relation: '女儿', contactPhone: '19900000002' }))
    const { report } = await house.importFile(list(one))
    expect(report.unchanged).toBe(1)
    expect(await phonesOf('张三')).toMatchObject([
      { last4: '0001', relation: '0' },
      { last4: '0002', relation: '3' },
    ])
  })

  it.each([
    ['department', { department: '眼科' }],
    ['diagnosis', { diagnosis: '腰椎管狭窄', code: 'M48.005' }],
    ['leave mode', { leaveMode: '4' }],
    ['name', { name: '张三丰' }],
    ['hour of discharge', { discharged: '2026-10-22 17:30' }],
  ])('with another %s is changed once', async (_, other) => {
    await house.importFile(list(one))
    expect((await house.importFile(list({ ...one, ...other }))).report).toMatchObject({ created: 0, changed: 1 })
    expect((await house.importFile(list({ ...one, ...other }))).report).toMatchObject({ changed: 0, unchanged: 1 })
    expect(await counts(database.db)).toMatchObject({ patients: 1, encounters: 1, tasks: 1 })
  })

  it('whose day of discharge was corrected is due by the new day, and called once', async () => {
    await house.importFile(list(one))
    const { report } = await house.importFile(list({ ...one, discharged: '2026-10-24 09:00' }))
    expect(report).toMatchObject({ created: 0, changed: 1 })
    expect(await tasksOf('张三')).toMatchObject([{ dueOn: '2026-10-31' }])
  })

  it('told again by an older list keeps the newer stay’s number', async () => {
    const older = list({
      ...one,
      id: '11010519491231002X',
      birth: '1949-12-31',
      discharged: '2026-09-01',
      admitted: '2026-08-20',
    })
    await house.importFile(older)
    await house.importFile(
      list({ ...one, no: 'ZY2', id: '11010519491231002X', birth: '1949-12-31', phone: '19900000002' }),
    )
    expect((await house.importFile(older)).report).toMatchObject({ unchanged: 1 })
    expect((await phonesOf('张三')).filter(({ removed }) => !removed)).toMatchObject([{ last4: '0002' }])
  })
})

describe('a person', () => {
  const id = '11010519491231002X'

  it('with two stays is one patient by identity number and name', async () => {
    await house.importFile(list({ ...one, id, birth: '1949-12-31' }))
    await house.importFile(list({ ...one, no: 'ZY9', id, birth: '1949-12-31', discharged: '2026-11-01' }))
    expect(await counts(database.db)).toMatchObject({ patients: 1, encounters: 2, tasks: 2 })
  })

  it('with two stays in one list is one patient', async () => {
    await house.importFile(
      list(
        { ...one, id, birth: '1949-12-31' },
        { ...one, no: 'ZY9', id, birth: '1949-12-31', discharged: '2026-11-01' },
      ),
    )
    expect(await counts(database.db)).toMatchObject({ patients: 1, encounters: 2 })
  })

  it('without identity number is known by name, birth and number', async () => {
    await house.importFile(list(one))
    await house.importFile(list({ ...one, no: 'ZY9', discharged: '2026-11-01' }))
    expect(await counts(database.db)).toMatchObject({ patients: 1, encounters: 2 })
  })

  it.each([
    ['name', { name: '李四' }],
    ['birthday', { birth: '1961-05-01' }],
    ['number', { phone: '19900000002' }],
  ])('with another %s is another patient', async (_, other) => {
    await house.importFile(list(one))
    await house.importFile(list({ ...one, no: 'ZY9', discharged: '2026-11-01', ...other }))
    expect(await counts(database.db)).toMatchObject({ patients: 2 })
  })

  it('is not mixed with the relative who uses the same identity number', async () => {
    await house.importFile(list({ ...one, id }, { ...one, no: 'ZY9', name: '张三之子', id, phone: '19900000002' }))
    expect(await counts(database.db)).toMatchObject({ patients: 2 })
  })

  it('has numbers and identity number in the database only sealed', async () => {
    await house.importFile(list({ ...one, id, birth: '1949-12-31' }))
    const { rows } = await sql<{ text: string }>`
      select (select string_agg(p::text, '') from patient p) || (select string_agg(n::text, '') from phone_number n)
        || (select string_agg(r::text, '') from import_row r) as text
    `.execute(database.db)
    expect(rows[0]?.text).not.toContain('19900000001')
    expect(rows[0]?.text).not.toContain(id)
  })
})

describe('what a person has decided of the numbers', () => {
  it('stands against the lists after it: one taken away, one added, and the order', async () => {
    const told = { ...one, contact: '李四', relation: '配偶', contactPhone: '19900000002' }
    await house.importFile(list(told))
    const { id: patientId } = await database.db.selectFrom('patient').select('id').executeTakeFirstOrThrow()
    const standing = () =>
      database.db
        .selectFrom('patientPhone')
        .innerJoin('phoneNumber', 'phoneNumber.id', 'patientPhone.phoneNumberId')
        .select(['patientPhone.id', 'last4'])
        .where('removedAt', 'is', null)
        .orderBy('position')
        .execute()
    const name = await makeAccount(database.db, ['supervisor'])
    const { id: accountId } = await database.db
      .selectFrom('userAccount')
      .select('id')
      .where('signInName', '=', name)
      .executeTakeFirstOrThrow()
    const decision = { actor: { ...systemActor, accountId, name }, reason: '家属更正' }
    const { db, secrets } = house.parts
    await addNumber({ db, secrets }, { patientId, number: '19900000003', relation: '2', contactName: null }, decision)
    const [own, spouse, son] = await standing()
    if (own === undefined || spouse === undefined || son === undefined) throw new Error('three numbers')
    await orderNumbers(db, { patientId, order: [son.id, spouse.id, own.id] }, decision)
    await removeNumber(db, { patientId, id: own.id }, decision)
    expect((await house.importFile(list(told))).report).toMatchObject({ unchanged: 1 })
    const fresh = { ...told, contactPhone: '19900000002、19900000004' }
    expect((await house.importFile(list(fresh))).report).toMatchObject({ changed: 1 })
    expect((await standing()).map(({ last4 }) => last4)).toEqual(['0003', '0002', '0004'])
  })
})

describe('a death', () => {
  const dead = { ...one, leaveMode: '5' }

  it('is kept for the record and never gets a task', async () => {
    const { report } = await house.importFile(list(dead))
    expect(report).toMatchObject({ created: 0, excluded: [{ at: { line: 2 }, reason: 'deceased' }] })
    expect(await counts(database.db)).toMatchObject({ patients: 1, encounters: 1, tasks: 0 })
  })

  it('told later stops the waiting task and closes the gate', async () => {
    await house.importFile(list(one))
    const { report } = await house.importFile(list(dead))
    expect(report.excluded).toEqual([{ at: { line: 2 }, reason: 'deceased' }])
    expect(await tasksOf('张三')).toMatchObject([{ state: 'stopped', reason: 'deceased' }])
  })

  it('is not undone by an older list', async () => {
    await house.importFile(list(dead))
    const { report } = await house.importFile(list(one))
    expect(report.excluded).toHaveLength(1)
    expect(await tasksOf('张三')).toEqual([])
  })

  /** A supervisor takes the only patient's death back. */
  async function takenBack() {
    const { id: patientId } = await database.db.selectFrom('patient').select('id').executeTakeFirstOrThrow()
    await takeBack(database.db, { patientId, kind: 'deceased' }, { actor: systemActor, reason: '登记有误' })
  }
  const reportOf = ({ importId }: { importId: string }) => new ImportRecords(house.parts).report(importId)

  it('that a corrected list does not tell any more is said so, with whom to open, and stays until a person takes it back', async () => {
    await house.importFile(list(dead))
    const corrected = await house.importFile(list(one))
    expect(corrected.report.excluded).toEqual([{ at: { line: 2 }, reason: 'deceased_before' }])
    const { id } = await database.db.selectFrom('patient').select('id').executeTakeFirstOrThrow()
    expect(await reportOf(corrected)).toMatchObject({ excluded: [{ reason: 'deceased_before', patientId: id }] })
    await takenBack()
    expect(await tasksOf('张三')).toMatchObject([{ state: 'scheduled', hold: null }])
    expect((await house.importFile(list(one))).report).toMatchObject({ changed: 1, excluded: [] })
    expect((await house.importFile(list(one))).report).toMatchObject({ unchanged: 1, excluded: [] })
  })

  it('taken back by a person is left out where the same stay tells it again, and counts once the source had corrected it', async () => {
    await house.importFile(list(dead))
    await takenBack()
    const again = await house.importFile(list(dead))
    expect(again.report).toMatchObject({ unchanged: 1, excluded: [] })
    expect(await reportOf(again)).toMatchObject({ takenBack: [{ line: 2 }] })
    await house.importFile(list({ ...dead, name: '' }))
    expect(await tasksOf('张三')).toMatchObject([{ state: 'scheduled' }])

    await house.importFile(list(one))
    const { report } = await house.importFile(list(dead))
    expect(report.excluded).toEqual([{ at: { line: 2 }, reason: 'deceased' }])
    expect(await tasksOf('张三')).toMatchObject([{ state: 'stopped', reason: 'deceased' }])
  })

  it('told by a row that cannot be loaded stops the known stay all the same', async () => {
    await house.importFile(list(one))
    const { report } = await house.importFile(list({ ...dead, name: '' }))
    expect(report.rejected).toMatchObject([{ code: 'missing_name' }])
    expect(await tasksOf('张三')).toMatchObject([{ state: 'stopped', reason: 'deceased' }])
  })

  it('told by the second row of one stay wins over the first', async () => {
    const { report } = await house.importFile(list(one, dead))
    expect(report).toMatchObject({ read: 2, excluded: [{ at: { line: 2 } }, { at: { line: 3 } }] })
    expect(await tasksOf('张三')).toEqual([])
  })
})

describe('consent', () => {
  it('declared with a list is written for everybody on it, with its words, once', async () => {
    const declaredConsent = { purpose: 'satisfaction', words: '入院时签署的知情同意书第 3 条' } as const
    await house.importFile(list(one), { declaredConsent })
    await house.importFile(list(one), { declaredConsent })
    const { rows } = await sql`
      select c.purpose, c.decision, c.words, c.declared_by, r.consent_text from consent c join import_run r on r.id = c.import_run_id
    `.execute(database.db)
    expect(rows).toEqual([
      {
        purpose: 'satisfaction',
        decision: 'given',
        words: declaredConsent.words,
        declaredBy: 'suifang',
        consentText: declaredConsent.words,
      },
    ])
  })

  it('never opens what the patient has refused', async () => {
    await house.importFile(list(one))
    await sql`
      insert into do_not_call (id, patient_id, source) select gen_random_uuid(), id, 'agent' from patient
    `.execute(database.db)
    const { report } = await house.importFile(list({ ...one, no: 'ZY9', discharged: '2026-11-01' }), {
      declaredConsent: { purpose: 'satisfaction', words: '同意' },
    })
    expect(report.excluded).toEqual([{ at: { line: 2 }, reason: 'opted_out' }])
    expect(await tasksOf('张三')).toMatchObject([{ hold: 'do_not_call' }])
  })
})

describe('an import that goes wrong', () => {
  it('for a broken file is on record as failed and writes nothing else', async () => {
    const before = await everything(database.db)
    await expect(house.importFile('这不是名单')).rejects.toMatchObject({ code: 'IMPORT_HEADER_NOT_FOUND' })
    const { rows } = await sql`select state, error_code from import_run`.execute(database.db)
    expect(rows).toEqual([{ state: 'failed', errorCode: 'IMPORT_HEADER_NOT_FOUND' }])
    expect(await everything(database.db)).toEqual(before)
  })

  it('for a file that is not there says which', async () => {
    await expect(house.importFile('', { content: { path: '/nowhere/list.csv' } })).rejects.toMatchObject({
      code: 'IMPORT_FILE_MISSING',
    })
  })

  it('in between leaves whole parts, and the same file again adds the rest', async () => {
    const rows = Array.from({ length: 2_300 }, (_, i) => ({ ...one, no: `ZY${i}`, phone: `1990000${1000 + i}` }))
    await breakAtLine(2_200)
    await expect(house.importFile(list(...rows))).rejects.toThrow('broken off')
    expect(await counts(database.db)).toMatchObject({ encounters: 2_000, tasks: 2_000 })
    await mend()
    const { report } = await house.importFile(list(...rows))
    expect(short(report)).toMatchObject({ read: 2_300, created: 300, unchanged: 2_000 })
    const { rows: runs } = await sql`select state, error_code from import_run order by id`.execute(database.db)
    expect(runs).toEqual([
      { state: 'failed', errorCode: 'UNEXPECTED' },
      { state: 'finished', errorCode: null },
    ])
  })

  it('tells no patient’s data in log or report', async () => {
    const lines: string[] = []
    const log = createLog({ level: 'trace', destination: { write: (line) => void lines.push(line) } })
    const file = list(one, { ...one, no: 'ZY2', name: '欧阳某某', phone: '1990000004' })
    const { report } = await importDischargeList(
      { ...house.parts, log },
      { fileName: 'list.csv', content: { bytes: new TextEncoder().encode(file) }, actor: systemActor },
    )
    expect(report.rejected).toHaveLength(1)
    expect(lines.length).toBeGreaterThan(0)
    expect(`${lines.join('')}${JSON.stringify(report)}`).not.toMatch(/张三|欧阳|1990000|ZY\d/)
  })
})

describe('what an import leaves for others', () => {
  it('is an event on the live stream and a line of the audit trail', async () => {
    const { importId } = await house.importFile(list(one))
    const { rows } = await sql<{ events: number; audits: number }>`
      select (select count(*)::integer from stream_event where type = 'import.finished' and payload ->> 'importId' = ${importId}) as events,
        (select count(*)::integer from audit_row where action = 'import.uploaded' and object_id = ${importId}) as audits
    `.execute(database.db)
    expect(rows[0]).toEqual({ events: 1, audits: 1 })
  })
})

async function breakAtLine(line: number): Promise<void> {
  await asOwner(`
    create function break_off() returns trigger language plpgsql as $$
      begin if new.line = ${line} then raise exception 'broken off'; end if; return new; end $$;
    create trigger break_off before insert on import_row for each row execute function break_off();
  `)
}

async function mend(): Promise<void> {
  await asOwner('drop trigger break_off on import_row')
}

async function asOwner(statements: string): Promise<void> {
  const { default: pg } = await import('pg')
  const client = new pg.Client({ connectionString: database.ownerUrl })
  await client.connect()
  await client.query(statements)
  await client.end()
}
