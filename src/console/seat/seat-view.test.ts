import { describe, expect, it } from 'vitest'
import type { SeatSnapshot } from './seat-api.ts'
import { phaseOf, viewOf, withSeatEvents } from './seat-view.ts'

const snapshot: SeatSnapshot = {
  id: 'seat-1',
  status: 'available',
  statusReason: null,
  state: 'idle',
  since: '2026-11-22T06:00:00.000Z',
  phone: { extension: '8001', kind: 'desk', live: true },
  pageId: null,
  supervisors: [],
  wrapUpUntil: null,
  call: null,
  offset: 4,
}
const call = { callId: 'call-1', attemptId: 'attempt-1', taskId: 'task-1' }

function seen(...events: readonly { type: string; payload: Record<string, unknown> }[]) {
  const pushed = events.map((event, index) => ({ ...event, offset: 5 + index, at: '2026-11-22T06:00:01.000Z' }))
  return withSeatEvents(viewOf(snapshot), pushed)
}

const changed = (state: string, more: Record<string, unknown> = {}) => ({
  type: 'seat.changed',
  payload: {
    status: 'available',
    statusReason: null,
    state,
    since: '2026-11-22T06:00:02.000Z',
    phoneLive: true,
    wrapUpUntil: null,
    ...more,
  },
})
const reserved = { type: 'call.reserved', payload: call }
const answered = { type: 'call.answered', payload: call }

describe('the seat as its events tell it', () => {
  it('shows the record from the reservation on, and the answer only when it is told', () => {
    const dialing = seen(changed('reserved'), reserved)
    expect(phaseOf(dialing)).toBe('dialing')
    expect(dialing.call?.taskId).toBe('task-1')
    expect(phaseOf(seen(changed('reserved'), reserved, changed('talking'), answered))).toBe('talking')
  })

  it('is in the call when the answer is told before the seat’s own change', () => {
    expect(phaseOf(seen(reserved, changed('reserved'), answered))).toBe('talking')
  })

  it('goes back to waiting and says why when nobody answered', () => {
    const released = { type: 'call.released', payload: { attemptId: 'attempt-1', reason: 'no_answer' } }
    for (const view of [
      seen(changed('reserved'), reserved, released, changed('idle')),
      seen(changed('reserved'), reserved, changed('idle'), released),
    ]) {
      expect(phaseOf(view)).toBe('waiting')
      expect(view).toMatchObject({ call: null, last: { type: 'released', reason: 'no_answer' } })
    }
  })

  it('holds and resumes', () => {
    const held = { type: 'call.held', payload: { callId: 'call-1' } }
    expect(phaseOf(seen(reserved, answered, changed('holding'), held))).toBe('holding')
    const resumed = { type: 'call.resumed', payload: { callId: 'call-1' } }
    expect(phaseOf(seen(reserved, answered, changed('holding'), held, changed('talking'), resumed))).toBe('talking')
  })

  it('keeps the record through wrap-up and lets go of it when the seat is idle', () => {
    const ended = { type: 'call.ended', payload: { ...call, by: 'patient' } }
    const wrapping = seen(reserved, answered, ended, changed('wrap_up', { wrapUpUntil: '2026-11-22T06:05:00.000Z' }))
    expect(phaseOf(wrapping)).toBe('wrap_up')
    expect(wrapping).toMatchObject({ call: { endedBy: 'patient' }, wrapUpUntil: '2026-11-22T06:05:00.000Z' })
    const idle = seen(reserved, answered, ended, changed('wrap_up'), changed('idle'))
    expect(idle).toMatchObject({ call: null, wrapUpUntil: null, last: { type: 'ended', taskId: 'task-1' } })
  })

  it('says that the agent is cut off when the phone is lost in a call, and back when it is', () => {
    const lost = changed('unreachable', { phoneLive: false })
    const view = seen(reserved, changed('talking'), answered, lost)
    expect(phaseOf(view)).toBe('cut_off')
    expect(view.phone).toEqual({ extension: '8001', kind: 'desk', live: false })
    expect(phaseOf(seen(reserved, changed('talking'), answered, lost, changed('talking')))).toBe('talking')
  })

  it('changes nothing for an event that is not the next, and passes over a kind it does not know', () => {
    const view = viewOf(snapshot)
    const at = '2026-11-22T06:00:01.000Z'
    expect(withSeatEvents(view, [{ ...changed('talking'), offset: 6, at }])).toBe(view)
    expect(withSeatEvents(view, [{ type: 'seat.moved', payload: {}, offset: 5, at }])).toEqual({ ...view, offset: 5 })
  })

  it('does not take the end of a call it never met for a call', () => {
    expect(seen({ type: 'call.ended', payload: { ...call, by: 'patient' } }).call).toBeNull()
  })

  it('shows a call that a snapshot brings in wrap-up, after a reload', () => {
    const view = viewOf({ ...snapshot, state: 'wrap_up', call: { ...call, answered: true, held: false } })
    expect(phaseOf(view)).toBe('wrap_up')
    expect(view.call?.taskId).toBe('task-1')
  })

  it('tells a person who is signed out from one whose phone is gone', () => {
    expect(phaseOf(viewOf({ ...snapshot, status: 'signed_out', state: 'unreachable' }))).toBe('signed_out')
    expect(phaseOf(viewOf({ ...snapshot, state: 'unreachable' }))).toBe('unreachable')
    expect(phaseOf(viewOf({ ...snapshot, status: 'away' }))).toBe('paused')
  })

  it('knows who of the supervisors is heard, until the call is over', () => {
    const barged = { type: 'supervision.changed', payload: { supervisors: [{ name: '赵班长', mode: 'barge' }] } }
    const joined = seen(reserved, answered, changed('talking'), barged)
    expect(joined.supervisors).toEqual([{ name: '赵班长', mode: 'barge' }])
    const over = { type: 'call.ended', payload: { ...call, by: 'patient' } }
    expect(seen(reserved, answered, changed('talking'), barged, over).supervisors).toEqual([])
  })

  it('shows a record before it is dialled, and the call when it is', () => {
    const offered = [{ type: 'preview.offered', payload: { taskId: 'task-1' } }, changed('previewing')] as const
    const previewing = seen(...offered)
    expect(phaseOf(previewing)).toBe('previewing')
    expect(previewing.preview).toBe('task-1')
    expect(phaseOf(seen(...offered, reserved, changed('reserved')))).toBe('dialing')
    expect(phaseOf(seen(...offered, { type: 'preview.ended', payload: {} }, changed('idle')))).toBe('waiting')
  })

  it('knows which page has the seat now', () => {
    expect(seen({ type: 'seat.page', payload: { pageId: 'another' } }).pageId).toBe('another')
  })

  it('keeps the task of a call that nobody answered, so that it can be dialled again', () => {
    const released = { type: 'call.released', payload: { attemptId: 'attempt-1', reason: 'busy' } }
    expect(seen(reserved, released).last).toEqual({ type: 'released', reason: 'busy', taskId: 'task-1' })
  })
})
