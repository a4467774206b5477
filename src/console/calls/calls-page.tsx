import { AudioOutlined, StarFilled } from '@ant-design/icons'
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { Button, Table, type TableColumnsType } from 'antd'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { CallItem, CallPage as CallPageOf } from '#follow-up/calls/call-schema.ts'
import { request } from '../api/request.ts'
import { useRight } from '../api/session.ts'
import { usePageTrail } from '../app/page-trail.ts'
import { Pager } from '../app/pager.tsx'
import { colors } from '../app/theme.ts'
import { Trouble } from '../app/trouble.tsx'
import { resultColor } from '../live/campaign-counts.ts'
import { Nobody } from '../not-called/nobody.tsx'
import { count, dateTime, duration } from '../text/time.ts'
import { word } from '../text/word.ts'
import { isAudible } from './audible.ts'
import { CallFilters } from './call-filters.tsx'
import { askedKey, type CallAddress, defaultPageSize, lastListKey, searchOf } from './call-search.ts'
import { LineGrade } from './line-quality.tsx'
import './calls.css'

const route = getRouteApi('/inside/calls')

export function CallsPage() {
  const { t } = useTranslation()
  const address = route.useSearch()
  const navigate = route.useNavigate()
  const go = useNavigate()
  const queryClient = useQueryClient()
  // Each press of "search" is a round of its own: the same question again asks again.
  const [{ patient, round }, setAsked] = useState(() => ({
    patient: queryClient.getQueryData<string>(askedKey) ?? '',
    round: 0,
  }))
  const calls = useQuery({
    queryKey: ['calls', address, patient, round],
    queryFn: ({ signal }) =>
      request<CallPageOf>('/api/calls/search', { method: 'POST', body: searchOf(address, patient), signal }),
    placeholderData: keepPreviousData,
  })
  useEffect(() => {
    queryClient.setQueryDefaults(lastListKey, { gcTime: Number.POSITIVE_INFINITY })
    queryClient.setQueryData<CallAddress>(lastListKey, address)
  }, [queryClient, address])
  const open = (attemptId: string, { play }: { play: boolean }) =>
    void go({ to: '/calls/$attemptId', params: { attemptId }, search: play ? { listen: true } : {} })
  const trail = usePageTrail(
    address.before,
    (before) =>
      void navigate({ search: ({ before: _before, ...rest }) => (before === undefined ? rest : { ...rest, before }) }),
  )
  return (
    <div className="stack">
      <CallFilters
        address={address}
        patient={patient}
        onSearch={(filters, text) => {
          queryClient.setQueryDefaults(askedKey, { gcTime: Number.POSITIVE_INFINITY })
          queryClient.setQueryData(askedKey, text)
          setAsked({ patient: text, round: round + 1 })
          trail.clear()
          void navigate({ search: filters })
        }}
      />
      {calls.isError && <Trouble error={calls.error} onRetry={() => void calls.refetch()} />}
      <section className="panel" aria-label={t('calls.title')}>
        <Table<CallItem>
          size="small"
          rowKey="attemptId"
          columns={useColumns(open)}
          dataSource={calls.data?.calls ?? []}
          loading={calls.isFetching}
          scroll={{ x: 1_116 }}
          onRow={({ attemptId }) => ({ onClick: () => open(attemptId, { play: false }), style: { cursor: 'pointer' } })}
          locale={{
            emptyText: calls.isPending ? ' ' : <Nobody text={t('calls.none')} next={t('calls.noneNext')} />,
          }}
          pagination={false}
        />
        <Pager
          total={
            calls.data && t(calls.data.more ? 'calls.totalMore' : 'calls.total', { total: count(calls.data.total) })
          }
          first={t('calls.first')}
          {...trail.steps(calls.data?.next ?? null)}
          size={{
            limit: address.limit ?? defaultPageSize,
            onLimit: (limit) => {
              trail.clear()
              void navigate({ search: ({ before: _before, ...rest }) => ({ ...rest, limit }) })
            },
          }}
        />
      </section>
    </div>
  )
}

function useColumns(open: (attemptId: string, how: { play: boolean }) => void): TableColumnsType<CallItem> {
  const { t } = useTranslation()
  const mayPlay = useRight('recording.play')
  return [
    { title: t('calls.time'), dataIndex: 'at', width: 144, render: dateTime, className: 'number nowrap' },
    {
      title: t('calls.patientColumn'),
      width: 120,
      render: (_value, { name, recordNumber }) => (
        <>
          {name}
          {recordNumber && <div className="muted number">{recordNumber}</div>}
        </>
      ),
    },
    { title: t('calls.phone'), dataIndex: 'phone', width: 114, className: 'number' },
    { title: t('calls.department'), dataIndex: 'department', width: '9%', ellipsis: true },
    { title: t('calls.programme'), dataIndex: 'programme', ellipsis: true },
    {
      title: t('calls.agent'),
      width: 76,
      ellipsis: true,
      render: (_value, { agent }) => (agent === null ? <span className="muted">–</span> : agent.name),
    },
    {
      title: t('calls.result'),
      width: 104,
      render: (_value, { result, correctedResult, state }) => {
        if (result === null) return <Dot color={colors.busy} text={word('callState', state)} />
        const shown = correctedResult ?? result
        return <Dot color={resultColor(shown)} text={word('result', shown)} />
      },
    },
    {
      title: t('calls.duration'),
      dataIndex: 'talkSeconds',
      width: 86,
      align: 'right',
      className: 'number',
      render: (seconds: number | null) => (seconds === null ? '–' : duration(seconds)),
    },
    {
      title: t('calls.line.title'),
      dataIndex: 'quality',
      width: 76,
      render: (_quality, { quality, agentLines }) => <LineGrade quality={quality} agentLines={agentLines} />,
    },
    {
      title: t('calls.rating'),
      dataIndex: 'rating',
      width: 76,
      align: 'right',
      className: 'number',
      render: (value: number | null) =>
        value === null ? (
          <span className="muted">–</span>
        ) : (
          <span data-rating={value}>
            {value} <StarFilled aria-hidden className="rating-star" />
          </span>
        ),
    },
    {
      title: t('calls.recording'),
      width: 104,
      render: (_value, { attemptId, recording, name }) => {
        if (recording === null) return <span className="muted">–</span>
        if (recording.changed) return <Dot color={colors.bad} text={t('calls.label.changed')} />
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

function Dot({ color, text }: { readonly color: string; readonly text: string }) {
  return (
    <span className="dot" style={{ '--mark': color }}>
      {text}
    </span>
  )
}
