/**
 * What a running softswitch tells of itself: its process, where it listens, its secrets. It writes this into a file,
 * so that an application that was killed finds it again, and prints it when it is ready.
 */
import { randomBytes } from 'node:crypto'
import { chmod, readFile, rename, rm, writeFile } from 'node:fs/promises'

export interface SoftswitchServer {
  readonly host: string
  /** Where clients connect. */
  readonly port: number
  readonly secret: string
  readonly sipPort: number
}

export interface SoftswitchState {
  readonly pid: number
  /** ISO 8601. */
  readonly startedAt: string
  readonly drachtio: SoftswitchServer & {
    /** Where clients connect over TLS; 0: it has no certificate. */
    readonly tlsPort: number
    /** SIP over WebSocket. */
    readonly sipWsHost: string
    readonly sipWsPort: number
    /** SIP over secure WebSocket, and over TLS; 0: it has no certificate. */
    readonly sipWssPort: number
    readonly sipTlsPort: number
  }
  readonly freeswitch: SoftswitchServer
}

/** @returns null when the text is no state */
export function parseState(text: string): SoftswitchState | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  return isState(value) ? value : null
}

/** @returns null when there is no such file, or it holds no state */
export async function readState(path: string): Promise<SoftswitchState | null> {
  const text = await readFile(path, 'utf8').catch(() => null)
  return text === null ? null : parseState(text)
}

/** Writes it for its owner's eyes only, whole or not at all. */
export async function writeState(path: string, state: SoftswitchState): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  await writeFile(draft, `${JSON.stringify(state)}\n`, { mode: 0o600 })
  await chmod(draft, 0o600)
  await rename(draft, path)
}

/** Removes the file when it is still this process's. */
export async function removeState(path: string, pid: number): Promise<void> {
  if ((await readState(path))?.pid === pid) await rm(path, { force: true })
}

function isState(value: unknown): value is SoftswitchState {
  return (
    isObject(value) &&
    typeof value.pid === 'number' &&
    typeof value.startedAt === 'string' &&
    isServer(value.drachtio) &&
    takesWebSockets(value.drachtio) &&
    isServer(value.freeswitch)
  )
}

function isServer(value: unknown): value is SoftswitchServer {
  return (
    isObject(value) &&
    typeof value.host === 'string' &&
    typeof value.port === 'number' &&
    typeof value.secret === 'string' &&
    typeof value.sipPort === 'number'
  )
}

function takesWebSockets(value: object): boolean {
  return (
    'tlsPort' in value &&
    typeof value.tlsPort === 'number' &&
    'sipWsHost' in value &&
    typeof value.sipWsHost === 'string' &&
    'sipWsPort' in value &&
    typeof value.sipWsPort === 'number' &&
    'sipWssPort' in value &&
    typeof value.sipWssPort === 'number' &&
    'sipTlsPort' in value &&
    typeof value.sipTlsPort === 'number'
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
