import { sql } from 'kysely'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import type { Lease } from '../work-source.ts'
import { maySit } from './may-sit.ts'
import type { LeftReason, Queue } from './queue.ts'
import type { FreeSeat } from './reservation-store.ts'
import './queue-tables.ts'

/** Channel of the queues' news (migration 0011): the queue of a new entry, or {@link queueSetUp}. */
export const queueChannel = 'suifang_queue'
/** Said on the channel when queues, or the teams of campaigns, have changed. */
export const queueSetUp = 'setup'

export interface KnownQueue extends Queue {
  /** Campaigns of its team. */
  readonly campaignIds: readonly string[]
}

/** Every queue, oldest first. */
export async function queues(db: Ground): Promise<readonly KnownQueue[]> {
  const { rows } = await sql<KnownQueue>`
    select q.id, q.site_id, q.name, q.team_id, q.wait_limit_seconds,
      array(select c.id from campaign c where c.team_id = q.team_id) as campaign_ids
    from queue q order by q.created_at, q.id
  `.execute(db)
  return rows
}

/** The patient waits from now on; one whose call is over meanwhile does not. */
export async function enterQueue(
  tx: GroundTransaction,
  entry: { readonly attemptId: string; readonly queueId: string; readonly at: Date },
): Promise<void> {
  await sql`
    insert into queue_entry (id, queue_id, attempt_id, entered_at)
    select new_id(), q.id, a.id, ${entry.at} from attempt a, queue q
    where a.id = ${entry.attemptId} and a.state = 'answered' and q.id = ${entry.queueId}
    on conflict (attempt_id) where left_at is null do nothing
  `.execute(tx)
}

/** @returns the queue that the patient has left; null for one who was in none */
export async function leaveQueue(
  tx: GroundTransaction,
  entry: { readonly attemptId: string; readonly reason: LeftReason; readonly at: Date },
): Promise<string | null> {
  const { rows } = await sql<{ queueId: string }>`/* prepared: leave-queue */
    update queue_entry set left_at = greatest(${entry.at}, entered_at), left_reason = ${entry.reason}
    where attempt_id = ${entry.attemptId} and left_at is null returning queue_id
  `.execute(tx)
  return rows[0]?.queueId ?? null
}

/** A patient who waits and whom no seat has been given yet. */
export interface WaitingPatient {
  readonly attemptId: string
  readonly taskId: string
  readonly callId: string
  readonly campaignId: string
  readonly teamId: string
  /** The media server that the patient's channel is on. */
  readonly mediaHost: string | null
  /** An agent of the team is signed in, at work or on a break. */
  readonly staffed: boolean
}

/**
 * Locks the patient's attempt, then looks: what the call's own events change follows in that order too.
 * @returns null when the patient is not (yet, or any more) waiting for a seat
 */
export async function lockWaiting(tx: GroundTransaction, attemptId: string): Promise<WaitingPatient | null> {
  await sql`select from attempt where id = ${attemptId} for no key update`.execute(tx)
  const { rows } = await sql<WaitingPatient>`
    select a.id as attempt_id, a.task_id, c.id as call_id, a.campaign_id, q.team_id, p.media_host,
      exists (select from seat s join agent g on g.user_id = s.agent_id
        where g.team_id = q.team_id and s.status in ('available', 'on_break', 'away') and ${maySit}) as staffed
    from queue_entry e
    join queue q on q.id = e.queue_id
    join attempt a on a.id = e.attempt_id
    join call c on c.attempt_id = a.id
    join party p on p.call_id = c.id and p.kind = 'patient' and p.left_at is null
    where e.attempt_id = ${attemptId} and e.left_at is null and a.state = 'answered'
      and not exists (select from reservation r where r.attempt_id = a.id)
  `.execute(tx)
  return rows[0] ?? null
}

/**
 * Locks the team's seat that has been idle longest, on the patient's media server. Another transaction's lock is waited
 * for, and its seat passed when it is no longer free.
 * @param order.seatIds whose legs this process holds
 */
export async function lockLongestIdle(
  tx: GroundTransaction,
  lease: Lease,
  order: { readonly teamId: string; readonly mediaHost: string | null; readonly seatIds: readonly string[] },
): Promise<FreeSeat | null> {
  const free = sql`s.state = 'idle' and s.status = 'available' and s.id = any (${order.seatIds}::uuid[])
    and s.lease_owner = ${lease.owner} and s.lease_epoch = ${lease.epoch} and s.media_host = ${order.mediaHost}
    and ${maySit}`
  for (let tries = 0; tries <= order.seatIds.length; tries += 1) {
    const { rows } = await sql<{ id: string }>`
      select s.id from seat s join agent g on g.user_id = s.agent_id
      where g.team_id = ${order.teamId} and ${free} order by s.state_since, s.id limit 1
    `.execute(tx)
    const [first] = rows
    if (first === undefined) return null
    const locked = await sql<FreeSeat>`
      select s.id as seat_id, s.agent_id, s.media_host from seat s where s.id = ${first.id} and ${free} for update
    `.execute(tx)
    if (locked.rows[0] !== undefined) return locked.rows[0]
  }
  return null
}

/** A queue as the floor shows it. */
export interface QueueStanding {
  readonly queueId: string
  readonly teamId: string
  readonly name: string
  readonly waiting: number
  readonly longestSince: Date | null
}

/** How many wait in queues, and since when the longest; told by queue or by team. */
export async function queueStandings(
  db: Ground | GroundTransaction,
  of: { readonly queueIds: readonly string[] } | { readonly teamIds: readonly string[] },
): Promise<readonly QueueStanding[]> {
  const which =
    'queueIds' in of ? sql`q.id = any (${of.queueIds}::uuid[])` : sql`q.team_id = any (${of.teamIds}::uuid[])`
  const { rows } = await sql<QueueStanding>`
    select q.id as queue_id, q.team_id, q.name, count(e.id)::integer as waiting, min(e.entered_at) as longest_since
    from queue q left join queue_entry e on e.queue_id = q.id and e.left_at is null
    where ${which} group by q.id order by q.team_id, q.id
  `.execute(db)
  return rows
}

/** The queues of these teams, as the floor's page has them. */
export async function floorQueues(tx: GroundTransaction, teamIds: readonly string[]) {
  const standings = await queueStandings(tx, { teamIds })
  return standings.map((one) => ({ ...one, longestSince: one.longestSince?.toISOString() ?? null }))
}
