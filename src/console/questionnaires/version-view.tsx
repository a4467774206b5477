import { Tag } from 'antd'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { PromptFacts } from '#contact-center/prompts/own-prompt-schema.ts'
import type { AnswerTest, Question } from '#follow-up/questionnaire/questionnaire.ts'
import type { PublishedVersion, QuestionnaireCard } from '#follow-up/questionnaire/questionnaire-schema.ts'
import { PlayButton, PromptState } from '../prompts/prompt-state.tsx'
import { currentLanguage } from '../text/i18n.ts'
import { duration } from '../text/time.ts'
import { soundOf } from './questionnaire-api.ts'
import { TrialPanel } from './trial-panel.tsx'

/** A version as it is asked: what the agent reads (text, instruction, answers: requirements Y05), what the patient hears. */
export function VersionView({
  card,
  version,
  actions,
}: {
  readonly card: QuestionnaireCard
  readonly version: PublishedVersion
  readonly actions: ReactNode
}) {
  const { t } = useTranslation()
  const language = currentLanguage()
  const { questionnaire, byKeys } = version
  const facts = new Map(card.prompts.map((prompt) => [prompt.id, prompt]))
  const { title, script, grades = [], questions } = questionnaire
  const heardMs = questions
    .flatMap(({ prompts = [] }) => prompts)
    .reduce((sum, prompt) => sum + (facts.get(prompt)?.durationMs ?? 0), 0)
  return (
    <div className="stack">
      <section className="panel" aria-labelledby="version">
        <h2 id="version">
          {title[language]}
          <span className="number">{t('questionnaires.versionNumber', { version: version.version })}</span>
          <span className="fill" />
          {byKeys && <TrialPanel questionnaireId={card.id} version={version.version} before={async () => true} />}
          {actions}
        </h2>
        <p className="muted questionnaire-note">
          {t(byKeys ? 'questionnaires.byKeys' : 'questionnaires.byAgents')}
          {byKeys && <> · {t('questionnaires.heardFor', { time: duration(heardMs / 1_000) })}</>}
        </p>
        {script !== undefined && (
          <div className="questionnaire-note">
            <h3>{t('questionnaires.script')}</h3>
            <p className="questionnaire-script">{script[language]}</p>
          </div>
        )}
        {grades.length > 0 && (
          <p className="questionnaire-note">
            {t('questionnaires.grades')}{' '}
            {grades.map(({ from, label }) => (
              <Tag key={from}>{t('questionnaires.gradeFrom', { from, label: label[language] })}</Tag>
            ))}
          </p>
        )}
      </section>
      {questions.map((question, index) => (
        <QuestionView key={question.id} question={question} number={index + 1} questions={questions} facts={facts} />
      ))}
    </div>
  )
}

function QuestionView({
  question,
  number,
  questions,
  facts,
}: {
  readonly question: Question
  readonly number: number
  readonly questions: readonly Question[]
  readonly facts: ReadonlyMap<string, PromptFacts>
}) {
  const { t } = useTranslation()
  const language = currentLanguage()
  const { text, hint, kind, required, enableWhen = [], findings = [], prompts = [] } = question
  return (
    <article className="panel question-view" data-question={question.id}>
      <h3>
        <span className="number">{number}.</span> {text[language]}
        <Tag>{t(`questionnaires.kind.${kind}`)}</Tag>
        {!required && <Tag>{t('questionnaires.optional')}</Tag>}
      </h3>
      {hint !== undefined && <p className="question-hint">{hint[language]}</p>}
      {enableWhen.map(({ question: earlier, answer }) => (
        <p key={earlier} className="muted">
          {t('questionnaires.onlyWhen', {
            number: questions.findIndex(({ id }) => id === earlier) + 1,
            answer: testWords(questions, earlier, answer, language),
          })}
        </p>
      ))}
      {'options' in question && (
        <ul className="question-options">
          {question.options.map(({ code, label, key, score, exclusive }) => (
            <li key={code}>
              {key !== undefined && <kbd>{key}</kbd>} {label[language]}
              {score !== undefined && score !== null && (
                <span className="muted number"> {t('questionnaires.points', { score })}</span>
              )}
              {exclusive === true && <span className="muted"> {t('questionnaires.exclusive')}</span>}
            </li>
          ))}
        </ul>
      )}
      {question.kind === 'number' && (
        <p className="number">
          {question.min} – {question.max} {question.unit?.[language]}
        </p>
      )}
      {findings.map(({ level, answer, text: words }) => (
        <p key={`${level}${JSON.stringify(answer)}`}>
          <Tag color={level === 'red' ? 'red' : 'gold'}>{t(`questionnaires.level.${level}`)}</Tag>
          {testWords(questions, question.id, answer, language)} → {words[language]}
        </p>
      ))}
      {prompts.length > 0 && (
        <div className="question-heard">
          <h4>{t('questionnaires.heard')}</h4>
          {prompts.map((prompt) => {
            const fact = facts.get(prompt)
            return (
              <p key={prompt} data-prompt={prompt}>
                <PlayButton path={soundOf(prompt)} disabled={fact?.source === null} /> {fact?.text ?? prompt}{' '}
                <PromptState fact={fact} />
              </p>
            )
          })}
        </div>
      )}
    </article>
  )
}

/** Which answers a rule means, in the words of the question. */
function testWords(
  questions: readonly Question[],
  id: string,
  { in: codes, min, max }: AnswerTest,
  language: 'zh' | 'en',
): string {
  const question = questions.find((one) => one.id === id)
  const options = question !== undefined && 'options' in question ? question.options : []
  const chosen = codes?.map((code) => options.find((option) => option.code === code)?.label[language] ?? code) ?? []
  const range = min === undefined && max === undefined ? [] : [`${min ?? ''}–${max ?? ''}`]
  return [...chosen, ...range].join('、')
}
