import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { setUpQueue } from '../../../src/contact-center/acd/queue-setup.ts'
import type { TeamBoard } from '../../../src/contact-center/teams/team-schema.ts'
import type { Role } from '../../../src/platform/auth/rights.ts'
import { lessAccessChannel } from '../../../src/platform/auth/session-store.ts'
import { openListener } from '../../../src/platform/database/listen.ts'
import { consoleHeader, sessionCookie } from '../../../src/platform/http/access.ts'
import { makeAccount, openFace, testPassword } from '../../e2e/fixture/face.ts'
import { testDatabase } from '../../harness/database.ts'
import { waitFor } from '../../harness/wait-for.ts'

const database = await testDatabase()
const { db } = database
const face = await openFace({ db, databaseUrl: database.url })
afterAll(async () => {
  await face.close()
  await database.close()
})

async function signIn(roles: readonly Role[]) {
  const name = await makeAccount(db, roles)
  const { token, session } = await face.auth.signIn(name, testPassword, { ip: null, userAgent: null, requestId: null })
  const headers = { [consoleHeader]: '1', cookie: `${sessionCookie}=${token}` }
  return {
    name,
    id: session.accountId,
    ask: (method: 'GET' | 'POST' | 'PUT', path: string, payload?: Record<string, unknown>) =>
      face.server.inject({ method, url: `/api${path}`, headers, ...(payload === undefined ? {} : { payload }) }),
  }
}

let system: Awaited<ReturnType<typeof signIn>>
let security: Awaited<ReturnType<typeof signIn>>
let supervisor: Awaited<ReturnType<typeof signIn>>
let one = ''
let other = ''
beforeAll(async () => {
  system = await signIn(['system_admin'])
  security = await signIn(['security_admin'])
  supervisor = await signIn(['supervisor'])
  one = (await system.ask('POST', '/teams', { name: '一组' })).json().id
  other = (await system.ask('POST', '/teams', { name: '二组' })).json().id
  await system.ask('PUT', `/teams/${one}/supervisors`, { userIds: [supervisor.id] })
})

let numbers = 100
async function agentIn(teamId: string) {
  const agent = await signIn(['agent'])
  numbers += 1
  const agentNo = String(numbers)
  expect((await system.ask('PUT', `/agents/${agent.id}`, { agentNo, teamId })).statusCode).toBe(204)
  return { ...agent, agentNo }
}

const boardOf = async (who: typeof system): Promise<TeamBoard> => (await who.ask('GET', '/teams')).json()
const codeOf = (answer: { json(): { code: string } }) => answer.json().code

describe('teams', () => {
  it('have names, supervisors and members; every change is written down', async () => {
    const agent = await agentIn(one)
    const board = await boardOf(system)
    expect(board.all).toBe(true)
    expect(board.teams).toMatchObject([
      { name: '一组', supervisorIds: [supervisor.id] },
      { name: '二组', supervisorIds: [] },
    ])
    expect(board.people.find(({ id }) => id === agent.id)).toMatchObject({
      agentNo: agent.agentNo,
      teamId: one,
      phone: null,
    })
    const actions = await db
      .selectFrom('auditRow')
      .select('action')
      .where('actorName', '=', system.name)
      .where('outcome', '=', 'ok')
      .orderBy('id')
      .execute()
    expect(actions.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['team.created', 'team.supervisors_changed', 'agent.placed']),
    )
  })

  it('are not called the same, and keep their name when another wants it', async () => {
    expect(codeOf(await system.ask('POST', '/teams', { name: ' 一组 ' }))).toBe('TEAM_NAME_TAKEN')
    expect(codeOf(await system.ask('PUT', `/teams/${other}`, { name: '一组' }))).toBe('TEAM_NAME_TAKEN')
    expect((await system.ask('PUT', `/teams/${other}`, { name: '二组' })).statusCode).toBe(204)
  })

  it('are led by who holds that role only, and worked in by who may use a seat', async () => {
    const qa = await signIn(['qa'])
    const led = await system.ask('PUT', `/teams/${one}/supervisors`, { userIds: [supervisor.id, qa.id] })
    expect(codeOf(led)).toBe('PERSON_UNFIT')
    expect((await boardOf(system)).teams[0]?.supervisorIds).toEqual([supervisor.id])
    const placed = await system.ask('PUT', `/agents/${qa.id}`, { agentNo: '900', teamId: one })
    expect(codeOf(placed)).toBe('PERSON_UNFIT')
  })

  it('have nobody under a number that is another’s', async () => {
    const first = await agentIn(one)
    const second = await agentIn(one)
    const answer = await system.ask('PUT', `/agents/${second.id}`, { agentNo: first.agentNo, teamId: one })
    expect(codeOf(answer)).toBe('AGENT_NO_TAKEN')
  })
})

