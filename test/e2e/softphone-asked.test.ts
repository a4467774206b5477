/** What a browser asks before a page may use the microphone, and the agent's page through it and after it. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { hasChromium } from '../harness/chromium.ts'
import { usePagePhone } from './fixture/page-phone.ts'
import type { SeatPage } from './pages/seat-page.ts'

/** A folder in which to keep what the pages look like, for the documentation. */
const pictures = process.env.SEAT_PICTURES

describe.skipIf(!hasChromium)('the telephone in the agent’s page, where the microphone must be allowed', () => {
  const office = usePagePhone({ permission: 'asked' })
  const { stage, sit } = office

  it('says that the microphone is refused, and goes on as soon as it is allowed', async () => {
    const { context, desk, peer } = await sit({ microphone: false, own: true })
    await desk.press(/^签入/)
    expect(await (await desk.notice('microphone_refused')).textContent()).toContain('将“麦克风”设为“允许”')
    expect(peer.heard).not.toContain('INVITE')
    await context.grantPermissions(['microphone'], { origin: stage.face.url })
    await desk.link('up')
    await desk.quiet('waiting')
  })

  it.each(['zh', 'en'] as const)(
    'fits the usual screens without anything cut off or untranslated (%s)',
    async (language) => {
      if (pictures !== undefined) await mkdir(pictures, { recursive: true })
      const { context, desk, page, peer } = await sit({ language, microphone: false, own: true })
      const look = (name: string) => pictured(page, desk, `${name}-${language}`)
      const signIn = language === 'zh' ? /^签入/ : /^Sign in/
      await desk.press(signIn)
      await desk.notice('microphone_refused')
      await look('softphone-refused')
      await context.grantPermissions(['microphone'], { origin: stage.face.url })
      await desk.link('up')
      await desk.quiet('waiting')
      await page.getByRole('button', { name: language === 'zh' ? '音频设备' : 'Audio devices' }).click()
      await page.locator('.device-panel meter').waitFor()
      await look('softphone-devices')
      await page.keyboard.press('Escape')
      await office.seat.reserve()
      await office.seat.answer()
      await desk.strip('talking')
      await page.keyboard.press('F6')
      await office.seat.supervised({ name: '赵班长', mode: 'barge' })
      await look('softphone-talking')
      await peer.gone(true)
      await peer.silent()
      await office.seat.loseLeg()
      await desk.strip('cut_off')
      await desk.notice('phone_gone')
      await look('softphone-cut-off')
      await office.seat.takenOver()
      await desk.notice('taken_over')
      await look('softphone-taken-over')
    },
  )

  async function pictured(page: Page, desk: SeatPage, name: string): Promise<void> {
    for (const [width, height] of [
      [1366, 768],
      [1920, 1080],
    ] as const) {
      await page.setViewportSize({ width, height })
      expect(await desk.misfits(), `${name} at ${width}`).toEqual([])
      expect(await page.locator('.seat').textContent()).not.toMatch(/(seat|phone)\.[a-z]+\.|\{\{/)
      if (pictures !== undefined) {
        await page.screenshot({ path: join(pictures, `${name}-${width}.png`), animations: 'disabled' })
      }
    }
  }
})
