import type { Clock } from '#platform/clock.ts'
import { FailureGate } from './failure-gate.ts'

/** Where a request came from. */
export interface Source {
  readonly sourceAddress: string
  readonly sourcePort: number
  /** Of its Via, lower case. */
  readonly transport: string
}

/** An office behind one address may have a few wrong phones; a guesser has more. */
const placeRule = { failures: 20, windowMs: 60_000, closedMs: 60_000 }
/** All the pages of a hospital behind one tunnel, at their worst. */
const tunnelRule = { failures: 400, windowMs: 60_000, closedMs: 10_000 }

/**
 * Who is one and the same to the gates: an address; over WebSockets one connection, since pages come through the tunnel
 * of the console's server and have its address all of them. One page that errs closes the door to itself alone.
 */
export function placeOf({ sourceAddress, sourcePort, transport }: Source): string {
  return transport === 'ws' || transport === 'wss' ? `${sourceAddress} ${sourcePort}` : sourceAddress
}

/**
 * Closes to a place that has failed too often, and to all WebSockets of one address at a number that no hospital's
 * pages reach. Who opens connection after connection needs a session of the console for each (the tunnel counts them),
 * and gains nothing on the passwords: those are random.
 */
export class PlaceGate {
  readonly #places: FailureGate
  readonly #tunnels: FailureGate

  constructor(clock: Clock) {
    this.#places = new FailureGate({ clock, ...placeRule })
    this.#tunnels = new FailureGate({ clock, ...tunnelRule })
  }

  /** @returns 0 while open */
  closedForMs(source: Source): number {
    const place = placeOf(source)
    const tunnel = place === source.sourceAddress ? 0 : this.#tunnels.closedForMs(source.sourceAddress)
    return Math.max(this.#places.closedForMs(place), tunnel)
  }

  fail(source: Source): void {
    const place = placeOf(source)
    this.#places.fail(place)
    if (place !== source.sourceAddress) this.#tunnels.fail(source.sourceAddress)
  }
}
