import type { Ground } from '#platform/database/database.ts'
import { type CronEntry, firePayload } from '#platform/jobs/cron.ts'
import { defineJob } from '#platform/jobs/jobs.ts'
import { dropStreamEvents } from './stream-store.ts'

/** A page that was away for longer takes a fresh snapshot anyway. */
const keptMs = 24 * 3_600_000

/** Drops what no page will read on from, every hour, stream by stream. For `openCron` and `openJobs`. */
export function streamRetention(db: Ground): CronEntry {
  return {
    name: 'stream.retention',
    schedule: '7 * * * *',
    job: defineJob({
      name: 'stream.retention',
      payload: firePayload,
      run: async ({ fireAt }, { log }) => {
        const before = new Date(Date.parse(fireAt) - keptMs)
        const streams = await db.selectFrom('stream').select('id').execute()
        for (const { id } of streams) {
          const dropped = await db.transaction().execute((tx) => dropStreamEvents(tx, id, before))
          if (dropped > 0) log.info({ stream: id, dropped }, 'old events were dropped')
        }
      },
    }),
  }
}
