import type { Clock, Timer } from '#platform/clock.ts'
import {
  type IncomingSeatCall,
  type SeatAnswer,
  type SeatLeg,
  type Telephony,
  unknownLeg,
} from '#telephony/telephony.ts'
import type { ComingBack } from '../calls/call-seats.ts'
import type { PhoneKind } from './seat.ts'

export interface SeatPhone {
  readonly seatId: string
  readonly extension: string
  readonly kind: PhoneKind
  /** Where the phone registered last; null for one that calls in. */
  readonly contact: string | null
  readonly displayName: string
}

/** For how long, and where: a leg that comes back to a call must be on its patient's media server. */
interface BringUp {
  readonly withinMs: number
  readonly mediaHost?: string
}

export interface SeatLegsParts {
  readonly telephony: Pick<Telephony, 'callSeat'>
  readonly clock: Clock
  /** A leg that was up has ended, by whomever. */
  readonly onLost: (seatId: string, leg: SeatLeg) => void
}

/** A phone that refuses at once (busy, the receiver is off) is asked again after this. */
const againMs = 2_000

const notThere: SeatAnswer = {
  answered: false,
  cause: 'ring_timeout',
  sipStatus: null,
  sipReason: null,
  q850: null,
  earlyMedia: false,
  rang: false,
  ref: unknownLeg,
}

/** A phone that is rung, or whose call is awaited. */
interface Coming {
  readonly phone: SeatPhone
  readonly mediaHost: string | undefined
  readonly answer: Promise<SeatAnswer>
  readonly cancel: () => void
  /** A leg that has called in is the answer; for a phone that is rung it is not. */
  readonly take: ((leg: SeatLeg) => void) | null
}

/**
 * The legs of phones that this process holds up, one a seat: desk phones are rung, browsers call in. Memory only: the
 * rows follow.
 */
export class SeatLegs {
  readonly #parts: SeatLegsParts
  readonly #legs = new Map<string, SeatLeg>()
  readonly #phones = new Map<string, SeatPhone>()
  readonly #coming = new Map<string, Coming>()
  /** Seats whose phone has called in and is being answered. */
  readonly #answering = new Set<string>()
  /** Callers who wait until their seat awaits them. */
  readonly #early = new Map<string, () => void>()
  #closed = false

  constructor(parts: SeatLegsParts) {
    this.#parts = parts
  }

  /** The seat's leg, while it is up. */
  leg(seatId: string): SeatLeg | null {
    return this.#legs.get(seatId) ?? null
  }

  /** Its phone is rung, awaited or up here. */
  has(seatId: string): boolean {
    return this.#legs.has(seatId) || this.#coming.has(seatId) || this.#answering.has(seatId)
  }

  get seatIds(): readonly string[] {
    return [...this.#legs.keys()]
  }

  /** A phone has registered, maybe from elsewhere: it is rung there from now on. */
  phoneMoved(extension: string, contact: string): void {
    for (const phone of this.#phones.values()) {
      if (phone.extension === extension) this.#phones.set(phone.seatId, { ...phone, contact })
    }
  }

  /**
   * Rings the phone once, or waits for its call; who does so already is joined. An answered leg stays up until it ends.
   */
  bringUp(phone: SeatPhone, order: BringUp): Promise<SeatAnswer> {
    const { seatId } = phone
    const under = this.#coming.get(seatId)
    if (under !== undefined) return under.answer
    this.#phones.set(seatId, phone)
    const begun = phone.kind === 'browser' ? this.#await(order) : this.#ring(phone, order)
    const answer = begun.answer.finally(() => {
      if (this.#coming.get(seatId) === coming) this.#coming.delete(seatId)
    })
    const coming: Coming = { ...begun, answer, phone, mediaHost: order.mediaHost }
    this.#coming.set(seatId, coming)
    this.#early.get(seatId)?.()
    return answer
  }

  /** The phone whose call is awaited now. */
  awaited(extension: string): SeatPhone | null {
    for (const { phone, take } of this.#coming.values()) {
      if (take !== null && phone.extension === extension) return phone
    }
    return null
  }

  /** Resolves when a call of this seat's phone is awaited, or the time is over. @returns whether it is */
  async untilAwaited(seatId: string, withinMs: number): Promise<boolean> {
    const isAwaited = () => this.#coming.get(seatId)?.take != null
    if (isAwaited()) return true
    await new Promise<void>((resolve) => {
      const timer = this.#parts.clock.setTimeout(resolve, withinMs)
      this.#early.set(seatId, () => {
        this.#parts.clock.clearTimeout(timer)
        resolve()
      })
    })
    this.#early.delete(seatId)
    return isAwaited()
  }

