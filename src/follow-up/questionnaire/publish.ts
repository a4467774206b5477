import type { Questionnaire } from './questionnaire.ts'
import { parseQuestionnaire } from './questionnaire-check.ts'

/**
 * The version that an edited document becomes. The same content again is the same version, so that loading the shipped
 * files at every start changes nothing; anything else is the next one, and published versions stay as they are
 * (requirements H21).
 * @param document as written by its author; its own `version` says nothing
 * @param latest what is published so far, or null
 * @throws UserError QUESTIONNAIRE_INVALID
 */
export function publishQuestionnaire(document: unknown, latest: Questionnaire | null): Questionnaire {
  const draft = parseQuestionnaire(
    typeof document === 'object' && document !== null ? { ...document, version: 1 } : document,
  )
  if (latest !== null && sameContent(draft, latest)) return latest
  return frozen({ ...structuredClone(draft), version: (latest?.version ?? 0) + 1 })
}

/** Equal but for the version number; the order of properties says nothing. */
export function sameContent(a: Questionnaire, b: Questionnaire): boolean {
  return canonical({ ...a, version: 0 }) === canonical({ ...b, version: 0 })
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}

function frozen<Value extends object>(value: Value): Value {
  for (const part of Object.values(value)) if (typeof part === 'object' && part !== null) frozen(part)
  return Object.freeze(value)
}
