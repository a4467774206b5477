import { sql } from 'kysely'
import { setUpPhone } from '../../src/contact-center/acd/agent-setup.ts'
import type { SeatView } from '../../src/contact-center/acd/seat-schema.ts'
import { makeAccount, testPassword } from '../e2e/fixture/face.ts'
import { type Baresip, startBaresip } from '../harness/baresip.ts'
import type { TestProcess } from '../harness/process.ts'
import { waitFor } from '../harness/wait-for.ts'
import type { Hospital } from './hospital.ts'
import { registrarOf } from './servers.ts'

/** An agent with a desk phone of another make, before the house is open. */
export interface DeskAgent {
  readonly name: string
  readonly extension: string
  readonly secret: string
}

/** Makes an account an agent's, with a phone. @param team null for the hospital's first */
export async function deskAgent(
  { ground }: Hospital,
  { extension = '8001', team = null }: { readonly extension?: string; readonly team?: string | null } = {},
): Promise<DeskAgent> {
  const name = await makeAccount(ground.db, ['agent'])
  const { secret } = await setUpPhone(ground, { extension, agent: name, agentNo: null, team })
  return { name, extension, secret }
}

/** Starts the phone, and waits until the house knows where it is. */
export async function plugIn(
  hospital: Hospital,
  { extension, secret }: DeskAgent,
  { frequency = 900 } = {},
): Promise<Baresip> {
  const registrar = { ...(await registrarOf(hospital)), password: secret }
  const phone = await startBaresip({ frequency, user: extension, registrar })
  await registered(hospital)
  return phone
}

/** Some phone is live. */
export async function registered(hospital: Hospital): Promise<void> {
  await waitFor(
    async () => (await hospital.rows(sql`select 1 from registration where expires_at > clock_timestamp()`)).length > 0,
    { what: 'the phone to register', timeoutMs: 30_000 },
  )
}

/** Where a house that has started has its console. */
export function addressOf(house: TestProcess): string {
  return house.ready?.[1]?.replace(/\/$/, '') ?? ''
}

/** The agent's page, signed in, as requests. */
export interface AgentPage {
  seat(): Promise<SeatView | null>
  post(command: string, body?: unknown): Promise<Response>
  put(path: string, body: unknown): Promise<Response>
  get(path: string): Promise<Response>
  /** Waits until the seat is so. */
  until(state: string): Promise<SeatView>
}

export async function openPage(url: string, name: string): Promise<AgentPage> {
  const headers = { 'content-type': 'application/json', 'x-suifang-console': '1' }
  const signedIn = await fetch(`${url}/api/session`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ name, password: testPassword }),
  })
  if (!signedIn.ok) throw new Error(`not signed in: ${signedIn.status} ${await signedIn.text()}`)
  const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? ''
  const send = (method: string, path: string, body: unknown) =>
    fetch(`${url}${path}`, {
      method,
      headers: body === undefined ? { 'x-suifang-console': '1', cookie } : { ...headers, cookie },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  const seat = async () => {
    const { seat } = (await (await send('GET', '/api/seat', undefined)).json()) as { seat: SeatView | null }
    return seat
  }
  return {
    seat,
    post: (command, body) => send('POST', `/api/seat/${command}`, body),
    put: (path, body) => send('PUT', path, body),
    get: (path) => send('GET', path, undefined),
    until: (state) =>
      waitFor(
        async () => {
          const now = await seat()
          return now?.state === state ? now : undefined
        },
        { what: `the seat to be ${state}`, timeoutMs: 30_000 },
      ),
  }
}
