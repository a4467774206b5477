import type { TaskState } from '../follow-up-tables.ts'

/** What a person does with a task by hand (requirements C15, H31). */
export type TaskAction = 'stop' | 'reopen' | 'resume' | 'dial_at'

const waiting: readonly TaskState[] = ['scheduled', 'retry_wait', 'callback']
const inCall: readonly TaskState[] = ['in_progress', 'wrapping']
const closed: readonly TaskState[] = ['completed', 'failed', 'refused', 'stopped', 'excluded', 'expired']

export type ByHandRefusal =
  | 'TASK_IN_CALL'
  | 'TASK_CLOSED'
  | 'TASK_OPEN'
  | 'TASK_NOT_SUSPENDED'
  | 'TASK_SUSPENDED'
  | 'TASK_PART_ANSWERED'

/**
 * Whether a task in this state may be so changed, along the moves of the vocabulary; null: it may.
 * @param dialled its call has left already: what is only claimed is given back
 */
export function refusalOf(
  action: TaskAction,
  { state, dialled }: { readonly state: TaskState; readonly dialled: boolean },
): ByHandRefusal | null {
  if (inCall.includes(state) || (state === 'claimed' && dialled)) return 'TASK_IN_CALL'
  const isOpen = waiting.includes(state) || state === 'claimed'
  switch (action) {
    case 'stop':
      if (isOpen || state === 'suspended') return null
      return state === 'partial' ? 'TASK_PART_ANSWERED' : 'TASK_CLOSED'
    case 'reopen':
      if (closed.includes(state)) return null
      if (state === 'partial') return 'TASK_PART_ANSWERED'
      return state === 'suspended' ? 'TASK_SUSPENDED' : 'TASK_OPEN'
    case 'resume':
      return state === 'suspended' ? null : 'TASK_NOT_SUSPENDED'
    case 'dial_at':
      if (isOpen || state === 'partial') return null
      return state === 'suspended' ? 'TASK_SUSPENDED' : 'TASK_CLOSED'
  }
}

/** Where it goes; `from` as it is once a claim has been given back. */
export function stateAfter(action: TaskAction, from: TaskState): TaskState {
  switch (action) {
    case 'stop':
      return 'stopped'
    case 'reopen':
    case 'resume':
      return 'scheduled'
    case 'dial_at':
      return from === 'partial' ? 'retry_wait' : from
  }
}
