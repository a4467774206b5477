import { randomUUID } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock, Timer } from '#platform/clock.ts'
import type { Ground } from '#platform/database/database.ts'
import { type Log, logError } from '#platform/log.ts'
import { renewSeatLeases } from '../acd/seat-store.ts'
import type { Lease } from '../work-source.ts'
import { nextEpoch, renewLeases } from './attempt-store.ts'

/**
 * How long an attempt or a seat stays this node's without a renewal. Longer than the database may be away in calls (20 s, issue
 * "main job"), so that nobody closes a call that is still going on.
 */
export const leaseSeconds = 60
const renewEveryMs = 15_000

/** This start's lease: the node's name, kept in the data folder, with the next epoch of that name. */
export async function takeLease(db: Ground, dataDir: string): Promise<Lease> {
  const file = join(dataDir, 'node-name')
  const known = await readFile(file, 'utf8').catch(() => '')
  const owner = known.trim() || `node-${randomUUID().slice(0, 8)}`
  if (known.trim() === '') {
    await mkdir(dataDir, { recursive: true, mode: 0o700 })
    await writeFile(file, `${owner}\n`, { mode: 0o600 })
  }
  const epoch = await db.transaction().execute((tx) => nextEpoch(tx, owner))
  return { owner, epoch }
}

/** Renews the leases of this node's attempts and seats for as long as it runs; a failed renewal is tried again soon. */
export class LeaseKeeper {
  readonly #db: Ground
  readonly #lease: Lease
  readonly #clock: Clock
  readonly #log: Log
  #timer: Timer | undefined
  #renewing: Promise<void> | undefined
  #closed = false

  constructor(parts: { readonly db: Ground; readonly lease: Lease; readonly clock: Clock; readonly log: Log }) {
    this.#db = parts.db
    this.#lease = parts.lease
    this.#clock = parts.clock
    this.#log = parts.log
    this.#wait(renewEveryMs)
  }

  /** At once, and then as before: the database may have been away for longer than it likes. */
  async renew(): Promise<void> {
    this.#clock.clearTimeout(this.#timer)
    this.#renewing ??= this.#renewNow().finally(() => {
      this.#renewing = undefined
    })
    await this.#renewing
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#clock.clearTimeout(this.#timer)
    await this.#renewing
  }

  async #renewNow(): Promise<void> {
    try {
      await this.#db.transaction().execute(async (tx) => {
        await renewLeases(tx, this.#lease, leaseSeconds)
        await renewSeatLeases(tx, this.#lease, leaseSeconds)
      })
      this.#wait(renewEveryMs)
    } catch (error) {
      logError(this.#log, error, 'leases were not renewed; the calls go on')
      this.#wait(1_000)
    }
  }

  #wait(ms: number): void {
    if (!this.#closed) this.#timer = this.#clock.setTimeout(() => void this.renew(), ms)
  }
}
