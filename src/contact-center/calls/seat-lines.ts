import type { SeatLeg } from '#telephony/telephony.ts'
import type { SeatLine } from './call-event.ts'

/** Who sits there while it is measured. */
interface Sitting {
  readonly seatId: string
  readonly agentId: string
}

/** How the lines of the agents in one call are: each is measured from when its leg comes in until it leaves. */
export class SeatLines {
  readonly #told: SeatLine[] = []
  #leave: () => void = () => {}

  /** Whoever was in before has left. */
  enter(leg: SeatLeg, { seatId, agentId }: Sitting): void {
    this.leave()
    const measured = leg.measureLine()
    this.#leave = () => {
      const line = measured()
      if (line !== null) this.#told.push({ seatId, agentId, ...line })
    }
  }

  leave(): void {
    this.#leave()
    this.#leave = () => {}
  }

  /** For the call's last event. */
  get told(): { readonly seatLines?: readonly SeatLine[] } {
    return this.#told.length === 0 ? {} : { seatLines: this.#told }
  }
}
