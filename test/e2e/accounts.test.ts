import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import pg from 'pg'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { Teams } from '../../src/contact-center/teams/team-service.ts'
import { chainState } from '../../src/platform/audit/audit-chain.ts'
import { sealAudit, systemActor } from '../../src/platform/audit/audit-store.ts'
import { Accounts } from '../../src/platform/auth/account-service.ts'
import type { Role } from '../../src/platform/auth/rights.ts'
import type { Ground } from '../../src/platform/database/database.ts'
import { secretsOf } from '../../src/platform/secrets.ts'
import { hasChromium } from '../harness/chromium.ts'
import { waitFor } from '../harness/wait-for.ts'
import { makeAccount, testPassword } from './fixture/face.ts'
import { useStage } from './fixture/stage.ts'
import { AccountsPage } from './pages/accounts-page.ts'
import { Shell } from './pages/shell.ts'
import { SignInPage } from './pages/sign-in-page.ts'

/** A folder in which to keep what the pages look like, for the documentation. */
const pictures = process.env.SEAT_PICTURES

/** A team such as a hospital has, one of whom is to begin and another to get a desk phone. */
async function makeStaff(db: Ground) {
  const accounts = new Accounts(db)
  const by = async (signInName: string, displayName: string, roles: readonly Role[]) => {
    const made = await accounts.create(systemActor, { signInName, displayName })
    const { startCode } = await accounts.setRoles(systemActor, made.id, roles)
    return { ...made, startCode }
  }
  const security = await by('anquan', '安全管理员', ['security_admin'])
  const supervisor = await by('2001', '周敏', ['supervisor'])
  const team = '随访二组'
  const teams = new Teams({ db, secrets: secretsOf(randomBytes(32)) })
  const manager = { actor: systemActor, all: true }
  const teamId = await teams.create(manager, team)
  await teams.setSupervisors(manager, teamId, [supervisor.id])
  const agents: string[] = []
  for (const [index, name] of ['李娜', '王磊', '陈晓燕', 'Alexandra Featherstonehaugh'].entries()) {
    const { id } = await by(`100${index + 1}`, name, ['agent'])
    await sql`update user_account set must_change_password = false, start_code_hash = null where id = ${id}`.execute(db)
    await teams.placeAgent(manager, id, { agentNo: `10${index + 1}`, teamId })
    agents.push(id)
  }
  const actor = { ...systemActor, accountId: security.id }
  for (const id of agents.slice(0, 2)) await accounts.allowPhone(actor, id)
  await teams.setPhone(manager, agents[1] ?? '', { kind: 'desk', extension: '8002' })
  const { password, startCode } = await by('1009', '刘洋', ['agent', 'qa'])
  return { team, fresh: '1009', password, startCode }
}

