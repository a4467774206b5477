import type { LocalText } from '#contact-center/ivr/flow-definition.ts'
import { type ErrorParams, UserError } from '#platform/errors/errors.ts'
import {
  type AnswerFault,
  type Answers,
  type AnswerValue,
  answerFault,
  firstMissing,
  nextQuestion,
  notApplicable,
  passes,
  type Question,
  type Questionnaire,
} from '../questionnaire/questionnaire.ts'
import type { FilledForm } from '../tasks/agent-outcome.ts'
import './desk-errors.ts'

/** An answer that needs somebody, as the questionnaire says (requirements E12). */
export interface FormFinding {
  readonly questionId: string
  readonly level: 'red' | 'yellow'
  readonly text: LocalText
}

/** How far a form is. */
export interface FormProgress {
  /** Nothing required is missing. */
  readonly complete: boolean
  /** Where an interview goes on: the first question that applies and has no answer; null when there is none. */
  readonly next: string | null
  readonly findings: readonly FormFinding[]
}

const faultCodes = {
  not_an_option: 'DESK_ANSWER_NOT_AN_OPTION',
  too_few: 'DESK_ANSWER_TOO_FEW',
  too_many: 'DESK_ANSWER_TOO_MANY',
  exclusive: 'DESK_ANSWER_EXCLUSIVE',
  not_a_number: 'DESK_ANSWER_NOT_A_NUMBER',
  out_of_range: 'DESK_ANSWER_OUT_OF_RANGE',
  not_text: 'DESK_ANSWER_NOT_TEXT',
  not_a_date: 'DESK_ANSWER_NOT_A_DATE',
} as const satisfies Record<AnswerFault, string>

export function progressOf(questionnaire: Questionnaire, answers: Answers): FormProgress {
  return {
    complete: firstMissing(questionnaire, answers) === null,
    next: nextQuestion(questionnaire, answers).question?.id ?? null,
    findings: findingsOf(questionnaire, answers),
  }
}

/** Each question's first rule that its answer passes. */
export function findingsOf({ questions }: Questionnaire, answers: Answers): readonly FormFinding[] {
  return questions.flatMap(({ id, findings = [] }) => {
    const found = findings.find(({ answer }) => passes(answer, answers[id]))
    return found === undefined ? [] : [{ questionId: id, level: found.level, text: found.text }]
  })
}

/**
 * The value as an answer to the question.
 * @throws UserError DESK_QUESTION_UNKNOWN, DESK_ANSWER_*: named by the question, without the value
 */
export function answerTo({ questions }: Questionnaire, questionId: string, value: unknown): AnswerValue {
  const question = questions.find(({ id }) => id === questionId)
  if (question === undefined) throw new UserError('DESK_QUESTION_UNKNOWN', { question: questionId })
  const fault = answerFault(question, value)
  if (fault !== null) throw new UserError(faultCodes[fault], faultParams(question))
  return asAnswer(value)
}

/** @throws UserError DESK_FORM_INCOMPLETE with the first question that is missing */
export function requireComplete(questionnaire: Questionnaire | null, answers: Answers): void {
  const missing = questionnaire === null ? null : firstMissing(questionnaire, answers)
  if (missing !== null) throw new UserError('DESK_FORM_INCOMPLETE', faultParams(missing))
}

/**
 * The task's own form, whichever is in hand: what the hospital's plan asks was not asked by another.
 * @throws UserError DESK_OWN_FORM_INCOMPLETE
 */
export function requireOwnComplete({ questionnaire, answers }: FilledForm): void {
  if (questionnaire === null || firstMissing(questionnaire, answers) === null) return
  throw new UserError('DESK_OWN_FORM_INCOMPLETE', { form: questionnaire.title.en, formZh: questionnaire.title.zh })
}

/** What a form shows: what was given, without the marks of skipped questions, which follow from the other answers. */
export function shownAnswers(answers: Answers): Answers {
  return Object.fromEntries(Object.entries(answers).filter(([, value]) => value !== notApplicable))
}

function faultParams(question: Question): ErrorParams {
  const { id, text } = question
  const named = { questionId: id, question: text.en, questionZh: text.zh }
  if (question.kind === 'number') {
    return { ...named, min: question.min, max: question.max, decimals: question.decimals ?? 0 }
  }
  return question.kind === 'text' ? { ...named, max: question.maxLength } : { ...named, max: longestClipName }
}

/** A clip is told by the name of its sound. */
const longestClipName = 200

function asAnswer(value: unknown): AnswerValue {
  if (typeof value === 'string' || typeof value === 'number') return value
  return Array.isArray(value) ? value.map(String) : String(value)
}
