import { Button, InputNumber, Select, Switch } from 'antd'
import { useTranslation } from 'react-i18next'
import type { PromptFacts } from '#contact-center/prompts/own-prompt-schema.ts'
import type { DraftQuestion } from '#follow-up/questionnaire/questionnaire-draft.ts'
import { type Kind, removeQuestion, replaceQuestion, withQuestion } from './draft-steps.ts'
import { FieldFindings } from './field-findings.tsx'
import { OptionRows } from './option-rows.tsx'
import { PromptRows } from './prompt-rows.tsx'
import { ConditionRows, RuleRows } from './rule-rows.tsx'
import { TextPair } from './text-pair.tsx'
import type { DraftHandle } from './use-shared-draft.ts'

export interface QuestionPart {
  readonly question: DraftQuestion
  readonly path: string
  readonly onChange: (change: Partial<DraftQuestion>) => void
}

/** One question: what is read, what is heard, what may be answered, when it is asked, what its answers mean. */
export function QuestionEditor({
  draft,
  index,
  question,
  facts,
  speech,
  onMade,
}: {
  readonly draft: DraftHandle
  readonly index: number
  readonly question: DraftQuestion
  readonly facts: ReadonlyMap<string, PromptFacts>
  readonly speech: boolean
  readonly onMade: (prompt: PromptFacts) => void
}) {
  const { t } = useTranslation()
  const path = `/questions/${index}`
  const onChange = (change: Partial<DraftQuestion>) => draft.change((before) => withQuestion(before, index, change))
  const part: QuestionPart = { question, path, onChange }
  const { kind, required } = question
  const choice = kind === 'single' || kind === 'multiple'
  const kinds: readonly Kind[] = [
    'single',
    'multiple',
    'number',
    'text',
    'date',
    ...(kind === 'clip' ? (['clip'] as const) : []),
  ]
  const shown = ['text', 'hint', 'options', 'prompts', 'enableWhen', 'findings', 'unit', ...ranges]
  return (
    <section className="panel question-editor" aria-label={t('questionnaires.question', { number: index + 1 })}>
      <h2>
        {t('questionnaires.question', { number: index + 1 })} <code className="muted">{question.id}</code>
        <span className="fill" />
        <Button danger size="small" onClick={() => draft.change((before) => removeQuestion(before, index))}>
          {t('questionnaires.removeQuestion')}
        </Button>
      </h2>
      <div className="question-fields">
        <div className="draft-row">
          <Select<Kind>
            value={kind}
            aria-label={t('questionnaires.kindField')}
            onChange={(next) =>
              onChange({ kind: next, ...(next === 'text' ? { maxLength: question.maxLength ?? 500 } : {}) })
            }
            options={kinds.map((value) => ({ value, label: t(`questionnaires.kind.${value}`) }))}
          />
          <Switch
            id={`required-${question.id}`}
            checked={required}
            onChange={(checked) => onChange({ required: checked })}
          />
          <label htmlFor={`required-${question.id}`}>{t('questionnaires.required')}</label>
        </div>
        <FieldFindings path={path} but={shown.map((field) => `${path}/${field}`)} />
        <TextPair
          label={t('questionnaires.readText')}
          path={`${path}/text`}
          value={question.text}
          onChange={(text) => onChange({ text })}
        />
        <TextPair
          label={t('questionnaires.instruction')}
          path={`${path}/hint`}
          value={question.hint}
          onChange={(hint) => onChange({ hint })}
        />
        {choice && <OptionRows {...part} byKeys={draft.byKeys} />}
        <Ranges {...part} onReplace={(next) => draft.change((before) => replaceQuestion(before, index, next))} />
        {draft.byKeys && <PromptRows {...part} facts={facts} speech={speech} onMade={onMade} />}
        <ConditionRows {...part} earlier={draft.document.questions.slice(0, index)} />
        <RuleRows {...part} />
      </div>
    </section>
  )
}

const ranges = ['min', 'max', 'decimals', 'weight', 'minPicks', 'maxPicks', 'maxLength', 'maxSeconds'] as const
type Range = (typeof ranges)[number]

const rangesOf: Readonly<Record<Kind, readonly Range[]>> = {
  single: ['weight'],
  multiple: ['minPicks', 'maxPicks'],
  number: ['min', 'max', 'decimals'],
  text: ['maxLength'],
  date: [],
  clip: ['maxSeconds'],
}

function Ranges({
  question,
  path,
  onChange,
  onReplace,
}: QuestionPart & { readonly onReplace: (question: DraftQuestion) => void }) {
  const { t } = useTranslation()
  const fields = rangesOf[question.kind]
  const put = (field: Range, value: number | null) => {
    // A number that was taken away is absent, not null.
    const { [field]: _gone, ...rest } = question
    onReplace(value === null ? rest : { ...rest, [field]: value })
  }
  return (
    <>
      {fields.length > 0 && (
        <div className="draft-row">
          {fields.map((field) => (
            <span key={field} className="draft-number">
              <label htmlFor={`${field}-${question.id}`}>{t(`questionnaires.field.${field}`)}</label>
              <InputNumber
                id={`${field}-${question.id}`}
                value={question[field] ?? null}
                onChange={(value) => put(field, value)}
              />
            </span>
          ))}
        </div>
      )}
      {ranges.map((field) => (
        <FieldFindings key={field} path={`${path}/${field}`} />
      ))}
      {question.kind === 'number' && (
        <TextPair
          label={t('questionnaires.field.unit')}
          path={`${path}/unit`}
          value={question.unit ?? { zh: '', en: '' }}
          onChange={(unit) => onChange({ unit })}
        />
      )}
    </>
  )
}
