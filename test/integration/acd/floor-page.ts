import type { FloorView } from '../../../src/contact-center/floor/floor-schema.ts'
import { supervisionModes } from '../../../src/contact-center/supervision/supervision.ts'
import type { PushedEvent } from '../../../src/platform/realtime/protocol.ts'

/** A floor page as a test keeps it: the snapshot, moved on by the events of its streams. */
export class FloorPage {
  readonly #offsets: Map<string, number>
  #seats: Map<string, FloorView['seats'][number]>

  constructor(view: FloorView) {
    this.#offsets = new Map(Object.entries(view.offsets))
    this.#seats = new Map(view.seats.map((seat) => [seat.seatId, seat]))
  }

  offset(stream: string): number {
    return this.#offsets.get(stream) ?? 0
  }

  take(stream: string, events: readonly Pick<PushedEvent, 'offset' | 'type' | 'payload'>[]): void {
    for (const { offset, type, payload } of events) {
      if (offset !== this.offset(stream) + 1) throw new Error(`event ${offset} after ${this.offset(stream)}`)
      this.#offsets.set(stream, offset)
      const seat = this.#seats.get(String(payload.seatId))
      if (seat === undefined) throw new Error('an event of a seat that the snapshot does not have')
      this.#seats.set(seat.seatId, moved(seat, type, payload))
    }
  }

  /** What a snapshot of this moment would have, but for when supervisors began. */
  get seats(): readonly unknown[] {
    return [...this.#seats.values()].map(withoutSince)
  }
}

/** A seat without when its supervisors began, which the stream does not tell. */
export function withoutSince({ supervision, ...seat }: FloorView['seats'][number]) {
  return { ...seat, supervision: supervision.map(({ since: _since, ...one }) => one) }
}

function moved(
  seat: FloorView['seats'][number],
  type: string,
  { seatId: _seatId, callId: _callId, ...payload }: Readonly<Record<string, unknown>>,
): FloorView['seats'][number] {
  if (type === 'supervision.changed') {
    const { supervisorId, name, mode } = payload
    const others = seat.supervision.filter((one) => one.supervisorId !== supervisorId)
    const now = supervisionModes.find((one) => one === mode)
    if (now === undefined) return { ...seat, supervision: others }
    const one = { supervisorId: String(supervisorId), name: String(name), mode: now, since: '' }
    return { ...seat, supervision: [...others, one] }
  }
  const { phoneLive, ...changed } = payload
  const phone = seat.phone === null ? null : { ...seat.phone, live: phoneLive === true }
  return { ...seat, ...changed, phone }
}
