import { sql } from 'kysely'
import type { GroundTransaction } from '#platform/database/database.ts'
import type { Lease } from '../work-source.ts'
import type { CallEvent, CallEventBody, LegRefs } from './call-event.ts'

/** States the lease under which this transaction writes attempts (invariant 3). */
export async function stateLease(tx: GroundTransaction, lease: Lease): Promise<void> {
  await sql`/* prepared: state-lease */ select set_config('suifang.lease', ${`${lease.owner}#${lease.epoch}`}, true)`.execute(
    tx,
  )
}

/** Writes the event as it happened. @returns false when it has been applied before */
export async function insertCallEvent(tx: GroundTransaction, event: CallEvent): Promise<boolean> {
  const written = await sql`
    insert into call_event (attempt_id, seq, call_id, type, body, at)
    values (${event.attemptId}, ${event.seq}, ${event.callId}, ${event.body.type}, ${JSON.stringify(event.body)}, ${event.at})
    on conflict (attempt_id, seq) do nothing
    returning seq
  `.execute(tx)
  return written.rows.length > 0
}

export interface AttemptOfEvent {
  readonly state: string
  /** It was offered to a seat. */
  readonly hasSeat: boolean
  /** The event was written now, and not before. */
  readonly isNew: boolean
}

/**
 * Locks the event's attempt, writes the event as it happened, once, and states the lease under which it did (invariant 3).
 * @returns the attempt as it was before; null for one that this database does not know
 */
export async function lockAttemptOf(
  tx: GroundTransaction,
  event: CallEvent,
  lease: Lease,
): Promise<AttemptOfEvent | null> {
  const { attemptId, seq, callId, body, at } = event
  const { rows } = await sql<AttemptOfEvent>`/* prepared: lock-attempt-of-event */
    with found as materialized (
      select id, state, exists (select from reservation r where r.attempt_id = attempt.id) as has_seat
      from attempt where id = ${attemptId} for update
    ), written as (
      insert into call_event (attempt_id, seq, call_id, type, body, at)
      select id, ${seq}::integer, ${callId}::uuid, ${body.type}, ${JSON.stringify(body)}::jsonb, ${at}::timestamptz from found
      on conflict (attempt_id, seq) do nothing
      returning seq
    )
    select state, has_seat, exists (select from written) as is_new,
      set_config('suifang.lease', ${`${lease.owner}#${lease.epoch}`}, true) from found
  `.execute(tx)
  return rows[0] ?? null
}

export async function markInvited(tx: GroundTransaction, event: CallEvent, refs: LegRefs): Promise<void> {
  await sql`update attempt set invited_at = ${event.at} where id = ${event.attemptId}`.execute(tx)
  await sql`/* prepared: begin-call */
    with begun as (
      insert into call (id, attempt_id, direction, started_at)
      values (${event.callId}, ${event.attemptId}, 'outbound', ${event.at}) on conflict do nothing
    )
    insert into party (id, call_id, kind, sip_call_id, invite_transaction, dialog_id, local_tag, remote_tag, channel_uuid, media_host, joined_at)
    values (new_id(), ${event.callId}, 'patient', ${refs.sipCallId}, ${refs.inviteTransaction}, ${refs.dialogId}, ${refs.localTag},
      ${refs.remoteTag}, ${refs.channelUuid}, ${refs.mediaHost}, ${event.at})
  `.execute(tx)
}

export async function markRinging(tx: GroundTransaction, event: CallEvent, sipStatus: number, earlyMedia: boolean) {
  await sql`/* prepared: mark-ringing */
    update attempt set state = 'ringing', ringing_at = ${event.at}, sip_status = ${sipStatus}, early_media = ${earlyMedia}
    where id = ${event.attemptId}
  `.execute(tx)
}

/** The trigger adds the recording row `expected` (invariant 6). */
export async function markAnswered(
  tx: GroundTransaction,
  event: CallEvent,
  body: Extract<CallEventBody, { type: 'answered' }>,
): Promise<void> {
  await sql`/* prepared: mark-answered */
    with answered as (
      update attempt set state = 'answered', answered_at = ${event.at}, sip_status = ${body.sipStatus},
        early_media = ${body.earlyMedia}
      where id = ${event.attemptId}
    ), begun as (update call set answered_at = ${event.at} where id = ${event.callId})
    update party set sip_call_id = ${body.ref.sipCallId}, invite_transaction = null, dialog_id = ${body.ref.dialogId},
      local_tag = ${body.ref.localTag}, remote_tag = ${body.ref.remoteTag}, channel_uuid = ${body.ref.channelUuid},
      media_host = ${body.ref.mediaHost}
    where call_id = ${event.callId} and kind = 'patient'
  `.execute(tx)
}

export async function setOutcome(tx: GroundTransaction, event: CallEvent, outcome: string): Promise<void> {
  await sql`update attempt set outcome = ${outcome} where id = ${event.attemptId}`.execute(tx)
}

export async function markEnded(
  tx: GroundTransaction,
  event: CallEvent,
  body: Extract<CallEventBody, { type: 'ended' }>,
): Promise<void> {
  await sql`/* prepared: mark-ended */
    update attempt set state = 'ended', result = ${body.result}, ended_at = ${event.at}, sip_status = ${body.sipStatus},
      sip_reason = ${body.sipReason}, q850 = ${body.q850}, early_media = ${body.earlyMedia}, hangup_by = ${body.hangupBy}
    where id = ${event.attemptId}
  `.execute(tx)
  await closeCall(tx, event.attemptId, event.at)
}

/** The call of an attempt is over for everybody who was in it. */
export async function closeCall(tx: GroundTransaction, attemptId: string, at: Date): Promise<void> {
  await sql`/* prepared: close-call */
    with closed as (update call set ended_at = ${at} where attempt_id = ${attemptId} and ended_at is null)
    update party set left_at = ${at} from call
    where party.call_id = call.id and call.attempt_id = ${attemptId} and party.left_at is null
  `.execute(tx)
}

/**
 * Keeps this node's attempts leased. One that is being written at this moment keeps the lease it has until the next
 * renewal: to wait for it, holding others, would be a deadlock with the writer of a batch.
 * @returns how many were renewed
 */
export async function renewLeases(tx: GroundTransaction, lease: Lease, seconds: number): Promise<number> {
  await stateLease(tx, lease)
  const renewed = await sql`
    update attempt set lease_until = clock_timestamp() + make_interval(secs => ${seconds})
    where id in (
      select id from attempt
      where lease_owner = ${lease.owner} and lease_epoch = ${lease.epoch} and state <> 'ended'
      for update skip locked
    )
  `.execute(tx)
  return Number(renewed.numAffectedRows ?? 0)
}

/** The next epoch of a node's name: every start takes one, and rows of older epochs are its to close. */
export async function nextEpoch(tx: GroundTransaction, owner: string): Promise<number> {
  const taken = await sql<{ epoch: string }>`
    insert into node (name, epoch) values (${owner}, 1)
    on conflict (name) do update set epoch = node.epoch + 1, started_at = clock_timestamp()
    returning epoch
  `.execute(tx)
  return Number(taken.rows[0]?.epoch)
}
