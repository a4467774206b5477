import { en } from './en.ts'
import { currentLanguage } from './i18n.ts'
import { zh } from './zh.ts'

export type WordGroup =
  | 'campaignState'
  | 'callState'
  | 'taskState'
  | 'taskReason'
  | 'result'
  | 'outcome'
  | 'recordingState'
  | 'reason'
  | 'runState'
  | 'seatStatus'
  | 'seatState'
  | 'breakReason'
  | 'leftQueue'
  | 'skipReason'
  | 'phoneKind'
  | 'findingLevel'
  | 'encounterKind'
  | 'disposition'
  | 'relation'
  | 'sex'
  | 'refusalSource'
  | 'numberFlag'
  | 'fault'
  | 'purpose'
  | 'consentHow'
  | 'newsKind'
  | 'newsSource'
  | 'planReason'

/** The word for a code of the server; a code that this release has no word for is shown as it is. */
export function word(group: WordGroup, code: string): string {
  const words: Readonly<Record<string, string>> = (currentLanguage() === 'en' ? en : zh)[group]
  return words[code] ?? code
}
