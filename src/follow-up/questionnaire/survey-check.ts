import { type Finding, fault, hasFaults, pointer, under, warning } from '#contact-center/ivr/flow-finding.ts'
import { keyFindings } from '#contact-center/ivr/nodes/menu-node.ts'
import type { PromptBook } from '#contact-center/ivr/prompt-library.ts'
import { UserError } from '#platform/errors/errors.ts'
import type { Option, Question, Questionnaire } from './questionnaire.ts'
import { checkQuestionnaire } from './questionnaire-check.ts'
import './questionnaire-errors.ts'

export interface SurveyInQuestion {
  readonly id: string
  /** The questionnaire as the call would bring it; undefined when nobody has it. */
  readonly document: unknown
  readonly prompts: PromptBook
  readonly readsBack: boolean
}

/** Longest survey an ear stays with (requirements E11). */
const maxQuestions = 8
const maxMs = 3 * 60_000
/** For the person to decide and press, a question. */
const answeringMs = 4_000

/**
 * What keeps a questionnaire from being asked by keys: kinds, keys, prompts. Paths lead on from the survey node's
 * `questionnaire`, into the questionnaire's own document.
 */
export function surveyFindings({ id, document, prompts, readsBack }: SurveyInQuestion): Finding[] {
  if (document === undefined || document === null) {
    return [fault('SURVEY_QUESTIONNAIRE_UNKNOWN', '/questionnaire', { questionnaire: id })]
  }
  const { questionnaire, findings } = checkQuestionnaire(document)
  if (questionnaire === null || findings.length > 0) {
    return findings.map(({ code, path, params }) =>
      fault('SURVEY_QUESTIONNAIRE_INVALID', '/questionnaire', {
        questionnaire: id,
        at: path,
        reason: new UserError(code, params).message,
      }),
    )
  }
  return askedFindings(questionnaire, { prompts, readsBack }).map((finding) => under('/questionnaire', finding))
}

/** The same of a questionnaire alone; paths lead into its document. */
export function askedFindings(
  questionnaire: Questionnaire,
  { prompts, readsBack }: Pick<SurveyInQuestion, 'prompts' | 'readsBack'>,
): Finding[] {
  const perQuestion = questionnaire.questions.flatMap((question, index) =>
    questionFindings(question, prompts, readsBack).map((finding) => under(pointer('questions', index), finding)),
  )
  return [...perQuestion, ...scaleFindings(questionnaire), ...lengthFindings(questionnaire, prompts)]
}

/** Whether a keypress survey can put all its questions; read back or not. */
export function canBeAskedByKeys(document: unknown, prompts: PromptBook): boolean {
  return !hasFaults(surveyFindings({ id: '', document, prompts, readsBack: false }))
}

function questionFindings(question: Question, prompts: PromptBook, readsBack: boolean): Finding[] {
  const { id, kind } = question
  if (kind !== 'single' && kind !== 'multiple' && kind !== 'number') {
    return [fault('SURVEY_KIND_UNSUPPORTED', '/kind', { question: id, kind })]
  }
  const spoken = question.prompts ?? []
  const findings = spoken.flatMap((prompt, index) => prompts.check(prompt, pointer('prompts', index)))
  if (spoken.length === 0) findings.push(fault('SURVEY_PROMPT_MISSING', '/prompts', { question: id }))
  if (kind === 'number') return findings
  findings.push(...keyFindings(question.options.map(({ key }) => key ?? '')).filter(({ params }) => params.key !== ''))
  const said = spoken.map((prompt) => prompts.text(prompt) ?? '').join(' ')
  for (const [index, option] of question.options.entries()) {
    const path = pointer('options', index)
    if (option.key === undefined) {
      findings.push(fault('SURVEY_KEY_MISSING', `${path}/key`, { question: id, code: option.code }))
    } else if (said.trim() !== '' && !saysOption(said, option, option.key)) {
      const label = option.label.zh
      findings.push(warning('SURVEY_KEY_UNSAID', `${path}/key`, { question: id, label, key: option.key }))
    }
    if (kind !== 'multiple' || !readsBack) continue
    if (option.prompt === undefined) {
      findings.push(fault('SURVEY_READ_BACK_MISSING', `${path}/prompt`, { question: id, code: option.code }))
    } else {
      findings.push(...prompts.check(option.prompt, `${path}/prompt`))
    }
  }
  return findings
}

/** The option is said, and then its key, before anything else is: "满意请按2" (requirements E04). */
function saysOption(said: string, { label }: Option, key: string): boolean {
  return [label.zh, label.en].some((name) =>
    // NFKC makes full-width punctuation plain.
    said
      .normalize('NFKC')
      .split(/[,.;:!?\u3001\u3002]/)
      .some((part) => {
        const at = part.indexOf(name)
        return at >= 0 && part.indexOf(key, at + name.length) >= 0
      }),
  )
}

/** The same answer has the same key in every question (requirements E04). */
function scaleFindings({ questions }: Questionnaire): Finding[] {
  const keys = new Map<string, string>()
  const findings: Finding[] = []
  for (const [index, question] of questions.entries()) {
    if (question.kind !== 'single') continue
    for (const [at, { code, key }] of question.options.entries()) {
      if (key === undefined) continue
      const known = keys.get(code) ?? key
      keys.set(code, known)
      if (known === key) continue
      const path = pointer('questions', index, 'options', at, 'key')
      findings.push(warning('SURVEY_SCALE_DIFFERS', path, { question: question.id, code, key }))
    }
  }
  return findings
}

function lengthFindings({ questions }: Questionnaire, prompts: PromptBook): Finding[] {
  const spokenMs = questions
    .flatMap((question) => question.prompts ?? [])
    .reduce((sum, prompt) => sum + (prompts.durationMs(prompt) ?? 0), 0)
  const totalMs = spokenMs + questions.length * answeringMs
  if (questions.length <= maxQuestions && totalMs <= maxMs) return []
  const minutes = Math.round(totalMs / 6_000) / 10
  return [warning('SURVEY_LONG', '', { questions: questions.length, minutes })]
}
