import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { UserError } from '../../src/platform/errors/errors.ts'
import { hasChromium } from '../harness/chromium.ts'
import { waitFor } from '../harness/wait-for.ts'
import { makeAccount, testPassword } from './fixture/face.ts'
import type { SeatFixture } from './fixture/seat.ts'
import { type Entrance, useStage } from './fixture/stage.ts'
import { SeatPage } from './pages/seat-page.ts'
import { Shell } from './pages/shell.ts'
import { SignInPage } from './pages/sign-in-page.ts'

/** A folder in which to keep what the pages look like, for the documentation. */
const pictures = process.env.SEAT_PICTURES

describe.skipIf(!hasChromium)('the agent’s page in Chromium', () => {
  const stage = useStage({ seat: 'desk' })
  let seat: SeatFixture

  beforeEach(async () => {
    seat = stage.seat
    seat.refuse(null)
    seat.isWatched = () => false
    seat.asked.length = 0
    await seat.ready()
  })

  async function sit(entrance: Pick<Entrance, 'language'> = {}) {
    const entered = await stage.enter(['agent'], { path: '/seat', ...entrance })
    return { ...entered, desk: new SeatPage(entered.page) }
  }

  it('signs in when the phone is lifted, takes breaks with a reason, and signs out', async () => {
    await seat.away()
    const { desk, page, complaints } = await sit()
    await desk.quiet('signed_out')
    await desk.phoneIs(true)
    const handset = seat.letRing()
    await desk.press(/^签入/)
    await page.getByText('正在呼叫您的话机，请摘机').waitFor()
    handset.lift()
    await desk.quiet('waiting')
    await desk.press(/^示忙/)
    await page.getByRole('menuitem', { name: '培训' }).click()
    await desk.statusIs('on_break')
    await page.getByText('示忙 · 培训').waitFor()
    await desk.quiet('paused')
    await desk.press(/^离席/)
    await desk.statusIs('away')
    await desk.press(/^示闲/)
    await desk.quiet('waiting')
    await desk.press(/^签出/)
    await desk.quiet('signed_out')
    expect(complaints).toEqual([])
  })

  it('says that an agent in no team has no seat, and looks again when asked', async () => {
    seat.refuse(/^open$/, () => new UserError('SEAT_NO_PHONE'))
    const { desk, page } = await sit()
    await page.getByText('您还没有班组和话机').waitFor()
    seat.refuse(null)
    await desk.press(/^重\s?试/)
    await desk.quiet('waiting')
    await seat.reserve()
    await desk.strip('dialing')
  })

  it('says that the phone is gone and what to do, and why a sign-in was refused', async () => {
    await seat.away()
    const { desk } = await sit()
    await desk.quiet('signed_out')
    await seat.phone({ live: false })
    await desk.phoneIs(false)
    expect(await (await desk.quiet('signed_out')).textContent()).toContain('话机 8001 离线')
    await desk.press(/^签入/)
    const refusal = await (await desk.refused('SEAT_PHONE_NOT_LIVE')).textContent()
    expect(refusal).toContain('您的话机 8001 没有注册')
    expect(refusal).toContain('SEAT_PHONE_NOT_LIVE')
  })

  it('says that the seat is signed in elsewhere', async () => {
    await seat.away()
    seat.refuse(/sign-in/, () => new UserError('SEAT_TAKEN'))
    const { desk } = await sit({ language: 'en' })
    await desk.press(/^Sign in$/)
    expect(await (await desk.refused('SEAT_TAKEN')).textContent()).toContain('in use on another server')
    await desk.quiet('signed_out')
  })

  it('goes with a whole call: record, answer, form, hang-up, outcome, finish', async () => {
    const { page, desk, complaints } = await sit()
    await desk.quiet('waiting')

    const call = await seat.reserve()
    await desk.strip('dialing')
    await (await desk.desk()).getByText('慢性阻塞性肺疾病急性加重期').waitFor()
    // Title and announcement are written behind what is drawn.
    await waitFor(async () => (await page.title()).includes('正在拨号'), { what: 'the title' })
    // Nothing is written before the patient is there.
    expect(await desk.question('nurses').locator('input').first().isDisabled()).toBe(true)

    await seat.answer()
    await desk.strip('talking')
    await waitFor(async () => (await page.title()).includes('已接通'), { what: 'the title' })
    await waitFor(async () => (await desk.announced()) === '已接通', { what: 'the announcement' })

    await desk.choose('nurses', '非常满意')
    await desk.answerIs('nurses', 'saved')
    await desk.choose('medicine', '没有按时')
    await desk.question('medicine-why').waitFor()
    await desk.choose('medicine-why', '忘记')
    await desk.choose('medicine-why', '费用')
    await desk.answerIs('medicine-why', 'saved')
    await desk.type('pressure', '１３５')
    await desk.answerIs('pressure', 'saved')
    await desk.type('wishes', '希望停车方便一些')
    await desk.answerIs('wishes', 'saved')
    await desk.type('checkup', '2026-12-01')
    await page.keyboard.press('Escape')
    await desk.answerIs('checkup', 'saved')
    expect(seat.written(call.taskId).answers).toEqual({
      nurses: 'very_satisfied',
      medicine: 'no',
      'medicine-why': ['forgot', 'price'],
      pressure: 135,
      wishes: '希望停车方便一些',
      checkup: '2026-12-01',
    })

    await desk.press(/^保持/)
    await desk.strip('holding')
    await desk.press(/^取消保持/)
    await desk.strip('talking')
    // Nothing is missing: hanging up is not asked about.
    await desk.press(/^挂断/)
    await desk.strip('wrap_up')
    await desk.press(/^延长/)
    await waitFor(() => seat.asked.includes('wrap-up/extend'))
    await desk.press(/^完成/)
    await page.getByText('请先选择通话结论').waitFor()
    expect(seat.asked).not.toContain('wrap-up/finish')
    await desk.outcome('done')
    await desk.outcomeIs('saved')
    await page.getByRole('textbox', { name: '随访小结' }).fill('恢复良好')
    await desk.press(/^完成/)
    const quiet = await desk.quiet('waiting')
    await quiet.getByText('上一通话已处理完毕').waitFor()
    expect(seat.written(call.taskId)).toMatchObject({ outcome: { outcome: 'done' }, note: '恢复良好' })
    expect(complaints).toEqual([])
  })

  it('goes back to waiting with the reason when nobody answers', async () => {
    const { desk } = await sit()
    await seat.reserve()
    await desk.strip('dialing')
    await seat.release('no_answer')
    expect(await (await desk.quiet('waiting')).textContent()).toContain('无人接听')
  })

  it('shows only questions that apply, and takes back answers that no longer do', async () => {
    const { desk, page } = await sit()
    const { taskId } = await seat.reserve()
    await seat.answer()
    await desk.strip('talking')
    await desk.choose('medicine', '没有按时')
    await desk.choose('medicine-why', '忘记')
    await desk.answerIs('medicine-why', 'saved')
    await desk.choose('medicine', '按时')
    await desk.question('medicine-why').waitFor({ state: 'detached' })
    await page.getByText('不再适用的答案已清除').waitFor()
    await waitFor(() => !('medicine-why' in seat.written(taskId).answers))
    expect(seat.written(taskId).answers).toEqual({ medicine: 'yes' })
  })

  it('keeps to the definition: one option alone, not too many, a number in its range', async () => {
    const { desk } = await sit()
    const { taskId } = await seat.reserve()
    await seat.answer()
    await desk.choose('medicine', '没有按时')
    await desk.choose('medicine-why', '忘记')
    await desk.choose('medicine-why', '费用')
    await desk.choose('medicine-why', '有副作用')
    await desk.question('medicine-why').getByText('最多选 2 项').waitFor()
    await desk.choose('medicine-why', '没有原因（单独选择）')
    await waitFor(() => JSON.stringify(seat.written(taskId).answers['medicine-why']) === '["none"]')
    await desk.type('pressure', '400')
    await desk.question('pressure').getByText('60 到 260').waitFor()
    expect(seat.written(taskId).answers.pressure).toBeUndefined()
  })

  it('says that an answer is not saved, tries again by itself, and saves it when it can', async () => {
    const { desk } = await sit()
    const { taskId } = await seat.reserve()
    await seat.answer()
    seat.refuse(/answer nurses/)
    await desk.choose('nurses', '满意')
    expect(await (await desk.answerIs('nurses', 'retrying')).textContent()).toContain('未保存，正在重试')
    seat.refuse(null)
    await desk.answerIs('nurses', 'saved')
    expect(seat.written(taskId).answers.nurses).toBe('satisfied')
  })

  it('shows why an answer was refused, and lets it be tried again', async () => {
    const { desk } = await sit({ language: 'en' })
    await seat.reserve()
    await seat.answer()
    seat.refuse(/answer nurses/, () => new UserError('DESK_CALL_OVER'))
    await desk.choose('nurses', 'neither')
    expect(await (await desk.answerIs('nurses', 'failed')).textContent()).toContain('DESK_CALL_OVER')
    seat.refuse(null)
    await desk.question('nurses').getByRole('button', { name: 'Try again' }).click()
    await desk.answerIs('nurses', 'saved')
  })

  it('asks before it leaves for another page what would be given up', async () => {
    const { desk, page, shell } = await sit()
    await seat.reserve()
    await seat.answer()
    seat.refuse(/answer nurses/, () => new UserError('DESK_CALL_OVER'))
    await desk.choose('nurses', '一般')
    await desk.answerIs('nurses', 'failed')
    const asked: string[] = []
    page.once('dialog', (dialog) => {
      asked.push(dialog.message())
      void dialog.dismiss()
    })
    await shell.open('/calls')
    await waitFor(() => asked.length === 1)
    expect(asked[0]).toContain('还有内容未保存')
    await desk.answerIs('nurses', 'failed')
    expect(new URL(page.url()).pathname).toBe('/seat')
  })

  it('lets an outcome that wants all answers stand as soon as they are there', async () => {
    const { desk, page } = await sit()
    const { taskId } = await seat.reserve()
    await seat.answer()
    await desk.desk()
    await desk.outcome('done')
    await desk.outcomeIs('failed')
    await page.getByText('还有 2 道必答题未答').waitFor()
    await desk.choose('nurses', '一般')
    await desk.choose('medicine', '按时')
    await desk.outcomeIs('saved')
    expect(seat.written(taskId).outcome).toEqual({ outcome: 'done' })
  })

  it('asks before it hangs up with answers missing, and the question goes away with its call', async () => {
    const { desk, page } = await sit()
    await seat.reserve()
    await seat.answer()
    await desk.desk()
    await desk.press(/^挂断/)
    await page.getByRole('dialog').getByText('还有 2 道必答题未答').waitFor()
    await seat.end('patient')
    await desk.strip('wrap_up')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    expect(seat.asked).not.toContain('hang-up')
    await page.getByText('患者已挂断').waitFor()
  })

  it('asks before an outcome that ends all follow-up, and takes a callback only with its time', async () => {
    const { desk, page } = await sit()
    const { taskId } = await seat.reserve()
    await seat.answer()
    await desk.desk()
    await desk.outcome('refused')
    await page.getByRole('dialog').getByText('列入禁呼名单').waitFor()
    await desk.confirm(/取\s?消/)
    expect(seat.written(taskId).outcome).toBeNull()

    await desk.outcome('callback')
    await seat.end('patient')
    await desk.press(/^完成/)
    await page.getByText('请选择回拨日期和时间').waitFor()
    await page.getByRole('combobox', { name: '回拨日期' }).click()
    await page.locator('.ant-select-item-option', { hasText: '明天' }).click()
    await page.getByRole('combobox', { name: '回拨时间' }).click()
    await page.locator('.ant-select-item-option', { hasText: '08:45' }).click()
    await desk.outcomeIs('saved')
    const { outcome } = seat.written(taskId)
    expect(outcome?.callbackAt).toMatch(/T00:45:00\.000Z$/)
  })

  it('shows the same after a reload in the call and in wrap-up', async () => {
    const { desk, page } = await sit()
    await seat.reserve()
    await seat.answer()
    await desk.choose('nurses', '一般')
    await desk.answerIs('nurses', 'saved')
    await page.reload()
    await desk.strip('talking')
    await desk.question('nurses').locator('input:checked').waitFor()
    await seat.end('hospital')
    await desk.strip('wrap_up')
    await page.reload()
    await desk.strip('wrap_up')
    await desk.desk()
  })

  it('shows after a lost connection what happened meanwhile, and claims nothing during it', async () => {
    const { context, desk, page, shell } = await sit()
    await desk.quiet('waiting')
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
    stage.face.hub.dropAll()
    await shell.connectionIs('interrupted')
    await page.getByText('以下为断开时的状态').waitFor()
    await seat.reserve()
    await seat.answer()
    await desk.quiet('waiting')
    await offline(false)
    await shell.connectionIs('connected')
    await desk.strip('talking')
    await desk.desk()
  })

  it('tells the agent to lift the handset when the phone is lost in a call, and goes on when it is back', async () => {
    const { desk } = await sit()
    await seat.reserve()
    await seat.answer()
    await desk.strip('talking')
    await seat.loseLeg()
    expect(await (await desk.strip('cut_off')).textContent()).toContain('请立即摘机')
    await seat.legBack()
    await desk.strip('talking')
  })

  it('counts down to the server’s deadline, and says so when it passed without an outcome', async () => {
    const { desk, page } = await sit()
    await seat.reserve()
    await seat.answer()
    await desk.desk()
    await seat.end('patient', { wrapUpMs: 90_000 })
    const strip = await desk.strip('wrap_up')
    await waitFor(async () => /剩余 1:2\d/.test((await strip.textContent()) ?? ''))
    await seat.wrapUpOver()
    expect(await (await desk.quiet('waiting')).textContent()).toContain('未填写结论')
    expect(await page.locator('.desk').count()).toBe(0)
  })

  it('is worked in one window: another says so, takes over when told to, and can be taken back from', async () => {
    seat.isWatched = () => stage.face.hub.watchers(seat.stream) > 0
    const { context, desk, page } = await sit()
    const second = await context.newPage()
    await second.goto(`${stage.face.url}/seat`)
    const other = new SeatPage(second)
    await other.notice('elsewhere')
    await seat.reserve()
    await desk.strip('dialing')
    expect(await second.locator('.strip').count()).toBe(0)

    await other.press(/^接管到本窗口/)
    await other.confirm(/^接管到本窗口/)
    await other.strip('dialing')
    await desk.notice('taken_over')
    await seat.answer()
    await other.strip('talking')
    await other.choose('nurses', '一般')
    await other.answerIs('nurses', 'saved')

    // A browser draws and times what is behind another page at its leisure.
    await page.bringToFront()
    await desk.press(/^接管到本窗口/)
    await desk.confirm(/^接管到本窗口/)
    await desk.strip('talking')
    await desk.question('nurses').locator('input:checked').waitFor()
    await other.notice('taken_over')
  })

  it('can be worked by keyboard alone, from the answer to the next call', async () => {
    const { desk, page } = await sit()
    const { taskId } = await seat.reserve()
    await seat.answer()
    await desk.desk()
    await page.keyboard.press('F3')
    await desk.focusIs('[data-question=nurses] input')
    await page.keyboard.press('2')
    await page.keyboard.press('F3')
    await desk.focusIs('[data-question=medicine] input')
    await page.keyboard.press('1')
    await waitFor(() => Object.keys(seat.written(taskId).answers).length === 2, { what: 'both answers' })
    expect(seat.written(taskId).answers).toEqual({ nurses: 'satisfied', medicine: 'yes' })
    await page.keyboard.press('F4')
    await desk.strip('holding')
    await page.keyboard.press('F4')
    await desk.strip('talking')
    await page.keyboard.press('F8')
    await desk.strip('wrap_up')
    await page.keyboard.press('F9')
    await desk.focusIs('[data-outcome] input')
    await page.keyboard.press('Space')
    await desk.outcomeIs('saved')
    await page.keyboard.press('F9')
    await desk.quiet('waiting')
    await page.keyboard.press('F2')
    await page.getByRole('menuitem', { name: '小休' }).waitFor()
    await desk.focusIs('[role=menu], [role=menu] *')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await desk.statusIs('on_break')
    await page.keyboard.press('F2')
    await desk.statusIs('available')
  })

  it('goes through bar, call, record, form and outcome in this order by Tab', async () => {
    const { desk, page } = await sit()
    await seat.reserve()
    await seat.answer()
    await desk.desk()
    await page.locator('#content').focus()
    const parts: string[] = []
    for (let press = 0; press < 40 && parts.at(-1) !== 'outcome-panel'; press += 1) {
      await page.keyboard.press('Tab')
      const part = await page
        .locator(':focus')
        .evaluate(
          (focused) => focused.closest('.seat-bar, .strip, .record-panel, .form-panel, .outcome-panel')?.className,
        )
      const name = ['seat-bar', 'strip', 'record-panel', 'form-panel', 'outcome-panel'].find((one) =>
        String(part).split(' ').includes(one),
      )
      if (name !== undefined && parts.at(-1) !== name) parts.push(name)
    }
    expect(parts).toEqual(['seat-bar', 'strip', 'record-panel', 'form-panel', 'outcome-panel'])
  })

  it('names every control for who cannot see it', async () => {
    const { desk, page } = await sit()
    await seat.reserve()
    await seat.answer()
    await desk.desk()
    const nameless = await page.locator('.seat :is(button, input, textarea, [role=combobox])').evaluateAll((controls) =>
      controls
        .filter((control) => {
          const labelled = control.getAttribute('aria-labelledby')
          const names = [
            control.getAttribute('aria-label'),
            labelled === null ? null : control.ownerDocument.getElementById(labelled)?.textContent,
            control.closest('label')?.textContent,
            control.id === '' ? null : control.ownerDocument.querySelector(`label[for="${control.id}"]`)?.textContent,
            control.tagName === 'BUTTON' ? control.textContent : null,
          ]
          return !names.some((name) => (name ?? '').trim() !== '')
        })
        .map((control) => control.outerHTML.slice(0, 120)),
    )
    expect(nameless).toEqual([])
  })

  it('is not shown to who may not use a seat, also by address', async () => {
    const name = await makeAccount(stage.database.db, ['qa'])
    const { page } = await stage.visit()
    await new SignInPage(page).signIn(name, testPassword)
    expect(await new Shell(page).menu()).not.toContain('/seat')
    await page.goto(`${stage.face.url}/seat`)
    await page.getByText('您的账号没有查看此页面的权限').waitFor()
    const answer = await page.request.get(`${stage.face.url}/api/seat`)
    expect(answer.status()).toBe(403)
  })

  it.each(['zh', 'en'] as const)(
    'fits the usual screens without anything cut off or untranslated (%s)',
    async (language) => {
      if (pictures !== undefined) await mkdir(pictures, { recursive: true })
      const { desk, page } = await sit({ language })
      const look = async (name: string) => {
        for (const [width, height] of [
          [1366, 768],
          [1920, 1080],
        ] as const) {
          await page.setViewportSize({ width, height })
          expect(await desk.misfits(), `${name} at ${width}`).toEqual([])
          const text = await page.locator('.seat').textContent()
          expect(text).not.toMatch(/seat\.[a-z]+\.|\{\{/)
          if (pictures !== undefined) {
            await page.screenshot({
              path: join(pictures, `seat-${name}-${language}-${width}.png`),
              animations: 'disabled',
            })
          }
        }
      }
      await desk.quiet('waiting')
      await look('waiting')
      await seat.reserve()
      await desk.desk()
      await look('dialing')
      await seat.answer()
      await desk.strip('talking')
      await desk.choose('nurses', language === 'zh' ? '非常满意' : 'very satisfied')
      await desk.choose('medicine', language === 'zh' ? '没有按时' : 'not always')
      await desk.type('pressure', '300')
      await desk.answerIs('medicine', 'saved')
      await look('talking')
      await seat.loseLeg()
      await desk.strip('cut_off')
      await look('cut-off')
      await seat.legBack()
      await seat.end('patient')
      await desk.strip('wrap_up')
      await desk.outcome('callback')
      await desk.press(language === 'zh' ? /^完成/ : /^Finish/)
      await look('wrap-up')
      await seat.wrapUpOver()
      await desk.quiet('waiting')
      await look('no-outcome')
      await seat.away()
      await desk.quiet('signed_out')
      await look('signed-out')
    },
  )
})
