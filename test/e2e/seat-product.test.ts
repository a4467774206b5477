/**
 * The agent's page over the whole house: Chromium, the seat service, the desk phone and the patient's telephone, with
 * nothing of ours between them that is not shipped.
 */
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import type { Page } from 'playwright-core'
import { afterEach, describe, expect, it } from 'vitest'
import { callKept, type Hospital, openHospital } from '../chaos/hospital.ts'
import { type Baresip, startBaresip } from '../harness/baresip.ts'
import { hasChromium } from '../harness/chromium.ts'
import { startProcess } from '../harness/process.ts'
import { hasProgram } from '../harness/programs.ts'
import { readStereo } from '../harness/stereo.ts'
import { toneLevel } from '../harness/tones.ts'
import { waitFor } from '../harness/wait-for.ts'
import { launchBrowser, visit } from './browser.ts'
import { makeAccount, testPassword } from './fixture/face.ts'
import { LivePage } from './pages/live-page.ts'
import { SeatPage } from './pages/seat-page.ts'
import { Shell } from './pages/shell.ts'
import { SignInPage } from './pages/sign-in-page.ts'

const tones = { patient: 600, agent: 900 }
const answers = [
  { question: 'nurses', label: '非常满意', value: 'very_satisfied' },
  { question: 'doctors', label: '满意', value: 'satisfied' },
  { question: 'ward', label: '一般', value: 'neutral' },
  { question: 'advice', label: '有', value: 'yes' },
  { question: 'advice-clear', label: '不满意', value: 'dissatisfied' },
]
/** A folder in which to keep what the pages look like. */
const pictures = process.env.SEAT_PICTURES

let opened = new AsyncDisposableStack()
afterEach(async () => {
  const all = opened
  opened = new AsyncDisposableStack()
  await all.disposeAsync()
})

describe.skipIf(!hasChromium || !hasProgram('baresip'))('an agent at the page of the whole house', () => {
  it('signs in, talks with the patient who is dialled, fills the form, wraps up, and is free again', async () => {
    const patient = await startBaresip({ frequency: tones.patient, user: '+8619900000101', answers: 'told' })
    opened.defer(() => patient.close())
    const hospital = await openHospital({ patients: 1, trunk: { port: patient.port }, campaign: 'paused' })
    opened.defer(() => hospital.close())
    const agent = await makeAccount(hospital.ground.db, ['agent'])
    await command(hospital, ['team', '--name', '随访一组', '--campaign', 'test'])
    const given = await command(hospital, ['phone', '--extension', '8001', '--agent', agent])
    const house = await hospital.open()
    const open = await openPages(house.ready?.[1] ?? '')
    const { page, complaints } = await open(agent)
    const desk = new SeatPage(page)

    // The phone is given and not there yet; the page is told when it registers.
    await new Shell(page).open('/seat')
    await desk.phoneIs(false)
    const phone = await startDeskPhone(hospital, JSON.parse(given).secret)
    await desk.phoneIs(true)
    await desk.press(/^签入/)
    await desk.quiet('waiting')
    await desk.statusIs('available')

    const supervisor = await open(await makeAccount(hospital.ground.db, ['supervisor']))
    await new LivePage(supervisor.page).command(/^启动/)
    await desk.strip('dialing')
    await (await desk.desk()).getByText('测试甲').first().waitFor()
    await page.getByText('这是首次拨打该患者').waitFor()
    await rings(hospital)
    patient.answer()
    await desk.strip('talking')
    await hears(patient, tones.agent)
    await hears(phone, tones.patient)

    for (const { question, label } of answers) {
      await desk.choose(question, label)
      await desk.answerIs(question, 'saved')
    }
    await keepPicture(page, 'talking')
    await desk.press(/^保持/)
    await desk.strip('holding')
    await waitFor(async () => (await level(patient, tones.agent)) < 200, { what: 'the patient to hear music alone' })
    await desk.press(/^取消保持/)
    await desk.strip('talking')
    await hears(patient, tones.agent)
    await desk.press(/^挂断/)
    await desk.strip('wrap_up')
    await desk.outcome('done')
    await desk.outcomeIs('saved')
    await page.getByRole('textbox', { name: '随访小结' }).fill('恢复良好')
    await keepPicture(page, 'wrap-up')
    await desk.press(/^完成/)
    await (await desk.quiet('waiting')).getByText('上一通话已处理完毕').waitFor()

    const { path } = await callKept(hospital)
    expect(
      await hospital.rows(sql`
      select question_id as question, value, keys from answer order by id
    `),
    ).toEqual(answers.map(({ question, value }) => ({ question, value, keys: null })))
    expect(
      await hospital.rows(sql`
      select a.state, a.result, a.outcome, t.state as task, s.note, e.state as seat, e.status
      from attempt a join task t on t.id = a.task_id join seat e on e.agent_id = a.agent_id
      join lateral (select note from call_summary where attempt_id = a.id order by version desc limit 1) s on true
    `),
    ).toEqual([
      {
        state: 'ended',
        result: 'completed',
        outcome: 'done',
        task: 'completed',
        note: '恢复良好',
        seat: 'idle',
        status: 'available',
      },
    ])
    const { left, right } = await readStereo(path)
    expect([carries(left, tones.patient), carries(left, tones.agent)]).toEqual([true, false])
    expect([carries(right, tones.patient), carries(right, tones.agent)]).toEqual([false, true])
    expect([...complaints, ...supervisor.complaints]).toEqual([])
  })
})

