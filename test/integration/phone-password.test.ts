import { sql } from 'kysely'
import { afterAll, expect, it } from 'vitest'
import { openListener } from '#platform/database/listen.ts'
import { newId } from '#platform/ids.ts'
import { silentLog } from '#platform/log.ts'
import { secretsOf } from '#platform/secrets.ts'
import { issueBrowserSecret, makeBrowserPhone } from '#telephony/registrar/browser-phone.ts'
import { digestResponse } from '#telephony/registrar/digest.ts'
import { Registrar } from '#telephony/registrar/registrar.ts'
import type { RegisterRequest } from '#telephony/telephony.ts'
import { testDatabase } from '../harness/database.ts'
import { waitFor } from '../harness/wait-for.ts'

const database = await testDatabase({ maxConnections: 4 })
const { db } = database
const listener = await openListener({ url: database.url })
const secrets = secretsOf(Buffer.alloc(32, 7))
const registrar = new Registrar({ db, listener, secrets, log: silentLog })
const siteId = newId()
await db.insertInto('site').values({ id: siteId, code: 'main', name: '总院' }).execute()
const made = await db.transaction().execute((tx) => makeBrowserPhone(tx, secrets, siteId))
afterAll(async () => {
  await registrar.close()
  await listener.close()
  await database.close()
})

const who = `<sip:${made.extension}@suifang.invalid>`

function register(authorization: string | null): RegisterRequest {
  return {
    uri: 'sip:suifang.invalid',
    to: who,
    from: `${who};tag=1`,
    sourceAddress: '127.0.0.1',
    sourcePort: 40_000,
    transport: 'ws',
    sipCallId: 'one',
    authorization,
    userAgent: null,
    contact: '<sip:page@abc.invalid;transport=ws>;expires=60',
    expires: null,
  }
}

async function answered(password: string): Promise<RegisterRequest> {
  const { headers } = await registrar.answer(register(null))
  const nonce = /nonce="(\w+)"/.exec(String(headers['WWW-Authenticate']))?.[1] ?? ''
  const answer = {
    username: made.extension,
    realm: 'suifang',
    nonce,
    uri: 'sip:suifang.invalid',
    algorithm: 'MD5',
    cnonce: 'c',
    nc: '00000001',
  } as const
  const response = digestResponse(answer, 'REGISTER', password)
  const fields = Object.entries({ ...answer, response }).map(([name, value]) =>
    name === 'nc' || name === 'algorithm' ? `${name}=${value}` : `${name}="${value}"`,
  )
  return register(`Digest ${fields.join(', ')}, qop=auth`)
}

it('a page that is proved while its password is taken from it is registered no more', async () => {
  expect((await registrar.answer(await answered(made.password))).status).toBe(200)
  const late = await answered(made.password)
  let answer: Promise<{ status: number }> | undefined
  const fresh = await db.transaction().execute(async (tx) => {
    const issued = await issueBrowserSecret(tx, secrets, made.phoneId)
    answer = registrar.answer(late)
    // It has seen the old password, and waits for the row.
    await waitFor(async () => {
      const { rows } =
        await sql`select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`.execute(
          db,
        )
      return rows.length > 0
    })
    return issued
  })
  expect((await answer)?.status).toBe(401)
  const { rows } = await sql`select from registration where expires_at > clock_timestamp()`.execute(db)
  expect(rows).toEqual([])
  expect((await registrar.answer(await answered(made.password))).status).toBe(403)
  expect((await registrar.answer(await answered(fresh?.password ?? ''))).status).toBe(200)
})
