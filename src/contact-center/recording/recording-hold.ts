import { sql } from 'kysely'
import { type Actor, writeAudit } from '#platform/audit/audit-store.ts'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { UserError } from '#platform/errors/errors.ts'
import { newId } from '#platform/ids.ts'
import { appendToStream } from '#platform/realtime/stream-store.ts'
import './recording-errors.ts'

/** Who keeps a recording from expiring, and why. */
export interface HoldChange {
  readonly actor: Actor & { readonly accountId: string }
  readonly recordingId: string
  readonly reason: string
}

interface HeldRecording {
  readonly attemptId: string
  readonly state: string
}

/**
 * Keeps a recording until somebody lifts the hold: a complaint, a dispute, an order (requirements F09, §8.6).
 * @throws UserError RECORDING_UNKNOWN, RECORDING_NOT_READY, RECORDING_EXPIRED, RECORDING_HELD
 */
export async function holdRecording(db: Ground, { actor, recordingId, reason }: HoldChange): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const { attemptId, state } = await lockRecording(tx, recordingId)
    if (state === 'held') throw new UserError('RECORDING_HELD')
    if (state === 'expired') throw new UserError('RECORDING_EXPIRED')
    if (state !== 'verified' && state !== 'stored' && state !== 'damaged') {
      throw new UserError('RECORDING_NOT_READY', { state })
    }
    const heldFrom = state === 'damaged' ? 'damaged' : 'stored'
    if (state === 'verified') await move(tx, recordingId, 'stored')
    await sql`
      insert into recording_hold (id, recording_id, held_from, reason, placed_by)
      values (${newId()}, ${recordingId}, ${heldFrom}, ${reason}, ${actor.accountId})
    `.execute(tx)
    await move(tx, recordingId, 'held')
    await tell(tx, { actor, action: 'recording.held', recordingId, attemptId, reason, state: 'held' })
  })
}

/** It expires again as others do. @throws UserError RECORDING_UNKNOWN, RECORDING_NOT_HELD */
export async function liftHold(db: Ground, { actor, recordingId, reason }: HoldChange): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const { attemptId, state } = await lockRecording(tx, recordingId)
    if (state !== 'held') throw new UserError('RECORDING_NOT_HELD')
    const { rows } = await sql<{ heldFrom: string }>`
      update recording_hold set lifted_by = ${actor.accountId}, lifted_at = app_now(), lift_reason = ${reason}
      where recording_id = ${recordingId} and lifted_at is null returning held_from
    `.execute(tx)
    const back = rows[0]?.heldFrom ?? 'stored'
    await move(tx, recordingId, back)
    await tell(tx, { actor, action: 'recording.hold_lifted', recordingId, attemptId, reason, state: back })
  })
}

async function lockRecording(tx: GroundTransaction, id: string): Promise<HeldRecording> {
  const { rows } =
    await sql<HeldRecording>`select attempt_id, state from recording where id = ${id} for update`.execute(tx)
  const [found] = rows
  if (found === undefined) throw new UserError('RECORDING_UNKNOWN')
  return found
}

async function move(tx: GroundTransaction, id: string, state: string): Promise<void> {
  await sql`update recording set state = ${state} where id = ${id}`.execute(tx)
}

async function tell(
  tx: GroundTransaction,
  told: {
    readonly actor: Actor
    readonly action: 'recording.held' | 'recording.hold_lifted'
    readonly recordingId: string
    readonly attemptId: string
    readonly reason: string
    readonly state: string
  },
): Promise<void> {
  const { actor, action, recordingId, attemptId, reason, state } = told
  const object = { kind: 'recording', id: recordingId }
  await writeAudit(tx, { actor, action, object, outcome: 'ok', detail: { attemptId, reason } })
  await appendToStream(tx, 'live', [{ type: 'recording.changed', payload: { attemptId, state } }])
}
