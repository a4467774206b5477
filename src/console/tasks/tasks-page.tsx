import { ReloadOutlined } from '@ant-design/icons'
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Button, Segmented, Table, type TableColumnsType } from 'antd'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { TaskItem, TaskPage } from '#follow-up/tasks/worklist-schema.ts'
import { request } from '../api/request.ts'
import { useRight } from '../api/session.ts'
import { usePageTrail } from '../app/page-trail.ts'
import { Pager } from '../app/pager.tsx'
import { Trouble } from '../app/trouble.tsx'
import { Nobody } from '../not-called/nobody.tsx'
import { count, dateTime } from '../text/time.ts'
import { word } from '../text/word.ts'
import { askedKey, defaultPageSize, filterOf, lastListKey, searchOf, type TaskAddress } from './task-address.ts'
import { type ChosenTasks, TaskDialog } from './task-dialog.tsx'
import { TaskFilters } from './task-filters.tsx'
import { useTaskNews } from './task-news.ts'
import { TaskHold, TaskState } from './task-standing.tsx'
import { stateColor, stateOrder, stateWord, taskActions } from './task-words.ts'
import '../calls/calls.css'
import './tasks.css'

const route = getRouteApi('/inside/tasks')

/** As many as the server takes in one change. */
const changedAtOnce = 200

/** Who is to be called and when, who is not and why, and what is done about it by hand. */
export function TasksPage() {
  const { t } = useTranslation()
  const address = route.useSearch()
  const navigate = route.useNavigate()
  const queryClient = useQueryClient()
  // Each press of "search" is a round of its own: the same question again asks again.
  const [{ patient, round }, setAsked] = useState(() => ({
    patient: queryClient.getQueryData<string>(askedKey) ?? '',
    round: 0,
  }))
  const [chosen, setChosen] = useState<ReadonlyMap<string, string>>(new Map())
  const [changing, setChanging] = useState<ChosenTasks | null>(null)
  const mayChange = useRight('campaign.control')
  const list = useQuery({
    queryKey: ['tasks', address, patient, round],
    queryFn: ({ signal }) =>
      request<TaskPage>('/api/tasks/search', { method: 'POST', body: searchOf(address, patient), signal }),
    placeholderData: keepPreviousData,
    // What changes is told by the stream; who looks is written down.
    refetchOnWindowFocus: false,
  })
  useEffect(() => {
    queryClient.setQueryDefaults(lastListKey, { gcTime: Number.POSITIVE_INFINITY })
    queryClient.setQueryData<TaskAddress>(lastListKey, address)
  }, [queryClient, address])
  const refresh = () => void list.refetch()
  // A refused search has found nothing; the list of the search before would pass for its answer.
  const page = list.isError ? undefined : list.data
  const news = useTaskNews(list.isPlaceholderData ? undefined : page, filterOf(address), {
    counted: patient === '',
    onGap: refresh,
  })
  const tasks = (page?.tasks ?? []).map((task) => ({ ...task, ...news.standings.get(task.taskId) }))
  const counts = news.counts?.counts ?? page?.counts ?? {}
  const total = news.counts?.total ?? page?.total ?? 0
  const hasChanged =
    page !== undefined &&
    (total !== page.total ||
      page.tasks.some((task) => {
        const now = news.standings.get(task.taskId)
        return now !== undefined && (now.state !== task.state || now.dueAt !== task.dueAt)
      }))
  const ask = (filters: TaskAddress) => {
    trail.clear()
    setChosen(new Map())
    void navigate({ search: filters })
  }
  const only = (change: Partial<TaskAddress>, ...without: readonly (keyof TaskAddress)[]) => {
    const kept = Object.fromEntries(
      Object.entries(address).filter(([key]) => ![...without, 'after'].some((gone) => gone === key)),
    )
    ask({ ...kept, ...change })
  }
  const trail = usePageTrail(
    address.after,
    (after) =>
      void navigate({ search: ({ after: _after, ...rest }) => (after === undefined ? rest : { ...rest, after }) }),
  )
  return (
    <div className="stack">
      <TaskFilters
        address={address}
        patient={patient}
        onSearch={(filters, text) => {
          queryClient.setQueryDefaults(askedKey, { gcTime: Number.POSITIVE_INFINITY })
          queryClient.setQueryData(askedKey, text)
          setAsked({ patient: text, round: round + 1 })
          ask(filters)
        }}
      />
      {list.isError && <Trouble error={list.error} onRetry={refresh} />}
      <section className="panel" aria-label={t('tasks.title')}>
        <div className="task-bar">
          <Segmented
            aria-label={t('tasks.group')}
            value={address.group ?? 'open'}
            options={(['open', 'closed', 'all'] as const).map((value) => ({
              value,
              label: t(`tasks.groups.${value}`),
            }))}
            onChange={(value) => (value === 'open' ? only({}, 'group', 'state') : only({ group: value }, 'state'))}
          />
          {page !== undefined && (
            <StateCounts
              counts={counts}
              chosen={address.state}
              onChoose={(state) => (state === undefined ? only({}, 'state') : only({ state }))}
            />
          )}
          {hasChanged && (
            <Button type="link" icon={<ReloadOutlined aria-hidden />} onClick={refresh} className="task-changed">
              {total === page?.total ? t('tasks.changed') : t('tasks.changedNow', { total: count(total) })}
              {' · '}
              {t('tasks.reload')}
            </Button>
          )}
        </div>
        {mayChange && (
          <fieldset className="task-bar task-actions" aria-label={t('tasks.choose')}>
            <span className="muted number" role="status">
              {t('tasks.chosen', { count: chosen.size })}
              {chosen.size >= changedAtOnce && ` · ${t('tasks.chosenMost', { most: changedAtOnce })}`}
            </span>
            {taskActions.map((action) => (
              <Button
                key={action}
                size="small"
                danger={action === 'stop'}
                disabled={chosen.size === 0}
                onClick={() => setChanging({ action, names: chosen })}
              >
                {t(`tasks.action.${action}`)}
              </Button>
            ))}
            {chosen.size > 0 && (
              <Button size="small" type="text" onClick={() => setChosen(new Map())}>
                {t('tasks.clear')}
              </Button>
            )}
          </fieldset>
        )}
        <Table<TaskItem>
          size="small"
          rowKey="taskId"
          columns={useColumns()}
          dataSource={tasks}
          loading={list.isFetching}
          scroll={{ x: 1_092 }}
          onRow={({ taskId }) => ({ 'data-task': taskId }) as object}
          {...(mayChange
            ? {
                rowSelection: {
                  columnWidth: 40,
                  selectedRowKeys: [...chosen.keys()],
                  preserveSelectedRowKeys: true,
                  getCheckboxProps: ({ taskId, name }: TaskItem) => ({
                    'aria-label': `${t('tasks.choose')} ${name}`,
                    disabled: chosen.size >= changedAtOnce && !chosen.has(taskId),
                  }),
                  onChange: (keys: React.Key[]) => {
                    const names = new Map([...chosen, ...tasks.map(({ taskId, name }) => [taskId, name] as const)])
                    setChosen(
                      new Map(keys.slice(0, changedAtOnce).map((key) => [String(key), names.get(String(key)) ?? ''])),
                    )
                  },
                },
              }
            : {})}
          // While nothing is known yet nothing is said to be missing.
          locale={{
            emptyText: page === undefined ? ' ' : <Nobody text={t('tasks.none')} next={t('tasks.noneNext')} />,
          }}
          pagination={false}
        />
        <Pager
          total={page && t('tasks.total', { total: count(total) })}
          first={t('tasks.first')}
          {...trail.steps(page?.next ?? null)}
          size={{ limit: address.limit ?? defaultPageSize, onLimit: (limit) => only({ limit }) }}
        />
      </section>
      {changing !== null && (
        <TaskDialog chosen={changing} onDone={() => setChosen(new Map())} onClose={() => setChanging(null)} />
      )}
    </div>
  )
}

