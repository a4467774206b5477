import type { PushedEvent } from '#platform/realtime/protocol.ts'
import type { SeatSnapshot, SeatState, SeatStatus, SupervisionMode, Supervisor } from './seat-api.ts'

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
  | { readonly type: 'released'; readonly reason: string; readonly taskId: string | null }
  | { readonly type: 'ended'; readonly taskId: string }

/** The seat as the server tells it: a snapshot that events move on. Frozen data; nothing here is guessed. */
export interface SeatView {
  readonly id: string
  readonly offset: number
  readonly status: SeatStatus
  readonly statusReason: string | null
  readonly state: SeatState
  readonly since: string
  readonly phone: SeatSnapshot['phone']
  readonly wrapUpUntil: string | null
  readonly call: SeatCall | null
  readonly last: LastCall | null
  /** Supervisors who are in the call, as far as the agent is told. */
  readonly supervisors: readonly Supervisor[]
  /** The task whose record is shown before it is dialled. */
  readonly preview: string | null
  /** The page that has the seat. */
  readonly pageId: string | null
}

export function viewOf({ call, preview = null, ...seat }: SeatSnapshot): SeatView {
  return {
    ...seat,
    call: call === null ? null : { ...call, endedBy: null },
    last: null,
    preview: preview?.taskId ?? null,
  }
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
      return { ...withCall(view, payload, { held: false, endedBy: text(payload.by) ?? '' }), supervisors: [] }
    case 'call.released': {
      const attemptId = text(payload.attemptId)
      const ours = view.call === null || view.call.attemptId === attemptId
      const taskId = view.call?.taskId ?? null
      const last = { type: 'released', reason: text(payload.reason) ?? '', taskId } as const
      return ours ? { ...view, call: null, supervisors: [], last } : view
    }
    case 'seat.page':
      return { ...view, pageId: text(payload.pageId) }
    case 'supervision.changed':
      return { ...view, supervisors: supervisorsOf(payload.supervisors) }
    case 'preview.offered':
      return { ...view, preview: text(payload.taskId), last: null }
    case 'preview.ended':
      return { ...view, preview: null }
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
  if (state !== 'idle' || view.state === 'idle') return moved
  // An idle seat has no call and no preview: what was there is over, whichever word came first.
  if (view.call === null) return { ...moved, preview: null }
  return { ...moved, call: null, preview: null, supervisors: [], last: { type: 'ended', taskId: view.call.taskId } }
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

function supervisorsOf(value: unknown): readonly Supervisor[] {
  if (!Array.isArray(value)) return []
  return value.flatMap((one: Readonly<Record<string, unknown>> | null) => {
    const mode = supervisionModes.find((each) => each === one?.mode)
    const name = text(one?.name)
    return mode === undefined || name === null ? [] : [{ name, mode }]
  })
}

const supervisionModes: readonly SupervisionMode[] = ['monitor', 'coach', 'barge']

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

export const seatStatuses: readonly SeatStatus[] = ['signed_out', 'available', 'on_break', 'away', 'signing_out']
export const seatStates: readonly SeatState[] = [
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
  /** The record is shown; the agent says when it is dialled, or why not. */
  | 'previewing'
  | 'dialing'
  | 'talking'
  | 'holding'
  /** The agent's phone was lost with the patient on the line, who hears music. */
  | 'cut_off'
  | 'wrap_up'

export function phaseOf({ status, state, call, preview }: SeatView): SeatPhase {
  switch (state) {
    case 'previewing':
      return call === null && preview !== null ? 'previewing' : 'dialing'
    case 'reserved':
    case 'ringing':
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
