import { ArrowLeftOutlined } from '@ant-design/icons'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Button, Skeleton } from 'antd'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { TaskDetail } from '#follow-up/tasks/worklist-schema.ts'
import type { PushedEvent } from '#platform/realtime/protocol.ts'
import { request } from '../api/request.ts'
import { useRight } from '../api/session.ts'
import { Trouble } from '../app/trouble.tsx'
import { resultColor } from '../live/campaign-counts.ts'
import { actionWord } from '../text/code-words.ts'
import { currentLanguage } from '../text/i18n.ts'
import { dateTime, duration } from '../text/time.ts'
import { word } from '../text/word.ts'
import { lastListKey, type TaskAddress } from './task-address.ts'
import { TaskDialog } from './task-dialog.tsx'
import { useTaskEvents } from './task-news.ts'
import { TaskHold, TaskState } from './task-standing.tsx'
import { actionsFor, stateReasonWord, type TaskAction } from './task-words.ts'
import '../calls/calls.css'
import './tasks.css'

const route = getRouteApi('/inside/tasks/$taskId')

/** One task: where it stands and why, its calls, what was answered, and what was done to it by hand. */
export function TaskPage() {
  const { t } = useTranslation()
  const { taskId } = route.useParams()
  const queryClient = useQueryClient()
  const detail = useQuery({
    queryKey: ['task', taskId],
    queryFn: ({ signal }) => request<TaskDetail>(`/api/tasks/${taskId}`, { signal }),
    // What changes is told by the stream; who looks is written down.
    refetchOnWindowFocus: false,
  })
  const refresh = () => void detail.refetch()
  const concerns = (events: readonly PushedEvent[]) =>
    events.some(({ type, payload }) => type === 'task.changed' && payload.taskId === taskId)
  useTaskEvents(detail.data?.offset, (events) => concerns(events) && refresh(), refresh)
  return (
    <div className="stack">
      <Link to="/tasks" search={queryClient.getQueryData<TaskAddress>(lastListKey) ?? {}} className="call-back">
        <ArrowLeftOutlined aria-hidden /> {t('tasks.toList')}
      </Link>
      {detail.isPending && <Skeleton active paragraph={{ rows: 8 }} />}
      {detail.isError && <Trouble error={detail.error} onRetry={refresh} />}
      {detail.data && <Task detail={detail.data} />}
    </div>
  )
}

function Task({ detail }: { readonly detail: TaskDetail }) {
  const { t } = useTranslation()
  const language = currentLanguage()
  return (
    <>
      <Facts detail={detail} />
      <section className="panel" aria-label={t('tasks.attemptsTitle')}>
        <h2>{t('tasks.attemptsTitle')}</h2>
        <Attempts detail={detail} />
      </section>
      <div className="row call-halves">
        <section className="panel" aria-label={t('tasks.form')}>
          <h2>{detail.formTitle?.[language] ?? t('tasks.form')}</h2>
          {detail.form.every(({ answer }) => answer === null) ? (
            <p className="muted call-empty">{t('tasks.noForm')}</p>
          ) : (
            <ol className="task-answers">
              {detail.form.map(({ questionId, question, answer }) => (
                <li key={questionId} data-question={questionId}>
                  <span>{question[language]}</span>
                  {answer === null ? (
                    <span className="muted">{t('calls.notAnswered')}</span>
                  ) : (
                    <b>{answer.words[language]}</b>
                  )}
                </li>
              ))}
            </ol>
          )}
        </section>
        <section className="panel" aria-label={t('tasks.history')}>
          <h2>{t('tasks.history')}</h2>
          <History detail={detail} />
        </section>
      </div>
    </>
  )
}

