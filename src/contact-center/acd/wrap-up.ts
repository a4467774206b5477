import type { GroundTransaction } from '#platform/database/database.ts'
import { UserError } from '#platform/errors/errors.ts'
import type { WorkSource } from '../work-source.ts'
import { moveReservation } from './reservation-store.ts'
import type { SeatNews } from './seat-news.ts'
import { loseSeatLeg, moveSeat, type SeatRow } from './seat-store.ts'
import './seat-errors.ts'

/**
 * After-call work is over: the seat is free, or cannot be reached where its phone was lost meanwhile, and follow-up says
 * what becomes of the task. The seat's row is locked by the caller; `news` is told last.
 */
export async function endWrapUp(
  tx: GroundTransaction,
  seat: SeatRow,
  { work, news }: { readonly work: Pick<WorkSource, 'agentCallOver'>; readonly news: SeatNews },
): Promise<void> {
  if (seat.state !== 'wrap_up') throw new UserError('SEAT_NOT_WRAPPING')
  const { id, reservation, reservationId, handedOver, attemptId, taskId } = seat
  if (reservation === 'wrapping' && reservationId !== null) await moveReservation(tx, reservationId, 'completed')
  await moveSeat(tx, id, seat.reachable ? 'idle' : 'unreachable')
  // Nobody holds a leg of it: any node may ring the phone next.
  if (!seat.reachable) await loseSeatLeg(tx, id, { channelUuid: null, keepLease: false })
  news.add(id)
  // A call that went on at another seat is that one's to wrap up.
  if (attemptId !== null && taskId !== null && !handedOver) {
    news.addToLive(...(await work.agentCallOver(tx, { attemptId, taskId })))
  }
}
