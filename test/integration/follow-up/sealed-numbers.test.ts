import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listFlagged } from '../../../src/follow-up/patients/flagged-numbers.ts'
import { numberUsableCommand } from '../../../src/follow-up/patients/number-command.ts'
import { openSealedNumbers } from '../../../src/follow-up/patients/sealed-numbers.ts'
import { whyNot } from '../../../src/follow-up/status/why-not.ts'
import { frozenClock } from '../../../src/platform/clock.ts'
import { silentLog } from '../../../src/platform/log.ts'
import { type Face, openFace, type SignedIn, signedIn } from '../../e2e/fixture/face.ts'
import { testDatabase } from '../../harness/database.ts'
import { hospital, list } from '../import-fixture.ts'
import { endedBy, invited, lease, Office, secrets } from './office.ts'

let office: Office
let campaignId: string
let face: Face
let supervisor: SignedIn
beforeAll(async () => {
  office = await Office.open()
  campaignId = await office.campaign()
  await office.programme({ campaignId })
  face = await openFace({ db: office.db, databaseUrl: office.database.url, secrets })
  supervisor = await signedIn(face, office.db, ['supervisor'])
})
afterAll(async () => {
  await face.close()
  await office.close()
})

const place = { offset: 0, limit: 50 }

/** As a disk, or a hand in the database, leaves it. @returns what it was */
async function damage(numberId: string): Promise<Buffer> {
  const row = await office.db
    .selectFrom('phoneNumber')
    .select('ciphertext')
    .where('id', '=', numberId)
    .executeTakeFirstOrThrow()
  await office.db
    .updateTable('phoneNumber')
    .set({ ciphertext: Buffer.alloc(row.ciphertext.length, 7) })
    .where('id', '=', numberId)
    .execute()
  return row.ciphertext
}

const flagOf = async (numberId: string) =>
  (await office.db.selectFrom('phoneNumber').select('flag').where('id', '=', numberId).executeTakeFirstOrThrow()).flag

/** A task whose number was found damaged when it was to be dialled. */
async function setAside(numbers: readonly string[]) {
  const due = await office.due({ numbers })
  const was = await damage(due.numberId)
  const claimed = await office.claimOne(due.taskId)
  const begun = await office.work().begin(claimed, lease)
  return { ...due, was, claimed, begun }
}

