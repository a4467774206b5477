/** The house with an agent at a desk phone and a patient, both telephones sharing no line with ours. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterEach, describe, expect, it } from 'vitest'
import { setUpPhone, setUpTeam } from '../../../src/contact-center/acd/agent-setup.ts'
import type { SeatView } from '../../../src/contact-center/acd/seat-schema.ts'
import { openHospital } from '../../chaos/hospital.ts'
import { makeAccount, testPassword } from '../../e2e/fixture/face.ts'
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

async function signIn(url: string, name: string) {
  const headers = { 'content-type': 'application/json', 'x-suifang-console': '1' }
  const answer = await fetch(`${url}/api/session`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ name, password: testPassword }),
  })
  expect(answer.status, await answer.clone().text()).toBeLessThan(300)
  const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? ''
  return {
    seat: async (): Promise<SeatView | null> => {
      const answer = await fetch(`${url}/api/seat`, { headers: { cookie } })
      const { seat } = (await answer.json()) as { seat: SeatView | null }
      return seat
    },
    post: (command: string) =>
      fetch(`${url}/api/seat/${command}`, { method: 'POST', headers: { 'x-suifang-console': '1', cookie } }),
    put: (path: string, body: unknown) =>
      fetch(`${url}${path}`, { method: 'PUT', headers: { ...headers, cookie }, body: JSON.stringify(body) }),
  }
}

describe.skipIf(!hasProgram('baresip'))('an agent at a desk phone', () => {
  it('is rung once at sign-in, talks with the patient the campaign dials, wraps up, and is free again', async () => {
    const patient = await startBaresip({ frequency: 600, user: '+8619900000101' })
    opened.defer(() => patient.close())
    const hospital = await openHospital({ patients: 1, trunk: { port: patient.port } })
    opened.defer(() => hospital.close())
    const { ground } = hospital
    const name = await makeAccount(ground.db, ['agent'])
    const { secret } = await setUpPhone(ground, { extension: '8001', agent: name, agentNo: null, team: null })
    await setUpTeam(ground.db, { name: '随访一组', campaign: 'test' })
    const house = await hospital.open()
    const url = house.ready?.[1]?.replace(/\/$/, '') ?? ''
    const state = JSON.parse(await readFile(join(ground.settings.dataDir, 'softswitch.json'), 'utf8'))
    const phone = await startBaresip({
      frequency: 900,
      user: '8001',
      registrar: { host: '127.0.0.1', port: state.drachtio.sipPort, password: secret },
    })
    opened.defer(() => phone.close())
    await waitFor(
      async () =>
        (await hospital.rows(sql`select 1 from registration where expires_at > clock_timestamp()`)).length > 0,
      { what: 'the phone to register', timeoutMs: 20_000 },
    )

    const agent = await signIn(url, name)
    const answer = await agent.post('sign-in')
    expect(answer.status, await answer.text()).toBe(204)
    const seat = (state: string) =>
      waitFor(async () => ((await agent.seat())?.state === state ? agent.seat() : undefined), {
        what: `the seat to be ${state}`,
        timeoutMs: 20_000,
      })
    const talking = await seat('talking')
    expect(talking).toMatchObject({ status: 'available', call: { answered: true, held: false } })
    // Each hears the other.
    const hears = (one: typeof phone, tone: number) =>
      waitFor(async () => toneLevel((await one.heard()).subarray(-8_000), tone) > 1_000, {
        what: `${tone} Hz to be heard`,
        timeoutMs: 20_000,
      })
    await hears(phone, 600)
    await hears(patient, 900)

    expect((await agent.post('hold')).status).toBe(204)
    await seat('holding')
    expect((await agent.post('resume')).status).toBe(204)
    await seat('talking')
    expect((await agent.post('hang-up')).status).toBe(204)
    const wrapping = await seat('wrap_up')
    expect((await agent.post('wrap-up/finish')).status).toBe(409)
    const outcome = await agent.put(`/api/desk/tasks/${wrapping?.call?.taskId}/outcome`, { outcome: 'uncooperative' })
    expect(outcome.status, await outcome.text()).toBeLessThan(300)
    expect((await agent.post('wrap-up/finish')).status).toBe(204)
    expect(await seat('idle')).toMatchObject({ status: 'available', call: null })
    const [row] = await hospital.rows(sql`
        select a.state, a.result, a.outcome, t.state as task from attempt a join task t on t.id = a.task_id
      `)
    expect(row).toMatchObject({ state: 'ended', result: 'completed', outcome: 'uncooperative', task: 'retry_wait' })
    await waitFor(async () => (await hospital.rows(sql`select 1 from recording where state = 'verified'`)).length > 0, {
      what: 'the recording to be verified',
      timeoutMs: 20_000,
    })
  }, 120_000)
})
