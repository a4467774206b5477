import { sql } from 'kysely'
import type { GroundTransaction } from '#platform/database/database.ts'
import { UnexpectedError, UserError } from '#platform/errors/errors.ts'
import { newId } from '#platform/ids.ts'
import type { AttemptForSeat, SeatOffer } from '../work-source.ts'
import { endPreview, previewAt } from './preview-store.ts'
import { ratingFlowOf, reserveSeats } from './reservation-store.ts'
import { SeatNews } from './seat-news.ts'
import type { ReservedSeat } from './seat-offer.ts'
import { lockSeatOfAgent, type SeatRow } from './seat-store.ts'
import './seat-dial-errors.ts'
import './seat-errors.ts'

export interface SeatChoice {
  readonly agentId: string
  /** Whether this process holds the seat's leg. */
  readonly isHere: (seatId: string) => boolean
  /** The task that the seat looks at and now dials; null for a seat that is idle. */
  readonly previewed: string | null
}

/** The seat of an agent who dials by hand, for one claim. */
export class ChosenSeat implements SeatOffer {
  readonly #choice: SeatChoice
  readonly #news = new SeatNews()
  #seat: SeatRow | null = null
  #reserved: ReservedSeat | null = null

  constructor(choice: SeatChoice) {
    this.#choice = choice
  }

  /** @throws UserError SEAT_NOT_SIGNED_IN, SEAT_NOT_FREE, SEAT_TAKEN, SEAT_NO_PREVIEW */
  async lock(tx: GroundTransaction): Promise<number> {
    const { agentId, isHere, previewed } = this.#choice
    const seat = await lockSeatOfAgent(tx, agentId)
    if (seat === null || seat.status === 'signed_out' || seat.status === 'signing_out') {
      throw new UserError('SEAT_NOT_SIGNED_IN')
    }
    if (previewed !== null) {
      const preview = seat.state === 'previewing' ? await previewAt(tx, seat.id) : null
      if (preview?.taskId !== previewed) throw new UserError('SEAT_NO_PREVIEW')
    } else if (seat.state !== 'idle' || seat.status === 'away' || seat.statusReason === 'supervising') {
      throw new UserError('SEAT_NOT_FREE')
    }
    if (!isHere(seat.id)) throw new UserError('SEAT_TAKEN')
    this.#seat = seat
    return 1
  }

  /** @throws UserError SEAT_TASK_OF_OTHERS when the campaign is another team's */
  async reserve(tx: GroundTransaction, attempts: readonly AttemptForSeat[]): Promise<void> {
    const [attempt] = attempts
    const seat = this.#seat
    if (attempt === undefined || seat === null) throw new UnexpectedError('SEAT_NOT_FREE')
    const { attemptId, taskId } = attempt
    const { campaignId, mediaHost, others } = await wayOf(tx, attemptId, seat.id)
    if (others) throw new UserError('SEAT_TASK_OF_OTHERS')
    const callId = newId()
    if (this.#choice.previewed !== null) {
      await endPreview(tx, seat.id, { reason: 'dialed' })
      this.#news.add(seat.id, { type: 'preview.ended', payload: { taskId, reason: 'dialed' } })
    }
    await reserveSeats(tx, [{ reservationId: callId, seatId: seat.id, attemptId }])
    this.#news.add(seat.id, { type: 'call.reserved', payload: { callId, attemptId, taskId } })
    const ratingFlow = await ratingFlowOf(tx, campaignId)
    this.#reserved = { seatId: seat.id, agentId: this.#choice.agentId, callId, mediaHost, ratingFlow }
  }

  tell(tx: GroundTransaction): Promise<void> {
    return this.#news.tell(tx)
  }

  /** After the claim. */
  get reserved(): ReservedSeat {
    if (this.#reserved === null) throw new UnexpectedError('SEAT_NOT_FREE')
    return this.#reserved
  }
}

async function wayOf(
  tx: GroundTransaction,
  attemptId: string,
  seatId: string,
): Promise<{ readonly campaignId: string; readonly mediaHost: string | null; readonly others: boolean }> {
  const { rows } = await sql<{ campaignId: string; mediaHost: string | null; others: boolean }>`
    select c.id as campaign_id, s.media_host, c.team_id is not null and c.team_id <> g.team_id as others
    from attempt a join campaign c on c.id = a.campaign_id, seat s join agent g on g.user_id = s.agent_id
    where a.id = ${attemptId} and s.id = ${seatId}
  `.execute(tx)
  const [way] = rows
  if (way === undefined) throw new UnexpectedError('SEAT_NOT_FREE')
  return way
}
