import type { LocalText } from '#contact-center/ivr/flow-definition.ts'
import type { Answers, Option, Question, Questionnaire } from './questionnaire.ts'

/** What a filled questionnaire is worth. */
export interface Score {
  /** 0–100, two decimals; null where nothing that counts was answered. */
  readonly score: number | null
  /** Answers in the denominator. */
  readonly counted: number
  readonly grade: LocalText | null
}

/**
 * Σ (weight × score) ÷ Σ (weight × the question's highest score) × 100 over the answers that count. Skipped questions
 * and answers without a score ("don't know") are not in the denominator.
 * Source: requirements §5.4, H28
 */
export function scoreOf(questionnaire: Questionnaire, answers: Answers): Score {
  let reached = 0
  let highest = 0
  let counted = 0
  for (const question of questionnaire.questions) {
    const worth = worthOf(question, answers)
    if (worth === null) continue
    reached += worth.weight * worth.score
    highest += worth.weight * worth.highest
    counted += 1
  }
  const score = highest === 0 ? null : Math.round((reached / highest) * 10_000) / 100
  return { score, counted, grade: score === null ? null : gradeOf(questionnaire, score) }
}

function worthOf(question: Question, answers: Answers) {
  if (question.kind !== 'single') return null
  const chosen = question.options.find(({ code }) => code === answers[question.id])
  const score = chosen?.score
  if (score === undefined || score === null) return null
  return { weight: question.weight ?? 1, score, highest: highestScore(question.options) }
}

export function highestScore(options: readonly Option[]): number {
  return Math.max(0, ...options.map(({ score }) => score ?? 0))
}

function gradeOf({ grades = [] }: Questionnaire, score: number): LocalText | null {
  const reached = grades.filter(({ from }) => score >= from)
  return (
    reached.reduce<(typeof grades)[number] | null>(
      (best, grade) => (best === null || grade.from > best.from ? grade : best),
      null,
    )?.label ?? null
  )
}
