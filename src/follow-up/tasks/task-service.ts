import { type RawBuilder, sql } from 'kysely'
import { type Actor, type AuditAction, writeAudit } from '#platform/audit/audit-store.ts'
import { transacted } from '#platform/database/again.ts'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { UserError } from '#platform/errors/errors.ts'
import { appendToStream } from '#platform/realtime/stream-store.ts'
import { dayOf } from '../calling/hospital-day.ts'
import type { TaskState } from '../follow-up-tables.ts'
import { firstNumber } from '../patients/phone-store.ts'
import { refusalOf, stateAfter, type TaskAction } from './by-hand.ts'
import { releaseAttempts } from './release.ts'
import { taskChanges } from './task-change.ts'
import { createdAttemptsOf } from './task-store.ts'
import { tellDiallers } from './work-channel.ts'
import './task-errors.ts'

/** Why a person ends one plan and no other (requirements H31). */
export type StopReason = 'plan_repeated' | 'plan_unfit' | 'other'

/**
 * - `stop` ends this task alone; the patient's other plans go on.
 * - `reopen` is the only way out of a final state; with a time to complete it again where that has run out.
 * - `resume`: a suspended task goes on (not readmitted after all, the disaster is over).
 * - `dial_at` moves the next call, also of one that was answered in part and given up.
 */
export type TaskWish =
  | { readonly action: 'stop'; readonly why: StopReason }
  | { readonly action: 'reopen' | 'resume' }
  | { readonly action: 'dial_at'; readonly at: Date }

export interface ByHand {
  readonly by: Actor
  /** In the person's words, for the audit trail. */
  readonly reason: string
}

const audited: Readonly<Record<TaskAction, AuditAction>> = {
  stop: 'task.stopped',
  // The database lets a task out of a final state beside this row alone.
  reopen: 'task.reopen',
  resume: 'task.resumed',
  dial_at: 'task.dial_moved',
}

/** The task as it stands after the change. */
export interface ChangedTask {
  readonly state: TaskState
  /** What keeps it from being dialled, as far as person and number are concerned. */
  readonly hold: string | null
}

/**
 * One change of one task, whole or not at all. What is claimed for it and not dialled is given back.
 * @throws UserError TASK_UNKNOWN, TASK_TIME_PAST, TASK_TIME_TOO_LATE, TASK_TIME_TOO_FAR or what `refusalOf` says
 */
export function changeTask(db: Ground, taskId: string, wish: TaskWish, { by, reason }: ByHand): Promise<ChangedTask> {
  return transacted(db, async (tx) => {
    const released = await releaseAttempts(tx, await createdAttemptsOf(tx, sql`t.id = ${taskId}`))
    const task = await lockTask(tx, taskId)
    const refusal = refusalOf(wish.action, { state: task.state, dialled: true })
    if (refusal !== null) throw new UserError(refusal)
    if (wish.action === 'dial_at') judgeTime(wish.at, task)
    const said = wish.action === 'stop' ? { why: wish.why } : wish.action === 'dial_at' ? { at: wish.at } : {}
    await writeAudit(tx, {
      actor: by,
      action: audited[wish.action],
      object: { kind: 'task', id: taskId },
      outcome: 'ok',
      detail: { ...said, from: task.state, reason },
    })
    const to = stateAfter(wish.action, task.state)
    await sql`update task set ${sql.join(changesOf(wish, to, task))} where id = ${taskId}`.execute(tx)
    await tellDiallers(tx)
    const { hold } = await tx.selectFrom('task').select('hold').where('id', '=', taskId).executeTakeFirstOrThrow()
    const { campaignId } = task
    await appendToStream(tx, 'live', [...released, ...taskChanges([{ taskId, campaignId, from: task.state, to }])])
    return { state: to, hold }
  })
}

interface TaskAtHand {
  readonly state: TaskState
  readonly campaignId: string | null
  readonly expiresAt: Date
  readonly now: Date
}

