import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import type { ReportLine } from '#follow-up/reports/report-schema.ts'
import { colors } from '../app/theme.ts'
import { count } from '../text/time.ts'
import { word } from '../text/word.ts'
import { Bar } from './bar.tsx'
import type { Opened } from './figure-table.tsx'

const kinds = [
  ['excludedBy', 'excluded', colors.off],
  ['failedBy', 'failed', colors.bad],
  ['stoppedBy', 'stopped', colors.retry],
] as const

/** Why people were not followed up, not reached, or no longer called (requirements N04). */
export function ReasonBars({
  figures,
  onOpen,
}: {
  readonly figures: ReportLine['figures']
  readonly onOpen: (opened: Opened) => void
}) {
  const { t, i18n } = useTranslation()
  const shown = kinds.filter(([by]) => Object.keys(figures[by]).length > 0)
  if (shown.length === 0) return <p className="nothing">{t('reports.noReasons')}</p>
  const words = (code: string): string => {
    if (i18n.exists(`reports.reason.${code}`)) return i18n.t(`reports.reason.${code}` as 'reports.reason.other')
    const reason = word('reason', code)
    return reason === code ? word('result', code) : reason
  }
  return (
    <div className="report-reasons">
      {shown.map(([by, of, color]) => {
        const whole = Object.values(figures[by]).reduce((sum, size) => sum + size, 0)
        return (
          <section key={by} aria-label={t(`reports.reasonsOf.${by}`)}>
            <h3>
              {t(`reports.reasonsOf.${by}`)} <span className="muted number">{count(whole)}</span>
            </h3>
            {Object.entries(figures[by])
              .sort(([, a], [, b]) => b - a)
              .map(([reason, size]) => (
                <Bar key={reason} label={words(reason)} share={size / whole} color={color}>
                  <Button type="link" size="small" className="report-figure" onClick={() => onOpen({ of, reason })}>
                    {count(size)}
                  </Button>
                </Bar>
              ))}
          </section>
        )
      })}
    </div>
  )
}
