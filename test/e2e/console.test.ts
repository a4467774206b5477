import { readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { seedCalendar } from '../../src/follow-up/calling/calendar-service.ts'
import { nationalNumber } from '../../src/follow-up/live/person-mask.ts'
import type { Role } from '../../src/platform/auth/rights.ts'
import { saveRoom } from '../../src/platform/disk/disk-store.ts'
import { newId } from '../../src/platform/ids.ts'
import { hasProgram } from '../harness/programs.ts'
import { waitFor } from '../harness/wait-for.ts'
import { visit } from './browser.ts'
import { makeAccount, testPassword, writeToneWav } from './fixture/face.ts'
import { CallScript, type Hospital, makeHospital } from './fixture/hospital.ts'
import { type Entrance, useStage } from './fixture/stage.ts'
import { CallsPage } from './pages/calls-page.ts'
import { ImportPage } from './pages/import-page.ts'
import { LivePage } from './pages/live-page.ts'
import { Shell } from './pages/shell.ts'
import { SignInPage } from './pages/sign-in-page.ts'

/** A folder in which to keep what the pages look like, for the documentation. */
const pictures = process.env.SEAT_PICTURES
const lists = join(import.meta.dirname, '../fixtures/discharge-lists')

describe.skipIf(!hasProgram('chromium'))('the console in Chromium', () => {
  const stage = useStage()
  let hospital: Hospital
  let script: CallScript

  beforeAll(async () => {
    hospital = await makeHospital(stage.database.db, stage.face.secrets, { patients: 12 })
    script = new CallScript(stage.database.db, hospital)
  })

  async function enter(roles: readonly Role[], entrance: Pick<Entrance, 'language'> = {}) {
    const entered = await stage.enter(roles, { own: true, ...entrance })
    return { ...entered, live: new LivePage(entered.page) }
  }

  /** What a page looks like on both of the office's screens, where somebody wants to see. */
  async function atBothWidths(page: Page, name: string) {
    for (const width of pictures === undefined ? [] : [1366, 1920]) {
      await page.setViewportSize({ width, height: width === 1366 ? 768 : 1080 })
      await page.screenshot({ path: join(pictures ?? '', `${name}-${width}.png`), animations: 'disabled' })
    }
  }

  const task = (index: number) => {
    const found = hospital.tasks[index]
    if (found === undefined) throw new Error('the hospital is too small')
    return found
  }

  const personOf = async ({ id }: { readonly id: string }) => {
    const { name, ciphertext } = await stage.database.db
      .selectFrom('task')
      .innerJoin('patient', 'patient.id', 'task.patientId')
      .innerJoin('phoneNumber', 'phoneNumber.id', 'task.phoneNumberId')
      .select(['patient.name', 'phoneNumber.ciphertext'])
      .where('task.id', '=', id)
      .executeTakeFirstOrThrow()
    return { name, phone: nationalNumber(stage.face.secrets.decrypt(ciphertext)) }
  }

  it('asks for a new password at the first sign-in and then shows the live page', async () => {
    const name = await makeAccount(stage.database.db, ['supervisor'], { mustChangePassword: true })
    const { page, complaints } = await visit(stage.browser, stage.face.url)
    const signIn = new SignInPage(page)
    await signIn.signIn(name, 'wrong')
    expect(await signIn.refusal()).toContain('用户名或密码不正确')
    await signIn.signIn(name, testPassword)
    await signIn.changePassword(testPassword, testPassword)
    await waitFor(async () => (await signIn.refusal()).includes('该密码近期使用过'))
    await signIn.changePassword(testPassword, 'Rain-drops-77')
    await new LivePage(page).ready()
    await new Shell(page).connectionIs('connected')
    expect(complaints).toEqual([])
  })

  it('moves the live page as calls go on, without asking for anything again', async () => {
    const { page, live, complaints } = await enter(['supervisor'])
    await live.countIs('waiting', 12)
    const asked: string[] = []
    page.on('request', (request) => asked.push(new URL(request.url()).pathname))

    const call = await script.dial(task(0))
    await live.countIs('dialing', 1)
    await live.call(call.attemptId).getByText('拨号').waitFor()
    await live.call(call.attemptId).getByText('13800000000').waitFor()
    await script.ring(call)
    await live.call(call.attemptId).getByText('振铃').waitFor()
    await script.answer(call)
    await live.countIs('survey', 1)
    await script.question(call, 0)
    await live.call(call.attemptId).getByText('第 1 / 5 题').waitFor()
    await script.question(call, 1, '2')
    await live.call(call.attemptId).getByText('医生的讲解').waitFor()
    await script.end(call, 'answered', 'completed', 'completed')
    await live.countIs('completed', 1)
    await live.results('completed').first().waitFor()
    await waitFor(async () => (await live.calls().count()) === 0, { what: 'the call to leave the list' })

    const busy = await script.dial(task(1))
    await script.end(busy, 'dialing', 'busy', 'retry_wait')
    await live.failures('busy').waitFor()
    await live.countIs('retry', 1)

    // Names of people are asked for as they come; the rest is pushed.
    expect(new Set(asked)).toEqual(new Set(['/api/live/people']))
    expect(complaints).toEqual([])
  })

  it('shows after a lost connection what happened meanwhile', async () => {
    const { context, page, shell, live } = await enter(['supervisor'])
    await live.ready()
    await shell.connectionIs('connected')
    const network = await context.newCDPSession(page)
    const offline = (on: boolean) =>
      network.send('Network.emulateNetworkConditions', {
        offline: on,
        latency: 0,
        downloadThroughput: -1,
        uploadThroughput: -1,
      })
    await network.send('Network.enable')
    await offline(true)
    // An emulated network does not reach sockets that are open: the server lets go of the page.
    stage.face.hub.dropAll()
    await shell.connectionIs('interrupted')
    const call = await script.dial(task(2))
    await script.end(call, 'dialing', 'no_answer', 'failed')
    await offline(false)
    await shell.connectionIs('connected')
    await live.failures('no_answer').waitFor()
    await live.countIs('failed', 1)
  })

  it('pauses and starts a campaign after a question, and everybody’s page shows it', async () => {
    const { live } = await enter(['supervisor'])
    const onlooker = await enter(['agent'], { language: 'en' })
    await onlooker.live.stateIs('running')
    expect(await onlooker.live.campaign().getByRole('button').count()).toBe(0)
    await live.command(/暂停/)
    await live.stateIs('paused')
    await onlooker.live.stateIs('paused')
    await onlooker.live.whyNot('campaign_paused').getByText('Campaign paused').waitFor()
    await live.command(/启动/)
    await onlooker.live.stateIs('running')
  })

  it('shows people masked to who may not see them', async () => {
    const call = await script.dial(task(3))
    const { live } = await enter(['qa'])
    await live.call(call.attemptId).getByText('138****0003').waitFor()
    await script.end(call, 'dialing', 'busy', 'retry_wait')
  })

  it('leads from a count to who it is, keeps the tasks up to date, and changes them with a reason', async () => {
    const { db } = stage.database
    const [held, stopped, called] = [task(7), task(8), task(6)]
    const refusal = { id: newId(), phoneNumberId: held.phoneNumberId, source: 'supervisor' } as const
    await db.insertInto('doNotCall').values(refusal).execute()
    const { page, shell, live, complaints } = await enter(['supervisor'])
    const row = ({ id }: { readonly id: string }) => page.locator(`[data-task="${id}"]`)
    const rows = page.locator('[data-task]')
    await live.ready()
    await page.locator('[data-reason=do_not_call] a').click()
    await row(held).locator('[data-held=do_not_call]').waitFor()
    expect(await rows.count()).toBe(1)
    await atBothWidths(page, 'tasks-held-zh')

    await page.getByRole('button', { name: '清空条件' }).click()
    await row(stopped).locator('[data-state=due]').waitFor()
    await atBothWidths(page, 'tasks-zh')
    const asked: string[] = []
    page.on('request', (request) => asked.push(new URL(request.url()).pathname))
    const call = await script.dial(called)
    await row(called).locator('[data-state=in_progress]').waitFor()
    await page.locator('[data-count=in_progress]').waitFor()
    expect(new Set(asked)).toEqual(new Set(['/api/tasks/glance']))

    for (const one of [stopped, called]) await row(one).getByRole('checkbox').check()
    await page.getByText('已选 2 个').waitFor()
    await page.getByRole('button', { name: /^终\s*止$/ }).click()
    const dialog = page.getByRole('dialog')
    const why = dialog.getByRole('textbox', { name: '原因' })
    await dialog.getByText('可执行 1 个').waitFor()
    await dialog.getByText(/1 个不能执行.*班长台/).waitFor()
    await why.press('Enter')
    await dialog.getByText('请填写原因').waitFor()
    await atBothWidths(page, 'tasks-stop-zh')
    await why.fill('方案选错')
    await why.press('Enter')
    await dialog.getByText('已执行 1 个，未执行 1 个').waitFor()
    await atBothWidths(page, 'tasks-outcome-zh')
    await dialog.locator('.ant-modal-footer').getByRole('button').click()
    await row(stopped).waitFor({ state: 'detached' })
    await script.end(call, 'dialing', 'busy', 'retry_wait')
    await row(called).locator('[data-state=retry_wait]').waitFor()

    // What would change nothing is said, and cannot be sent.
    await row(called).getByRole('checkbox').check()
    await page.getByRole('button', { name: /^重\s*开$/ }).click()
    await dialog.getByText('所选任务都不能执行此操作').waitFor()
    await why.fill('不会提交')
    await why.press('Enter')
    expect(await dialog.locator('.ant-modal-footer .ant-btn-primary').isDisabled()).toBe(true)
    await atBothWidths(page, 'tasks-nothing-zh')
    await dialog.locator('.ant-modal-footer').getByRole('button').first().click()
    await dialog.waitFor({ state: 'detached' })

    await page.getByText('已结束', { exact: true }).click()
    await row(stopped).getByRole('link').click()
    await page.locator('[data-action="task.stopped"]').getByText('方案不匹配：方案选错').waitFor()
    await atBothWidths(page, 'task-stopped-zh')
    await page.getByRole('button', { name: /^重\s*开$/ }).click()
    await why.fill('核对后仍需随访')
    await why.press('Enter')
    await page.locator('[data-action="task.reopen"]').getByText('核对后仍需随访').waitFor()
    await page.locator('.call-facts [data-state=due]').waitFor()
    await shell.switchLanguage()
    await page.getByText('May be dialled now').waitFor()
    await atBothWidths(page, 'task-en')
    await page.getByRole('link', { name: 'Back to the tasks' }).click()
    await page.getByText('Open', { exact: true }).click()
    await row(called).getByText('Busy').waitFor()
    await atBothWidths(page, 'tasks-en')
    await row(called).getByRole('link').click()
    await page.locator(`[data-attempt="${call.attemptId}"] a`).click()
    await page.getByRole('link', { name: 'Attempt 1' }).click()
    await page.locator(`[data-attempt="${call.attemptId}"]`).waitFor()
    await atBothWidths(page, 'task-called-en')
    const lifted = { liftedAt: new Date() }
    await db.updateTable('doNotCall').set(lifted).where('id', '=', refusal.id).execute()
    expect(complaints).toEqual([])
  })

  it('takes a discharge list, tells what became of each row, and gives the rejected ones back', async () => {
    const { page, shell, complaints } = await enter(['supervisor'])
    await shell.open('/import')
    const imports = new ImportPage(page)
    await imports.choose(join(lists, 'csv/discharges.csv'))
    const counts = await imports.counts()
    const { read, ...others } = counts
    expect(read).toBeGreaterThan(100)
    expect(Object.values(others).reduce((sum, count) => sum + count, 0)).toBe(read)
    const saved = join(tmpdir(), `suifang-rejected-${process.pid}.csv`)
    await imports.downloadErrors(saved)
    const lines = (await readFile(saved, 'utf8')).trim().split('\r\n')
    expect(lines.length).toBeGreaterThan(counts.rejected)
    await rm(saved)

    await imports.choose({ name: 'photo.csv', mimeType: 'text/csv', buffer: Buffer.from([0xff, 0xd8, 0xff, 0xe0]) })
    await waitFor(async () => (await imports.refusal()).includes('无法识别该文件'))
    await imports.failures().getByText('请另存为 .xlsx、.xls、.csv 或 .txt 后再导入').waitFor()
    expect(complaints).toEqual([])
  })

  it('says that a file is too large before it is sent', async () => {
    const { page, shell } = await enter(['supervisor'])
    await shell.open('/import')
    const imports = new ImportPage(page)
    const year = join(stage.face.recordings, 'year.csv')
    await writeFile(year, Buffer.alloc(50 * 1024 * 1024 + 1))
    await imports.choose(year)
    await waitFor(async () => (await imports.refusal()).includes('50 MB'))
  })

  it('plays a recording on two channels, with the call’s answers beside it', async () => {
    const wav = join(stage.face.recordings, 'call.wav')
    await writeToneWav(wav, 4)
    const call = await script.dial(task(4))
    await script.ring(call)
    await script.answer(call)
    await script.question(call, 0)
    await script.question(call, 1, '1')
    await script.end(call, 'answered', 'partial', 'retry_wait', wav)

    const { page, shell, name, complaints } = await enter(['supervisor'])
    await shell.open('/calls')
    const calls = new CallsPage(page)
    await calls.search('ZY2026000004')
    await waitFor(async () => (await calls.rows().count()) === 1, { timeoutMs: 30_000 })
    expect(page.url()).not.toContain('ZY2026000004')
    await calls.listen()
    await calls.playedFor(1)
    expect(await calls.channels()).toBe(2)
    await calls.answer('nurses').getByText('非常满意').waitFor()
    const played = await stage.database.db
      .selectFrom('auditRow')
      .select('action')
      .where('actorName', '=', name)
      .where('action', 'like', 'recording.%')
      .execute()
    expect(played).toEqual([{ action: 'recording.played' }])
    expect(complaints).toEqual([])
  })

  it('changes the calling rule with a reason and imports a year, and the live page no longer misses it', async () => {
    await seedCalendar(stage.database.db)
    // Whatever a release ships, and whenever this runs: this year has not been announced.
    await sql`delete from calendar_year where year = extract(year from app_now())`.execute(stage.database.db)
    const { page, live, complaints } = await enter(['supervisor'])
    await live.ready()
    const missing = page.locator('[data-missing]')
    const picture = async (name: string) => {
      for (const width of pictures === undefined ? [] : [1366, 1920]) {
        await page.setViewportSize({ width, height: width === 1366 ? 768 : 1080 })
        await page.screenshot({ path: join(pictures ?? '', `${name}-${width}.png`) })
      }
    }
    await missing.waitFor()
    await picture('live-missing-zh')
    await missing.getByRole('link').click()
    await page.getByRole('heading', { name: '当前状态' }).waitFor()
    await picture('calling-zh')
    expect(await page.getByRole('button', { name: '保存…' }).isDisabled()).toBe(true)
    await page.getByLabel('第 1 个时段结束').fill('12:60')
    await page.getByText('请填写 HH:MM').waitFor()
    await page.getByLabel('第 1 个时段结束').fill('12:00')
    await page.getByRole('checkbox', { name: /国际/ }).check()
    // By keyboard, as the rest of the form can be.
    await page.getByLabel('第 1 个时段结束').press('Enter')
    const dialog = page.getByRole('dialog')
    await dialog.locator('[data-part=periods]').getByText('08:30–12:00').waitFor()
    await dialog.locator('[data-part=alsoDialled]').waitFor()
    await picture('calling-change-zh')
    await dialog.getByLabel('原因').fill('境外家属较多')
    await dialog.getByLabel('原因').press('Enter')
    await page.getByText('原因：境外家属较多').waitFor()

    const years = (await missing.getAttribute('data-missing'))?.split(' ') ?? []
    for (const year of years) {
      const days = [{ name: '元旦', date: `${year}-01-01`, isOffDay: true }]
      const text = JSON.stringify({ year: Number(year), papers: ['notice'], days })
      const buffer = Buffer.from(text)
      await page
        .locator('input[type=file]')
        .setInputFiles({ name: `${year}.json`, mimeType: 'application/json', buffer })
      await dialog.getByLabel('原因').fill('国办通知')
      await dialog.getByRole('button', { name: /导\s*入/ }).click()
      await page.locator(`[data-year="${year}"][data-known=true]`).waitFor()
    }
    await page.getByText('文件中缺少以下法定节日').waitFor()
    await picture('calling-imported-zh')
    await missing.waitFor({ state: 'detached' })
    await new Shell(page).open('/')
    await live.ready()
    expect(await missing.count()).toBe(0)
    expect(complaints).toEqual([])
  })

  it('shows what a month adds up to, opens a figure into its people, and gives it as a file with a reason', async () => {
    const { db } = stage.database
    await sql`
      insert into response (id, task_id, questionnaire_version_id, patient_id, respondent, state)
      select new_id(), t.id, ${hospital.questionnaireVersionId}, t.patient_id, 'patient', 'partial' from task t
      on conflict (task_id) do nothing
    `.execute(db)
    await sql`
      insert into answer (response_id, question_id, value, at)
      select r.id, q, to_jsonb(case when row_number() over () % 5 = 0 then 'neutral' else 'satisfied' end), app_now()
      from response r, unnest(${hospital.questionIds}::text[]) q on conflict (response_id, question_id) do nothing
    `.execute(db)
    const { page, shell, complaints } = await enter(['supervisor'])
    const picture = async (name: string) => {
      for (const width of pictures === undefined ? [] : [1366, 1920]) {
        await page.setViewportSize({ width, height: width === 1366 ? 768 : 1080 })
        await page.screenshot({ path: join(pictures ?? '', `${name}-${width}.png`), animations: 'disabled' })
      }
    }
    await shell.open('/reports')
    await page.goto(`${stage.face.url}/reports?month=2020-01`)
    await page.getByText('这段时间没有出院患者').waitFor()
    await page.getByText('这段时间没有答卷').waitFor()
    await page.goto(`${stage.face.url}/reports?month=2026-11`)
    await page.locator('[data-rate=followUp]').getByText('÷ 12').waitFor()
    await page.locator('[data-question] .report-satisfied').first().waitFor()
    await picture('reports-zh')
    await page.locator('#report-trend').scrollIntoViewIfNeeded()
    await picture('reports-below-zh')
    // By keyboard: the figure of all departments.
    await page.getByRole('button', { name: '查看应随访的 12 人', exact: true }).press('Enter')
    const people = page.locator('.ant-drawer')
    await people.getByText('应随访（12 人）').waitFor()
    await waitFor(async () => (await people.locator('.ant-table-row').count()) === 12, { what: 'the twelve' })
    await picture('reports-rows-zh')
    await page.keyboard.press('Escape')
    await people.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: '导出…' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('答卷明细').click()
    await dialog.getByLabel('导出原因').press('Enter')
    await dialog.getByText('请写明用途').waitFor()
    await picture('reports-export-zh')
    await dialog.getByLabel('导出原因').fill('等级评审')
    const download = page.waitForEvent('download')
    await dialog.getByLabel('导出原因').press('Enter')
    expect((await download).suggestedFilename()).toBe('answers-2026-11-01-2026-11-30.xlsx')
    await page.getByText('已导出 12 行').waitFor()
    await page.emulateMedia({ media: 'print' })
    expect(await page.locator('.ant-layout-sider').isVisible()).toBe(false)
    expect(await page.locator('.report-head').isVisible()).toBe(true)
    if (pictures !== undefined) await page.pdf({ path: join(pictures, 'reports.pdf'), preferCSSPageSize: true })
    await picture('reports-print-zh')
    await page.emulateMedia({ media: 'screen' })
    await shell.switchLanguage()
    await page.getByRole('heading', { name: 'Questions' }).waitFor()
    await picture('reports-en')
    expect(complaints).toEqual([])
  })

  it('tells of a disk that fills up, removes no recording before somebody approves, and a hold keeps one', async () => {
    const { db } = stage.database
    const room = { node: 'node-a', place: 'data', state: 'low', freeBytes: 8e9, totalBytes: 100e9 } as const
    await db.transaction().execute((tx) => saveRoom(tx, room))
    const path = join(stage.face.recordings, 'old.wav')
    await writeToneWav(path, 2)
    const call = await script.dial(task(5))
    await script.ring(call)
    await script.answer(call)
    await script.end(call, 'answered', 'completed', 'completed', path)
    await sql`
      update recording set bytes = 64044, expected_at = app_now() - interval '800 days' where attempt_id = ${call.attemptId}
    `.execute(db)

    const { page, shell, live, complaints } = await enter(['system_admin'])
    const show = async (of: typeof page, name: string) => {
      for (const width of pictures === undefined ? [] : [1366, 1920]) {
        await of.setViewportSize({ width, height: width === 1366 ? 768 : 1080 })
        await of.screenshot({ path: join(pictures ?? '', `${name}-${width}.png`), animations: 'disabled' })
      }
    }
    await live.ready()
    await page.locator('[data-disk=low]').getByRole('link', { name: '查看存储' }).waitFor()
    await show(page, 'live-disk-zh')
    await shell.open('/storage')
    await page.locator('[data-preview="1"]').waitFor()
    await page.locator('[data-disk=data][data-state=low]').waitFor()
    await show(page, 'storage-zh')
    await page.getByRole('button', { name: '批准当前期限' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('原因').press('Enter')
    await dialog.getByText('请写明原因').waitFor()
    await show(page, 'storage-approve-zh')
    await dialog.getByLabel('原因').fill('信息科例会')
    await dialog.getByLabel('原因').press('Enter')
    await page.locator('[data-approved=true]').getByText('信息科例会').waitFor()
    // By keyboard; another rule is to be approved again.
    await page.getByLabel('录音保存').fill('29')
    await page.getByText('请填写不小于 30 的整数').waitFor()
    await page.getByLabel('录音保存').fill('700')
    await page.getByLabel('录音保存').press('Enter')
    await dialog.getByLabel('原因').fill('法务意见')
    await dialog.getByLabel('原因').press('Enter')
    await page.locator('[data-approved=false]').waitFor()
    await shell.switchLanguage()
    await page.getByText('Not approved: no recording is removed').waitFor()
    await show(page, 'storage-en')

    const reviewer = await stage.enter(['qa'], { own: true, path: `/calls/${call.attemptId}` })
    await reviewer.page.getByRole('button', { name: '保留录音' }).click()
    const why = reviewer.page.getByRole('dialog')
    await why.getByLabel('原因').fill('投诉 2026-17')
    await why.getByLabel('原因').press('Enter')
    const held = reviewer.page.locator('[data-held=true]')
    await held.getByText('投诉 2026-17').waitFor()
    await show(reviewer.page, 'call-held-zh')
    await held.getByRole('button', { name: '解除保留' }).click()
    await why.getByLabel('原因').fill('已结案')
    await why.getByLabel('原因').press('Enter')
    await held.waitFor({ state: 'detached' })
    await db.deleteFrom('diskRoom').execute()
    expect([...complaints, ...reviewer.complaints]).toEqual([])
  })

  it('says what keeps recordings from expiring, and lists files of no call until somebody decides', async () => {
    const { db } = stage.database
    await sql`update retention_guard set clock_seen_at = clock_timestamp() - interval '30 days'`.execute(db)
    const name = '2026-10-01/0198c0de-0000-7000-8000-000000000001.wav'
    await sql`
      insert into stray_recording (id, name, cause, bytes, modified_at)
      values (new_id(), ${name}, 'no_such_call', 1920044, '2026-10-01T02:00:00Z')
    `.execute(db)
    const { page, shell } = await enter(['system_admin'])
    await shell.open('/storage')
    const guard = page.locator('[data-guard=clock_ahead]')
    await guard.waitFor()
    await page.locator(`[data-stray="${name}"]`).getByText('没有这通电话').waitFor()
    await atBothWidths(page, 'storage-guard-zh')
    const dialog = page.getByRole('dialog')
    await page.locator(`[data-stray="${name}"]`).getByRole('button').click()
    await dialog.getByLabel('原因').fill('患者 13800138000 的测试')
    await dialog.getByLabel('原因').press('Enter')
    await dialog.getByText('原因中含有疑似电话号码或身份证号').waitFor()
    await atBothWidths(page, 'storage-stray-zh')
    await dialog.getByLabel('原因').fill('测试残留')
    await dialog.getByLabel('原因').press('Enter')
    await page.locator(`[data-stray="${name}"]`).waitFor({ state: 'detached' })
    await shell.switchLanguage()
    await guard.getByText('no recording expires').waitFor()
    await atBothWidths(page, 'storage-guard-en')
    await guard.getByRole('button').click()
    await dialog.getByLabel('Reason').fill('Off over the holidays')
    await dialog.getByLabel('Reason').press('Enter')
    await guard.waitFor({ state: 'detached' })
  })

  it('takes a number on the do-not-call list and off it again, and opens numbers that a trunk has closed', async () => {
    const { db } = stage.database
    const numberIds = [task(10), task(11)].map(({ phoneNumberId }) => phoneNumberId)
    const closed = { flag: 'invalid', flaggedAt: new Date() } as const
    await db.updateTable('phoneNumber').set(closed).where('id', 'in', numberIds).execute()
    const { page, shell, complaints } = await enter(['supervisor'])
    const show = (name: string) => atBothWidths(page, name)
    await shell.open('/do-not-call')
    await page.getByText('禁呼名单为空').waitFor()
    await show('not-called-none-zh')
    await page.getByRole('button', { name: '加入号码' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('完整电话号码').fill('13900001111')
    await dialog.getByLabel('原因').press('Enter')
    await dialog.getByText('请填写原因').waitFor()
    await show('not-called-add-zh')
    await dialog.getByLabel('原因').fill('家属来电要求')
    await dialog.getByLabel('原因').press('Enter')
    const entry = page.locator('[data-entry]')
    await entry.getByText('13900001111').waitFor()
    await page.getByPlaceholder('输入完整电话号码查找').fill('1111')
    await page.getByPlaceholder('输入完整电话号码查找').press('Enter')
    await page.getByRole('alert').getByText('不是有效的电话号码').waitFor()
    await page.getByPlaceholder('输入完整电话号码查找').fill('13900001111')
    await page.getByPlaceholder('输入完整电话号码查找').press('Enter')
    await entry.getByText('人工加入').waitFor()
    await show('not-called-zh')
    await entry.getByRole('button', { name: /移出/ }).click()
    await dialog.getByLabel('原因').fill('加错号码')
    await dialog.getByLabel('原因').press('Enter')
    await page.getByText('该号码不在禁呼名单中').waitFor()

    await page.getByRole('tab', { name: '停拨号码' }).click()
    const numbers = page.locator('[data-flagged]')
    await waitFor(async () => (await numbers.count()) === 2, { what: 'both numbers' })
    await show('flagged-zh')
    const all = page.getByRole('button', { name: /全部恢复/ })
    expect(await all.isDisabled()).toBe(true)
    await page.getByLabel('此时间之后被标记').fill('2026-01-01 00:00')
    await page.getByLabel('此时间之后被标记').press('Enter')
    await waitFor(() => all.isEnabled(), { what: 'the moment to be taken' })
    await all.click()
    await dialog.getByText('恢复这 2 个号码？').waitFor()
    await show('flagged-ask-zh')
    await dialog.getByLabel('原因').fill('线路号码格式有误')
    await dialog.getByLabel('原因').press('Enter')
    await page.getByText('已恢复 2 个号码').waitFor()
    await page.getByText('没有被停拨的号码').waitFor()
    await shell.switchLanguage()
    await page.getByText('No number is closed').waitFor()
    await show('flagged-none-en')
    await page.getByRole('tab', { name: 'Do-not-call list' }).click()
    await page.getByText('Nobody is on the do-not-call list').waitFor()
    expect(complaints).toEqual([])
  })

  it('finds a patient, enters a death and takes it back, and puts a number and a consent right, by keyboard', async () => {
    const { page, shell, complaints } = await enter(['supervisor'])
    const show = (name: string) => atBothWidths(page, name)
    const { name, phone } = await personOf(task(9))
    await shell.open('/patients')
    const rows = page.locator('[data-patient]')
    await waitFor(async () => (await rows.count()) >= 12, { what: 'the patients, those of imported lists among them' })
    await show('patients-zh')
    const search = page.getByPlaceholder('姓名（可只输入开头）')
    await search.fill('查无此人')
    await search.press('Enter')
    await page.getByText('没有找到患者').waitFor()
    await search.fill(phone)
    await search.press('Enter')
    await rows.getByRole('link', { name }).press('Enter')
    await page.getByRole('button', { name: '登记死亡' }).press('Enter')
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('原因').press('Enter')
    await dialog.getByText('请填写原因').waitFor()
    await show('patient-death-zh')
    await dialog.getByLabel('原因').fill('家属来电')
    await dialog.getByLabel('原因').press('Enter')
    await page.getByText('已登记死亡，不再拨打任何号码').waitFor()
    await page.locator('[data-task]').getByText('已终止 · 患者已死亡').waitFor()
    await show('patient-deceased-zh')
    await page.getByRole('button', { name: '撤销死亡' }).press('Enter')
    await dialog.getByLabel('原因').fill('同名误登')
    await dialog.getByLabel('原因').press('Enter')
    await page.getByText('1 个任务恢复排队').waitFor()
    await page.locator('[data-news]').getByText('同名误登').waitFor()

    await page.getByRole('button', { name: '添加号码' }).press('Enter')
    await dialog.getByLabel('号码').fill('0752-2288288')
    await dialog.getByLabel('原因').fill('家属提供')
    await dialog.getByLabel('原因').press('Enter')
    await page.locator('[data-number]').getByText('07522288288').waitFor()
    await page.getByRole('button', { name: '记录同意/拒绝' }).press('Enter')
    await dialog.getByLabel('告知的内容').fill('同意接受满意度随访')
    await dialog.getByLabel('由谁作出').fill('本人')
    await show('patient-consent-zh')
    await dialog.getByLabel('原因').fill('来电确认')
    await dialog.getByLabel('原因').press('Enter')
    await page.locator('[data-consent]').getByText('同意接受满意度随访').waitFor()
    await show('patient-zh')
    await shell.switchLanguage()
    await page.getByRole('button', { name: 'Enter death' }).waitFor()
    await show('patient-en')
    expect(complaints).toEqual([])
  })

  it('speaks both languages, and remembers which', async () => {
    const { page, shell } = await enter(['supervisor'])
    await page.getByRole('heading', { name: '实时外呼' }).waitFor()
    await shell.switchLanguage()
    await page.getByRole('heading', { name: 'Live calling' }).waitFor()
    await page.reload()
    await page.getByRole('heading', { name: 'Live calling' }).waitFor()
    expect(await page.locator('html').getAttribute('lang')).toBe('en')
  })

  it('shows each role its pages only, also by address', async () => {
    const { page, shell, complaints } = await enter(['security_admin'])
    // Begins where the own work is.
    await page.waitForURL('**/accounts')
    for (const path of ['/calls', '/calls/01900000-0000-7000-8000-000000000000', '/audit']) {
      await page.goto(`${stage.face.url}${path}`)
      await page.getByText('您的账号没有查看此页面的权限').waitFor()
    }
    expect(await shell.menu()).toEqual(['/accounts'])
    expect(complaints).toEqual([])
    await shell.signOut()
    await page.locator('input[autocomplete=username]:visible').waitFor()
    const system = await enter(['system_admin'])
    expect(await system.shell.menu()).toEqual(['/', '/programmes', '/import', '/trunks', '/accounts', '/storage'])
  })

  it('goes to sign-in when the session ends elsewhere, and back to the page after it', async () => {
    const { page, shell, name } = await enter(['supervisor'])
    await shell.open('/calls')
    await page.locator('.filters').waitFor()
    const session = await stage.database.db
      .selectFrom('session')
      .innerJoin('userAccount', 'userAccount.id', 'session.userAccountId')
      .select('session.id')
      .where('signInName', '=', name)
      .executeTakeFirstOrThrow()
    await stage.face.auth.signOut({ accountId: null, name: null, sessionId: session.id, ip: null, requestId: null })
    await page.waitForURL('**/sign-in**')
    await new SignInPage(page).signIn(name, testPassword)
    await page.waitForURL('**/calls')
  })

  it('can be worked by keyboard alone', async () => {
    const { page, live } = await enter(['supervisor'])
    await live.ready()
    await page.keyboard.press('Tab')
    expect(await page.locator(':focus').textContent()).toBe('跳到主要内容')
    await page.keyboard.press('Enter')
    expect(await page.locator(':focus').getAttribute('id')).toBe('content')
    // The first thing in the content that takes a key is the campaign's pause button.
    await page.keyboard.press('Tab')
    expect(await page.locator(':focus').textContent()).toMatch(/暂\s?停/)
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    await live.stateIs('running')
  })
})
