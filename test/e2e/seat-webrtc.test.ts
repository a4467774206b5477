/**
 * Three browsers at the whole house, over HTTPS with the certificate of its first start: an agent who speaks through the
 * page, a supervisor in the agent's call, QA who hears it afterwards. The patient is baresip; everybody sends a tone of
 * their own.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import type { Page } from 'playwright-core'
import { afterEach, describe, expect, it } from 'vitest'
import { wavHeader } from '#softswitch/media/wav.ts'
import { newId } from '../../src/platform/ids.ts'
import { callKept, type Hospital, openHospital } from '../chaos/hospital.ts'
import { type Baresip, startBaresip } from '../harness/baresip.ts'
import { hasChromium } from '../harness/chromium.ts'
import { testFolder } from '../harness/folder.ts'
import { hasProgram } from '../harness/programs.ts'
import { readStereo } from '../harness/stereo.ts'
import { sine, toneLevel } from '../harness/tones.ts'
import { waitFor } from '../harness/wait-for.ts'
import { launchBrowser, visit } from './browser.ts'
import { BadNetwork } from './fixture/bad-network.ts'
import { makeAccount, testPassword } from './fixture/face.ts'
import { levelIn, makeListening } from './fixture/listening-page.ts'
import { CallPage } from './pages/call-page.ts'
import { CallsPage } from './pages/calls-page.ts'
import { FloorPage } from './pages/floor-page.ts'
import { LivePage } from './pages/live-page.ts'
import { SeatPage } from './pages/seat-page.ts'
import { Shell } from './pages/shell.ts'
import { SignInPage } from './pages/sign-in-page.ts'

const tones = { patient: 600, agent: 900, supervisor: 1_400 }
/** Peak amplitudes, of 32,767. */
const heard = 800
const silent = 150
const answers = [
  { question: 'nurses', label: '非常满意' },
  { question: 'doctors', label: '满意' },
  { question: 'ward', label: '一般' },
  { question: 'advice', label: '有' },
  { question: 'advice-clear', label: '不满意' },
] as const
/** A leg that was lost is waited for by the server this long; a loaded machine needs its share of it. */
const backMs = 28_000
/** How long the agent's network is away. */
const cutMs = 20_000

let opened = new AsyncDisposableStack()
afterEach(async () => {
  const all = opened
  opened = new AsyncDisposableStack()
  await all.disposeAsync()
})

type Sat = Awaited<ReturnType<typeof sit>>

describe.skipIf(!hasChromium || !hasProgram('baresip'))('an agent who speaks through the page', () => {
  it('is heard by the patient and hears him, through a supervisor’s visit, a reload and a cut of 20 s, and QA hears it afterwards', async () => {
    const patient = await startBaresip({ frequency: tones.patient, user: '+8619900000101', answers: 'told' })
    opened.defer(() => patient.close())
    const hospital = await openHospital({ patients: 1, trunk: { port: patient.port }, campaign: 'paused' })
    opened.defer(() => hospital.close())
    const { db } = hospital.ground
    const agentName = await makeAccount(db, ['agent'])
    const supervisorName = await makeAccount(db, ['supervisor'])
    await makeTeams(hospital, { agentName, supervisorName })
    const house = await hospital.open({ SUIFANG_HTTPS: 'always' })
    const url = house.ready?.[1] ?? ''
    expect(url).toMatch(/^https:/)

    const network = await BadNetwork.to(url)
    opened.defer(() => network.close())
    const agent = await sit(network.url, agentName, tones.agent)
    await network.hold(agent.page)
    const desk = new SeatPage(agent.page)
    await new Shell(agent.page).open('/seat')
    await desk.press(/^签入/)
    await desk.quiet('waiting')
    await desk.link('up')

    const supervisor = await sit(url, supervisorName, tones.supervisor)
    await new LivePage(supervisor.page).command(/^启动/)
    await desk.strip('dialing')
    await rings(hospital)
    patient.answer()
    await desk.strip('talking')
    await patientHears(patient, tones.agent)
    await pageHears(agent.page, tones.patient)

    await supervisorVisits(supervisor, { agent, agentName, supervisorName, patient })

    // The patient stays through a reload, and the leg is back by itself.
    await agent.page.reload()
    await desk.strip('talking')
    await desk.link('up')
    await patientHears(patient, tones.agent, backMs)
    await pageHears(agent.page, tones.patient)

    await networkIsCut(network, { agent, patient, hospital })

    for (const { question, label } of answers.slice(1)) {
      await desk.choose(question, label)
      await desk.answerIs(question, 'saved')
    }
    await desk.press(/^挂断/)
    await desk.strip('wrap_up')
    await desk.outcome('done')
    await desk.outcomeIs('saved')
    await desk.press(/^完成/)
    await desk.quiet('waiting')

    const { left, right } = await readStereo((await callKept(hospital)).path)
    expect([carries(left, tones.patient), carries(left, tones.agent)]).toEqual([true, false])
    expect([carries(right, tones.agent), carries(right, tones.supervisor)]).toEqual([true, true])

    const qaName = await makeAccount(db, ['qa'])
    const qa = await sit(url, qaName, null)
    await qaHears(qa)
    expect(await recordingUses(hospital, qaName)).toEqual([
      { action: 'recording.played', outcome: 'ok', reason: 'quality_review' },
    ])
    expect([...agent.complaints.filter(isOwnFault), ...supervisor.complaints, ...qa.complaints]).toEqual([])
  }, 300_000)
})

