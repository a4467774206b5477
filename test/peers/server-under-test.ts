/** The softswitch as production starts it, with the SIP address that a suite's network gives it. */
import { join } from 'node:path'
import { type SoftswitchState, softswitchState } from '#softswitch/softswitch-state.ts'
import { startProcess } from '../harness/process.ts'
import type { Suite } from './suite.ts'

const program = join(import.meta.dirname, '../../src/softswitch/main.ts')

export interface ServerUnderTest {
  readonly state: SoftswitchState
  close(): Promise<void>
}

/** @param host its name in the network; SIP is at port 5060 there, as in the suite's containers */
export async function startServer(
  suite: Suite,
  host: string,
  settings: Readonly<Record<string, string | number>> = {},
): Promise<ServerUnderTest> {
  const bind = suite.hosts[host]
  if (bind === undefined) throw new Error(`the network has no host ${host}`)
  const wishes = { bind, controlBind: bind, drachtioSipPort: 5060, ...settings }
  const server = await startProcess(
    [process.execPath, '--import', join(import.meta.dirname, 'named-hosts.ts'), program, JSON.stringify(wishes)],
    { ready: /^\{"pid".*/, env: { PEERS_HOSTS: JSON.stringify(suite.hosts) } },
  )
  const state = softswitchState.parse(server.ready?.[0] ?? '')
  if (state === null) throw new Error(`the softswitch said ${server.lines.join('\n')}`)
  return { state, close: async () => void (await server.close()) }
}
