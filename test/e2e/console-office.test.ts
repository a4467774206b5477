import { join } from 'node:path'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { seedCalendar } from '../../src/follow-up/calling/calendar-service.ts'
import { saveRoom } from '../../src/platform/disk/disk-store.ts'
import { hasChromium } from '../harness/chromium.ts'
import { waitFor } from '../harness/wait-for.ts'
import { atBothWidths, pictures, useConsole } from './fixture/console.ts'
import { writeToneWav } from './fixture/face.ts'
import { Shell } from './pages/shell.ts'

describe.skipIf(!hasChromium)('the console’s calling rule, reports and storage in Chromium', () => {
  const office = useConsole()
  const { enter, stage, task } = office

  it('changes the calling rule with a reason and imports a year, and the live page no longer misses it', async () => {
    await seedCalendar(stage.database.db)
    // Whatever a release ships, and whenever this runs: this year has not been announced.
    await sql`delete from calendar_year where year = extract(year from app_now())`.execute(stage.database.db)
    const { page, live, complaints } = await enter(['supervisor'])
    await live.ready()
    const missing = page.locator('[data-missing]')
    const picture = (name: string) => atBothWidths(page, name)
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
      select new_id(), t.id, ${office.hospital.questionnaireVersionId}, t.patient_id, 'patient', 'partial' from task t
      on conflict (task_id) do nothing
    `.execute(db)
    await sql`
      insert into answer (response_id, question_id, value, at)
      select r.id, q, to_jsonb(case when row_number() over () % 5 = 0 then 'neutral' else 'satisfied' end), app_now()
      from response r, unnest(${office.hospital.questionIds}::text[]) q on conflict (response_id, question_id) do nothing
    `.execute(db)
    const { page, shell, complaints } = await enter(['supervisor'])
    const picture = (name: string) => atBothWidths(page, name)
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

  it('says what to do where nobody knows whether the database is the one that was there', async () => {
    const { db } = stage.database
    await sql`update database_mark set doubt = 'unreadable', doubted_at = clock_timestamp()`.execute(db)
    const { page, shell } = await enter(['system_admin'])
    await shell.open('/storage')
    const alert = page.locator('[data-guard=unreadable]')
    await alert.getByText('database-mark').waitFor()
    await alert.getByText('直接确认即可').waitFor()
    await atBothWidths(page, 'storage-mark-unreadable-zh')
    await shell.switchLanguage()
    await alert.getByText('the file is written anew').waitFor()
    await atBothWidths(page, 'storage-mark-unreadable-en')
    await sql`update database_mark set doubt = null, doubted_at = null`.execute(db)
  })

  it('says that nobody is called by a restored database until somebody confirms it', async () => {
    const { db } = stage.database
    await sql`update database_mark set doubt = 'earlier', doubted_at = clock_timestamp()`.execute(db)
    const { page, shell } = await enter(['system_admin'])
    await shell.open('/storage')
    const alert = page.locator('[data-guard=earlier]')
    await alert.getByText('停止新的呼叫').waitFor()
    await atBothWidths(page, 'storage-restored-zh')
    await shell.switchLanguage()
    await alert.getByText('no call begins').waitFor()
    await atBothWidths(page, 'storage-restored-en')
    await alert.getByRole('button').click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('begin to dial at once').waitFor()
    await atBothWidths(page, 'storage-restored-confirm-en')
    await dialog.getByLabel('Reason').fill('Lists imported again')
    await dialog.getByLabel('Reason').press('Enter')
    await alert.waitFor({ state: 'detached' })
    const { rows } = await sql`select doubt from database_mark`.execute(db)
    expect(rows).toEqual([{ doubt: null }])
  })

  it('tells of a disk that fills up, removes no recording before somebody approves, and a hold keeps one', async () => {
    const { db } = stage.database
    const room = { node: 'node-a', place: 'data', state: 'low', freeBytes: 8e9, totalBytes: 100e9 } as const
    await db.transaction().execute((tx) => saveRoom(tx, room))
    const path = join(stage.face.recordings, 'old.wav')
    await writeToneWav(path, 2)
    const call = await office.script.dial(task(5))
    await office.script.ring(call)
    await office.script.answer(call)
    await office.script.end(call, 'answered', 'completed', 'completed', path)
    await sql`
      update recording set bytes = 64044, expected_at = app_now() - interval '800 days' where attempt_id = ${call.attemptId}
    `.execute(db)

    const { page, shell, live, complaints } = await enter(['system_admin'])
    await live.ready()
    await page.locator('[data-disk=low]').getByRole('link', { name: '查看存储' }).waitFor()
    await atBothWidths(page, 'live-disk-zh')
    await shell.open('/storage')
    await page.locator('[data-preview="1"]').waitFor()
    await page.locator('[data-disk=data][data-state=low]').waitFor()
    await atBothWidths(page, 'storage-zh')
    await page.getByRole('button', { name: '批准当前期限' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('原因').press('Enter')
    await dialog.getByText('请写明原因').waitFor()
    await atBothWidths(page, 'storage-approve-zh')
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
    await atBothWidths(page, 'storage-en')

    const reviewer = await stage.enter(['qa'], { own: true, path: `/calls/${call.attemptId}` })
    await reviewer.page.getByRole('button', { name: '保留录音' }).click()
    const why = reviewer.page.getByRole('dialog')
    await why.getByLabel('原因').fill('投诉 2026-17')
    await why.getByLabel('原因').press('Enter')
    const held = reviewer.page.locator('[data-held=true]')
    await held.getByText('投诉 2026-17').waitFor()
    await atBothWidths(reviewer.page, 'call-held-zh')
    await held.getByRole('button', { name: '解除保留' }).click()
    await why.getByLabel('原因').fill('已结案')
    await why.getByLabel('原因').press('Enter')
    await held.waitFor({ state: 'detached' })
    await db.deleteFrom('diskRoom').execute()
    expect([...complaints, ...reviewer.complaints]).toEqual([])
  })
})