describe.skipIf(!hasChromium)('accounts, sessions and the audit trail in Chromium', () => {
  const stage = useStage({ auth: { singleSession: async () => single } })
  let single = false
  let staff: ReturnType<typeof makeStaff> | undefined

  beforeAll(async () => {
    await makeAccount(stage.database.db, ['system_admin'])
  })

  async function enter(roles: readonly Role[], path: '/accounts' | '/audit' | '/' = '/accounts') {
    const entered = await stage.enter(roles, { path, own: true })
    return { ...entered, accounts: new AccountsPage(entered.page) }
  }

  it('makes an account with one administrator, authorises it with another, and lets its person in', async () => {
    const system = await enter(['system_admin'])
    const password = await system.accounts.create('li.na', '李娜')
    await system.accounts.row('li.na').getByText('无角色').waitFor()
    expect(await system.accounts.row('li.na').getByRole('button', { name: '调整角色' }).count()).toBe(0)

    const security = await enter(['security_admin'])
    const roles = await security.accounts.roles('li.na')
    await roles.getByRole('checkbox', { name: '系统管理员' }).check()
    // Another administrator cannot be chosen beside the first.
    expect(await roles.getByRole('checkbox', { name: '安全管理员' }).isDisabled()).toBe(true)
    await roles.getByRole('checkbox', { name: '系统管理员' }).uncheck()
    await roles.getByRole('checkbox', { name: '质检员' }).check()
    await roles.getByRole('button', { name: '保存' }).click()
    const startCode = await security.accounts.secret()
    await security.accounts.row('li.na').getByText('待用启用码登录').waitFor()

    const person = await stage.visit()
    const signIn = new SignInPage(person.page)
    await signIn.signIn('Li.Na', password)
    // Who made the account, and knows its password, comes no further than this.
    await signIn.changePassword(password, 'Rain-drops-77', 'AAAAA-22222')
    await person.page.getByText('启用码缺失或不正确').waitFor()
    await signIn.changePassword(password, 'Rain-drops-77', startCode)
    await new Shell(person.page).connectionIs('connected')
    expect(await new Shell(person.page).menu()).toEqual([
      '/',
      '/tasks',
      '/patients',
      '/calls',
      '/reports',
      '/programmes',
      '/questionnaires',
      '/voices',
    ])

    // Who hears recordings gets a new password from both of them, or not at all.
    const reset = async () => {
      await system.accounts.more('li.na', '重置密码')
      await system.accounts.confirm()
    }
    await reset()
    await system.page.getByText('须先经安全管理员允许').waitFor()
    await security.accounts.more('li.na', '允许重置密码')
    expect(await security.accounts.secret()).not.toBe(startCode)
    await security.accounts.row('li.na').getByText('可重置密码至').waitFor()
    await reset()
    expect(await system.accounts.secret()).not.toBe(password)
    for (const { complaints } of [system, security, person]) {
      expect(complaints).toEqual([])
    }
  })

  it('puts a disabled person out at once', async () => {
    const agent = await enter(['agent'], '/')
    await agent.shell.connectionIs('connected')
    const system = await enter(['system_admin'])
    await system.accounts.more(agent.name, '停用')
    await system.accounts.confirm()
    await system.accounts.row(agent.name).getByText('已停用').waitFor()
    await agent.page.waitForURL('**/sign-in**')
  })

  it('arranges a team, its supervisor and an agent’s phone, whose password is shown once', async () => {
    await makeAccount(stage.database.db, ['supervisor'])
    const agent = await makeAccount(stage.database.db, ['agent'])
    const { page, accounts, complaints } = await enter(['system_admin'])
    await accounts.tab('班组与话机')
    await page.getByRole('button', { name: '新建班组' }).click()
    await page.getByLabel('组名').fill('随访一组')
    await page.getByRole('dialog').getByRole('button', { name: '保存' }).click()
    const team = accounts.team('随访一组')
    await team.getByRole('button', { name: '编入成员' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('combobox', { name: '人员' }).fill(agent)
    await page.keyboard.press('Enter')
    await dialog.getByLabel('工号').fill('0042')
    await dialog.getByRole('button', { name: '保存' }).click()
    await team.locator(`[data-member="${agent}"]`).getByText('浏览器').waitFor()
    await team.getByRole('button', { name: '分配话机' }).click()
    await page.getByRole('radio', { name: 'SIP 话机' }).check()
    await page.getByLabel('分机号').fill('8042')
    const phone = page.getByRole('dialog')
    await phone.getByText('须先经安全管理员允许').first().waitFor()
    await phone.getByRole('button', { name: '保存' }).click()
    await phone.getByText('分配话机须先经安全管理员允许').waitFor()
    const security = await enter(['security_admin'])
    await security.accounts.more(agent, '允许分配话机')
    await security.accounts.row(agent).getByText('可分配话机至').waitFor()
    await phone.getByRole('button', { name: '保存' }).click()
    expect(await accounts.secret()).toMatch(/^[\w-]{16}$/)
    await team.getByText('话机 8042').waitFor()
    expect(complaints).toEqual([])
  })

  it.each(['zh', 'en'] as const)(
    'fits the usual screens without anything cut off or untranslated (%s)',
    async (language) => {
      const { db } = stage.database
      if (pictures !== undefined) await mkdir(pictures, { recursive: true })
      const security = await stage.enter(['security_admin'], { path: '/accounts', language, own: true })
      const system = await stage.enter(['system_admin'], { path: '/accounts', language, own: true })
      const tab = { zh: '班组与话机', en: 'Teams and phones' }[language]
      const look = async (page: Page, name: string) => {
        for (const [width, height] of [
          [1366, 768],
          [1920, 1080],
        ] as const) {
          await page.setViewportSize({ width, height })
          expect(await new AccountsPage(page).misfits(), `${name} at ${width}`).toEqual([])
          expect(await page.locator('body').textContent()).not.toMatch(/(accounts|password)\.[a-z]+|\{\{/)
          if (pictures === undefined) continue
          await page.screenshot({ path: join(pictures, `${name}-${language}-${width}.png`), animations: 'disabled' })
        }
      }
      staff ??= makeStaff(db)
      const people = await staff
      await security.page.reload()
      await new AccountsPage(security.page).row(people.fresh).waitFor()
      await look(security.page, 'accounts')
      await new AccountsPage(system.page).tab(tab)
      await system.page.locator(`[data-team="${people.team}"]`).waitFor()
      await look(system.page, 'teams')
      await system.page.locator(`[data-team="${people.team}"] tbody tr`).last().getByRole('button').last().click()
      await system.page.getByRole('radio').last().check()
      await system.page.getByRole('dialog').getByRole('alert').waitFor()
      await look(system.page, 'teams-phone')

      const person = await stage.visit({ language })
      const signIn = new SignInPage(person.page)
      await signIn.signIn(people.fresh, people.password)
      await person.page.locator('#startCode').fill(people.startCode ?? '')
      await look(person.page, 'start-code')
    },
  )

  it('shows where one is signed in, and ends what one does not know', async () => {
    const { page, name, shell } = await enter(['agent'], '/')
    const other = await stage.visit()
    await new SignInPage(other.page).signIn(name, testPassword)
    await new Shell(other.page).connectionIs('connected')
    await shell.ownSessions()
    await waitFor(async () => (await page.locator('[data-session]').count()) === 2)
    await page.getByText('当前').waitFor()
    await page.getByRole('button', { name: '结束会话' }).click()
    await page.locator('.ant-modal-confirm-btns .ant-btn-primary').click()
    await waitFor(async () => (await page.locator('[data-session]').count()) === 1)
    await other.page.waitForURL('**/sign-in**')
  })

  it('asks before a second sign-in ends the first, where an account has one session', async () => {
    single = true
    const { page, name } = await enter(['agent'], '/')
    const second = await stage.visit()
    const signIn = new SignInPage(second.page)
    await signIn.signIn(name, testPassword)
    await second.page.getByText('该账号已在别处登录').waitFor()
    await second.page.getByRole('button', { name: '在此登录' }).click()
    await new Shell(second.page).connectionIs('connected')
    await page.waitForURL('**/sign-in**')
    single = false
  })

  it('verifies the chain, and names the row that somebody has changed', async () => {
    const { page, complaints } = await enter(['audit_admin'], '/audit')
    await page.locator('[data-audit]').first().waitFor()
    await waitFor(async () => {
      await sealAudit(stage.database.db)
      return (await chainState(stage.database.db)).unsealed === 0
    })
    await page.getByRole('button', { name: '校验整条链' }).click()
    await page.getByText('审计链完整').waitFor()
    const victim = await stage.database.db
      .selectFrom('auditRow')
      .select('id')
      .where('action', '=', 'account.created')
      .executeTakeFirstOrThrow()
    const owner = new pg.Client({ connectionString: stage.database.ownerUrl })
    await owner.connect()
    await owner.query('alter table audit_row disable trigger all')
    await owner.query("update audit_row set actor_name = 'nobody' where id = $1", [victim.id])
    await owner.query('alter table audit_row enable trigger all')
    await owner.end()
    await page.getByRole('button', { name: '校验整条链' }).click()
    await page.getByText(`第 ${victim.id} 号记录被改动`).waitFor()
    await page.getByRole('combobox', { name: '结果' }).click()
    await page.locator('.ant-select-item-option').filter({ hasText: '被拒绝' }).click()
    await page.getByRole('button', { name: '查询' }).click()
    await waitFor(async () => page.url().includes('outcome=denied'))
    expect(complaints).toEqual([])
  })
})
