/** What the agent's page shows and sends beside the plain call: previews, hand-overs, supervisors, keys, findings. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { hasChromium } from '../harness/chromium.ts'
import { waitFor } from '../harness/wait-for.ts'
import type { SeatFixture } from './fixture/seat.ts'
import { sharer } from './fixture/seat-record.ts'
import { type Entrance, useStage } from './fixture/stage.ts'
import { SeatPage } from './pages/seat-page.ts'

/** A folder in which to keep what the pages look like, for the documentation. */
const pictures = process.env.SEAT_PICTURES

describe.skipIf(!hasChromium)('a call that is more than a call, on the agent’s page', () => {
  const stage = useStage({ seat: 'desk' })
  let seat: SeatFixture

  beforeEach(async () => {
    seat = stage.seat
    seat.refuse(null)
    seat.asked.length = 0
    await seat.ready()
  })

  async function sit(entrance: Pick<Entrance, 'language'> = {}) {
    const entered = await stage.enter(['agent'], { path: '/seat', ...entrance })
    const desk = new SeatPage(entered.page)
    await desk.quiet('waiting')
    return { ...entered, desk }
  }

  it('shows a record before it is dialled, and dials it by a key', async () => {
    const { desk, page } = await sit()
    const taskId = await seat.offerPreview()
    await desk.strip('previewing')
    await (await desk.desk()).getByText('慢性阻塞性肺疾病急性加重期').waitFor()
    await page.keyboard.press('F9')
    await desk.strip('dialing')
    expect(seat.call.taskId).toBe(taskId)
  })

  it('dials the number that the agent chooses, and says how often the record was put back before', async () => {
    const { desk, page } = await sit()
    await seat.offerPreview()
    await desk.strip('previewing')
    expect(await page.locator('[data-skips="2"]').textContent()).toContain('此前被跳过 2 次')
    await page.getByRole('combobox', { name: '拨打哪个号码' }).click()
    await page.locator('.ant-select-item-option', { hasText: '13900000077' }).click()
    await page.keyboard.press('F9')
    await desk.strip('dialing')
    expect(seat.asked).toContain('preview/dial 0193a000-0000-7000-8000-0000000000a2')
  })

  it('asks by another questionnaire, and comes back to the one before with its answers', async () => {
    const { desk, page } = await sit()
    const { taskId } = await seat.reserve()
    await seat.answer()
    await desk.choose('nurses', '一般')
    await desk.choose('medicine', '按时')
    await desk.takeForm('用药专项随访')
    await page.locator('[data-chosen-form]').waitFor()
    await desk.question('nurses').waitFor({ state: 'detached' })
    expect(await desk.question('medicine').locator('input:checked').count()).toBe(0)
    await desk.choose('medicine', '没有按时')
    await desk.question('medicine').locator('[data-finding=yellow]').waitFor()
    await desk.choose('medicine-why', '忘记')
    await desk.answerIs('medicine-why', 'saved')
    await desk.takeForm('出院 D+7 随访')
    await desk.question('nurses').locator('input:checked').waitFor()
    await page.locator('[data-finding]').waitFor({ state: 'detached' })
    expect(seat.written(taskId).answers).toEqual({ nurses: 'neutral', medicine: 'yes' })
    expect(seat.asked.filter((one) => one.startsWith('questionnaire'))).toEqual(['questionnaire 1', 'questionnaire 0'])
  })

  it('opens the card of another patient on the number, and dials that one when the call is over', async () => {
    const { desk, page } = await sit()
    await seat.reserve()
    await seat.answer()
    expect(await page.locator('[data-call-link]').first().getAttribute('href')).toMatch(/^\/calls\/[0-9a-f-]{36}$/)
    await page.getByRole('button', { name: sharer.name }).click()
    await page.getByText('P20260055555').waitFor()
    await page.getByText('本次通话、任务和问卷仍属于 欧阳明').waitFor()
    await page.getByRole('button', { name: '本次通话后拨打该患者' }).click()
    await page.getByRole('button', { name: '返回 欧阳明' }).click()
    await page.getByText('P20260012345').waitFor()
    await seat.end('patient')
    await desk.strip('wrap_up')
    await seat.wrapUpOver()
    await desk.quiet('waiting')
    await desk.press(/^拨打同号患者/)
    await desk.strip('dialing')
    expect(seat.asked).toContain(`dial ${sharer.taskId}`)
  })

  it('skips a previewed patient only with a reason', async () => {
    const { desk, page } = await sit()
    await seat.offerPreview()
    await desk.strip('previewing')
    await page.keyboard.press('F8')
    await page.getByRole('menuitem', { name: '资料有误' }).click()
    await desk.quiet('waiting')
    expect(seat.asked).toContain('skip record_wrong')
  })

  it('shows what the patient has pressed before he asked for a person, and goes on there', async () => {
    const { desk, page } = await sit()
    await seat.handOver({ nurses: 'satisfied' })
    await desk.strip('talking')
    await page.getByText('患者此前已作答 1 题').waitFor()
    expect(await desk.question('nurses').locator('.choice:has(input:checked)').textContent()).toContain('满意')
    await page.getByRole('button', { name: '从未答的题继续' }).click()
    await desk.focusIs('[data-question=medicine] input')
  })

  it('says that a supervisor has joined, and nothing of one who only listens', async () => {
    const { desk, page } = await sit()
    await seat.reserve()
    await seat.answer()
    await seat.supervised({ name: '赵班长', mode: 'monitor' })
    await seat.supervised({ name: '赵班长', mode: 'barge' })
    await page.getByText('班长已加入：赵班长').waitFor()
    await seat.supervised({ name: '赵班长', mode: 'monitor' })
    await page.getByText('班长已加入：赵班长').waitFor({ state: 'detached' })
    expect(await (await desk.strip('talking')).textContent()).not.toContain('赵班长')
  })

  it('sends keys in the order in which they were pressed, by mouse and by keyboard', async () => {
    const { desk, page } = await sit()
    await seat.reserve()
    await seat.answer()
    await desk.strip('talking')
    await page.keyboard.press('F7')
    await page.locator('.key-pad').getByRole('button', { name: '8', exact: true }).click()
    for (const key of ['0', '1', '#']) await page.keyboard.press(key)
    await waitFor(() => seat.asked.filter((one) => one.startsWith('digits')).length === 4, { what: 'four keys' })
    expect(seat.asked.filter((one) => one.startsWith('digits'))).toEqual(
      ['8', '0', '1', '#'].map((key) => `digits ${key}`),
    )
    expect(await page.locator('.key-pad-sent').textContent()).toBe('801#')
  })

  it('saves who answers, and shows a finding beside the answer that makes it', async () => {
    const { desk, page } = await sit()
    const { taskId } = await seat.reserve()
    await seat.answer()
    await desk.desk()
    await page.locator('.respondent').getByText('子女', { exact: true }).click()
    await waitFor(() => seat.written(taskId).respondent === 'child', { what: 'the respondent to be saved' })
    await desk.choose('medicine', '没有按时')
    await desk.question('medicine').locator('[data-finding=yellow]').waitFor()
    expect(await desk.question('medicine').textContent()).toContain('未按时服药')
    await desk.choose('medicine', '按时')
    await page.locator('[data-finding]').waitFor({ state: 'detached' })
  })

  it('lets the agent correct what the telephone reported, and take it back, after the call', async () => {
    const { desk, page } = await sit()
    const { taskId } = await seat.reserve()
    await seat.answer()
    await desk.desk()
    expect(await page.getByText('呼叫结果更正').count()).toBe(0)
    await seat.end('patient')
    await desk.strip('wrap_up')
    await page.getByText('呼叫结果更正').click()
    const choice = page.getByRole('combobox', { name: '呼叫结果更正' })
    await choice.click()
    await page.locator('.ant-select-item-option', { hasText: '语音信箱' }).click()
    await waitFor(() => seat.written(taskId).correctedResult === 'machine', { what: 'the correction' })
    await choice.click()
    await page.locator('.ant-select-item-option', { hasText: '按系统识别的结果' }).click()
    await waitFor(() => seat.written(taskId).correctedResult === null, { what: 'the correction to be taken back' })
  })

  it('dials the last patient once more when told to', async () => {
    const { desk } = await sit()
    const { taskId } = await seat.reserve()
    await seat.release('no_answer')
    await desk.quiet('waiting')
    await desk.press(/^再次拨打该患者/)
    await desk.strip('dialing')
    expect(seat.asked).toContain(`dial ${taskId}`)
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
          expect(await page.locator('.seat').textContent()).not.toMatch(/seat\.[a-z]+\.|\{\{/)
          if (pictures !== undefined) {
            const path = join(pictures, `seat-${name}-${language}-${width}.png`)
            await page.screenshot({ path, animations: 'disabled' })
          }
        }
      }
      await seat.offerPreview()
      await desk.strip('previewing')
      await desk.desk()
      await look('preview')
      await seat.ready()
      await desk.quiet('waiting')
      await seat.handOver({ nurses: 'satisfied' })
      await desk.strip('talking')
      await desk.choose('medicine', language === 'zh' ? '没有按时' : 'not always')
      await page.locator('[data-finding]').waitFor()
      await seat.supervised({ name: '赵班长', mode: 'barge' })
      await page.locator('[data-supervision=barge]').waitFor()
      await page.keyboard.press('F7')
      await page.locator('.key-pad').waitFor()
      await look('handed-over')
      await page.keyboard.press('Escape')
      await desk.takeForm(language === 'zh' ? '用药专项随访' : 'Medicine alone')
      await page.getByRole('button', { name: sharer.name }).click()
      await page.getByText('P20260055555').waitFor()
      await look('other-form')
    },
  )
})
