import type { SeatState, SeatStatus } from '#contact-center/acd/seat.ts'
import type { FloorView as ServedFloor } from '#contact-center/floor/floor-schema.ts'
import { request } from '../api/request.ts'
import { serverClock } from '../api/server-clock.ts'
import type { SupervisionMode } from '../seat/seat-api.ts'

/** Everything the floor asks of the server. Times are ISO 8601, UTC; the server owns every one of them. */

type Served = Readonly<ServedFloor>

export type FloorSeat = Readonly<Omit<Served['seats'][number], 'status' | 'state'>> & {
  readonly status: SeatStatus
  readonly state: SeatState
}
export type FloorCall = NonNullable<FloorSeat['call']>
export type FloorSupervision = FloorSeat['supervision'][number]
export type FloorQueue = Served['queues'][number]
export type FloorSnapshot = Omit<Served, 'seats'> & { readonly seats: readonly FloorSeat[] }

export async function readFloor(signal: AbortSignal): Promise<FloorSnapshot> {
  const askedAt = Date.now()
  const floor = await request<FloorSnapshot>('/api/floor', { signal })
  serverClock.noteInstant(floor.serverTime, askedAt, Date.now())
  return floor
}

export type FloorCommand =
  | { readonly type: 'supervise'; readonly seatId: string; readonly mode: SupervisionMode }
  | { readonly type: 'leave'; readonly seatId: string }
  | { readonly type: 'take-over' | 'release'; readonly seatId: string; readonly reason: string }

/**
 * What becomes of it comes over the floor's stream, to every page alike.
 * @param pageId of the supervisor's own seat, whose leg comes into the call
 */
export async function floorCommand(pageId: string, given: FloorCommand): Promise<void> {
  const seat = `/api/floor/seats/${given.seatId}`
  const headers = { 'x-suifang-page': pageId }
  switch (given.type) {
    case 'supervise':
      return request(`${seat}/supervision`, { method: 'POST', headers, body: { mode: given.mode } })
    case 'leave':
      return request(`${seat}/supervision`, { method: 'DELETE', headers })
    default:
      return request(`${seat}/${given.type}`, { method: 'POST', headers, body: { reason: given.reason } })
  }
}
