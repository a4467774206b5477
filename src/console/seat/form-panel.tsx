import { WarningOutlined } from '@ant-design/icons'
import { useState, useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'
import type { AnswerValue } from '#follow-up/questionnaire/questionnaire.ts'
import { currentLanguage } from '../text/i18n.ts'
import type { Desk } from './desk.ts'
import { askedQuestions, isAnswered } from './form-rules.ts'
import { QuestionField } from './question-field.tsx'
import { QuestionnaireChoice } from './questionnaire-choice.tsx'
import { SaveMark } from './save-mark.tsx'
import { type DeskRecord, respondents } from './seat-api.ts'

interface FormPanelProps {
  readonly record: DeskRecord
  readonly desk: Desk
  readonly canWrite: boolean
  /** Another questionnaire was taken: the record is read anew. */
  readonly onQuestionnaire: () => Promise<void>
}

/** What to say, and the questionnaire: each answer is saved as it is given. */
export function FormPanel({ record, desk, canWrite, onQuestionnaire }: FormPanelProps) {
  const { t } = useTranslation()
  const { questionnaire, script } = record
  const { answers } = desk
  const findings = useSyncExternalStore(desk.findings.watch, desk.findings.state)
  const { values, saves } = useSyncExternalStore(answers.watch, answers.state)
  const [cleared, setCleared] = useState(false)
  const questions = questionnaire?.questions ?? []
  const asked = askedQuestions(questions, values)
  const done = asked.filter(({ id }) => isAnswered(values[id])).length
  const give = (questionId: string, value: AnswerValue | null) => {
    answers.give(questionId, value)
    setCleared(takeBackInapplicable())
  }
  /** What no longer applies would stand in the reports as if it had been asked. */
  const takeBackInapplicable = () => {
    const now = answers.state().values
    const applies = new Set(askedQuestions(questions, now))
    const stray = questions.filter((question) => !applies.has(question) && isAnswered(now[question.id]))
    for (const { id } of stray) answers.give(id, null)
    return stray.length > 0
  }
  return (
    <section className="panel desk-panel form-panel" aria-labelledby="form-title">
      <h2 id="form-title">
        <QuestionnaireChoice record={record} desk={desk} canWrite={canWrite} onTaken={onQuestionnaire} />
        {questionnaire !== null && (
          <span className="number">{t('seat.form.progress', { done, total: asked.length })}</span>
        )}
        {findings.length > 0 && (
          <span className="finding-count" role="status">
            <WarningOutlined aria-hidden /> {t('seat.form.findings', { count: findings.length })}
          </span>
        )}
        {!canWrite && <span className="muted">{t('seat.form.waitAnswer')}</span>}
      </h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <div className="desk-body" tabIndex={0}>
        <details className="script" open>
          <summary>{t('seat.form.script')}</summary>
          {script[currentLanguage()].split('\n').map((line) => (
            <p key={line}>{line}</p>
          ))}
        </details>
        <AnsweredBefore record={record} />
        <RespondentChoice desk={desk} canWrite={canWrite} />
        <fieldset className="questions" disabled={!canWrite}>
          <legend className="sr-only">{t('seat.form.title')}</legend>
          {asked.map((question) => (
            <QuestionField
              key={question.id}
              question={question}
              number={questions.indexOf(question) + 1}
              value={values[question.id]}
              save={saves[question.id]}
              finding={findings.find(({ questionId }) => questionId === question.id)}
              onGive={(value) => give(question.id, value)}
              onRetry={() => answers.retry(question.id)}
            />
          ))}
        </fieldset>
        {questionnaire === null && <p className="muted">{t('seat.form.none')}</p>}
        <p className="cleared" role="status">
          {cleared && t('seat.form.skippedCleared')}
        </p>
      </div>
    </section>
  )
}

/** A patient who comes from the keypress survey, or from an earlier call, is not asked twice. */
function AnsweredBefore({ record: { answers, questionnaire } }: Pick<FormPanelProps, 'record'>) {
  const { t } = useTranslation()
  const before = (questionnaire?.questions ?? []).filter(({ id }) => isAnswered(answers[id])).length
  if (before === 0) return null
  return (
    <p className="answered-before" data-before={before}>
      {t('seat.form.before', { count: before })}{' '}
      <button type="button" className="link" onClick={goToFirstUnanswered}>
        {t('seat.form.goOn')}
      </button>
    </p>
  )
}

/** Who answers: reports tell a patient's words from a relative's (requirements R05). */
function RespondentChoice({ desk: { respondent }, canWrite }: Pick<FormPanelProps, 'desk' | 'canWrite'>) {
  const { t } = useTranslation()
  const { values, saves } = useSyncExternalStore(respondent.watch, respondent.state)
  const chosen = values.respondent
  // What a keypress survey has said stands until somebody who heard the voice says it better.
  const offered = chosen === 'proxy' ? (['proxy', ...respondents] as const) : respondents
  return (
    <fieldset className="respondent" disabled={!canWrite} data-respondent={chosen ?? ''}>
      <legend className="sr-only">{t('seat.form.respondent')}</legend>
      <span aria-hidden="true">{t('seat.form.respondent')}</span>
      <div className="choices">
        {offered.map((each) => (
          <label className="choice" key={each}>
            <input
              type="radio"
              name="respondent"
              value={each}
              checked={chosen === each}
              onChange={() => respondent.give('respondent', each)}
            />
            <span>{t(`seat.form.respondents.${each}`)}</span>
          </label>
        ))}
      </div>
      <SaveMark save={saves.respondent} onRetry={() => respondent.retry('respondent')} />
    </fieldset>
  )
}

/** Puts the keyboard where the next answer goes. */
export function goToFirstUnanswered(): void {
  const first = ['[data-answered=false] ', '']
    .map((open) => document.querySelector<HTMLElement>(`[data-question]${open.trim()} :is(input, textarea)`))
    .find((field) => field !== null)
  first?.focus()
  first?.closest('[data-question]')?.scrollIntoView({ block: 'nearest' })
}
