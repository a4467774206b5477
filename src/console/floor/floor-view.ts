import type { PushedEvent } from '#platform/realtime/protocol.ts'
import { seatStates, seatStatuses } from '../seat/seat-view.ts'
import type { FloorCall, FloorQueue, FloorSeat, FloorSnapshot, FloorSupervision } from './floor-api.ts'

/** The floor as the server tells it: a snapshot that the events of its teams move on. Frozen data; nothing is guessed. */
export interface FloorView {
  readonly teams: FloorSnapshot['teams']
  readonly seats: readonly FloorSeat[]
  readonly queues: readonly FloorQueue[]
  readonly offsets: Readonly<Record<string, number>>
  /** True when events tell of a seat or queue that the snapshot did not know: a new snapshot is needed. */
  readonly stale: boolean
}

export function viewOf({ teams, seats, queues, offsets }: FloorSnapshot): FloorView {
  return { teams, seats, queues, offsets, stale: false }
}

/**
 * Applies the events of one stream in the order of their offsets, which have no holes: one that the view already holds,
 * or that is not the next (of a subscription given up meanwhile), changes nothing.
 */
export function withFloorEvents(view: FloorView, stream: string, events: readonly PushedEvent[]): FloorView {
  let now = view
  for (const event of events) {
    if (event.offset !== (now.offsets[stream] ?? 0) + 1) continue
    now = withEvent({ ...now, offsets: { ...now.offsets, [stream]: event.offset } }, event)
  }
  return now
}

function withEvent(view: FloorView, { type, payload, at }: PushedEvent): FloorView {
  switch (type) {
    case 'seat.changed':
    case 'call.changed':
      return withSeat(view, payload, (seat) => changedSeat(seat, payload))
    case 'supervision.changed':
      return withSeat(view, payload, (seat) => ({ ...seat, supervision: supervisionAfter(seat, payload, at) }))
    case 'queue.changed':
      return withQueue(view, payload)
    default:
      return view
  }
}

function withSeat(view: FloorView, { seatId }: PushedEvent['payload'], change: (seat: FloorSeat) => FloorSeat) {
  if (typeof seatId !== 'string') return view
  if (!view.seats.some((seat) => seat.seatId === seatId)) return { ...view, stale: true }
  return { ...view, seats: view.seats.map((seat) => (seat.seatId === seatId ? change(seat) : seat)) }
}

function changedSeat(seat: FloorSeat, payload: PushedEvent['payload']): FloorSeat {
  const { phone } = seat
  const call = 'call' in payload ? callOf(payload.call) : seat.call
  return {
    ...seat,
    status: seatStatuses.find((one) => one === payload.status) ?? seat.status,
    statusReason: 'statusReason' in payload ? text(payload.statusReason) : seat.statusReason,
    statusSince: text(payload.statusSince) ?? seat.statusSince,
    state: seatStates.find((one) => one === payload.state) ?? seat.state,
    since: text(payload.since) ?? seat.since,
    phone: phone === null || typeof payload.phoneLive !== 'boolean' ? phone : { ...phone, live: payload.phoneLive },
    call,
    supervision: call === null ? [] : seat.supervision,
  }
}

function callOf(value: unknown): FloorCall | null {
  if (typeof value !== 'object' || value === null) return null
  const given: Readonly<Record<string, unknown>> = { ...value }
  const [callId, attemptId, taskId] = [text(given.callId), text(given.attemptId), text(given.taskId)]
  const campaignId = text(given.campaignId)
  if (callId === null || attemptId === null || taskId === null || campaignId === null) return null
  return { callId, attemptId, taskId, campaignId, answeredAt: text(given.answeredAt) }
}

function supervisionAfter({ supervision }: FloorSeat, payload: PushedEvent['payload'], at: string): FloorSupervision[] {
  const supervisorId = text(payload.supervisorId)
  if (supervisorId === null) return supervision
  const others = supervision.filter((one) => one.supervisorId !== supervisorId)
  const mode = (['monitor', 'coach', 'barge'] as const).find((one) => one === payload.mode)
  if (mode === undefined) return others
  const known = supervision.find((one) => one.supervisorId === supervisorId)
  return [...others, { supervisorId, name: text(payload.name) ?? known?.name ?? '', mode, since: at }]
}

function withQueue(view: FloorView, payload: PushedEvent['payload']): FloorView {
  const { queueId, waiting } = payload
  if (typeof waiting !== 'number') return view
  if (!view.queues.some((queue) => queue.queueId === queueId)) return { ...view, stale: true }
  const longestSince = text(payload.longestSince)
  return {
    ...view,
    queues: view.queues.map((queue) => (queue.queueId === queueId ? { ...queue, waiting, longestSince } : queue)),
  }
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

/** What a supervisor filters by: one word made of status, state and call. */
export type FloorGroup = 'talking' | 'dialing' | 'wrap_up' | 'idle' | 'on_break' | 'away' | 'unreachable' | 'signed_out'

export const floorGroups: readonly FloorGroup[] = [
  'talking',
  'dialing',
  'wrap_up',
  'idle',
  'on_break',
  'away',
  'unreachable',
  'signed_out',
]

export function groupOf({ status, state }: Pick<FloorSeat, 'status' | 'state'>): FloorGroup {
  switch (state) {
    case 'talking':
    case 'holding':
      return 'talking'
    case 'reserved':
    case 'ringing':
    case 'previewing':
      return 'dialing'
    case 'wrap_up':
      return 'wrap_up'
    case 'unreachable':
      return status === 'signed_out' ? 'signed_out' : 'unreachable'
    case 'idle':
      if (status === 'signed_out' || status === 'on_break' || status === 'away') return status
      return 'idle'
  }
}

export interface FloorFilter {
  readonly teamId: string | null
  readonly group: FloorGroup | null
  /** Of a name or an agent number. */
  readonly text: string
}

export function filtered(seats: readonly FloorSeat[], { teamId, group, text: wanted }: FloorFilter) {
  const part = wanted.trim().toLowerCase()
  return seats.filter(
    (seat) =>
      (teamId === null || seat.teamId === teamId) &&
      (group === null || groupOf(seat) === group) &&
      (part === '' || seat.name.toLowerCase().includes(part) || seat.agentNo.includes(part)),
  )
}

/** Seats in each group, of the team that is looked at. */
export function groupCounts(seats: readonly FloorSeat[]): ReadonlyMap<FloorGroup, number> {
  const counts = new Map<FloorGroup, number>(floorGroups.map((group) => [group, 0]))
  for (const seat of seats) counts.set(groupOf(seat), (counts.get(groupOf(seat)) ?? 0) + 1)
  return counts
}

/** Since when the seat is what its group says: a break since its status, a call since its state. */
export function groupSince(seat: FloorSeat): string {
  const group = groupOf(seat)
  return group === 'on_break' || group === 'away' || group === 'signed_out' ? seat.statusSince : seat.since
}

/** The call that a supervisor is in, and how; null while in none. */
export function ownSupervision(seats: readonly FloorSeat[], supervisorId: string | null) {
  for (const seat of seats) {
    const own = seat.supervision.find((one) => one.supervisorId === supervisorId)
    if (own !== undefined) return { seat, mode: own.mode }
  }
  return null
}
