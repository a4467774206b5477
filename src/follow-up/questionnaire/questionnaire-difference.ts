import { isDeepStrictEqual } from 'node:util'
import type { Question, Questionnaire } from './questionnaire.ts'

/** How a question differs between two versions. */
export interface QuestionDifference {
  readonly question: string
  readonly kind: 'added' | 'removed' | 'moved' | 'changed'
  /** Of a changed one: which of its fields. */
  readonly fields: readonly string[]
}

export interface Difference {
  /** Fields of the questionnaire itself: title, script, grades. */
  readonly fields: readonly string[]
  /** In the order of the later version, then those that are gone. */
  readonly questions: readonly QuestionDifference[]
}

/** What a version changed against the one before it; a question is known by its id. */
export function differenceOf(before: Questionnaire, after: Questionnaire): Difference {
  const { questions: earlier, version: _before, ...frame } = before
  const { questions: later, version: _after, ...newFrame } = after
  const known = new Map(earlier.map((question) => [question.id, question]))
  const kept = later.filter(({ id }) => known.has(id)).map(({ id }) => id)
  const order = earlier.map(({ id }) => id).filter((id) => kept.includes(id))
  const moved = new Set(movedIn(order, kept))
  const questions = later.flatMap((question): QuestionDifference[] => {
    const was = known.get(question.id)
    if (was === undefined) return [{ question: question.id, kind: 'added', fields: [] }]
    const fields = changedFields(was, question)
    if (fields.length > 0) return [{ question: question.id, kind: 'changed', fields }]
    return moved.has(question.id) ? [{ question: question.id, kind: 'moved', fields: [] }] : []
  })
  const gone = earlier
    .filter(({ id }) => !kept.includes(id))
    .map(({ id }): QuestionDifference => ({ question: id, kind: 'removed', fields: [] }))
  return { fields: changedFields(frame, newFrame), questions: [...questions, ...gone] }
}

function changedFields(before: object, after: object): string[] {
  const old = new Map<string, unknown>(Object.entries(before))
  const now = new Map<string, unknown>(Object.entries(after))
  return [...new Set([...old.keys(), ...now.keys()])].filter(
    (field) => !isDeepStrictEqual(old.get(field), now.get(field)),
  )
}

/** Those outside the longest run that kept its order: the fewest that somebody moved. */
function movedIn(before: readonly string[], after: readonly string[]): readonly Question['id'][] {
  const places = after.map((id) => before.indexOf(id))
  const runs: number[][] = []
  for (const [index, place] of places.entries()) {
    const best = runs.slice(0, index).reduce<number[]>((longest, run) => {
      const fits = (run.at(-1) ?? -1) < place
      return fits && run.length > longest.length ? run : longest
    }, [])
    runs.push([...best, place])
  }
  const stayed = new Set(runs.reduce<number[]>((longest, run) => (run.length > longest.length ? run : longest), []))
  return after.filter((_id, index) => !stayed.has(places[index] ?? -1))
}
