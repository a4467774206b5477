import { Tag } from 'antd'
import { useTranslation } from 'react-i18next'
import type { CallingBoard } from '#follow-up/calling/calling-schema.ts'
import { Waiting } from '../app/page-states.tsx'
import { Trouble } from '../app/trouble.tsx'
import { count, dateTime } from '../text/time.ts'
import { word } from '../text/word.ts'
import { CalendarPanel } from './calendar-panel.tsx'
import { useCalling } from './calling-api.ts'
import { MissingYears } from './missing-years.tsx'
import { RuleForm } from './rule-form.tsx'
import { hoursText } from './rule-words.ts'
import './calling.css'

/** When and how often the hospital calls, what that does now, and the calendar that it goes by. */
export function CallingPage() {
  const board = useCalling()
  if (board.isPending) return <Waiting />
  if (board.data === undefined) return <Trouble error={board.error} onRetry={() => void board.refetch()} />
  return (
    <div className="stack">
      {board.isError && <Trouble error={board.error} onRetry={() => void board.refetch()} />}
      <MissingYears years={board.data.missing} />
      <div className="sheets">
        <RuleForm board={board.data} />
        <div className="stack">
          <Now board={board.data} />
          <CalendarPanel board={board.data} />
        </div>
      </div>
    </div>
  )
}

function Now({ board: { now, changed, held, campaigns } }: { readonly board: CallingBoard }) {
  const { t } = useTranslation()
  const until = now.until === null ? null : dateTime(now.until)
  return (
    <section className="panel sheet" aria-labelledby="calling-now">
      <h2 id="calling-now">{t('calling.now')}</h2>
      <div className="calling-now" data-open={now.closedBy === null}>
        <Tag color={now.closedBy === null ? 'green' : 'gold'}>
          {now.closedBy === null ? t('calling.open') : t(`calling.closed.${now.closedBy}`)}
        </Tag>
        <span className="number">
          {now.closedBy === null
            ? t('calling.openUntil', { at: until ?? '' })
            : until === null
              ? t('calling.neverOpens')
              : t('calling.opensAt', { at: until })}
        </span>
      </div>
      <h3>{t('calling.held')}</h3>
      {held.length === 0 ? (
        <p className="muted">{t('calling.heldNone')}</p>
      ) : (
        <ul className="calling-list">
          {held.map(({ reason, bar, count: size }) => (
            <li key={`${reason}${bar}`} data-held={bar ?? reason}>
              {word('reason', reason)}
              {bar !== null && <span className="muted"> {t(`calling.bar.${bar}`)}</span>}{' '}
              <b className="number">{count(size)}</b>
            </li>
          ))}
        </ul>
      )}
      {campaigns.length > 0 && (
        <>
          <h3>{t('calling.own')}</h3>
          <ul className="calling-list">
            {campaigns.map(({ name, anyHour, own }) => (
              <li key={name}>
                {name} <span className="muted">{anyHour ? t('calling.ownAnyHour') : <Own own={own} />}</span>
              </li>
            ))}
          </ul>
        </>
      )}
      <p className="muted">
        {changed === null
          ? t('calling.asShipped')
          : t('calling.changed', { at: dateTime(changed.at), by: changed.by ?? '–' })}
        {changed?.reason && <> · {t('calling.changedReason', { reason: changed.reason })}</>}
      </p>
    </section>
  )
}

function Own({ own: { periods } }: { readonly own: CallingBoard['campaigns'][number]['own'] }) {
  const { t } = useTranslation()
  return periods === undefined ? t('calling.ownDays') : t('calling.ownHours', { hours: hoursText(periods) })
}
