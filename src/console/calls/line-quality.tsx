import { useTranslation } from 'react-i18next'
import type { CallItem } from '#follow-up/calls/call-schema.ts'
import { colors } from '../app/theme.ts'

type Quality = NonNullable<CallItem['quality']>

type AgentLine = CallItem['agentLines'][number]
type Figures = Omit<AgentLine, 'agent'> & { readonly mos: number | null }

const gradeColors = { good: colors.good, fair: colors.retry, poor: colors.bad } as const

/** How the patient's line sounded, in a word; and the agents' own, where one was worse than good. */
export function LineGrade({ quality, agentLines }: Pick<CallItem, 'quality' | 'agentLines'>) {
  const { t } = useTranslation()
  const agents = worstOf(agentLines)
  return (
    <>
      {quality === null ? <span className="muted">–</span> : <Grade grade={quality.grade} />}
      {agents !== 'good' && (
        <div className="dot" style={{ '--mark': gradeColors[agents] }} data-agent-line={agents}>
          {t('calls.line.agentShort', { grade: t(`calls.line.${agents}`) })}
        </div>
      )}
    </>
  )
}

/** The word with its figures: to the hospital / to the patient where both are known. */
export function LineQuality({ quality }: Pick<CallItem, 'quality'>) {
  if (quality === null) return <span className="muted">–</span>
  return <GradeWithFigures line={quality} />
}

/** The same of the line between the hospital and each agent who was in the call. */
export function AgentLines({ lines }: { readonly lines: CallItem['agentLines'] }) {
  const { t } = useTranslation()
  if (lines.length === 0) return <span className="muted">{t('calls.line.agentNotTold')}</span>
  return lines.map((line, index) => (
    // One agent may come twice, and nothing of it ever moves.
    // biome-ignore lint/suspicious/noArrayIndexKey: a call's stays never change their places
    <div key={index} data-agent-line={line.grade}>
      {lines.length > 1 && `${line.agent ?? ''} `}
      <GradeWithFigures line={{ ...line, mos: null }} />
    </div>
  ))
}

function Grade({ grade }: Pick<Quality, 'grade'>) {
  const { t } = useTranslation()
  return (
    <span className="dot" style={{ '--mark': gradeColors[grade] }} data-line={grade}>
      {t(`calls.line.${grade}`)}
    </span>
  )
}

function GradeWithFigures({ line }: { readonly line: Figures }) {
  const { t } = useTranslation()
  const { lossIn, lossOut, jitterInMs, jitterOutMs, roundTripMs, mos } = line
  const [loss, jitter] = [both(lossIn, lossOut, percent), both(jitterInMs, jitterOutMs, ms)]
  const figures = [
    ...(loss === null ? [] : [t('calls.line.loss', { value: loss })]),
    ...(jitter === null ? [] : [t('calls.line.jitter', { value: jitter })]),
    ...(roundTripMs === null ? [] : [t('calls.line.roundTrip', { value: ms(roundTripMs) })]),
    ...(mos === null ? [] : [`MOS ${mos.toFixed(1)}`]),
  ]
  return (
    <>
      <Grade grade={line.grade} /> <span className="muted number">{figures.join(' · ')}</span>
    </>
  )
}

function worstOf(lines: CallItem['agentLines']): AgentLine['grade'] {
  const has = (grade: AgentLine['grade']) => lines.some((line) => line.grade === grade)
  if (has('poor')) return 'poor'
  return has('fair') ? 'fair' : 'good'
}

/** @returns null when neither is known */
function both(toUs: number | null, toThem: number | null, form: (value: number) => string): string | null {
  if (toUs === null && toThem === null) return null
  const formed = (value: number | null) => (value === null ? '–' : form(value))
  return toThem === null ? formed(toUs) : `${formed(toUs)} / ${formed(toThem)}`
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}

function ms(value: number): string {
  return `${Math.round(value)} ms`
}
