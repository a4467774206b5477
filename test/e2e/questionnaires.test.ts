import { join } from 'node:path'
import { sql } from 'kysely'
import type { Page, Route } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { ensureStandardHospital } from '../../src/follow-up/intake/standard-hospital.ts'
import { hasChromium } from '../harness/chromium.ts'
import { hasProgram } from '../harness/programs.ts'
import { recorderWav } from '../harness/recorder-wav.ts'
import { useStage } from './fixture/stage.ts'

const pictures = process.env.SEAT_PICTURES

/** For who looks at the pages. */
async function picture(page: Page, name: string): Promise<void> {
  for (const width of pictures === undefined ? [] : [1366, 1920]) {
    await page.setViewportSize({ width, height: width === 1366 ? 768 : 1080 })
    await page.screenshot({ path: join(pictures ?? '', `${name}-${width}.png`), animations: 'disabled' })
  }
}

/** Half a second of tone at 16 kHz, as somebody's recorder writes it. */
function recording(): Buffer {
  const tone = Array.from({ length: 8_000 }, (_, at) => Math.sin(at / 5) * 6_000)
  return recorderWav(tone, { rate: 16_000, channels: 1 })
}

describe.skipIf(!hasChromium)('questionnaires in Chromium', () => {
  const stage = useStage()
  beforeAll(async () => void (await ensureStandardHospital(stage.database.db)))

  const saved = (page: Page) => page.locator('[data-draft=saved]').waitFor()

  it('is read: what the agent says, what the patient hears, who asks it', async () => {
    const { page, complaints } = await stage.enter(['qa'], { path: '/questionnaires' })
    await page.locator('[data-use="出院 D+7 满意度"]').waitFor()
    expect(await page.getByRole('button', { name: '新建问卷' }).count()).toBe(0)
    await picture(page, 'questionnaires-zh')
    await page.locator('[data-questionnaire=出院满意度]').click()
    const question = page.locator('[data-question=advice-clear]')
    await question.getByText('仅当第 4 题回答：有').waitFor()
    expect(await question.locator('[data-sound=shipped]').count()).toBe(2)
    expect(await page.getByRole('button', { name: '修改…' }).count()).toBe(0)
    await picture(page, 'questionnaire-zh')
    await page.getByRole('button', { name: '试听…' }).click()
    await page.locator('.trial li').first().waitFor()
    // Faster than the server answers: no key is lost.
    for (const key of ['1', '2', '2', '1', '2', '2'])
      await page.getByRole('button', { name: key, exact: true }).click({ force: true })
    await page.locator('[data-line=outcome]').waitFor()
    await page.locator('[data-line=stored]').getByText('advice-clear = 不适用').waitFor()
    await picture(page, 'questionnaire-trial-zh')
    expect(complaints).toEqual([])
  })

  it('is written, spoken, published with a reason; the programme keeps the version that it has', async () => {
    const { page, complaints } = await stage.enter(['supervisor'], { path: '/questionnaires' })
    await page.getByRole('button', { name: '新建问卷' }).click()
    await page.locator('.draft-finding[data-code=QUESTIONNAIRE_NO_QUESTIONS]').waitFor()
    await page.getByLabel('问卷名称', { exact: true }).fill('伤口随访')
    const add = async (kind: string) => {
      await page.getByRole('button', { name: '新增题目' }).click()
      await page.getByRole('menuitem', { name: kind }).click()
    }
    await add('单选')
    await page.getByLabel('念给患者的题目', { exact: true }).fill('伤口疼吗？')
    await page.getByLabel('选项 1', { exact: true }).fill('疼')
    await page.getByLabel('选项 2', { exact: true }).fill('不疼')
    await page.getByRole('button', { name: '按题目和选项生成' }).click()
    await page.locator('.draft-finding[data-code=QUESTIONNAIRE_PROMPT_SOUNDLESS]').waitFor()
    expect(await page.getByRole('button', { name: '发布…' }).isDisabled()).toBe(true)
    await picture(page, 'questionnaire-draft-zh')
    await page
      .locator('input[type=file]')
      .setInputFiles({ name: 'take.wav', mimeType: 'audio/wav', buffer: recording() })
    await page.locator('[data-sound=recorded]').waitFor()
    await add('数字')
    await page.getByLabel('念给患者的题目', { exact: true }).fill('今天的体温是多少？')
    await page.getByLabel('最小值', { exact: true }).fill('45')
    await page.getByLabel('最大值', { exact: true }).fill('34')
    await page.getByRole('button', { name: '按题目和选项生成' }).click()
    await page.locator('.draft-finding[data-code=QUESTIONNAIRE_RANGE_EMPTY]').waitFor()
    await page.getByLabel('最小值', { exact: true }).fill('34')
    await page.getByLabel('最大值', { exact: true }).fill('45')
    if (hasProgram('espeak-ng') && hasProgram('sox')) await page.getByRole('button', { name: '合成缺少的' }).click()
    else
      await page
        .locator('input[type=file]')
        .setInputFiles({ name: 't.wav', mimeType: 'audio/wav', buffer: recording() })
    await page.locator('.question-editor [data-sound]:not([data-sound=missing])').waitFor()
    const list = page.locator('.question-list li')
    await list.nth(1).getByRole('button').first().press('Alt+ArrowUp')
    const q2First = page.locator('.question-list li:first-child[data-question=q2]')
    await q2First.waitFor()
    await saved(page)
    await page.reload()
    await q2First.waitFor()
    await page.getByRole('button', { name: '发布…' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('原因').fill('外科要求')
    // Looks something up in the draft once more: what was typed is there when the question is asked again.
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'hidden' })
    await page.getByRole('button', { name: '发布…' }).click()
    expect(await dialog.getByLabel('原因').inputValue()).toBe('外科要求')
    await dialog.getByLabel('原因').press('Enter')
    await page.locator('[data-version="1"]').getByText('原因：外科要求').waitFor()
    await page.getByRole('button', { name: '修改…' }).click()
    await page.getByLabel('念给患者的题目', { exact: true }).fill('今天体温多少？')
    await saved(page)
    await page.getByRole('button', { name: '发布…' }).click()
    expect(await dialog.getByLabel('原因').inputValue()).toBe('')
    await dialog.getByLabel('原因').fill('更短')
    await dialog.getByLabel('原因').press('Enter')
    await page.locator('[data-version="2"] [data-difference=changed]').waitFor()
    await picture(page, 'questionnaire-versions-zh')
    expect(complaints).toEqual([])
  })

  it('that a colleague changes says so, and takes the colleague’s words when it is loaded again', async () => {
    const { page } = await stage.enter(['supervisor'], { path: '/questionnaires', language: 'en' })
    await page.locator('[data-questionnaire=出院满意度]').click()
    await picture(page, 'questionnaire-en')
    await page.getByRole('button', { name: 'Change…' }).click()
    await page.getByLabel('Name', { exact: true }).waitFor()
    await picture(page, 'questionnaire-draft-en')
    const colleague = await stage.enter(['supervisor'], { own: true, path: new URL(page.url()).pathname })
    await colleague.page.getByLabel('问卷名称', { exact: true }).fill('同事改的')
    await saved(colleague.page)
    await page.getByRole('button', { name: 'Load again' }).click()
    await page.getByText('同事改的').waitFor()
    const sent = page.waitForResponse((answer) => answer.request().method() === 'PUT')
    await page.getByLabel('Name', { exact: true }).fill('最后一句')
    await page.getByRole('link', { name: 'All questionnaires' }).click()
    await sent
    await page.locator('[data-questionnaire=出院满意度]').click()
    await page.getByText('最后一句').waitFor()
    await page.context().setOffline(true)
    await page.getByLabel('Name', { exact: true }).fill('断网时写的')
    await page.getByText('The server cannot be reached.').waitFor()
    await page.context().setOffline(false)
    await page.getByRole('button', { name: 'Try again' }).click()
    await saved(page)
    expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('断网时写的')

    await page.context().setOffline(true)
    await page.getByLabel('Name', { exact: true }).fill('断网时的名称')
    await page.getByText('The server cannot be reached.').waitFor()
    await colleague.page.getByRole('button', { name: '重新载入' }).click()
    await colleague.page.getByRole('button', { name: '新增题目' }).click()
    await colleague.page.getByRole('menuitem', { name: '单选' }).click()
    await saved(colleague.page)
    await page.context().setOffline(false)
    await page.locator('[data-notice=newer]').waitFor()
    expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('断网时的名称')
    await picture(page, 'questionnaire-newer-en')
    await page.getByRole('button', { name: 'Go on from it, keep what I typed' }).click()
    await saved(page)
    const both = await sql<{ name: string; questions: number }>`
      select document #>> '{title,zh}' as name, jsonb_array_length(document -> 'questions') as questions
      from questionnaire_draft
    `.execute(stage.database.db)
    expect(both.rows).toEqual([{ name: '断网时的名称', questions: 6 }])

    await page.context().setOffline(true)
    await page.getByLabel('Name', { exact: true }).fill('发布前没存上的')
    await page.getByText('The server cannot be reached.').waitFor()
    // A dialog that is opened while the other edition is on its way would go with the old one.
    const answers = Promise.withResolvers<void>()
    const answerLate = (route: Route) => answers.promise.then(() => route.continue())
    await colleague.page.route('**/api/questionnaires/*', answerLate, { times: 1 })
    await colleague.page.getByRole('button', { name: '重新载入' }).click()
    await colleague.page.locator('[inert] [data-draft]').waitFor()
    answers.resolve()
    await colleague.page.getByRole('button', { name: '放弃草稿…' }).click()
    await colleague.page.getByRole('dialog').getByRole('button', { name: '放弃' }).click()
    await colleague.page.getByRole('button', { name: '修改…' }).waitFor()
    await page.context().setOffline(false)
    await page.locator('[data-notice=gone]').waitFor()
    await page.getByRole('button', { name: 'Begin another draft with it' }).click()
    await page.getByRole('button', { name: 'Go on from it, keep what I typed' }).click()
    await saved(page)
    expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('发布前没存上的')
    await page.getByRole('button', { name: 'Discard draft…' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Discard' }).click()
    await page.getByRole('button', { name: 'Change…' }).waitFor()
    const { rows } = await sql`
      select from questionnaire_draft d join questionnaire q on q.id = d.questionnaire_id
      where q.code = 'discharge-satisfaction'
    `.execute(stage.database.db)
    expect(rows).toHaveLength(0)
  })
})