/** Monitor, coach, barge, gone: and each time who hears the supervisor and who does not. */
async function supervisorVisits(
  supervisor: Sat,
  {
    agent,
    agentName,
    supervisorName,
    patient,
  }: {
    readonly agent: Sat
    readonly agentName: string
    readonly supervisorName: string
    readonly patient: Baresip
  },
): Promise<void> {
  await new Shell(supervisor.page).open('/floor')
  const board = new FloorPage(supervisor.page)
  await board.choose(agentName)
  await supervisor.page.keyboard.press('F2')
  await board.modeIs('monitor', { sends: false })
  await pageHears(supervisor.page, tones.patient)
  await pageHears(supervisor.page, tones.agent)
  expect(await levelIn(agent.page, tones.supervisor)).toBeLessThan(silent)
  expect(await patientLevel(patient, tones.supervisor)).toBeLessThan(silent)
  expect(await agent.page.locator('[data-supervision]').count()).toBe(0)

  await supervisor.page.keyboard.press('F3')
  await board.modeIs('coach', { sends: true })
  await pageHears(agent.page, tones.supervisor)
  expect(await patientLevel(patient, tones.supervisor)).toBeLessThan(silent)

  await supervisor.page.keyboard.press('F4')
  await board.confirm(/^强插/)
  await board.modeIs('barge', { sends: true })
  await patientHears(patient, tones.supervisor)
  await agent.page.getByText(`班长已加入：${supervisorName}`).waitFor()

  await supervisor.page.keyboard.press('F8')
  await board.inNoCall()
  await patientHearsNo(patient, tones.supervisor)
}

/**
 * 20 s without network at the agent's page: the patient stays and hears music, the page says what it does not know, an
 * answer that is given meanwhile is kept; then stream, leg and answer come back by themselves.
 */
async function networkIsCut(
  network: BadNetwork,
  { agent, patient, hospital }: { readonly agent: Sat; readonly patient: Baresip; readonly hospital: Hospital },
): Promise<void> {
  const desk = new SeatPage(agent.page)
  const shell = new Shell(agent.page)
  const [{ question, label }] = answers
  const asked = subscriptions(agent.page)
  await network.cut()
  const over = performance.now() + cutMs
  await shell.connectionIs('interrupted')
  await desk.notice('phone_gone')
  await desk.choose(question, label)
  await desk.answerIs(question, 'retrying')
  await patientHearsNo(patient, tones.agent)
  await waitFor(async () => loudness(await lately(patient)) > silent, { what: 'the patient to hear music' })
  // The length of the cut is what is asked; nothing happens at its end that could be waited for.
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, over - performance.now())))
  expect(await hospital.rows(sql`select state from attempt`)).toEqual([{ state: 'bridged' }])
  expect(await patientLevel(patient, tones.agent)).toBeLessThan(silent)

  await network.mend()
  await shell.connectionIs('connected')
  await patientHears(patient, tones.agent, backMs)
  await pageHears(agent.page, tones.patient)
  await desk.link('up')
  await desk.strip('talking')
  await desk.answerIs(question, 'saved')
  expect(asked.map(({ after }) => after > 0)).toContain(true)
}

/** The call is found, its sound goes on, and a question's mark leads to its place. */
async function qaHears({ page }: Sat): Promise<void> {
  await new Shell(page).open('/calls')
  const calls = new CallsPage(page)
  const one = new CallPage(page)
  await calls.search('0101')
  await calls.rows().filter({ hasText: '完成' }).first().waitFor()
  await one.openFrom(calls.rows().first())
  await page.getByRole('button', { name: '播放' }).first().click()
  await one.isPlaying(true)
  await calls.playedFor(2)
  expect(await calls.channels()).toBeGreaterThanOrEqual(2)
  const [, { question }] = answers
  const at = await one.offsetOf(question)
  expect(at).toBeGreaterThan(cutMs / 1_000)
  await one.question(question).click()
  await one.positionIs(at, at + 5)
  await one.positionIs(at + 2, at + 8)
}

/** What of a cut network the browser itself complains of. */
function isOwnFault(complaint: string): boolean {
  return !/net::ERR_|WebSocket connection to/.test(complaint)
}

