import { SearchOutlined } from '@ant-design/icons'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Button, Input, Select, Table, Tag } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { AuditItem, AuditPage as AuditPageOf } from '#platform/audit/audit-schema.ts'
import { request } from '../api/request.ts'
import { DayRange } from '../app/day-range.tsx'
import { Trouble } from '../app/trouble.tsx'
import { actionWord } from '../text/code-words.ts'
import { clockTime, dateTime } from '../text/time.ts'
import { type AuditAddress, auditSearchOf } from './audit-address.ts'
import { ChainPanel, useChainState } from './chain-panel.tsx'
import './audit.css'

const route = getRouteApi('/inside/audit')

/** Who did what, when and from where; and whether that is still what was written. */
export function AuditPage() {
  const { t } = useTranslation()
  const address = route.useSearch()
  const navigate = route.useNavigate()
  const [round, setRound] = useState(0)
  const rows = useInfiniteQuery({
    queryKey: ['audit', address, round],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      request<AuditPageOf>('/api/audit/search', {
        method: 'POST',
        body: { ...auditSearchOf(address), ...(pageParam === null ? {} : { before: pageParam }) },
        signal,
      }),
    getNextPageParam: ({ next }) => next,
  })
  return (
    <div className="stack">
      <ChainPanel />
      <Filters
        address={address}
        onSearch={(filters) => {
          setRound(round + 1)
          void navigate({ search: filters })
        }}
      />
      {rows.isError && <Trouble error={rows.error} onRetry={() => void rows.refetch()} />}
      <section className="panel" aria-label={t('nav.audit')}>
        <Table<AuditItem>
          size="small"
          rowKey="id"
          dataSource={rows.data?.pages.flatMap((page) => page.rows) ?? []}
          loading={rows.isFetching}
          pagination={false}
          scroll={{ x: 1_100 }}
          locale={{ emptyText: rows.isPending ? ' ' : t('audit.none') }}
          onRow={({ id }) => ({ 'data-audit': id }) as object}
          columns={[
            {
              title: t('audit.id'),
              dataIndex: 'id',
              width: 92,
              className: 'number',
              render: (id: string, { sealed }) => (
                <span title={sealed ? undefined : t('audit.notSealed')} className={sealed ? undefined : 'muted'}>
                  {id}
                  {sealed ? '' : ' *'}
                </span>
              ),
            },
            {
              title: t('audit.at'),
              dataIndex: 'at',
              width: 166,
              className: 'number',
              render: (at: string) => `${dateTime(at).slice(0, 10)} ${clockTime(at)}`,
            },
            { title: t('audit.who'), dataIndex: 'actor', width: 110, ellipsis: true },
            { title: t('audit.ip'), dataIndex: 'ip', width: 116, className: 'number', ellipsis: true },
            {
              title: t('audit.action'),
              dataIndex: 'action',
              width: 180,
              ellipsis: true,
              render: (action: string) => <span title={action}>{actionWord(action)}</span>,
            },
            {
              title: t('audit.outcome'),
              width: 92,
              render: (_value, { outcome }) => <Outcome outcome={outcome} />,
            },
            {
              title: t('audit.object'),
              width: 150,
              ellipsis: true,
              render: (_value, { objectKind, objectId }) =>
                objectKind === null ? '' : <span title={objectId ?? ''}>{`${objectKind} ${objectId ?? ''}`}</span>,
            },
            {
              title: t('audit.detail'),
              ellipsis: true,
              render: (_value, { detail }) => <Detail detail={detail} />,
            },
          ]}
        />
        {rows.hasNextPage && (
          <div className="audit-more">
            <Button loading={rows.isFetchingNextPage} onClick={() => void rows.fetchNextPage()}>
              {t('audit.more')}
            </Button>
          </div>
        )}
      </section>
    </div>
  )
}

function Outcome({ outcome }: { readonly outcome: string }) {
  const { t } = useTranslation()
  if (outcome === 'denied') return <Tag color="red">{t('audit.outcomeOf.denied')}</Tag>
  if (outcome === 'failed') return <Tag color="gold">{t('audit.outcomeOf.failed')}</Tag>
  return <span className="muted">{t('audit.outcomeOf.ok')}</span>
}

function Detail({ detail }: { readonly detail: AuditItem['detail'] }) {
  const text = Object.entries(detail)
    .map(([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('  ')
  return <span title={text}>{text}</span>
}

function Filters({
  address,
  onSearch,
}: {
  readonly address: AuditAddress
  readonly onSearch: (filters: AuditAddress) => void
}) {
  const { t } = useTranslation()
  const [draft, setDraft] = useState<AuditAddress>(address)
  const { data } = useChainState()
  const put = <K extends keyof AuditAddress>(key: K, value: AuditAddress[K] | null | '') => {
    const { [key]: _old, ...rest } = draft
    setDraft(value === undefined || value === null || value === '' ? rest : { ...rest, [key]: value })
  }
  return (
    <form
      className="panel audit-filters"
      onSubmit={(event) => {
        event.preventDefault()
        onSearch(draft)
      }}
    >
      <DayRange
        labels={[t('audit.from'), t('audit.to')]}
        days={draft}
        onChange={(days) => {
          const { from: _from, to: _to, ...rest } = draft
          setDraft({ ...rest, ...days })
        }}
      />
      <Input
        aria-label={t('audit.actor')}
        placeholder={t('audit.actor')}
        allowClear
        maxLength={100}
        autoComplete="off"
        style={{ width: 150 }}
        value={draft.actor ?? ''}
        onChange={(event) => put('actor', event.target.value)}
      />
      <Select
        aria-label={t('audit.action')}
        placeholder={t('audit.anyAction')}
        allowClear
        showSearch={{ optionFilterProp: 'label' }}
        style={{ width: 190 }}
        value={draft.action ?? null}
        onChange={(value: string | null) => put('action', value)}
        options={(data?.actions ?? []).map((value) => ({ value, label: actionWord(value) }))}
      />
      <Select
        aria-label={t('audit.outcome')}
        placeholder={t('audit.anyOutcome')}
        allowClear
        style={{ width: 150 }}
        value={draft.outcome ?? null}
        onChange={(value: 'ok' | 'denied' | 'failed' | null) => put('outcome', value)}
        options={(['ok', 'denied', 'failed'] as const).map((value) => ({
          value,
          label: t(`audit.outcomeOf.${value}`),
        }))}
      />
      <Input
        aria-label={t('audit.objectId')}
        placeholder={t('audit.objectId')}
        allowClear
        maxLength={100}
        autoComplete="off"
        value={draft.objectId ?? ''}
        onChange={(event) => put('objectId', event.target.value)}
      />
      <Button type="primary" htmlType="submit" icon={<SearchOutlined aria-hidden />}>
        {t('audit.search')}
      </Button>
      <Button
        onClick={() => {
          setDraft({})
          onSearch({})
        }}
      >
        {t('audit.reset')}
      </Button>
    </form>
  )
}
