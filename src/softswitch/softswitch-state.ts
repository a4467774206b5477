/**
 * What a running softswitch tells of itself: its process, where it listens, its secrets. It writes this into a file,
 * so that an application that was killed finds it again, and prints it when it is ready.
 */
import { stateFileOf } from './program/state-file.ts'

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

export const softswitchState = stateFileOf(isState)

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
