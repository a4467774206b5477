import { isUnreadable } from '#platform/secrets.ts'

/** How people and numbers look to who lacks the right `patient.clear`. Source: requirements §8.5 (Masking). */

/** `张三` → `张*`, `欧阳明` → `欧**`; a longer name tells no more than its first character. */
export function maskName(name: string): string {
  const characters = [...name.trim()]
  const [first = ''] = characters
  return first + '*'.repeat(Math.min(Math.max(characters.length - 1, 1), 3))
}

/** `13800138000` → `138****8000`; of a short number only the last two digits. */
export function maskPhone(number: string): string {
  const digits = nationalNumber(number)
  if (digits.length < 8) return `${'*'.repeat(Math.max(digits.length - 2, 0))}${digits.slice(-2)}`
  return `${digits.slice(0, 3)}****${digits.slice(-4)}`
}

/** As it looks to who sees patients clear, or not. */
export function shownName(name: string, { clear }: { readonly clear: boolean }): string {
  return clear ? name : maskName(name)
}

/** In the place of a number that cannot be opened: one damaged row is no reason to show nothing of a page. */
const unopened = '***'

/**
 * A sealed number as it looks.
 * @param decrypt opens a sealed number (E.164)
 */
export function openedPhone(
  decrypt: (sealed: Buffer) => string,
  sealed: Buffer,
  { clear }: { readonly clear: boolean },
): string {
  try {
    const number = decrypt(sealed)
    return clear ? nationalNumber(number) : maskPhone(number)
  } catch (error) {
    if (!isUnreadable(error)) throw error
    return unopened
  }
}

/** As one dials it in the country: `+8613800138000` → `13800138000`, `+8675583901234` → `075583901234`. */
export function nationalNumber(number: string): string {
  if (!number.startsWith('+86')) return number.replace(/^\+/, '00')
  const rest = number.slice(3)
  return /^1\d{10}$/.test(rest) ? rest : `0${rest}`
}

/** `BA2026001` → `BA*****01`: enough to tell two rows apart. */
export function maskRecordNumber(text: string): string {
  if (text.length <= 4) return `${'*'.repeat(Math.max(text.length - 1, 0))}${text.slice(-1)}`
  return `${text.slice(0, 2)}${'*'.repeat(text.length - 4)}${text.slice(-2)}`
}
