import { describe, expect, it } from 'vitest'
import { newId } from '../../src/platform/ids.ts'
import { hasChromium } from '../harness/chromium.ts'
import { waitFor } from '../harness/wait-for.ts'
import { atBothWidths, useConsole } from './fixture/console.ts'

describe.skipIf(!hasChromium)('the console’s live page and tasks in Chromium', () => {
  const office = useConsole()
  const { enter, stage, task } = office

  it('moves the live page as calls go on, without asking for anything again', async () => {
    const { page, live, complaints } = await enter(['supervisor'])
    await live.countIs('waiting', 12)
    const asked: string[] = []
    page.on('request', (request) => asked.push(new URL(request.url()).pathname))

    const call = await office.script.dial(task(0))
    await live.countIs('dialing', 1)
    await live.call(call.attemptId).getByText('拨号').waitFor()
    await live.call(call.attemptId).getByText('13800000000').waitFor()
    await office.script.ring(call)
    await live.call(call.attemptId).getByText('振铃').waitFor()
    await office.script.answer(call)
    await live.countIs('survey', 1)
    await office.script.question(call, 0)
    await live.call(call.attemptId).getByText('第 1 / 5 题').waitFor()
    await office.script.question(call, 1, '2')
    await live.call(call.attemptId).getByText('医生的讲解').waitFor()
    await office.script.end(call, 'answered', 'completed', 'completed')
    await live.countIs('completed', 1)
    await live.results('completed').first().waitFor()
    await waitFor(async () => (await live.calls().count()) === 0, { what: 'the call to leave the list' })

    const busy = await office.script.dial(task(1))
    await office.script.end(busy, 'dialing', 'busy', 'retry_wait')
    await live.failures('busy').waitFor()
    await live.countIs('retry', 1)

    // Names of people are asked for as they come; the rest is pushed.
    expect(new Set(asked)).toEqual(new Set(['/api/live/people']))
    expect(complaints).toEqual([])
  })

  it('shows after a lost connection what happened meanwhile', async () => {
    const { context, page, shell, live } = await enter(['supervisor'])
    await live.ready()
    await shell.connectionIs('connected')
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
    // An emulated network does not reach sockets that are open: the server lets go of the page.
    stage.face.hub.dropAll()
    await shell.connectionIs('interrupted')
    const call = await office.script.dial(task(2))
    await office.script.end(call, 'dialing', 'no_answer', 'failed')
    await offline(false)
    await shell.connectionIs('connected')
    await live.failures('no_answer').waitFor()
    await live.countIs('failed', 1)
  })

  it('pauses and starts a campaign after a question, and everybody’s page shows it', async () => {
    const { live } = await enter(['supervisor'])
    const onlooker = await enter(['agent'], { language: 'en' })
    await onlooker.live.stateIs('running')
    expect(await onlooker.live.campaign().getByRole('button').count()).toBe(0)
    await live.command(/暂停/)
    await live.stateIs('paused')
    await onlooker.live.stateIs('paused')
    await onlooker.live.whyNot('campaign_paused').getByText('Campaign paused').waitFor()
    await live.command(/启动/)
    await onlooker.live.stateIs('running')
  })

  it('shows people masked to who may not see them', async () => {
    const call = await office.script.dial(task(3))
    const { live } = await enter(['qa'])
    await live.call(call.attemptId).getByText('138****0003').waitFor()
    await office.script.end(call, 'dialing', 'busy', 'retry_wait')
  })

  it('leads from a count to who it is, keeps the tasks up to date, and changes them with a reason', async () => {
    const { db } = stage.database
    const [held, stopped, called] = [task(7), task(8), task(6)]
    const refusal = { id: newId(), phoneNumberId: held.phoneNumberId, source: 'supervisor' } as const
    await db.insertInto('doNotCall').values(refusal).execute()
    const { page, shell, live, complaints } = await enter(['supervisor'])
    const row = ({ id }: { readonly id: string }) => page.locator(`[data-task="${id}"]`)
    const rows = page.locator('[data-task]')
    await live.ready()
    await page.locator('[data-reason=do_not_call] a').click()
    await row(held).locator('[data-held=do_not_call]').waitFor()
    expect(await rows.count()).toBe(1)
    await atBothWidths(page, 'tasks-held-zh')

    await page.getByRole('button', { name: '清空条件' }).click()
    await row(stopped).locator('[data-state=due]').waitFor()
    await atBothWidths(page, 'tasks-zh')
    const asked: string[] = []
    page.on('request', (request) => asked.push(new URL(request.url()).pathname))
    const call = await office.script.dial(called)
    await row(called).locator('[data-state=in_progress]').waitFor()
    await page.locator('[data-count=in_progress]').waitFor()
    expect(new Set(asked)).toEqual(new Set(['/api/tasks/glance']))

    for (const one of [stopped, called]) await row(one).getByRole('checkbox').check()
    await page.getByText('已选 2 个').waitFor()
    await page.getByRole('button', { name: /^终\s*止$/ }).click()
    const dialog = page.getByRole('dialog')
    const why = dialog.getByRole('textbox', { name: '原因' })
    await dialog.getByText('可执行 1 个').waitFor()
    await dialog.getByText(/1 个不能执行.*班长台/).waitFor()
    await why.press('Enter')
    await dialog.getByText('请填写原因').waitFor()
    await atBothWidths(page, 'tasks-stop-zh')
    await why.fill('方案选错')
    await why.press('Enter')
    await dialog.getByText('已执行 1 个，未执行 1 个').waitFor()
    await atBothWidths(page, 'tasks-outcome-zh')
    await dialog.locator('.ant-modal-footer').getByRole('button').click()
    await row(stopped).waitFor({ state: 'detached' })
    await office.script.end(call, 'dialing', 'busy', 'retry_wait')
    await row(called).locator('[data-state=retry_wait]').waitFor()

    // What would change nothing is said, and cannot be sent.
    await row(called).getByRole('checkbox').check()
    await page.getByRole('button', { name: /^重\s*开$/ }).click()
    await dialog.getByText('所选任务都不能执行此操作').waitFor()
    await why.fill('不会提交')
    await why.press('Enter')
    expect(await dialog.locator('.ant-modal-footer .ant-btn-primary').isDisabled()).toBe(true)
    await atBothWidths(page, 'tasks-nothing-zh')
    await dialog.locator('.ant-modal-footer').getByRole('button').first().click()
    await dialog.waitFor({ state: 'detached' })

    await page.getByText('已结束', { exact: true }).click()
    await row(stopped).getByRole('link').click()
    await page.locator('[data-action="task.stopped"]').getByText('方案不匹配：方案选错').waitFor()
    await atBothWidths(page, 'task-stopped-zh')
    await page.getByRole('button', { name: /^重\s*开$/ }).click()
    await why.fill('核对后仍需随访')
    await why.press('Enter')
    await page.locator('[data-action="task.reopen"]').getByText('核对后仍需随访').waitFor()
    await page.locator('.call-facts [data-state=due]').waitFor()
    await shell.switchLanguage()
    await page.getByText('May be dialled now').waitFor()
    await atBothWidths(page, 'task-en')
    await page.getByRole('link', { name: 'Back to the tasks' }).click()
    await page.getByText('Open', { exact: true }).click()
    await row(called).getByText('Busy').waitFor()
    await atBothWidths(page, 'tasks-en')
    await row(called).getByRole('link').click()
    await page.locator(`[data-attempt="${call.attemptId}"] a`).click()
    await page.getByRole('link', { name: 'Attempt 1' }).click()
    await page.locator(`[data-attempt="${call.attemptId}"]`).waitFor()
    await atBothWidths(page, 'task-called-en')
    const lifted = { liftedAt: new Date() }
    await db.updateTable('doNotCall').set(lifted).where('id', '=', refusal.id).execute()
    expect(complaints).toEqual([])
  })
})
