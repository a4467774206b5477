import { appendFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Role } from '../../src/platform/auth/rights.ts'
import { hasChromium } from '../harness/chromium.ts'
import { waitFor } from '../harness/wait-for.ts'
import { makeAccount, makeAgent, writeToneWav } from './fixture/face.ts'
import { CallScript, type Hospital, type HospitalCall, makeHospital } from './fixture/hospital.ts'
import { type Entrance, useStage } from './fixture/stage.ts'
import { CallPage } from './pages/call-page.ts'
import { CallsPage } from './pages/calls-page.ts'

describe.skipIf(!hasChromium)('quality review in Chromium', () => {
  const stage = useStage()
  let hospital: Hospital
  let wav = ''
  let call: HospitalCall
  const start = Date.now() - 3_600_000

  beforeAll(async () => {
    hospital = await makeHospital(stage.database.db, stage.face.secrets, { patients: 6 })
    wav = join(stage.face.recordings, 'call.wav')
    await writeToneWav(wav, 40)
    const agentId = await makeAgent(stage.database.db, await makeAccount(stage.database.db, ['agent']), '0042')
    call = await recordedCall(0, { agentId, wav })
    for (const index of [1, 2]) await recordedCall(index, { agentId: null, wav })
    await sql`
      insert into rating (attempt_id, agent_id, value, at) values (${call.attemptId}, ${agentId}, 2, app_now())
    `.execute(stage.database.db)
  })

  /** A survey of 40 seconds: questions at 5, 15 and 25. */
  async function recordedCall(index: number, how: { agentId: string | null; wav: string }): Promise<HospitalCall> {
    const script = new CallScript(stage.database.db, hospital)
    const task = hospital.tasks[index]
    if (task === undefined) throw new Error('the hospital is too small')
    const at = (seconds: number) => {
      script.now = new Date(start + index * 60_000 + seconds * 1000)
    }
    at(-10)
    const one = await script.dial(task)
    await script.ring(one)
    at(0)
    await script.answer(one)
    at(1)
    if (how.agentId !== null) await script.bridge(one, how.agentId)
    for (const [question, seconds] of [5, 15, 25].entries()) {
      at(seconds)
      await script.question(one, question, question === 0 ? null : '2')
    }
    at(30)
    if (how.agentId !== null) await script.happens(one, { type: 'held' })
    at(40)
    if (how.agentId !== null) {
      const { agentId } = how
      const figures = { lossIn: 0.12, lossOut: 0.03, jitterInMs: 48, jitterOutMs: 9, roundTripMs: 340 }
      script.seatLines = [{ seatId: agentId, agentId, ...figures }]
    }
    await script.end(one, how.agentId === null ? 'answered' : 'bridged', 'partial', 'retry_wait', how.wav)
    return one
  }

  /** @param who of their own: what they open is counted */
  async function enter(roles: readonly Role[], who: Pick<Entrance, 'own'> = {}) {
    const entered = await stage.enter(roles, { path: '/calls', ...who })
    await entered.page.locator('.filters').waitFor()
    return { ...entered, calls: new CallsPage(entered.page), one: new CallPage(entered.page) }
  }

  const uses = async (name: string) =>
    stage.database.db
      .selectFrom('auditRow')
      .select(['action', 'detail'])
      .where('actorName', '=', name)
      .where('action', 'like', 'recording.%')
      .orderBy('id')
      .execute()

  it('finds calls by agent, length and rating, and comes back to the same list', async () => {
    const { page, calls, one, complaints } = await enter(['qa'])
    await waitFor(async () => (await calls.rows().count()) === 3)
    await page.getByRole('combobox', { name: '坐席' }).fill('0042')
    await page.keyboard.press('Enter')
    await page.getByRole('combobox', { name: '评价' }).fill('2')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Escape')
    await page.getByRole('spinbutton', { name: '时长（秒） 最短' }).fill('40')
    await calls.search('')
    await waitFor(async () => (await calls.rows().count()) === 1)
    await page.locator('[data-rating="2"]').waitFor()
    // The agent's own line, not the patient's.
    expect(await calls.rows().first().locator('[data-agent-line]').getAttribute('data-agent-line')).toBe('poor')
    await one.openFrom(calls.rows().first())
    expect(await page.locator('[data-agent-line="poor"]').textContent()).toContain('丢包 12.0 % / 3.0 %')
    await page.getByText('返回通话记录').click()
    await waitFor(async () => (await calls.rows().count()) === 1)
    expect(page.url()).toContain('agentId')
    expect(complaints).toEqual([])
  })

  it('plays from the second at which a question was asked, at a click or by its key', async () => {
    const { page, calls, one, complaints, name } = await enter(['qa'], { own: true })
    await calls.search('0000')
    await waitFor(async () => (await calls.rows().count()) === 1)
    await one.openFrom(calls.rows().first())
    // Nothing is opened before somebody wants to hear it.
    expect(await uses(name)).toEqual([])
    expect(await one.markers()).toEqual([
      'answered',
      'bridged',
      'question',
      'key',
      'question',
      'key',
      'question',
      'held',
      'ended',
    ])
    const [, second = '', third = ''] = hospital.questionIds
    await one.question(second).click()
    await one.isPlaying(true)
    await one.positionIs(15, 20)
    expect(await calls.channels()).toBeGreaterThanOrEqual(2)
    await page.locator('[data-marker][aria-current=true]').waitFor()
    // Who only listens is at work: a minute later, and no key was touched.
    const used = page.waitForRequest('**/api/session/activity')
    await page.evaluate(() => {
      const now = performance.now.bind(performance)
      performance.now = () => now() + 61_000
    })
    await used

    await one.question(third).click()
    await one.positionIs(25, 29)
    await page.locator('h1').click()
    await page.keyboard.press('1')
    await one.positionIs(5, 10)
    await page.keyboard.press('Space')
    await one.isPlaying(false)
    const before = await one.position()
    await page.keyboard.press('ArrowRight')
    await one.positionIs(before + 4, before + 6)
    await page.keyboard.press('ArrowDown')
    await one.isPlaying(true)
    await one.marker('held').click()
    await one.positionIs(30, 35)
    await one.speed('0.75').click()
    expect(await page.locator('.player-controls .ant-segmented-item-selected').textContent()).toContain('0.75')
    // One opening, whatever was heard of it.
    expect(await uses(name)).toMatchObject([{ action: 'recording.played', detail: { reason: 'quality_review' } }])
    expect(complaints).toEqual([])
  })

  it('lets an agent dial the patient of a call once more, and says why not', async () => {
    const { page, calls, one } = await enter(['agent'])
    await one.openFrom(calls.rows().first())
    await page.getByRole('button', { name: '拨打', exact: true }).click()
    const asked = page.waitForRequest('**/api/seat/dial')
    await one.dialog().getByRole('button', { name: '拨打', exact: true }).click()
    expect((await asked).postDataJSON()).toEqual({ taskId: expect.stringMatching(/^[0-9a-f-]{36}$/) })
    // There is no seat in this house: what is said is the refusal.
    await page.locator('.ant-message-error').waitFor()
  })

  it('gives an address that is of no use to anybody else', async () => {
    const { context, page, calls } = await enter(['qa'])
    const opened = page.waitForResponse('**/api/recordings/*/open')
    await calls.listen()
    const { url } = await (await opened).json()
    const own = await context.request.get(`${stage.face.url}${url}`, { headers: { range: 'bytes=0-9' } })
    expect(own.status()).toBe(206)
    const other = await enter(['qa'], { own: true })
    const refused = await other.context.request.get(`${stage.face.url}${url}`)
    expect([refused.status(), (await refused.json()).code]).toEqual([403, 'RECORDING_TICKET_REFUSED'])
    const bare = await other.context.request.get(`${stage.face.url}${url.replace(/\?.*/, '')}`)
    expect(bare.status()).toBe(403)
  })

  it('offers a download only to who may, and not without a reason', async () => {
    const qa = await enter(['qa'])
    await qa.one.openFrom(qa.calls.rows().first())
    await qa.one.player().waitFor()
    expect(await qa.one.download().count()).toBe(0)
    const id = await stage.database.db.selectFrom('recording').select('id').limit(1).executeTakeFirstOrThrow()
    const denied = await qa.page.request.post(`${stage.face.url}/api/recordings/${id.id}/open`, {
      headers: { 'x-suifang-console': '1' },
      data: { purpose: 'download', reason: 'complaint' },
    })
    expect(denied.status()).toBe(403)

    const { page, calls, one, name } = await enter(['supervisor'], { own: true })
    await one.openFrom(calls.rows().first())
    await one.download().click()
    await one.dialog().getByRole('combobox').click()
    await page.locator('.ant-select-item-option').filter({ hasText: '其他' }).click()
    await one.dialog().locator('.ant-btn-primary').click()
    await one.dialog().getByText('请填写此项').waitFor()
    await one.dialog().getByRole('textbox').fill('卫健委调阅 2026-11')
    const saving = page.waitForEvent('download')
    await one.dialog().locator('.ant-btn-primary').click()
    const saved = await (await saving).path()
    expect((await readFile(saved)).equals(await readFile(wav))).toBe(true)
    expect(await uses(name)).toMatchObject([
      { action: 'recording.downloaded', detail: { reason: 'other', note: '卫健委调阅 2026-11' } },
    ])
  })

  it('says that a file has been changed instead of playing it', async () => {
    const path = join(stage.face.recordings, 'changed.wav')
    await writeToneWav(path, 10)
    await recordedCall(3, { agentId: null, wav: path })
    await appendFile(path, 'x')
    const { page, calls, one } = await enter(['qa'])
    await calls.search('0003')
    await waitFor(async () => (await calls.rows().count()) === 1)
    await calls.rows().locator('button:has(.anticon-audio)').click()
    await page.getByText('录音文件与通话后校验时的文件不一致').waitFor()
    expect(await one.player().getAttribute('data-playing')).toBe('false')
    await page.getByText('返回通话记录').click()
    await calls.rows().getByText('文件已被改动').waitFor()
  })
})
