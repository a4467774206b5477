import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemActor } from '../../../src/platform/audit/audit-store.ts'
import type { AccountItem, AccountList } from '../../../src/platform/auth/account-schema.ts'
import { Accounts } from '../../../src/platform/auth/account-service.ts'
import type { Role } from '../../../src/platform/auth/rights.ts'
import { consoleHeader, sessionCookie } from '../../../src/platform/http/access.ts'
import { makeAccount, openFace, testPassword } from '../../e2e/fixture/face.ts'
import { testDatabase } from '../../harness/database.ts'

const database = await testDatabase()
const { db } = database
const face = await openFace({ db, databaseUrl: database.url })
afterAll(async () => {
  await face.close()
  await database.close()
})

const origin = { ip: '10.0.0.9', userAgent: 'test', requestId: null }

async function signIn(roles: readonly Role[]) {
  const name = await makeAccount(db, roles)
  const { token, session } = await face.auth.signIn(name, testPassword, origin)
  const headers = { [consoleHeader]: '1', cookie: `${sessionCookie}=${token}` }
  return {
    name,
    id: session.accountId,
    token,
    session,
    ask: (method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, payload?: Record<string, unknown>) =>
      face.server.inject({ method, url: `/api${path}`, headers, ...(payload === undefined ? {} : { payload }) }),
  }
}

let system: Awaited<ReturnType<typeof signIn>>
let security: Awaited<ReturnType<typeof signIn>>
beforeAll(async () => {
  system = await signIn(['system_admin'])
  security = await signIn(['security_admin'])
  // Nobody is the last of his kind.
  await makeAccount(db, ['system_admin'])
  await makeAccount(db, ['security_admin'])
})

async function itemOf(id: string): Promise<AccountItem | undefined> {
  const list: AccountList = (await system.ask('GET', '/accounts')).json()
  return list.accounts.find((account) => account.id === id)
}

const changesOf = async (id: string) =>
  (
    await db
      .selectFrom('auditRow')
      .select(['action', 'actorName', 'detail'])
      .where('objectId', '=', id)
      .where('objectKind', '=', 'user_account')
      .orderBy('id')
      .execute()
  ).map(({ action, actorName }) => `${action} by ${actorName}`)

describe('an account', () => {
  it('is made by one administrator without any role, and given roles by another', async () => {
    const made = await system.ask('POST', '/accounts', { signInName: 'Li.Na', displayName: ' 李娜 ' })
    expect(made.statusCode).toBe(201)
    const { id, password } = made.json()
    expect(await itemOf(id)).toMatchObject({
      signInName: 'li.na',
      displayName: '李娜',
      roles: [],
      mustChangePassword: true,
      lastSignInAt: null,
    })
    const { startCode } = (await security.ask('PUT', `/accounts/${id}/roles`, { roles: ['qa', 'agent'] })).json()
    const { session } = await face.auth.signIn('LI.NA', password, origin)
    expect([session.mustChangePassword, session.rights.size]).toEqual([true, 0])
    const wish = { present: password, next: testPassword, startCode }
    const changed = await face.auth.changePassword(session, wish, origin)
    expect(changed.session.rights.has('recording.play')).toBe(true)
    expect(await changesOf(id)).toEqual([
      `account.created by ${system.name}`,
      `account.roles_changed by ${security.name}`,
    ])
  })

  it('is not made twice under one name, nor under one that is none', async () => {
    const draft = { signInName: 'wang', displayName: '王' }
    expect((await system.ask('POST', '/accounts', draft)).statusCode).toBe(201)
    expect((await system.ask('POST', '/accounts', { ...draft, signInName: 'WANG' })).json()).toMatchObject({
      code: 'ACCOUNT_NAME_TAKEN',
    })
    for (const signInName of ['', ' ', 'a', 'a b', '.x', 'x'.repeat(41), '<b>']) {
      expect((await system.ask('POST', '/accounts', { ...draft, signInName })).statusCode, signInName).toBe(400)
    }
  })

  it('has its password neither in the list nor in the trail', async () => {
    const made = await system.ask('POST', '/accounts', { signInName: 'secretive', displayName: '密' })
    const { id, password } = made.json()
    expect((await system.ask('GET', '/accounts')).body).not.toMatch(/argon2|passwordHash/)
    const reset = (await system.ask('POST', `/accounts/${id}/password`)).json()
    expect(reset.password).not.toBe(password)
    const trail = JSON.stringify(await db.selectFrom('auditRow').selectAll().execute())
    for (const secret of [password, reset.password]) expect(trail).not.toContain(secret)
    await expect(face.auth.signIn('secretive', password, origin)).rejects.toMatchObject({ code: 'SIGN_IN_REFUSED' })
    expect((await face.auth.signIn('secretive', reset.password, origin)).session.mustChangePassword).toBe(true)
  })

  it('that is disabled is out at once, and enabled is as it was', async () => {
    const agent = await signIn(['agent'])
    expect((await system.ask('POST', `/accounts/${agent.id}/disable`)).statusCode).toBe(204)
    expect(await face.auth.session(agent.token)).toBeNull()
    await expect(face.auth.signIn(agent.name, testPassword, origin)).rejects.toMatchObject({ code: 'SIGN_IN_REFUSED' })
    expect((await itemOf(agent.id))?.disabledAt).not.toBeNull()
    expect((await system.ask('POST', `/accounts/${agent.id}/enable`)).statusCode).toBe(204)
    expect((await face.auth.signIn(agent.name, testPassword, origin)).session.roles).toEqual(['agent'])
  })

  it('that loses a role is out at once, and stays where it gets one more', async () => {
    const person = await signIn(['agent'])
    expect((await security.ask('PUT', `/accounts/${person.id}/roles`, { roles: ['agent', 'qa'] })).json()).toEqual({
      startCode: null,
    })
    expect((await face.auth.session(person.token))?.roles).toEqual(['agent', 'qa'])
    expect((await security.ask('PUT', `/accounts/${person.id}/roles`, { roles: ['agent'] })).statusCode).toBe(200)
    expect(await face.auth.session(person.token)).toBeNull()
  })

  it('that is locked shows so and is let in again by the security administrator', async () => {
    const name = await makeAccount(db, ['agent'])
    for (let failure = 1; failure <= 5; failure += 1) {
      await face.auth.signIn(name, 'wrong', origin).catch(() => undefined)
    }
    const list: AccountList = (await system.ask('GET', '/accounts')).json()
    const locked = list.accounts.find(({ signInName }) => signInName === name)
    expect(locked?.lockedUntil).not.toBeNull()
    expect((await security.ask('POST', `/accounts/${locked?.id}/unlock`)).statusCode).toBe(204)
    await expect(face.auth.signIn(name, testPassword, origin)).resolves.toBeDefined()
  })

  it('that nobody has is answered so', async () => {
    const nobody = '/accounts/01900000-0000-7000-8000-000000000000'
    for (const answer of [
      await system.ask('PUT', nobody, { displayName: 'x' }),
      await system.ask('POST', `${nobody}/password`),
      await security.ask('PUT', `${nobody}/roles`, { roles: [] }),
    ]) {
      expect(answer.json()).toMatchObject({ code: 'ACCOUNT_UNKNOWN' })
    }
  })
})

