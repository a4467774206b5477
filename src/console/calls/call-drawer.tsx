import { useQuery } from '@tanstack/react-query'
import { Drawer, Skeleton } from 'antd'
import { lazy, type ReactNode, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import type { CallDetail } from '#follow-up/calls/call-schema.ts'
import { request } from '../api/request.ts'
import { useRight } from '../api/session.ts'
import { Trouble } from '../app/trouble.tsx'
import { resultColor } from '../live/campaign-counts.ts'
import { clockTime, dateTime, duration } from '../text/time.ts'
import { word } from '../text/word.ts'
import { isAudible } from './audible.ts'
import { eventText } from './event-text.ts'

const RecordingPlayer = lazy(async () => ({ default: (await import('./recording-player.tsx')).RecordingPlayer }))

/** One call: who, what came of it, its recording, its answers, and what happened in it. */
export function CallDrawer({
  attemptId,
  listen,
  onClose,
}: {
  readonly attemptId: string | null
  /** Opened to hear the recording at once. */
  readonly listen: boolean
  readonly onClose: () => void
}) {
  const { t } = useTranslation()
  const call = useQuery({
    queryKey: ['call', attemptId],
    queryFn: ({ signal }) => request<CallDetail>(`/api/calls/${attemptId}`, { signal }),
    enabled: attemptId !== null,
  })
  return (
    <Drawer
      open={attemptId !== null}
      onClose={onClose}
      size={720}
      destroyOnHidden
      title={call.data === undefined ? t('calls.details') : `${call.data.call.name} · ${call.data.call.phone}`}
    >
      {call.isPending && <Skeleton active paragraph={{ rows: 8 }} />}
      {call.isError && <Trouble error={call.error} onRetry={() => void call.refetch()} />}
      {call.data && <Detail detail={call.data} listen={listen} />}
    </Drawer>
  )
}

function Detail({ detail, listen }: { readonly detail: CallDetail; readonly listen: boolean }) {
  const { t } = useTranslation()
  const { call } = detail
  const { result, talkSeconds } = call
  return (
    <>
      <dl className="call-head">
        <Fact name={t('calls.time')}>{dateTime(call.at)}</Fact>
        <Fact name={t('calls.result')}>
          {result === null ? (
            word('callState', call.state)
          ) : (
            <span className="dot" style={{ '--mark': resultColor(result) }}>
              {word('result', result)}
            </span>
          )}
        </Fact>
        <Fact name={t('calls.duration')}>{talkSeconds === null ? '–' : duration(talkSeconds)}</Fact>
        <Fact name={t('calls.department')}>{call.department ?? '–'}</Fact>
        <Fact name={t('calls.campaign')}>
          {call.campaign} · {t('calls.attempt', { number: detail.number })}
        </Fact>
      </dl>
      <Recording detail={detail} listen={listen} />
      <Answers detail={detail} />
      <Timeline detail={detail} />
    </>
  )
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  )
}

function Recording({ detail: { call }, listen }: { readonly detail: CallDetail; readonly listen: boolean }) {
  const { t } = useTranslation()
  const mayPlay = useRight('recording.play')
  const { recording } = call
  if (recording === null) return <p className="muted">{t('calls.noRecording')}</p>
  if (!mayPlay || !isAudible(recording.state)) {
    return (
      <p className="muted">
        {t('calls.recording')}: {word('recordingState', recording.state)}
      </p>
    )
  }
  return (
    <Suspense fallback={<Skeleton active paragraph={{ rows: 3 }} />}>
      <RecordingPlayer key={recording.id} recordingId={recording.id} autoPlay={listen} />
    </Suspense>
  )
}

function Answers({ detail }: { readonly detail: CallDetail }) {
  const { t, i18n } = useTranslation()
  const language = i18n.language === 'en' ? 'en' : 'zh'
  return (
    <>
      <h3 className="call-section">{t('calls.answers')}</h3>
      {detail.answers.length === 0 ? (
        <p className="muted">{t('calls.noAnswers')}</p>
      ) : (
        <ol className="answers">
          {detail.answers.map(({ questionId, question, answer, keys }) => (
            <li key={questionId} data-question={questionId}>
              <span>{question[language]}</span>
              <b>{answer[language]}</b>
              <span className="muted number">{keys === null ? '' : `[${keys}]`}</span>
            </li>
          ))}
        </ol>
      )}
    </>
  )
}

function Timeline({ detail }: { readonly detail: CallDetail }) {
  const { t, i18n } = useTranslation()
  const { network, events } = detail
  const raw = [
    network.sipStatus === null ? null : `SIP ${network.sipStatus} ${network.sipReason ?? ''}`.trim(),
    network.q850 === null ? null : `Q.850 ${network.q850}`,
  ].filter((part) => part !== null)
  return (
    <>
      <h3 className="call-section">{t('calls.timeline')}</h3>
      <ol className="timeline">
        {events.map((event) => (
          <li key={event.seq}>
            <time className="number" dateTime={event.at}>
              {clockTime(event.at)}
            </time>
            <span>{eventText(event, detail, i18n.language === 'en' ? 'en' : 'zh')}</span>
          </li>
        ))}
      </ol>
      {raw.length > 0 && (
        <p className="muted">
          {t('calls.network')}: {raw.join(', ')}
        </p>
      )}
    </>
  )
}
