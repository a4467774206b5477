import type { Clock } from '#platform/clock.ts'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { UserError } from '#platform/errors/errors.ts'
import { type Log, logError } from '#platform/log.ts'
import { lastOffset } from '#platform/realtime/stream-store.ts'
import type { LivePhone, SeatLeg } from '#telephony/telephony.ts'
import { stateLease } from '../calls/attempt-store.ts'
import { leaseSeconds } from '../calls/lease-keeper.ts'
import { supervisingReason } from '../supervision/supervision.ts'
import { supervisionOf, supervisorsTold } from '../supervision/supervision-store.ts'
import type { Lease, WorkSource } from '../work-source.ts'
import { type OpenPreview, previewAt } from './preview-store.ts'
import { type ChosenStatus, isBusy, isItsPage, longestExtensionSeconds, oneMoveFrom, statusPath } from './seat.ts'
import type { SeatCall, SeatCalls } from './seat-call.ts'
import type { SeatLegs } from './seat-legs.ts'
import { newsOf, SeatNews, seatStream } from './seat-news.ts'
import { phoneOfAgent, seatOfExtension } from './seat-phone-store.ts'
import type { SeatView } from './seat-schema.ts'
import {
  ensureSeat,
  extendWrapUp,
  leaseSeat,
  lockSeatOfAgent,
  loseSeatLeg,
  moveSeat,
  moveStatus,
  moveStatusDirectly,
  type SeatRow,
  seatOfAgent,
  setSeatLeg,
} from './seat-store.ts'
import { endWrapUp } from './wrap-up.ts'
import './seat-errors.ts'

export interface SeatServiceParts {
  readonly db: Ground
  readonly lease: Lease
  readonly work: Pick<WorkSource, 'agentCallOver' | 'hasOutcome'>
  readonly legs: SeatLegs
  readonly calls: SeatCalls
  readonly clock: Clock
  readonly log: Log
}

const ringMs = 30_000
const retryMs = 1_000

/**
 * What an agent does at the seat, and what becomes of its phone. Every change writes the seat's row and the event on its
 * stream in one transaction. What is done to a running call goes to the call, which tells of it by its events.
 * Source: requirements A10, A18; vocabulary (seat status, seat state).
 */
export class SeatService {
  readonly #parts: SeatServiceParts
  readonly #signingIn = new Map<string, Promise<void>>()
  readonly #losing = new Set<Promise<void>>()
  #closed = false

  constructor(parts: SeatServiceParts) {
    this.#parts = parts
  }

  /** Null for an account without a seat: it was given no phone. */
  async view(userId: string): Promise<SeatView | null> {
    return this.#parts.db
      .transaction()
      .setIsolationLevel('repeatable read')
      .execute(async (tx) => {
        const seat = await seatOfAgent(tx, userId)
        if (seat === null) return null
        const supervisors = seat.reservationId === null ? [] : await supervisorsTold(tx, seat.reservationId)
        const preview = await previewAt(tx, seat.id)
        return viewOf(seat, { supervisors, preview, offset: await lastOffset(tx, seatStream(seat.id)) })
      })
  }

  /**
   * Rings the desk phone once, or waits for the call of the page's own phone; its leg stays up and the seat is free for
   * calls. Asked again while the leg is up, it changes nothing; with the leg lost, it does so again.
   * @throws UserError SEAT_NO_PHONE, SEAT_PHONE_NOT_LIVE, SEAT_PHONE_NOT_ANSWERED, SEAT_SOFTPHONE_NOT_UP, SEAT_TAKEN
   */
  signIn(userId: string): Promise<void> {
    this.#parts.calls.take(userId)
    const under = this.#signingIn.get(userId)
    if (under !== undefined) return under
    const done = this.#signIn(userId).finally(() => this.#signingIn.delete(userId))
    this.#signingIn.set(userId, done)
    return done
  }

