import type { GroundTransaction } from '#platform/database/database.ts'
import { newId } from '#platform/ids.ts'
import type { Lease, PreviewOffer } from '../work-source.ts'
import { openPreviews } from './preview-store.ts'
import { type FreeSeat, lockFreeSeats } from './reservation-store.ts'
import { SeatNews } from './seat-news.ts'
import { seatsFor } from './seat-offer.ts'

/** The free seats of one campaign's team, which see a record before it is dialled. */
export class CampaignPreviews implements PreviewOffer {
  readonly #lease: Lease
  readonly #campaignId: string
  readonly #seatIds: readonly string[]
  readonly #news = new SeatNews()
  #locked: readonly FreeSeat[] = []

  /** @param seatIds whose legs this process holds */
  constructor(lease: Lease, campaignId: string, seatIds: readonly string[]) {
    this.#lease = lease
    this.#campaignId = campaignId
    this.#seatIds = seatIds
  }

  async lock(tx: GroundTransaction): Promise<number> {
    this.#news.clear()
    this.#locked = await lockFreeSeats(tx, this.#lease, { campaignId: this.#campaignId, seatIds: this.#seatIds })
    return this.#locked.length
  }

  async give(
    tx: GroundTransaction,
    tasks: readonly { readonly taskId: string; readonly preferredAgentId: string | null }[],
  ): Promise<number> {
    if (tasks.length === 0) return 0
    const seats = seatsFor(
      tasks.map(({ taskId, preferredAgentId }) => ({ attemptId: taskId, preferredAgentId })),
      this.#locked,
    )
    const wanted = [...seats].map(([taskId, { seatId }]) => ({ previewId: newId(), seatId, taskId }))
    const made = await openPreviews(tx, this.#campaignId, wanted)
    for (const { seatId, taskId } of made) {
      this.#news.add(seatId, { type: 'preview.offered', payload: { taskId } })
    }
    return made.length
  }

  tell(tx: GroundTransaction): Promise<void> {
    return this.#news.tell(tx)
  }
}
