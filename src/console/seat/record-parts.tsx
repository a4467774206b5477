import { AudioOutlined } from '@ant-design/icons'
import { Link } from '@tanstack/react-router'
import { Tag } from 'antd'
import { lazy, type ReactNode, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useRight } from '../api/session.ts'
import { currentLanguage } from '../text/i18n.ts'
import { dateTime } from '../text/time.ts'
import { word } from '../text/word.ts'
import type { SharerCard as Card, DeskRecord } from './seat-api.ts'

const RecordingPlayer = lazy(async () => ({
  default: (await import('../calls/recording-player.tsx')).RecordingPlayer,
}))

/** @param task what the call is about; none for a patient whom nobody is calling now */
export function PatientCard({
  patient,
  task,
}: {
  readonly patient: Card['patient']
  readonly task?: DeskRecord['task']
}) {
  const { t } = useTranslation()
  const { name, sex, age, patientNo, idMasked, vip, phones, tags } = patient
  return (
    <>
      <p className="patient-name">
        <strong>{name}</strong>
        <span>
          {[sex === null ? null : word('sex', sex), age === null ? null : t('seat.record.age', { age })]
            .filter((part) => part !== null)
            .join(' · ')}
        </span>
        {[...(vip === null ? [] : ['VIP']), ...tags].map((tag) => (
          <Tag key={tag}>{tag}</Tag>
        ))}
      </p>
      <dl className="facts">
        <Fact name={t('seat.record.patientNo')}>{patientNo}</Fact>
        <Fact name={t('seat.record.idNumber')}>{idMasked}</Fact>
        {task !== undefined && <Fact name={t('seat.record.programme')}>{task.programme}</Fact>}
        {task !== undefined && <Fact name={t('seat.record.dueOn')}>{task.dueOn}</Fact>}
        <Fact name={t('seat.record.phones')}>
          {phones.map(({ id, relation, relationWord, contactName, number, current }) => (
            <span key={id} className="phone-line" data-current={current}>
              {[relationText(relation, relationWord), contactName, number].filter((part) => part !== null).join(' ')}
              {current && <b> {t('seat.record.thisPhone')}</b>}
            </span>
          ))}
        </Fact>
      </dl>
    </>
  )
}

/** The word of the list it came from; in English the code's, where that says as much. */
export function relationText(code: string | null, listed: string | null): string | null {
  const coded = code === null ? null : word('relation', code)
  const other = '8'
  return currentLanguage() === 'en' && code !== other ? (coded ?? listed) : (listed ?? coded)
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  if (children === null || (Array.isArray(children) && children.length === 0)) return null
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  )
}

export function Encounters({ record: { encounters } }: { readonly record: Pick<Card, 'encounters'> }) {
  const { t } = useTranslation()
  return (
    <>
      <h3>{t('seat.record.encounters')}</h3>
      {encounters.length === 0 && <p className="muted">{t('seat.record.noEncounters')}</p>}
      {encounters.map(
        ({ kind, encounterNo, admittedOn, dischargedOn, department, ward, attending, diagnoses, operations }) => (
          <article className="encounter" key={`${kind} ${encounterNo}`}>
            <p>
              <b>{[department, ward].filter((part) => part !== null).join(' · ') || encounterNo}</b>
              <Tag>{word('encounterKind', kind)}</Tag>
            </p>
            <p className="muted number">
              {admittedOn !== null && dischargedOn !== null && admittedOn !== dischargedOn
                ? t('seat.record.stay', { from: admittedOn, to: dischargedOn })
                : (dischargedOn ?? admittedOn)}
            </p>
            <Line name={t('seat.record.diagnoses')} values={diagnoses} />
            <Line name={t('seat.record.operations')} values={operations} />
            <Line name={t('seat.record.attending')} values={attending === null ? [] : [attending]} />
          </article>
        ),
      )}
    </>
  )
}

function Line({ name, values }: { readonly name: string; readonly values: readonly string[] }) {
  if (values.length === 0) return null
  return (
    <p>
      <span className="muted">{name} </span>
      {values.join(currentLanguage() === 'zh' ? '；' : '; ')}
    </p>
  )
}

export function EarlierCalls({ record: { calls } }: { readonly record: Pick<Card, 'calls'> }) {
  const { t } = useTranslation()
  const mayPlay = useRight('recording.play')
  const mayReadCalls = useRight('call.read')
  const [playing, setPlaying] = useState<string | null>(null)
  return (
    <>
      <h3>{t('seat.record.calls')}</h3>
      {calls.length === 0 && <p className="muted">{t('seat.record.noCalls')}</p>}
      <ul className="earlier">
        {calls.map(({ attemptId, at, result, outcome, agentNo, note, recordingId }) => (
          <li key={attemptId}>
            <span className="number">{dateTime(at)}</span>
            <b>{outcome === null ? (result === null ? '–' : word('result', result)) : word('outcome', outcome)}</b>
            {mayReadCalls && (
              <Link to="/calls/$attemptId" params={{ attemptId }} target="_blank" data-call-link>
                {t('seat.record.openCall')}
              </Link>
            )}
            {agentNo !== null && <span className="muted">{t('seat.record.byAgent', { agentNo })}</span>}
            {recordingId !== null && mayPlay && (
              <button
                type="button"
                className="link"
                aria-label={`${t('calls.listen')} ${dateTime(at)}`}
                aria-expanded={playing === recordingId}
                onClick={() => setPlaying(playing === recordingId ? null : recordingId)}
              >
                <AudioOutlined aria-hidden /> {t('calls.listen')}
              </button>
            )}
            {note !== null && <span className="earlier-note">{note}</span>}
            {recordingId !== null && playing === recordingId && (
              <Suspense fallback={null}>
                <RecordingPlayer recordingId={recordingId} autoPlay={false} />
              </Suspense>
            )}
          </li>
        ))}
      </ul>
    </>
  )
}

export function EarlierForms({ record: { responses } }: { readonly record: Pick<Card, 'responses'> }) {
  const { t } = useTranslation()
  const language = currentLanguage()
  const mayReadCalls = useRight('call.read')
  return (
    <>
      <h3>{t('seat.record.responses')}</h3>
      {responses.length === 0 && <p className="muted">{t('seat.record.noResponses')}</p>}
      {responses.map(({ id, at, questionnaire, attemptId, setAside, answers }) => (
        <details className="earlier-form" key={id}>
          <summary>
            <span className="number">{dateTime(at)}</span> {questionnaire[language]}
            {setAside && <span className="muted"> · {t('seat.record.setAside')}</span>}
          </summary>
          {mayReadCalls && attemptId !== null && (
            <Link to="/calls/$attemptId" params={{ attemptId }} target="_blank" data-call-link>
              {t('seat.record.openCall')}
            </Link>
          )}
          <dl>
            {answers.map(({ questionId, question, answer }) => (
              <div key={questionId}>
                <dt>{question[language]}</dt>
                <dd>{answer[language]}</dd>
              </div>
            ))}
          </dl>
        </details>
      ))}
    </>
  )
}
