import { UploadOutlined } from '@ant-design/icons'
import { Alert, Button, Segmented, Tag, Upload } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { CalendarYearItem, CallingBoard, ImportedYear } from '#follow-up/calling/calling-schema.ts'
import { useChange } from '../accounts/account-api.ts'
import { request } from '../api/request.ts'
import { dateTime } from '../text/time.ts'
import { ReasonedChange } from './reasoned-change.tsx'

/** One year is some 6 kB. */
const largestBytes = 100_000

/** The years that are known, their days, and the import of one. */
export function CalendarPanel({ board: { years, thisYear } }: { readonly board: CallingBoard }) {
  const { t } = useTranslation()
  const [shown, setShown] = useState(thisYear)
  const [file, setFile] = useState<{ readonly name: string; readonly text: string } | null>(null)
  const [tooBig, setTooBig] = useState(false)
  const importing = useChange(
    (wish: { readonly text: string; readonly reason: string }) =>
      request<ImportedYear>('/api/calling/calendar', { method: 'POST', body: wish }),
    ['calling'],
    {
      onSuccess: ({ year }) => {
        setFile(null)
        setShown(year)
      },
    },
  )
  const year = years.find((one) => one.year === shown) ?? years.at(-1)
  async function take(chosen: File) {
    importing.reset()
    setTooBig(chosen.size > largestBytes)
    if (chosen.size <= largestBytes) setFile({ name: chosen.name, text: await chosen.text() })
  }
  return (
    <section className="panel sheet" aria-labelledby="calling-calendar">
      <h2 id="calling-calendar">{t('calling.calendar')}</h2>
      <p className="muted">{t('calling.calendarText')}</p>
      <div className="calling-actions">
        <Segmented
          aria-label={t('calling.calendar')}
          value={year?.year ?? thisYear}
          onChange={setShown}
          options={years.map((one) => ({ value: one.year, label: t('calling.year', { year: one.year }) }))}
        />
        <Upload
          accept=".json,application/json"
          showUploadList={false}
          beforeUpload={(chosen) => {
            void take(chosen)
            return false
          }}
        >
          <Button icon={<UploadOutlined aria-hidden />}>{t('calling.import')}</Button>
        </Upload>
      </div>
      {tooBig && <Alert type="error" showIcon role="alert" title={t('calling.fileTooBig')} />}
      {importing.data !== undefined && (
        <Alert
          type={importing.data.lacking.length === 0 ? 'success' : 'warning'}
          showIcon
          role="status"
          title={t('calling.imported', importing.data)}
          {...(importing.data.lacking.length === 0
            ? {}
            : { description: t('calling.lacking', { days: importing.data.lacking.join('、') }) })}
        />
      )}
      {year === undefined ? <p className="muted">{t('calling.noDays')}</p> : <Year year={year} />}
      {file !== null && (
        <ReasonedChange
          title={t('calling.importTitle', { file: file.name })}
          okText={t('calling.importOk')}
          hint={t('calling.importText')}
          sending={importing}
          onReason={(reason) => importing.mutate({ text: file.text, reason })}
          onClose={() => setFile(null)}
        />
      )}
    </section>
  )
}

function Year({ year: { year, source, importedAt, days } }: { readonly year: CalendarYearItem }) {
  const { t } = useTranslation()
  const isKnown = source !== null
  return (
    <div data-year={year} data-known={isKnown}>
      <p className="calling-source">
        <Tag color={isKnown ? 'green' : 'gold'}>{t(isKnown ? 'calling.announced' : 'calling.provisional')}</Tag>
        {isKnown ? (
          <span className="muted">
            {t('calling.source', { source })}
            {importedAt !== null && <> · {t('calling.importedAt', { at: dateTime(importedAt) })}</>}
          </span>
        ) : (
          t('calling.provisionalText')
        )}
      </p>
      <dl className="calling-days">
        {(['holiday', 'workday'] as const).map((kind) => {
          const festivals = byName(days.filter((day) => day.kind === kind))
          return (
            <div key={kind} data-kind={kind}>
              <dt>{t(kind === 'holiday' ? 'calling.holidayDays' : 'calling.workdayDays')}</dt>
              <dd>
                {festivals.size === 0 && <span className="muted">{t('calling.noDays')}</span>}
                {[...festivals].map(([name, dates]) => (
                  <div key={name}>
                    {name} <span className="number muted">{dates.map((date) => date.slice(5)).join('  ')}</span>
                  </div>
                ))}
              </dd>
            </div>
          )
        })}
      </dl>
    </div>
  )
}

function byName(days: CalendarYearItem['days']): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const { name, day } of days) found.set(name, [...(found.get(name) ?? []), day])
  return found
}
