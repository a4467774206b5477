import { answerWords } from '../questionnaire/answer-words.ts'
import { type Questionnaire, questionnaireShape } from '../questionnaire/questionnaire.ts'
import type { answerRows } from './call-list-store.ts'
import type { CallDetail } from './call-schema.ts'

/** Null where it is none that this release reads. */
export function questionnaireIn(definition: unknown): Questionnaire | null {
  return questionnaireShape.Check(definition) ? definition : null
}

/** Every question of the form; answers to what the questionnaire does not ask (any more) stand at its end. */
export function formOf(
  questionnaire: Questionnaire | null,
  answers: Awaited<ReturnType<typeof answerRows>>,
): CallDetail['form'] {
  const asked = questionnaire?.questions.map(({ id }) => id) ?? []
  const ids = new Set([...asked, ...answers.map(({ questionId }) => questionId)])
  return [...ids].map((questionId) => {
    const question = questionnaire?.questions.find(({ id }) => id === questionId)
    const said = answers.findLast((answer) => answer.questionId === questionId)
    return {
      questionId,
      question: question?.text ?? { zh: questionId, en: questionId },
      answer:
        said === undefined
          ? null
          : {
              words: answerWords(question, said.value),
              keys: said.keys,
              at: said.at.toISOString(),
              attemptId: said.attemptId,
            },
    }
  })
}
