import { AudioOutlined, SearchOutlined } from '@ant-design/icons'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Button, DatePicker, Empty, Input, Select, Table, type TableColumnsType } from 'antd'
import dayjs from 'dayjs'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { CampaignItem } from '#contact-center/campaigns/campaign-schema.ts'
import type { CallItem, CallPage } from '#follow-up/calls/call-schema.ts'
import { request } from '../api/request.ts'
import { useRight } from '../api/session.ts'
import { colors } from '../app/theme.ts'
import { Trouble } from '../app/trouble.tsx'
import { resultColor } from '../live/campaign-counts.ts'
import { dateTime, duration } from '../text/time.ts'
import { word } from '../text/word.ts'
import { isAudible } from './audible.ts'
import { CallDrawer } from './call-drawer.tsx'
import { type CallAddress, defaultPageSize, searchOf } from './call-search.ts'
import './calls.css'

const route = getRouteApi('/inside/calls')

export function CallsPage() {
  const { t } = useTranslation()
  const address = route.useSearch()
  const navigate = route.useNavigate()
  // Each press of "search" is a round of its own: the same question again asks again.
  const [{ patient, round }, setAsked] = useState({ patient: '', round: 0 })
  const calls = useQuery({
    queryKey: [
      'calls',
      address.from,
      address.to,
      address.campaignId,
      address.result,
      address.page,
      address.pageSize,
      patient,
      round,
    ],
    queryFn: ({ signal }) =>
      request<CallPage>('/api/calls/search', { method: 'POST', body: searchOf(address, patient), signal }),
    placeholderData: keepPreviousData,
  })
  const go = (change: CallAddress) => void navigate({ search: (now) => ({ ...now, ...change }) })
  const [listen, setListen] = useState(false)
  const open = (attemptId: string, { play }: { play: boolean }) => {
    setListen(play)
    go({ call: attemptId })
  }
  return (
    <div className="stack">
      <Filters
        address={address}
        patient={patient}
        onSearch={(filters, text) => {
          setAsked({ patient: text, round: round + 1 })
          void navigate({ search: filters })
        }}
      />
      {calls.isError && <Trouble error={calls.error} onRetry={() => void calls.refetch()} />}
      <section className="panel" aria-label={t('calls.title')}>
        <Table<CallItem>
          size="medium"
          rowKey="attemptId"
          columns={useColumns(open)}
          dataSource={calls.data?.calls ?? []}
          loading={calls.isFetching}
          scroll={{ x: 1_040 }}
          onRow={({ attemptId }) => ({ onClick: () => open(attemptId, { play: false }), style: { cursor: 'pointer' } })}
          locale={{
            emptyText: (
              <Empty
                image={Empty.PRESENTED_IMAGE_SIMPLE}
                description={
                  <>
                    {t('calls.none')}
                    <div className="muted">{t('calls.noneNext')}</div>
                  </>
                }
              />
            ),
          }}
          pagination={{
            current: address.page ?? 1,
            pageSize: address.pageSize ?? defaultPageSize,
            total: calls.data?.total ?? 0,
            showTotal: (total) => t('common.of', { total }),
            showSizeChanger: true,
            pageSizeOptions: [20, 50, 100],
            onChange: (page, pageSize) => go({ page, pageSize }),
            style: { paddingInline: 16 },
          }}
        />
      </section>
      <CallDrawer
        attemptId={address.call ?? null}
        listen={listen}
        onClose={() => void navigate({ search: ({ call: _call, ...rest }) => rest })}
      />
    </div>
  )
}

