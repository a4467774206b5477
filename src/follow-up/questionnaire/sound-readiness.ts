import type { PromptBook } from '#contact-center/ivr/prompt-library.ts'
import type { Ground } from '#platform/database/database.ts'
import type { ReadinessPart } from '#platform/http/readiness.ts'
import { soundsOfProgrammes } from './questionnaire-store.ts'

/**
 * For `/readyz`: a warning while a sound is missing that calls of a programme are to play. There is none to fall back to, as
 * a question that nobody spoke cannot be asked in other words: those calls end with an apology, and are owed again.
 */
export function soundReadiness({
  db,
  book,
}: {
  readonly db: Ground
  readonly book: Pick<PromptBook, 'durationMs'>
}): ReadinessPart {
  return {
    name: 'questionnaires',
    warns: true,
    check: async () => {
      const lost = (await soundsOfProgrammes(db)).filter(({ prompt }) => book.durationMs(prompt) === undefined)
      if (lost.length === 0) return null
      const named = lost.map(({ code, version, prompt }) => `${code} ${version}: ${prompt}`)
      return `calls end with an apology for want of: ${named.join(', ')}`
    },
  }
}