  /** At once, or when the call at the seat and its after-call work are over. */
  async signOut(userId: string): Promise<void> {
    const left = await this.#change(userId, async (tx, seat) => {
      if (seat.status === 'signed_out') return null
      if (seat.status !== 'signing_out') await moveStatus(tx, seat.id, 'signing_out')
      await leavePreview(tx, seat)
      if ((isBusy(seat.state) && seat.state !== 'previewing') || seat.reservation !== null) return null
      await loseSeatLeg(tx, seat.id, { channelUuid: null, keepLease: false })
      await moveStatus(tx, seat.id, 'signed_out')
      return seat.id
    })
    if (left !== null) await this.#parts.legs.hangUp(left)
  }

  /** Nobody is at the seat: whoever is being dialled for it is not called on. */
  vacate(userId: string): void {
    this.#parts.calls.vacate(userId)
  }

  /**
   * @param page that asks; absent: nobody asks which
   * @throws UserError SEAT_NOT_SIGNED_IN, SEAT_SUPERVISES, SEAT_OPEN_ELSEWHERE
   */
  async setStatus(
    userId: string,
    status: ChosenStatus,
    reason: string | null = null,
    page?: string | null,
  ): Promise<void> {
    const told = status === 'available' ? null : reason
    // A person may change the status of a seat whoever holds it.
    const direct = await this.#parts.db.transaction().execute(async (tx) => {
      const move = { from: oneMoveFrom(status), to: status, reason: told, page }
      const seat = await moveStatusDirectly(tx, userId, move)
      if (seat !== null) await newsOf(seat).tell(tx)
      return seat !== null
    })
    if (direct) return
    await this.#changeUnleased(userId, async (tx, seat) => {
      if (page !== undefined && !isItsPage(seat.pageId, page)) throw new UserError('SEAT_OPEN_ELSEWHERE')
      // A break of another kind would not be gone back from.
      const mayBe = seat.status === 'on_break' && seat.statusReason === supervisingReason
      if (mayBe && (await supervisionOf(tx, userId)) !== null) throw new UserError('SEAT_SUPERVISES')
      const path = statusPath(seat.status, status)
      if (path === null) throw new UserError('SEAT_NOT_SIGNED_IN')
      for (const step of path) await moveStatus(tx, seat.id, step, step === 'available' ? null : told)
      if (status === 'available' || seat.state !== 'previewing') return
      await stateLease(tx, this.#parts.lease)
      await leavePreview(tx, seat)
    })
  }

  /** @throws UserError SEAT_NOT_WRAPPING */
  async extendWrapUp(userId: string, seconds: number): Promise<void> {
    await this.#change(userId, async (tx, seat) => {
      if (seat.state !== 'wrap_up') throw new UserError('SEAT_NOT_WRAPPING')
      await extendWrapUp(tx, seat.id, Math.min(seconds, longestExtensionSeconds))
    })
  }

  /** @throws UserError OUTCOME_MISSING, SEAT_NOT_WRAPPING */
  async finishWrapUp(userId: string): Promise<void> {
    await this.#change(userId, async (tx, seat, news) => {
      if (seat.state !== 'wrap_up') throw new UserError('SEAT_NOT_WRAPPING')
      // What becomes of a call that was taken over, its new seat says.
      const { attemptId, outcome, handedOver } = seat
      if (
        attemptId !== null &&
        outcome === null &&
        !handedOver &&
        !(await this.#parts.work.hasOutcome(tx, attemptId))
      ) {
        throw new UserError('OUTCOME_MISSING')
      }
      await endWrapUp(tx, seat, { work: this.#parts.work, news })
    })
  }

  /** @throws UserError SEAT_NO_CALL */
  async hangUp(userId: string): Promise<void> {
    await (await this.#call(userId)).hangUp()
  }

  /** @throws UserError SEAT_NO_CALL */
  async hold(userId: string): Promise<void> {
    await (await this.#call(userId)).hold()
  }

  /** @throws UserError SEAT_NO_CALL */
  async resume(userId: string): Promise<void> {
    await (await this.#call(userId)).resume()
  }

  /** @param digits 1–32 of 0–9, `*`, `#` @throws UserError SEAT_NO_CALL */
  async sendDigits(userId: string, digits: string): Promise<void> {
    await (await this.#call(userId)).sendDigits(digits)
  }

  /** A leg that called in for a seat that nobody awaited it at: the seat is free with it, or its call is told by itself. */
  async adopt(seatId: string, leg: SeatLeg): Promise<void> {
    const { legs, log, clock } = this.#parts
    while (!this.#closed && legs.leg(seatId) === leg) {
      try {
        await this.#change(seatId, (tx, seat) => this.#setLeg(tx, seat, leg))
        break
      } catch (error) {
        if (error instanceof UserError) return legs.hangUp(seatId)
        logError(log, error, 'a phone that called in is not in the rows yet')
        await new Promise<void>((resolve) => clock.setTimeout(resolve, retryMs))
      }
    }
    if (leg.end !== null) this.legLost(seatId, leg)
  }

  /** News of a phone: its seat's page is told whether it is live. */
  async phoneChanged(phone: LivePhone | { readonly extension: string; readonly gone: true }): Promise<void> {
    if ('contact' in phone) this.#parts.legs.phoneMoved(phone.extension, phone.contact)
    try {
      await this.#parts.db.transaction().execute(async (tx) => {
        const seatId = await seatOfExtension(tx, phone.extension)
        if (seatId === null) return
        const news = new SeatNews()
        news.add(seatId)
        await news.tell(tx)
      })
    } catch (error) {
      logError(this.#parts.log, error, 'a seat was not told of its phone')
    }
  }

  /** A leg has ended. In a call it is the call's to tell, by its journal; else the row follows here. */
  legLost(seatId: string, leg: SeatLeg): void {
    if (this.#parts.calls.at(seatId) !== undefined) return
    const losing = this.#lose(seatId, leg).finally(() => this.#losing.delete(losing))
    this.#losing.add(losing)
  }

  /** Resolves when the rows know of every leg that was lost until now. */
  async rest(): Promise<void> {
    while (this.#losing.size > 0) await Promise.allSettled(this.#losing)
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.allSettled([...this.#signingIn.values(), ...this.#losing])
  }

  async #signIn(userId: string): Promise<void> {
    const { db, lease, legs, calls } = this.#parts
    const phone = await phoneOfAgent(db, userId)
    if (phone === null) throw new UserError('SEAT_NO_PHONE')
    const seat = await db.transaction().execute(async (tx) => {
      await stateLease(tx, lease)
      await ensureSeat(tx, userId)
      const found = await lockSeatOfAgent(tx, userId)
      if (found === null || !(await leaseSeat(tx, found.id, lease, leaseSeconds))) throw new UserError('SEAT_TAKEN')
      return found
    })
    // Its call rings the phone by itself.
    if (legs.leg(seat.id) !== null || calls.at(seat.id) !== undefined) return this.#greet(userId, null)
    if (phone.kind === 'desk' && phone.contact === null) {
      await this.#giveUp(userId)
      throw new UserError('SEAT_PHONE_NOT_LIVE', { extension: phone.extension })
    }
    const answer = await legs.bringUp({ ...phone, seatId: seat.id }, { withinMs: ringMs })
    if (!answer.answered) {
      await this.#giveUp(userId)
      throw new UserError(phone.kind === 'desk' ? 'SEAT_PHONE_NOT_ANSWERED' : 'SEAT_SOFTPHONE_NOT_UP')
    }
    try {
      await this.#greet(userId, answer.leg)
    } catch (error) {
      await legs.hangUp(seat.id)
      throw error
    }
  }

  /** The agent is there: signed in, and with a new leg free for calls. */
  async #greet(userId: string, leg: SeatLeg | null): Promise<void> {
    await this.#change(userId, async (tx, seat) => {
      if (leg !== null) await this.#setLeg(tx, seat, leg)
      if (seat.status === 'signed_out') await moveStatus(tx, seat.id, 'available')
    })
    // It may have ended before its row was written.
    if (leg?.end) this.legLost(userId, leg)
  }

  async #setLeg(tx: GroundTransaction, seat: SeatRow, leg: SeatLeg): Promise<void> {
    if (!(await leaseSeat(tx, seat.id, this.#parts.lease, leaseSeconds))) throw new UserError('SEAT_TAKEN')
    await setSeatLeg(tx, seat.id, leg.ref)
    if (seat.state === 'unreachable' && seat.reservation === null) await moveSeat(tx, seat.id, 'idle')
  }

  /** No leg came up: the seat is nobody's. */
  async #giveUp(userId: string): Promise<void> {
    await this.#change(userId, async (tx, seat) => {
      if (!seat.reachable) await loseSeatLeg(tx, seat.id, { channelUuid: null, keepLease: false })
    })
  }

  async #lose(seatId: string, leg: SeatLeg): Promise<void> {
    while (!this.#closed) {
      try {
        await this.#change(seatId, async (tx) => {
          await loseSeatLeg(tx, seatId, { channelUuid: leg.ref.channelUuid, keepLease: false })
        })
        return
      } catch (error) {
        logError(this.#parts.log, error, 'a lost phone is not in the rows yet')
        await new Promise<void>((resolve) => this.#parts.clock.setTimeout(resolve, retryMs))
      }
    }
  }

  #change<T>(userId: string, act: SeatChange<T>): Promise<T> {
    return this.#changeUnleased(userId, async (tx, seat, news) => {
      await stateLease(tx, this.#parts.lease)
      return act(tx, seat, news)
    })
  }

  /** For what does not touch the state, the leg or the lease of the seat. */
  async #changeUnleased<T>(userId: string, act: SeatChange<T>): Promise<T> {
    return this.#parts.db.transaction().execute(async (tx) => {
      const seat = await lockSeatOfAgent(tx, userId)
      if (seat === null) throw new UserError('SEAT_NOT_SIGNED_IN')
      const news = new SeatNews()
      const made = await act(tx, seat, news)
      news.add(seat.id)
      await news.tell(tx)
      return made
    })
  }

  async #call(userId: string): Promise<SeatCall> {
    const seat = await seatOfAgent(this.#parts.db, userId)
    const call = seat === null ? undefined : this.#parts.calls.at(seat.id)
    if (call === undefined) throw new UserError('SEAT_NO_CALL')
    return call
  }
}

