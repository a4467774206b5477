import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { LocalText, Name, PromptNames } from '#contact-center/ivr/flow-definition.ts'

/**
 * A questionnaire: one definition that drives the keypress survey and the agent's form, and both write the same
 * answers. A published version is never changed; what was answered under it refers to it.
 * Source: requirements E04–E07, E10, E12, H21–H28, §5.4; vocabulary (`questionnaire`, `answer`, `finding`).
 */

const Code = Type.String({ pattern: '^[a-z][a-z0-9_]*$', maxLength: 64 })

/** The answer's code of a question that was skipped because it does not apply (requirements E10). */
export const notApplicable = 'not_applicable'

/** Which answers something depends on: codes chosen, or a number's range, ends included. */
const AnswerTest = Type.Object(
  {
    in: Type.Optional(Type.Array(Code, { minItems: 1 })),
    min: Type.Optional(Type.Number()),
    max: Type.Optional(Type.Number()),
  },
  { additionalProperties: false },
)
export type AnswerTest = Static<typeof AnswerTest>

/** The question is asked only if this earlier answer passes. */
const EnableWhen = Type.Object({ question: Name, answer: AnswerTest }, { additionalProperties: false })

/** An answer that needs somebody (requirements E12): red at once, yellow in the day's work. */
const FindingRule = Type.Object(
  {
    level: Type.Union([Type.Literal('red'), Type.Literal('yellow')]),
    answer: AnswerTest,
    text: LocalText,
  },
  { additionalProperties: false },
)

export const Option = Type.Object(
  {
    code: Code,
    label: LocalText,
    /** Key in a keypress survey: 1 to 8. */
    key: Type.Optional(Type.String({ pattern: '^[0-9*#]$' })),
    /** Spoken label, for reading choices back. */
    prompt: Type.Optional(Name),
    /** Worth of this answer; null or absent: not counted (requirements §5.4, "don't know"). */
    score: Type.Optional(Type.Union([Type.Number({ minimum: 0, maximum: 10_000 }), Type.Null()])),
    /** Cannot be chosen beside others (requirements H24). */
    exclusive: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
)
export type Option = Static<typeof Option>

const questionParts = {
  id: Name,
  text: LocalText,
  /** Read by the agent, or shown under the question. */
  hint: Type.Optional(LocalText),
  /** Spoken in a keypress survey: the question, then its options, each before its key. */
  prompts: Type.Optional(PromptNames),
  required: Type.Boolean(),
  /** All of these must hold. */
  enableWhen: Type.Optional(Type.Array(EnableWhen, { minItems: 1 })),
  findings: Type.Optional(Type.Array(FindingRule, { minItems: 1 })),
}

const SingleChoice = Type.Object(
  {
    kind: Type.Literal('single'),
    ...questionParts,
    options: Type.Array(Option, { minItems: 2, maxItems: 50 }),
    /** How much it counts in the score. Default 1 (requirements H28). */
    weight: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1_000 })),
  },
  { additionalProperties: false },
)

const MultipleChoice = Type.Object(
  {
    kind: Type.Literal('multiple'),
    ...questionParts,
    options: Type.Array(Option, { minItems: 2, maxItems: 50 }),
    minPicks: Type.Optional(Type.Integer({ minimum: 0 })),
    maxPicks: Type.Optional(Type.Integer({ minimum: 1 })),
  },
  { additionalProperties: false },
)

const NumberQuestion = Type.Object(
  {
    kind: Type.Literal('number'),
    ...questionParts,
    min: Type.Number({ minimum: 0 }),
    max: Type.Number({ minimum: 0 }),
    decimals: Type.Optional(Type.Integer({ minimum: 0, maximum: 4 })),
    unit: Type.Optional(LocalText),
  },
  { additionalProperties: false },
)

