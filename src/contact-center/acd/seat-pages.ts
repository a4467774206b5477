import { type Actor, writeAudit } from '#platform/audit/audit-store.ts'
import type { Ground } from '#platform/database/database.ts'
import { UserError } from '#platform/errors/errors.ts'
import type { Secrets } from '#platform/secrets.ts'
import { issueBrowserSecret, makeBrowserPhone } from '#telephony/registrar/browser-phone.ts'
import { isItsPage } from './seat.ts'
import type { SeatLegs } from './seat-legs.ts'
import { SeatNews } from './seat-news.ts'
import { agentAtPage, givePhone, pageOfAgent, setPage } from './seat-phone-store.ts'
import type { OpenedSeat } from './seat-schema.ts'
import type { SeatService } from './seat-service.ts'
import { ensureSeat, lockSeatOfAgent } from './seat-store.ts'
import './seat-errors.ts'

export interface SeatPagesParts {
  readonly db: Ground
  readonly secrets: Pick<Secrets, 'encrypt'>
  readonly legs: Pick<SeatLegs, 'leg'>
  readonly seats: Pick<SeatService, 'view'>
  /** Whether a page reads the seat's stream now. */
  readonly isWatched: (seatId: string) => boolean
}

/** Nobody resolves it: the page's phone reaches us over its own WebSocket. */
const sipDomain = 'suifang.invalid'
const socketPath = '/sip'

/**
 * The page that an agent's seat is open in: one at a time. Which one stands in the seat's row; its commands are taken,
 * another's are refused until it takes the seat over. With a browser phone the page is the phone too, under a password
 * that each opening makes anew.
 */
export class SeatPages {
  readonly #parts: SeatPagesParts

  constructor(parts: SeatPagesParts) {
    this.#parts = parts
  }

  /**
   * Makes this page the seat's. A page that is gone leaves the seat free; one that is there must be taken over, and the
   * leg of its phone then ends. In a call the patient hears music until the new page's leg is there.
   * @throws UserError SEAT_OPEN_ELSEWHERE, SEAT_NO_PHONE
   */
  async open(
    userId: string,
    { pageId, takeOver }: { readonly pageId: string; readonly takeOver: boolean },
    actor: Actor,
  ): Promise<OpenedSeat> {
    const { db, secrets, legs, seats, isWatched } = this.#parts
    const { account, tookOver } = await db.transaction().execute(async (tx) => {
      const agent = await agentAtPage(tx, userId)
      if (agent === null) throw new UserError('SEAT_NO_PHONE')
      await ensureSeat(tx, userId)
      const seat = await lockSeatOfAgent(tx, userId)
      if (seat === null) throw new UserError('SEAT_NO_PHONE')
      const another = seat.pageId !== null && seat.pageId !== pageId && isWatched(seat.id)
      if (another && !takeOver) throw new UserError('SEAT_OPEN_ELSEWHERE')
      const made = agent.phoneId === null ? await makeBrowserPhone(tx, secrets, agent.siteId) : null
      if (made !== null) await givePhone(tx, userId, made.phoneId)
      const issued =
        agent.phoneId !== null && agent.kind === 'browser' ? await issueBrowserSecret(tx, secrets, agent.phoneId) : null
      if (seat.pageId !== pageId) {
        await setPage(tx, seat.id, pageId)
        await writeAudit(tx, {
          actor,
          action: 'seat.opened',
          object: { kind: 'seat', id: seat.id },
          outcome: 'ok',
          detail: { pageId, takenOver: another },
        })
      }
      const news = new SeatNews()
      news.add(seat.id, { type: 'seat.page', payload: { pageId } })
      await news.tell(tx)
      return { account: made ?? issued, tookOver: another }
    })
    if (tookOver && account !== null) void legs.leg(userId)?.hangUp()
    const seat = await seats.view(userId)
    if (seat === null) throw new UserError('SEAT_NO_PHONE')
    return { seat, softphone: account === null ? null : softphoneOf(account) }
  }

  /**
   * Whether a command from this page is taken: before the first opening everybody's is.
   * @throws UserError SEAT_OPEN_ELSEWHERE
   */
  async require(userId: string, pageId: string | null): Promise<void> {
    const holder = await pageOfAgent(this.#parts.db, userId)
    if (!isItsPage(holder, pageId)) throw new UserError('SEAT_OPEN_ELSEWHERE')
  }
}

function softphoneOf({ extension, password }: { readonly extension: string; readonly password: string }) {
  return {
    uri: `sip:${extension}@${sipDomain}`,
    username: extension,
    password,
    target: `sip:seat@${sipDomain}`,
    path: socketPath,
  }
}
