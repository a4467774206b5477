import { sql } from 'kysely'
import type { GroundTransaction } from '#platform/database/database.ts'
import type { CallEvent, CallEventBody } from '../calls/call-event.ts'
import { endSupervision } from '../supervision/supervision-store.ts'
import {
  acceptOffer,
  handOverReservation,
  lockSeatOfAttempt,
  moveReservation,
  type SeatOfAttempt,
} from './reservation-store.ts'
import { wrapUpSeconds } from './seat.ts'
import type { SeatNews } from './seat-news.ts'
import { beginWrapUp, lockSeat, loseSeatLeg, moveSeat, setSeatLeg } from './seat-store.ts'

const concerned: ReadonlySet<CallEventBody['type']> = new Set([
  'answered',
  'bridged',
  'held',
  'resumed',
  'agent_left',
  'left_queue',
  'supervised',
  'taken_over',
  'not_dialled',
  'ended',
])

/**
 * What an event of a call makes of the seat and its reservation, in the transaction that applies it. Only moves that are
 * legal from where the seat stands are made: what a seat went through meanwhile must not keep an attempt from its end.
 * @param attemptState before the event
 */
export async function applyToSeat(
  tx: GroundTransaction,
  event: CallEvent,
  attemptState: string,
  news: SeatNews,
): Promise<void> {
  if (!concerned.has(event.body.type)) return
  if (event.body.type === 'supervised') return followSupervision(tx, event.body, news)
  if (event.body.type === 'answered') return accept(tx, event, attemptState, news)
  const seat = await lockSeatOfAttempt(tx, event.attemptId)
  if (seat === null) return
  await change(tx, event, { seat, attemptState, news })
  news.add(seat.seatId)
}

interface Standing {
  readonly seat: SeatOfAttempt
  readonly attemptState: string
  readonly news: SeatNews
}

async function change(tx: GroundTransaction, event: CallEvent, { seat, attemptState, news }: Standing): Promise<void> {
  const { body, callId, attemptId } = event
  const { seatId, state, reservation } = seat
  const over = attemptState === 'ended'
  switch (body.type) {
    case 'bridged':
      if (over || reservation !== 'accepted') return
      await setSeatLeg(tx, seatId, body.ref)
      await enterCall(tx, event, body)
      if (state === 'ringing' || state === 'holding' || state === 'unreachable') await moveSeat(tx, seatId, 'talking')
      return
    case 'held':
      if (state === 'talking') await moveSeat(tx, seatId, 'holding')
      return news.add(seatId, { type: 'call.held', payload: { callId } })
    case 'resumed':
      if (state === 'holding') await moveSeat(tx, seatId, 'talking')
      return news.add(seatId, { type: 'call.resumed', payload: { callId } })
    case 'agent_left':
      if (reservation !== 'accepted' || body.reason === 'not_back') return
      if (body.reason === 'hung_up') return startWrapUp(tx, event, 'hospital', { seat, attemptState, news })
      await loseSeatLeg(tx, seatId, { channelUuid: null, keepLease: true })
      return
    case 'left_queue':
      // The seat was found in the moment in which nobody waited any more.
      if (over || reservation !== 'accepted' || attemptState !== 'answered') return
      return withdraw(tx, event, body.reason, { seat, attemptState, news })
    case 'taken_over':
      if (over || reservation !== 'accepted') return
      return takeOver(tx, event, body, { seat, attemptState, news })
    case 'not_dialled':
      if (reservation !== 'pending') return
      await moveReservation(tx, seat.reservationId, 'rescinded')
      await free(tx, seat)
      return news.add(seatId, { type: 'call.released', payload: { attemptId, reason: body.reason } })
    case 'ended':
      return endCall(tx, event, body, { seat, attemptState, news })
    default:
      return
  }
}

async function accept(tx: GroundTransaction, event: CallEvent, attemptState: string, news: SeatNews): Promise<void> {
  if (attemptState === 'ended') return
  const accepted = await acceptOffer(tx, event)
  if (accepted === null) return
  const { seatId, seat } = accepted
  const { callId, attemptId, taskId } = event
  news.add(seatId, { type: 'call.answered', payload: { callId, attemptId, taskId } })
  if (seat !== null) news.addAsItStands(seat)
}

