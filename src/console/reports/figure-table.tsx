import { Button, Table, type TableColumnsType, Tooltip } from 'antd'
import { useTranslation } from 'react-i18next'
import type { Report, ReportLine, RowSearch } from '#follow-up/reports/report-schema.ts'
import { currentLanguage } from '../text/i18n.ts'
import { count } from '../text/time.ts'
import { percent } from './shares.ts'

/** Which rows a figure of the table opens. */
export interface Opened {
  readonly of: RowSearch['of']
  readonly reason?: string
  readonly departmentId?: string
}

type Line = ReportLine & { readonly id: string | null; readonly name: string | null; readonly whole?: true }

const columns = [
  ['discharges', 'discharges'],
  ['excluded', 'excluded'],
  ['due', 'due'],
  ['attempted', 'attempted'],
  ['completed', 'completed'],
  ['partial', 'partial'],
  ['refused', 'refused'],
  ['failed', 'failed'],
  ['expired', 'expired'],
  ['stopped', 'stopped'],
  ['underWay', 'under_way'],
  ['waiting', 'waiting'],
] as const

const rates = ['followUp', 'success', 'loss', 'connected'] as const

/** By department and in all; every number of people opens the rows it counts. */
export function FigureTable({
  report,
  onOpen,
}: {
  readonly report: Report
  readonly onOpen: (opened: Opened) => void
}) {
  const { t } = useTranslation()
  const lines: Line[] = [...report.departments, { id: null, name: null, whole: true, ...report.all }]
  const figures: TableColumnsType<Line> = columns.map(([figure, of]) => ({
    title: t(`reports.figure.${figure}`),
    width: currentLanguage() === 'en' ? 96 : 76,
    align: 'right' as const,
    className: 'number',
    render: (_value: unknown, { figures, id, name, whole }: Line) => {
      const size = figures[figure]
      if (size === 0) return <span className="muted">0</span>
      const where = whole ? {} : { departmentId: id ?? 'none' }
      const words = t('reports.openRows', { figure: t(`reports.figure.${figure}`), count: size })
      return (
        <Button
          type="link"
          size="small"
          className="report-figure"
          aria-label={whole ? words : `${name ?? t('reports.noDepartment')} ${words}`}
          onClick={() => onOpen({ of, ...where })}
        >
          {count(size)}
        </Button>
      )
    },
  }))
  const shown: TableColumnsType<Line> = [
    {
      title: t('reports.department'),
      fixed: 'left',
      width: 132,
      render: (_value, { name, whole }) => (whole ? t('reports.all') : (name ?? t('reports.noDepartment'))),
    },
    ...figures.slice(0, 4),
    ...rates.map((rate) => ({
      title: <Tooltip title={t(`reports.of.${rate}`)}>{t(`reports.rate.${rate}`)}</Tooltip>,
      width: currentLanguage() === 'en' ? 96 : 86,
      align: 'right' as const,
      className: 'number',
      render: (_value: unknown, line: Line) => percent(line.rates[rate]),
    })),
    ...figures.slice(4),
    {
      title: `${t('reports.figure.answered')} / ${t('reports.figure.dialled')}`,
      width: 104,
      align: 'right',
      className: 'number',
      render: (_value, { figures }) => `${count(figures.answered)} / ${count(figures.dialled)}`,
    },
  ]
  return (
    <Table<Line>
      size="small"
      rowKey={({ id, whole }) => (whole ? 'whole' : (id ?? 'none'))}
      rowClassName={({ whole }) => (whole ? 'report-whole' : '')}
      columns={shown}
      dataSource={lines}
      pagination={false}
      scroll={{ x: 1_050 }}
    />
  )
}

/** The rates with what they are made of, as they are handed in. */
export function RateCards({ line: { figures, rates: shares } }: { readonly line: ReportLine }) {
  const { t } = useTranslation()
  const { due, attempted, completed, failed, answered, dialled } = figures
  const made = [
    ['followUp', attempted, due],
    ['success', completed, due],
    ['successOfAttempted', completed, attempted],
    ['loss', failed, due],
    ['connected', answered, dialled],
  ] as const
  return (
    <dl className="report-rates">
      {made.map(([rate, part, whole]) => (
        <div key={rate} data-rate={rate}>
          <dt>{t(`reports.rate.${rate}`)}</dt>
          <dd className="number">{percent(shares[rate])}</dd>
          <div className="muted number">
            {count(part)} ÷ {count(whole)}
          </div>
          <div className="muted">{t(`reports.of.${rate}`)}</div>
        </div>
      ))}
    </dl>
  )
}
