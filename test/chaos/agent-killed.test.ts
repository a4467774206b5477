/** A house that dies while an agent has a call: no seat is stuck, no task lost, nobody dialled twice for one attempt. */
import { sql } from 'kysely'
import { afterEach, describe, expect, it } from 'vitest'
import { setUpTeam } from '../../src/contact-center/acd/agent-setup.ts'
import { campaignControl } from '../../src/follow-up/dialling/campaign-control.ts'
import { systemActor } from '../../src/platform/audit/audit-store.ts'
import { hasProgram } from '../harness/programs.ts'
import { pause, type SippRun, startSipp, uas } from '../harness/sipp.ts'
import { waitFor } from '../harness/wait-for.ts'
import { type AgentPage, addressOf, type DeskAgent, deskAgent, openPage, plugIn } from './desk.ts'
import { type Hospital, invitesByAttempt, openHospital } from './hospital.ts'
import { dead } from './killed-house.ts'
import { noChannelLeft } from './servers.ts'

let opened = new AsyncDisposableStack()
afterEach(async () => {
  const all = opened
  opened = new AsyncDisposableStack()
  await all.disposeAsync()
})

/** Rings, answers, and stays on the line until the house hangs up. */
const patient = [
  uas.expect('INVITE'),
  uas.answer(180),
  pause(300),
  uas.answer(200, { sdp: true }),
  uas.expect('ACK'),
  uas.expect('BYE'),
  uas.answer(200, { tag: false }),
]

interface Dying {
  readonly hospital: Hospital
  readonly telephone: SippRun
  readonly agent: DeskAgent
  readonly page: AgentPage
}

/** Two patients and an agent at a desk phone; the house dies at the place, led there by `act`, and is opened again. */
async function dieAt(place: string, act: (page: AgentPage) => Promise<void> = async () => {}): Promise<Dying> {
  const telephone = await startSipp(patient, { calls: 6, args: ['-timeout', '170', '-recv_timeout', '90000'] })
  opened.defer(() => telephone.close())
  const hospital = await openHospital({ patients: 2, trunk: { port: telephone.port }, campaign: 'paused' })
  opened.defer(() => hospital.close())
  const { db } = hospital.ground
  const agent = await deskAgent(hospital)
  await setUpTeam(db, { name: '随访一组', campaign: 'test' })
  const house = await hospital.open({ SUIFANG_FAILPOINT: place })
  const phone = await plugIn(hospital, agent)
  opened.defer(() => phone.close())
  const page = await openPage(addressOf(house), agent.name)
  expect((await page.post('sign-in')).status).toBe(204)
  const [campaign] = await hospital.rows<{ id: string }>(sql`select id from campaign`)
  await campaignControl(db).start(campaign?.id ?? '', systemActor)
  await act(page)
  await dead(hospital, house, place)
  const again = await hospital.open()
  return { hospital, telephone, agent, page: await openPage(addressOf(again), agent.name) }
}

/** What the rows say of the first call, once nothing of it is open any more. */
async function aftermath({ hospital }: Dying) {
  return waitFor(
    async () => {
      const [row] = await hospital.rows<{
        readonly id: string
        readonly state: string
        readonly result: string | null
        readonly task: string
        readonly reservation: string
        readonly last: Record<string, unknown> | null
      }>(sql`
        select a.id, a.state, a.result, t.state as task, r.state as reservation,
          (select e.body from call_event e where e.attempt_id = a.id order by e.seq desc limit 1) as last
        from attempt a join task t on t.id = a.task_id join reservation r on r.attempt_id = a.id
        order by a.created_at, a.id limit 1
      `)
      return row?.state === 'ended' && !['pending', 'accepted'].includes(row.reservation) ? row : null
    },
    { what: 'the call to be closed', timeoutMs: 60_000 },
  )
}