describe('a number that cannot be opened', () => {
  it('is set aside when it is to be dialled: its task is held by that reason, and not claimed again', async () => {
    const { begun, taskId, numberId, claimed } = await setAside(['+8613911110101'])
    expect(begun).toEqual({ ok: false, reason: 'number_unreadable' })
    expect(await office.attempt(claimed.attemptId)).toMatchObject({ state: 'ended', result: 'cancelled' })
    expect(await office.task(taskId)).toMatchObject({ state: 'scheduled', hold: 'number_unreadable' })
    expect(await office.gate(taskId, numberId)).toBe('number_unreadable')
    expect(await office.work().claim(lease, office.trunkId, 5)).toEqual([])
    expect(await office.attemptsOf(taskId)).toHaveLength(1)
    expect((await whyNot(office.db, campaignId)).reasons).toContainEqual({ reason: 'number_unreadable', count: 1 })
  })

  it('gives way to the patient’s next number', async () => {
    const { taskId, numberIds } = await setAside(['+8613911110111', '+8613911110112'])
    expect(await office.task(taskId)).toMatchObject({ hold: null, phoneNumberId: numberIds[1] })
    const claimed = await office.claimOne(taskId)
    expect((await office.begin(claimed)).number).toBe('+8613911110112')
    await office.tell(claimed, [invited, endedBy('no_answer')])
    // The other is not tried in its turn as long as there is one that opens.
    expect(await office.task(taskId)).toMatchObject({ state: 'retry_wait', phoneNumberId: numberIds[1] })
  })

  it('is waited for where the patient’s others have come to nothing', async () => {
    const { taskId, numberId } = await setAside(['+8613911110121', '+8613911110122'])
    await office.fail(await office.claimOne(taskId), 'invalid_number')
    expect(await office.task(taskId)).toMatchObject({
      state: 'retry_wait',
      phoneNumberId: numberId,
      hold: 'number_unreadable',
    })
  })

  it('stands among the closed numbers by its last digits, and on pages that show others', async () => {
    const { numberId, patientId } = await setAside(['+8613911110131'])
    const { numbers } = await listFlagged({ db: office.db, secrets, clear: true }, place)
    expect(numbers).toContainEqual(
      expect.objectContaining({ id: numberId, phone: '***0131', flag: 'unreadable', trunk: null }),
    )
    const card = (await supervisor.ask('GET', `/patients/${patientId}`)).json()
    expect(card.numbers).toMatchObject([{ number: '***', refused: 'number_unreadable' }])
    const search = await supervisor.ask('POST', '/tasks/search', {
      group: 'open',
      reason: 'number_unreadable',
      limit: 20,
    })
    expect(search.json().tasks).toContainEqual(expect.objectContaining({ phone: '***', heldBy: 'number_unreadable' }))
  })

  it('is cleared by hand only if it opens', async () => {
    const { numberId, taskId, was } = await setAside(['+8613911110141'])
    const clear = () => supervisor.ask('POST', `/flagged-numbers/${numberId}/clear`, { reason: '数据已恢复' })
    expect((await clear()).json()).toMatchObject({ code: 'NUMBER_SEALED' })
    expect((await office.task(taskId)).hold).toBe('number_unreadable')
    await office.db.updateTable('phoneNumber').set({ ciphertext: was }).where('id', '=', numberId).execute()
    expect((await clear()).json()).toEqual({ numbers: 1, reopened: 0 })
    expect((await office.task(taskId)).hold).toBeNull()
  })

  it('is none of those that are cleared together', async () => {
    const { numberId } = await setAside(['+8613911110151'])
    const since = office.now.toISOString()
    const { asOf, total, byNetwork } = await listFlagged({ db: office.db, secrets, clear: true }, { since, ...place })
    expect(total).toBeGreaterThan(byNetwork)
    const body = { since, asOf, reason: '线路号码格式有误' }
    expect((await supervisor.ask('POST', '/flagged-numbers/clear', body)).json()).toMatchObject({ numbers: byNetwork })
    expect(await flagOf(numberId)).toBe('unreadable')
  })

  it('is dialled again when it is entered on the patient’s card', async () => {
    const { taskId, patientId } = await setAside(['+8613911110161'])
    const told = { number: '139 1111 0161', relation: '0', reason: '家属重新提供' }
    expect((await supervisor.ask('POST', `/patients/${patientId}/numbers`, told)).statusCode).toBe(204)
    expect((await office.task(taskId)).hold).toBeNull()
    expect((await office.begin(await office.claimOne(taskId))).number).toBe('+8613911110161')
    expect((await supervisor.ask('POST', `/patients/${patientId}/numbers`, told)).json()).toMatchObject({
      code: 'PATIENT_NUMBER_STANDS',
    })
  })

  it('is written anew by the server’s command that names it', async () => {
    const { taskId } = await setAside(['+8613911110171'])
    const parts = { db: office.db, secrets, clock: frozenClock(office.now) }
    expect(await numberUsableCommand(parts, ['--number', '13911110171'])).toMatchObject({ numbers: 1 })
    expect((await office.begin(await office.claimOne(taskId))).number).toBe('+8613911110171')
  })

  it('is dialled again when a house opens that can open it', async () => {
    const [mended, lost] = [await setAside(['+8613911110181']), await setAside(['+8613911110182'])]
    await office.db
      .updateTable('phoneNumber')
      .set({ ciphertext: mended.was })
      .where('id', '=', mended.numberId)
      .execute()
    await openSealedNumbers({ db: office.db, secrets, log: silentLog })
    expect([await flagOf(mended.numberId), await flagOf(lost.numberId)]).toEqual([null, 'unreadable'])
    expect((await office.task(mended.taskId)).hold).toBeNull()
  })
})

it('a list that brings the number again makes it one that opens', async () => {
  const database = await testDatabase({ now: office.now })
  try {
    const { db } = database
    const { parts, importFile } = await hospital(db)
    const content = list({ no: 'ZY9001', name: '张三', phone: '13911110191' })
    await importFile(content)
    await sql`update phone_number set ciphertext = '\\x00', flag = 'unreadable', flagged_at = app_now()`.execute(db)
    const held = () => db.selectFrom('task').select('hold').execute()
    expect(await held()).toEqual([{ hold: 'number_unreadable' }])
    await importFile(content)
    const [number] = await db.selectFrom('phoneNumber').select(['ciphertext', 'flag']).execute()
    expect(number?.flag).toBeNull()
    expect(parts.secrets.decrypt(number?.ciphertext ?? Buffer.alloc(0))).toBe('+8613911110191')
    expect(await held()).not.toEqual([{ hold: 'number_unreadable' }])
  } finally {
    await database.close()
  }
})
