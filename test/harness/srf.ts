/** drachtio-srf as tests use it: a real application over a real socket, with the typings its package lacks. */
import { createRequire } from 'node:module'
import type { Socket } from 'node:net'
import { waitForEvent } from './wait-for.ts'

export interface SrfMessage {
  readonly body?: string
  readonly source: 'network' | 'application'
  readonly source_address: string
  readonly source_port: number
  readonly stackTxnId: string
  readonly stackDialogId: string
  get(header: string): string | undefined
  has(header: string): boolean
}

export interface SrfRequest extends SrfMessage {
  readonly method: string
  readonly uri: string
  readonly receivedOn?: string
  cancel(options: { headers?: Record<string, string> }, callback?: (error: Error | null) => void): void
  cancel(callback?: (error: Error | null) => void): void
  on(event: 'response', listener: (response: SrfResponse, ack: (options?: { body: string }) => void) => void): this
  on(event: 'cancel', listener: (cancel: SrfMessage) => void): this
}

export interface SrfResponse extends SrfMessage {
  readonly status: number
  readonly reason: string
  readonly req: SrfRequest
  send(
    status: number,
    options?: { headers?: Record<string, string>; body?: string },
    callback?: (error: string | null, sent?: SrfMessage) => void,
    onAck?: (ack: SrfRequest) => void,
  ): void
}

export interface SrfDialog {
  readonly id: string
  readonly sip: { readonly callId: string; readonly localTag: string; readonly remoteTag: string }
  readonly local: { sdp: string }
  readonly remote: { sdp: string; uri: string }
  on(event: 'destroy', listener: (bye: SrfRequest, reason?: string) => void): this
  on(event: string, listener: (request: SrfRequest, response: SrfResponse) => void): this
  off(event: string, listener: (...args: never[]) => void): this
  destroy(options?: {
    headers?: Record<string, string>
    auth?: { username: string; password: string }
  }): Promise<unknown>
  modify(sdp: string): Promise<string>
  request(options: { method: string; headers?: Record<string, string>; body?: string }): Promise<SrfResponse>
}

interface UacOptions {
  localSdp?: string
  noAck?: boolean
  proxy?: string
  headers?: Record<string, string>
  callingNumber?: string
  auth?: { username: string; password: string }
}

export interface ProxyOptions {
  remainInDialog?: boolean
  followRedirects?: boolean
  forking?: 'simultaneous' | 'sequential'
  provisionalTimeout?: string
  headers?: Record<string, string>
}

export interface ProxyResults {
  readonly connected: boolean
  readonly finalStatus?: number
  readonly responses: readonly { readonly port: number; readonly msgs: readonly { readonly status: number }[] }[]
}

type Handler = (request: SrfRequest, response: SrfResponse) => void

export interface Srf {
  on(event: string, listener: (...args: never[]) => void): this
  off(event: string, listener: (...args: never[]) => void): this
  connect(options: { host: string; port: number; secret: string; enablePing?: boolean; pingInterval?: number }): void
  disconnect(): void
  invite(handler: Handler): void
  register(handler: Handler): void
  options(handler: Handler): void
  message(handler: Handler): void
  use(handler: (request: SrfRequest, response: SrfResponse, next: () => void) => void): void
  createUAS(
    request: SrfRequest,
    response: SrfResponse,
    options: { localSdp: string; headers?: Record<string, string> },
  ): Promise<SrfDialog>
  createUAC(
    uri: string,
    options: UacOptions & { noAck: true },
  ): Promise<{ sdp: string; ack(sdp: string): Promise<SrfDialog> }>
  createUAC(
    uri: string,
    options: UacOptions,
    progress?: {
      cbRequest?: (error: Error | null, invite: SrfRequest) => void
      cbProvisional?: (response: SrfResponse) => void
    },
  ): Promise<SrfDialog>
  createB2BUA(
    request: SrfRequest,
    response: SrfResponse,
    uri: string,
    options: Record<string, string>,
  ): Promise<{ uas: SrfDialog; uac: SrfDialog }>
  proxyRequest(request: SrfRequest, destination: string | string[], options: ProxyOptions): Promise<ProxyResults>
  request(
    uri: string | { method: string; uri?: string; stackDialogId?: string; stackTxnId?: string },
    options: Record<string, unknown> | ((error: Error | null, request: SrfRequest) => void),
    callback?: (error: Error | null, request: SrfRequest) => void,
  ): void
  readonly app: {
    readonly client: {
      readonly wp: { closing?: boolean }
      readonly mapServer: Map<Socket, unknown>
      removeRoute(verb: string): void
    }
  }
}

const Constructor: new (tags?: string | string[]) => Srf = createRequire(import.meta.url)('drachtio-srf')

/** An application without a connection yet: give it its handlers first, then `connectSrf`. */
export function newSrf(tags?: string | string[]): Srf {
  const srf = new Constructor(tags)
  srf.on('error', () => {})
  return srf
}

/** Resolves when the server has accepted the application; rejects when it has refused it. */
export async function connectSrf(
  srf: Srf,
  server: { port: number; secret: string; tls?: { rejectUnauthorized: boolean } },
): Promise<{ hostPort: string; version: string }> {
  const connected = waitForEvent<[Error | null, string, string]>(
    srf as unknown as Parameters<typeof waitForEvent>[0],
    'connect',
    { what: 'the connection of an application' },
  )
  srf.connect({ host: '127.0.0.1', ...server })
  const [error, hostPort, version] = await connected
  if (error !== null) throw error
  return { hostPort, version }
}

/** Ends an application as a crash would: its socket goes, and it does not come back. */
export function killSrf(srf: Srf): void {
  srf.app.client.wp.closing = true
  for (const socket of srf.app.client.mapServer.keys()) socket.destroy()
}