async function lockTask(tx: GroundTransaction, taskId: string): Promise<TaskAtHand> {
  const { rows } = await sql<TaskAtHand>`
    select t.state, p.campaign_id, t.expires_at, app_now() as now
    from task t join programme p on p.id = t.programme_id where t.id = ${taskId} for update of t
  `.execute(tx)
  const [task] = rows
  if (task === undefined) throw new UserError('TASK_UNKNOWN')
  return task
}

const minuteMs = 60_000
const yearMs = 366 * 86_400_000

/** "Now", chosen on a page whose clock shows minutes, is not past. */
function judgeTime(at: Date, { state, expiresAt, now }: TaskAtHand): void {
  if (at.getTime() < now.getTime() - minuteMs) throw new UserError('TASK_TIME_PAST')
  if (at.getTime() > now.getTime() + yearMs) throw new UserError('TASK_TIME_TOO_FAR')
  // One that was given up gets its time anew.
  if (state === 'partial' || at < expiresAt) return
  throw new UserError('TASK_TIME_TOO_LATE', { day: dayOf(new Date(expiresAt.getTime() - 1)) })
}

/** A task that comes back gets the patient's first number, and where its time has run out as long as its step gives. */
function changesOf(wish: TaskWish, to: TaskState, { state }: TaskAtHand): RawBuilder<unknown>[] {
  const moved = [sql`state = ${to}`]
  if (wish.action === 'stop') return [...moved, sql`reason = ${wish.why}`]
  if (wish.action === 'resume') return [...moved, sql`reason = null`]
  const dueAt = wish.action === 'dial_at' ? sql`${wish.at}::timestamptz` : sql`due_at`
  const next = [...moved, sql`due_at = ${dueAt}`]
  if (wish.action === 'dial_at' && state !== 'partial') return next
  return [
    ...next,
    sql`reason = null`,
    sql`phone_number_id = coalesce(${firstNumber}, phone_number_id)`,
    sql`expires_at = case when expires_at > greatest(${dueAt}, app_now()) then expires_at
      else greatest(${dueAt}, app_now()) + (select make_interval(days => s.expires_after_days)
        from programme_step s where s.id = task.step_id) end`,
  ]
}

/** Of a chosen set: how many may be so changed, and what is in the way of the others. */
export interface Foreseen {
  readonly possible: number
  readonly refused: readonly { readonly code: string; readonly count: number }[]
}

/** What `changeTasks` would find now. */
export async function foreseeChange(db: Ground, taskIds: readonly string[], action: TaskAction): Promise<Foreseen> {
  const { rows } = await sql<{ state: TaskState; dialled: boolean }>`
    select t.state, exists (select from attempt a where a.task_id = t.id and a.state not in ('created', 'ended')) as dialled
    from task t where t.id = any (${taskIds}::uuid[])
  `.execute(db)
  const counts = new Map<string, number>()
  const count = (code: string, more: number) => counts.set(code, (counts.get(code) ?? 0) + more)
  let possible = 0
  for (const task of rows) {
    const code = refusalOf(action, task)
    if (code === null) possible += 1
    else count(code, 1)
  }
  const unknown = new Set(taskIds).size - rows.length
  if (unknown > 0) count('TASK_UNKNOWN', unknown)
  return { possible, refused: [...counts].map(([code, number]) => ({ code, count: number })) }
}

/** What became of one of a chosen set. */
export type ChangeResult =
  | ({ readonly taskId: string; readonly error: null } & ChangedTask)
  | { readonly taskId: string; readonly error: UserError }

/** Each by itself: what is in the way of one keeps no other back. */
export async function changeTasks(
  db: Ground,
  taskIds: readonly string[],
  wish: TaskWish,
  how: ByHand,
): Promise<readonly ChangeResult[]> {
  const results: ChangeResult[] = []
  for (const taskId of new Set(taskIds)) {
    try {
      results.push({ taskId, error: null, ...(await changeTask(db, taskId, wish, how)) })
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      results.push({ taskId, error })
    }
  }
  return results
}
