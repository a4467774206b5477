import { holdsNumberOfPerson } from '../audit/reason.ts'

/**
 * Whether the database can keep every text in it: it refuses NUL, and half a surrogate pair in JSON. As deep as it is:
 * nobody's brackets fill the stack.
 */
export function isKeepable(input: unknown): boolean {
  const waiting = [input]
  while (waiting.length > 0) {
    const one = waiting.pop()
    if (typeof one === 'string' && (one.includes('\0') || !one.isWellFormed())) return false
    if (typeof one !== 'object' || one === null) continue
    for (const [name, value] of Object.entries(one)) waiting.push(name, value)
  }
  return true
}

const dayShape = /^(?!0000)\d{4}-\d\d-\d\d$/
const instantShape = /^(\d{4}-\d\d-\d\d)[T ]\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/

function isDay(text: string): boolean {
  if (!dayShape.test(text)) return false
  const start = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(start.getTime()) && start.toISOString().startsWith(text)
}

/**
 * Formats of what comes in, as narrow as the database and JavaScript read them: the validator's own let `urn:uuid:…`, the
 * year 0 and the second 60 pass.
 */
export const inputFormats = {
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
  date: isDay,
  reason: (text: string) => !holdsNumberOfPerson(text),
  'date-time': (text: string) => isDay(instantShape.exec(text)?.[1] ?? '') && !Number.isNaN(Date.parse(text)),
} as const