/** The agent signs in again, and the next patient is there; afterwards the seat is free. */
async function takesTheNextCall({ page, hospital, telephone }: Dying): Promise<void> {
  const signedIn = await page.post('sign-in')
  expect(signedIn.status, await signedIn.text()).toBe(204)
  const talking = await page.until('talking')
  expect(talking).toMatchObject({ status: 'available' })
  expect((await page.post('hang-up')).status).toBe(204)
  const wrapping = await page.until('wrap_up')
  await finish(page, wrapping.call?.taskId ?? '')
  const invites = invitesByAttempt(await telephone.messages())
  expect([...invites.values()].every((count) => count === 1)).toBe(true)
  const lost = await hospital.rows(sql`
    select t.state from task t where t.state in ('claimed', 'in_progress', 'wrapping')
      and not exists (select from attempt a where a.task_id = t.id and a.state <> 'ended')
  `)
  expect(lost).toEqual([])
}

async function finish(page: AgentPage, taskId: string): Promise<void> {
  const said = await page.put(`/api/desk/tasks/${taskId}/outcome`, { outcome: 'uncooperative' })
  expect(said.status, await said.text()).toBeLessThan(300)
  expect((await page.post('wrap-up/finish')).status).toBe(204)
}

async function byes(telephone: SippRun): Promise<number> {
  return [...(await telephone.messages()).matchAll(/^BYE sip:/gm)].length
}

const ready = hasProgram('sipp') && hasProgram('baresip')

describe.skipIf(!ready)('a house killed while a seat has a call', () => {
  it('at reserved has dialled nobody: the task is due again, the seat waits for its phone', async () => {
    const dying = await dieAt('reserved')
    expect(await aftermath(dying)).toMatchObject({ result: 'cancelled', task: 'scheduled', reservation: 'rescinded' })
    expect(await dying.page.until('unreachable')).toMatchObject({ status: 'available', call: null })
    await takesTheNextCall(dying)
  }, 240_000)

  it('at seat-ringing releases the patient, who found nobody, and the seat', async () => {
    const dying = await dieAt('seat-ringing')
    const call = await aftermath(dying)
    expect(call).toMatchObject({ result: 'restart', last: { type: 'ended', result: 'restart', hangupBy: 'lost' } })
    await waitFor(async () => (await byes(dying.telephone)) > 0, { what: 'a BYE at the patient', timeoutMs: 20_000 })
    await noChannelLeft(dying.hospital)
    await dying.page.until('unreachable')
    await takesTheNextCall(dying)
  }, 240_000)

  it.each([
    ['talking', async () => {}],
    [
      'hold',
      async (page: AgentPage) => {
        await page.until('talking')
        await page.post('hold').catch(() => {})
      },
    ],
  ] as const)(
    'at %s releases the patient, and the agent still has the after-call work',
    async (place, act) => {
      const dying = await dieAt(place, act)
      const call = await aftermath(dying)
      expect(call).toMatchObject({ result: 'restart', last: { type: 'ended', result: 'restart', hangupBy: 'lost' } })
      await waitFor(async () => (await byes(dying.telephone)) > 0, { what: 'a BYE at the patient', timeoutMs: 20_000 })
      await noChannelLeft(dying.hospital)
      const wrapping = await dying.page.until('wrap_up')
      expect(wrapping.wrapUpUntil).not.toBeNull()
      await finish(dying.page, wrapping.call?.taskId ?? '')
      expect(await dying.page.until('unreachable')).toMatchObject({ status: 'available', call: null })
      await takesTheNextCall(dying)
    },
    240_000,
  )

  it('at wrap-up keeps the after-call work and its deadline', async () => {
    const dying = await dieAt('wrap-up', async (page) => {
      await page.until('talking')
      await page.post('hang-up').catch(() => {})
    })
    const call = await aftermath(dying)
    expect(call).toMatchObject({ result: 'completed', task: 'wrapping', reservation: 'wrapping' })
    const wrapping = await dying.page.until('wrap_up')
    await finish(dying.page, wrapping.call?.taskId ?? '')
    expect(await dying.page.until('unreachable')).toMatchObject({ status: 'available', call: null })
    await takesTheNextCall(dying)
  }, 240_000)
})
