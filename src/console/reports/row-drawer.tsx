import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Drawer, Table } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { ReportSearch, RowPage } from '#follow-up/reports/report-schema.ts'
import { request } from '../api/request.ts'
import { useRight } from '../api/session.ts'
import { Trouble } from '../app/trouble.tsx'
import { count } from '../text/time.ts'
import type { Opened } from './figure-table.tsx'

const pageSize = 50

/** The people whom a figure counts. */
export function RowDrawer({
  search,
  opened,
  onClose,
}: {
  readonly search: ReportSearch
  readonly opened: Opened
  readonly onClose: () => void
}) {
  const { t } = useTranslation()
  const mayOpenCalls = useRight('call.read')
  const [page, setPage] = useState(1)
  const asked = { ...search, ...opened, offset: (page - 1) * pageSize, limit: pageSize }
  const rows = useQuery({
    queryKey: ['report-rows', asked],
    queryFn: ({ signal }) => request<RowPage>('/api/reports/rows', { method: 'POST', body: asked, signal }),
    placeholderData: keepPreviousData,
  })
  const figure = t(`reports.standing.${opened.of}`)
  return (
    <Drawer
      open
      size={900}
      onClose={onClose}
      title={t('reports.rows.title', { figure, total: count(rows.data?.total ?? 0) })}
    >
      {rows.isError && <Trouble error={rows.error} onRetry={() => void rows.refetch()} />}
      <Table<RowPage['rows'][number]>
        size="small"
        rowKey={({ day, recordNumber, lastAttemptId, name }) => `${day} ${recordNumber} ${lastAttemptId} ${name}`}
        loading={rows.isFetching}
        dataSource={rows.data?.rows ?? []}
        locale={{ emptyText: rows.isPending ? ' ' : t('reports.rows.none') }}
        pagination={{
          current: page,
          pageSize,
          total: rows.data?.total ?? 0,
          onChange: setPage,
          showSizeChanger: false,
        }}
        columns={[
          { title: t('reports.rows.day'), dataIndex: 'day', width: 110, className: 'number' },
          {
            title: t('reports.rows.patient'),
            width: 130,
            render: (_value, { name, recordNumber }) => (
              <>
                {name}
                <div className="muted number">{recordNumber}</div>
              </>
            ),
          },
          { title: t('reports.rows.department'), render: (_value, { department }) => department ?? '–' },
          { title: t('reports.rows.programme'), render: (_value, { programme }) => programme ?? '–', ellipsis: true },
          {
            title: t('reports.rows.standing'),
            width: 96,
            render: (_value, { standing }) => t(`reports.standing.${standing as Opened['of']}`),
          },
          {
            title: t('reports.rows.calls'),
            width: 104,
            className: 'number',
            render: (_value, { dialled, answered }) => `${dialled} / ${answered}`,
          },
          {
            title: t('reports.rows.last'),
            width: 90,
            render: (_value, { lastAttemptId }) =>
              lastAttemptId === null || !mayOpenCalls ? (
                '–'
              ) : (
                <Link to="/calls/$attemptId" params={{ attemptId: lastAttemptId }} search={{}}>
                  {t('reports.rows.open')}
                </Link>
              ),
          },
        ]}
      />
    </Drawer>
  )
}
