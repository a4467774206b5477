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
export function TaskHold({ task: { heldBy, heldUntil } }: { readonly task: TaskStanding }) {
  const { t } = useTranslation()
  if (heldBy === null || heldBy === 'not_due') return <span className="muted">–</span>
  return (
    <span data-held={heldBy}>
      {reasonWord(heldBy)}
      {heldUntil !== null && <div className="muted number nowrap">{t('tasks.until', { at: dateTime(heldUntil) })}</div>}
    </span>
  )
}
