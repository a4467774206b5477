import { AudioOutlined } from '@ant-design/icons'
import { Tag } from 'antd'
import { lazy, type ReactNode, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useRight } from '../api/session.ts'
import { currentLanguage } from '../text/i18n.ts'
import { dateTime } from '../text/time.ts'
import { word } from '../text/word.ts'
import type { DeskRecord } from './seat-api.ts'

const RecordingPlayer = lazy(async () => ({
  default: (await import('../calls/recording-player.tsx')).RecordingPlayer,
}))

/** Who the patient is and what went before, as the right of who looks allows. */
export function RecordPanel({ record }: { readonly record: DeskRecord }) {
  const { t } = useTranslation()
  return (
    <section className="panel desk-panel record-panel" aria-labelledby="record-title">
      <h2 id="record-title">{t('seat.record.title')}</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <div className="desk-body" tabIndex={0}>
        <PatientCard record={record} />
        <Encounters record={record} />
        <EarlierCalls record={record} />
        <EarlierForms record={record} />
      </div>
    </section>
  )
}

function PatientCard({ record: { patient, task, sharedWith } }: { readonly record: DeskRecord }) {
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
        <Fact name={t('seat.record.programme')}>{task.programme}</Fact>
        <Fact name={t('seat.record.dueOn')}>{task.dueOn}</Fact>
        <Fact name={t('seat.record.phones')}>
          {phones.map(({ relation, relationWord, contactName, number, current }) => (
            <span key={number} className="phone-line" data-current={current}>
              {[relationText(relation, relationWord), contactName, number].filter((part) => part !== null).join(' ')}
              {current && <b> {t('seat.record.thisPhone')}</b>}
            </span>
          ))}
        </Fact>
      </dl>
      <SharedNumber sharedWith={sharedWith} />
    </>
  )
}

/** Families share a telephone: no record is guessed, the agent asks who has answered (requirements D08). */
function SharedNumber({ sharedWith }: Pick<DeskRecord, 'sharedWith'>) {
  const { t } = useTranslation()
  if (sharedWith.length === 0) return null
  return (
    <div className="shared-number" role="note">
      <b>{t('seat.record.sharedWith')}</b>
      <p className="shared-hint">{t('seat.record.sharedHint')}</p>
      <ul>
        {sharedWith.map(({ patientId, name, sex, age, relation, programme }) => (
          <li key={patientId}>
            <b>{name}</b>{' '}
            {[
              sex === null ? null : word('sex', sex),
              age === null ? null : t('seat.record.age', { age }),
              relation === null ? null : word('relation', relation),
              programme,
            ]
              .filter((part) => part !== null)
              .join(' · ')}
          </li>
        ))}
      </ul>
    </div>
  )
}

/** The word of the list it came from; in English the code's, where that says as much. */
function relationText(code: string | null, listed: string | null): string | null {
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

function Encounters({ record: { encounters } }: { readonly record: DeskRecord }) {
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

function EarlierCalls({ record: { calls } }: { readonly record: DeskRecord }) {
  const { t } = useTranslation()
  const mayPlay = useRight('recording.play')
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

function EarlierForms({ record: { responses } }: { readonly record: DeskRecord }) {
  const { t } = useTranslation()
  const language = currentLanguage()
  return (
    <>
      <h3>{t('seat.record.responses')}</h3>
      {responses.length === 0 && <p className="muted">{t('seat.record.noResponses')}</p>}
      {responses.map(({ at, questionnaire, answers }) => (
        <details className="earlier-form" key={at}>
          <summary>
            <span className="number">{dateTime(at)}</span> {questionnaire[language]}
          </summary>
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
