/**
 * The telephone in the agent's page: the real library and the browser's own media, against a peer that stands for the
 * server's end of the socket and the call.
 */
import { beforeEach, describe, expect, it } from 'vitest'
import { endSessionsOf } from '../../src/platform/auth/session-store.ts'
import { hasChromium } from '../harness/chromium.ts'
import { waitFor } from '../harness/wait-for.ts'
import { testPassword } from './fixture/face.ts'
import { type Sitting, usePagePhone } from './fixture/page-phone.ts'
import type { SeatFixture } from './fixture/seat.ts'
import { SipPeer } from './fixture/sip-peer.ts'
import { SeatPage } from './pages/seat-page.ts'
import { Shell } from './pages/shell.ts'
import { SignInPage } from './pages/sign-in-page.ts'

describe.skipIf(!hasChromium)('the telephone in the agent’s page', () => {
  const office = usePagePhone({ permission: 'given' })
  const { stage, sit } = office
  let seat: SeatFixture
  beforeEach(() => {
    seat = office.seat
  })

  async function onDuty(sitting: Sitting = {}) {
    const sat = await sit(sitting)
    await sat.desk.press(sitting.language === 'en' ? /^Sign in/ : /^签入/)
    await sat.desk.quiet('waiting')
    await sat.desk.link('up')
    return sat
  }
  const count = (peer: SipPeer, method: string) => peer.heard.filter((one) => one === method).length

  it('registers with the page, and calls in when the agent signs in', async () => {
    const { desk, peer, complaints } = await sit()
    await desk.quiet('signed_out')
    await desk.link('registered')
    expect(peer.heard).not.toContain('INVITE')
    await desk.press(/^签入/)
    await desk.quiet('waiting')
    await desk.link('up')
    await desk.sends(true)
    expect(complaints).toEqual([])
  })

  it('calls in again after a reload, without a sign-in and without taking over from itself', async () => {
    const { desk, page, peer } = await onDuty()
    await seat.reserve()
    await seat.answer()
    await desk.strip('talking')
    await page.reload()
    await desk.strip('talking')
    await desk.link('up')
    expect(count(peer, 'INVITE')).toBe(2)
    expect(seat.asked.filter((one) => one === 'sign-in')).toHaveLength(1)
    expect(seat.asked).not.toContain('take over')
  })

  it('says that it is cut off, and is back by itself when the server is', async () => {
    const { desk, peer } = await onDuty()
    await peer.gone(true)
    await peer.silent()
    await desk.notice('phone_gone')
    await peer.gone(false)
    await desk.link('up')
    expect(count(peer, 'INVITE')).toBe(2)
  })

  it('keeps the call while only the socket is gone', async () => {
    const { desk, peer } = await onDuty()
    const registered = count(peer, 'REGISTER')
    await peer.gone(true)
    await peer.gone(false)
    await waitFor(() => count(peer, 'REGISTER') > registered, { what: 'the telephone to register again' })
    await desk.link('up')
    expect(count(peer, 'INVITE')).toBe(1)
  })

  it('shows that it is muted, by button and by key', async () => {
    const { desk, page } = await onDuty()
    await page.keyboard.press('F6')
    await desk.sends(false)
    await page.getByRole('button', { name: /^已静音/ }).click()
    await desk.sends(true)
  })

  it('gives leg and microphone to the window that takes over', async () => {
    seat.isWatched = () => stage.face.hub.watchers(seat.stream) > 0
    const { desk, name, peer } = await onDuty()
    const second = await stage.visit()
    await second.context.grantPermissions(['microphone'], { origin: stage.face.url })
    await new SignInPage(second.page).signIn(name, testPassword)
    await SipPeer.at(second.page)
    await new Shell(second.page).open('/seat')
    const other = new SeatPage(second.page)
    await other.notice('elsewhere')
    await other.press(/^接管到本窗口/)
    await other.confirm(/^接管到本窗口/)
    await other.link('up')
    await desk.notice('taken_over')
    await waitFor(() => count(peer, 'BYE') === 1, { what: 'the leg of the first window to end' })
  })

  it('does not cut the call when the session ends, and goes on after the same person has signed in', async () => {
    const { desk, name, page, peer } = await onDuty({ own: true })
    await seat.reserve()
    await seat.answer()
    await desk.strip('talking')
    await endSessions(name)
    await desk.notice('session_expired')
    expect(peer.heard).not.toContain('BYE')
    await new SignInPage(page).signIn(name, testPassword)
    await desk.strip('talking')
    await desk.link('up')
    expect(count(peer, 'INVITE')).toBe(1)
  })

  it('ends with the person’s own sign-out', async () => {
    const { page, peer } = await onDuty({ own: true })
    await page.getByRole('button', { name: '账号菜单' }).click()
    await page.getByRole('menuitem', { name: '退出登录' }).click()
    await page.getByRole('heading', { name: '登录随访中心' }).waitFor()
    await waitFor(() => count(peer, 'BYE') === 1, { what: 'the leg to end' })
  })

  it('lets the devices be tried before the first call: microphone, level, tone', async () => {
    const { desk, page } = await sit()
    await desk.quiet('signed_out')
    await page.getByRole('button', { name: '音频设备' }).click()
    const panel = page.locator('.device-panel')
    await panel.locator('.ant-select').first().waitFor()
    await waitFor(
      async () => Number(await panel.locator('meter').evaluate((meter) => Reflect.get(meter, 'value'))) > 0.1,
      {
        what: 'the level to move',
      },
    )
    await panel.getByRole('button', { name: '试听 通话声音' }).click()
    // Where the voice comes out is the agent's to choose, and the sound of an answered call apart from it.
    await page.evaluate(`{
      globalThis.sinks = []
      const route = HTMLMediaElement.prototype.setSinkId
      HTMLMediaElement.prototype.setSinkId = function (id) { globalThis.sinks.push(id); return route.call(this, id) }
    }`)
    await panel.getByRole('combobox', { name: '通话声音' }).click()
    await page.locator('.ant-select-item-option:visible', { hasText: 'Fake Audio Output 2' }).click()
    await panel.locator('.device-out').first().getByTitle('Fake Audio Output 2').waitFor()
    await waitFor(() => page.evaluate('new Set(globalThis.sinks).size === 1'), { what: 'the voice to go there' })
    expect(await panel.locator('.device-out').nth(1).textContent()).toContain('系统默认')
    await page.keyboard.press('Escape')
  })

  /** As the server ends one that was idle too long. */
  async function endSessions(signInName: string): Promise<void> {
    const account = stage.database.db.selectFrom('userAccount').select('id').where('signInName', '=', signInName)
    const { id } = await account.executeTakeFirstOrThrow()
    await stage.database.db.transaction().execute((tx) => endSessionsOf(tx, id, 'idle'))
  }
})
