import type { Locator, Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import type { StorageBoard } from '../../src/contact-center/retention/storage-schema.ts'
import type { TrunkBoard } from '../../src/contact-center/trunks/trunk-schema.ts'
import type { CallingBoard } from '../../src/follow-up/calling/calling-schema.ts'
import type { CampaignBoard } from '../../src/follow-up/dialling/campaign-settings-schema.ts'
import { hasChromium } from '../harness/chromium.ts'
import { atBothWidths, useConsole } from './fixture/console.ts'
import { type SignedIn, signedIn } from './fixture/face.ts'

/** A form on something that has versions, and how a colleague changes another part of it meanwhile. */
interface Form {
  readonly page: Page
  /** Types, and opens the question why. */
  readonly type: (value: string) => Promise<void>
  /** What the form says: what is typed here, and what the colleague changes. */
  readonly says: () => Promise<readonly [mine: string, theirs: string]>
  /** Sends with the reason, where the page hears nothing of the colleague before the server refuses it. */
  readonly send: () => Promise<void>
  readonly colleague: (value: number, reason: string) => Promise<void>
}

/** What is typed here and what the colleague sets, first and the second time; no form has them before. */
interface Values {
  readonly mine: readonly [string, string]
  readonly theirs: readonly [number, number]
}

describe.skipIf(!hasChromium)('a form whose subject somebody else has changed meanwhile, in Chromium', () => {
  const office = useConsole()
  let other: SignedIn
  beforeAll(async () => {
    const { stage } = office
    other = await signedIn(stage.face, stage.database.db, ['supervisor', 'system_admin'])
  })

  const read = async <Board>(path: string): Promise<Board> => (await other.ask('GET', path)).json()
  const change = async (path: string, wish: object): Promise<void> => {
    const { statusCode, body } = await other.ask('PUT', path, wish)
    if (statusCode >= 300) throw new Error(`${path}: ${statusCode} ${body}`)
  }
  const noticeOf = (page: Page) => page.locator('[data-notice=newer]')
  const reasonOf = (page: Page) => page.getByRole('dialog').getByLabel('原因')

  /** Told who, when, why and what differs, with what was typed still in its place. */
  async function told({ page }: Form, reason: string, differs: readonly string[]): Promise<void> {
    const notice = noticeOf(page)
    await notice.getByText(`修改原因：${reason}`).waitFor()
    expect(await notice.textContent()).toMatch(new RegExp(`${other.name} 已于 \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d`))
    const shown = notice.locator('[data-differs]')
    expect(await shown.evaluateAll((all) => all.map((one) => one.getAttribute('data-differs')))).toEqual(differs)
  }

  /** Goes on with what is typed and sends it; then once more, and goes on without. */
  async function keepsWhatIsTyped(
    form: Form,
    { mine, theirs }: Values,
    { name, differs }: { readonly name: string; readonly differs: readonly string[] },
  ): Promise<void> {
    const { page, type, says, send, colleague } = form
    await type(mine[0])
    await reasonOf(page).fill('试点一周')
    await colleague(theirs[0], '例会决定')
    await send()
    await told(form, '例会决定', differs)
    await atBothWidths(page, `newer-${name}-zh`)
    expect((await says())[0]).toBe(mine[0])
    await page.getByRole('button', { name: '在新版上保留我填写的内容' }).click()
    await noticeOf(page).waitFor({ state: 'detached' })
    expect(await says()).toEqual([mine[0], `${theirs[0]}`])
    expect(await reasonOf(page).inputValue()).toBe('试点一周')
    await asked(page)
    await page.getByRole('dialog').waitFor({ state: 'hidden' })

    await type(mine[1])
    await reasonOf(page).fill('再加一次')
    await colleague(theirs[1], '科室意见')
    await send()
    await told(form, '科室意见', differs)
    await page.getByRole('button', { name: '放弃填写，从新版开始' }).click()
    await noticeOf(page).waitFor({ state: 'detached' })
    expect(await says()).toEqual([mine[0], `${theirs[1]}`])
  }

  /** The page has heard of the colleague by itself: nothing is sent. */
  const heard = async () => {}
  const asked = (page: Page) => reasonOf(page).press('Enter')
  /** Into a field of the page's form; Enter opens the question why. */
  const typed = async (field: Locator, value: string) => {
    await field.fill(value)
    await field.press('Enter')
  }
  const bothOf = async (mine: Locator, theirs: Locator) => [await mine.inputValue(), await theirs.inputValue()] as const

  it('keeps what is typed on the calling rule', async () => {
    const { page, complaints } = await office.stage.enter(['supervisor'], { path: '/calling' })
    const [mine, theirs] = [page.getByLabel('任意连续七天'), page.getByLabel('每天')]
    await keepsWhatIsTyped(
      {
        page,
        type: (value) => typed(mine, value),
        says: () => bothOf(mine, theirs),
        send: heard,
        colleague: async (capPerDay, reason) => {
          const { rule, version } = await read<CallingBoard>('/calling')
          await change('/calling', { basedOn: version, rule: { ...rule, capPerDay }, reason })
        },
      },
      { mine: ['21', '22'], theirs: [4, 5] },
      { name: 'calling', differs: ['capPerDay', 'capPerWeek'] },
    )
    expect(complaints).toEqual([])
  })

  it('keeps what is typed on a campaign’s settings', async () => {
    const path = `/campaigns/${office.hospital.campaignId}`
    const { page, complaints } = await office.stage.enter(['supervisor'], { path })
    const [mine, theirs] = [page.getByLabel('振铃时长'), page.getByLabel('拒接 间隔')]
    await page.getByText('为本活动单独设置').click()
    await keepsWhatIsTyped(
      {
        page,
        type: (value) => typed(mine, value),
        says: () => bothOf(mine, theirs),
        send: () => asked(page),
        colleague: async (delayMinutes, reason) => {
          const { version, settings, programmeRetry } = await read<CampaignBoard>(`${path}/settings`)
          const { rules, ...plan } = settings.retry ?? programmeRetry
          const changed = rules.map((rule) => (rule.result === 'rejected' ? { ...rule, delayMinutes } : rule))
          const retry = { ...plan, rules: changed }
          await change(`${path}/settings`, { basedOn: version, settings: { ...settings, retry }, reason })
        },
      },
      { mine: ['45', '50'], theirs: [61, 62] },
      { name: 'campaign', differs: ['ringSeconds', 'rejected'] },
    )
    expect(complaints).toEqual([])
  })

  it('keeps what is typed on the retention rule', async () => {
    const { page, complaints } = await office.stage.enter(['system_admin'], { path: '/storage' })
    const [mine, theirs] = [page.getByLabel('录音保存'), page.getByLabel('审计记录保存')]
    await keepsWhatIsTyped(
      {
        page,
        type: (value) => typed(mine, value),
        says: () => bothOf(mine, theirs),
        send: () => asked(page),
        colleague: async (auditMonths, reason) => {
          const { rule, ruleVersion } = await read<StorageBoard>('/storage')
          await change('/storage/rule', { basedOn: ruleVersion, rule: { ...rule, auditMonths }, reason })
        },
      },
      { mine: ['700', '800'], theirs: [13, 14] },
      { name: 'storage', differs: ['recordingDays', 'auditMonths'] },
    )
    expect(complaints).toEqual([])
  })

  it('that somebody types on before the page has read back what it sent tells of nobody', async () => {
    const { page, complaints } = await office.stage.enter(['system_admin'], { path: '/storage' })
    const field = page.getByLabel('录音保存')
    const slow = Promise.withResolvers<void>()
    await typed(field, '900')
    await reasonOf(page).fill('试点')
    await page.route('**/api/storage', async (route) => {
      await slow.promise
      await route.continue()
    })
    await asked(page)
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    await field.fill('950')
    const readBack = page.waitForResponse('**/api/storage')
    slow.resolve()
    await readBack
    await field.press('Enter')
    await page.getByRole('dialog').getByText('900 天').waitFor()
    expect(await noticeOf(page).count()).toBe(0)
    await reasonOf(page).fill('再改')
    await asked(page)
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    expect((await read<StorageBoard>('/storage')).rule.recordingDays).toBe(950)
    expect(complaints).toEqual([])
  })

  it('keeps what is typed on a trunk', async () => {
    const { page, complaints } = await office.stage.enter(['system_admin'], { path: '/trunks' })
    const trunk = page.locator('[data-trunk=模拟线路]')
    const dialog = page.getByRole('dialog')
    const [mine, theirs] = [dialog.getByLabel('线路数'), dialog.getByLabel('每秒呼叫数')]
    await keepsWhatIsTyped(
      {
        page,
        type: async (value) => {
          await trunk.getByRole('button', { name: '修改…' }).click()
          await mine.fill(value)
        },
        says: () => bothOf(mine, theirs),
        send: heard,
        colleague: async (callsPerSecond, reason) => {
          const { trunks } = await read<TrunkBoard>('/trunks')
          const [first] = trunks
          if (first === undefined) throw new Error('there is no trunk')
          const { id, version, name, host, port, lines, callerNumber, watched } = first
          const wish = { name, host, port, lines, callsPerSecond, callerNumber, watched }
          await change(`/trunks/${id}`, { basedOn: version, ...wish, reason })
        },
      },
      { mine: ['21', '22'], theirs: [3, 4] },
      { name: 'trunk', differs: ['lines', 'callsPerSecond'] },
    )
    expect(complaints).toEqual([])
  })
})
