import type { Answers, AnswerTest, AnswerValue, Question } from '#follow-up/questionnaire/questionnaire.ts'

/**
 * The questionnaire's rules as the page needs them while somebody types. The server's are in
 * `follow-up/questionnaire/questionnaire.ts` and judge again; the console takes types only from there, and
 * `test/integration/seat-form-rules.test.ts` holds both to the same answers.
 */

/** The answer's code of a question that was skipped because it does not apply. */
export const notApplicable = 'not_applicable'

export function isAnswered(value: AnswerValue | undefined): value is AnswerValue {
  return value !== undefined && value !== notApplicable
}

/** Whether the answers so far let the question be asked. */
export function isEnabled({ enableWhen = [] }: Question, answers: Answers): boolean {
  return enableWhen.every(({ question, answer }) => passes(answer, answers[question]))
}

function passes({ in: codes, min, max }: AnswerTest, value: AnswerValue | undefined): boolean {
  if (!isAnswered(value)) return false
  if (codes !== undefined) {
    const chosen: readonly unknown[] = Array.isArray(value) ? value : [value]
    if (!codes.some((code) => chosen.includes(code))) return false
  }
  if (min === undefined && max === undefined) return true
  return typeof value === 'number' && value >= (min ?? -Infinity) && value <= (max ?? Infinity)
}

/**
 * The questions that apply, in the questionnaire's order. A question that does not apply enables nothing after it,
 * whatever was once answered to it.
 */
export function askedQuestions(questions: readonly Question[], answers: Answers): readonly Question[] {
  const held: Record<string, AnswerValue> = {}
  return questions.filter((question) => {
    if (!isEnabled(question, held)) return false
    const value = answers[question.id]
    if (value !== undefined) held[question.id] = value
    return true
  })
}

/** Required questions that apply and have no answer. */
export function missingQuestions(questions: readonly Question[], answers: Answers): readonly Question[] {
  return askedQuestions(questions, answers).filter(({ required, id }) => required && !isAnswered(answers[id]))
}

/** A number as a person typed it; null when it is none, or none that the question takes. */
export function numberOf(question: Extract<Question, { kind: 'number' }>, typed: string): number | null {
  // NFKC makes full-width digits plain: a Chinese keyboard types them.
  const plain = typed.normalize('NFKC').trim().replace('。', '.')
  if (!/^\d+(\.\d+)?$/.test(plain)) return null
  const value = Number(plain)
  const { min, max, decimals = 0 } = question
  return value >= min && value <= max && Number(value.toFixed(decimals)) === value ? value : null
}

/**
 * What becomes of several picks when one is pressed: an exclusive option stands alone, and one too many is not taken.
 * Null: the press changes nothing.
 */
export function withPick(
  { options, maxPicks = options.length }: Extract<Question, { kind: 'multiple' }>,
  picks: readonly string[],
  code: string,
): readonly string[] | null {
  if (picks.includes(code)) return picks.filter((pick) => pick !== code)
  const isExclusive = (pick: string) => options.find((option) => option.code === pick)?.exclusive === true
  const beside = isExclusive(code) ? [] : picks.filter((pick) => !isExclusive(pick))
  if (beside.length + 1 > maxPicks) return null
  return options.map((option) => option.code).filter((each) => each === code || beside.includes(each))
}

/** A scale is a single choice whose options are all worth something: it is shown as one row. */
export function isScale(question: Question): boolean {
  return question.kind === 'single' && question.options.every(({ score }) => typeof score === 'number')
}
