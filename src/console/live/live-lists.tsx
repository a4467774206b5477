import { memo } from 'react'
import { useTranslation } from 'react-i18next'
import type { LiveCall, LiveCampaign, LivePerson, LiveResult } from '#follow-up/live/live-schema.ts'
import { colors } from '../app/theme.ts'
import { clockTime, count } from '../text/time.ts'
import { word } from '../text/word.ts'
import { failuresByReason, resultColor } from './campaign-counts.ts'
import type { LiveView } from './live-view.ts'

interface ListProps {
  readonly view: LiveView
  readonly people: ReadonlyMap<string, LivePerson>
}

const callColors: Readonly<Record<LiveCall['state'], string>> = {
  created: colors.wait,
  dialing: '#7fb0dd',
  ringing: colors.retry,
  answered: colors.good,
  bridged: colors.brand,
}

export function CallsInProgress({ view, people }: ListProps) {
  const { t, i18n } = useTranslation()
  const campaigns = new Map(view.campaigns.map((campaign) => [campaign.id, campaign]))
  return (
    <section className="panel" aria-labelledby="calls-in-progress">
      <h2 id="calls-in-progress">
        {t('live.calls')} <span className="number">{count(view.calls.length)}</span>
      </h2>
      {/* A region that scrolls must be reachable by keyboard. */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: see above */}
      <div className="panel-body" tabIndex={0}>
        {view.calls.length === 0 ? (
          <p className="nothing">{t('live.noCalls')}</p>
        ) : (
          <table className="plain-table">
            <thead>
              <tr>
                <th style={{ width: 86 }}>{t('live.since')}</th>
                <th style={{ width: '23%' }}>{t('live.patient')}</th>
                <th style={{ width: 116 }}>{t('live.phone')}</th>
                <th style={{ width: 94 }}>{t('live.state')}</th>
                <th>{t('live.question')}</th>
              </tr>
            </thead>
            <tbody>
              {view.calls.map((call) => (
                <CallRow
                  key={call.attemptId}
                  call={call}
                  person={people.get(call.attemptId)}
                  questions={campaigns.get(call.campaignId)?.questions}
                  language={i18n.language === 'en' ? 'en' : 'zh'}
                />
              ))}
            </tbody>
          </table>
        )}
      </div>
    </section>
  )
}

interface CallRowProps {
  readonly call: LiveCall
  readonly person: LivePerson | undefined
  readonly questions: LiveCampaign['questions'] | undefined
  readonly language: 'zh' | 'en'
}

/** Of a hundred rows few change with a frame; the others are not made anew. */
const CallRow = memo(function CallRow({ call, person, questions, language }: CallRowProps) {
  const department = person?.department
  return (
    <tr data-attempt={call.attemptId}>
      <td className="number">{clockTime(call.since)}</td>
      <td title={department ?? ''}>
        {person?.name ?? '…'}
        {department && <span className="muted"> {department}</span>}
      </td>
      <td className="number">{person?.phone ?? '…'}</td>
      <td>
        <span className="dot" style={{ '--mark': callColors[call.state] }}>
          {word('callState', call.state)}
        </span>
      </td>
      <td>
        <Question call={call} questions={questions} language={language} />
      </td>
    </tr>
  )
})

function Question({ call, questions, language }: Omit<CallRowProps, 'person'>) {
  const { t } = useTranslation()
  const { question, state } = call
  if (question === null) return state === 'answered' ? <span className="muted">{t('live.opening')}</span> : null
  const text = questions?.find(({ id }) => id === question.id)?.text[language] ?? question.id
  return (
    <div className="question" title={text}>
      <small className="number">{t('live.questionOf', { index: question.index + 1, total: question.total })}</small>
      <span>{text}</span>
    </div>
  )
}

export function RecentResults({ view, people }: ListProps) {
  const { t, i18n } = useTranslation()
  return (
    <section className="panel" aria-labelledby="recent-results">
      <h2 id="recent-results">{t('live.results')}</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <div className="panel-body" tabIndex={0}>
        {view.recentResults.length === 0 ? (
          <p className="nothing">{t('live.noResults')}</p>
        ) : (
          <table className="plain-table">
            <thead>
              <tr>
                <th style={{ width: 86 }}>{t('live.time')}</th>
                <th>{t('live.patient')}</th>
                <th style={{ width: 128 }}>{t('live.result')}</th>
              </tr>
            </thead>
            <tbody>
              {view.recentResults.map((result) => (
                <ResultRow
                  key={result.attemptId}
                  result={result}
                  person={people.get(result.attemptId)}
                  language={i18n.language}
                />
              ))}
            </tbody>
          </table>
        )}
      </div>
    </section>
  )
}

interface ResultRowProps {
  readonly result: LiveResult
  readonly person: LivePerson | undefined
  /** Another language makes another row. */
  readonly language: string
}

const ResultRow = memo(function ResultRow({ result: { at, result }, person }: ResultRowProps) {
  const text = word('result', result)
  return (
    <tr data-result={result}>
      <td className="number">{clockTime(at)}</td>
      <td title={person?.department ?? ''}>{person?.name ?? '…'}</td>
      <td title={text}>
        <span className="dot" style={{ '--mark': resultColor(result) }}>
          {text}
        </span>
      </td>
    </tr>
  )
})

export function Failures({ view }: { readonly view: LiveView }) {
  const { t } = useTranslation()
  const failures = failuresByReason(view.campaigns)
  const most = failures[0]?.count ?? 1
  return (
    <section className="panel" aria-labelledby="failures">
      <h2 id="failures">{t('live.failures')}</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <div className="panel-body" tabIndex={0}>
        {failures.length === 0 ? (
          <p className="nothing">{t('live.noFailures')}</p>
        ) : (
          <ul className="bars">
            {failures.map(({ result, count: size }) => (
              <li key={result} data-failure={result}>
                <div className="bar-label">
                  {word('result', result)} <b className="number">{count(size)}</b>
                </div>
                <div className="bar-line">
                  <i style={{ width: `${(size / most) * 100}%` }} />
                </div>
              </li>
            ))}
          </ul>
        )}
      </div>
    </section>
  )
}
