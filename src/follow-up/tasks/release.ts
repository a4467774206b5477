import { sql } from 'kysely'
import type { GroundTransaction } from '#platform/database/database.ts'
import type { NewStreamEvent } from '#platform/realtime/stream-store.ts'
import { taskChanges } from './task-change.ts'

interface TakenBack {
  readonly attemptId: string
  readonly taskId: string
  readonly campaignId: string
}

/** Attempts that were not dialled end as `cancelled`; whoever closes the gate may do so, whatever the lease. */
async function takeBackAttempts(tx: GroundTransaction, attemptIds: readonly string[]): Promise<readonly TakenBack[]> {
  const { rows } = await sql<TakenBack>`
    with created as materialized (
      select id from attempt where id = any (${attemptIds}::uuid[]) and state = 'created' order by id for update
    ), ended as (
      update attempt a set state = 'ended', result = 'cancelled' from created where a.id = created.id
      returning a.id, a.task_id, a.campaign_id
    ) select id as attempt_id, task_id, campaign_id from ended order by task_id
  `.execute(tx)
  return rows
}

/** Their tasks are due again as before. @returns those that were claimed. A statement of its own: its trigger must see the attempts as ended. */
export async function waitAgain(tx: GroundTransaction, taskIds: readonly string[]): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    update task set state = 'scheduled' where id in (
      select id from task where id = any (${taskIds}::uuid[]) and state = 'claimed' order by id for update)
    returning id
  `.execute(tx)
  return rows.map(({ id }) => id)
}

/**
 * Gives back attempts that were claimed and not dialled, in a transaction of the caller: they end as `cancelled` and
 * count for nothing, their tasks are due again. Others among the ids are left as they are.
 * @returns what the live page must hear, at the end of the transaction
 */
export async function releaseAttempts(
  tx: GroundTransaction,
  attemptIds: readonly string[],
): Promise<readonly NewStreamEvent[]> {
  if (attemptIds.length === 0) return []
  const taken = await takeBackAttempts(tx, attemptIds)
  await waitAgain(
    tx,
    taken.map(({ taskId }) => taskId),
  )
  return [
    ...taskChanges(taken.map((one) => ({ ...one, from: 'claimed', to: 'scheduled' }))),
    ...taken.map(({ attemptId, taskId, campaignId }) => ({
      type: 'attempt.changed',
      payload: { campaignId, attemptId, taskId, from: 'created', to: 'ended', result: 'cancelled' },
    })),
  ]
}
