import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { openSimulatedCarrier } from '../../src/app/carrier.ts'
import { trunkRows } from '../../src/contact-center/trunks/trunk-store.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { openListener } from '../../src/platform/database/listen.ts'
import { silentLog } from '../../src/platform/log.ts'
import { streamChannel } from '../../src/platform/realtime/stream-store.ts'
import { secretsOf } from '../../src/platform/secrets.ts'
import { makeHospital } from '../e2e/fixture/hospital.ts'
import { testDatabase } from '../harness/database.ts'
import { testFolder } from '../harness/folder.ts'
import { waitFor } from '../harness/wait-for.ts'

const database = await testDatabase()
const { db } = database
const folder = await testFolder()
await makeHospital(db, secretsOf(Buffer.alloc(32, 3)), { patients: 1 })
afterAll(async () => {
  await folder.close()
  await database.close()
})

const simulated = async () => {
  const trunk = (await trunkRows(db)).find(({ kind }) => kind === 'simulated')
  if (trunk === undefined) throw new Error('the hospital has no simulated trunk')
  return trunk
}

it('a simulated carrier that dies is started again where it was, and its trunk says so to who looks', async () => {
  const parts = { db, log: silentLog, clock: systemClock, stateFile: join(folder.path, 'carrier.json') }
  const kept = await openSimulatedCarrier(parts)
  const { pid, sipPort, host } = kept.current.state
  expect(await simulated()).toMatchObject({ host, port: sipPort, carrierDownSince: null, carrierRestarts: 0 })
  const listener = await openListener({ url: database.url, log: silentLog })
  const told: string[] = []
  await listener.listen(streamChannel, { onPayload: (stream) => told.push(stream), onResync: () => {} })
  process.kill(pid, 'SIGKILL')
  await waitFor(async () => (await simulated()).carrierRestarts === 1, { what: 'it was started again' })
  expect(kept.current.state).toMatchObject({ host, sipPort })
  expect(kept.current.state.pid).not.toBe(pid)
  expect(await simulated()).toMatchObject({
    port: sipPort,
    carrierDownSince: null,
    carrierRestartedAt: expect.any(Date),
  })
  expect(told).toContain('live')
  await kept.close()
  await listener.close()
  // What an earlier house has seen is over.
  const next = await openSimulatedCarrier(parts)
  expect((await simulated()).carrierRestarts).toBe(0)
  await next.close()
})
