/** The supervisor's page, with seats in memory and a peer at its telephone's socket. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { hasChromium } from '../harness/chromium.ts'
import { waitFor } from '../harness/wait-for.ts'
import { makeAccount, testPassword } from './fixture/face.ts'
import type { FloorFixture } from './fixture/floor.ts'
import { makeHospital } from './fixture/hospital.ts'
import type { SeatFixture } from './fixture/seat.ts'
import { enterWithPeer } from './fixture/sip-peer.ts'
import { type Entrance, useStage } from './fixture/stage.ts'
import { FloorPage } from './pages/floor-page.ts'
import { SeatPage } from './pages/seat-page.ts'
import { Shell } from './pages/shell.ts'
import { SignInPage } from './pages/sign-in-page.ts'

/** A folder in which to keep what the pages look like, for the documentation. */
const pictures = process.env.SEAT_PICTURES

describe.skipIf(!hasChromium)('the supervisor’s page in Chromium', () => {
  const stage = useStage({ seat: 'browser', floor: true, media: { permission: 'given' } })
  let seat: SeatFixture
  let floor: FloorFixture

  beforeAll(async () => {
    await makeHospital(stage.database.db, stage.face.secrets, { patients: 12 })
  })
  beforeEach(async () => {
    seat = stage.seat
    floor = stage.floor
    floor.fill()
    seat.asked.length = 0
    await seat.away()
  })

  async function look(entrance: Pick<Entrance, 'language'> = {}) {
    const entered = await enterWithPeer(stage, ['supervisor'], { path: '/floor', ...entrance })
    return { ...entered, board: new FloorPage(entered.page) }
  }

  it('shows every seat with its state, and follows what happens', async () => {
    const { board, complaints } = await look()
    await board.groupIs('李晓梅', 'talking')
    await board.groupIs('赵敏', 'on_break')
    await board.groupIs('周强', 'unreachable')
    await floor.move('刘洋', { state: 'reserved' })
    await board.groupIs('刘洋', 'dialing')
    expect(complaints).toEqual([])
  })

  it('narrows by state, team and name, and says when nothing is left', async () => {
    const { board, page } = await look()
    await board.filter('talking')
    expect(await board.names()).toEqual(['李晓梅', '王芳', '何平'])
    await page.getByRole('combobox', { name: '班组' }).click()
    await page.locator('.ant-select-item-option', { hasText: '随访二组' }).click()
    expect(await board.names()).toEqual(['何平'])
    await page.getByRole('searchbox', { name: '姓名或工号' }).fill('李')
    await page.getByText('没有符合条件的坐席').waitFor()
    await page.getByRole('button', { name: '清空条件' }).click()
    expect(await board.names()).toHaveLength(11)
  })

  it('shows queues, and campaigns with why the rest is not dialled', async () => {
    const { page } = await look()
    await page.locator('[data-queue][data-waiting="2"]').getByText('人工服务').waitFor()
    await page.locator('.floor-list [data-campaign]').getByText('当前可拨打').waitFor()
  })

  it('opens no seat for who only looks', async () => {
    const { board } = await look()
    await board.choose('李晓梅')
    expect(seat.asked).toEqual([])
  })

  it('connects the phone when the first call is monitored, on a break, with the microphone closed', async () => {
    const { board, peer } = await look()
    await board.choose('李晓梅')
    await board.press(/^监听/)
    expect(await (await board.modeIs('monitor', { sends: false })).textContent()).toContain('您的麦克风已关闭')
    expect(peer.heard).toContain('INVITE')
    expect(seat.asked).toContain('status on_break')
    expect(floor.asked).toEqual(['monitor'])
  })

  it('opens the microphone for coach and barge alone, asks before it barges in, and leaves', async () => {
    const { board } = await look()
    await board.choose('李晓梅')
    await board.press(/^监听/)
    await board.modeIs('monitor', { sends: false })
    await board.press(/^耳语/)
    await board.modeIs('coach', { sends: true })
    await board.press(/^强插/)
    await board.confirm(/^强插/)
    await board.modeIs('barge', { sends: true })
    await board.press(/^监听/)
    await board.modeIs('monitor', { sends: false })
    await board.press(/^退出/)
    await board.inNoCall()
    expect(floor.asked).toEqual(['monitor', 'coach', 'barge', 'monitor', 'leave'])
  })

  it('can be worked by keyboard: monitor, coach, barge, leave', async () => {
    const { board, page } = await look()
    await board.card('李晓梅').focus()
    await page.keyboard.press('Enter')
    await page.keyboard.press('F2')
    await board.modeIs('monitor', { sends: false })
    await page.keyboard.press('F3')
    await board.modeIs('coach', { sends: true })
    await page.keyboard.press('F4')
    await board.questionHasKeys(/^强插$/)
    await page.keyboard.press('Enter')
    await board.modeIs('barge', { sends: true })
    // A question that is still going away has the keys.
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    await page.keyboard.press('F8')
    await board.inNoCall()
  })

  it('ends a call only with a reason', async () => {
    const { board, page } = await look()
    await board.choose('王芳')
    await board.press(/^强拆/)
    await page.getByRole('dialog').getByRole('button', { name: /^强拆/ }).click()
    await page.getByText('请填写原因').waitFor()
    expect(floor.asked).toEqual([])
    await page.getByRole('dialog').getByRole('textbox').fill('言语不当')
    await board.confirm(/^强拆/)
    await board.groupIs('王芳', 'wrap_up')
    expect(floor.asked).toEqual(['release 言语不当'])
  })

  it('goes to the seat’s page with a call that was taken over', async () => {
    const { board, page } = await look()
    await board.choose('李晓梅')
    await board.press(/^监听/)
    await board.modeIs('monitor', { sends: false })
    await board.press(/^接管/)
    await page.getByRole('dialog').getByRole('textbox').fill('患者要求班长处理')
    await board.confirm(/^接管/)
    await waitFor(() => new URL(page.url()).pathname === '/seat', { what: 'the seat’s page' })
    await seat.handOver({})
    const desk = new SeatPage(page)
    await desk.strip('talking')
    await desk.sends(true)
  })

  it('shows why a command was refused', async () => {
    const { board, page } = await look()
    await board.choose('李晓梅')
    floor.refuse('SUPERVISION_NO_CALL')
    await board.press(/^监听/)
    await page.locator('[data-code=SUPERVISION_NO_CALL]').waitFor()
    await board.inNoCall()
  })

  it('offers nothing to be done to a seat without a call', async () => {
    const { board, page } = await look()
    await board.choose('刘洋')
    await page.getByText('该坐席当前没有已接通的通话').waitFor()
    expect(await page.locator('.supervision-modes button[aria-keyshortcuts=F2]').isDisabled()).toBe(true)
  })

  it('says so where there are no seats, and where the floor cannot be read', async () => {
    floor.seats.splice(0)
    const { page } = await look()
    await page.getByText('您负责的班组还没有坐席').waitFor()
    await page.route('**/api/floor', (route) => route.abort())
    await page.reload()
    await page.getByText('无法连接服务器').waitFor()
    await page.unroute('**/api/floor')
    await page.getByRole('button', { name: /^重\s?试/ }).click()
    await page.getByText('您负责的班组还没有坐席').waitFor()
  })

  it('is not shown to an agent, also by address', async () => {
    const name = await makeAccount(stage.database.db, ['agent'])
    const { page } = await stage.visit()
    await new SignInPage(page).signIn(name, testPassword)
    expect(await new Shell(page).menu()).not.toContain('/floor')
    await page.goto(`${stage.face.url}/floor`)
    await page.getByText('您的账号没有查看此页面的权限').waitFor()
  })

  it.each(['zh', 'en'] as const)(
    'fits the usual screens without anything cut off or untranslated (%s)',
    async (language) => {
      if (pictures !== undefined) await mkdir(pictures, { recursive: true })
      const { board, page } = await look({ language })
      const picture = async (name: string) => {
        for (const [width, height] of [
          [1366, 768],
          [1920, 1080],
        ] as const) {
          await page.setViewportSize({ width, height })
          expect(await new SeatPage(page).misfits(), `${name} at ${width}`).toEqual([])
          expect(await page.locator('.floor').textContent()).not.toMatch(/(floor|phone|seat)\.[a-z]+\.|\{\{/)
          if (pictures !== undefined) {
            const path = join(pictures, `floor-${name}-${language}-${width}.png`)
            await page.screenshot({ path, animations: 'disabled' })
          }
        }
      }
      await board.groupIs('李晓梅', 'talking')
      await page.locator('.floor-list [data-campaign]').first().waitFor()
      await picture('seats')
      await board.choose('李晓梅')
      await page.keyboard.press('F2')
      await board.modeIs('monitor', { sends: false })
      await picture('monitor')
      await page.keyboard.press('F3')
      await board.modeIs('coach', { sends: true })
      await page.keyboard.press('F4')
      await board.questionHasKeys(/^(强插|Barge)$/)
      await page.keyboard.press('Enter')
      await board.modeIs('barge', { sends: true })
      await picture('barge')
    },
  )
})
