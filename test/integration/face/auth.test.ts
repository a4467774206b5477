import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { Accounts } from '../../../src/platform/auth/account-service.ts'
import { Auth } from '../../../src/platform/auth/auth-service.ts'
import { ensureFirstAccounts, type FirstLogin } from '../../../src/platform/auth/first-account.ts'
import { administratorRoles, isRight, rights, roles } from '../../../src/platform/auth/rights.ts'
import { makeAccount, testPassword } from '../../e2e/fixture/face.ts'
import { testDatabase } from '../../harness/database.ts'

const database = await testDatabase({ maxConnections: 12 })
const { db } = database
afterAll(() => database.close())

const auth = new Auth(db)
const origin = { ip: '10.0.0.1', userAgent: 'test', requestId: null }
const actor = { accountId: null, name: null, sessionId: null, ip: null, requestId: null }
const audits = (action: string) =>
  db.selectFrom('auditRow').selectAll().where('action', '=', action).orderBy('id', 'desc').execute()

/** Everything of this account happened so much earlier. */
async function letTimePass(minutes: number): Promise<void> {
  for (const column of [
    'session.last_seen_at',
    'session.expires_at',
    'sign_in_attempt.at',
    'user_account.locked_until',
    'sign_in_stranger.locked_until',
  ]) {
    const [table, name] = column.split('.')
    await sql.raw(`update ${table} set ${name} = ${name} - interval '${minutes} minutes'`).execute(db)
  }
  await sql`update sign_in_stranger set failed_at = array(
    select f - make_interval(mins => ${minutes}) from unnest(failed_at) f)`.execute(db)
}

describe('first accounts', () => {
  it('are made once, one for each administrator, with passwords that are told once and must be changed', async () => {
    const told: FirstLogin[] = []
    const deliver = async (logins: readonly FirstLogin[]) => void told.push(...logins)
    const made = await Promise.all([ensureFirstAccounts(db, deliver), ensureFirstAccounts(db, deliver)])
    expect(made.filter((logins) => logins.length > 0)).toHaveLength(1)
    expect(told.map(({ signInName }) => signInName)).toEqual(['admin', 'security', 'audit'])
    const rights: (readonly string[])[] = []
    for (const { signInName, password } of told) {
      const { session } = await auth.signIn(signInName, password, origin)
      expect(session.mustChangePassword).toBe(true)
      expect(session.rights.size).toBe(0)
      const changed = await auth.changePassword(session, { present: password, next: testPassword }, origin)
      rights.push([...changed.session.rights].sort())
    }
    expect(rights[0]).toEqual(expect.arrayContaining(['account.manage', 'campaign.control']))
    expect(rights.slice(1)).toEqual([['account.authorise', 'account.read'], ['audit.read']])
  })

  it('do not exist when their passwords could not be delivered', async () => {
    const empty = await testDatabase()
    const failing = ensureFirstAccounts(empty.db, async () => {
      throw new Error('disk full')
    })
    await expect(failing).rejects.toThrow('disk full')
    expect(await empty.db.selectFrom('userAccount').select('id').execute()).toEqual([])
    await empty.close()
  })

  it('are made for an administrator that nobody is any more, under a name that is free', async () => {
    const left = await testDatabase()
    await makeAccount(left.db, ['system_admin'])
    const deliver = async () => {}
    expect((await ensureFirstAccounts(left.db, deliver)).map(({ signInName }) => signInName)).toEqual([
      'security',
      'audit',
    ])
    await left.db.updateTable('userAccount').set({ disabledAt: new Date() }).where('signInName', '=', 'audit').execute()
    expect((await ensureFirstAccounts(left.db, deliver)).map(({ signInName }) => signInName)).toEqual(['audit-2'])
    await left.close()
  })
})

