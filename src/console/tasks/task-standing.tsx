import { useTranslation } from 'react-i18next'
import type { TaskStanding } from '#follow-up/tasks/worklist-schema.ts'
import { dateTime } from '../text/time.ts'
import { reasonWord, stateColor, stateReasonWord, stateWord } from './task-words.ts'

export function TaskState({ task: { state, stateReason } }: { readonly task: TaskStanding }) {
  return (
    <>
      <span className="dot" style={{ '--mark': stateColor(state) }} data-state={state}>
        {stateWord(state)}
      </span>
      {stateReason !== null && <div className="muted">{stateReasonWord(stateReason)}</div>}
    </>
  )
}

/** Why it is not dialled now, and until when at least. */
export function TaskHold({ task: { heldBy, heldUntil, dueAt } }: { readonly task: TaskStanding }) {
  const { t } = useTranslation()
  if (heldBy === null) return <span className="muted">–</span>
  // What is not due waits for its own time: a plan's day, the next try, an agreed callback.
  const until = heldBy === 'not_due' ? dueAt : heldUntil
  return (
    <span data-held={heldBy}>
      {reasonWord(heldBy)}
      {until !== null && <div className="muted number nowrap">{t('tasks.until', { at: dateTime(until) })}</div>}
    </span>
  )
}
