/** People's browsers as a bench has them: sessions, requests as pages make them, sockets that read streams. */
import { Agent, request } from 'node:http'
import { io, type Socket } from 'socket.io-client'
import { insertAccount } from '../../src/platform/auth/account-store.ts'
import { defaultAuthOptions } from '../../src/platform/auth/auth-service.ts'
import type { Role } from '../../src/platform/auth/rights.ts'
import { insertSession, newSessionToken } from '../../src/platform/auth/session-store.ts'
import type { GroundTransaction } from '../../src/platform/database/database.ts'
import { consoleHeader, sessionCookie } from '../../src/platform/http/access.ts'
import { newId } from '../../src/platform/ids.ts'
import { type PushedEvent, realtimePath } from '../../src/platform/realtime/protocol.ts'

export interface Person {
  readonly id: string
  readonly signInName: string
  readonly cookie: string
  /** Where this person's browser is. */
  readonly address: string
}

/** A house lets one address shake hands forty times in ten seconds, and ask 1,200 times a minute. */
const addresses = 20

/** Accounts with a session each; nobody of them knows a password. */
export class People {
  #count = 0

  async make(tx: GroundTransaction, role: Role): Promise<Person> {
    this.#count += 1
    const id = newId()
    const signInName = `${role}-${this.#count}`
    const account = { id, signInName, displayName: signInName, passwordHash: 'none', mustChangePassword: false }
    await insertAccount(tx, account, [role])
    const token = newSessionToken()
    await insertSession(tx, { id: newId(), token, accountId: id, ip: null, userAgent: 'bench' }, defaultAuthOptions)
    const address = `127.0.1.${(this.#count % addresses) + 1}`
    return { id, signInName, cookie: `${sessionCookie}=${token}`, address }
  }
}

export interface Browsers {
  get<T>(who: Person, path: string): Promise<T>
  /** @param headers besides those that every page sends */
  send(
    who: Person,
    method: 'POST' | 'PUT',
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<void>
  close(): void
}

/** HTTP as pages speak it, each person from an address of their own. */
export function browsers(url: string): Browsers {
  const agents = new Map<string, Agent>()
  const ask = (
    who: Person,
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    body?: unknown,
    more: Readonly<Record<string, string>> = {},
  ) => {
    const agent = agents.get(who.address) ?? new Agent({ keepAlive: true })
    agents.set(who.address, agent)
    const text = body === undefined ? undefined : JSON.stringify(body)
    const headers = {
      cookie: who.cookie,
      [consoleHeader]: '1',
      ...more,
      ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
    }
    return new Promise<string>((resolve, reject) => {
      const asked = request(new URL(path, url), { method, agent, headers, localAddress: who.address }, (reply) => {
        const parts: Buffer[] = []
        reply.on('data', (part: Buffer) => parts.push(part))
        reply.on('end', () => {
          const said = Buffer.concat(parts).toString()
          if (reply.statusCode === 200 || reply.statusCode === 204) resolve(said)
          else reject(new Error(`${method} ${path}: ${reply.statusCode} ${said.slice(0, 200)}`))
        })
      })
      asked.on('error', reject)
      asked.end(text)
    })
  }
  return {
    get: async <T>(who: Person, path: string): Promise<T> => JSON.parse(await ask(who, 'GET', path)),
    send: async (who, method, path, body, headers) => {
      await ask(who, method, path, body, headers)
    },
    close: () => {
      for (const agent of agents.values()) agent.destroy()
    },
  }
}

export interface PageStreams {
  readonly streams: readonly string[]
  /** The last that the page has of a stream. */
  readonly offset: (stream: string) => number
  readonly take: (stream: string, events: readonly PushedEvent[]) => void
}

/** A page's socket, reading these streams from where it stands. */
export async function openPage(url: string, who: Person, { streams, offset, take }: PageStreams): Promise<Socket> {
  // Known to the transport and not to the type.
  const from = { localAddress: who.address }
  const socket: Socket = io(url, {
    ...from,
    path: realtimePath,
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
    extraHeaders: { cookie: who.cookie },
  })
  socket.on(
    'events',
    ({ stream, events }: { readonly stream: string; readonly events: readonly PushedEvent[] }, taken: () => void) => {
      take(stream, events)
      taken()
    },
  )
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('connect_error', reject)
  })
  for (const stream of streams) {
    const reply = await socket.timeout(5_000).emitWithAck('subscribe', { stream, after: offset(stream) })
    if (reply?.ok !== true) throw new Error(`${stream} may not be read: ${JSON.stringify(reply)}`)
  }
  return socket
}
