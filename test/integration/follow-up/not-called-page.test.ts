import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listRefusals } from '../../../src/follow-up/patients/do-not-call-list.ts'
import { listFlagged } from '../../../src/follow-up/patients/flagged-numbers.ts'
import type { Role } from '../../../src/platform/auth/rights.ts'
import { type Face, openFace, type SignedIn, signedIn } from '../../e2e/fixture/face.ts'
import { answered, endedBy, invited, lease, Office, secrets } from './office.ts'

let office: Office
let face: Face
let supervisor: SignedIn
beforeAll(async () => {
  office = await Office.open()
  await office.programme()
  face = await openFace({ db: office.db, databaseUrl: office.database.url, secrets })
  supervisor = await signIn('supervisor')
})
afterAll(async () => {
  await face.close()
  await office.close()
})

const signIn = (role: Role) => signedIn(face, office.db, [role])

const place = { offset: 0, limit: 50 }
const lastAudit = async (action: string) =>
  office.db
    .selectFrom('auditRow')
    .select(['actorName', 'objectId', 'detail'])
    .where('action', '=', action)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()

/** A patient who has pressed 9 in a call on the first of these numbers. */
async function refusedByKey(numbers: readonly string[]) {
  const due = await office.due({ numbers })
  const work = await office.claimOne(due.taskId)
  await office.work().begin(work, lease)
  await office.tell(work, [
    invited,
    answered,
    { type: 'do_not_call' },
    { type: 'outcome', outcome: 'refused' },
    endedBy('completed'),
  ])
  return { ...due, attemptId: work.attemptId }
}

const tasksOf = (patientId: string) =>
  office.db.selectFrom('task').select(['state', 'hold']).where('patientId', '=', patientId).execute()

describe('the do-not-call list on its page', () => {
  const find = async (number?: string) =>
    (await supervisor.ask('POST', '/do-not-call/search', number === undefined ? place : { number, ...place })).json()

  it('takes a number with a reason, holds what is queued at once, and gives it back with a reason', async () => {
    const { taskId, numberId } = await office.due({ numbers: ['+8613944440011'] })
    const added = await supervisor.ask('POST', '/do-not-call', { number: '139 4444 0011', reason: ' 来电要求 ' })
    expect(added.statusCode).toBe(204)
    expect((await office.task(taskId)).hold).toBe('do_not_call')
    expect(await office.gate(taskId, numberId)).toBe('do_not_call')
    const { entries, total } = await find('13944440011')
    expect({ entries, total }).toMatchObject({
      total: 1,
      entries: [
        {
          phone: '13944440011',
          patient: null,
          source: 'supervisor',
          by: supervisor.name,
          reason: '来电要求',
          until: null,
        },
      ],
    })
    expect(await lastAudit('do_not_call.added')).toMatchObject({ actorName: supervisor.name, objectId: entries[0].id })
    const again = await supervisor.ask('POST', '/do-not-call', { number: '+86 139-4444-0011', reason: '重复' })
    expect(again.json()).toMatchObject({ code: 'DO_NOT_CALL_STANDS' })

    const lift = () => supervisor.ask('POST', `/do-not-call/${entries[0].id}/lift`, { reason: '加错号码' })
    expect((await lift()).statusCode).toBe(204)
    expect((await office.task(taskId)).hold).toBeNull()
    expect(await office.gate(taskId, numberId)).toBeNull()
    expect(await find('13944440011')).toEqual({ entries: [], total: 0 })
    expect(await lastAudit('do_not_call.lifted')).toMatchObject({
      actorName: supervisor.name,
      objectId: entries[0].id,
      detail: { reason: '加错号码' },
    })
    expect((await lift()).json()).toMatchObject({ code: 'DO_NOT_CALL_UNKNOWN' })
  })

  it('tells of a refusal in a call by what it came and of whom, also by another number of the patient', async () => {
    const { attemptId, taskId, patientId } = await refusedByKey(['+8613944440021', '+8613944440022'])
    const { entries } = await find('13944440022')
    expect(entries).toEqual([
      expect.objectContaining({
        phone: '13944440021',
        patient: expect.stringMatching(/^患[^*]+$/),
        source: 'patient_key',
        by: null,
        attemptId,
      }),
    ])
    expect((await office.task(taskId)).state).toBe('refused')
    await supervisor.ask('POST', `/do-not-call/${entries[0].id}/lift`, { reason: '误按' })
    const later = await office.discharge(patientId, { on: '2026-11-18' })
    await office.enrol(later)
    expect(await tasksOf(patientId)).toContainEqual({ state: 'scheduled', hold: null })
  })

  it('is turned page by page, newest first', async () => {
    for (const last of [31, 32, 33]) {
      await supervisor.ask('POST', '/do-not-call', { number: `139444400${last}`, reason: '试' })
    }
    const page = async (offset: number) =>
      (await supervisor.ask('POST', '/do-not-call/search', { offset, limit: 2 })).json()
    expect((await page(0)).entries.map(({ phone }: { phone: string }) => phone.slice(-2))).toEqual(['33', '32'])
    expect(await page(2)).toMatchObject({ total: 3, entries: [{ phone: '13944440031' }] })
  })

  it.each([
    ['/do-not-call', { number: '13944440041', reason: '  ' }, 'INPUT_INVALID'],
    ['/do-not-call', { number: 'nobody', reason: '试' }, 'NUMBER_UNREADABLE'],
    ['/do-not-call', { number: '13944440041 13944440042', reason: '试' }, 'NUMBER_UNREADABLE'],
    ['/do-not-call/search', { number: '0041', ...place }, 'NUMBER_UNREADABLE'],
  ])('refuses what it cannot read: %s %s', async (path, wish, code) => {
    expect((await supervisor.ask('POST', path, wish)).json()).toMatchObject({ code })
  })

  it('shows people as every other page does: clear to who may see them so, masked to who may not', async () => {
    await refusedByKey(['+8613944440041'])
    const masked = { db: office.db, secrets, clear: false }
    const { entries } = await listRefusals(masked, { number: '13944440041', ...place })
    expect(entries).toMatchObject([{ phone: '139****0041', patient: expect.stringMatching(/^患\*+$/) }])
    const flagged = await office.number('+8613944440042')
    await sql`update phone_number set flag = 'invalid', flagged_at = app_now() where id = ${flagged}`.execute(office.db)
    const { numbers } = await listFlagged(masked, { number: '13944440042', ...place })
    expect(numbers).toMatchObject([{ phone: '139****0042' }])
    await sql`update phone_number set flag = null, flagged_at = null where id = ${flagged}`.execute(office.db)
  })
})

