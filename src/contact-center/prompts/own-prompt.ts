import { createHash } from 'node:crypto'

/** A prompt that the hospital has made in the console. What ships with the house has names; these have digests. */
export interface OwnPrompt {
  readonly id: string
  readonly language: string
  /** What it says. */
  readonly text: string
  readonly source: 'recorded' | 'synthetic'
  readonly durationMs: number
}

export const longestPromptText = 300

/**
 * The name of words and their sound: `own-` and 40 hexadecimal digits of their SHA-256. Other words or another sound are
 * another prompt, so a version that names one is heard the same for ever.
 */
export function ownPromptId({ language, text }: Pick<OwnPrompt, 'language' | 'text'>, wav: Buffer): string {
  const digest = createHash('sha256').update(`${language}\0${text}\0`).update(wav).digest('hex')
  return `own-${digest.slice(0, 40)}`
}

export function isOwnPromptId(name: string): boolean {
  return /^own-[0-9a-f]{40}$/.test(name)
}

/** A text as it is kept, control characters as spaces; null where it cannot be said. */
export function promptText(typed: string): string | null {
  const text = typed
    .normalize('NFC')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
  return text === '' || text.length > longestPromptText ? null : text
}
