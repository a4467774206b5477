import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { setUpPhone } from '../../../src/contact-center/acd/agent-setup.ts'
import { seatRoutes } from '../../../src/contact-center/acd/seat-routes.ts'
import { Auth } from '../../../src/platform/auth/auth-service.ts'
import { type Role, roles } from '../../../src/platform/auth/rights.ts'
import { consoleHeader, sessionCookie } from '../../../src/platform/http/access.ts'
import { createHttpServer } from '../../../src/platform/http/server.ts'
import { newId } from '../../../src/platform/ids.ts'
import { silentLog } from '../../../src/platform/log.ts'
import { makeAccount, testPassword } from '../../e2e/fixture/face.ts'
import { secrets } from '../follow-up/office.ts'
import { Floor, type Node } from './floor.ts'

const floor = await Floor.open({ patients: 12 })
const { db } = floor
const auth = new Auth(db)
const node: Node = await floor.node()
const server = await createHttpServer({
  db,
  auth,
  log: silentLog,
  readiness: [],
  limits: { requestsPerMinute: 10_000 },
})
await server.register(seatRoutes, { seats: node.service, pages: node.pages })
afterAll(async () => {
  await server.close()
  await floor.close()
})

async function caller(role: Role) {
  const name = await makeAccount(db, [role])
  const { token } = await auth.signIn(name, testPassword, { ip: null, userAgent: null, requestId: null })
  const { id } = await db
    .selectFrom('userAccount')
    .select('id')
    .where('signInName', '=', name)
    .executeTakeFirstOrThrow()
  const headers = { [consoleHeader]: '1', cookie: `${sessionCookie}=${token}` }
  return {
    id,
    name,
    ask: (method: 'GET' | 'POST', path: string, payload?: Record<string, unknown>) =>
      server.inject({ method, url: `/api/seat${path}`, headers, ...(payload === undefined ? {} : { payload }) }),
  }
}

const commands = ['sign-in', 'sign-out', 'status', 'hang-up', 'hold', 'resume', 'wrap-up/extend', 'wrap-up/finish']

describe.each(roles)('the seat over HTTP: %s', (role) => {
  it(`is ${role === 'agent' || role === 'supervisor' ? 'let in' : 'refused at every route, and that is audited'}`, async () => {
    const { ask, id } = await caller(role)
    const answers = [await ask('GET', '')]
    for (const command of commands) answers.push(await ask('POST', `/${command}`, bodyOf(command)))
    const refused = answers.filter((one) => one.statusCode === 403 && one.json().code === 'RIGHT_MISSING').length
    const may = role === 'agent' || role === 'supervisor'
    expect(refused).toBe(may ? 0 : commands.length + 1)
    const denied = await db
      .selectFrom('auditRow')
      .select('id')
      .where('actorId', '=', id)
      .where('outcome', '=', 'denied')
      .execute()
    expect(denied).toHaveLength(refused)
  })
})

describe('an agent over HTTP', () => {
  let agent: Awaited<ReturnType<typeof caller>>
  beforeEach(async () => {
    agent = await caller('agent')
    await floor.seatAgent(agent.id)
  })

  it('has no seat without a phone, and sees the phone from the day it is given one', async () => {
    const { ask, name } = await caller('agent')
    expect((await ask('GET', '')).json()).toEqual({ seat: null })
    await setUpPhone({ db, secrets }, { extension: '8900', agent: name, agentNo: null, team: null })
    expect((await ask('GET', '')).json().seat).toMatchObject({
      status: 'signed_out',
      state: 'unreachable',
      phone: { extension: '8900', live: false },
    })
  })

  it('signs in and sees the seat, with where its stream stands', async () => {
    const done = agent.ask('POST', '/sign-in')
    await node.until(() => node.telephony.ringAt(agent.id) !== undefined)
    node.telephony.ringAt(agent.id)?.lift()
    expect((await done).statusCode).toBe(204)
    const { seat } = (await agent.ask('GET', '')).json()
    expect(seat).toMatchObject({
      id: agent.id,
      status: 'available',
      statusReason: null,
      state: 'idle',
      phone: { live: true },
      wrapUpUntil: null,
      call: null,
    })
    expect(seat.offset).toBe((await floor.told(agent.id)).length)
    expect((await agent.ask('POST', '/status', { status: 'on_break', reason: '培训' })).statusCode).toBe(204)
    expect((await agent.ask('GET', '')).json().seat).toMatchObject({ status: 'on_break', statusReason: '培训' })
    expect((await agent.ask('POST', '/sign-out')).statusCode).toBe(204)
    expect((await agent.ask('GET', '')).json().seat).toMatchObject({ status: 'signed_out', state: 'unreachable' })
  })

  it.each([
    ['/status', { status: 'signed_out' }],
    ['/status', { status: 'available', seat: newId() }],
    ['/wrap-up/extend', { seconds: 0 }],
    ['/wrap-up/extend', { seconds: 100_000 }],
  ])('%s with %o is refused as malformed', async (path, body) => {
    expect((await agent.ask('POST', path, body)).statusCode).toBe(400)
  })

  it.each([
    ['/hold', undefined, 'SEAT_NO_CALL'],
    ['/resume', undefined, 'SEAT_NO_CALL'],
    ['/hang-up', undefined, 'SEAT_NO_CALL'],
    ['/status', { status: 'away' }, 'SEAT_NOT_SIGNED_IN'],
    ['/wrap-up/finish', undefined, 'SEAT_NOT_SIGNED_IN'],
  ])('%s says by its code why it cannot be done', async (path, body, code) => {
    const answer = await agent.ask('POST', path, body)
    expect(answer.statusCode).toBe(409)
    expect(answer.json()).toMatchObject({ code })
  })
})

function bodyOf(command: string): Record<string, unknown> | undefined {
  if (command === 'status') return { status: 'available' }
  return command === 'wrap-up/extend' ? { seconds: 30 } : undefined
}
