import { Alert, App } from 'antd'
import { useTranslation } from 'react-i18next'
import type { ProgrammeCard, ProgrammeItem } from '#follow-up/programmes/programme-schema.ts'
import { useChange } from '../accounts/account-api.ts'
import { request } from '../api/request.ts'
import { ReasonedChange } from '../calling/reasoned-change.tsx'
import { count } from '../text/time.ts'
import { programmeQueries } from './programme-api.ts'

/** What running, pausing or stopping it means for the tasks that are open now, and why it is done. */
export function StateDialog({
  programme: { id, name },
  tasks,
  to,
  onClose,
}: {
  readonly programme: ProgrammeItem
  readonly tasks: ProgrammeCard['tasks']
  readonly to: ProgrammeItem['state']
  readonly onClose: () => void
}) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const move = useChange(
    (reason: string) => request(`/api/programmes/${id}/state`, { method: 'POST', body: { to, reason } }),
    programmeQueries,
    {
      onSuccess: () => {
        void message.success(t('programmes.done'))
        onClose()
      },
    },
  )
  const verb = { running: 'run', paused: 'pause', stopped: 'stop' } as const
  return (
    <ReasonedChange
      title={t(`programmes.ask.${to}`, { name })}
      okText={t(`programmes.${verb[to]}`).replace('…', '')}
      hint={t(`programmes.askText.${to}`)}
      sending={move}
      onReason={move.mutate}
      onClose={onClose}
    >
      <Alert
        className="programme-told"
        type={to === 'stopped' ? 'warning' : 'info'}
        role="status"
        title={t(`programmes.askTasks.${to}`, {
          waiting: count(tasks.waiting),
          due: count(tasks.due),
          callback: count(tasks.callback),
          suspended: count(tasks.suspended),
          underWay: count(tasks.underWay),
        })}
      />
    </ReasonedChange>
  )
}
