import { sql } from 'kysely'
import { transacted } from '#platform/database/again.ts'
import type { Ground } from '#platform/database/database.ts'
import { type CronEntry, firePayload } from '#platform/jobs/cron.ts'
import { defineJob } from '#platform/jobs/jobs.ts'
import { appendToStream } from '#platform/realtime/stream-store.ts'
import { agentCallOver } from './settle.ts'
import { taskChanges } from './task-change.ts'
import { moveTasks } from './task-store.ts'

/** Tasks of one transaction; a sweep goes on until nothing is left. */
const atOnce = 500
/** A sweep ends after this many batches; the next fire goes on. */
const batches = 200

export interface Swept {
  /** Waiting tasks whose time to be completed has run out. */
  readonly expired: number
  /** Waiting tasks of stopped programmes: a call went on while theirs was stopped, or a list came in at that moment. */
  readonly stopped: number
  /** Tasks that seemed to be in a call of which there is no attempt, or in after-call work that nobody does; moved on. */
  readonly healed: number
  /** Tasks that something held and nothing holds any more. */
  readonly freed: number
}

/**
 * What only the passing of time brings about, and what no trigger may have missed. Safe at any moment and on every node
 * at once; each batch is a transaction of its own. Fired by the clock every few minutes.
 * Source: requirements §5.3 (upper limit for completing), architecture §3 (reconcile).
 */
export async function sweepTasks(db: Ground): Promise<Swept> {
  return {
    expired: await inBatches(() => expireTasks(db)),
    stopped: await stopWithProgrammes(db),
    healed: (await inBatches(() => healTasks(db))) + (await healWrapUps(db)),
    freed: await askAgain(db),
  }
}

/** The sweep, every five minutes on one node. For `openCron` and `openJobs`. */
export function taskSweep(db: Ground): CronEntry {
  return {
    name: 'task.sweep',
    schedule: '*/5 * * * *',
    job: defineJob({
      name: 'task.sweep',
      payload: firePayload,
      run: async (_fire, { log }) => {
        const swept = await sweepTasks(db)
        if (swept.expired + swept.stopped + swept.healed + swept.freed > 0) log.info({ ...swept }, 'tasks were swept')
      },
    }),
  }
}

async function inBatches(one: () => Promise<number>): Promise<number> {
  let done = 0
  for (let batch = 0; batch < batches; batch += 1) {
    const moved = await one()
    done += moved
    if (moved < atOnce) break
  }
  return done
}

function expireTasks(db: Ground): Promise<number> {
  return transacted(db, async (tx) => {
    const moved = await moveTasks(tx, {
      where: sql`t.expires_at <= app_now()`,
      from: ['scheduled', 'retry_wait', 'callback'],
      to: 'expired',
      reason: 'expired',
      limit: atOnce,
    })
    await sql`
      update response set state = 'partial'
      where state = 'open' and task_id = any (${moved.map(({ taskId }) => taskId)}::uuid[])
    `.execute(tx)
    await appendToStream(tx, 'live', taskChanges(moved))
    return moved.length
  })
}

/** Ends what waits in stopped programmes, which the gate keeps from being dialled already. @returns how many */
export function stopWithProgrammes(db: Ground): Promise<number> {
  return inBatches(() => stopSome(db))
}

function stopSome(db: Ground): Promise<number> {
  return transacted(db, async (tx) => {
    const moved = await moveTasks(tx, {
      where: sql`p.state = 'stopped'`,
      from: ['scheduled', 'retry_wait', 'callback', 'suspended'],
      to: 'stopped',
      reason: 'programme_stopped',
      limit: atOnce,
    })
    await appendToStream(tx, 'live', taskChanges(moved))
    return moved.length
  })
}

/**
 * No task is lost: one that is claimed or in progress has an active attempt, or its end was refused and kept without
 * effect. Such a one waits again; long enough after its last change that no transaction is still at it.
 */
function healTasks(db: Ground): Promise<number> {
  const orphaned = sql`t.changed_at < app_now() - interval '5 minutes'
    and not exists (select from attempt a where a.task_id = t.id and a.state <> 'ended')`
  return transacted(db, async (tx) => {
    const claimed = await moveTasks(tx, {
      where: orphaned,
      from: ['claimed'],
      to: 'scheduled',
      reason: null,
      limit: atOnce,
    })
    const inCall = await moveTasks(tx, {
      where: orphaned,
      from: ['in_progress'],
      to: 'retry_wait',
      reason: null,
      limit: atOnce,
    })
    await appendToStream(tx, 'live', taskChanges([...claimed, ...inCall]))
    return claimed.length + inCall.length
  })
}

/**
 * A task in after-call work whose seat has no reservation for it any more moves on by what was said and answered, as if
 * the after-call work had ended in time.
 */
async function healWrapUps(db: Ground): Promise<number> {
  const { rows } = await sql<{ taskId: string; attemptId: string; now: Date }>`
    select t.id as task_id, last.id as attempt_id, app_now() as now
    from task t
    cross join lateral (
      select a.id from attempt a where a.task_id = t.id order by a.created_at desc, a.id desc limit 1
    ) last
    where t.state = 'wrapping' and t.changed_at < app_now() - interval '5 minutes'
      and not exists (select from reservation r where r.attempt_id = last.id and r.handed_over_at is null
        and r.state in ('accepted', 'wrapping'))
    order by t.id limit ${atOnce}
  `.execute(db)
  for (const { now, ...over } of rows) {
    await db.transaction().execute(async (tx) => appendToStream(tx, 'live', await agentCallOver(tx, over, now)))
  }
  return rows.length
}

/**
 * Holds are kept by triggers on the facts; this asks the gate again about every held task that is due, in batches by
 * id, so that even a fact changed behind the triggers (a restore) keeps nobody waiting for ever.
 */
async function askAgain(db: Ground): Promise<number> {
  let freed = 0
  let after = '00000000-0000-0000-0000-000000000000'
  for (let batch = 0; batch < batches; batch += 1) {
    const { rows } = await sql<{ id: string }>`
      select id from task
      where id > ${after} and hold is not null and due_at <= app_now() and state in ('scheduled', 'retry_wait', 'callback')
      order by id limit ${atOnce}
    `.execute(db)
    const ids = rows.map(({ id }) => id)
    if (ids.length > 0) {
      await sql`select rehold(${ids}::uuid[])`.execute(db)
      const left = await sql<{ held: number }>`
        select count(*)::integer as held from task where id = any (${ids}::uuid[]) and hold is not null
      `.execute(db)
      freed += ids.length - (left.rows[0]?.held ?? 0)
    }
    const last = ids.at(-1)
    if (ids.length < atOnce || last === undefined) break
    after = last
  }
  return freed
}
