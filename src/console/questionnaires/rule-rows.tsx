import { Button, InputNumber, Select } from 'antd'
import { useTranslation } from 'react-i18next'
import type { DraftQuestion } from '#follow-up/questionnaire/questionnaire-draft.ts'
import { replaced, without } from './draft-steps.ts'
import { FieldFindings } from './field-findings.tsx'
import type { QuestionPart } from './question-editor.tsx'
import { TextPair } from './text-pair.tsx'

type Test = DraftQuestion['enableWhen'][number]['answer']

/** When the question is asked: all of it must hold (requirements E10). */
export function ConditionRows({
  question,
  path,
  onChange,
  earlier,
}: QuestionPart & { readonly earlier: readonly DraftQuestion[] }) {
  const { t } = useTranslation()
  const { enableWhen } = question
  const asked = earlier.filter(({ kind }) => kind === 'single' || kind === 'multiple' || kind === 'number')
  const put = (next: typeof enableWhen) => onChange({ enableWhen: next })
  const first = asked.at(-1)
  if (enableWhen.length === 0 && first === undefined) return null
  return (
    <fieldset className="draft-group">
      <legend>{t('questionnaires.field.enableWhen')}</legend>
      {enableWhen.map((condition, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a condition has no name of its own
        <div key={index}>
          <div className="draft-row">
            <Select
              value={condition.question}
              aria-label={t('questionnaires.earlier')}
              className="grow"
              onChange={(id) => put(replaced(enableWhen, index, { question: id, answer: {} }))}
              options={asked.map(({ id, text }) => ({ value: id, label: text.zh.trim() || id }))}
            />
            <AnswerTest
              question={earlier.find(({ id }) => id === condition.question)}
              test={condition.answer}
              onChange={(answer) => put(replaced(enableWhen, index, { answer }))}
            />
            <Button type="text" onClick={() => put(without(enableWhen, index))}>
              {t('questionnaires.remove')}
            </Button>
          </div>
          <FieldFindings path={`${path}/enableWhen/${index}`} />
        </div>
      ))}
      {first !== undefined && (
        <Button size="small" onClick={() => put([...enableWhen, { question: first.id, answer: {} }])}>
          {t('questionnaires.addCondition')}
        </Button>
      )}
    </fieldset>
  )
}

/** Which answers need somebody, and what is then told (requirements E12). */
export function RuleRows({ question, path, onChange }: QuestionPart) {
  const { t } = useTranslation()
  const { findings, kind } = question
  if (kind !== 'single' && kind !== 'multiple' && kind !== 'number') return null
  const put = (next: typeof findings) => onChange({ findings: next })
  return (
    <fieldset className="draft-group">
      <legend>{t('questionnaires.field.findings')}</legend>
      {findings.map((rule, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a rule has no name of its own
        <div key={index}>
          <div className="draft-row">
            <Select
              value={rule.level}
              aria-label={t('questionnaires.levelField')}
              onChange={(level) => put(replaced(findings, index, { level }))}
              options={(['red', 'yellow'] as const).map((level) => ({
                value: level,
                label: t(`questionnaires.level.${level}`),
              }))}
            />
            <AnswerTest
              question={question}
              test={rule.answer}
              onChange={(answer) => put(replaced(findings, index, { answer }))}
            />
            <Button type="text" onClick={() => put(without(findings, index))}>
              {t('questionnaires.remove')}
            </Button>
          </div>
          <FieldFindings path={`${path}/findings/${index}/answer`} />
          <TextPair
            label={t('questionnaires.findingText')}
            path={`${path}/findings/${index}/text`}
            value={rule.text}
            onChange={(text) => put(replaced(findings, index, { text }))}
          />
        </div>
      ))}
      <Button
        size="small"
        onClick={() => put([...findings, { level: 'yellow', answer: {}, text: { zh: '', en: '' } }])}
      >
        {t('questionnaires.addFinding')}
      </Button>
    </fieldset>
  )
}

/** The answers that a rule means: of a choice its options, of a number a range. */
function AnswerTest({
  question,
  test,
  onChange,
}: {
  readonly question: DraftQuestion | undefined
  readonly test: Test
  readonly onChange: (test: Test) => void
}) {
  const { t } = useTranslation()
  if (question?.kind === 'number') {
    const end = (name: 'min' | 'max', value: number | null) => {
      const { [name]: _gone, ...rest } = test
      onChange(value === null ? rest : { ...rest, [name]: value })
    }
    return (
      <>
        <InputNumber
          value={test.min ?? null}
          placeholder={t('questionnaires.field.min')}
          aria-label={t('questionnaires.field.min')}
          onChange={(value) => end('min', value)}
        />
        <InputNumber
          value={test.max ?? null}
          placeholder={t('questionnaires.field.max')}
          aria-label={t('questionnaires.field.max')}
          onChange={(value) => end('max', value)}
        />
      </>
    )
  }
  return (
    <Select
      mode="multiple"
      className="grow"
      value={test.in ?? []}
      placeholder={t('questionnaires.answers')}
      aria-label={t('questionnaires.answers')}
      onChange={(codes) => onChange(codes.length === 0 ? {} : { in: codes })}
      options={(question?.options ?? []).map(({ code, label }) => ({ value: code, label: label.zh.trim() || code }))}
    />
  )
}
