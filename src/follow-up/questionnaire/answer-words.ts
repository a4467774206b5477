import type { LocalText } from '#contact-center/ivr/flow-definition.ts'
import { notApplicable, type Question } from './questionnaire.ts'

/** An answer as people read it: the chosen options' words, or the value as it was given. */
export function answerWords(question: Question | undefined, value: unknown): LocalText {
  if (value === notApplicable) return { zh: '不适用', en: 'Not applicable' }
  const options = question !== undefined && 'options' in question ? question.options : []
  const words = (Array.isArray(value) ? value : [value]).map((one: unknown) => {
    const label = options.find(({ code }) => code === one)?.label
    return label ?? { zh: String(one), en: String(one) }
  })
  return { zh: words.map(({ zh }) => zh).join('、'), en: words.map(({ en }) => en).join(', ') }
}
