import type { PushedEvent } from '#platform/realtime/protocol.ts'
import type { SeatSnapshot, SeatState, SeatStatus } from './seat-api.ts'

/** The call that concerns the seat now. */
export interface SeatCall {
  readonly callId: string
  readonly attemptId: string
  readonly taskId: string
  readonly answered: boolean
  readonly held: boolean
  /** Who ended it, as the server says; null while it goes on, or where this page has not seen its end. */
  readonly endedBy: string | null
}

/** What became of the call before: for the quiet page. */
export type LastCall =
  | { readonly type: 'released'; readonly reason: string }
  | { readonly type: 'ended'; readonly taskId: string }

/** The seat as the server tells it: a snapshot that events move on. Frozen data; nothing here is guessed. */
export interface SeatView {
  readonly id: string
  readonly offset: number
  readonly status: SeatStatus
  readonly statusReason: string | null
  readonly state: SeatState
  readonly since: string
  readonly phone: { readonly extension: string; readonly live: boolean } | null
  readonly wrapUpUntil: string | null
  readonly call: SeatCall | null
  readonly last: LastCall | null
}

export function viewOf({ call, ...seat }: SeatSnapshot): SeatView {
  return { ...seat, call: call === null ? null : { ...call, endedBy: null }, last: null }
}

/**
 * Applies events in the order of their offsets, which have no holes: one that the view already holds, or that is not
 * the next (of a subscription given up meanwhile), changes nothing.
 */
export function withSeatEvents(view: SeatView, events: readonly PushedEvent[]): SeatView {
  return events.reduce((now, event) => (event.offset === now.offset + 1 ? withEvent(now, event) : now), view)
}

function withEvent(before: SeatView, { offset, type, payload }: PushedEvent): SeatView {
  const view = { ...before, offset }
  switch (type) {
    case 'seat.changed':
      return withSeat(view, payload)
    case 'call.reserved':
      return withCall(view, payload, { answered: false, held: false, endedBy: null }, { begins: true })
    case 'call.answered':
      return withCall(view, payload, { answered: true })
    case 'call.held':
      return withCall(view, payload, { held: true })
    case 'call.resumed':
      return withCall(view, payload, { held: false })
    case 'call.ended':
      return withCall(view, payload, { held: false, endedBy: text(payload.by) ?? '' })
    case 'call.released': {
      const attemptId = text(payload.attemptId)
      const ours = view.call === null || view.call.attemptId === attemptId
      return ours ? { ...view, call: null, last: { type: 'released', reason: text(payload.reason) ?? '' } } : view
    }
    default:
      return view
  }
}

function withSeat(view: SeatView, payload: PushedEvent['payload']): SeatView {
  const status = seatStatuses.find((one) => one === payload.status) ?? view.status
  const state = seatStates.find((one) => one === payload.state) ?? view.state
  const { phone } = view
  const moved = {
    ...view,
    status,
    statusReason: text(payload.statusReason),
    state,
    since: text(payload.since) ?? view.since,
    wrapUpUntil: text(payload.wrapUpUntil),
    phone: phone === null || typeof payload.phoneLive !== 'boolean' ? phone : { ...phone, live: payload.phoneLive },
  }
  // An idle seat has no call: what was there is over, whichever word came first.
  if (state !== 'idle' || view.state === 'idle' || view.call === null) return moved
  return { ...moved, call: null, last: { type: 'ended', taskId: view.call.taskId } }
}

/** @param begins a call the view has not met: the event itself says which */
function withCall(
  view: SeatView,
  payload: PushedEvent['payload'],
  change: Partial<SeatCall>,
  { begins = false }: { readonly begins?: boolean } = {},
): SeatView {
  const callId = text(payload.callId)
  if (callId === null) return view
  if (!begins && view.call !== null && view.call.callId === callId) {
    return { ...view, call: { ...view.call, ...change } }
  }
  const attemptId = text(payload.attemptId)
  const taskId = text(payload.taskId)
  if (attemptId === null || taskId === null || change.endedBy) return view
  return {
    ...view,
    call: { callId, attemptId, taskId, answered: false, held: false, endedBy: null, ...change },
    last: null,
  }
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

const seatStatuses: readonly SeatStatus[] = ['signed_out', 'available', 'on_break', 'away', 'signing_out']
const seatStates: readonly SeatState[] = [
  'unreachable',
  'idle',
  'previewing',
  'reserved',
  'ringing',
  'talking',
  'holding',
  'wrap_up',
]

/** What the page shows: one word made of status, state and call. */
export type SeatPhase =
  | 'signed_out'
  /** Signed in, but no phone's leg is up: no call is offered. */
  | 'unreachable'
  | 'waiting'
  | 'paused'
  | 'dialing'
  | 'talking'
  | 'holding'
  /** The agent's phone was lost with the patient on the line, who hears music. */
  | 'cut_off'
  | 'wrap_up'

export function phaseOf({ status, state, call }: SeatView): SeatPhase {
  switch (state) {
    case 'reserved':
    case 'ringing':
    case 'previewing':
      return call?.answered ? 'talking' : 'dialing'
    case 'talking':
      return call?.held ? 'holding' : 'talking'
    case 'holding':
    case 'wrap_up':
      return state
    case 'unreachable':
      if (call?.answered && call.endedBy === null) return 'cut_off'
      return status === 'signed_out' ? 'signed_out' : 'unreachable'
    case 'idle':
      if (status === 'signed_out') return 'signed_out'
      return status === 'available' ? 'waiting' : 'paused'
  }
}