function useColumns(open: (attemptId: string, how: { play: boolean }) => void): TableColumnsType<CallItem> {
  const { t } = useTranslation()
  const mayPlay = useRight('recording.play')
  return [
    { title: t('calls.time'), dataIndex: 'at', width: 152, render: dateTime, className: 'number' },
    {
      title: t('calls.patientColumn'),
      width: 180,
      render: (_value, { name, recordNumber }) => (
        <>
          {name} {recordNumber && <span className="muted number">{recordNumber}</span>}
        </>
      ),
    },
    { title: t('calls.phone'), dataIndex: 'phone', width: 130, className: 'number' },
    { title: t('calls.department'), dataIndex: 'department', ellipsis: true },
    { title: t('calls.campaign'), dataIndex: 'campaign', ellipsis: true },
    {
      title: t('calls.result'),
      width: 140,
      render: (_value, { result, state }) =>
        result === null ? (
          <span className="dot" style={{ '--mark': colors.busy }}>
            {word('callState', state)}
          </span>
        ) : (
          <span className="dot" style={{ '--mark': resultColor(result) }}>
            {word('result', result)}
          </span>
        ),
    },
    {
      title: t('calls.duration'),
      dataIndex: 'talkSeconds',
      width: 96,
      align: 'right',
      className: 'number',
      render: (seconds: number | null) => (seconds === null ? '–' : duration(seconds)),
    },
    {
      title: t('calls.recording'),
      width: 116,
      render: (_value, { attemptId, recording, name }) => {
        if (recording === null) return <span className="muted">–</span>
        if (!mayPlay || !isAudible(recording.state)) {
          return <span className="muted">{word('recordingState', recording.state)}</span>
        }
        return (
          <Button
            size="small"
            icon={<AudioOutlined aria-hidden />}
            aria-label={`${t('calls.listen')} ${name}`}
            onClick={(event) => {
              event.stopPropagation()
              open(attemptId, { play: true })
            }}
          >
            {t('calls.listen')}
          </Button>
        )
      },
    },
  ]
}

const results = [
  'completed',
  'partial',
  'no_answer',
  'busy',
  'rejected',
  'powered_off',
  'unreachable',
  'suspended_line',
  'invalid_number',
  'machine',
  'abandoned',
  'congestion',
  'failed',
  'cancelled',
  'restart',
]

function Filters({
  address,
  patient,
  onSearch,
}: {
  readonly address: CallAddress
  readonly patient: string
  readonly onSearch: (filters: CallAddress, patient: string) => void
}) {
  const { t } = useTranslation()
  const [draft, setDraft] = useState<CallAddress>(address)
  const [text, setText] = useState(patient)
  const { data } = useQuery({
    queryKey: ['campaigns'],
    queryFn: ({ signal }) => request<{ campaigns: CampaignItem[] }>('/api/campaigns', { signal }),
  })
  const put = (key: 'campaignId' | 'result', value: string | undefined) => {
    const { [key]: _old, ...rest } = draft
    setDraft(value === undefined ? rest : { ...rest, [key]: value })
  }
  const { from, to } = draft
  return (
    <form
      className="panel filters"
      onSubmit={(event) => {
        event.preventDefault()
        const { page: _page, call: _call, ...filters } = draft
        onSearch(filters, text.trim())
      }}
    >
      <DatePicker.RangePicker
        aria-label={`${t('calls.from')} – ${t('calls.to')}`}
        placeholder={[t('calls.from'), t('calls.to')]}
        value={[from === undefined ? null : dayjs(from), to === undefined ? null : dayjs(to)]}
        allowEmpty={[true, true]}
        onChange={(days) => {
          const { from: _from, to: _to, ...rest } = draft
          const [first, last] = days ?? [null, null]
          setDraft({
            ...rest,
            ...(first ? { from: first.format('YYYY-MM-DD') } : {}),
            ...(last ? { to: last.format('YYYY-MM-DD') } : {}),
          })
        }}
      />
      <Select
        aria-label={t('calls.campaign')}
        placeholder={t('calls.allCampaigns')}
        allowClear
        style={{ width: 210 }}
        value={draft.campaignId ?? null}
        onChange={(value: string | null) => put('campaignId', value ?? undefined)}
        options={(data?.campaigns ?? []).map(({ id, name }) => ({ value: id, label: name }))}
      />
      <Select
        aria-label={t('calls.result')}
        placeholder={t('calls.allResults')}
        allowClear
        style={{ width: 150 }}
        value={draft.result ?? null}
        onChange={(value: string | null) => put('result', value ?? undefined)}
        options={results.map((value) => ({ value, label: word('result', value) }))}
      />
      <Input
        aria-label={t('calls.patient')}
        placeholder={t('calls.patient')}
        allowClear
        maxLength={60}
        autoComplete="off"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <Button type="primary" htmlType="submit" icon={<SearchOutlined aria-hidden />}>
        {t('calls.search')}
      </Button>
      <Button
        onClick={() => {
          setDraft({})
          setText('')
          onSearch({}, '')
        }}
      >
        {t('calls.reset')}
      </Button>
    </form>
  )
}