type SeatChange<T> = (tx: GroundTransaction, seat: SeatRow, news: SeatNews) => Promise<T>

/** Who takes a break takes no call: the record goes back to the others (migration 0011). */
async function leavePreview(tx: GroundTransaction, seat: SeatRow): Promise<void> {
  if (seat.state === 'previewing') await moveSeat(tx, seat.id, seat.reachable ? 'idle' : 'unreachable')
}

function viewOf(
  seat: SeatRow,
  more: {
    readonly supervisors: Readonly<SeatView['supervisors']>
    readonly preview: OpenPreview | null
    readonly offset: number
  },
): SeatView {
  const { supervisors, preview, offset } = more
  const { id, status, statusReason, state, extension, phoneLive, callId, attemptId, taskId, reservation } = seat
  return {
    id,
    status,
    statusReason,
    state,
    since: seat.since.toISOString(),
    phone: extension === null ? null : { extension, kind: seat.phoneKind ?? 'desk', live: phoneLive },
    pageId: seat.pageId,
    wrapUpUntil: seat.wrapUpUntil?.toISOString() ?? null,
    call:
      callId === null || attemptId === null || taskId === null
        ? null
        : { callId, attemptId, taskId, answered: reservation !== 'pending', held: state === 'holding' },
    preview:
      preview === null
        ? null
        : { taskId: preview.taskId, campaignId: preview.campaignId, offeredAt: preview.offeredAt.toISOString() },
    supervisors: [...supervisors],
    offset,
  }
}
