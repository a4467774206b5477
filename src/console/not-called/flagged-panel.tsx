import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Alert, Button, DatePicker, Select, Table } from 'antd'
import dayjs from 'dayjs'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { FlaggedItem, FlaggedPage, UsableAgain } from '#follow-up/patients/flagged-schema.ts'
import { useChange } from '../accounts/account-api.ts'
import { request } from '../api/request.ts'
import { Trouble } from '../app/trouble.tsx'
import { ReasonedChange } from '../calling/reasoned-change.tsx'
import { count, dateTime } from '../text/time.ts'
import { word } from '../text/word.ts'
import { Nobody } from './nobody.tsx'
import { NumberSearch } from './number-search.tsx'

const pageSize = 50

interface Asked {
  readonly number?: string
  /** ISO 8601. */
  readonly since?: string
  readonly trunkId?: string
}

/** What is asked about: one number, or all that the list shows by its moment and trunk. */
type Clearing =
  | { readonly type: 'one'; readonly of: FlaggedItem }
  | {
      readonly type: 'all'
      readonly numbers: number
      readonly batch: { readonly since: string; readonly asOf: string; readonly trunkId?: string }
    }

const isSealed = (clearing: Clearing) => clearing.type === 'one' && clearing.of.flag === 'unreadable'

/** Numbers that the network has called invalid or out of service, or that cannot be opened: nobody dials them until a person says otherwise. */
export function FlaggedPanel() {
  const { t } = useTranslation()
  const [asked, setAsked] = useState<Asked>({})
  const [{ page, round }, setPlace] = useState({ page: 1, round: 0 })
  const [clearing, setClearing] = useState<Clearing | null>(null)
  const list = useQuery({
    queryKey: ['flagged', asked, page, round],
    queryFn: ({ signal }) => {
      const body = { ...asked, offset: (page - 1) * pageSize, limit: pageSize }
      return request<FlaggedPage>('/api/flagged-numbers/search', { method: 'POST', body, signal })
    },
    placeholderData: keepPreviousData,
  })
  const clear = useChange(
    ({ wanted, reason }: { wanted: Clearing; reason: string }) =>
      wanted.type === 'one'
        ? request<UsableAgain>(`/api/flagged-numbers/${wanted.of.id}/clear`, { method: 'POST', body: { reason } })
        : request<UsableAgain>('/api/flagged-numbers/clear', { method: 'POST', body: { ...wanted.batch, reason } }),
    ['flagged'],
    { onSuccess: () => setClearing(null) },
  )
  const ask = (change: { readonly [Name in keyof Asked]: Asked[Name] | undefined }) => {
    const { number, since, trunkId } = { ...asked, ...change }
    setAsked({
      ...(number === undefined ? {} : { number }),
      ...(since === undefined ? {} : { since }),
      ...(trunkId === undefined ? {} : { trunkId }),
    })
    setPlace({ page: 1, round: round + 1 })
  }
  const { number, since, trunkId } = asked
  // A refused search has found nothing; the list of the search before would pass for its answer.
  const shown = list.isError ? undefined : list.data
  const total = shown?.total ?? 0
  const byNetwork = shown?.byNetwork ?? 0
  return (
    <div className="stack">
      {list.isError && <Trouble error={list.error} onRetry={() => void list.refetch()} />}
      {clear.data !== undefined && clearing === null && (
        <Alert
          type="success"
          showIcon
          role="status"
          title={t('notCalled.cleared', {
            numbers: count(clear.data.numbers),
            tasks: count(clear.data.reopened),
          })}
        />
      )}
      <section className="panel" aria-label={t('notCalled.tab.flagged')}>
        <div className="not-called-bar">
          <NumberSearch busy={list.isFetching} onSearch={(text) => ask({ number: text === '' ? undefined : text })} />
          <DatePicker
            aria-label={t('notCalled.flaggedSince')}
            placeholder={t('notCalled.flaggedSince')}
            showTime={{ format: 'HH:mm' }}
            format="YYYY-MM-DD HH:mm"
            disabledDate={(day) => day.isAfter(dayjs(), 'day')}
            // The hospital's hours, wherever the browser stands.
            onChange={(at: dayjs.Dayjs | null) =>
              ask({ since: at === null ? undefined : `${at.format('YYYY-MM-DD[T]HH:mm')}:00+08:00` })
            }
          />
          <Select
            aria-label={t('notCalled.trunk')}
            placeholder={t('notCalled.anyTrunk')}
            allowClear
            style={{ width: 180 }}
            value={trunkId ?? null}
            options={(list.data?.trunks ?? []).map(({ id, name }) => ({ value: id, label: name }))}
            onChange={(id: string | null | undefined) => ask({ trunkId: id ?? undefined })}
          />
          <span className="fill" />
          <Button
            disabled={since === undefined || number !== undefined || byNetwork === 0 || list.isFetching}
            title={since === undefined ? t('notCalled.clearAllHint') : ''}
            onClick={() => {
              if (since === undefined || shown === undefined) return
              const between = { since, asOf: shown.asOf }
              const batch = trunkId === undefined ? between : { ...between, trunkId }
              setClearing({ type: 'all', numbers: byNetwork, batch })
            }}
          >
            {t('notCalled.clearAll', { numbers: count(byNetwork) })}
          </Button>
        </div>
        <Table<FlaggedItem>
          size="medium"
          rowKey="id"
          dataSource={shown?.numbers ?? []}
          loading={list.isFetching}
          scroll={{ x: 860 }}
          onRow={({ id }) => ({ 'data-flagged': id }) as object}
          locale={{
            emptyText: list.isPending ? (
              ' '
            ) : (
              <Nobody
                text={t(number === undefined ? 'notCalled.noFlagged' : 'notCalled.notFlagged')}
                next={t(number === undefined ? 'notCalled.noFlaggedNext' : 'notCalled.notFoundNext')}
              />
            ),
          }}
          pagination={{
            current: page,
            pageSize,
            total,
            hideOnSinglePage: true,
            showSizeChanger: false,
            showTotal: (all) => t('common.of', { total: all }),
            onChange: (next) => setPlace({ page: next, round }),
          }}
          columns={[
            { title: t('notCalled.phone'), dataIndex: 'phone', width: 150, className: 'number nowrap' },
            { title: t('notCalled.department'), dataIndex: 'department', ellipsis: true },
            { title: t('notCalled.flag'), width: 150, render: (_value, { flag }) => word('numberFlag', flag) },
            {
              title: t('notCalled.flaggedAt'),
              width: 160,
              className: 'number nowrap',
              render: (_value, { at }) => dateTime(at),
            },
            { title: t('notCalled.trunk'), dataIndex: 'trunk', width: 180, ellipsis: true },
            {
              title: '',
              width: 110,
              align: 'right',
              render: (_value, item) => (
                <Button
                  size="small"
                  aria-label={`${t('notCalled.clear')} ${item.phone}`}
                  onClick={() => setClearing({ type: 'one', of: item })}
                >
                  {t('notCalled.clear')}
                </Button>
              ),
            },
          ]}
        />
      </section>
      {clearing !== null && (
        <ReasonedChange
          title={
            clearing.type === 'one'
              ? t('notCalled.clearAsk', { phone: clearing.of.phone })
              : t('notCalled.clearAllAsk', { numbers: count(clearing.numbers) })
          }
          okText={t('notCalled.clear')}
          hint={t(isSealed(clearing) ? 'notCalled.openHint' : 'notCalled.clearHint')}
          sending={clear}
          onReason={(reason) => clear.mutate({ wanted: clearing, reason })}
          onClose={() => setClearing(null)}
        />
      )}
    </div>
  )
}