describe('a supervisor', () => {
  it('sees the own teams and their members only', async () => {
    const [mine, theirs] = [await agentIn(one), await agentIn(other)]
    const board = await boardOf(supervisor)
    expect(board.all).toBe(false)
    expect(board.teams.map(({ id }) => id)).toEqual([one])
    const ids = board.people.map(({ id }) => id)
    expect([ids.includes(mine.id), ids.includes(theirs.id)]).toEqual([true, false])
  })

  it('changes the own members, takes nobody from another’s team and gives nobody away', async () => {
    const [mine, theirs] = [await agentIn(one), await agentIn(other)]
    const place = (id: string, agentNo: string, teamId: string) =>
      supervisor.ask('PUT', `/agents/${id}`, { agentNo, teamId })
    expect((await place(mine.id, 'M-1', one)).statusCode).toBe(204)
    expect(codeOf(await place(theirs.id, theirs.agentNo, one))).toBe('TEAM_SCOPE')
    expect(codeOf(await place(mine.id, 'M-1', other))).toBe('TEAM_SCOPE')
  })

  it('neither makes teams nor says who leads them nor gives out phones', async () => {
    const mine = await agentIn(one)
    expect(codeOf(await supervisor.ask('POST', '/teams', { name: '三组' }))).toBe('TEAM_SCOPE')
    expect(codeOf(await supervisor.ask('PUT', `/teams/${one}`, { name: '三组' }))).toBe('TEAM_SCOPE')
    const led = await supervisor.ask('PUT', `/teams/${other}/supervisors`, { userIds: [supervisor.id] })
    expect(codeOf(led)).toBe('TEAM_SCOPE')
    expect(codeOf(await supervisor.ask('POST', `/agents/${mine.id}/phone`, { kind: 'browser' }))).toBe('RIGHT_MISSING')
  })
})

const allowPhone = async (id: string) =>
  expect((await security.ask('POST', `/accounts/${id}/phone-permission`)).statusCode).toBe(204)

describe('who supervises', () => {
  it('is told, by the channel that ends what goes on, when a member goes to another team', async () => {
    const agent = await agentIn(one)
    const listener = await openListener({ url: database.url })
    const told: string[] = []
    await listener.listen(lessAccessChannel, { onPayload: (accountId) => void told.push(accountId) })
    const place = (teamId: string) => system.ask('PUT', `/agents/${agent.id}`, { agentNo: agent.agentNo, teamId })
    await place(one)
    await place(other)
    await waitFor(() => told.length > 0, { what: 'the news' })
    expect(told).toEqual([supervisor.id])
    await listener.close()
  })
})

