import { useTranslation } from 'react-i18next'
import type { LiveCall, LivePerson } from '#follow-up/live/live-schema.ts'
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
  const { t } = useTranslation()
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
                <th className="fit">{t('live.since')}</th>
                <th style={{ width: '23%' }}>{t('live.patient')}</th>
                <th className="fit">{t('live.phone')}</th>
                <th className="fit">{t('live.state')}</th>
                <th>{t('live.question')}</th>
              </tr>
            </thead>
            <tbody>
              {view.calls.map((call) => (
                <CallRow key={call.attemptId} call={call} view={view} person={people.get(call.attemptId)} />
              ))}
            </tbody>
          </table>
        )}
      </div>
    </section>
  )
}

function CallRow({
  call,
  view,
  person,
}: {
  readonly call: LiveCall
  readonly view: LiveView
  readonly person: LivePerson | undefined
}) {
  const department = person?.department
  return (
    <tr data-attempt={call.attemptId}>
      <td className="fit number">{clockTime(call.since)}</td>
      <td title={department ?? ''}>
        {person?.name ?? '…'}
        {department && <span className="muted"> {department}</span>}
      </td>
      <td className="fit number">{person?.phone ?? '…'}</td>
      <td className="fit">
        <span className="dot" style={{ '--mark': callColors[call.state] }}>
          {word('callState', call.state)}
        </span>
      </td>
      <td>
        <Question call={call} view={view} />
      </td>
    </tr>
  )
}

function Question({ call, view }: { readonly call: LiveCall; readonly view: LiveView }) {
  const { t, i18n } = useTranslation()
  const { question, state } = call
  if (question === null) return state === 'answered' ? <span className="muted">{t('live.opening')}</span> : null
  const campaign = view.campaigns.find(({ id }) => id === call.campaignId)
  const texts = campaign?.questions.find(({ id }) => id === question.id)?.text
  const text = texts?.[i18n.language === 'en' ? 'en' : 'zh'] ?? question.id
  return (
    <div className="question" title={text}>
      <small className="number">{t('live.questionOf', { index: question.index + 1, total: question.total })}</small>
      <span>{text}</span>
    </div>
  )
}

export function RecentResults({ view, people }: ListProps) {
  const { t } = useTranslation()
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
                <th className="fit">{t('live.time')}</th>
                <th>{t('live.patient')}</th>
                <th className="fit">{t('live.result')}</th>
              </tr>
            </thead>
            <tbody>
              {view.recentResults.map(({ attemptId, at, result }) => (
                <tr key={attemptId} data-result={result}>
                  <td className="fit number">{clockTime(at)}</td>
                  <td>{people.get(attemptId)?.name ?? '…'}</td>
                  <td className="fit">
                    <span className="dot" style={{ '--mark': resultColor(result) }}>
                      {word('result', result)}
                    </span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </div>
    </section>
  )
}

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
