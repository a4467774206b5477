/** The house: a patient who answers by keys, asks for an agent, talks, and rates; all telephones share no line with ours. */
import { sql } from 'kysely'
import { afterEach, describe, expect, it } from 'vitest'
import { setUpQueue } from '../../../src/contact-center/acd/queue-setup.ts'
import { campaignControl } from '../../../src/follow-up/dialling/campaign-control.ts'
import { systemActor } from '../../../src/platform/audit/audit-store.ts'
import { addressOf, deskAgent, openPage, plugIn } from '../../chaos/desk.ts'
import { callKept, type Hospital, openHospital } from '../../chaos/hospital.ts'
import { type Baresip, startBaresip } from '../../harness/baresip.ts'
import { hasProgram } from '../../harness/programs.ts'
import { toneLevel } from '../../harness/tones.ts'
import { waitFor } from '../../harness/wait-for.ts'

let opened = new AsyncDisposableStack()
afterEach(async () => {
  const all = opened
  opened = new AsyncDisposableStack()
  await all.disposeAsync()
})

function press(phone: Baresip, key: string): void {
  phone.press(key)
  phone.press('\u0004') // the key is let go
}

async function hears(phone: Baresip, tone: number): Promise<void> {
  await waitFor(async () => toneLevel((await phone.heard()).subarray(-8_000), tone) > 1_000, {
    what: `${tone} Hz to be heard`,
    timeoutMs: 30_000,
  })
}

async function events(hospital: Hospital, type: string) {
  const rows = await hospital.rows<{ body: Record<string, unknown> }>(
    sql`select body from call_event where type = ${type} order by seq`,
  )
  return rows.map(({ body }) => body)
}

describe.skipIf(!hasProgram('baresip'))('a patient who asks for an agent', () => {
  it('waits with music, talks with the agent who comes back from a break, and rates the agent', async () => {
    const patient = await startBaresip({ frequency: 600, user: '+8619900000101' })
    opened.defer(() => patient.close())
    const hospital = await openHospital({ patients: 1, trunk: { port: patient.port }, campaign: 'paused' })
    opened.defer(() => hospital.close())
    const { db } = hospital.ground
    const agent = await deskAgent(hospital, { team: '随访一组' })
    await setUpQueue(db, { name: '人工', team: '随访一组', campaign: 'test', waitSeconds: 60 })
    await sql`update campaign set rating_flow = 'hangup-rating'`.execute(db)
    const house = await hospital.open()
    const phone = await plugIn(hospital, agent)
    opened.defer(() => phone.close())
    const page = await openPage(addressOf(house), agent.name)
    expect((await page.post('sign-in')).status).toBe(204)
    expect((await page.post('status', { status: 'on_break' })).status).toBe(204)

    const [campaign] = await hospital.rows<{ id: string }>(sql`select id from campaign`)
    await campaignControl(db).start(campaign?.id ?? '', systemActor)
    // Opening and notice, then who is on the line, the first answer, and in the second question: an agent, please.
    await waitFor(async () => (await patient.heard()).length > 8 * 8_000, { what: 'the notice', timeoutMs: 60_000 })
    press(patient, '1')
    for (const [asked, key] of [
      [1, '2'],
      [2, '0'],
    ] as const) {
      await waitFor(async () => (await events(hospital, 'question')).length >= asked, {
        what: 'a question',
        timeoutMs: 60_000,
      })
      press(patient, key)
    }
    await waitFor(async () => (await events(hospital, 'queued')).length > 0, { what: 'the queue', timeoutMs: 30_000 })
    const mark = (await patient.heard()).length
    await waitFor(
      async () => {
        const music = (await patient.heard()).subarray(mark + 8_000)
        return music.length > 8_000 && music.reduce((sum, one) => sum + one * one, 0) / music.length > 100 ** 2
      },
      { what: 'music', timeoutMs: 30_000 },
    )
    expect(await page.seat()).toMatchObject({ state: 'idle', status: 'on_break' })

    expect((await page.post('status', { status: 'available' })).status).toBe(204)
    const talking = await page.until('talking')
    await hears(phone, 600)
    await hears(patient, 900)
    const record = (await (await page.get(`/api/desk/tasks/${talking.call?.taskId}`)).json()) as { answers: unknown }
    expect(record.answers).toEqual({ nurses: 'satisfied' })
    expect((await page.post('digits', { digits: '12#' })).status).toBe(204)
    expect((await page.post('digits', { digits: 'x' })).status).toBe(400)
    await waitFor(async () => (await events(hospital, 'digits_sent')).length > 0, { what: 'the digits in the events' })
    expect(await events(hospital, 'digits_sent')).toEqual([{ type: 'digits_sent', count: 3 }])

    expect((await page.post('hang-up')).status).toBe(204)
    await page.until('wrap_up')
    expect(await hospital.rows(sql`select state from attempt`)).toEqual([{ state: 'bridged' }])
    const before = (await patient.heard()).length
    await waitFor(async () => (await patient.heard()).length > before + 12_000, { what: 'the question of the rating' })
    press(patient, '2')
    await callKept(hospital)
    const [end] = await hospital.rows(sql`
      select a.result, t.state as task, r.value, q.left_reason from attempt a join task t on t.id = a.task_id
      left join rating r on r.attempt_id = a.id left join queue_entry q on q.attempt_id = a.id
    `)
    expect(end).toEqual({ result: 'completed', task: 'wrapping', value: 4, leftReason: 'connected' })
  }, 240_000)
})