describe('phones', () => {
  it('with a password take the word of both administrators, once and within half an hour', async () => {
    const agent = await agentIn(one)
    const give = () => system.ask('POST', `/agents/${agent.id}/phone`, { kind: 'desk', extension: '8209' })
    expect(codeOf(await give())).toBe('PHONE_NOT_ALLOWED')
    expect((await boardOf(system)).phoneNeedsWord).toBe(true)
    expect(codeOf(await system.ask('POST', `/accounts/${agent.id}/phone-permission`))).toBe('RIGHT_MISSING')
    await allowPhone(agent.id)
    expect((await boardOf(system)).people.find(({ id }) => id === agent.id)?.phoneAllowedUntil).not.toBeNull()
    expect((await give()).statusCode).toBe(200)
    expect(codeOf(await give())).toBe('PHONE_NOT_ALLOWED')
    await allowPhone(agent.id)
    await sql`update user_account set phone_allowed_until = app_now() - interval '1 second' where id = ${agent.id}`.execute(
      db,
    )
    expect(codeOf(await give())).toBe('PHONE_NOT_ALLOWED')
    // Nor while the account happens to hold no role: its phone is still there when it has one again.
    await security.ask('PUT', `/accounts/${agent.id}/roles`, { roles: [] })
    expect(codeOf(await give())).toBe('PHONE_NOT_ALLOWED')
    const trail = await sql<{ action: string; by: string; allowedBy: string | null }>`
      select action, actor_name as by, detail ->> 'allowedBy' as allowed_by from audit_row
      where object_id = ${agent.id} and action = 'account.phone_allowed' or action = 'phone.set_up' and detail ->> 'agent' = ${agent.id}
      order by id
    `.execute(db)
    expect(trail.rows).toEqual([
      { action: 'account.phone_allowed', by: security.name, allowedBy: null },
      { action: 'phone.set_up', by: system.name, allowedBy: security.id },
      { action: 'account.phone_allowed', by: security.name, allowedBy: null },
    ])
  })

  it('are given out alone by who hears patients himself, as the first account does', async () => {
    const both = await signIn(['supervisor', 'system_admin'])
    const agent = await agentIn(one)
    expect((await boardOf(both)).phoneNeedsWord).toBe(false)
    const given = await both.ask('POST', `/agents/${agent.id}/phone`, { kind: 'desk', extension: '8210' })
    expect(given.statusCode).toBe(200)
  })

  it('keep the word that was given when the extension is another’s', async () => {
    const [first, second] = [await agentIn(one), await agentIn(one)]
    await allowPhone(first.id)
    await system.ask('POST', `/agents/${first.id}/phone`, { kind: 'desk', extension: '8203' })
    await allowPhone(second.id)
    const set = (extension: string) => system.ask('POST', `/agents/${second.id}/phone`, { kind: 'desk', extension })
    expect(codeOf(await set('8203'))).toBe('PHONE_OF_ANOTHER')
    expect((await set('8204')).statusCode).toBe(200)
  })

  it('get a password that is told once and kept sealed; a new one each time', async () => {
    const agent = await agentIn(one)
    const give = async () => {
      await allowPhone(agent.id)
      return (await system.ask('POST', `/agents/${agent.id}/phone`, { kind: 'desk', extension: '8201' })).json().phone
    }
    const [first, second] = [await give(), await give()]
    expect(first.extension).toBe('8201')
    expect(second.secret).not.toBe(first.secret)
    expect((await boardOf(system)).people.find(({ id }) => id === agent.id)?.phone).toEqual({
      extension: '8201',
      kind: 'desk',
      live: false,
    })
    const everything = JSON.stringify([
      await db.selectFrom('auditRow').selectAll().execute(),
      await db.selectFrom('phone').selectAll().execute(),
    ])
    expect(everything).not.toContain(second.secret)
    const row = await db
      .selectFrom('auditRow')
      .selectAll()
      .where('action', '=', 'phone.set_up')
      .executeTakeFirstOrThrow()
    expect(row.actorName).toBe(system.name)
  })

  it('are taken away when the page is to be the phone', async () => {
    const agent = await agentIn(one)
    await allowPhone(agent.id)
    await system.ask('POST', `/agents/${agent.id}/phone`, { kind: 'desk', extension: '8202' })
    const answer = await system.ask('POST', `/agents/${agent.id}/phone`, { kind: 'browser' })
    expect(answer.json()).toEqual({ phone: null })
    expect((await boardOf(system)).people.find(({ id }) => id === agent.id)?.phone).toBeNull()
  })

  it('belong to nobody without a team', async () => {
    const loose = await signIn(['agent'])
    expect(codeOf(await system.ask('POST', `/agents/${loose.id}/phone`, { kind: 'browser' }))).toBe('AGENT_PLACELESS')
  })
})

describe('a queue that is set up at the server', () => {
  it('for a campaign that does not exist leaves neither queue nor team behind, nor their audit rows', async () => {
    const left = async () => ({
      teams: await db.selectFrom('team').select('name').execute(),
      queues: (await sql`select id from queue`.execute(db)).rows,
      rows: await db.selectFrom('auditRow').select('id').where('action', 'like', '%.set_up').execute(),
    })
    const before = await left()
    const draft = { name: '人工', team: '三组', campaign: '没有的活动', waitSeconds: null }
    await expect(setUpQueue(db, draft)).rejects.toMatchObject({ code: 'TEAM_CAMPAIGN_UNKNOWN' })
    expect(await left()).toEqual(before)
    await setUpQueue(db, { ...draft, campaign: null })
    expect((await left()).teams.map(({ name }) => name)).toContain('三组')
  })
})
