/** Calls that an agent begins, over HTTP: who may, what is refused, from which page. */
import { sql } from 'kysely'
import { afterAll, describe, expect, it } from 'vitest'
import { seatDialRoutes } from '../../../src/contact-center/acd/seat-dial-routes.ts'
import { pageHeader, seatRoutes } from '../../../src/contact-center/acd/seat-routes.ts'
import { Auth } from '../../../src/platform/auth/auth-service.ts'
import { type Role, roles } from '../../../src/platform/auth/rights.ts'
import { consoleHeader, sessionCookie } from '../../../src/platform/http/access.ts'
import { createHttpServer } from '../../../src/platform/http/server.ts'
import { newId } from '../../../src/platform/ids.ts'
import { silentLog } from '../../../src/platform/log.ts'
import { makeAccount, testPassword } from '../../e2e/fixture/face.ts'
import { Floor } from './floor.ts'

const floor = await Floor.open({ patients: 4, pacing: 'preview' })
const { db } = floor
const auth = new Auth(db)
const node = await floor.node()
const server = await createHttpServer({ db, auth, log: silentLog, readiness: [] })
await server.register(seatRoutes, { seats: node.service, pages: node.pages })
await server.register(seatDialRoutes, { dialling: node.dialling, seats: node.service, pages: node.pages })
afterAll(async () => {
  await node.quiet()
  await server.close()
  await floor.close()
})

async function caller(role: Role) {
  const name = await makeAccount(db, [role])
  const { token } = await auth.signIn(name, testPassword, { ip: null, userAgent: null, requestId: null })
  const account = db.selectFrom('userAccount').select('id').where('signInName', '=', name)
  const { id } = await account.executeTakeFirstOrThrow()
  const headers = { [consoleHeader]: '1', cookie: `${sessionCookie}=${token}` }
  return {
    id,
    post: (path: string, payload: Record<string, unknown>, more: Readonly<Record<string, string>> = {}) =>
      server.inject({ method: 'POST', url: `/api/seat/${path}`, headers: { ...headers, ...more }, payload }),
  }
}

const requests = [
  ['dial', { taskId: newId() }],
  ['preview/dial', {}],
  ['preview/skip', { reason: '稍后' }],
  ['digits', { digits: '1' }],
] as const

describe.each(roles)('calls by hand: %s', (role) => {
  const may = role === 'agent' || role === 'supervisor'
  it(may ? 'is let in, and told why not' : 'is refused, and that is audited', async () => {
    const { post, id } = await caller(role)
    const codes: string[] = []
    for (const [path, body] of requests) codes.push((await post(path, body)).json().code)
    if (may) return expect(codes).toEqual(['SEAT_NOT_SIGNED_IN', 'SEAT_NO_PREVIEW', 'SEAT_NO_PREVIEW', 'SEAT_NO_CALL'])
    expect(new Set(codes)).toEqual(new Set(['RIGHT_MISSING']))
    const denied = db.selectFrom('auditRow').select('id').where('actorId', '=', id).where('outcome', '=', 'denied')
    expect(await denied.execute()).toHaveLength(requests.length)
  })
})

it.each([
  ['dial', {}],
  ['dial', { taskId: 'x' }],
  ['dial', { taskId: newId(), phoneId: '138' }],
  ['preview/skip', {}],
  ['preview/skip', { reason: '' }],
  ['digits', { digits: '' }],
  ['digits', { digits: '1234567890123456789012345678901234' }],
  ['digits', { digits: '1,2' }],
])('%s refuses %j', async (path, body) => {
  const { post } = await caller('agent')
  expect((await post(path, body)).statusCode).toBe(400)
})

it('dials for the page that has the seat, says the gate’s reason, and refuses another page', async () => {
  const agent = await caller('agent')
  await floor.seatAgent(agent.id)
  await node.signIn(agent.id)
  const [one, two] = await db.selectFrom('task').select('id').orderBy('id').execute()
  await sql`update patient set deceased_at = now() where id = (select patient_id from task where id = ${one?.id})`.execute(
    db,
  )
  const refused = await agent.post('dial', { taskId: one?.id })
  expect([refused.statusCode, refused.json().code]).toEqual([409, 'GATE_DECEASED'])
  expect(refused.json().message).toContain('The patient has died')
  const unknown = await agent.post('dial', { taskId: newId() })
  expect([unknown.statusCode, unknown.json().code]).toEqual([404, 'TASK_UNKNOWN'])

  const pageId = newId()
  expect((await agent.post('open', { pageId })).statusCode).toBe(200)
  const elsewhere = await agent.post('dial', { taskId: two?.id })
  expect([elsewhere.statusCode, elsewhere.json().code]).toEqual([409, 'SEAT_OPEN_ELSEWHERE'])
  expect((await agent.post('dial', { taskId: two?.id }, { [pageHeader]: pageId })).statusCode).toBe(204)
  await node.quiet()
  const dial = node.dialOf(node.carried[0]?.work.attemptId ?? '')
  const leg = dial.answer()
  await node.quiet()
  expect((await agent.post('digits', { digits: '0*#' }, { [pageHeader]: pageId })).statusCode).toBe(204)
  expect(leg.heard).toContain('keys 0*#')
  leg.endBy('patient')
  await node.quiet()
})
