import { ArrowLeftOutlined, PhoneOutlined, SoundOutlined } from '@ant-design/icons'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { App, Button, Segmented, Skeleton } from 'antd'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { CallDetail, CallReplay, ReplayPart } from '#follow-up/calls/call-schema.ts'
import { RefusedError, request } from '../api/request.ts'
import { useRight } from '../api/session.ts'
import { Trouble } from '../app/trouble.tsx'
import { resultColor } from '../live/campaign-counts.ts'
import { command } from '../seat/seat-api.ts'
import { pagePhone } from '../softphone/page-phone.ts'
import { currentLanguage } from '../text/i18n.ts'
import { clockTime, dateTime, duration } from '../text/time.ts'
import { word } from '../text/word.ts'
import { isAudible } from './audible.ts'
import { type CallAddress, lastListKey } from './call-search.ts'
import { eventText, type QuestionText } from './event-text.ts'
import { AgentLines, LineQuality } from './line-quality.tsx'
import { currentMarker, marksOf } from './marks.ts'
import { RecordingHold } from './recording-hold.tsx'
import { RecordingLabels } from './recording-labels.tsx'
import { type PlayerHandle, RecordingPlayer } from './recording-player.tsx'
import { useReplayKeys } from './replay-keys.ts'
import './calls.css'

const route = getRouteApi('/inside/calls/$attemptId')

/** One call: who, what came of it, its recording with what happened where in it, and its form. */
export function CallPage() {
  const { t } = useTranslation()
  const { attemptId } = route.useParams()
  const queryClient = useQueryClient()
  const detail = useQuery({
    queryKey: ['call', attemptId],
    queryFn: ({ signal }) => request<CallDetail>(`/api/calls/${attemptId}`, { signal }),
  })
  const replay = useQuery({
    queryKey: ['replay', attemptId],
    queryFn: ({ signal }) => request<CallReplay>(`/api/calls/${attemptId}/replay`, { signal }),
  })
  return (
    <div className="stack">
      <Link to="/calls" search={queryClient.getQueryData<CallAddress>(lastListKey) ?? {}} className="call-back">
        <ArrowLeftOutlined aria-hidden /> {t('calls.toList')}
      </Link>
      {(detail.isPending || replay.isPending) && <Skeleton active paragraph={{ rows: 8 }} />}
      {detail.isError && <Trouble error={detail.error} onRetry={() => void detail.refetch()} />}
      {replay.isError && <Trouble error={replay.error} onRetry={() => void replay.refetch()} />}
      {detail.data && replay.data && <Call key={attemptId} detail={detail.data} replay={replay.data} />}
    </div>
  )
}

