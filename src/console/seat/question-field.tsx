import { Button, DatePicker, Input } from 'antd'
import dayjs from 'dayjs'
import { type KeyboardEvent, type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { AnswerValue, Question } from '#follow-up/questionnaire/questionnaire.ts'
import { currentLanguage } from '../text/i18n.ts'
import type { SaveState } from './auto-saver.ts'
import { FindingMark } from './finding-mark.tsx'
import { isAnswered, isScale, numberOf, withPick } from './form-rules.ts'
import { SaveMark } from './save-mark.tsx'
import type { Finding } from './seat-api.ts'
import { useDraft } from './use-draft.ts'

interface QuestionFieldProps {
  readonly question: Question
  /** Position in the questionnaire, from 1. */
  readonly number: number
  readonly value: AnswerValue | undefined
  readonly save: SaveState | undefined
  /** The answer needs somebody, as the server judges it. */
  readonly finding: Finding | undefined
  /** Null takes the answer back. */
  readonly onGive: (value: AnswerValue | null) => void
  readonly onRetry: () => void
}

type Kind = Question['kind']
type FieldProps<K extends Kind> = Pick<QuestionFieldProps, 'value' | 'onGive'> & {
  readonly question: Extract<Question, { kind: K }>
  readonly labelId: string
}

/** One question as its definition has it, with what became of its answer. */
export function QuestionField({ question, number, value, save, finding, onGive, onRetry }: QuestionFieldProps) {
  const { t } = useTranslation()
  const language = currentLanguage()
  const { id, required, text, hint } = question
  const labelId = `question-${id}`
  const answered = isAnswered(value)
  return (
    <fieldset className="question-field" aria-labelledby={labelId} data-question={id} data-answered={answered}>
      <div className="question-head">
        <span id={labelId} className="question-text">
          <span className="number">{number}.</span> {text[language]}
          <em data-required={required}>{t(required ? 'seat.form.required' : 'seat.form.optional')}</em>
        </span>
        <SaveMark save={save} onRetry={onRetry} />
        {answered && (
          <Button size="small" type="text" onClick={() => onGive(null)} aria-describedby={labelId}>
            {t('seat.form.clear')}
          </Button>
        )}
      </div>
      {hint !== undefined && <p className="question-hint">{hint[language]}</p>}
      <Field question={question} value={value} onGive={onGive} labelId={labelId} />
      <FindingMark finding={finding} />
    </fieldset>
  )
}

function Field({ question, ...rest }: FieldProps<Kind>) {
  const { t } = useTranslation()
  switch (question.kind) {
    case 'single':
      return <SingleField question={question} {...rest} />
    case 'multiple':
      return <MultipleField question={question} {...rest} />
    case 'number':
      return <NumberField question={question} {...rest} />
    case 'text':
      return <TextField question={question} {...rest} />
    case 'date':
      return <DateField question={question} {...rest} />
    case 'clip':
      return <p className="muted">{t('seat.form.unsupported')}</p>
  }
}

/** A digit stands for the option with this key, as in the keypress survey; where no option has one, for its place. */
function codeOfKey(options: FieldProps<'single'>['question']['options'], key: string): string | null {
  if (!/^[1-9]$/.test(key)) return null
  const keyed = options.some((option) => option.key !== undefined)
  return (keyed ? options.find((option) => option.key === key) : options[Number(key) - 1])?.code ?? null
}

function SingleField({ question, value, onGive }: FieldProps<'single'>) {
  const language = currentLanguage()
  const byKey = (event: KeyboardEvent) => {
    const code = codeOfKey(question.options, event.key)
    if (code !== null) onGive(code)
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys that bubble from the radio buttons inside
    <div className={isScale(question) ? 'choices scale' : 'choices'} onKeyDown={byKey}>
      {question.options.map(({ code, label, key }) => (
        <Choice
          key={code}
          type="radio"
          name={`question-${question.id}`}
          label={label[language]}
          digit={key}
          checked={value === code}
          onPress={() => onGive(code)}
        />
      ))}
    </div>
  )
}

function MultipleField({ question, value, onGive }: FieldProps<'multiple'>) {
  const { t } = useTranslation()
  const language = currentLanguage()
  const { options, minPicks = 1, maxPicks = options.length } = question
  const [full, setFull] = useState(false)
  // Picks below the least number are no answer yet: they stand here until they are.
  const [partial, setPartial] = useState<readonly string[] | null>(null)
  const picks = partial ?? (Array.isArray(value) ? value.filter((pick) => typeof pick === 'string') : [])
  const press = (code: string) => {
    const next = withPick(question, picks, code)
    setFull(next === null)
    if (next === null) return
    if (next.length === 0 || next.length >= minPicks) {
      setPartial(null)
      onGive(next.length === 0 ? null : next)
    } else {
      setPartial(next)
      if (isAnswered(value)) onGive(null)
    }
  }
  const byKey = (event: KeyboardEvent) => {
    const code = codeOfKey(options, event.key)
    if (code !== null) press(code)
  }
  const bounded = question.minPicks !== undefined || question.maxPicks !== undefined
  return (
    <>
      {bounded && <p className="question-hint">{t('seat.form.picks', { min: minPicks, max: maxPicks })}</p>}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: keys that bubble from the boxes inside */}
      <div className="choices" onKeyDown={byKey}>
        {options.map(({ code, label, key, exclusive }) => (
          <Choice
            key={code}
            type="checkbox"
            name={`question-${question.id}`}
            label={`${label[language]}${exclusive ? t('seat.form.exclusive') : ''}`}
            digit={key}
            checked={picks.includes(code)}
            onPress={() => press(code)}
          />
        ))}
      </div>
      <Fault>
        {full
          ? t('seat.form.tooManyPicks', { max: maxPicks })
          : partial !== null
            ? t('seat.form.tooFewPicks', { min: minPicks })
            : null}
      </Fault>
    </>
  )
}

