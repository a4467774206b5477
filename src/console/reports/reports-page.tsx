import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Empty, Segmented, Spin } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { AnswerReport, AnswerSearch, Report, ReportChoices, Trend } from '#follow-up/reports/report-schema.ts'
import { request } from '../api/request.ts'
import { Waiting } from '../app/page-states.tsx'
import { Trouble } from '../app/trouble.tsx'
import { dateTime } from '../text/time.ts'
import { ExportDialog } from './export-dialog.tsx'
import { FigureTable, type Opened, RateCards } from './figure-table.tsx'
import { QuestionPanels } from './question-panels.tsx'
import { ReasonBars } from './reason-bars.tsx'
import { daysOf, type ReportAddress } from './report-address.ts'
import { ReportFilters } from './report-filters.tsx'
import { RowDrawer } from './row-drawer.tsx'
import { TrendPanel } from './trend-panel.tsx'
import './reports.css'

const route = getRouteApi('/inside/reports')

/** What became of the discharges of a time, what they answered, and how that went over a year. */
export function ReportsPage() {
  const choices = useQuery({
    queryKey: ['report-choices'],
    queryFn: ({ signal }) => request<ReportChoices>('/api/reports/choices', { signal }),
  })
  if (choices.isPending) return <Waiting />
  if (choices.data === undefined) return <Trouble error={choices.error} onRetry={() => void choices.refetch()} />
  return <ReportOf choices={choices.data} />
}

function ReportOf({ choices }: { readonly choices: ReportChoices }) {
  const { t } = useTranslation()
  const address = route.useSearch()
  const navigate = route.useNavigate()
  const go = (next: ReportAddress) => void navigate({ search: next })
  const [opened, setOpened] = useState<Opened | null>(null)
  const [exporting, setExporting] = useState(false)
  const { programmeId, departmentId, by = 'all' } = address
  const days = daysOf(address, choices.today)
  const which = {
    ...(programmeId === undefined ? {} : { programmeId }),
    ...(departmentId === undefined ? {} : { departmentId }),
  }
  const search = { ...days, ...which }
  const asked: AnswerSearch = { ...search, by }
  const report = useAnswered<Report>('figures', search)
  const answers = useAnswered<AnswerReport>('answers', asked)
  const trend = useAnswered<Trend>('trend', { ...which, month: days.to.slice(0, 7) })
  const nameOf = (list: readonly { id: string; name: string }[], id: string) =>
    list.find((one) => one.id === id)?.name ?? t('reports.noDepartment')
  return (
    <div className="stack report">
      <ReportFilters address={address} choices={choices} onChange={go} onExport={() => setExporting(true)} />
      <p className="report-head">
        {t('reports.printedOf', {
          ...days,
          programme: programmeId === undefined ? t('reports.allProgrammes') : nameOf(choices.programmes, programmeId),
          department:
            departmentId === undefined ? t('reports.allDepartments') : nameOf(choices.departments, departmentId),
          at: report.data === undefined ? '…' : dateTime(report.data.at),
        })}
      </p>
      <section className="panel report-part" aria-labelledby="report-summary">
        <h2 id="report-summary">
          {t('reports.summary')}
          {report.isFetching && <Spin size="small" />}
        </h2>
        <p className="muted">{t('reports.basis')}</p>
        {report.isError && <Trouble error={report.error} onRetry={() => void report.refetch()} />}
        {report.data?.all.figures.discharges === 0 && (
          <Empty
            image={Empty.PRESENTED_IMAGE_SIMPLE}
            description={
              <>
                {t('reports.none')}
                <div className="muted">{t('reports.noneNext')}</div>
              </>
            }
          />
        )}
        {report.data !== undefined && report.data.all.figures.discharges > 0 && (
          <>
            <RateCards line={report.data.all} />
            <FigureTable report={report.data} onOpen={setOpened} />
            <ReasonBars figures={report.data.all.figures} onOpen={setOpened} />
          </>
        )}
      </section>
      <section className="panel report-part" aria-labelledby="report-answers">
        <h2 id="report-answers">
          {t('reports.answers')}
          {answers.isFetching && <Spin size="small" />}
          <span className="fill" />
          <Segmented<AnswerSearch['by']>
            aria-label={t('reports.by.label')}
            value={by}
            onChange={(value) => {
              const { by: _old, ...rest } = address
              go(value === 'all' ? rest : { ...rest, by: value })
            }}
            options={(['all', 'self', 'proxy'] as const).map((value) => ({ value, label: t(`reports.by.${value}`) }))}
          />
        </h2>
        {answers.isError && <Trouble error={answers.error} onRetry={() => void answers.refetch()} />}
        {answers.data !== undefined && <QuestionPanels report={answers.data} />}
      </section>
      <section className="panel report-part" aria-labelledby="report-trend">
        <h2 id="report-trend">
          {t('reports.trend')}
          {trend.isFetching && <Spin size="small" />}
        </h2>
        {trend.isError && <Trouble error={trend.error} onRetry={() => void trend.refetch()} />}
        {trend.data !== undefined && <TrendPanel trend={trend.data} />}
      </section>
      {opened !== null && (
        <RowDrawer key={JSON.stringify(opened)} search={search} opened={opened} onClose={() => setOpened(null)} />
      )}
      <ExportDialog open={exporting} search={asked} onClose={() => setExporting(false)} />
    </div>
  )
}

function useAnswered<Told>(what: 'figures' | 'answers' | 'trend', body: object) {
  return useQuery({
    queryKey: ['report', what, body],
    queryFn: ({ signal }) => request<Told>(`/api/reports/${what}`, { method: 'POST', body, signal }),
    placeholderData: keepPreviousData,
  })
}
