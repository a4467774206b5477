/** The settings of the carrier’s process: one JSON object, every key optional. */
import { isIP } from 'node:net'
import { type BehaviourName, behaviours, isBehaviourName } from './behaviours.ts'

export interface CarrierSettings {
  /** Numeric address of SIP and RTP. Default 127.0.0.1. */
  readonly bind: string
  /** 0 = any free one. */
  readonly sipPort: number
  readonly lines: number
  /** Ring and announcement times are divided by this. */
  readonly speed: number
  readonly seed: string
  /** One of behaviours.ts, for every number; empty: by the number. */
  readonly everyone: BehaviourName | ''
  /** JSON lines of what the telephones did; empty: none. */
  readonly reportFile: string
  /** Where the state is written; empty: nowhere. */
  readonly stateFile: string
  /** The application it belongs to; 0: none, it stays until it is told to end. */
  readonly parentPid: number
  /** How long it stays when that application is gone, so that the next one finds its calls. */
  readonly outliveMs: number
}

export const defaultCarrierSettings: CarrierSettings = {
  bind: '127.0.0.1',
  sipPort: 0,
  lines: 30,
  speed: 1,
  seed: 'carrier',
  everyone: '',
  reportFile: '',
  stateFile: '',
  parentPid: 0,
  outliveMs: 60_000,
}

/**
 * Reads the settings, with defaults for what is missing.
 * @throws Error that names the key which is unknown or has a wrong value
 */
export function readCarrierSettings(json: string): CarrierSettings {
  const given: unknown = JSON.parse(json)
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new Error('the settings must be one JSON object')
  }
  const values = new Map(Object.entries(given))
  for (const key of values.keys()) {
    if (!Object.hasOwn(defaultCarrierSettings, key)) throw new Error(`there is no setting "${key}"`)
  }
  const text = (key: 'bind' | 'seed' | 'reportFile' | 'stateFile'): string => {
    const value = values.get(key) ?? defaultCarrierSettings[key]
    if (typeof value !== 'string') throw new Error(`the setting "${key}" must be a text`)
    return value
  }
  const count = (key: 'sipPort' | 'lines' | 'parentPid' | 'outliveMs', most = Number.MAX_SAFE_INTEGER): number => {
    const value = values.get(key) ?? defaultCarrierSettings[key]
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || value > most) {
      throw new Error(`the setting "${key}" must be a whole number from 0 to ${most}`)
    }
    return value
  }
  const bind = text('bind')
  if (isIP(bind) === 0) throw new Error('the setting "bind" must be a numeric address')
  const speed = values.get('speed') ?? defaultCarrierSettings.speed
  if (typeof speed !== 'number' || !(speed > 0)) throw new Error('the setting "speed" must be a number above 0')
  const everyone = values.get('everyone') ?? ''
  if (typeof everyone !== 'string' || (everyone !== '' && !isBehaviourName(everyone))) {
    throw new Error(`the setting "everyone" must be one of ${Object.keys(behaviours).join(', ')}`)
  }
  return {
    bind,
    sipPort: count('sipPort', 65_535),
    lines: count('lines'),
    speed,
    seed: text('seed'),
    everyone,
    reportFile: text('reportFile'),
    stateFile: text('stateFile'),
    parentPid: count('parentPid'),
    outliveMs: count('outliveMs'),
  }
}
