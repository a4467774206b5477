import type { LocalText } from '#contact-center/ivr/flow-definition.ts'
import { readJson } from '#contact-center/ivr/flow-files.ts'
import type { Questionnaire } from '../questionnaire/questionnaire.ts'
import { parseQuestionnaire } from '../questionnaire/questionnaire-check.ts'

/** The shipped template of requirements D11: an opening with four questions. */
export const openingFile = new URL('../../../ivr-flows/questionnaires/follow-up-opening.json', import.meta.url).pathname

/** The words of the shipped opening, for forms that bring none of their own. Read once. */
export function shippedOpening(): LocalText {
  opening ??= parseQuestionnaire(readJson(openingFile)).script ?? { zh: '', en: '' }
  return opening
}
let opening: LocalText | undefined

/** What the agent says, with the patient's and the hospital's name in it as the reader may see them. */
export function scriptFor(
  questionnaire: Questionnaire | null,
  names: { readonly name: string; readonly site: string },
): LocalText {
  const { zh, en } = questionnaire?.script ?? shippedOpening()
  const filled = (text: string) => text.replaceAll('{name}', () => names.name).replaceAll('{site}', () => names.site)
  return { zh: filled(zh), en: filled(en) }
}