describe('the three administrators', () => {
  it('are three: neither does the other’s part', async () => {
    const agent = await makeAccount(db, ['agent'])
    const { id } = await db
      .selectFrom('userAccount')
      .select('id')
      .where('signInName', '=', agent)
      .executeTakeFirstOrThrow()
    for (const answer of [
      await system.ask('PUT', `/accounts/${id}/roles`, { roles: ['qa'] }),
      await system.ask('POST', `/accounts/${id}/unlock`),
      await system.ask('POST', '/audit/search', { limit: 1 }),
      await security.ask('POST', '/accounts', { signInName: 'x1', displayName: 'x' }),
      await security.ask('POST', `/accounts/${id}/password`),
      await security.ask('POST', '/audit/verify', {}),
    ]) {
      expect(answer.json()).toMatchObject({ code: 'RIGHT_MISSING' })
    }
  })

  it.each([
    [['system_admin', 'security_admin']],
    [['security_admin', 'audit_admin']],
    [['audit_admin', 'agent']],
    [['agent', 'supervisor', 'qa', 'audit_admin']],
  ])('are not one person: %s', async (roles) => {
    const { id } = await signIn(['agent'])
    const answer = await security.ask('PUT', `/accounts/${id}/roles`, { roles })
    expect([answer.statusCode, answer.json().code]).toEqual([409, 'ROLES_APART'])
    expect((await itemOf(id))?.roles).toEqual(['agent'])
  })

  it('give themselves nothing, and do not shut themselves out', async () => {
    const answers = [
      await security.ask('PUT', `/accounts/${security.id}/roles`, { roles: ['security_admin', 'supervisor'] }),
      await system.ask('POST', `/accounts/${system.id}/disable`),
      await system.ask('POST', `/accounts/${system.id}/password`),
    ]
    for (const answer of answers) expect(answer.json()).toMatchObject({ code: 'OWN_ACCOUNT' })
  })

  it('do not get into each other’s account by a new password; at the server it is made', async () => {
    const audit = await signIn(['audit_admin'])
    for (const { id } of [audit, security]) {
      const answer = await system.ask('POST', `/accounts/${id}/password`)
      expect([answer.statusCode, answer.json().code]).toEqual([409, 'ADMINISTRATOR_PASSWORD'])
    }
    const { password } = await new Accounts(db).resetPasswordAtServer(systemActor, audit.name)
    expect(await face.auth.session(audit.token)).toBeNull()
    expect((await face.auth.signIn(audit.name, password, origin)).session.mustChangePassword).toBe(true)
  })

  it('make a new password for who may see or hear patients only together, once and within half an hour', async () => {
    const { id, name } = await signIn(['agent', 'supervisor'])
    const reset = () => system.ask('POST', `/accounts/${id}/password`)
    const refused = await reset()
    expect([refused.statusCode, refused.json().code]).toEqual([409, 'PASSWORD_RESET_NOT_ALLOWED'])
    expect((await system.ask('POST', `/accounts/${id}/password-permission`)).json().code).toBe('RIGHT_MISSING')
    const { startCode } = (await security.ask('POST', `/accounts/${id}/password-permission`)).json()
    expect((await itemOf(id))?.resetAllowedUntil).not.toBeNull()
    const { password } = (await reset()).json()
    const { session } = await face.auth.signIn(name, password, origin)
    expect([session.mustChangePassword, session.needsStartCode]).toEqual([true, true])
    // Who made the password cannot begin with it.
    const alone = face.auth.changePassword(session, { present: password, next: testPassword }, origin)
    await expect(alone).rejects.toMatchObject({ code: 'START_CODE_WRONG' })
    const begun = await face.auth.changePassword(
      session,
      { present: password, next: 'Rain-drops-77', startCode },
      origin,
    )
    expect(begun.session.rights.has('patient.clear')).toBe(true)
    expect((await itemOf(id))?.resetAllowedUntil).toBeNull()
    expect((await reset()).json().code).toBe('PASSWORD_RESET_NOT_ALLOWED')

    await security.ask('POST', `/accounts/${id}/password-permission`)
    await sql`update user_account set reset_allowed_until = app_now() - interval '1 second' where id = ${id}`.execute(
      db,
    )
    expect((await reset()).json().code).toBe('PASSWORD_RESET_NOT_ALLOWED')
    const trail = await sql<{ action: string; allowedBy: string | null }>`
      select action, detail ->> 'allowedBy' as allowed_by from audit_row
      where object_id = ${id} and action like 'account.password%' order by id
    `.execute(db)
    expect(trail.rows).toEqual([
      { action: 'account.password_reset_allowed', allowedBy: null },
      { action: 'account.password_reset', allowedBy: security.id },
      { action: 'account.password_reset_allowed', allowedBy: null },
    ])
  })

  it.each([
    ['as it was made', false],
    ['changed already by who made the account', true],
  ])(
    'give a role that meets patients with a code, without which the first password is of no use: %s',
    async (_what, changedBefore) => {
      const made = (
        await system.ask('POST', '/accounts', { signInName: `begin-${changedBefore}`, displayName: '新' })
      ).json()
      let { password } = made
      const early = await face.auth.signIn(`begin-${changedBefore}`, password, origin)
      let [living] = [early]
      if (changedBefore) {
        living = await face.auth.changePassword(early.session, { present: password, next: testPassword }, origin)
        password = testPassword
      }
      const { startCode } = (await security.ask('PUT', `/accounts/${made.id}/roles`, { roles: ['agent'] })).json()
      // Whoever was in is out, and comes no further than to the change of the password.
      expect(await face.auth.session(living.token)).toBeNull()
      const { session } = await face.auth.signIn(`begin-${changedBefore}`, password, origin)
      expect([session.rights.size, session.needsStartCode]).toEqual([0, true])
      const change = (code: string) =>
        face.auth.changePassword(session, { present: password, next: 'Rain-drops-77', startCode: code }, origin)
      for (const code of ['', 'AAAAA-AAAAA'])
        await expect(change(code)).rejects.toMatchObject({ code: 'START_CODE_WRONG' })
      const begun = await change(` ${startCode.toLowerCase().replace('-', ' ')}`)
      expect(begun.session.rights.has('call.read')).toBe(true)
      // It is no secret any more: it opened once.
      expect(begun.session.needsStartCode).toBe(false)
      const trail = JSON.stringify(await db.selectFrom('auditRow').selectAll().execute())
      expect(trail).not.toContain(startCode)
      // A further role needs none: nobody but its person knows the password by now.
      const further = await security.ask('PUT', `/accounts/${made.id}/roles`, { roles: ['agent', 'supervisor'] })
      expect(further.json()).toEqual({ startCode: null })
      expect(await face.auth.session(begun.token)).not.toBeNull()
    },
  )

  it('keep an account whose code is guessed locked, and its code as it was', async () => {
    const made = (await system.ask('POST', '/accounts', { signInName: 'guessed', displayName: '猜' })).json()
    await security.ask('PUT', `/accounts/${made.id}/roles`, { roles: ['qa'] })
    const { session, token } = await face.auth.signIn('guessed', made.password, origin)
    const guess = () =>
      face.auth.changePassword(session, { present: made.password, next: testPassword, startCode: 'X' }, origin)
    for (let failure = 1; failure <= 4; failure += 1)
      await expect(guess()).rejects.toMatchObject({ code: 'START_CODE_WRONG' })
    await expect(guess()).rejects.toMatchObject({ code: 'ACCOUNT_LOCKED' })
    expect(await face.auth.session(token)).toBeNull()
    // A new password without the security administrator's word is none.
    expect((await system.ask('POST', `/accounts/${made.id}/password`)).json().code).toBe('PASSWORD_RESET_NOT_ALLOWED')
    expect((await itemOf(made.id))?.needsStartCode).toBe(true)
  })

  it('need nobody’s word for who may do no more than they', async () => {
    const both = await signIn(['system_admin', 'supervisor'])
    const [none, agent] = [await signIn([]), await signIn(['agent'])]
    expect((await system.ask('POST', `/accounts/${none.id}/password`)).statusCode).toBe(200)
    expect((await both.ask('POST', `/accounts/${agent.id}/password`)).statusCode).toBe(200)
  })

  it('are never none: the last of a kind keeps the role and stays enabled', async () => {
    const own = await testDatabase()
    const accounts = new Accounts(own.db)
    await makeAccount(own.db, ['audit_admin'])
    const [{ id } = { id: '' }] = await accounts.list()
    await expect(accounts.setRoles(systemActor, id, ['agent'])).rejects.toMatchObject({ code: 'LAST_ADMINISTRATOR' })
    await expect(accounts.disable(systemActor, id)).rejects.toMatchObject({ code: 'LAST_ADMINISTRATOR' })
    await makeAccount(own.db, ['audit_admin'])
    await expect(accounts.setRoles(systemActor, id, ['agent'])).resolves.toBeDefined()
    await own.close()
  })
})

