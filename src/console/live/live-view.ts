import type {
  FirstStep,
  LiveCall,
  LiveCampaign,
  LiveResult,
  LiveSnapshot,
  WhyNot,
} from '#follow-up/live/live-schema.ts'
import type { PushedEvent } from '#platform/realtime/protocol.ts'

/** The live page's state: a snapshot that events move on. Frozen data; every change makes a new one. */
export interface LiveView {
  readonly offset: number
  readonly campaigns: readonly LiveCampaign[]
  readonly calls: readonly LiveCall[]
  readonly recentResults: readonly LiveResult[]
  readonly calendarMissing: readonly number[]
  readonly firstSteps: readonly FirstStep[]
  readonly silentTrunks: LiveSnapshot['silentTrunks']
  readonly disks: LiveSnapshot['disks']
  /** True when events tell of what a snapshot alone brings (a campaign it did not know, another calling rule). */
  readonly stale: boolean
}

/** As many results as a snapshot brings. */
export const recentResultsShown = 50

export function viewOf(snapshot: LiveSnapshot): LiveView {
  const { offset, campaigns, calls, recentResults, calendarMissing, disks, firstSteps, silentTrunks } = snapshot
  return { offset, campaigns, calls, recentResults, calendarMissing, disks, firstSteps, silentTrunks, stale: false }
}

/**
 * Applies events in the order of their offsets, which have no holes: one that the view already holds, or that is not
 * the next (of a subscription given up meanwhile), changes nothing.
 */
export function withEvents(view: LiveView, events: readonly PushedEvent[]): LiveView {
  return events.reduce((now, event) => (event.offset === now.offset + 1 ? withEvent(now, event) : now), view)
}

/** What a snapshot alone tells anew. */
const restarting: ReadonlySet<string> = new Set([
  'calling.changed',
  'disk.changed',
  'trunk.changed',
  'programme.changed',
])

function withEvent(before: LiveView, event: PushedEvent): LiveView {
  const view = { ...before, offset: event.offset }
  if (restarting.has(event.type)) return { ...view, stale: true }
  // A list, or a campaign that was started, may be the step that lacked.
  const isStep = event.type === 'import.finished' || event.type === 'campaign.changed'
  if (isStep && view.firstSteps.length > 0) return { ...view, stale: true }
  const campaignId = text(event.payload, 'campaignId')
  if (campaignId === null) return view
  if (!view.campaigns.some(({ id }) => id === campaignId)) return { ...view, stale: true }
  switch (event.type) {
    case 'task.changed':
      return withCampaign(view, campaignId, (campaign) => ({
        ...campaign,
        tasks: moved(campaign.tasks, text(event.payload, 'from'), text(event.payload, 'to')),
      }))
    case 'tasks.claimed':
      return claimedTasks(event.payload.tasks).reduce((now, { attemptId, from }) => {
        const made = { ...event, payload: { attemptId, to: 'created' } }
        return withCampaign(withAttempt(now, campaignId, made), campaignId, (campaign) => ({
          ...campaign,
          tasks: moved(campaign.tasks, from, 'claimed'),
        }))
      }, view)
    case 'attempt.changed':
      return withAttempt(view, campaignId, event)
    case 'call.progress':
      return withProgress(view, event)
    case 'campaign.changed':
      return withCampaign(view, campaignId, (campaign) => ({
        ...campaign,
        state: campaignState(text(event.payload, 'state')) ?? campaign.state,
      }))
    case 'why_not.changed': {
      const { whyNot } = event.payload
      return isWhyNot(whyNot) ? withCampaign(view, campaignId, (campaign) => ({ ...campaign, whyNot })) : view
    }
    default:
      return view
  }
}

function withAttempt(view: LiveView, campaignId: string, event: PushedEvent): LiveView {
  const attemptId = text(event.payload, 'attemptId')
  const to = text(event.payload, 'to')
  if (attemptId === null || to === null) return view
  if (to === 'ended') {
    const result = text(event.payload, 'result') ?? 'failed'
    const ended = { attemptId, campaignId, result, at: event.at }
    return withCampaign(
      {
        ...view,
        calls: view.calls.filter((call) => call.attemptId !== attemptId),
        recentResults: [ended, ...view.recentResults].slice(0, recentResultsShown),
      },
      campaignId,
      (campaign) => ({ ...campaign, results: moved(campaign.results, null, result) }),
    )
  }
  const state = callingState(to)
  if (state === null) return view
  if (view.calls.some((call) => call.attemptId === attemptId)) {
    return { ...view, calls: view.calls.map((call) => (call.attemptId === attemptId ? { ...call, state } : call)) }
  }
  return { ...view, calls: [...view.calls, { attemptId, campaignId, state, since: event.at, question: null }] }
}

function withProgress(view: LiveView, { payload }: PushedEvent): LiveView {
  const { attemptId, questionId: id, index, total } = payload
  if (typeof id !== 'string' || typeof index !== 'number' || typeof total !== 'number') return view
  const question = { id, index, total }
  return { ...view, calls: view.calls.map((call) => (call.attemptId === attemptId ? { ...call, question } : call)) }
}

function withCampaign(view: LiveView, id: string, change: (campaign: LiveCampaign) => LiveCampaign): LiveView {
  return { ...view, campaigns: view.campaigns.map((campaign) => (campaign.id === id ? change(campaign) : campaign)) }
}

/** Counts after one has moved; a state nobody is in is absent. */
function moved(counts: Readonly<Record<string, number>>, from: string | null, to: string | null) {
  if (from === to) return counts
  const after = { ...counts }
  if (from !== null) {
    const left = (after[from] ?? 0) - 1
    if (left > 0) after[from] = left
    else delete after[from]
  }
  if (to !== null) after[to] = (after[to] ?? 0) + 1
  return after
}

const callingStates = ['created', 'dialing', 'ringing', 'answered', 'bridged'] as const
const campaignStates = ['running', 'paused', 'stopped'] as const

function callingState(text: string): LiveCall['state'] | null {
  return callingStates.find((state) => state === text) ?? null
}

function campaignState(text: string | null): LiveCampaign['state'] | null {
  return campaignStates.find((state) => state === text) ?? null
}

function text(payload: PushedEvent['payload'], key: string): string | null {
  const value = payload[key]
  return typeof value === 'string' ? value : null
}

function claimedTasks(value: unknown): readonly { readonly attemptId: string; readonly from: string }[] {
  if (!Array.isArray(value)) return []
  return value.flatMap((task: PushedEvent['payload'] | null) =>
    typeof task?.attemptId === 'string' && typeof task.from === 'string'
      ? [{ attemptId: task.attemptId, from: task.from }]
      : [],
  )
}

function isWhyNot(value: unknown): value is WhyNot {
  return (
    typeof value === 'object' &&
    value !== null &&
    'callable' in value &&
    typeof value.callable === 'number' &&
    'reasons' in value &&
    Array.isArray(value.reasons)
  )
}