/** Subscriptions that the page asks for from now on, with the offset after which. */
function subscriptions(page: Page): readonly { readonly after: number }[] {
  const found: { after: number }[] = []
  page.on('websocket', (socket) => {
    socket.on('framesent', ({ payload }) => {
      const after = /^42\d*\["subscribe",\{.*"stream":"seat:.*"after":(\d+)/.exec(String(payload))?.[1]
      if (after !== undefined) found.push({ after: Number(after) })
    })
  })
  return found
}

async function recordingUses({ ground: { db } }: Hospital, actorName: string) {
  const { rows } = await sql`
    select action, outcome, detail ->> 'reason' as reason from audit_row
    where actor_name = ${actorName} and action like 'recording.%' order by id
  `.execute(db)
  return rows
}

/** An agent and a supervisor without desk phones; the supervisor looks after the agent's team. */
async function makeTeams({ ground: { db } }: Hospital, names: { agentName: string; supervisorName: string }) {
  const accountOf = async (name: string) =>
    (await db.selectFrom('userAccount').select('id').where('signInName', '=', name).executeTakeFirstOrThrow()).id
  const [agentId, supervisorId] = [await accountOf(names.agentName), await accountOf(names.supervisorName)]
  const { id: siteId } = await db.selectFrom('site').select('id').executeTakeFirstOrThrow()
  const [team, office] = [newId(), newId()]
  await sql`insert into team (id, site_id, name) values (${team}, ${siteId}, '随访一组'), (${office}, ${siteId}, '班长组')`.execute(
    db,
  )
  await sql`
    insert into agent (user_id, agent_no, team_id) values (${agentId}, '1001', ${team}), (${supervisorId}, '1002', ${office})
  `.execute(db)
  await sql`insert into team_supervisor (team_id, user_id) values (${team}, ${supervisorId})`.execute(db)
  await sql`update campaign set pacing = 'progressive', team_id = ${team} where name = 'test'`.execute(db)
}

/** A browser of its own for an account, signed in and connected. @param tone of its microphone; null for none */
async function sit(url: string, account: string, tone: number | null) {
  const browser = await launchBrowser(
    tone === null ? {} : { media: { microphone: await toneFile(tone), permission: 'given' } },
  )
  opened.defer(() => browser.close())
  const visited = await visit(browser, url)
  if (tone !== null) {
    await visited.context.grantPermissions(['microphone'], { origin: url })
    await makeListening(visited.page)
    await visited.page.reload()
  }
  await new SignInPage(visited.page).signIn(account, testPassword)
  await new Shell(visited.page).connectionIs('connected')
  return visited
}

/** Ten seconds of a tone, which the browser plays over and over as its microphone. */
async function toneFile(frequency: number): Promise<string> {
  const folder = await testFolder()
  opened.defer(() => folder.close())
  const samples = sine(frequency, 80_000)
  const header = wavHeader({ channels: 1, sampleRate: 8_000, dataBytes: samples.byteLength })
  const path = join(folder.path, 'microphone.wav')
  await writeFile(path, Buffer.concat([header, Buffer.from(samples.buffer)]))
  return path
}

async function rings(hospital: Hospital): Promise<void> {
  await waitFor(async () => (await hospital.rows(sql`select 1 from attempt where state = 'ringing'`)).length > 0, {
    what: 'the patient’s telephone to ring',
  })
}

/** The last half second that the patient has heard. */
async function lately(patient: Baresip): Promise<Int16Array> {
  return (await patient.heard()).subarray(-4_000)
}

async function patientLevel(patient: Baresip, tone: number): Promise<number> {
  return toneLevel(await lately(patient), tone)
}

async function patientHears(patient: Baresip, tone: number, timeoutMs = 15_000): Promise<void> {
  const what = `the patient to hear ${tone} Hz`
  await waitFor(async () => (await patientLevel(patient, tone)) > heard, { what, timeoutMs })
}

async function patientHearsNo(patient: Baresip, tone: number): Promise<void> {
  const what = `the patient to hear no ${tone} Hz`
  await waitFor(async () => (await patientLevel(patient, tone)) < silent, { what, timeoutMs: 15_000 })
}

async function pageHears(page: Page, tone: number): Promise<void> {
  const what = `the page to hear ${tone} Hz`
  await waitFor(async () => (await levelIn(page, tone)) > heard, { what, timeoutMs: 15_000 })
}

/** Root of the mean square. */
function loudness(samples: Int16Array): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, samples.length))
}

/** Whether a tone is heard through any half second of a channel. */
function carries(channel: Int16Array, tone: number): boolean {
  const half = 4_000
  return Array.from({ length: Math.floor(channel.length / half) }, (_, i) =>
    channel.subarray(i * half, (i + 1) * half),
  ).some((piece) => toneLevel(piece, tone) > heard)
}