/** A command of the product on the hospital's folder. @returns what it said last */
async function command({ ground }: Hospital, words: readonly string[]): Promise<string> {
  const cli = await startProcess([process.execPath, 'src/cli.ts', ...words], {
    env: { SUIFANG_DATA: ground.settings.dataDir },
  })
  expect(await cli.ended, cli.lines.join('\n')).toEqual({ code: 0, signal: null })
  return cli.lines.at(-1) ?? ''
}

/** Chromium at the house; each account in a profile of its own, signed in and connected. */
async function openPages(url: string) {
  const browser = await launchBrowser()
  opened.defer(() => browser.close())
  return async (account: string) => {
    const visited = await visit(browser, url)
    await new SignInPage(visited.page).signIn(account, testPassword)
    await new Shell(visited.page).connectionIs('connected')
    return visited
  }
}

/** The agent's phone: registers, and lifts by itself when it is rung. */
async function startDeskPhone({ ground }: Hospital, password: string): Promise<Baresip> {
  const state = JSON.parse(await readFile(join(ground.settings.dataDir, 'softswitch.json'), 'utf8'))
  const registrar = { host: '127.0.0.1', port: state.drachtio.sipPort, password }
  const phone = await startBaresip({ frequency: tones.agent, user: '8001', registrar })
  opened.defer(() => phone.close())
  return phone
}

async function rings(hospital: Hospital): Promise<void> {
  await waitFor(async () => (await hospital.rows(sql`select 1 from attempt where state = 'ringing'`)).length > 0, {
    what: 'the patient’s telephone to ring',
  })
}

/** Of a tone in the last half second that a telephone has heard. */
async function level(telephone: Baresip, tone: number): Promise<number> {
  return toneLevel((await telephone.heard()).subarray(-4_000), tone)
}

async function hears(telephone: Baresip, tone: number): Promise<void> {
  await waitFor(async () => (await level(telephone, tone)) > 1_000, { what: `${tone} Hz to be heard` })
}

/** Whether a tone is heard through any half second of a channel. */
function carries(channel: Int16Array, tone: number): boolean {
  const half = 4_000
  return Array.from({ length: Math.floor(channel.length / half) }, (_, i) =>
    channel.subarray(i * half, (i + 1) * half),
  ).some((piece) => toneLevel(piece, tone) > 1_000)
}

async function keepPicture(page: Page, name: string): Promise<void> {
  if (pictures === undefined) return
  await mkdir(pictures, { recursive: true })
  await page.screenshot({ path: join(pictures, `product-${name}.png`), animations: 'disabled' })
}
