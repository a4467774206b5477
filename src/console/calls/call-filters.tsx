import { SearchOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Button, Input, InputNumber, Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { CallChoices } from '#follow-up/calls/call-schema.ts'
import { request } from '../api/request.ts'
import { useRight } from '../api/session.ts'
import { DayRange } from '../app/day-range.tsx'
import { word } from '../text/word.ts'
import { type CallAddress, callResults } from './call-search.ts'

/** What the list is filtered by. Nothing is asked before "search" is pressed. */
export function CallFilters({
  address,
  patient,
  onSearch,
}: {
  readonly address: CallAddress
  readonly patient: string
  readonly onSearch: (filters: CallAddress, patient: string) => void
}) {
  const { t } = useTranslation()
  const seesClear = useRight('patient.clear')
  const [draft, setDraft] = useState<CallAddress>(address)
  const [text, setText] = useState(patient)
  const { data } = useQuery({
    queryKey: ['call-choices'],
    queryFn: ({ signal }) => request<CallChoices>('/api/calls/choices', { signal }),
  })
  const put = <K extends keyof CallAddress>(key: K, value: CallAddress[K] | null) => {
    const { [key]: _old, ...rest } = draft
    setDraft(value === undefined || value === null ? rest : { ...rest, [key]: value })
  }
  const { ratings } = draft
  return (
    <form
      className="panel filters"
      onSubmit={(event) => {
        event.preventDefault()
        const { before: _before, ...filters } = draft
        onSearch(filters, text.trim())
      }}
    >
      <DayRange
        labels={[t('calls.from'), t('calls.to')]}
        days={draft}
        onChange={(days) => {
          const { from: _from, to: _to, ...rest } = draft
          setDraft({ ...rest, ...days })
        }}
      />
      <Select
        aria-label={t('calls.agent')}
        placeholder={t('calls.allAgents')}
        allowClear
        showSearch={{ optionFilterProp: 'label' }}
        style={{ width: 150 }}
        value={draft.agentId ?? null}
        onChange={(value: string | null) => put('agentId', value)}
        options={(data?.agents ?? []).map(({ id, name, agentNo }) => ({ value: id, label: `${agentNo} ${name}` }))}
      />
      <Select
        aria-label={t('calls.programme')}
        placeholder={t('calls.allProgrammes')}
        allowClear
        style={{ width: 180 }}
        value={draft.programmeId ?? null}
        onChange={(value: string | null) => put('programmeId', value)}
        options={(data?.programmes ?? []).map(({ id, name }) => ({ value: id, label: name }))}
      />
      <Select
        aria-label={t('calls.campaign')}
        placeholder={t('calls.allCampaigns')}
        allowClear
        style={{ width: 180 }}
        value={draft.campaignId ?? null}
        onChange={(value: string | null) => put('campaignId', value)}
        options={(data?.campaigns ?? []).map(({ id, name }) => ({ value: id, label: name }))}
      />
      <Select
        aria-label={t('calls.result')}
        placeholder={t('calls.allResults')}
        allowClear
        style={{ width: 140 }}
        value={draft.result ?? null}
        onChange={(value: string | null) => put('result', value)}
        options={callResults.map((value) => ({ value, label: word('result', value) }))}
      />
      <Select
        mode="multiple"
        aria-label={t('calls.rating')}
        placeholder={t('calls.anyRating')}
        allowClear
        maxTagCount="responsive"
        style={{ width: 150 }}
        value={ratings ?? []}
        onChange={(values: number[]) => put('ratings', values.length === 0 ? null : values)}
        options={[1, 2, 3, 4, 5, 0].map((value) => ({
          value,
          label: value === 0 ? t('calls.notRated') : t('calls.ratingOf', { value }),
        }))}
      />
      <fieldset className="filter-length" aria-label={t('calls.seconds')}>
        <span className="muted">{t('calls.seconds')}</span>
        <InputNumber
          aria-label={`${t('calls.seconds')} ${t('calls.atLeast')}`}
          placeholder={t('calls.atLeast')}
          min={0}
          max={86_400}
          precision={0}
          controls={false}
          style={{ width: 76 }}
          value={draft.minSeconds ?? null}
          onChange={(value) => put('minSeconds', value)}
        />
        <span aria-hidden>–</span>
        <InputNumber
          aria-label={`${t('calls.seconds')} ${t('calls.atMost')}`}
          placeholder={t('calls.atMost')}
          min={0}
          max={86_400}
          precision={0}
          controls={false}
          style={{ width: 76 }}
          value={draft.maxSeconds ?? null}
          onChange={(value) => put('maxSeconds', value)}
        />
      </fieldset>
      <Input
        aria-label={t('calls.patient')}
        placeholder={t(seesClear ? 'calls.patient' : 'calls.patientMasked')}
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
