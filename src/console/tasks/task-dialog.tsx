import { useQuery } from '@tanstack/react-query'
import { Alert, App, Button, DatePicker, Form, Input, Modal, Radio } from 'antd'
import dayjs from 'dayjs'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { TaskChanged, TaskForeseen } from '#follow-up/tasks/worklist-schema.ts'
import { useChange } from '../accounts/account-api.ts'
import { request } from '../api/request.ts'
import { FormDialog } from '../app/form-dialog.tsx'
import { Trouble } from '../app/trouble.tsx'
import { count } from '../text/time.ts'
import { word } from '../text/word.ts'
import { reasonWord, type TaskAction } from './task-words.ts'

/** Tasks that are to be changed, with what they are called on the page. */
export interface ChosenTasks {
  readonly action: TaskAction
  readonly names: ReadonlyMap<string, string>
}

interface Fields {
  readonly reason: string
  readonly why?: string
  readonly at?: dayjs.Dayjs
}

/**
 * What is about to be done to the chosen tasks, to how many of them it can be, and why it is done; then what became of
 * each that could not be changed, or is not dialled all the same. It exists while it asks.
 */
export function TaskDialog({
  chosen: { action, names },
  onDone,
  onClose,
}: {
  readonly chosen: ChosenTasks
  readonly onDone: () => void
  readonly onClose: () => void
}) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const [form] = Form.useForm<Fields>()
  const [changed, setChanged] = useState<TaskChanged | null>(null)
  const taskIds = [...names.keys()]
  const foreseen = useQuery({
    queryKey: ['tasks-foreseen', action, taskIds],
    queryFn: ({ signal }) =>
      request<TaskForeseen>('/api/tasks/foresee', { method: 'POST', body: { taskIds, action }, signal }),
    gcTime: 0,
  })
  const change = useChange(
    ({ reason, why, at }: Fields) => {
      const own = action === 'stop' ? { why } : action === 'dial_at' ? { at: hospitalTime(at) } : {}
      return request<TaskChanged>('/api/tasks/change', {
        method: 'POST',
        body: { taskIds, action, reason: reason.trim(), ...own },
      })
    },
    ['tasks', 'task'],
    {
      onSuccess: (answer) => {
        onDone()
        if (answer.results.some(({ code, hold }) => code !== null || hold !== null)) return setChanged(answer)
        void message.success(t('tasks.done', { count: count(answer.done) }))
        onClose()
      },
    },
  )
  if (changed !== null) return <Outcome changed={changed} names={names} action={action} onClose={onClose} />
  return (
    <FormDialog
      open
      title={t(`tasks.ask.${action}`, { count: names.size })}
      okText={t(`tasks.action.${action}`)}
      hint={t(`tasks.hint.${action}`)}
      form={form}
      initialValues={action === 'stop' ? { why: 'plan_unfit' } : {}}
      sending={change}
      onSend={change.mutate}
      onClose={onClose}
      refused={foreseen.data?.possible === 0}
    >
      {foreseen.isError && <Trouble error={foreseen.error} onRetry={() => void foreseen.refetch()} />}
      {foreseen.data !== undefined && (
        <Alert
          className="task-foreseen"
          type={foreseen.data.refused.length === 0 ? 'info' : 'warning'}
          role="status"
          title={
            foreseen.data.possible === 0
              ? t('tasks.foreseenNone')
              : t('tasks.foreseen', { possible: count(foreseen.data.possible) })
          }
          description={
            foreseen.data.refused.length > 0 && (
              <ul>
                {foreseen.data.refused.map(({ code, message: what, count: number }) => (
                  <li key={code}>{t('tasks.foreseenRefused', { count: count(number), message: what })}</li>
                ))}
              </ul>
            )
          }
        />
      )}
      {action === 'stop' && (
        <Form.Item name="why" label={t('tasks.why')}>
          <Radio.Group
            options={['plan_unfit', 'plan_repeated', 'other'].map((value) => ({
              value,
              label: word('taskReason', value),
            }))}
          />
        </Form.Item>
      )}
      {action === 'dial_at' && (
        <Form.Item name="at" label={t('tasks.at')} rules={[{ required: true, message: t('tasks.atPlease') }]}>
          <DatePicker
            showTime={{ format: 'HH:mm' }}
            format="YYYY-MM-DD HH:mm"
            disabledDate={(day) => day.isBefore(dayjs(), 'day')}
          />
        </Form.Item>
      )}
      <Form.Item
        name="reason"
        label={t('tasks.reasonLabel')}
        rules={[{ required: true, whitespace: true, message: t('tasks.reasonPlease') }]}
      >
        <Input maxLength={200} autoFocus />
      </Form.Item>
    </FormDialog>
  )
}

/** The hospital's hours, wherever the browser stands. */
function hospitalTime(at: dayjs.Dayjs | undefined): string | undefined {
  return at === undefined ? undefined : `${at.format('YYYY-MM-DD[T]HH:mm')}:00+08:00`
}

function Outcome({
  changed: { done, results },
  names,
  action,
  onClose,
}: {
  readonly changed: TaskChanged
  readonly names: ReadonlyMap<string, string>
  readonly action: TaskAction
  readonly onClose: () => void
}) {
  const { t } = useTranslation()
  // Of a stopped task it does not matter what would keep it.
  const told = results.filter(({ code, hold }) => code !== null || (hold !== null && action !== 'stop'))
  return (
    <Modal
      open
      title={t('tasks.outcome')}
      onCancel={onClose}
      footer={
        <Button type="primary" autoFocus onClick={onClose}>
          {t('tasks.close')}
        </Button>
      }
    >
      <p role="status">{t('tasks.outcomeSummary', { done: count(done), refused: count(results.length - done) })}</p>
      <ul className="task-outcome">
        {told.map(({ taskId, message, hold }) => (
          <li key={taskId}>
            <b>{names.get(taskId)}</b>{' '}
            {message ?? t('tasks.stillHeld', { reason: hold === null ? '' : reasonWord(hold) })}
          </li>
        ))}
      </ul>
    </Modal>
  )
}
