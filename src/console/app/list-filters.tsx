import { SearchOutlined } from '@ant-design/icons'
import { Button, Input, Select } from 'antd'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useRight } from '../api/session.ts'
import { DayRange, type Days } from './day-range.tsx'

/**
 * What a list about patients is filtered by: days, the choices among `children`, and a patient, who stands in no address.
 * Nothing is asked before "search" is pressed.
 */
export function ListFilters({
  label,
  dayLabels,
  days,
  onDays,
  patient,
  onSearch,
  onReset,
  children,
}: {
  readonly label: string
  readonly dayLabels: readonly [from: string, to: string]
  readonly days: Days
  readonly onDays: (days: Days) => void
  /** Who was asked for when the page was opened. */
  readonly patient: string
  readonly onSearch: (patient: string) => void
  readonly onReset: () => void
  readonly children: ReactNode
}) {
  const { t } = useTranslation()
  const seesClear = useRight('patient.clear')
  const [text, setText] = useState(patient)
  return (
    <form
      className="panel filters"
      aria-label={label}
      onSubmit={(event) => {
        event.preventDefault()
        onSearch(text.trim())
      }}
    >
      <DayRange labels={dayLabels} days={days} onChange={onDays} />
      {children}
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
          setText('')
          onReset()
        }}
      >
        {t('calls.reset')}
      </Button>
    </form>
  )
}

/** One of several, or any. */
export function OneOf({
  label,
  any,
  value,
  options,
  width,
  onChoose,
}: {
  readonly label: string
  readonly any: string
  readonly value: string | undefined
  readonly options: readonly { readonly value: string; readonly label: string }[]
  readonly width: number
  readonly onChoose: (value: string | null) => void
}) {
  return (
    <Select
      aria-label={label}
      placeholder={any}
      allowClear
      showSearch={{ optionFilterProp: 'label' }}
      style={{ width }}
      value={value ?? null}
      onChange={(chosen: string | null | undefined) => onChoose(chosen ?? null)}
      options={[...options]}
    />
  )
}

/** Rows that have a name, as options. */
export function named(rows: readonly { readonly id: string; readonly name: string }[] | undefined) {
  return (rows ?? []).map(({ id, name }) => ({ value: id, label: name }))
}

/** Agents as the office speaks of them: number and name. */
export function namedAgents(
  rows: readonly { readonly id: string; readonly name: string; readonly agentNo: string }[] | undefined,
) {
  return (rows ?? []).map(({ id, name, agentNo }) => ({ value: id, label: `${agentNo} ${name}` }))
}