/** How many of each state there are, which is also the choice of one. */
function StateCounts({
  counts,
  chosen,
  onChoose,
}: {
  readonly counts: Readonly<Record<string, number>>
  readonly chosen: string | undefined
  readonly onChoose: (state: string | undefined) => void
}) {
  const { t } = useTranslation()
  const shown = stateOrder.filter((state) => (counts[state] ?? 0) > 0 || state === chosen)
  const together = Object.values(counts).reduce((sum, one) => sum + one, 0)
  return (
    <fieldset className="task-counts" aria-label={t('tasks.states')}>
      <button type="button" aria-pressed={chosen === undefined} onClick={() => onChoose(undefined)}>
        {t('tasks.everyState')} <b className="number">{count(together)}</b>
      </button>
      {shown.map((state) => (
        <button
          key={state}
          type="button"
          aria-pressed={state === chosen}
          data-count={state}
          onClick={() => onChoose(state === chosen ? undefined : state)}
        >
          <span className="dot" style={{ '--mark': stateColor(state) }}>
            {stateWord(state)}
          </span>{' '}
          <b className="number">{count(counts[state] ?? 0)}</b>
        </button>
      ))}
    </fieldset>
  )
}

function useColumns(): TableColumnsType<TaskItem> {
  const { t } = useTranslation()
  const nothing = <span className="muted">–</span>
  return [
    {
      title: t('tasks.dueAt'),
      width: 160,
      className: 'number nowrap',
      render: (_value, { dueAt, dueOn }) => (
        <>
          {dateTime(dueAt)}
          {!dateTime(dueAt).startsWith(dueOn) && <div className="muted">{t('tasks.plannedFor', { day: dueOn })}</div>}
        </>
      ),
    },
    {
      title: t('tasks.patient'),
      width: 128,
      className: 'nowrap',
      render: (_value, { taskId, name, recordNumber }) => (
        <>
          <Link to="/tasks/$taskId" params={{ taskId }}>
            {name}
          </Link>
          {recordNumber !== null && <div className="muted number">{recordNumber}</div>}
        </>
      ),
    },
    { title: t('calls.phone'), width: 118, className: 'number', render: (_value, { phone }) => phone ?? nothing },
    { title: t('calls.department'), dataIndex: 'department', width: '10%', ellipsis: true },
    { title: t('calls.programme'), dataIndex: 'programme', ellipsis: true },
    {
      title: t('tasks.state'),
      width: 118,
      render: (_value, task) => (
        <>
          <TaskState task={task} />
          {task.agent !== null && <div className="muted">{t('tasks.with', { agent: task.agent })}</div>}
        </>
      ),
    },
    // As wide as a reason's end with its day and minute.
    { title: t('tasks.reason'), width: 184, render: (_value, task) => <TaskHold task={task} /> },
    {
      title: t('tasks.lastResult'),
      width: 122,
      render: (_value, { lastResult, attempts }) =>
        lastResult === null ? (
          nothing
        ) : (
          <>
            {word('result', lastResult)} <span className="muted number">{t('tasks.times', { count: attempts })}</span>
          </>
        ),
    },
  ]
}