describe('rights', () => {
  it('in the database are the ones the code knows', async () => {
    const rows = await db.selectFrom('roleRight').selectAll().execute()
    expect(rows.filter(({ rightCode }) => !isRight(rightCode))).toEqual([])
    expect(new Set(rows.map(({ rightCode }) => rightCode))).toEqual(new Set(rights))
    const known = await db.selectFrom('role').select('code').execute()
    expect(new Set(known.map(({ code }) => code))).toEqual(new Set(roles))
  })

  it('keep system, security and audit administration apart, and all three from patients and recordings', async () => {
    const rows = await db.selectFrom('roleRight').selectAll().execute()
    const holders = (right: string) =>
      rows.filter(({ rightCode }) => rightCode === right).map(({ roleCode }) => roleCode)
    expect(holders('account.manage')).toEqual(['system_admin'])
    expect(holders('account.authorise')).toEqual(['security_admin'])
    expect(holders('audit.read')).toEqual(['audit_admin'])
    expect(rows.filter(({ roleCode }) => roleCode === 'audit_admin')).toHaveLength(1)
    for (const right of ['recording.play', 'recording.download', 'patient.clear', 'call.read']) {
      for (const administrator of administratorRoles) expect(holders(right)).not.toContain(administrator)
    }
  })

  it.each([
    ["insert into role_right values ('qa', 'recording.download')", '42501'],
    ["delete from role_right where role_code = 'audit_admin'", '42501'],
    ["insert into role values ('root')", '42501'],
    ['delete from user_account', '42501'],
    ['delete from session', '42501'],
  ])('are not changed by the application: %s', async (attack, code) => {
    await expect(sql.raw(attack).execute(db)).rejects.toMatchObject({ code })
  })

  it.each([
    ['system_admin', 'recording.play'],
    ['security_admin', 'patient.clear'],
    ['supervisor', 'audit.read'],
    ['supervisor', 'account.authorise'],
    ['audit_admin', 'live.read'],
  ])('are refused by the database even to who owns it: %s may not have %s', async (role, right) => {
    const owner = new pg.Client({ connectionString: database.ownerUrl })
    await owner.connect()
    await expect(owner.query('insert into role_right values ($1, $2)', [role, right])).rejects.toMatchObject({
      constraint: 'administrators_apart',
    })
    await owner.end()
  })

  it.each([
    [['system_admin', 'security_admin']],
    [['security_admin', 'audit_admin']],
    [['audit_admin', 'qa']],
    [['supervisor', 'audit_admin']],
  ] as const)('of %s together are refused to one account by the database', async (held) => {
    await expect(makeAccount(db, held)).rejects.toMatchObject({ code: 'SF012' })
  })

  it('of two administrators are refused also when they are given at the same time', async () => {
    const name = await makeAccount(db, ['agent'])
    const { id } = await db
      .selectFrom('userAccount')
      .select('id')
      .where('signInName', '=', name)
      .executeTakeFirstOrThrow()
    const give = (roleCode: string) => db.insertInto('userRole').values({ userAccountId: id, roleCode }).execute()
    const given = await Promise.allSettled([give('system_admin'), give('security_admin')])
    expect(given.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })
})

describe('sign-in', () => {
  let name = ''
  beforeEach(async () => {
    name = await makeAccount(db, ['supervisor'])
  })

  it('takes the name in any case and keeps of the cookie only a hash', async () => {
    const { token, session } = await auth.signIn(` ${name.toUpperCase()} `, testPassword, origin)
    expect(await auth.session(token)).toMatchObject({ id: session.id, signInName: name })
    const row = await db.selectFrom('session').selectAll().where('id', '=', session.id).executeTakeFirstOrThrow()
    expect(JSON.stringify(row)).not.toContain(token)
  })

  it('answers the same to a wrong password and to a name nobody has', async () => {
    for (const [who, password] of [
      [name, 'wrong'],
      ['nobody', testPassword],
    ] as const) {
      await expect(auth.signIn(who, password, origin)).rejects.toMatchObject({ code: 'SIGN_IN_REFUSED' })
    }
  })

  it('locks the account for 30 minutes after five failures, also for the right password', async () => {
    for (let failure = 1; failure <= 4; failure += 1) {
      await expect(auth.signIn(name, 'wrong', origin)).rejects.toMatchObject({ code: 'SIGN_IN_REFUSED' })
    }
    await expect(auth.signIn(name, 'wrong', origin)).rejects.toMatchObject({ code: 'ACCOUNT_LOCKED' })
    await expect(auth.signIn(name, testPassword, origin)).rejects.toMatchObject({
      code: 'ACCOUNT_LOCKED',
      params: { minutes: 30 },
    })
    await letTimePass(31)
    await expect(auth.signIn(name, testPassword, origin)).resolves.toBeDefined()
    expect((await audits('account.locked'))[0]).toMatchObject({ actorName: name })
  })

  it('answers to a name nobody has, or a disabled account’s, what it answers to an account: also when it is locked', async () => {
    const disabled = await makeAccount(db, ['agent'])
    await db.updateTable('userAccount').set({ disabledAt: new Date() }).where('signInName', '=', disabled).execute()
    const told = async (who: string) => {
      const answers: string[] = []
      for (let failure = 1; failure <= 7; failure += 1) {
        const given = failure % 2 === 0 ? ` ${who.toUpperCase()}` : who
        const refusal = await auth.signIn(given, 'wrong', origin).catch((error: unknown) => error)
        answers.push(JSON.stringify(refusal, ['code', 'params', 'minutes']))
      }
      await letTimePass(31)
      const later = await auth.signIn(who, 'wrong', origin).catch(({ code }: { code: string }) => code)
      answers.push(JSON.stringify(later))
      return answers
    }
    const ofAccount = await told(name)
    expect(ofAccount.filter((answer) => answer.includes('ACCOUNT_LOCKED'))).toHaveLength(3)
    expect(await told('nobody.has.this')).toEqual(ofAccount)
    expect(await told(disabled)).toEqual(ofAccount)
    const kept = JSON.stringify(await db.selectFrom('signInStranger').selectAll().execute())
    expect(kept).not.toContain('nobody.has.this')
  })

  it('begins to count anew after a success and after a lock', async () => {
    for (let failure = 1; failure <= 4; failure += 1) await auth.signIn(name, 'wrong', origin).catch(() => undefined)
    await auth.signIn(name, testPassword, origin)
    await expect(auth.signIn(name, 'wrong', origin)).rejects.toMatchObject({ code: 'SIGN_IN_REFUSED' })
    for (let failure = 1; failure <= 4; failure += 1) await auth.signIn(name, 'wrong', origin).catch(() => undefined)
    await letTimePass(31)
    await expect(auth.signIn(name, 'wrong', origin)).rejects.toMatchObject({ code: 'SIGN_IN_REFUSED' })
  })

  it('forgets the failures of an account that has been unlocked', async () => {
    for (let failure = 1; failure <= 5; failure += 1) await auth.signIn(name, 'wrong', origin).catch(() => undefined)
    const { id } = await db
      .selectFrom('userAccount')
      .select('id')
      .where('signInName', '=', name)
      .executeTakeFirstOrThrow()
    await new Accounts(db).unlock(actor, id)
    await expect(auth.signIn(name, 'wrong', origin)).rejects.toMatchObject({ code: 'SIGN_IN_REFUSED' })
    await expect(auth.signIn(name, testPassword, origin)).resolves.toBeDefined()
  })

  it('gives many guesses at once no more than five', async () => {
    const guesses = Array.from({ length: 20 }, () =>
      auth.signIn(name, 'wrong', origin).then(
        () => 'in',
        (error: { code: string }) => error.code,
      ),
    )
    const answers = await Promise.all(guesses)
    expect(answers.filter((code) => code === 'SIGN_IN_REFUSED')).toHaveLength(4)
    expect(answers.filter((code) => code === 'ACCOUNT_LOCKED')).toHaveLength(16)
  })

  it('of a disabled account is refused, and its sessions are over', async () => {
    const { token } = await auth.signIn(name, testPassword, origin)
    await db.updateTable('userAccount').set({ disabledAt: new Date() }).where('signInName', '=', name).execute()
    expect(await auth.session(token)).toBeNull()
    await expect(auth.signIn(name, testPassword, origin)).rejects.toMatchObject({ code: 'SIGN_IN_REFUSED' })
  })

  it('writes audit rows with who and from where, and never the password', async () => {
    await auth.signIn(name, 'wrong-secret', origin).catch(() => undefined)
    await auth.signIn(name, testPassword, origin)
    const rows = (await audits('session.sign_in')).filter(({ actorName }) => actorName === name)
    expect(rows.map(({ outcome, ip }) => [outcome, ip])).toEqual([
      ['ok', '10.0.0.1'],
      ['failed', '10.0.0.1'],
    ])
    const everything = JSON.stringify(await db.selectFrom('auditRow').selectAll().execute())
    expect(everything).not.toMatch(/wrong-secret|Harbour-Light/)
  })
})

describe('session', () => {
  let name = ''
  beforeEach(async () => {
    name = await makeAccount(db, ['agent'])
  })
  const reasonOf = async (id: string) =>
    (await db.selectFrom('session').select('endReason').where('id', '=', id).executeTakeFirstOrThrow()).endReason

  it('ends by sign-out, at once and for good', async () => {
    const { token, session } = await auth.signIn(name, testPassword, origin)
    await auth.signOut({ ...actor, sessionId: session.id })
    expect(await auth.session(token)).toBeNull()
    expect(await reasonOf(session.id)).toBe('signed_out')
  })

  it('ends after 30 idle minutes, and activity keeps it', async () => {
    const { token, session } = await auth.signIn(name, testPassword, origin)
    await letTimePass(29)
    expect(await auth.session(token)).not.toBeNull()
    await letTimePass(29)
    expect(await auth.session(token)).not.toBeNull()
    await letTimePass(31)
    expect(await auth.session(token)).toBeNull()
    expect(await reasonOf(session.id)).toBe('idle')
  })

  it('is not kept alive by a socket that only looks', async () => {
    const { session } = await auth.signIn(name, testPassword, origin)
    await letTimePass(20)
    expect(await auth.sessionById(session.id)).not.toBeNull()
    await letTimePass(11)
    expect(await auth.sessionById(session.id)).toBeNull()
  })

  it('ends after twelve hours, however busy', async () => {
    const { token, session } = await auth.signIn(name, testPassword, origin)
    for (let half = 0; half < 23; half += 1) {
      await letTimePass(29)
      expect(await auth.session(token)).not.toBeNull()
    }
    await letTimePass(29)
    await letTimePass(29)
    expect(await auth.session(token)).toBeNull()
    expect(['expired', 'idle']).toContain(await reasonOf(session.id))
  })

  it('is not found by a token that was never given', async () => {
    expect(await auth.session('x'.repeat(43))).toBeNull()
    expect(await auth.session('')).toBeNull()
  })
})

describe('one session an account', () => {
  const single = new Auth(db, { singleSession: async () => true })
  const elsewhere = { ip: '10.0.0.2', userAgent: 'another', requestId: null }

  it('tells who signs in at another place where the first is, and leaves that alone', async () => {
    const name = await makeAccount(db, ['agent'])
    const first = await single.signIn(name, testPassword, origin)
    await expect(single.signIn(name, testPassword, elsewhere)).rejects.toMatchObject({
      code: 'SESSION_ELSEWHERE',
      params: { ip: '10.0.0.1', userAgent: 'test' },
    })
    expect(await single.session(first.token)).not.toBeNull()
    const [row] = (await audits('session.sign_in')).filter(({ actorName }) => actorName === name)
    expect(row).toMatchObject({ outcome: 'denied', ip: '10.0.0.2', detail: { reason: 'elsewhere' } })
  })

  it('is told to nobody who has not the password', async () => {
    const name = await makeAccount(db, ['agent'])
    await single.signIn(name, testPassword, origin)
    await expect(single.signIn(name, 'wrong', elsewhere, { takeOver: true })).rejects.toMatchObject({
      code: 'SIGN_IN_REFUSED',
    })
  })

  it('ends the first when the second says so', async () => {
    const name = await makeAccount(db, ['agent'])
    const first = await single.signIn(name, testPassword, origin)
    const second = await single.signIn(name, testPassword, elsewhere, { takeOver: true })
    expect(await single.session(first.token)).toBeNull()
    expect(await single.session(second.token)).not.toBeNull()
    const row = await db
      .selectFrom('session')
      .select('endReason')
      .where('id', '=', first.session.id)
      .executeTakeFirstOrThrow()
    expect(row.endReason).toBe('signed_in_elsewhere')
  })

  it('counts no session that idleness has ended', async () => {
    const name = await makeAccount(db, ['agent'])
    await single.signIn(name, testPassword, origin)
    await letTimePass(31)
    await expect(single.signIn(name, testPassword, elsewhere)).resolves.toBeDefined()
  })

  it('of two at once lets one in', async () => {
    const name = await makeAccount(db, ['agent'])
    const both = await Promise.allSettled([
      single.signIn(name, testPassword, origin),
      single.signIn(name, testPassword, elsewhere),
    ])
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })
})

describe('change of password', () => {
  it('ends every other session of the account and goes on in a new one', async () => {
    const name = await makeAccount(db, ['agent'])
    const other = await auth.signIn(name, testPassword, origin)
    const { session } = await auth.signIn(name, testPassword, origin)
    const changed = await auth.changePassword(session, { present: testPassword, next: 'Rain-drops-77' }, origin)
    expect(await auth.session(other.token)).toBeNull()
    expect(await auth.sessionById(session.id)).toBeNull()
    expect(await auth.session(changed.token)).not.toBeNull()
    await expect(auth.signIn(name, testPassword, origin)).rejects.toMatchObject({ code: 'SIGN_IN_REFUSED' })
  })

  it('asks for the present password, and no oftener than sign-in does', async () => {
    const name = await makeAccount(db, ['agent'])
    const { session } = await auth.signIn(name, testPassword, origin)
    const guess = () => auth.changePassword(session, { present: 'wrong', next: 'Rain-drops-77' }, origin)
    for (let failure = 1; failure <= 4; failure += 1) {
      await expect(guess()).rejects.toMatchObject({ code: 'PASSWORD_WRONG' })
    }
    await expect(guess()).rejects.toMatchObject({ code: 'ACCOUNT_LOCKED' })
    expect(await auth.sessionById(session.id)).toBeNull()
  })

  it('refuses a weak one and the last five', async () => {
    const name = await makeAccount(db, ['agent'])
    let { session } = await auth.signIn(name, testPassword, origin)
    await expect(auth.changePassword(session, { present: testPassword, next: 'short' }, origin)).rejects.toMatchObject({
      code: 'PASSWORD_TOO_WEAK',
      params: { rules: ['too_short', 'too_few_classes'] },
    })
    const used = [testPassword]
    for (let round = 1; round <= 5; round += 1) {
      const next = `Rain-drops-${round}${round + 1}`
      const present = used.at(-1) ?? ''
      session = (await auth.changePassword(session, { present, next }, origin)).session
      used.push(next)
    }
    const present = used.at(-1) ?? ''
    for (const next of used.slice(1)) {
      await expect(auth.changePassword(session, { present, next }, origin)).rejects.toMatchObject({
        code: 'PASSWORD_USED_BEFORE',
      })
    }
    await expect(auth.changePassword(session, { present, next: testPassword }, origin)).resolves.toBeDefined()
  })
})
