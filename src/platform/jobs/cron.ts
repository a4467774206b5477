import { schedule } from 'node-cron'
import Type from 'typebox'
import type { Ground } from '../database/database.ts'
import { type Log, logError } from '../log.ts'
import { addJob, type Job } from './jobs.ts'
import './cron-fire-tables.ts'

/** What every job that the clock orders is given. */
export const firePayload = Type.Object({ fireAt: Type.String({ format: 'date-time' }) })

export interface CronEntry {
  /** Such as `plan.materialise`; with the time it is the fire's identity over all nodes. */
  readonly name: string
  /** Five or six cron fields, in Asia/Shanghai. */
  readonly schedule: string
  readonly job: Job<typeof firePayload>
}

/**
 * Decides when, and nothing else: every node inserts the fire's row, one of them succeeds and orders the job in the
 * same transaction. A fire that all nodes missed is gone; the jobs do "what is due", so the next one heals it.
 */
export function openCron(options: { readonly db: Ground; readonly entries: readonly CronEntry[]; readonly log: Log }): {
  close(): Promise<void>
} {
  const { db, entries, log } = options
  const tasks = entries.map((entry) =>
    schedule(
      entry.schedule,
      async ({ date }) => {
        await fire(db, entry, date).catch((error) =>
          logError(log, error, 'a cron fire was missed', { cron: entry.name }),
        )
      },
      { name: entry.name, timezone: 'Asia/Shanghai', noOverlap: true, suppressMissedWarning: true },
    ),
  )
  return { close: async () => void (await Promise.all(tasks.map((task) => task.destroy()))) }
}

/**
 * Orders the job of one fire, unless another node has.
 * @param at when it was due; whole seconds, so that all nodes name the same instant
 * @returns whether this call ordered it
 */
export async function fire(db: Ground, { name, job }: CronEntry, at: Date): Promise<boolean> {
  const fireAt = new Date(Math.floor(at.getTime() / 1000) * 1000)
  return db.transaction().execute(async (tx) => {
    const inserted = await tx
      .insertInto('cronFire')
      .values({ name, fireAt })
      .onConflict((conflict) => conflict.doNothing())
      .returning('name')
      .executeTakeFirst()
    if (inserted === undefined) return false
    await addJob(tx, job, { fireAt: fireAt.toISOString() }, { key: `cron ${name}` })
    // Old fires say nothing any more; each name clears its own.
    const monthAgo = new Date(fireAt.getTime() - 30 * 86_400_000)
    await tx.deleteFrom('cronFire').where('name', '=', name).where('fireAt', '<', monthAgo).execute()
    return true
  })
}