describe('numbers that the network has closed, on the same page', () => {
  const find = async (wish: Record<string, unknown> = {}) =>
    (await supervisor.ask('POST', '/flagged-numbers/search', { ...wish, ...place })).json()

  it('are told with what was said and over which trunk; one may be dialled again with a reason, and its tasks', async () => {
    const { taskId, numberId } = await office.due({ numbers: ['+8613944440051'] })
    const other = await office.due({ numbers: ['+8613944440051'] })
    await office.fail(await office.claimOne(taskId), 'suspended_line')
    expect((await office.task(other.taskId)).hold).toBe('no_number')
    const { numbers, total } = await find({ number: '13944440051' })
    expect({ numbers, total }).toMatchObject({
      total: 1,
      numbers: [{ id: numberId, phone: '13944440051', flag: 'suspended', at: office.now.toISOString() }],
    })
    expect(numbers[0].trunk).toEqual(expect.any(String))
    const clear = () => supervisor.ask('POST', `/flagged-numbers/${numberId}/clear`, { reason: '号码已复机' })
    expect((await clear()).json()).toEqual({ numbers: 1, reopened: 1 })
    expect(await office.task(taskId)).toMatchObject({ state: 'scheduled', phoneNumberId: numberId, hold: null })
    expect(await office.task(other.taskId)).toMatchObject({ phoneNumberId: numberId, hold: null })
    expect(await find({ number: '13944440051' })).toMatchObject({ numbers: [], total: 0 })
    expect(await lastAudit('number.usable')).toMatchObject({
      actorName: supervisor.name,
      objectId: numberId,
      detail: { numbers: 1, reopened: 1, reason: '号码已复机' },
    })
    expect((await clear()).json()).toMatchObject({ code: 'NUMBER_NOT_FLAGGED' })
  })

  it('are cleared together since a moment and of one trunk, no more of them than were shown', async () => {
    const early = await office.due({ numbers: ['+8613944440061'] })
    await office.fail(await office.claimOne(early.taskId), 'invalid_number')
    const meanwhile = new Date(office.now.getTime() + 60_000)
    const late = await office.due({ numbers: ['+8613944440062'] })
    await office.fail(await office.claimOne(late.taskId), 'invalid_number')
    await flaggedAt(late.numberId, meanwhile)
    const all = { since: office.now.toISOString(), trunkId: office.trunkId }
    expect(await find(all)).toMatchObject({ total: 2, numbers: [{ id: late.numberId }, { id: early.numberId }] })
    expect(await find({ ...all, trunkId: office.realTrunkId })).toMatchObject({ total: 0 })
    expect(await find({ ...all, since: meanwhile.toISOString() })).toMatchObject({ total: 1 })
    const clear = (wish: Record<string, unknown>) =>
      supervisor.ask('POST', '/flagged-numbers/clear', { ...all, reason: '线路号码格式有误', ...wish })
    const none = await clear({ asOf: meanwhile.toISOString(), trunkId: office.realTrunkId })
    expect(none.json()).toEqual({ numbers: 0, reopened: 0 })
    expect((await clear({ asOf: office.now.toISOString() })).json()).toEqual({ numbers: 1, reopened: 1 })
    expect(await find()).toMatchObject({ total: 1, numbers: [{ id: late.numberId }] })
    expect(await lastAudit('number.usable')).toMatchObject({ detail: { trunkId: office.trunkId, numbers: 1 } })
  })

  it.each([
    ['/flagged-numbers/clear', { since: '2026-11-23T00:00:00Z', asOf: '2026-11-24T00:00:00Z', reason: ' ' }],
    ['/flagged-numbers/clear', { asOf: '2026-11-24T00:00:00Z', reason: '试' }],
  ])('are not cleared without a reason and a moment: %s %s', async (path, wish) => {
    expect((await supervisor.ask('POST', path, wish)).json()).toMatchObject({ code: 'INPUT_INVALID' })
  })
})

async function flaggedAt(numberId: string, at: Date): Promise<void> {
  await office.db.updateTable('phoneNumber').set({ flaggedAt: at }).where('id', '=', numberId).execute()
}