/** Written by an agent (requirements H22, H25); no keypress survey can ask it. */
const TextQuestion = Type.Object(
  { kind: Type.Literal('text'), ...questionParts, maxLength: Type.Integer({ minimum: 1, maximum: 10_000 }) },
  { additionalProperties: false },
)

/** A calendar date, `2026-03-01` (requirements H22); for the agent's form. */
const DateQuestion = Type.Object({ kind: Type.Literal('date'), ...questionParts }, { additionalProperties: false })

/** A spoken answer kept as its own sound (requirements E07); no node asks it yet. */
const ClipQuestion = Type.Object(
  { kind: Type.Literal('clip'), ...questionParts, maxSeconds: Type.Integer({ minimum: 1, maximum: 60 }) },
  { additionalProperties: false },
)

const Question = Type.Union([SingleChoice, MultipleChoice, NumberQuestion, TextQuestion, DateQuestion, ClipQuestion])
export type Question = Static<typeof Question>

const Grade = Type.Object({ from: Type.Number(), label: LocalText }, { additionalProperties: false })

export const Questionnaire = Type.Object(
  {
    id: Name,
    /** 1, 2, 3 …; given when it is published. */
    version: Type.Integer({ minimum: 1 }),
    title: LocalText,
    /** What an agent says before the first question; `{name}` and `{site}` are filled in (requirements D11). */
    script: Type.Optional(LocalText),
    questions: Type.Array(Question, { minItems: 1, maxItems: 200 }),
    /** Names of scores, 0–100, each from its lower end on (requirements H28). */
    grades: Type.Optional(Type.Array(Grade, { minItems: 1 })),
  },
  { additionalProperties: false },
)
export type Questionnaire = Static<typeof Questionnaire>

export const questionnaireShape = Compile(Questionnaire)

/** One question's schema by its kind, so that an error is told of the kind that was meant. */
export const questionShapes = {
  single: Compile(SingleChoice),
  multiple: Compile(MultipleChoice),
  number: Compile(NumberQuestion),
  text: Compile(TextQuestion),
  date: Compile(DateQuestion),
  clip: Compile(ClipQuestion),
} as const

/** An option's code, a number, the codes of several, text, an ISO date; or {@link notApplicable}. */
export type AnswerValue = string | number | readonly string[]

/** By question id. */
export type Answers = Readonly<Record<string, AnswerValue>>

export type AnswerFault =
  | 'not_an_option'
  | 'too_few'
  | 'too_many'
  | 'exclusive'
  | 'not_a_number'
  | 'out_of_range'
  | 'not_text'
  | 'not_a_date'

/** Why a value is no answer to the question; null when it is one. */
export function answerFault(question: Question, value: unknown): AnswerFault | null {
  switch (question.kind) {
    case 'single':
      return question.options.some(({ code }) => code === value) ? null : 'not_an_option'
    case 'multiple':
      return picksFault(question, value)
    case 'number':
      if (typeof value !== 'number' || !Number.isFinite(value)) return 'not_a_number'
      if (value < question.min || value > question.max) return 'out_of_range'
      return hasAtMost(question.decimals ?? 0, value) ? null : 'out_of_range'
    case 'date':
      return isDate(value) ? null : 'not_a_date'
    case 'text':
      return isText(value) && value.length <= question.maxLength ? null : 'not_text'
    case 'clip':
      return isText(value) ? null : 'not_text'
  }
}

