import { join } from 'node:path'
import { sql } from 'kysely'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { hasChromium } from '../harness/chromium.ts'
import { useStage } from './fixture/stage.ts'
import { LivePage } from './pages/live-page.ts'
import { Shell } from './pages/shell.ts'

const pictures = process.env.SEAT_PICTURES

/** For who looks at the pages. */
async function picture(page: Page, name: string): Promise<void> {
  for (const width of pictures === undefined ? [] : [1366, 1920]) {
    await page.setViewportSize({ width, height: width === 1366 ? 768 : 1080 })
    await page.screenshot({ path: join(pictures ?? '', `${name}-${width}.png`), animations: 'disabled' })
  }
}

describe.skipIf(!hasChromium)('an empty hospital in Chromium', () => {
  const stage = useStage()

  it('gets its numbers, its trunk and its campaign’s settings from its people, and is told what still lacks', async () => {
    const admin = await stage.enter(['system_admin'])
    const { page } = admin
    const steps = (of: Page, done: boolean) =>
      of.locator(`[data-step][data-done=${done}]`).evaluateAll((all) => all.map((one) => one.getAttribute('data-step')))
    await page.locator('[data-step=trunk][data-done=false]').getByRole('link').click()
    await page.getByText('还没有号码').waitFor()
    await picture(page, 'trunks-empty-zh')
    expect(await page.getByRole('button', { name: '新增线路…' }).isDisabled()).toBe(true)
    await page.getByLabel('要加入的号码').fill('0752228')
    await page.getByLabel('要加入的号码').press('Enter')
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('原因').fill('合同')
    await dialog.getByLabel('原因').press('Enter')
    await page.getByRole('button', { name: '移除 0752228' }).waitFor()
    await page.getByRole('button', { name: '新增线路…' }).click()
    await dialog.getByLabel('名称').fill('电信')
    await dialog.getByLabel('运营商地址').fill('sip:10.0.0.9')
    await dialog.getByText('写入新的').click()
    await dialog.getByLabel('用户名', { exact: true }).fill('hospital')
    await dialog.getByLabel('密码', { exact: true }).fill('Trunk-Secret-77')
    await dialog.getByLabel('原因').fill('首条线路')
    await picture(page, 'trunk-add-zh')
    await dialog.getByLabel('原因').press('Enter')
    await dialog.getByText('不能作为运营商地址').waitFor()
    await dialog.getByLabel('运营商地址').fill('10.0.0.9')
    await dialog.getByLabel('原因').press('Enter')
    const trunk = page.locator('[data-trunk=电信]')
    await trunk.locator('[data-state=unknown]').waitFor()
    expect(await page.content()).not.toContain('Trunk-Secret-77')
    await trunk.getByRole('button', { name: '测试…' }).click()
    await dialog.getByRole('button', { name: '询问是否在线（OPTIONS）' }).click()
    await dialog.locator('[data-reply=unasked]').waitFor()
    await dialog.getByLabel('电话号码').fill('13911110001')
    await dialog.getByLabel('电话号码').press('Enter')
    await dialog.getByText('电话服务器未连接').waitFor()
    await picture(page, 'trunk-test-zh')
    await page.keyboard.press('Escape')
    await picture(page, 'trunks-zh')
    expect(admin.complaints.filter((one) => !one.includes('503') && !one.includes('400'))).toEqual([])

    await sql`update trunk set answers = false, answers_since = app_now(), answered_at = app_now()`.execute(
      stage.database.db,
    )
    const { page: other, complaints } = await stage.enter(['supervisor'])
    const live = new LivePage(other)
    await live.ready()
    await other.locator('[data-silent=电信]').waitFor()
    expect(await steps(other, true)).toContain('trunk')
    await other.locator('[data-step=rule]').getByRole('button').click()
    await other.locator('[data-step=rule][data-done=true]').waitFor()
    await picture(other, 'live-first-steps-zh')
    await live.campaign().getByRole('link', { name: '设置' }).click()
    await other.getByRole('heading', { name: '线路与方式' }).waitFor()
    expect(await other.getByRole('button', { name: '保存…' }).isDisabled()).toBe(true)
    await other.getByLabel('振铃时长').fill('45')
    await other.getByRole('checkbox', { name: /使用自定时段/ }).check()
    await other.getByLabel('第 1 个时段结束').fill('12:00')
    await other.getByText('为本活动单独设置').click()
    await other.getByLabel('拒接 间隔').fill('60')
    await picture(other, 'campaign-settings-zh')
    await other.getByLabel('第 1 个时段结束').press('Enter')
    await dialogOf(other).getByLabel('原因').fill('试点')
    await dialogOf(other).getByLabel('原因').press('Enter')
    await dialogOf(other).getByText('自定时段超出了全院外呼时段').waitFor()
    await other.keyboard.press('Escape')
    await other.getByLabel('第 1 个时段结束').fill('11:00')
    await other.getByLabel('第 1 个时段结束').press('Enter')
    await dialogOf(other).getByLabel('原因').fill('试点')
    await dialogOf(other).getByLabel('原因').press('Enter')
    await other.getByText('原因：试点').waitFor()
    const { rows } = await sql`
      select ring_timeout_ms, calling -> 'periods' -> 0 ->> 'closes' as closes,
        jsonb_path_query_first(retry, '$.rules[*] ? (@.result == "rejected")') ->> 'delayMinutes' as rejected,
        jsonb_path_query_first(retry, '$.rules[*] ? (@.result == "busy")') -> 'maxTimes' as busy
      from campaign
    `.execute(stage.database.db)
    expect(rows).toEqual([{ ringTimeoutMs: 45_000, closes: '11:00', rejected: '60', busy: null }])
    expect(complaints.filter((one) => !one.includes('409'))).toEqual([])
    if (pictures === undefined) return
    await new Shell(page).open('/trunks')
    await page.getByRole('button', { name: 'English' }).click()
    await picture(page, 'trunks-en')
    await other.getByRole('button', { name: 'English' }).click()
    await picture(other, 'campaign-settings-en')
    await new Shell(other).open('/')
    await live.ready()
    await picture(other, 'live-first-steps-en')
  })

  const dialogOf = (page: Page) => page.getByRole('dialog')
})