  /**
   * Answers a phone that calls in: its leg is the seat's from now on, and the one before is ended.
   * @returns the leg, and whether somebody has waited for it, whose it is to say so
   * @throws what {@link IncomingSeatCall.accept} throws
   */
  async answer(call: IncomingSeatCall, phone: SeatPhone): Promise<{ leg: SeatLeg; wasAwaited: boolean }> {
    const { seatId, displayName } = phone
    // A call that goes on keeps the seat on its media server.
    const mediaHost = this.#coming.get(seatId)?.mediaHost ?? this.#legs.get(seatId)?.ref.mediaHost
    this.#answering.add(seatId)
    const leg = await call
      .accept({ seatId, displayName, ...(mediaHost == null ? {} : { mediaHost }) })
      .finally(() => this.#answering.delete(seatId))
    this.#phones.set(seatId, phone)
    const before = this.#legs.get(seatId)
    this.#hold(seatId, leg)
    if (leg.end === null) void before?.hangUp()
    const take = this.#coming.get(seatId)?.take ?? null
    take?.(leg)
    return { leg, wasAwaited: take !== null }
  }

  /**
   * Brings the phone up that was lost, until it is, nobody waits any more, or the time is over.
   * @returns null when it did not come back
   */
  async comeBack({ seatId, withinMs, giveUp, mediaHost }: ComingBack): Promise<SeatLeg | null> {
    const { clock } = this.#parts
    const until = clock.now().getTime() + withinMs
    let over = false
    const stop = () => {
      over = true
      this.#coming.get(seatId)?.cancel()
    }
    const given = giveUp.then(stop)
    const timer = clock.setTimeout(stop, withinMs)
    try {
      while (!over && !this.#closed) {
        const up = this.leg(seatId)
        if (up !== null) return up
        const phone = this.#phones.get(seatId)
        if (phone === undefined) return null
        const left = Math.max(1, until - clock.now().getTime())
        const order = { withinMs: left, ...(mediaHost === null ? {} : { mediaHost }) }
        const answer = await this.bringUp(phone, order)
        if (answer.answered && !over) return answer.leg
        // Up when nobody waited any more: the seat's row knows of no leg.
        if (answer.answered) await this.hangUp(seatId)
        else if (!over) await Promise.race([this.#pause(againMs), given])
      }
      return null
    } finally {
      clock.clearTimeout(timer)
    }
  }

  /** The leg of a seat whose agent leaves; a phone that still rings falls silent. */
  async hangUp(seatId: string): Promise<void> {
    this.#coming.get(seatId)?.cancel()
    const leg = this.#legs.get(seatId)
    this.#legs.delete(seatId)
    await leg?.hangUp()
  }

  /** Ends every leg. */
  async close(): Promise<void> {
    this.#closed = true
    for (const { cancel } of this.#coming.values()) cancel()
    await Promise.allSettled([...this.#legs.values()].map((leg) => leg.hangUp()))
  }

  #ring({ seatId, contact, displayName }: SeatPhone, { withinMs, mediaHost }: BringUp) {
    // Nobody to ring: it may be back from elsewhere, and is asked for again.
    if (contact === null) return { answer: Promise.resolve(notThere), cancel: () => {}, take: null }
    const where = mediaHost === undefined ? {} : { mediaHost }
    const order = { seatId, contact, displayName, ringTimeoutMs: withinMs, ...where }
    const dial = this.#parts.telephony.callSeat(order)
    const answer = dial.result.then((result) => {
      if (result.answered) this.#hold(seatId, result.leg)
      return result
    })
    return { answer, cancel: () => dial.cancel(), take: null }
  }

  #await({ withinMs }: BringUp) {
    const { clock } = this.#parts
    const { promise, resolve } = Promise.withResolvers<SeatAnswer>()
    const timer = clock.setTimeout(() => resolve(notThere), withinMs)
    const answer = promise.finally(() => clock.clearTimeout(timer))
    return {
      answer,
      cancel: () => resolve(notThere),
      take: (leg: SeatLeg) => resolve({ answered: true, leg }),
    }
  }

  #hold(seatId: string, leg: SeatLeg): void {
    if (leg.end !== null) return
    this.#legs.set(seatId, leg)
    void leg.ended.then(() => {
      // Hung up by us, or followed by another already: no loss.
      if (this.#legs.get(seatId) !== leg) return
      this.#legs.delete(seatId)
      this.#parts.onLost(seatId, leg)
    })
  }

  #pause(ms: number): Promise<void> {
    let timer: Timer | undefined
    return new Promise<void>((resolve) => {
      timer = this.#parts.clock.setTimeout(resolve, ms)
    }).finally(() => this.#parts.clock.clearTimeout(timer))
  }
}
