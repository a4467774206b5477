import { PlusOutlined } from '@ant-design/icons'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Button, Table, type TableColumnsType } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { RefusalItem, RefusalPage } from '#follow-up/patients/do-not-call-schema.ts'
import { useChange } from '../accounts/account-api.ts'
import { request } from '../api/request.ts'
import { Trouble } from '../app/trouble.tsx'
import { ReasonedChange } from '../calling/reasoned-change.tsx'
import { dateTime } from '../text/time.ts'
import { word } from '../text/word.ts'
import { AddNumber } from './add-number.tsx'
import { Nobody } from './nobody.tsx'
import { NumberSearch } from './number-search.tsx'

const pageSize = 50

/** The do-not-call list: numbers and patients that nobody calls, whatever the programme. */
export function RefusalPanel() {
  const { t } = useTranslation()
  // Each press of "search" is a round of its own: the same question again asks again.
  const [asked, setAsked] = useState({ number: '', page: 1, round: 0 })
  const [adding, setAdding] = useState(false)
  const [lifting, setLifting] = useState<RefusalItem | null>(null)
  const { number, page } = asked
  const list = useQuery({
    queryKey: ['do-not-call', asked],
    queryFn: ({ signal }) => {
      const place = { offset: (page - 1) * pageSize, limit: pageSize }
      const body = number === '' ? place : { number, ...place }
      return request<RefusalPage>('/api/do-not-call/search', { method: 'POST', body, signal })
    },
    placeholderData: keepPreviousData,
  })
  const add = useChange(
    (entry: { number: string; reason: string }) => request('/api/do-not-call', { method: 'POST', body: entry }),
    ['do-not-call'],
    { onSuccess: () => setAdding(false) },
  )
  const lift = useChange(
    ({ reason }: { reason: string }) =>
      request(`/api/do-not-call/${lifting?.id}/lift`, { method: 'POST', body: { reason } }),
    ['do-not-call'],
    { onSuccess: () => setLifting(null) },
  )
  return (
    <div className="stack">
      {list.isError && <Trouble error={list.error} onRetry={() => void list.refetch()} />}
      <section className="panel" aria-label={t('notCalled.tab.refusals')}>
        <div className="not-called-bar">
          <NumberSearch
            busy={list.isFetching}
            onSearch={(text) => setAsked(({ round }) => ({ number: text, page: 1, round: round + 1 }))}
          />
          <span className="fill" />
          <Button type="primary" icon={<PlusOutlined aria-hidden />} onClick={() => setAdding(true)}>
            {t('notCalled.add')}
          </Button>
        </div>
        <Table<RefusalItem>
          size="medium"
          rowKey="id"
          columns={useColumns(setLifting)}
          // A refused search has found nothing; the list of the search before would pass for its answer.
          dataSource={list.isError ? [] : (list.data?.entries ?? [])}
          loading={list.isFetching}
          scroll={{ x: 1_040 }}
          onRow={({ id }) => ({ 'data-entry': id }) as object}
          locale={{
            emptyText: list.isPending ? (
              ' '
            ) : (
              <Nobody
                text={t(number === '' ? 'notCalled.none' : 'notCalled.notFound')}
                next={t(number === '' ? 'notCalled.noneNext' : 'notCalled.notFoundNext')}
              />
            ),
          }}
          pagination={{
            current: page,
            pageSize,
            total: list.data?.total ?? 0,
            hideOnSinglePage: true,
            showSizeChanger: false,
            showTotal: (total) => t('common.of', { total }),
            onChange: (next) => setAsked((before) => ({ ...before, page: next })),
          }}
        />
      </section>
      {adding && <AddNumber sending={add} onSend={add.mutate} onClose={() => setAdding(false)} />}
      {lifting !== null && (
        <ReasonedChange
          title={t('notCalled.liftAsk', { who: lifting.phone ?? lifting.patient ?? '' })}
          okText={t('notCalled.lift')}
          hint={t(lifting.patient === null ? 'notCalled.liftNumberHint' : 'notCalled.liftPatientHint')}
          sending={lift}
          onReason={(reason) => lift.mutate({ reason })}
          onClose={() => setLifting(null)}
        />
      )}
    </div>
  )
}

function useColumns(onLift: (entry: RefusalItem) => void): TableColumnsType<RefusalItem> {
  const { t } = useTranslation()
  return [
    {
      title: t('notCalled.phone'),
      width: 140,
      className: 'number nowrap',
      render: (_value, { phone }) => phone ?? <span className="muted">{t('notCalled.anyNumber')}</span>,
    },
    {
      title: t('notCalled.patient'),
      width: 120,
      render: (_value, { patient }) => patient ?? <span className="muted">{t('notCalled.everybody')}</span>,
    },
    { title: t('notCalled.department'), dataIndex: 'department', width: 130, ellipsis: true },
    {
      title: t('notCalled.source'),
      width: 210,
      render: (_value, { source, by, attemptId }) => (
        <>
          {word('refusalSource', source)}
          {by !== null && <span className="muted"> {by}</span>}
          {attemptId !== null && (
            <>
              {' '}
              <Link to="/calls/$attemptId" params={{ attemptId }} search={{}}>
                {t('notCalled.call')}
              </Link>
            </>
          )}
        </>
      ),
    },
    { title: t('notCalled.reason'), dataIndex: 'reason', ellipsis: true },
    {
      title: t('notCalled.since'),
      width: 150,
      className: 'number nowrap',
      render: (_value, { since }) => dateTime(since),
    },
    {
      title: t('notCalled.until'),
      width: 150,
      className: 'number nowrap',
      render: (_value, { until }) =>
        until === null ? <span className="muted">{t('notCalled.forGood')}</span> : dateTime(until),
    },
    {
      title: '',
      width: 90,
      align: 'right',
      render: (_value, entry) => (
        <Button
          size="small"
          aria-label={`${t('notCalled.lift')} ${entry.phone ?? entry.patient ?? ''}`}
          onClick={() => onLift(entry)}
        >
          {t('notCalled.lift')}
        </Button>
      ),
    },
  ]
}
