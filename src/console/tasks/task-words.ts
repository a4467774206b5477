import { colors } from '../app/theme.ts'
import { i18n } from '../text/i18n.ts'
import { word } from '../text/word.ts'

/** States in the order of a task's life. */
export const stateOrder = [
  'due',
  'scheduled',
  'callback',
  'retry_wait',
  'suspended',
  'claimed',
  'in_progress',
  'wrapping',
  'completed',
  'partial',
  'failed',
  'refused',
  'stopped',
  'excluded',
  'expired',
] as const

/** Here, unlike on the live page, what is due and what is not yet are told apart. */
export function stateWord(state: string): string {
  if (state === 'due') return i18n.t('tasks.due')
  return state === 'scheduled' ? i18n.t('tasks.notDue') : word('taskState', state)
}

export function reasonWord(reason: string): string {
  return reason === 'callable' ? i18n.t('tasks.callable') : word('reason', reason)
}

/** Reasons that a supervisor looks for; another may come with a link. */
export const reasons = [
  'callable',
  'cap_day',
  'cap_week',
  'number_active',
  'do_not_call',
  'consent_missing',
  'consent_refused',
  'no_number',
  'number_invalid',
  'number_suspended',
  'number_unreadable',
  'number_barred',
  'wrong_person',
  'outside_window',
  'holiday',
  'weekend',
  'campaign_paused',
  'campaign_stopped',
  'no_free_seat',
  'not_due',
  'expired',
] as const

const stateColors: Readonly<Record<string, string>> = {
  due: colors.brand,
  callback: colors.retry,
  retry_wait: colors.retry,
  claimed: '#7fb0dd',
  in_progress: colors.busy,
  wrapping: colors.busy,
  completed: colors.good,
  partial: colors.goodSoft,
  failed: colors.bad,
  refused: '#8c4a6b',
  stopped: colors.off,
  excluded: colors.off,
  expired: colors.off,
  suspended: colors.off,
}

/** Why it was stopped, suspended, given up; a task that was given up says its last call's result. */
export function stateReasonWord(reason: string): string {
  const said = word('taskReason', reason)
  return said === reason ? word('result', reason) : said
}

export function stateColor(state: string): string {
  return stateColors[state] ?? colors.wait
}

/** What a person may do with a task in this state; the server judges anew. */
export function actionsFor(state: string): readonly TaskAction[] {
  if (['due', 'scheduled', 'callback', 'retry_wait', 'claimed'].includes(state)) return ['dial_at', 'stop']
  if (state === 'suspended') return ['resume', 'stop']
  if (state === 'partial') return ['dial_at']
  return ['in_progress', 'wrapping'].includes(state) ? [] : ['reopen']
}

export const taskActions = ['dial_at', 'stop', 'resume', 'reopen'] as const
export type TaskAction = (typeof taskActions)[number]