function Call({ detail, replay }: { readonly detail: CallDetail; readonly replay: CallReplay }) {
  const { t } = useTranslation()
  // Asked for once: a page that is loaded again does not play by itself.
  const { listen = false } = route.useSearch()
  const navigate = route.useNavigate()
  const [autoPlay] = useState(listen)
  useEffect(() => {
    if (listen) void navigate({ search: {}, replace: true })
  }, [listen, navigate])
  const language = currentLanguage()
  const player = useRef<PlayerHandle>(null)
  const [chosen, setChosen] = useState(replay.parts[0]?.id)
  const [second, setSecond] = useState(-1)
  const mayPlay = useRight('recording.play')
  const part = replay.parts.find(({ id }) => id === chosen)
  const questionText: QuestionText = (id) =>
    [detail.form, ...detail.setAside.map(({ form }) => form)].flat().find(({ questionId }) => questionId === id)
      ?.question[language] ?? id
  const markers = replay.markers
    .filter(({ recordingId }) => recordingId === chosen)
    .map((marker) => ({ ...marker, text: eventText(marker, questionText, language) }))
  const audible = part !== undefined && mayPlay && isAudible(part.state)
  const now = audible ? currentMarker(markers, second * 1000) : -1
  const placeOf = (questionId: string) =>
    audible ? replay.places.find((place) => place.questionId === questionId && place.recordingId === chosen) : undefined
  const hear = (offsetMs: number) => player.current?.playFrom(offsetMs)
  useReplayKeys({
    toggle: () => player.current?.toggle(),
    skip: (seconds) => player.current?.skip(seconds),
    toMark: (step) => {
      const next = markers[step === 1 ? now + 1 : Math.max(0, now - 1)]
      if (next !== undefined) hear(next.offsetMs)
    },
    toQuestion: (index) => {
      const place = placeOf(detail.form[index]?.questionId ?? '')
      if (place !== undefined) hear(place.offsetMs)
    },
  })
  return (
    <>
      <Facts detail={detail} />
      <section className="panel call-recording" aria-label={t('calls.recording')}>
        {replay.parts.length > 1 && (
          <Segmented
            value={chosen ?? ''}
            options={replay.parts.map(({ id, part: number }) => ({
              value: id,
              label: t('calls.part', { part: number }),
            }))}
            onChange={(id) => {
              setChosen(id)
              setSecond(-1)
            }}
          />
        )}
        {part === undefined || !audible ? (
          <NoSound part={part} />
        ) : (
          <>
            <RecordingPlayer
              key={part.id}
              recordingId={part.id}
              autoPlay={autoPlay}
              handle={player}
              marks={marksOf(markers, detail.form)}
              onSecond={setSecond}
            />
            <p className="muted player-note">{t('calls.keys')}</p>
          </>
        )}
        {part !== undefined && <RecordingHold key={part.id} part={part} />}
      </section>
      <div className="row call-halves">
        <section className="panel" aria-label={t('calls.form')}>
          <h2>
            {detail.formTitle?.[language] ?? t('calls.form')}{' '}
            {audible && <span className="muted hint">{t('calls.formHint')}</span>}
          </h2>
          <FormList detail={detail} form={detail.form} placeOf={placeOf} onHear={hear} />
          {detail.setAside.map(({ id, title, form }) => (
            <div key={id} data-set-aside={id}>
              <h3 className="call-set-aside">{t('calls.setAside', { title: title?.[language] ?? t('calls.form') })}</h3>
              <FormList detail={detail} form={form} placeOf={placeOf} onHear={hear} />
            </div>
          ))}
          <OtherCalls detail={detail} />
        </section>
        <section className="panel" aria-label={t('calls.timeline')}>
          <h2>
            {t('calls.timeline')} {audible && <span className="muted hint">{t('calls.markersHint')}</span>}
          </h2>
          {audible ? (
            <ol className="timeline">
              {markers.map(({ type, offsetMs, text }, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: what happened stays in its order
                <li key={index} data-marker={type} aria-current={index === now ? 'true' : undefined}>
                  <button type="button" onClick={() => hear(offsetMs)}>
                    <span className="number">{duration(offsetMs / 1000)}</span>
                    <span>{text}</span>
                  </button>
                </li>
              ))}
            </ol>
          ) : (
            <Events detail={detail} questionText={questionText} />
          )}
          <Network detail={detail} />
        </section>
      </div>
    </>
  )
}

function NoSound({ part }: { readonly part: ReplayPart | undefined }) {
  const { t } = useTranslation()
  return (
    <p className="muted">
      {t(part === undefined ? 'calls.noRecording' : 'calls.noSound')}{' '}
      {part !== undefined && <RecordingLabels recording={part} />}
      {part?.expiredAt != null && t('calls.expiredAt', { at: dateTime(part.expiredAt) })}
    </p>
  )
}

function Facts({ detail }: { readonly detail: CallDetail }) {
  const { t } = useTranslation()
  const { call } = detail
  const { result, correctedResult, talkSeconds, rating, agent } = call
  const mayDial = useRight('seat.use')
  const mayRead = useRight('patient.read')
  return (
    <section className="panel call-facts" aria-label={t('calls.details')}>
      <h2>
        {call.name} <span className="number">{call.phone}</span>
        {call.recordNumber !== null && <span className="muted number">{call.recordNumber}</span>}
        {mayRead && (
          <Link to="/patients/$patientId" params={{ patientId: detail.patientId }} data-patient-link>
            {t('calls.openPatient')}
          </Link>
        )}
        {mayDial && <DialFromHere detail={detail} />}
      </h2>
      <dl>
        <Fact name={t('calls.time')}>{dateTime(call.at)}</Fact>
        <Fact name={t('calls.result')}>
          {result === null ? (
            word('callState', call.state)
          ) : (
            <span className="dot" style={{ '--mark': resultColor(correctedResult ?? result) }}>
              {word('result', result)}
            </span>
          )}
          {correctedResult !== null && (
            <span className="muted"> {t('calls.corrected', { result: word('result', correctedResult) })}</span>
          )}
        </Fact>
        <Fact name={t('calls.outcome')}>{call.outcome === null ? '–' : word('outcome', call.outcome)}</Fact>
        <Fact name={t('calls.duration')}>{talkSeconds === null ? '–' : duration(talkSeconds)}</Fact>
        <Fact name={t('calls.agent')}>{agent === null ? '–' : `${agent.name} ${agent.agentNo}`}</Fact>
        <Fact name={t('calls.rating')}>{rating === null ? '–' : t('calls.ratingOf', { value: rating })}</Fact>
        <Fact name={t('calls.department')}>{call.department ?? '–'}</Fact>
        <Fact name={t(agent === null ? 'calls.line.title' : 'calls.line.patient')}>
          <LineQuality quality={call.quality} />
        </Fact>
        {agent !== null && (
          <Fact name={t('calls.line.agent')}>
            <AgentLines lines={call.agentLines} />
          </Fact>
        )}
        <Fact name={t('calls.programme')}>
          {call.programme} ·{' '}
          <Link to="/tasks/$taskId" params={{ taskId: detail.taskId }}>
            {t('calls.attempt', { number: detail.number })}
          </Link>
        </Fact>
      </dl>
      {detail.note !== null && (
        <p className="call-note">
          <span className="muted">{t('calls.note')}</span> {detail.note}
        </p>
      )}
    </section>
  )
}

