import { describe, expect, it } from 'vitest'
import type { LiveSnapshot } from '#follow-up/live/live-schema.ts'
import { viewOf, withEvents } from './live-view.ts'

const snapshot: LiveSnapshot = {
  offset: 10,
  campaigns: [
    {
      id: 'c1',
      name: 'Campaign',
      state: 'running',
      anyHour: false,
      trunk: { name: 'T', kind: 'sip', lines: 2 },
      tasks: { scheduled: 2 },
      results: {},
      whyNot: { callable: 2, reasons: [] },
      questions: [],
    },
  ],
  calls: [],
  recentResults: [],
  calendarMissing: [],
  firstSteps: [],
  silentTrunks: [],
  disks: [],
  people: [],
}

const event = (offset: number, type: string, payload: Record<string, unknown>) => ({
  offset,
  type,
  payload: { campaignId: 'c1', ...payload },
  at: '2026-11-22T02:00:00.000Z',
})

describe('live view', () => {
  it('moves counts, calls and results as events tell', () => {
    const view = withEvents(viewOf(snapshot), [
      event(11, 'tasks.claimed', { tasks: [{ taskId: 't', attemptId: 'a', from: 'scheduled' }] }),
      event(12, 'call.progress', { attemptId: 'unknown', questionId: 'q', index: 1, total: 5 }),
      event(13, 'attempt.changed', { attemptId: 'a', from: 'created', to: 'dialing' }),
      event(14, 'call.progress', { attemptId: 'a', questionId: 'q', index: 1, total: 5 }),
    ])
    expect(view.campaigns[0]?.tasks).toEqual({ scheduled: 1, claimed: 1 })
    expect(view.calls).toMatchObject([{ attemptId: 'a', state: 'dialing', question: { id: 'q', index: 1, total: 5 } }])
    const ended = withEvents(view, [
      event(15, 'attempt.changed', { attemptId: 'a', from: 'dialing', to: 'ended', result: 'busy' }),
    ])
    expect(ended.calls).toEqual([])
    expect(ended.campaigns[0]?.results).toEqual({ busy: 1 })
    expect(ended.recentResults).toMatchObject([{ attemptId: 'a', result: 'busy' }])
  })

  it('applies no event twice and none before its turn', () => {
    const change = (offset: number) => event(offset, 'task.changed', { from: null, to: 'scheduled' })
    const view = withEvents(viewOf(snapshot), [change(9), change(10), change(12), change(11), change(11)])
    expect(view.offset).toBe(11)
    expect(view.campaigns[0]?.tasks).toEqual({ scheduled: 3 })
  })

  it('asks for a new snapshot when it hears of a campaign it does not know', () => {
    const view = withEvents(viewOf(snapshot), [event(11, 'campaign.changed', { campaignId: 'c2', state: 'running' })])
    expect(view.stale).toBe(true)
  })

  it('takes an event of a kind it does not know as nothing', () => {
    const view = withEvents(viewOf(snapshot), [event(11, 'moon.rose', {})])
    expect(view).toEqual({ ...viewOf(snapshot), offset: 11 })
  })
})
