import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasChromium } from '../harness/chromium.ts'
import { testFolder } from '../harness/folder.ts'
import { startProcess, type TestProcess } from '../harness/process.ts'
import { waitFor } from '../harness/wait-for.ts'
import { launchBrowser, visit } from './browser.ts'
import { CallsPage } from './pages/calls-page.ts'
import { ImportPage } from './pages/import-page.ts'
import { LivePage } from './pages/live-page.ts'
import { Shell } from './pages/shell.ts'
import { SignInPage } from './pages/sign-in-page.ts'

/** Discharged before the demo's patients, so that they are dialled before them; all answer and complete (…00). */
const list = [
  '住院号,姓名,性别,联系电话,出院科室,出院时间',
  ...['甲', '乙', '丙'].map((name, index) => {
    const day = new Date(Date.now() - 10 * 86_400_000).toISOString().slice(0, 10)
    return `E2E${index},端到端${name},男,1990000${index + 1}100,骨科,${day}`
  }),
].join('\n')

describe.skipIf(!hasChromium)('the whole product, as npm start opens it', () => {
  let folder: Awaited<ReturnType<typeof testFolder>>
  let house: TestProcess
  let browser: Browser

  beforeAll(async () => {
    folder = await testFolder()
    house = await startProcess([process.execPath, 'src/main.ts'], {
      env: { SUIFANG_DATA: folder.path, PORT: '0' },
      ready: /Console.*: (http\S+)/,
      readyTimeoutMs: 60_000,
    })
    browser = await launchBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    await house?.close()
    await folder?.close()
  })

  it('takes a list, dials it, shows the surveys as they complete and plays a recording', async () => {
    const [name = '', password = ''] = (await readFile(join(folder.path, 'first-login.txt'), 'utf8')).split('\n')
    const { page, complaints } = await visit(browser, house.ready?.[1] ?? '')
    const [shell, live, imports, calls] = [
      new Shell(page),
      new LivePage(page),
      new ImportPage(page),
      new CallsPage(page),
    ]
    const signIn = new SignInPage(page)
    await signIn.signIn(name, password)
    await signIn.changePassword(password, 'Lotus-lantern-52')
    await live.ready()
    await live.stateIs('running')

    await live.command(/^暂停/)
    await live.stateIs('paused')
    await live.whyNot('campaign_paused').waitFor()
    await shell.open('/import')
    await imports.choose({ name: '出院名单.csv', mimeType: 'text/csv', buffer: Buffer.from(list) })
    expect(await imports.counts()).toMatchObject({ read: 3, created: 3, rejected: 0 })

    await shell.open('/')
    await live.command(/^启动/)
    await live.stateIs('running')
    await page.getByText('端到端').first().waitFor({ timeout: 60_000 })
    await live.results('completed').filter({ hasText: '端到端' }).first().waitFor({ timeout: 90_000 })

    await shell.open('/calls')
    await waitFor(
      async () => {
        await calls.search('端到端甲')
        return (await calls.rows().filter({ hasText: '端到端甲' }).locator('button:has(.anticon-audio)').count()) > 0
      },
      { timeoutMs: 60_000, what: 'a call of the list with a recording' },
    )
    await calls.listen()
    await calls.playedFor(1)
    expect(await calls.channels()).toBeGreaterThanOrEqual(2)
    await calls.answer('nurses').waitFor()
    expect(complaints).toEqual([])
  })
})
