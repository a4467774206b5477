import { LeftOutlined, PrinterOutlined, RightOutlined } from '@ant-design/icons'
import { Button, DatePicker, Select } from 'antd'
import dayjs from 'dayjs'
import { useTranslation } from 'react-i18next'
import type { ReportChoices } from '#follow-up/reports/report-schema.ts'
import { useRight } from '../api/session.ts'
import { DayRange } from '../app/day-range.tsx'
import { monthAfter, type ReportAddress } from './report-address.ts'

/** Of which time, programme and department; a month is one click. */
export function ReportFilters({
  address,
  choices,
  onChange,
  onExport,
}: {
  readonly address: ReportAddress
  readonly choices: ReportChoices
  readonly onChange: (address: ReportAddress) => void
  readonly onExport: () => void
}) {
  const { t } = useTranslation()
  const mayExport = useRight('report.export')
  const { month: chosen, from, to, ...rest } = address
  const month = chosen ?? (from === undefined ? choices.today.slice(0, 7) : null)
  const put = (key: 'programmeId' | 'departmentId', value: string | null) => {
    const { [key]: _old, ...others } = address
    onChange(value === null ? others : { ...others, [key]: value })
  }
  const turn = (months: number) =>
    onChange({ ...rest, month: monthAfter(month ?? (to ?? choices.today).slice(0, 7), months) })
  return (
    <div className="panel report-filters">
      <Button icon={<LeftOutlined aria-hidden />} aria-label={t('reports.previousMonth')} onClick={() => turn(-1)} />
      <DatePicker
        picker="month"
        allowClear={false}
        aria-label={t('reports.month')}
        placeholder={t('reports.month')}
        value={month === null ? null : dayjs(`${month}-01`)}
        onChange={(value) => value && onChange({ ...rest, month: value.format('YYYY-MM') })}
      />
      <Button icon={<RightOutlined aria-hidden />} aria-label={t('reports.nextMonth')} onClick={() => turn(1)} />
      <DayRange
        labels={[t('reports.from'), t('reports.to')]}
        days={from === undefined || to === undefined || chosen !== undefined ? {} : { from, to }}
        onChange={(days) => onChange(days.from !== undefined && days.to !== undefined ? { ...rest, ...days } : rest)}
      />
      <Select
        aria-label={t('reports.programme')}
        placeholder={t('reports.allProgrammes')}
        allowClear
        style={{ width: 190 }}
        value={address.programmeId ?? null}
        onChange={(value: string | null | undefined) => put('programmeId', value ?? null)}
        options={choices.programmes.map(({ id, name }) => ({ value: id, label: name }))}
      />
      <Select
        aria-label={t('reports.department')}
        placeholder={t('reports.allDepartments')}
        allowClear
        showSearch={{ optionFilterProp: 'label' }}
        style={{ width: 170 }}
        value={address.departmentId ?? null}
        onChange={(value: string | null | undefined) => put('departmentId', value ?? null)}
        options={[
          ...choices.departments.map(({ id, name }) => ({ value: id, label: name })),
          { value: 'none', label: t('reports.noDepartment') },
        ]}
      />
      <span className="fill" />
      <Button icon={<PrinterOutlined aria-hidden />} onClick={() => window.print()}>
        {t('reports.print')}
      </Button>
      {mayExport && (
        <Button type="primary" onClick={onExport}>
          {t('reports.export')}
        </Button>
      )}
    </div>
  )
}
