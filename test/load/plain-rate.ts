/** Plain calls by sipp through an application of drachtio-srf, at a rate. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { testSdp } from '../harness/drachtio.ts'
import { freePort } from '../harness/free-port.ts'
import { startProcess } from '../harness/process.ts'
import { scenario, uac } from '../harness/sipp.ts'
import { connectSrf, killSrf, newSrf } from '../harness/srf.ts'
import type { SwitchPair } from './switch-pair.ts'

/** The longest that the last calls may take beside the time of the rung. */
const drainSeconds = 15

/** INVITE, 200, ACK, BYE, 200. */
const steps = [uac.invite(), uac.expect(200), uac.ack(), uac.request('BYE', 2), '<recv response="200"/>']

/** An application that answers every call. */
export async function answeringApplication(pair: SwitchPair): Promise<{ close(): void }> {
  const srf = newSrf()
  srf.invite((request, response) => void srf.createUAS(request, response, { localSdp: testSdp }).catch(() => {}))
  await connectSrf(srf, pair.drachtio)
  for (const socket of srf.app.client.mapServer.keys()) socket.setNoDelay(true)
  return { close: () => killSrf(srf) }
}

/** @returns how many calls went as written, and what was sent or received a second time */
export async function plainRung(
  pair: SwitchPair,
  folder: string,
  of: { readonly rate: number; readonly seconds: number },
): Promise<{ readonly calls: number; readonly failed: number; readonly repeated: number }> {
  const path = await mkdtemp(join(folder, 'sipp-'))
  await writeFile(join(path, 'scenario.xml'), scenario(steps))
  const calls = of.rate * of.seconds
  const port = await freePort('127.0.0.1', 'udp')
  const sipp = await startProcess(
    [
      ...(['sipp', `127.0.0.1:${pair.drachtio.sipPort}`, '-sf', 'scenario.xml', '-nostdin', '-s', '100'] as const),
      ...['-i', '127.0.0.1', '-mi', '127.0.0.1', '-p', String(port), '-bind_local'],
      ...['-r', String(of.rate), '-m', String(calls), '-l', String(of.rate * 10)],
      ...['-timeout', String(of.seconds + drainSeconds), '-timeout_error', '-recv_timeout', '10000'],
      ...['-trace_counts', '-fd', '1'],
    ],
    { cwd: path },
  )
  await sipp.ended
  const name = (await readdir(path)).find((file) => file.endsWith('_counts.csv'))
  const [head = '', ...rows] = (name === undefined ? '' : await readFile(join(path, name), 'utf8')).trim().split('\n')
  const last = (rows.at(-1) ?? '').split(';').map(Number)
  const sum = (pattern: RegExp) =>
    head.split(';').reduce((total, column, at) => total + (pattern.test(column) ? (last[at] ?? 0) : 0), 0)
  await sipp.close()
  await rm(path, { recursive: true })
  // The answer to BYE is the last thing received.
  const whole = last[head.split(';').findLastIndex((column) => column.endsWith('_200_Recv'))] ?? 0
  return { calls, failed: calls - whole, repeated: sum(/_Retrans$/) }
}
