import { describe, expect, it } from 'vitest'
import type { FloorSeat, FloorSnapshot } from './floor-api.ts'
import { filtered, groupCounts, groupOf, groupSince, ownSupervision, viewOf, withFloorEvents } from './floor-view.ts'

const seat: FloorSeat = {
  seatId: 'seat-1',
  agentId: 'seat-1',
  agentNo: '12',
  name: '李护士',
  teamId: 'team-1',
  status: 'available',
  statusReason: null,
  statusSince: '2026-11-22T06:00:00.000Z',
  state: 'idle',
  since: '2026-11-22T06:10:00.000Z',
  phone: { extension: '90001', kind: 'browser', live: true },
  call: null,
  supervision: [],
}
const snapshot: FloorSnapshot = {
  teams: [
    { id: 'team-1', name: '随访一组' },
    { id: 'team-2', name: '随访二组' },
  ],
  seats: [seat, { ...seat, seatId: 'seat-2', agentId: 'seat-2', agentNo: '34', name: '王护士', teamId: 'team-2' }],
  queues: [{ queueId: 'queue-1', name: '人工', teamId: 'team-1', waiting: 0, longestSince: null }],
  offsets: { 'floor:team-1': 4, 'floor:team-2': 9 },
  serverTime: '2026-11-22T06:20:00.000Z',
}
const call = { callId: 'call-1', attemptId: 'attempt-1', taskId: 'task-1', campaignId: 'campaign-1' }
const answered = { ...call, answeredAt: '2026-11-22T06:19:00.000Z' }

function told(stream: string, ...events: readonly { type: string; payload: Record<string, unknown> }[]) {
  const view = viewOf(snapshot)
  const from = snapshot.offsets[stream] ?? 0
  const pushed = events.map((event, index) => ({ ...event, offset: from + 1 + index, at: snapshot.serverTime }))
  return withFloorEvents(view, stream, pushed)
}
const changed = (seatId: string, more: Record<string, unknown>) => ({
  type: 'seat.changed',
  payload: {
    seatId,
    status: 'available',
    statusReason: null,
    statusSince: seat.statusSince,
    state: 'talking',
    since: '2026-11-22T06:19:00.000Z',
    phoneLive: true,
    call: answered,
    ...more,
  },
})
const supervised = (mode: string | null) => ({
  type: 'supervision.changed',
  payload: { seatId: 'seat-1', callId: 'call-1', supervisorId: 'seat-9', name: '赵班长', mode },
})

describe('the floor as its events tell it', () => {
  it('moves the seat that changed, and no other', () => {
    const { seats } = told('floor:team-1', changed('seat-1', {}))
    expect(seats[0]).toMatchObject({ state: 'talking', call: answered })
    expect(seats[1]).toBe(snapshot.seats[1])
  })

  it('counts each team’s stream by itself, and takes nothing twice', () => {
    const once = told('floor:team-2', changed('seat-2', {}))
    expect(once.offsets).toEqual({ 'floor:team-1': 4, 'floor:team-2': 10 })
    const again = withFloorEvents(once, 'floor:team-2', [
      { ...changed('seat-2', { state: 'idle', call: null }), offset: 10, at: snapshot.serverTime },
    ])
    expect(again).toBe(once)
  })

  it('asks for a fresh look where a seat is told of that it does not know', () => {
    expect(told('floor:team-1', changed('seat-3', {})).stale).toBe(true)
  })

  it('knows who supervises, in which mode, and when they have left', () => {
    const barging = told('floor:team-1', changed('seat-1', {}), supervised('monitor'), supervised('barge'))
    expect(barging.seats[0]?.supervision).toEqual([
      expect.objectContaining({ supervisorId: 'seat-9', name: '赵班长', mode: 'barge' }),
    ])
    expect(ownSupervision(barging.seats, 'seat-9')).toMatchObject({ mode: 'barge' })
    expect(ownSupervision(barging.seats, null)).toBeNull()
    const left = told('floor:team-1', changed('seat-1', {}), supervised('monitor'), supervised(null))
    expect(left.seats[0]?.supervision).toEqual([])
  })

  it('ends supervision with its call', () => {
    const over = told(
      'floor:team-1',
      changed('seat-1', {}),
      supervised('coach'),
      changed('seat-1', { state: 'wrap_up', call: null }),
    )
    expect(over.seats[0]?.supervision).toEqual([])
  })

  it('moves the queue that changed', () => {
    const longestSince = '2026-11-22T06:19:30.000Z'
    const { queues } = told('floor:team-1', {
      type: 'queue.changed',
      payload: { queueId: 'queue-1', waiting: 2, longestSince },
    })
    expect(queues[0]).toMatchObject({ waiting: 2, longestSince })
  })
})

describe('what a supervisor filters by', () => {
  it('is the call while there is one, the person’s choice else', () => {
    expect(groupOf({ status: 'on_break', state: 'talking' })).toBe('talking')
    expect(groupOf({ status: 'on_break', state: 'idle' })).toBe('on_break')
    expect(groupOf({ status: 'available', state: 'unreachable' })).toBe('unreachable')
    expect(groupOf({ status: 'signed_out', state: 'unreachable' })).toBe('signed_out')
    expect(groupOf({ status: 'available', state: 'previewing' })).toBe('dialing')
  })

  it('counts every seat once', () => {
    const counts = groupCounts([seat, { ...seat, state: 'talking' }, { ...seat, status: 'away' }])
    expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBe(3)
    expect(counts.get('away')).toBe(1)
  })

  it('narrows by team, group, name and agent number together', () => {
    const all = { teamId: null, group: null, text: '' } as const
    const ids = (filter: Partial<Parameters<typeof filtered>[1]>) =>
      filtered(snapshot.seats, { ...all, ...filter }).map(({ seatId }) => seatId)
    expect(ids({})).toEqual(['seat-1', 'seat-2'])
    expect(ids({ teamId: 'team-2' })).toEqual(['seat-2'])
    expect(ids({ text: ' 王 ' })).toEqual(['seat-2'])
    expect(ids({ text: '12' })).toEqual(['seat-1'])
    expect(ids({ group: 'idle', text: '34' })).toEqual(['seat-2'])
    expect(ids({ group: 'talking' })).toEqual([])
  })

  it('counts a break from its own beginning, a call from the call’s', () => {
    expect(groupSince({ ...seat, status: 'on_break' })).toBe(seat.statusSince)
    expect(groupSince({ ...seat, state: 'talking' })).toBe(seat.since)
  })
})
