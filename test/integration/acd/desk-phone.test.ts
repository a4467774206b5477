/** The house with an agent at a desk phone and a patient, both telephones sharing no line with ours. */
import { sql } from 'kysely'
import { afterEach, describe, expect, it } from 'vitest'
import { setUpTeam } from '../../../src/contact-center/acd/agent-setup.ts'
import { addressOf, deskAgent, openPage, plugIn } from '../../chaos/desk.ts'
import { callKept, openHospital } from '../../chaos/hospital.ts'
import { startBaresip } from '../../harness/baresip.ts'
import { hasProgram } from '../../harness/programs.ts'
import { toneLevel } from '../../harness/tones.ts'
import { waitFor } from '../../harness/wait-for.ts'

let opened = new AsyncDisposableStack()
afterEach(async () => {
  const all = opened
  opened = new AsyncDisposableStack()
  await all.disposeAsync()
})

describe.skipIf(!hasProgram('baresip'))('an agent at a desk phone', () => {
  it('is rung once at sign-in, talks with the patient the campaign dials, wraps up, and is free again', async () => {
    const patient = await startBaresip({ frequency: 600, user: '+8619900000101' })
    opened.defer(() => patient.close())
    const hospital = await openHospital({ patients: 1, trunk: { port: patient.port } })
    opened.defer(() => hospital.close())
    const { ground } = hospital
    const agent = await deskAgent(hospital)
    await setUpTeam(ground.db, { name: '随访一组', campaign: 'test' })
    const house = await hospital.open()
    const phone = await plugIn(hospital, agent)
    opened.defer(() => phone.close())

    const page = await openPage(addressOf(house), agent.name)
    const answer = await page.post('sign-in')
    expect(answer.status, await answer.text()).toBe(204)
    const talking = await page.until('talking')
    expect(talking).toMatchObject({ status: 'available', call: { answered: true, held: false } })
    // Each hears the other.
    const hears = (one: typeof phone, tone: number) =>
      waitFor(async () => toneLevel((await one.heard()).subarray(-8_000), tone) > 1_000, {
        what: `${tone} Hz to be heard`,
        timeoutMs: 20_000,
      })
    await hears(phone, 600)
    await hears(patient, 900)

    expect((await page.post('hold')).status).toBe(204)
    await page.until('holding')
    expect((await page.post('resume')).status).toBe(204)
    await page.until('talking')
    expect((await page.post('hang-up')).status).toBe(204)
    const wrapping = await page.until('wrap_up')
    expect((await page.post('wrap-up/finish')).status).toBe(409)
    const outcome = await page.put(`/api/desk/tasks/${wrapping.call?.taskId}/outcome`, { outcome: 'uncooperative' })
    expect(outcome.status, await outcome.text()).toBeLessThan(300)
    expect((await page.post('wrap-up/finish')).status).toBe(204)
    expect(await page.until('idle')).toMatchObject({ status: 'available', call: null })
    await callKept(hospital)
    const [row] = await hospital.rows(sql`
      select a.state, a.result, a.outcome, t.state as task from attempt a join task t on t.id = a.task_id
    `)
    expect(row).toMatchObject({ state: 'ended', result: 'completed', outcome: 'uncooperative', task: 'retry_wait' })
  }, 120_000)
})
