/** The settings of the softswitch's process: one JSON object, every key optional. */
import { isIP } from 'node:net'

export interface SoftswitchSettings {
  /** Numeric address of SIP and sound. Default 127.0.0.1: nothing is reachable from outside unless told otherwise. */
  readonly bind: string
  /** Of both control ports, whose clients run on this machine: loopback whatever `bind` is. */
  readonly controlBind: string
  /** 0 (the default of every port) = any free one. */
  readonly drachtioPort: number
  /** The same over TLS; only with a certificate. */
  readonly drachtioTlsPort: number
  /** 1: clients with a route for `cdr:…` are told of attempts, starts and stops of calls; production says no to it. */
  readonly drachtioCallRecords: number
  /** SIP over UDP, and over TCP at the same number. */
  readonly drachtioSipPort: number
  /** SIP over WebSocket, for browsers' phones: behind the application's own address, so loopback whatever `bind` is. */
  readonly sipWsBind: string
  readonly sipWsPort: number
  /** SIP over secure WebSocket, and over TLS at `bind`; only with a certificate. */
  readonly sipWssPort: number
  readonly sipTlsPort: number
  /** PEM files; both or neither. */
  readonly sipCertFile: string
  readonly sipKeyFile: string
  readonly freeswitchPort: number
  readonly freeswitchSipPort: number
  /** Ports for RTP; both 0: any free ones. */
  readonly rtpPortFrom: number
  readonly rtpPortTo: number
  /** Empty (the default): one is made up, and stands in the state file. */
  readonly drachtioSecret: string
  readonly freeswitchSecret: string
  /** Where the state is written; empty: nowhere. */
  readonly stateFile: string
  /** Where relative paths of prompts and recordings begin; empty: the working folder. */
  readonly baseFolder: string
  readonly maxSessions: number
  /** New requests, and messages that cannot be read, that another address may send in a second; 0: any number. */
  readonly sipNewPerAddress: number
  /**
   * Requests of the drachtio side that are longer, in bytes, go over TCP where the far end takes it (RFC 3261 §18.1.1 says
   * 1,300). 0, the default: all stay on UDP, as drachtio-server leaves them.
   */
  readonly sipLongestOverUdp: number
  /** T1 of SIP; every other timer keeps its ratio to it (RFC 3261 table 4). */
  readonly sipT1Ms: number
  /** Path of a socket over which a test may spoil things (chaos/knobs.ts); empty, as in service: there is none. */
  readonly chaosSocket: string
  /** How long it stays when no application is connected. */
  readonly idleLimitMs: number
}

export const DEFAULT_SETTINGS: SoftswitchSettings = {
  bind: '127.0.0.1',
  controlBind: '127.0.0.1',
  drachtioPort: 0,
  drachtioTlsPort: 0,
  drachtioCallRecords: 0,
  drachtioSipPort: 0,
  sipWsBind: '127.0.0.1',
  sipWsPort: 0,
  sipWssPort: 0,
  sipTlsPort: 0,
  sipCertFile: '',
  sipKeyFile: '',
  freeswitchPort: 0,
  freeswitchSipPort: 0,
  rtpPortFrom: 0,
  rtpPortTo: 0,
  drachtioSecret: '',
  freeswitchSecret: '',
  stateFile: '',
  baseFolder: '',
  maxSessions: 1000,
  sipNewPerAddress: 50,
  sipLongestOverUdp: 0,
  sipT1Ms: 500,
  chaosSocket: '',
  idleLimitMs: 60_000,
}

/**
 * Reads the settings, with defaults for what is missing.
 * @throws Error that names the key which is unknown or has a wrong value
 */
export function readSettings(json: string): SoftswitchSettings {
  const given: unknown = JSON.parse(json)
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new Error('the settings must be one JSON object')
  }
  const settings: Record<string, string | number> = { ...DEFAULT_SETTINGS }
  for (const [key, value] of Object.entries(given)) {
    const usual = Object.hasOwn(settings, key) ? settings[key] : undefined
    if (usual === undefined) throw new Error(`there is no setting "${key}"`)
    if (typeof value === 'number' ? typeof usual !== 'number' || !isCount(value) : typeof value !== typeof usual) {
      throw new Error(`the setting "${key}" must be a ${typeof usual === 'number' ? 'whole number from 0 on' : 'text'}`)
    }
    if (typeof value === 'number' && key.includes('Port') && value > 65_535) {
      throw new Error(`the setting "${key}" must be a port, 0 to 65535`)
    }
    if (typeof value === 'string' || typeof value === 'number') settings[key] = value
  }
  const whole = { ...DEFAULT_SETTINGS, ...settings }
  for (const key of ['bind', 'controlBind', 'sipWsBind'] as const) {
    if (isIP(whole[key]) === 0) throw new Error(`the setting "${key}" must be a numeric address`)
  }
  if (whole.rtpPortFrom > whole.rtpPortTo || (whole.rtpPortFrom === 0) !== (whole.rtpPortTo === 0)) {
    throw new Error('the settings "rtpPortFrom" and "rtpPortTo" must be a range')
  }
  if ((whole.sipCertFile === '') !== (whole.sipKeyFile === '')) {
    throw new Error('the settings "sipCertFile" and "sipKeyFile" must be given together')
  }
  return whole
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}
