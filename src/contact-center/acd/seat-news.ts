import type { GroundTransaction } from '#platform/database/database.ts'
import { appendToStreams, type NewStreamEvent } from '#platform/realtime/stream-store.ts'
import { isShownToAgent } from '../supervision/supervision.ts'
import { supervisionsChanged, supervisorsTold, tellSupervision } from '../supervision/supervision-store.ts'
import { type SeatRow, seatsById } from './seat-store.ts'

/** The stream that a seat's page reads. */
export function seatStream(seatId: string): string {
  return `seat:${seatId}`
}

/** The stream that the supervisors of a team read. */
export function floorStream(teamId: string): string {
  return `floor:${teamId}`
}

/** What the pages of seats, and the floor of their teams, must hear of one transaction, in order. */
export class SeatNews {
  readonly #bySeat = new Map<string, NewStreamEvent[]>()
  readonly #byTeam = new Map<string, NewStreamEvent[]>()
  readonly #live: NewStreamEvent[] = []
  readonly #known = new Map<string, SeatRow>()
  #looking = false

  /** The seat has changed; without an event of its own it is told as it stands at the end of the transaction. */
  add(seatId: string, ...events: readonly NewStreamEvent[]): void {
    this.#known.delete(seatId)
    push(this.#bySeat, seatId, events)
  }

  /** The seat has changed to this: it needs no other look, unless it changes once more. */
  addAsItStands(seat: SeatRow): void {
    this.add(seat.id)
    this.#known.set(seat.id, seat)
  }

  /** For the floor of a team alone. */
  addToFloor(teamId: string, ...events: readonly NewStreamEvent[]): void {
    push(this.#byTeam, teamId, events)
  }

  /** For the stream `live`, which is locked from its first line to the transaction's end. */
  addToLive(...events: readonly NewStreamEvent[]): void {
    this.#live.push(...events)
  }

  /** Who supervises a call may have changed, and no seat. */
  look(): void {
    this.#looking = true
  }

  /**
   * Writes it all, each seat's own state last, the floors after the seats. The last statements of a transaction; streams
   * are locked in one order everywhere, `live` first.
   */
  async tell(tx: GroundTransaction): Promise<void> {
    const unknown = [...this.#bySeat.keys()].filter((id) => !this.#known.has(id))
    let seats: readonly SeatRow[] = [
      ...this.#known.values(),
      ...(unknown.length === 0 ? [] : await seatsById(tx, unknown)),
    ]
    const toPages = new Map<string, NewStreamEvent[]>()
    if (this.#looking || seats.some(({ supervisionChanged }) => supervisionChanged)) {
      await this.#learnSupervision(tx, toPages)
      seats = await seatsById(tx, [...this.#bySeat.keys()])
    }
    for (const seat of seats) {
      push(toPages, seat.id, [...(this.#bySeat.get(seat.id) ?? []), { type: 'seat.changed', payload: pageNews(seat) }])
      this.addToFloor(seat.teamId, { type: 'seat.changed', payload: floorNews(seat) })
    }
    await appendToStreams(tx, [
      ['live', this.#live],
      ...inOrder(toPages).map(([seatId, events]) => [seatStream(seatId), events] as const),
      ...inOrder(this.#byTeam).map(([teamId, events]) => [floorStream(teamId), events] as const),
    ])
    this.clear()
  }

  clear(): void {
    this.#live.length = 0
    this.#bySeat.clear()
    this.#byTeam.clear()
    this.#known.clear()
    this.#looking = false
  }

  /** The floor hears of every supervisor, the agent's page of those who can be heard. */
  async #learnSupervision(tx: GroundTransaction, toPages: Map<string, NewStreamEvent[]>): Promise<void> {
    for (const {
      id,
      supervisorId,
      name,
      mode,
      over,
      toldMode,
      seatId,
      callId,
      reservationId,
      teamId,
    } of await supervisionsChanged(tx)) {
      // The status before it is back.
      if (over) this.add(supervisorId)
      const now = over ? null : mode
      const payload = { seatId, callId, supervisorId, name, mode: now }
      this.addToFloor(teamId, { type: 'supervision.changed', payload })
      const shown = now !== null && isShownToAgent(now) ? now : null
      if (shown === toldMode) continue
      await tellSupervision(tx, id, shown)
      const supervisors = await supervisorsTold(tx, reservationId)
      push(toPages, seatId, [{ type: 'supervision.changed', payload: { supervisors } }])
    }
  }
}

/** That one seat has changed and stands so now, and nothing else. */
export function newsOf(seat: SeatRow): SeatNews {
  const news = new SeatNews()
  news.addAsItStands(seat)
  return news
}

/** The seat as its own page hears of it. */
function pageNews({ status, statusReason, state, since, phoneLive, wrapUpUntil }: SeatRow): NewStreamEvent['payload'] {
  return { status, statusReason, state, since, phoneLive, wrapUpUntil }
}

/** The seat as the floor shows it. */
export function floorNews(seat: SeatRow) {
  const { status, statusReason, statusSince, state, since, phoneLive } = seat
  const { callId, attemptId, taskId, campaignId, answeredAt } = seat
  const call = callId === null ? null : { callId, attemptId, taskId, campaignId, answeredAt }
  return { seatId: seat.id, status, statusReason, statusSince, state, since, phoneLive, call }
}

function push(lists: Map<string, NewStreamEvent[]>, id: string, events: readonly NewStreamEvent[]): void {
  lists.set(id, [...(lists.get(id) ?? []), ...events])
}

function inOrder(lists: ReadonlyMap<string, NewStreamEvent[]>): readonly [string, NewStreamEvent[]][] {
  return [...lists].sort(([a], [b]) => (a < b ? -1 : 1))
}
