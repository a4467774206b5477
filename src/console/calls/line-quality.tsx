import { useTranslation } from 'react-i18next'
import type { CallItem } from '#follow-up/calls/call-schema.ts'
import { colors } from '../app/theme.ts'

type Quality = NonNullable<CallItem['quality']>

const gradeColors = { good: colors.good, fair: colors.retry, poor: colors.bad } as const

/** How the patient's line sounded, in a word. */
export function LineGrade({ quality }: { readonly quality: CallItem['quality'] }) {
  const { t } = useTranslation()
  if (quality === null) return <span className="muted">–</span>
  return (
    <span className="dot" style={{ '--mark': gradeColors[quality.grade] }} data-line={quality.grade}>
      {t(`calls.line.${quality.grade}`)}
    </span>
  )
}

/** The word with its figures: to the hospital / to the patient where both are known. */
export function LineQuality({ quality }: { readonly quality: CallItem['quality'] }) {
  const { t } = useTranslation()
  if (quality === null) return <span className="muted">–</span>
  const { lossIn, lossOut, jitterInMs, jitterOutMs, roundTripMs, mos } = quality
  const figures = [
    t('calls.line.loss', { value: both(lossIn, lossOut, percent) }),
    t('calls.line.jitter', { value: both(jitterInMs, jitterOutMs, ms) }),
    ...(roundTripMs === null ? [] : [t('calls.line.roundTrip', { value: ms(roundTripMs) })]),
    `MOS ${mos.toFixed(1)}`,
  ]
  return (
    <>
      <LineGrade quality={quality} /> <span className="muted number">{figures.join(' · ')}</span>
    </>
  )
}

function both(toUs: Quality['lossIn'], toThem: Quality['lossOut'], form: (value: number) => string): string {
  return toThem === null ? form(toUs) : `${form(toUs)} / ${form(toThem)}`
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}

function ms(value: number): string {
  return `${Math.round(value)} ms`
}