/** The agent's seat has after-call work, the supervisor's has the call. */
async function takeOver(
  tx: GroundTransaction,
  event: CallEvent,
  body: Extract<CallEventBody, { type: 'taken_over' }>,
  { seat: { seatId, reservationId }, news }: Standing,
): Promise<void> {
  const { callId, attemptId, taskId } = event
  const to = await lockSeat(tx, body.seatId)
  await endSupervision(tx, body.supervisionId, 'taken_over')
  // A seat that has another call by now: the rows stay with the agent's, which has the after-call work in the end.
  if (to === null || to.reservation !== null || (to.state !== 'idle' && to.state !== 'unreachable')) return
  await handOverReservation(tx, { from: reservationId, reservationId: body.reservationId, seatId: to.id })
  await beginWrapUp(tx, seatId, wrapUpSeconds)
  news.add(seatId, {
    type: 'call.ended',
    payload: { callId, attemptId, taskId, by: 'supervisor', reason: body.reason },
  })
  await setSeatLeg(tx, to.id, body.ref)
  // Along the legal moves, in one transaction.
  for (const state of to.state === 'idle' ? (['reserved', 'ringing', 'talking'] as const) : (['talking'] as const)) {
    await moveSeat(tx, to.id, state)
  }
  await enterCall(tx, event, body)
  news.add(
    to.id,
    { type: 'call.reserved', payload: { callId, attemptId, taskId } },
    { type: 'call.answered', payload: { callId, attemptId, taskId } },
  )
}

/** How a supervisor is in the call stood in the row before the call was told; that one has left is told by the call. */
async function followSupervision(
  tx: GroundTransaction,
  { supervisionId, mode }: Extract<CallEventBody, { type: 'supervised' }>,
  news: SeatNews,
): Promise<void> {
  if (mode !== null) return
  await endSupervision(tx, supervisionId, 'left')
  news.look()
}

async function endCall(
  tx: GroundTransaction,
  event: CallEvent,
  body: Extract<CallEventBody, { type: 'ended' }>,
  standing: Standing,
): Promise<void> {
  const { seat, attemptState, news } = standing
  const { attemptId } = event
  const { seatId, reservationId, reservation } = seat
  if (reservation === 'pending') {
    await moveReservation(tx, reservationId, 'rescinded')
    await free(tx, seat)
    news.add(seatId, { type: 'call.released', payload: { attemptId, reason: body.result } })
  } else if (reservation === 'accepted' && attemptState === 'bridged') {
    await startWrapUp(tx, event, body.hangupBy, standing)
  } else if (reservation === 'accepted') {
    // The patient went before the agent was in the call: there is nothing to wrap up.
    await withdraw(tx, event, body.result, standing)
  }
}

async function startWrapUp(
  tx: GroundTransaction,
  { callId, attemptId, taskId }: CallEvent,
  by: Extract<CallEventBody, { type: 'ended' }>['hangupBy'],
  { seat: { seatId, reservationId }, news }: Standing,
): Promise<void> {
  await moveReservation(tx, reservationId, 'wrapping')
  await beginWrapUp(tx, seatId, wrapUpSeconds)
  news.add(seatId, { type: 'call.ended', payload: { callId, attemptId, taskId, by } })
}

/** The seat is free again without having been in the call. */
async function withdraw(
  tx: GroundTransaction,
  { attemptId }: CallEvent,
  reason: string,
  { seat, news }: Standing,
): Promise<void> {
  await moveReservation(tx, seat.reservationId, 'canceled')
  await free(tx, seat)
  news.add(seat.seatId, { type: 'call.released', payload: { attemptId, reason } })
}

async function free(tx: GroundTransaction, { seatId, state, reachable }: SeatOfAttempt): Promise<void> {
  if (state === 'reserved' || state === 'ringing') await moveSeat(tx, seatId, reachable ? 'idle' : 'unreachable')
}

/** The agent as a party of the call; after a lost leg a second one. */
async function enterCall(
  tx: GroundTransaction,
  { callId, attemptId, at }: CallEvent,
  { agentId, ref }: Extract<CallEventBody, { type: 'bridged' | 'taken_over' }>,
): Promise<void> {
  await sql`/* prepared: agent-leaves-call */
    update party set left_at = ${at} where call_id = ${callId} and kind = 'agent' and left_at is null
  `.execute(tx)
  await sql`/* prepared: agent-enters-call */
    insert into party (id, call_id, kind, sip_call_id, dialog_id, local_tag, remote_tag, channel_uuid, media_host, joined_at)
    select new_id(), c.id, 'agent', ${ref.sipCallId}, ${ref.dialogId}, ${ref.localTag}, ${ref.remoteTag},
      ${ref.channelUuid}, ${ref.mediaHost}, ${at} from call c where c.id = ${callId}
  `.execute(tx)
  await sql`/* prepared: mark-bridged */
    update attempt set state = 'bridged', agent_id = ${agentId}, bridged_at = coalesce(bridged_at, ${at})
    where id = ${attemptId} and state in ('answered', 'bridged')
  `.execute(tx)
}