describe('sessions', () => {
  it('are listed to who has them, and ended by the same', async () => {
    const agent = await signIn(['agent'])
    const other = await face.auth.signIn(agent.name, testPassword, {
      ...origin,
      ip: '10.0.0.77',
      userAgent: 'Firefox/1',
    })
    const { sessions } = (await agent.ask('GET', '/sessions')).json()
    expect(sessions).toHaveLength(2)
    expect(sessions).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ id: agent.session.id, own: true, ip: '10.0.0.9' }),
        expect.objectContaining({ id: other.session.id, own: false, ip: '10.0.0.77', userAgent: 'Firefox/1' }),
      ]),
    )
    expect((await agent.ask('DELETE', `/sessions/${other.session.id}`)).statusCode).toBe(204)
    expect(await face.auth.session(other.token)).toBeNull()
    expect(await face.auth.session(agent.token)).not.toBeNull()
    expect((await agent.ask('DELETE', `/sessions/${other.session.id}`)).json()).toMatchObject({
      code: 'SESSION_UNKNOWN',
    })
  })

  it('of others are ended by right alone, and that is written down', async () => {
    const [one, other] = [await signIn(['agent']), await signIn(['agent'])]
    expect((await one.ask('DELETE', `/sessions/${other.session.id}`)).statusCode).toBe(404)
    expect((await one.ask('DELETE', `/accounts/${other.id}/sessions/${other.session.id}`)).statusCode).toBe(403)
    expect(await face.auth.session(other.token)).not.toBeNull()
    const listed = await security.ask('GET', `/accounts/${other.id}/sessions`)
    expect(listed.json().sessions).toHaveLength(1)
    // Of this account, or of none.
    expect((await security.ask('DELETE', `/accounts/${one.id}/sessions/${other.session.id}`)).statusCode).toBe(404)
    expect((await security.ask('DELETE', `/accounts/${other.id}/sessions/${other.session.id}`)).statusCode).toBe(204)
    expect(await face.auth.session(other.token)).toBeNull()
    const row = await db
      .selectFrom('auditRow')
      .selectAll()
      .where('action', '=', 'session.ended')
      .where('objectId', '=', other.session.id)
      .executeTakeFirstOrThrow()
    expect(row).toMatchObject({ actorName: security.name, detail: { accountId: other.id } })
  })

  it('are one an account unless the security administrator says otherwise', async () => {
    const list = async (): Promise<AccountList> => (await system.ask('GET', '/accounts')).json()
    expect((await list()).singleSession).toBe(true)
    expect((await security.ask('PUT', '/accounts/session-policy', { single: false })).statusCode).toBe(204)
    expect((await list()).singleSession).toBe(false)
    const row = await db
      .selectFrom('auditRow')
      .selectAll()
      .where('action', '=', 'setting.changed')
      .executeTakeFirstOrThrow()
    expect(row).toMatchObject({ actorName: security.name, objectId: 'session.policy', detail: { single: false } })
  })
})
