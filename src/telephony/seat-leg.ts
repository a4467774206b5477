import { ConnectedLeg, type ConnectedLegParts } from './connected-leg.ts'
import type { LinePeriodQuality } from './line-period.ts'
import type { SeatLeg } from './telephony.ts'

export interface NailedLegParts extends ConnectedLegParts {
  readonly seatId: string
}

/** An agent's phone that has been lifted and stays so: parked in silence until a room takes it, and again after. */
export class NailedLeg extends ConnectedLeg implements SeatLeg {
  readonly seatId: string

  constructor(parts: NailedLegParts) {
    super(parts)
    this.seatId = parts.seatId
  }

  measureLine(): () => LinePeriodQuality | null {
    return this.endpoint.measureLine()
  }
}
