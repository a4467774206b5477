import { sql } from 'kysely'
import { type Actor, type AuditAction, writeAudit } from '#platform/audit/audit-store.ts'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { UserError } from '#platform/errors/errors.ts'
import { appendToStream } from '#platform/realtime/stream-store.ts'
import type { TaskState } from '../follow-up-tables.ts'
import { releaseAttempts } from './release.ts'
import { taskChanges } from './task-change.ts'
import { createdAttemptsOf, moveTasks } from './task-store.ts'
import './task-errors.ts'

const waiting = ['scheduled', 'retry_wait', 'callback'] as const

/** Why a person ends one plan and no other (requirements H31). */
export type StopReason = 'plan_repeated' | 'plan_unfit' | 'other'

/** Ends this task alone; the patient's other plans go on. What is claimed for it is given back. */
export function stopTask(db: Ground, taskId: string, reason: StopReason, by: Actor): Promise<void> {
  const from = [...waiting, 'suspended'] as const
  return changeTask(db, { taskId, from, to: 'stopped', reason, action: 'task.stopped', by })
}

/** Opens a closed task again: the only way out of a final state, and the database wants the audit row beside it. */
export function reopenTask(db: Ground, taskId: string, by: Actor): Promise<void> {
  const from = ['completed', 'failed', 'refused', 'stopped', 'excluded', 'expired'] as const
  return changeTask(db, { taskId, from, to: 'scheduled', reason: null, action: 'task.reopen', by })
}

/** A suspended task goes on (not readmitted after all, the disaster is over). */
export function resumeTask(db: Ground, taskId: string, by: Actor): Promise<void> {
  return changeTask(db, { taskId, from: ['suspended'], to: 'scheduled', reason: null, action: 'task.resumed', by })
}

interface TaskChange {
  readonly taskId: string
  readonly from: readonly TaskState[]
  readonly to: TaskState
  readonly reason: string | null
  readonly action: AuditAction
  readonly by: Actor
}

/** @throws UserError TASK_UNKNOWN, or TASK_NOT_THERE when the task is in none of the states `from` */
async function changeTask(db: Ground, change: TaskChange): Promise<void> {
  const { taskId, from, to, reason, action, by } = change
  await db.transaction().execute(async (tx) => {
    const released = await releaseAttempts(tx, await createdAttemptsOf(tx, sql`t.id = ${taskId}`))
    await writeAudit(tx, { actor: by, action, object: { kind: 'task', id: taskId }, outcome: 'ok', detail: { reason } })
    const moved = await moveTasks(tx, { where: sql`t.id = ${taskId}`, from, to, reason })
    if (moved.length === 0) throw await notThere(tx, taskId)
    await appendToStream(tx, 'live', [...released, ...taskChanges(moved)])
  })
}

async function notThere(tx: GroundTransaction, taskId: string): Promise<UserError> {
  const row = await tx.selectFrom('task').select('state').where('id', '=', taskId).executeTakeFirst()
  return row === undefined ? new UserError('TASK_UNKNOWN') : new UserError('TASK_NOT_THERE', { state: row.state })
}
