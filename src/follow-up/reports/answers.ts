import type { LocalText } from '#contact-center/ivr/flow-definition.ts'
import { notApplicable, type Question, type Questionnaire } from '../questionnaire/questionnaire.ts'
import { highestScore } from '../questionnaire/score.ts'
import { share } from './report.ts'

/** What the answers to a questionnaire add up to (requirements §5.4, N03, N05). */

/** A version of a questionnaire that was answered in the period. */
export interface AskedVersion {
  readonly versionId: string
  readonly questionnaireId: string
  readonly version: number
  readonly definition: Questionnaire
}

/** How often an answer was given. `value` null: an answer whose words do not matter here (text, date, sound). */
export interface AnswerCount {
  readonly versionId: string
  readonly departmentId: string | null
  readonly questionId: string
  readonly value: unknown
  readonly count: number
}

/** One question as it was asked: versions that ask it in the same words with the same options are one. */
export interface AskedQuestion {
  readonly key: string
  readonly question: Question
  readonly questionnaireId: string
  readonly versionIds: readonly string[]
  readonly versions: readonly number[]
}

export interface Valued {
  /** Forms in which the question has an answer, whichever. */
  readonly answered: number
  /** In the denominator: for a question with scores the answers that have one, else every answer but "not applicable". */
  readonly valid: number
  readonly notApplicable: number
  /** "Don't know" and the like: options without a score beside options that have one. */
  readonly unscored: number
  /** 满意率: answers in the upper half of the scale ÷ valid. Null without scores. */
  readonly satisfied: number | null
  /** 满意度得分: Σ score ÷ (valid × highest) × 100. */
  readonly score: number | null
}

export interface OptionCount {
  readonly code: string
  readonly label: LocalText
  readonly score: number | null
  readonly count: number
}

export interface QuestionResult extends Valued {
  readonly asked: AskedQuestion
  /** Of single and multiple choice; a form counts once for each option it names. */
  readonly options: readonly OptionCount[]
  /** Of number questions. */
  readonly numbers: { readonly mean: number; readonly min: number; readonly max: number } | null
  readonly departments: readonly (Valued & { readonly departmentId: string | null })[]
}

/**
 * Questions of these versions in the order of the newest one, each told apart where its words or options differ: versions
 * are never mixed in silence.
 */
export function questionsOf(versions: readonly AskedVersion[]): readonly AskedQuestion[] {
  const found = new Map<string, { question: Question; questionnaireId: string; from: AskedVersion[] }>()
  const newestFirst = [...versions].sort(
    (a, b) => a.questionnaireId.localeCompare(b.questionnaireId) || b.version - a.version,
  )
  for (const asked of newestFirst) {
    for (const question of asked.definition.questions) {
      const key = `${asked.questionnaireId} ${sameness(question)}`
      const known = found.get(key)
      if (known === undefined) found.set(key, { question, questionnaireId: asked.questionnaireId, from: [asked] })
      else known.from.push(asked)
    }
  }
  return [...found].map(([key, { question, questionnaireId, from }]) => ({
    key,
    question,
    questionnaireId,
    versionIds: from.map(({ versionId }) => versionId),
    versions: from.map(({ version }) => version).sort((a, b) => a - b),
  }))
}

/** What makes two questions the same to whoever answers and to whoever counts; hints, prompts and findings do not. */
function sameness(question: Question): string {
  const options =
    'options' in question
      ? question.options.map(({ code, label, score }) => [code, label.zh, label.en, score ?? null])
      : []
  const { id, kind, text } = question
  return JSON.stringify([id, kind, text.zh, text.en, options, 'unit' in question ? (question.unit ?? null) : null])
}

export function resultOf(asked: AskedQuestion, counts: readonly AnswerCount[]): QuestionResult {
  const { question, versionIds } = asked
  const own = counts.filter(({ versionId, questionId }) => questionId === question.id && versionIds.includes(versionId))
  const departmentIds = [...new Set(own.map(({ departmentId }) => departmentId))]
  return {
    asked,
    ...valued(question, own),
    options: optionCounts(question, own),
    numbers: question.kind === 'number' ? numbersOf(own) : null,
    departments: departmentIds.map((departmentId) => ({
      departmentId,
      ...valued(
        question,
        own.filter((one) => one.departmentId === departmentId),
      ),
    })),
  }
}

function valued(question: Question, own: readonly AnswerCount[]): Valued {
  const answered = total(own)
  const skipped = total(own.filter(({ value }) => value === notApplicable))
  const scale = scaleOf(question)
  if (scale === null) {
    return { answered, valid: answered - skipped, notApplicable: skipped, unscored: 0, satisfied: null, score: null }
  }
  const scored = own.flatMap(({ value, count }) => {
    const score = scale.scores.get(String(value))
    return score === undefined ? [] : [{ score, count }]
  })
  const valid = total(scored)
  const reached = scored.reduce((sum, { score, count }) => sum + score * count, 0)
  return {
    answered,
    valid,
    notApplicable: skipped,
    unscored: answered - skipped - valid,
    satisfied: share(total(scored.filter(({ score }) => score > scale.middle)), valid),
    score: valid === 0 || scale.highest === 0 ? null : Math.round((reached / (valid * scale.highest)) * 10_000) / 100,
  }
}

/**
 * The scores of a single choice with at least two that differ. "Satisfied" is what lies above the middle of the scale: of
 * 非常满意 100, 满意 75, 一般 50, 不满意 0 the first two.
 */
function scaleOf(question: Question) {
  if (question.kind !== 'single') return null
  const scored = question.options.flatMap(({ code, score }) =>
    score === undefined || score === null ? [] : [[code, score] as const],
  )
  const values = scored.map(([, score]) => score)
  const [lowest, highest] = [Math.min(...values), highestScore(question.options)]
  if (scored.length < 2 || lowest === highest) return null
  return { scores: new Map<string, number>(scored), middle: (lowest + highest) / 2, highest }
}

function optionCounts(question: Question, own: readonly AnswerCount[]): readonly OptionCount[] {
  if (!('options' in question)) return []
  return question.options.map(({ code, label, score }) => ({
    code,
    label,
    score: score ?? null,
    count: total(own.filter(({ value }) => (Array.isArray(value) ? value.includes(code) : value === code))),
  }))
}

function numbersOf(own: readonly AnswerCount[]) {
  const given = own.flatMap(({ value, count }) => (typeof value === 'number' ? [{ value, count }] : []))
  if (given.length === 0) return null
  const values = given.map(({ value }) => value)
  return {
    mean: given.reduce((sum, { value, count }) => sum + value * count, 0) / total(given),
    min: Math.min(...values),
    max: Math.max(...values),
  }
}

/**
 * Σ (weight × score) ÷ Σ (weight × highest) × 100 over all answers that count, of all these forms: what `scoreOf` says of
 * one form, said of many.
 */
export function scoreOfAll(results: readonly QuestionResult[]): number | null {
  let reached = 0
  let highest = 0
  for (const { asked, options } of results) {
    const { question } = asked
    if (question.kind !== 'single') continue
    const weight = question.weight ?? 1
    const best = highestScore(question.options)
    for (const { score, count } of options) {
      if (score === null) continue
      reached += weight * score * count
      highest += weight * best * count
    }
  }
  return highest === 0 ? null : Math.round((reached / highest) * 10_000) / 100
}

function total(some: readonly { readonly count: number }[]): number {
  return some.reduce((sum, { count }) => sum + count, 0)
}