/** Dials the patient once more, at the agent's own seat and through the same gate (requirements A15). */
function DialFromHere({ detail: { call, taskId } }: { readonly detail: CallDetail }) {
  const { t } = useTranslation()
  const { modal, message } = App.useApp()
  const navigate = useNavigate()
  async function dial() {
    try {
      await command(pagePhone().pageId, { type: 'dial', taskId })
      await navigate({ to: '/seat' })
    } catch (error) {
      const next = error instanceof RefusedError ? ` ${error.next}` : ''
      void message.error(`${error instanceof Error ? error.message : String(error)}${next}`, 8)
    }
  }
  const ask = () =>
    modal.confirm({
      title: t('calls.dialAsk', { name: call.name }),
      content: t('calls.dialText'),
      okText: t('calls.dial'),
      cancelText: t('common.cancel'),
      onOk: dial,
    })
  return (
    <Button size="small" icon={<PhoneOutlined aria-hidden />} className="call-dial" onClick={ask}>
      {t('calls.dial')}
    </Button>
  )
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function FormList({
  detail,
  form,
  placeOf,
  onHear,
}: {
  readonly detail: CallDetail
  readonly form: CallDetail['form']
  readonly placeOf: (questionId: string) => { readonly offsetMs: number } | undefined
  readonly onHear: (offsetMs: number) => void
}) {
  const { t } = useTranslation()
  const language = currentLanguage()
  const { others, call } = detail
  if (form.length === 0) return <p className="muted call-empty">{t('calls.noAnswers')}</p>
  return (
    <ol className="answers">
      {form.map(({ questionId, question, answer }, index) => {
        const place = placeOf(questionId)
        const elsewhere =
          answer === null || answer.attemptId === call.attemptId
            ? undefined
            : others.find(({ attemptId }) => attemptId === answer.attemptId)
        return (
          <li key={questionId} data-question={questionId}>
            <button
              type="button"
              disabled={place === undefined}
              onClick={() => place !== undefined && onHear(place.offsetMs)}
            >
              <span className="number muted">{index + 1}</span>
              <span>{question[language]}</span>
              {place !== undefined && (
                <span className="number muted">
                  <SoundOutlined aria-hidden /> {duration(place.offsetMs / 1000)}
                </span>
              )}
            </button>
            <span className="answer-said">
              {answer === null ? (
                <span className="muted">{t('calls.notAnswered')}</span>
              ) : (
                <b>{answer.words[language]}</b>
              )}
              {answer?.keys && <span className="muted number"> [{answer.keys}]</span>}
              {elsewhere !== undefined && (
                <Link to="/calls/$attemptId" params={{ attemptId: elsewhere.attemptId }}>
                  {t('calls.inOtherCall', { at: dateTime(elsewhere.at) })}
                </Link>
              )}
            </span>
          </li>
        )
      })}
    </ol>
  )
}

function OtherCalls({ detail: { others } }: { readonly detail: CallDetail }) {
  const { t } = useTranslation()
  if (others.length === 0) return null
  return (
    <p className="call-others">
      <span className="muted">{t('calls.otherCalls')}</span>
      {others.map(({ attemptId, at, result }) => (
        <Link key={attemptId} to="/calls/$attemptId" params={{ attemptId }}>
          {dateTime(at)} {result === null ? '' : word('result', result)}
        </Link>
      ))}
    </p>
  )
}

function Events({ detail, questionText }: { readonly detail: CallDetail; readonly questionText: QuestionText }) {
  return (
    <ol className="timeline">
      {detail.events.map((event) => (
        <li key={event.seq}>
          <span className="number muted">{clockTime(event.at)}</span>
          <span>{eventText(event, questionText, currentLanguage())}</span>
        </li>
      ))}
    </ol>
  )
}

function Network({ detail: { network } }: { readonly detail: CallDetail }) {
  const { t } = useTranslation()
  const raw = [
    network.sipStatus === null ? null : `SIP ${network.sipStatus} ${network.sipReason ?? ''}`.trim(),
    network.q850 === null ? null : `Q.850 ${network.q850}`,
  ].filter((part) => part !== null)
  if (raw.length === 0) return null
  return (
    <p className="muted call-empty">
      {t('calls.network')}: {raw.join(', ')}
    </p>
  )
}