interface ChoiceProps {
  readonly type: 'radio' | 'checkbox'
  readonly name: string
  readonly label: string
  /** Key of the option. */
  readonly digit: string | undefined
  readonly checked: boolean
  readonly onPress: () => void
}

function Choice({ type, name, label, digit, checked, onPress }: ChoiceProps) {
  return (
    <label className="choice">
      <input type={type} name={name} checked={checked} onChange={onPress} />
      <span>{label}</span>
      {digit !== undefined && <kbd>{digit}</kbd>}
    </label>
  )
}

function NumberField({ question, value, onGive, labelId }: FieldProps<'number'>) {
  const { t } = useTranslation()
  const [wrong, setWrong] = useState(false)
  const { min, max, decimals = 0, unit } = question
  const draft = useDraft(typeof value === 'number' ? String(value) : '', (text) => {
    const empty = text.trim() === ''
    const number = numberOf(question, text)
    setWrong(!empty && number === null)
    if (empty) {
      if (isAnswered(value)) onGive(null)
      return true
    }
    if (number === null) return false
    if (number !== value) onGive(number)
    return true
  })
  return (
    <>
      <Input
        className="number-field"
        inputMode="decimal"
        autoComplete="off"
        aria-labelledby={labelId}
        aria-invalid={wrong}
        status={wrong ? 'error' : ''}
        suffix={unit?.[currentLanguage()] ?? <span />}
        placeholder={`${min}–${max}`}
        value={draft.value}
        onChange={(event) => draft.type(event.target.value)}
        onBlur={draft.flush}
        onPressEnter={draft.flush}
      />
      <Fault>
        {wrong && t(decimals === 0 ? 'seat.form.notANumber' : 'seat.form.notANumberDecimals', { min, max, decimals })}
      </Fault>
    </>
  )
}

function TextField({ question: { maxLength }, value, onGive, labelId }: FieldProps<'text'>) {
  const { t } = useTranslation()
  const draft = useDraft(typeof value === 'string' && isAnswered(value) ? value : '', (text) => {
    if (text.trim() === '') {
      if (isAnswered(value)) onGive(null)
    } else if (text !== value) onGive(text)
    return true
  })
  return (
    <>
      <Input.TextArea
        aria-labelledby={labelId}
        autoSize={{ minRows: 2, maxRows: 6 }}
        maxLength={maxLength}
        value={draft.value}
        onChange={(event) => draft.type(event.target.value)}
        onBlur={draft.flush}
      />
      {draft.value.length > maxLength * 0.8 && (
        <span className="muted number">{t('seat.form.characters', { used: draft.value.length, most: maxLength })}</span>
      )}
    </>
  )
}

function DateField({ value, onGive, labelId }: FieldProps<'date'>) {
  const day = typeof value === 'string' && isAnswered(value) ? dayjs(value) : null
  return (
    <DatePicker
      className="date-field"
      aria-labelledby={labelId}
      format="YYYY-MM-DD"
      value={day}
      onChange={(chosen: dayjs.Dayjs | null) => onGive(chosen === null ? null : chosen.format('YYYY-MM-DD'))}
    />
  )
}

function Fault({ children }: { readonly children: ReactNode }) {
  if (children === null || children === false) return null
  return (
    <p className="field-fault" role="alert">
      {children}
    </p>
  )
}
