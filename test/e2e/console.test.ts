import { describe, expect, it } from 'vitest'
import { missingCalendarYears } from '../../src/follow-up/calling/calendar-service.ts'
import { replaceCalendarYear } from '../../src/follow-up/calling/calendar-store.ts'
import { hasChromium } from '../harness/chromium.ts'
import { waitFor } from '../harness/wait-for.ts'
import { useConsole } from './fixture/console.ts'
import { makeAccount, testPassword } from './fixture/face.ts'
import { LivePage } from './pages/live-page.ts'
import { Shell } from './pages/shell.ts'
import { SignInPage } from './pages/sign-in-page.ts'

describe.skipIf(!hasChromium)('the console in Chromium', () => {
  const { enter, stage } = useConsole()

  it('asks for a new password at the first sign-in and then shows the live page', async () => {
    const name = await makeAccount(stage.database.db, ['supervisor'], { mustChangePassword: true })
    const { page, complaints } = await stage.visit()
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

  it('speaks both languages, and remembers which', async () => {
    const { page, shell } = await enter(['supervisor'])
    await page.getByRole('heading', { name: '实时外呼' }).waitFor()
    await shell.switchLanguage()
    await page.getByRole('heading', { name: 'Live calling' }).waitFor()
    await page.reload()
    await page.getByRole('heading', { name: 'Live calling' }).waitFor()
    expect(await page.locator('html').getAttribute('lang')).toBe('en')
  })

  it('knows nothing of who was here before, where a browser has been emptied', async () => {
    const before = await enter(['supervisor'], { language: 'en' })
    await before.shell.switchLanguage()
    await before.page.getByRole('heading', { name: '实时外呼' }).waitFor()
    await stage.leave()
    const { page, context } = await stage.visit({ language: 'en' })
    expect(context).toBe(before.context)
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    expect(await context.cookies()).toEqual([])
    expect(await page.evaluate('localStorage.length + sessionStorage.length')).toBe(0)
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
    expect(await system.shell.menu()).toEqual(['/', '/import', '/programmes', '/trunks', '/accounts', '/storage'])
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
    // Else the live page begins with what is missing.
    const { db } = stage.database
    for (const year of await missingCalendarYears(db)) {
      await db.transaction().execute((tx) => replaceCalendarYear(tx, { year, days: [], source: 'test' }))
    }
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

  it('begins a dialog at its first field, and gives the focus back to what it was opened from', async () => {
    const { page, shell } = await enter(['supervisor'])
    await shell.open('/do-not-call')
    const opener = page.getByRole('button', { name: '加入号码' })
    await opener.focus()
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog')
    await dialog.locator('input:focus').waitFor()
    await page.keyboard.type('0571')
    expect(await dialog.locator('input').first().inputValue()).toBe('0571')
    // Round and round within it.
    for (let tabs = 0; tabs < 8; tabs++) await page.keyboard.press('Tab')
    expect(await dialog.locator(':focus').count()).toBe(1)
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    expect(await page.locator(':focus').textContent()).toBe(await opener.textContent())
  })

  it('keeps still for who has told the computer so, from the moment it is told', async () => {
    const { page, live } = await enter(['supervisor'])
    await live.ready()
    await page.evaluate(
      'globalThis.moves = []; addEventListener("animationstart", ({ animationName }) => moves.push(animationName), true)',
    )
    const ask = async () => {
      await live.campaign().getByRole('button', { name: /暂停/ }).click()
      await page.getByRole('dialog').waitFor()
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'hidden' })
      return page.evaluate<readonly string[]>('moves')
    }
    expect(await ask()).toEqual([])
    await page.emulateMedia({ reducedMotion: 'no-preference' })
    expect(await ask()).not.toEqual([])
  })
})
