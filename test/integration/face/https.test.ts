import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { authRoutes } from '../../../src/platform/auth/auth-routes.ts'
import { Auth } from '../../../src/platform/auth/auth-service.ts'
import { systemClock } from '../../../src/platform/clock.ts'
import { openCertificate } from '../../../src/platform/http/certificate.ts'
import { createHttpServer, type HttpServer } from '../../../src/platform/http/server.ts'
import { silentLog } from '../../../src/platform/log.ts'
import { makeAccount, testPassword } from '../../e2e/fixture/face.ts'
import { testDatabase } from '../../harness/database.ts'

const database = await testDatabase()
const { db } = database
let dataDir: string
let server: HttpServer
let url: string
let ca: string

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'suifang-https-'))
  const certificate = await openCertificate({ bind: '0.0.0.0', given: null, dataDir, clock: systemClock })
  ca = certificate?.cert ?? ''
  const auth = new Auth(db)
  server = await createHttpServer({ db, auth, log: silentLog, readiness: [], certificate })
  await server.register(authRoutes, { auth })
  url = await server.listen({ host: '127.0.0.1', port: 0 })
})
afterAll(async () => {
  await server.close()
  await rm(dataDir, { recursive: true, force: true })
  await database.close()
})

/** As a browser that trusts the certificate. */
function post(
  path: string,
  body: unknown,
): Promise<{ status: number; cookies: readonly string[]; stays: string | undefined }> {
  const { origin } = new URL(url)
  const headers = { 'content-type': 'application/json', 'x-suifang-console': '1', origin }
  return new Promise((resolve, reject) => {
    const sent = request(`${url}${path}`, { method: 'POST', ca, headers }, (answer) => {
      answer.resume()
      const { 'set-cookie': cookies = [], 'strict-transport-security': stays } = answer.headers
      resolve({ status: answer.statusCode ?? 0, cookies, stays })
    })
    sent.on('error', reject)
    sent.end(JSON.stringify(body))
  })
}

it('over HTTPS says so in its address, gives a cookie that never travels in the clear, and stays so', async () => {
  expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/)
  const name = await makeAccount(db, ['agent'])
  const { status, cookies, stays } = await post('/api/session', { name, password: testPassword })
  expect(status).toBe(200)
  expect(cookies).toEqual([expect.stringMatching(/; Secure/)])
  expect(stays).toBe('max-age=86400')
})

it('speaks no plain HTTP on that port', async () => {
  await expect(fetch(`${url.replace('https', 'http')}/healthz`)).rejects.toThrow()
})
