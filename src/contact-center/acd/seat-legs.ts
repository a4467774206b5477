import type { Clock, Timer } from '#platform/clock.ts'
import type { SeatAnswer, SeatLeg, Telephony } from '#telephony/telephony.ts'

export interface SeatPhone {
  readonly seatId: string
  readonly extension: string
  /** Where the phone registered last. */
  readonly contact: string
  readonly displayName: string
}

export interface SeatLegsParts {
  readonly telephony: Pick<Telephony, 'callSeat'>
  readonly clock: Clock
  /** A leg that was up has ended, by whomever. */
  readonly onLost: (seatId: string, leg: SeatLeg) => void
}

/** A phone that refuses at once (busy, the receiver is off) is asked again after this. */
const againMs = 2_000

/** The legs of phones that this process holds up, one a seat. Memory only: the rows follow. */
export class SeatLegs {
  readonly #parts: SeatLegsParts
  readonly #legs = new Map<string, SeatLeg>()
  readonly #phones = new Map<string, SeatPhone>()
  readonly #ringing = new Map<string, { readonly answer: Promise<SeatAnswer>; readonly cancel: () => void }>()
  #closed = false

  constructor(parts: SeatLegsParts) {
    this.#parts = parts
  }

  /** The seat's leg, while it is up. */
  leg(seatId: string): SeatLeg | null {
    return this.#legs.get(seatId) ?? null
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

  /** Rings the phone once; who rings it already is joined. An answered leg stays up until it ends. */
  ring(phone: SeatPhone, ringTimeoutMs: number): Promise<SeatAnswer> {
    const under = this.#ringing.get(phone.seatId)
    if (under !== undefined) return under.answer
    this.#phones.set(phone.seatId, phone)
    const { seatId, contact, displayName } = phone
    const dial = this.#parts.telephony.callSeat({ seatId, contact, displayName, ringTimeoutMs })
    const answer = dial.result
      .then((result) => {
        if (result.answered) this.#hold(seatId, result.leg)
        return result
      })
      .finally(() => this.#ringing.delete(seatId))
    this.#ringing.set(seatId, { answer, cancel: () => dial.cancel() })
    return answer
  }

  /**
   * Rings the phone that was lost until it is lifted, `giveUp` or the time is over.
   * @returns null when it did not come back
   */
  async ringBack(seatId: string, withinMs: number, giveUp: Promise<unknown>): Promise<SeatLeg | null> {
    const { clock } = this.#parts
    const until = clock.now().getTime() + withinMs
    let over = false
    const stop = () => {
      over = true
      this.#ringing.get(seatId)?.cancel()
    }
    const given = giveUp.then(stop)
    const timer = clock.setTimeout(stop, withinMs)
    try {
      while (!over && !this.#closed) {
        const up = this.leg(seatId)
        if (up !== null) return up
        const phone = this.#phones.get(seatId)
        if (phone === undefined) return null
        const answer = await this.ring(phone, Math.max(1, until - clock.now().getTime()))
        if (answer.answered && !over) return answer.leg
        // Lifted when nobody waited any more: the seat's row knows of no leg.
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
    this.#ringing.get(seatId)?.cancel()
    const leg = this.#legs.get(seatId)
    this.#legs.delete(seatId)
    await leg?.hangUp()
  }

  /** Ends every leg. */
  async close(): Promise<void> {
    this.#closed = true
    for (const { cancel } of this.#ringing.values()) cancel()
    await Promise.allSettled([...this.#legs.values()].map((leg) => leg.hangUp()))
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
