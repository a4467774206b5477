import type { LiveCampaign } from '#follow-up/live/live-schema.ts'
import { colors } from '../app/theme.ts'
import type { LiveView } from './live-view.ts'

export type CountGroup =
  | 'waiting'
  | 'dialing'
  | 'survey'
  | 'completed'
  | 'partial'
  | 'retry'
  | 'failed'
  | 'refused'
  | 'closed'

export interface GroupCount {
  readonly group: CountGroup
  readonly count: number
  readonly color: string
}

/** A campaign's tasks in the groups a supervisor asks for; together they are all of them. */
export function groupCounts(campaign: LiveCampaign, view: LiveView): readonly GroupCount[] {
  const of = (...states: string[]) => states.reduce((sum, state) => sum + (campaign.tasks[state] ?? 0), 0)
  const survey = view.calls.filter(
    ({ campaignId, state }) => campaignId === campaign.id && (state === 'answered' || state === 'bridged'),
  ).length
  const underWay = of('claimed', 'in_progress', 'wrapping')
  return [
    { group: 'waiting', count: of('scheduled'), color: colors.wait },
    { group: 'dialing', count: Math.max(0, underWay - survey), color: '#7fb0dd' },
    { group: 'survey', count: Math.min(survey, underWay), color: colors.busy },
    { group: 'completed', count: of('completed'), color: colors.good },
    { group: 'partial', count: of('partial'), color: colors.goodSoft },
    { group: 'retry', count: of('retry_wait', 'callback'), color: colors.retry },
    { group: 'failed', count: of('failed'), color: colors.bad },
    { group: 'refused', count: of('refused'), color: '#8c4a6b' },
    { group: 'closed', count: of('stopped', 'excluded', 'expired', 'suspended'), color: colors.off },
  ]
}

export function taskTotal(campaign: LiveCampaign): number {
  return Object.values(campaign.tasks).reduce((sum, count) => sum + count, 0)
}

/** Not a failure to reach anybody: an interview, or a call that was taken back. */
const reached = new Set(['completed', 'partial', 'cancelled'])

/** Ended attempts that reached nobody, by result over all campaigns, most first. */
export function failuresByReason(campaigns: readonly LiveCampaign[]): readonly { result: string; count: number }[] {
  const sums = new Map<string, number>()
  for (const { results } of campaigns) {
    for (const [result, count] of Object.entries(results)) {
      if (!reached.has(result)) sums.set(result, (sums.get(result) ?? 0) + count)
    }
  }
  return [...sums].map(([result, count]) => ({ result, count })).sort((a, b) => b.count - a.count)
}

/** How a result is marked. */
export function resultColor(result: string): string {
  if (result === 'completed') return colors.good
  if (result === 'partial') return colors.goodSoft
  if (result === 'failed' || result === 'restart' || result === 'invalid_number') return colors.bad
  return result === 'cancelled' ? colors.off : colors.retry
}
