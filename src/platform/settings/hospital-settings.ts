import { EventEmitter } from 'node:events'
import type { Static, TSchema } from 'typebox'
import Value from 'typebox/value'
import type { Ground, GroundTransaction } from '../database/database.ts'
import type { Listener } from '../database/listen.ts'
import { UserError } from '../errors/errors.ts'
import '../errors/platform-errors.ts'
import { type Log, logError } from '../log.ts'
import * as store from './setting-store.ts'

/** One thing a hospital may decide. Its feature defines it beside the code that reads it. */
export interface HospitalSetting<Schema extends TSchema = TSchema> {
  /** Such as `calling.window`; never renamed, since rows carry it. */
  readonly key: string
  readonly schema: Schema
  readonly otherwise: Static<Schema>
}

export function defineSetting<Schema extends TSchema>(
  key: string,
  schema: Schema,
  otherwise: Static<Schema>,
): HospitalSetting<Schema> {
  return { key, schema, otherwise }
}

/**
 * The hospital's decisions, as rows: a change is a new version, heard by every node through NOTIFY. Reading one costs
 * nothing; while the database is away the last known value stands.
 */
export interface HospitalSettings {
  get<Schema extends TSchema>(setting: HospitalSetting<Schema>): Static<Schema>
  /** Calls back after each change of this setting, from whichever node; returns how to stop. */
  onChange(setting: HospitalSetting, changed: () => void): () => void
  close(): Promise<void>
}

/**
 * Writes the next version, in the caller's transaction (with its audit row).
 * @returns the version written
 * @throws UserError HOSPITAL_SETTING_INVALID {key, reason}
 */
export async function changeSetting<Schema extends TSchema>(
  tx: GroundTransaction,
  setting: HospitalSetting<Schema>,
  value: Static<Schema>,
  changedBy: string | null,
): Promise<number> {
  const [problem] = Value.Errors(setting.schema, value)
  if (problem !== undefined) {
    const reason = `${problem.instancePath} ${problem.message}`.trim()
    throw new UserError('HOSPITAL_SETTING_INVALID', { key: setting.key, reason })
  }
  return store.addVersion(tx, setting.key, JSON.stringify(value), changedBy)
}

/** What stands now, asked of the database itself: for what is needed seldom. A value that does not fit is its default. */
export async function readSetting<Schema extends TSchema>(
  db: Ground,
  setting: HospitalSetting<Schema>,
): Promise<Static<Schema>> {
  const [row] = await store.currentSettings(db, setting.key)
  return row !== undefined && Value.Check(setting.schema, row.value) ? row.value : setting.otherwise
}

/** Reads all settings and keeps them read. */
export async function openHospitalSettings(options: {
  readonly db: Ground
  readonly listener: Listener
  readonly log: Log
}): Promise<HospitalSettings> {
  const settings = new KeptSettings(options.db, options.log)
  const subscription = await options.listener.listen('suifang_setting', {
    onPayload: (key) => settings.reload(key),
    onResync: () => settings.reload(),
  })
  await settings.read() // after LISTEN: a change in between is heard
  return {
    get: (setting) => settings.get(setting),
    onChange: (setting, changed) => settings.onChange(setting, changed),
    close: () => subscription.close(),
  }
}

class KeptSettings {
  readonly #db: Ground
  readonly #log: Log
  readonly #values = new Map<string, { readonly version: number; readonly value: unknown }>()
  readonly #changes = new EventEmitter().setMaxListeners(0)

  constructor(db: Ground, log: Log) {
    this.#db = db
    this.#log = log
  }

  get<Schema extends TSchema>(setting: HospitalSetting<Schema>): Static<Schema> {
    const kept = this.#values.get(setting.key)
    if (kept === undefined) return setting.otherwise
    if (Value.Check(setting.schema, kept.value)) return kept.value
    // Written by another release, whose schema was another.
    this.#log.error(
      { setting: setting.key, version: kept.version },
      'a stored setting does not fit, its default stands',
    )
    return setting.otherwise
  }

  onChange(setting: HospitalSetting, changed: () => void): () => void {
    this.#changes.on(setting.key, changed)
    return () => this.#changes.off(setting.key, changed)
  }

  reload(key?: string): void {
    this.read(key).catch((error) => logError(this.#log, error, 'settings could not be read again', { setting: key }))
  }

  async read(key?: string): Promise<void> {
    for (const row of await store.currentSettings(this.#db, key)) {
      // Two reads may overtake each other: a version never goes back.
      if ((this.#values.get(row.key)?.version ?? 0) >= row.version) continue
      this.#values.set(row.key, { version: row.version, value: row.value })
      this.#changes.emit(row.key)
    }
  }
}
