import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { WhyNot } from '#follow-up/live/live-schema.ts'
import { useRight } from '../api/session.ts'
import { count } from '../text/time.ts'
import { word } from '../text/word.ts'
import './why-not-line.css'

/** How many of a campaign's tasks may be dialled now, and what keeps the others. */
export function WhyNotLine({ campaignId, whyNot }: { readonly campaignId: string; readonly whyNot: WhyNot }) {
  const { t } = useTranslation()
  const maySeeWho = useRight('call.read')
  /** Leads to who it is. */
  const who = (reason: string, words: ReactNode) =>
    maySeeWho ? (
      <Link to="/tasks" search={{ campaignId, reason }}>
        {words}
      </Link>
    ) : (
      words
    )
  return (
    <div className="why-not">
      <strong>{t('live.whyNot')}</strong>
      {whyNot.reasons.length === 0 ? (
        <span className="muted">{t('live.whyNothing')}</span>
      ) : (
        <ul aria-label={t('live.whyNot')}>
          {whyNot.reasons.map(({ reason, count: size }) => (
            <li key={reason} data-reason={reason}>
              {who(
                reason,
                <>
                  {word('reason', reason)} <b className="number">{count(size)}</b>
                </>,
              )}
            </li>
          ))}
        </ul>
      )}
      <span className="muted">
        {who(
          'callable',
          <>
            {t('live.callable')} <b className="number">{count(whyNot.callable)}</b>
          </>,
        )}
      </span>
    </div>
  )
}
