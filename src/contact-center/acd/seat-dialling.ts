import { type Actor, writeAudit } from '#platform/audit/audit-store.ts'
import type { Ground } from '#platform/database/database.ts'
import { OperationalError, UserError } from '#platform/errors/errors.ts'
import { stateLease } from '../calls/attempt-store.ts'
import type { Claimed, Lease, WorkSource } from '../work-source.ts'
import { ChosenSeat } from './chosen-seat.ts'
import { CampaignPreviews } from './preview-offer.ts'
import { endPreview, previewAt } from './preview-store.ts'
import { campaignsWithFreeSeats } from './reservation-store.ts'
import { SeatNews } from './seat-news.ts'
import type { ReservedSeat } from './seat-offer.ts'
import { lockSeatOfAgent, moveSeat, seatOfAgent } from './seat-store.ts'
import '#platform/disk/disk-errors.ts'
import './seat-dial-errors.ts'
import '../retention/retention-errors.ts'
import './seat-errors.ts'

export interface SeatDiallingParts {
  readonly db: Ground
  readonly lease: Lease
  readonly work: Pick<WorkSource, 'claimTask' | 'preview' | 'putOff'>
  /** Whose legs this process holds. */
  readonly seatIds: () => readonly string[]
  /** Whether there is room for another call's recording. */
  readonly hasRoom: () => boolean
  /** Whether the folder that it belongs into is there. */
  readonly hasFolder: () => boolean
  /** Carries one claimed attempt to its end; at once, without waiting for it. */
  readonly carry: (claimed: Claimed, seat: ReservedSeat) => void
}

/**
 * Calls that an agent begins: after a look at the record that the campaign offers (preview), or by choosing a task. The
 * gate, the lines and the reservation are the same as when the dialler begins one.
 * Source: requirements A15 (click-to-dial), C01 (preview); issue "the agent's seat".
 */
export class SeatDialling {
  readonly #parts: SeatDiallingParts

  constructor(parts: SeatDiallingParts) {
    this.#parts = parts
  }

  /**
   * For an agent who is free, or on a break.
   * @throws UserError TASK_UNKNOWN, GATE_*, SEAT_NOT_SIGNED_IN, SEAT_NOT_FREE, SEAT_TAKEN, SEAT_TASK_OF_OTHERS
   * @throws OperationalError DISK_FULL
   */
  async dial(agentId: string, order: { readonly taskId: string; readonly phoneId: string | null }, by: Actor) {
    await this.#dial(agentId, { ...order, previewed: null }, by)
  }

  /** Dials the record that the seat looks at. @throws UserError SEAT_NO_PREVIEW, and what {@link SeatDialling.dial} throws */
  async dialPreview(agentId: string, phoneId: string | null, by: Actor) {
    const { db } = this.#parts
    const seat = await seatOfAgent(db, agentId)
    const preview = seat === null ? null : await previewAt(db, seat.id)
    if (preview === null) throw new UserError('SEAT_NO_PREVIEW')
    await this.#dial(agentId, { taskId: preview.taskId, phoneId, previewed: preview.taskId }, by)
  }

  /** The record goes back, to be offered again later. @throws UserError SEAT_NO_PREVIEW, SEAT_SKIP_REASON_MISSING */
  async skip(agentId: string, reason: string): Promise<void> {
    const words = reason.trim()
    if (words === '') throw new UserError('SEAT_SKIP_REASON_MISSING')
    const { db, lease, work } = this.#parts
    await db.transaction().execute(async (tx) => {
      await stateLease(tx, lease)
      const seat = await lockSeatOfAgent(tx, agentId)
      const preview = seat?.state === 'previewing' ? await previewAt(tx, seat.id) : null
      if (seat === null || preview === null) throw new UserError('SEAT_NO_PREVIEW')
      const { taskId, skipMinutes } = preview
      await endPreview(tx, seat.id, { reason: 'skipped', words })
      await work.putOff(tx, taskId, skipMinutes)
      await moveSeat(tx, seat.id, seat.reachable ? 'idle' : 'unreachable')
      const news = new SeatNews()
      news.add(seat.id, { type: 'preview.ended', payload: { taskId, reason: 'skipped' } })
      await news.tell(tx)
    })
  }

  /** Shows the next records of the trunk's preview campaigns at the seats that are free. */
  async offerPreviews(trunkId: string): Promise<void> {
    const { db, lease, work, seatIds } = this.#parts
    const ids = seatIds()
    if (ids.length === 0) return
    for (const campaignId of await campaignsWithFreeSeats(db, lease, { trunkId, seatIds: ids, pacing: 'preview' })) {
      await work.preview(lease, campaignId, new CampaignPreviews(lease, campaignId, ids))
    }
  }

  async #dial(
    agentId: string,
    order: { readonly taskId: string; readonly phoneId: string | null; readonly previewed: string | null },
    by: Actor,
  ): Promise<void> {
    const { db, lease, work, seatIds, carry } = this.#parts
    const seat = await seatOfAgent(db, agentId)
    if (seat === null) throw new UserError('SEAT_NOT_SIGNED_IN')
    if (!this.#parts.hasRoom()) throw new OperationalError('DISK_FULL')
    if (!this.#parts.hasFolder()) throw new OperationalError('RECORDINGS_FOLDER_AWAY')
    const { taskId, phoneId, previewed } = order
    const chosen = new ChosenSeat({ agentId, previewed, isHere: (seatId) => seatIds().includes(seatId) })
    const claimed = await work.claimTask(lease, { taskId, phoneId, seatId: seat.id }, chosen)
    // Reserved and committed: the call begins whatever the audit trail meets.
    carry(claimed, chosen.reserved)
    await writeAudit(db, {
      actor: by,
      action: 'seat.dialled',
      object: { kind: 'task', id: taskId },
      outcome: 'ok',
      detail: { attemptId: claimed.attemptId, previewed: previewed !== null },
    })
  }
}
