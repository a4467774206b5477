import type { SeatState, SeatStatus } from '#contact-center/acd/seat.ts'
import { request } from '../api/request.ts'
import { serverClock } from '../api/server-clock.ts'
import type { SupervisionMode } from '../seat/seat-api.ts'

/** Everything the floor asks of the server. Times are ISO 8601, UTC; the server owns every one of them. */

export interface FloorCall {
  readonly callId: string
  readonly attemptId: string
  readonly taskId: string
  readonly campaignId: string
  readonly answeredAt: string | null
}

export interface FloorSupervision {
  readonly supervisorId: string
  readonly name: string
  readonly mode: SupervisionMode
}

export interface FloorSeat {
  readonly seatId: string
  readonly agentId: string
  readonly agentNo: string | null
  readonly name: string
  readonly teamId: string
  readonly status: SeatStatus
  readonly statusReason: string | null
  readonly statusSince: string
  readonly state: SeatState
  readonly since: string
  readonly phone: { readonly extension: string; readonly kind: 'desk' | 'browser'; readonly live: boolean } | null
  readonly call: FloorCall | null
  readonly supervision: readonly FloorSupervision[]
}

export interface FloorQueue {
  readonly queueId: string
  readonly name: string
  readonly teamId: string
  readonly waiting: number
  /** When the one who has waited longest came in. */
  readonly longestSince: string | null
}

export interface FloorSnapshot {
  readonly teams: readonly { readonly id: string; readonly name: string }[]
  readonly seats: readonly FloorSeat[]
  readonly queues: readonly FloorQueue[]
  /** By stream: events after this one are not in here yet. */
  readonly offsets: Readonly<Record<string, number>>
  readonly serverTime: string
}

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
