import { useTranslation } from 'react-i18next'
import type { Trend } from '#follow-up/reports/report-schema.ts'
import { colors } from '../app/theme.ts'
import { count } from '../text/time.ts'
import { percent } from './shares.ts'

const lines = [
  ['followUp', colors.busy, '0'],
  ['success', colors.good, '6 3'],
  ['loss', colors.bad, '2 3'],
  ['connected', colors.retry, '8 3 2 3'],
] as const

const [width, height, left, top] = [660, 200, 44, 12]
const [plotWidth, plotHeight] = [width - left - 14, height - top - 26]

/** Month against month; the figures themselves stand in the table below, also for who sees no lines. */
export function TrendPanel({ trend: { months } }: { readonly trend: Trend }) {
  const { t } = useTranslation()
  if (months.every(({ figures }) => figures.discharges === 0))
    return <p className="nothing">{t('reports.trendNone')}</p>
  const x = (index: number) => left + (plotWidth * (index + 0.5)) / months.length
  const y = (share: number) => top + plotHeight * (1 - share)
  return (
    <div className="report-trend">
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={t('reports.trend')}>
        {[0, 0.25, 0.5, 0.75, 1].map((share) => (
          <g key={share}>
            <line x1={left} x2={width - 14} y1={y(share)} y2={y(share)} stroke={colors.line} />
            <text x={left - 6} y={y(share) + 4} textAnchor="end">
              {share * 100}%
            </text>
          </g>
        ))}
        {months.map(({ month }, index) => (
          <text key={month} x={x(index)} y={height - 8} textAnchor="middle">
            {month.slice(2)}
          </text>
        ))}
        {lines.map(([rate, color, dash]) => {
          const points = months.flatMap(({ month, rates }, index) =>
            rates[rate] === null ? [] : [{ month, at: [x(index), y(rates[rate])] as const, share: rates[rate] }],
          )
          return (
            <g key={rate} stroke={color} fill="none">
              <polyline
                strokeWidth={2}
                strokeDasharray={dash}
                points={points.map(({ at }) => at.join(',')).join(' ')}
              />
              {points.map(({ month, at: [cx, cy], share }) => (
                <circle key={month} cx={cx} cy={cy} r={3} fill={color}>
                  <title>{`${month} ${t(`reports.rate.${rate}`)} ${percent(share)}`}</title>
                </circle>
              ))}
            </g>
          )
        })}
      </svg>
      <div className="report-legend">
        {lines.map(([rate, color, dash]) => (
          <span key={rate}>
            <svg width={28} height={8} aria-hidden>
              <line x1={0} x2={28} y1={4} y2={4} stroke={color} strokeWidth={2} strokeDasharray={dash} />
            </svg>
            {t(`reports.rate.${rate}`)}
          </span>
        ))}
      </div>
      <table className="report-months">
        <thead>
          <tr>
            <th scope="col">{t('reports.month')}</th>
            <th scope="col">{t('reports.figure.discharges')}</th>
            <th scope="col">{t('reports.figure.due')}</th>
            <th scope="col">{t('reports.figure.completed')}</th>
            {lines.map(([rate]) => (
              <th key={rate} scope="col">
                {t(`reports.rate.${rate}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {months.map(({ month, figures, rates }) => (
            <tr key={month} className="number">
              <th scope="row">{month}</th>
              <td>{count(figures.discharges)}</td>
              <td>{count(figures.due)}</td>
              <td>{count(figures.completed)}</td>
              {lines.map(([rate]) => (
                <td key={rate}>{percent(rates[rate])}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