/** Something is written, and every character of it can be stored: no NUL, no half of a surrogate pair. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '' && !value.includes('\0') && value.isWellFormed()
}

function picksFault(
  { options, minPicks = 1, maxPicks = options.length }: Static<typeof MultipleChoice>,
  value: unknown,
) {
  if (!Array.isArray(value)) return 'not_an_option'
  const picks = options.filter(({ code }) => value.includes(code))
  if (picks.length !== value.length) return 'not_an_option'
  if (picks.length > 1 && picks.some(({ exclusive }) => exclusive === true)) return 'exclusive'
  if (picks.length < minPicks) return 'too_few'
  return picks.length > maxPicks ? 'too_many' : null
}

function hasAtMost(decimals: number, value: number): boolean {
  return Number(value.toFixed(decimals)) === value
}

function isDate(value: unknown): boolean {
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(value)) return false
  const date = new Date(`${value}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(value)
}

/** Whether the answers so far let the question be asked. An answer that is missing or was skipped enables nothing. */
export function isEnabled(question: Question, answers: Answers): boolean {
  return (question.enableWhen ?? []).every(({ question: earlier, answer }) => passes(answer, answers[earlier]))
}

/** Whether an answer is one of those meant. */
export function passes(test: AnswerTest, value: AnswerValue | undefined): boolean {
  if (value === undefined || value === notApplicable) return false
  if (test.in !== undefined) {
    const chosen = Array.isArray(value) ? value : [value]
    if (!test.in.some((code) => chosen.includes(code))) return false
  }
  if (test.min === undefined && test.max === undefined) return true
  return typeof value === 'number' && value >= (test.min ?? -Infinity) && value <= (test.max ?? Infinity)
}

/**
 * Questions that do not apply after these answers, whatever still stands under them: what a skipped question's row says
 * (requirements E10). What depends on one of them does not apply either.
 */
export function notAsked({ questions }: Questionnaire, answers: Answers): readonly Question[] {
  const skipped: Question[] = []
  const held: Record<string, AnswerValue> = {}
  for (const question of questions) {
    const value = answers[question.id]
    if (!isEnabled(question, held)) skipped.push(question)
    else if (value !== undefined && answerFault(question, value) === null) held[question.id] = value
  }
  return skipped
}

/** The first required question that applies and has no answer; null when nothing required is missing. */
export function firstMissing(questionnaire: Questionnaire, answers: Answers): Question | null {
  const skipped = new Set(notAsked(questionnaire, answers))
  return (
    questionnaire.questions.find((question) => {
      const value = answers[question.id]
      const answered = value !== undefined && answerFault(question, value) === null
      return question.required && !answered && !skipped.has(question)
    }) ?? null
  )
}

/** What is to be asked next, and which questions on the way there do not apply. */
export interface NextQuestion {
  /** Null when everything is answered. */
  readonly question: Question | null
  /** Position in the questionnaire, from 0. */
  readonly index: number
  readonly skipped: readonly Question[]
}

/**
 * The first question without a valid answer, in the questionnaire's order: where an interrupted survey goes on.
 * @param answers of this and of earlier attempts; values that are no answers (of an older version) do not count
 */
export function nextQuestion({ questions }: Questionnaire, answers: Answers): NextQuestion {
  const skipped: Question[] = []
  const held: Record<string, AnswerValue> = {}
  for (const [index, question] of questions.entries()) {
    const value = answers[question.id]
    if (!isEnabled(question, held)) {
      if (value !== notApplicable) skipped.push(question)
    } else if (value !== undefined && answerFault(question, value) === null) {
      held[question.id] = value
    } else {
      return { question, index, skipped }
    }
  }
  return { question: null, index: questions.length, skipped }
}

/** The answers that are valid for this version, skipped questions included as {@link notApplicable}. */
export function validAnswers({ questions }: Questionnaire, answers: Answers): Answers {
  const valid: Record<string, AnswerValue> = {}
  for (const question of questions) {
    const value = answers[question.id]
    if (value === notApplicable || (value !== undefined && answerFault(question, value) === null)) {
      valid[question.id] = value
    }
  }
  return valid
}

/** Whether nothing required is missing: what an agent's form asks before it closes. */
export function isComplete(questionnaire: Questionnaire, answers: Answers): boolean {
  return firstMissing(questionnaire, answers) === null
}

export function isAnswered(value: AnswerValue | undefined): boolean {
  return value !== undefined && value !== notApplicable
}
