import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { ensureStandardHospital } from '../../src/follow-up/intake/standard-hospital.ts'
import { hasChromium } from '../harness/chromium.ts'
import { promptForm, recorderWav } from '../harness/recorder-wav.ts'
import { sine } from '../harness/tones.ts'
import { signedIn } from './fixture/face.ts'
import { useStage } from './fixture/stage.ts'

const pictures = process.env.SEAT_PICTURES

/** For who looks at the pages. */
async function picture(page: Page, name: string): Promise<void> {
  for (const width of pictures === undefined ? [] : [1366, 1920]) {
    await page.setViewportSize({ width, height: width === 1366 ? 768 : 1080 })
    await page.screenshot({ path: join(pictures ?? '', `${name}-${width}.png`), animations: 'disabled' })
  }
}

/** A second and a half of a tone, as somebody's recorder writes it. */
const take = {
  name: 'take.wav',
  mimeType: 'audio/wav',
  buffer: recorderWav(sine(440, 12_000), { rate: 8_000, channels: 1 }),
}

describe.skipIf(!hasChromium)('voices in Chromium', () => {
  const stage = useStage()
  beforeAll(async () => void (await ensureStandardHospital(stage.database.db)))

  const row = (page: Page, prompt: string) => page.locator(`tr[data-row-key="${prompt}"]`)

  const open = async (page: Page, prompt: string) => {
    await row(page, prompt).getByRole('button', { name: '更换…' }).click()
    return page.getByRole('dialog').filter({ hasText: '换一种声音' })
  }

  const decide = async (page: Page, ok: string) => {
    const dialog = page.getByRole('dialog').filter({ hasText: '原因' }).last()
    await dialog.getByLabel('原因', { exact: true }).fill('本院名称')
    await dialog.getByRole('button', { name: ok, exact: true }).click()
  }

  it('an opening of the hospital’s own is recorded, heard, taken; and the shipped one is put back', async () => {
    const { page, complaints, name } = await stage.enter(['supervisor'], { path: '/voices' })
    await row(page, 'opening').locator('[data-sound=shipped]').waitFor()
    await picture(page, 'voices-zh')
    const drawer = await open(page, 'opening')
    await drawer.getByLabel('语音文字').fill('您好，这里是市一医院随访中心。')
    await drawer.locator('input[type=file]').setInputFiles(take)
    const made = drawer.locator('[data-made=opening]')
    await made.locator('[data-sound=recorded]').waitFor()
    expect(await made.getByRole('button', { name: '启用…' }).isDisabled()).toBe(true)
    await picture(page, 'voice-made-zh')
    await made.getByRole('button', { name: '播放' }).click()
    await made.locator('button:enabled').filter({ hasText: '启用…' }).click()
    await decide(page, '启用')
    const history = drawer.locator('[data-version="1"]')
    await history.getByText('原因：本院名称').waitFor()
    await picture(page, 'voice-taken-zh')
    await row(page, 'opening').locator('[data-sound=recorded]').waitFor()
    await row(page, 'opening').getByText(name).waitFor()
    await drawer.locator('[data-version=shipped]').getByRole('button', { name: '恢复…' }).click()
    await decide(page, '恢复')
    await drawer.locator('[data-version="2"]').getByText('恢复系统自带').waitFor()
    await row(page, 'opening').locator('[data-sound=shipped]').waitFor()
    expect(complaints).toEqual([])
  })

  it('other words than were recorded cannot be taken, and a notice that does not say so is refused', async () => {
    const { page } = await stage.enter(['supervisor'], { path: '/voices' })
    const drawer = await open(page, 'recording-notice')
    const words = drawer.getByLabel('语音文字')
    await words.fill('谢谢您的配合。')
    await drawer.locator('input[type=file]').setInputFiles(take)
    const made = drawer.locator('[data-made]')
    await made.waitFor()
    await words.fill('谢谢您的配合，再见。')
    await made.waitFor({ state: 'detached' })
    await words.fill('谢谢您的配合。')
    await drawer.locator('input[type=file]').setInputFiles(take)
    await made.getByRole('button', { name: '播放' }).click()
    await made.locator('button:enabled').filter({ hasText: '启用…' }).click()
    await decide(page, '启用')
    await page.getByText('录音告知必须说明本次通话将被录音').waitFor()
  })

  it('that a colleague has changed meanwhile is not replaced unseen, and what was made for it stays', async () => {
    const { page } = await stage.enter(['supervisor'], { path: '/voices' })
    const drawer = await open(page, 'no-input')
    const words = drawer.getByLabel('语音文字')
    await words.fill('没有听到您的选择，请再选一次。')
    await drawer.locator('input[type=file]').setInputFiles(take)
    const made = drawer.locator('[data-made=no-input]')
    await made.getByRole('button', { name: '播放' }).click()
    await made.locator('button:enabled').filter({ hasText: '启用…' }).click()
    const dialog = page.getByRole('dialog').filter({ hasText: '原因' }).last()
    await dialog.getByLabel('原因', { exact: true }).fill('语气更缓和')

    const colleague = await signedIn(stage.face, stage.database.db, ['supervisor'])
    const other = promptForm('没有听到您的按键。', recorderWav(sine(660, 12_000), { rate: 8_000, channels: 1 }))
    const own = (await colleague.ask('POST', '/voice-prompts', other)).json().prompt.id
    const wish = { own, seen: 0, reason: '科室意见' }
    expect((await colleague.ask('PUT', '/voices/no-input', wish)).statusCode).toBe(200)
    await row(page, 'no-input').locator('[data-sound=recorded]').waitFor()
    await dialog.getByRole('button', { name: '启用', exact: true }).click()
    await dialog.getByText('这条语音刚被同事更换').waitFor()
    await dialog.getByRole('button', { name: '取消' }).click()

    expect(await words.inputValue()).toBe('没有听到您的选择，请再选一次。')
    await drawer.locator('[data-version="1"]').getByText('原因：科室意见').waitFor()
    await made.locator('button:enabled').filter({ hasText: '启用…' }).click()
    expect(await dialog.getByLabel('原因', { exact: true }).inputValue()).toBe('语气更缓和')
    await dialog.getByRole('button', { name: '启用', exact: true }).click()
    await drawer.locator('[data-version="2"]').getByText('原因：语气更缓和').waitFor()
  })

  it('of a question that lost its sound says the same words again, and none other', async () => {
    const { page } = await stage.enter(['supervisor'], { path: '/voices' })
    const author = await signedIn(stage.face, stage.database.db, ['supervisor'])
    const first = promptForm('您的伤口还疼吗？', recorderWav(sine(660, 12_000), { rate: 8_000, channels: 1 }))
    const own: string = (await author.ask('POST', '/voice-prompts', first)).json().prompt.id
    await sql`
      insert into questionnaire_version (id, questionnaire_id, version, definition)
      select new_id(), id, 99, ${JSON.stringify({ questions: [{ prompts: [own] }] })}::jsonb from questionnaire limit 1
    `.execute(stage.database.db)
    await rm(join(stage.face.recordings, 'prompts/zh-CN', `${own}.wav`))
    await page.reload()
    await page.getByRole('alert').getByText('1 条问卷题目的语音文件丢失').waitFor()
    await row(page, own).getByText('问卷题目').waitFor()
    await picture(page, 'voice-question-lost-zh')
    const drawer = await open(page, own)
    expect(await drawer.getByLabel('语音文字').isDisabled()).toBe(true)
    await drawer.locator('input[type=file]').setInputFiles(take)
    await drawer.locator('[data-made]').getByRole('button', { name: '播放' }).click()
    await picture(page, 'voice-question-made-zh')
    await drawer.locator('[data-made] button:enabled').filter({ hasText: '启用…' }).click()
    await decide(page, '启用')
    await page.locator('[data-version="1"]').getByText('原因：本院名称').waitFor()
    await row(page, own).locator('[data-fault]').waitFor({ state: 'detached' })
    // What is there again stays.
    expect(await page.getByLabel('语音文字').count()).toBe(0)
    await picture(page, 'voice-question-taken-zh')
  })

  it('is told to a page that is open; QA changes nothing, and sees that its file was lost', async () => {
    const { page } = await stage.enter(['qa'], { path: '/voices', language: 'en' })
    await row(page, 'goodbye-thanks').locator('[data-sound=shipped]').waitFor()
    await picture(page, 'voices-en')
    const { page: supervisor } = await stage.enter(['supervisor'], { path: '/voices' })
    const drawer = await open(supervisor, 'goodbye-thanks')
    await drawer.getByLabel('语音文字').fill('感谢您，再见。')
    await drawer.locator('input[type=file]').setInputFiles(take)
    await drawer.locator('[data-made]').getByRole('button', { name: '播放' }).click()
    await drawer.locator('[data-made] button:enabled').filter({ hasText: '启用…' }).click()
    await decide(supervisor, '启用')
    await row(page, 'goodbye-thanks').locator('[data-sound=recorded]').waitFor()
    await row(page, 'goodbye-thanks').getByRole('button', { name: 'History…' }).click()
    await page.locator('[data-version="1"]').waitFor()
    expect(await page.getByRole('button', { name: 'Put back…' }).count()).toBe(0)
    await picture(page, 'voice-history-en')
    await rm(join(stage.face.recordings, 'prompts'), { recursive: true })
    await page.reload()
    await row(page, 'goodbye-thanks').locator('[data-fault=missing]').waitFor()
    await row(page, 'goodbye-thanks').locator('[data-sound=shipped]').waitFor()
    await picture(page, 'voice-lost-en')
  })
})