function Facts({ detail: { task, patientId, campaign } }: { readonly detail: TaskDetail }) {
  const { t } = useTranslation()
  const mayChange = useRight('campaign.control')
  const mayRead = useRight('patient.read')
  const [action, setAction] = useState<TaskAction | null>(null)
  return (
    <section className="panel call-facts" aria-label={t('tasks.details')}>
      <h2>
        {task.name}
        {task.recordNumber !== null && <span className="muted number">{task.recordNumber}</span>}
        {mayRead && (
          <Link to="/patients/$patientId" params={{ patientId }} data-patient-link>
            {t('calls.openPatient')}
          </Link>
        )}
        {mayChange && (
          <span className="task-own-actions">
            {actionsFor(task.state).map((one) => (
              <Button key={one} size="small" danger={one === 'stop'} onClick={() => setAction(one)}>
                {t(`tasks.action.${one}`)}
              </Button>
            ))}
          </span>
        )}
      </h2>
      <dl>
        <Fact name={t('tasks.state')}>
          <TaskState task={task} />
        </Fact>
        <Fact name={t('tasks.notDialledNow')}>
          {['due', 'retry_wait', 'callback'].includes(task.state) && task.heldBy === null ? (
            t('tasks.mayBeDialled')
          ) : (
            <TaskHold task={task} />
          )}
        </Fact>
        <Fact name={t('tasks.dueAt')}>
          {dateTime(task.dueAt)} <span className="muted">{t('tasks.plannedFor', { day: task.dueOn })}</span>
        </Fact>
        <Fact name={t('tasks.nextNumber')}>{task.phone ?? t('tasks.noNumber')}</Fact>
        <Fact name={t('tasks.complete')}>{dateTime(task.expiresAt)}</Fact>
        <Fact name={t('tasks.agent')}>{task.agent ?? '–'}</Fact>
        <Fact name={t('calls.department')}>{task.department ?? '–'}</Fact>
        <Fact name={t('calls.programme')}>{task.programme}</Fact>
        <Fact name={t('tasks.campaign')}>{campaign?.name ?? '–'}</Fact>
      </dl>
      {action !== null && (
        <TaskDialog
          chosen={{ action, names: new Map([[task.taskId, task.name]]) }}
          onDone={() => {}}
          onClose={() => setAction(null)}
        />
      )}
    </section>
  )
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function Attempts({ detail: { attempts } }: { readonly detail: TaskDetail }) {
  const { t } = useTranslation()
  if (attempts.length === 0) return <p className="muted call-empty">{t('tasks.noAttempts')}</p>
  return (
    <table className="task-attempts">
      <thead>
        <tr>
          <th>{t('calls.time')}</th>
          <th>{t('calls.phone')}</th>
          <th>{t('calls.result')}</th>
          <th>{t('calls.outcome')}</th>
          <th>{t('calls.agent')}</th>
          <th>{t('calls.duration')}</th>
        </tr>
      </thead>
      <tbody>
        {attempts.map(({ attemptId, at, phone, state, result, correctedResult, outcome, agent, talkSeconds }) => {
          const shown = correctedResult ?? result
          return (
            <tr key={attemptId} data-attempt={attemptId}>
              <td className="number">
                <Link to="/calls/$attemptId" params={{ attemptId }} search={{}}>
                  {dateTime(at)}
                </Link>
              </td>
              <td className="number">{phone}</td>
              <td>
                {shown === null ? (
                  word('callState', state)
                ) : (
                  <span className="dot" style={{ '--mark': resultColor(shown) }}>
                    {word('result', shown)}
                  </span>
                )}
              </td>
              <td>{outcome === null ? '–' : word('outcome', outcome)}</td>
              <td>{agent ?? '–'}</td>
              <td className="number">{talkSeconds === null ? '–' : duration(talkSeconds)}</td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}

function History({ detail: { history } }: { readonly detail: TaskDetail }) {
  const { t } = useTranslation()
  if (history.length === 0) return <p className="muted call-empty">{t('tasks.noHistory')}</p>
  return (
    <ol className="task-history">
      {history.map(({ at, by, action, reason, why, to }) => (
        <li key={`${at} ${action}`} data-action={action}>
          <span className="muted number">{dateTime(at)}</span>
          <span>
            <b>{actionWord(action)}</b> {to !== null && t('tasks.movedTo', { at: dateTime(to) })}
            <div>{why === null ? reason : t('tasks.historyWhy', { why: stateReasonWord(why), reason })}</div>
          </span>
          <span className="muted">{by}</span>
        </li>
      ))}
    </ol>
  )
}
