import { randomInt } from 'node:crypto'

/** Which rule a password breaks. Source: requirements §8.5. */
export type PasswordFault = 'too_short' | 'too_long' | 'too_few_classes' | 'holds_name' | 'too_common' | 'repeated'

export interface PasswordOwner {
  readonly signInName: string
  /** Administrators need twelve characters instead of eight. */
  readonly administrator: boolean
}

/** Longer ones only cost time to hash. */
const longest = 128

/** The rules that `password` breaks; empty when it may be used. */
export function passwordFaults(password: string, owner: PasswordOwner): readonly PasswordFault[] {
  const faults: PasswordFault[] = []
  const length = [...password].length
  const plain = password.toLowerCase()
  if (length < shortest(owner)) faults.push('too_short')
  if (length > longest) faults.push('too_long')
  if (classesIn(password) < 3) faults.push('too_few_classes')
  if (plain.includes(owner.signInName.toLowerCase())) faults.push('holds_name')
  if (common.some((word) => plain.includes(word))) faults.push('too_common')
  if (new Set(plain).size < 5) faults.push('repeated')
  return faults
}

/** Fewest characters. */
export function shortest(owner: Pick<PasswordOwner, 'administrator'>): number {
  return owner.administrator ? 12 : 8
}

function classesIn(password: string): number {
  return [/[a-z]/, /[A-Z]/, /[0-9]/, /[^a-zA-Z0-9]/].filter((pattern) => pattern.test(password)).length
}

/** What people choose when they must have capitals, digits and a sign. */
const common = ['password', 'passw0rd', 'qwerty', '123456', 'abc123', 'abcd1234', '1qaz2wsx', 'suifang', 'woaini']

/** No letter or digit that is mistaken for another when read off a screen. */
const alphabets = ['abcdefghijkmnpqrstuvwxyz', 'ABCDEFGHJKLMNPQRSTUVWXYZ', '23456789'] as const
const codeLetters = alphabets[1] + alphabets[2]

/** A code that goes from hand to hand beside a password: ten characters, some 57 bits. */
export function randomCode(): string {
  const text = Array.from({ length: 10 }, () => codeLetters.charAt(randomInt(codeLetters.length))).join('')
  return `${text.slice(0, 5)}-${text.slice(5)}`
}

/** As it was made, however it was typed. */
export function plainCode(typed: string): string {
  return typed.toUpperCase().replace(/[^A-Z0-9]/g, '')
}

/** A first password, to be typed once: sixteen characters in groups of four, some 90 bits. */
export function randomPassword(): string {
  const all = alphabets.join('')
  for (;;) {
    const text = Array.from({ length: 16 }, () => all.charAt(randomInt(all.length))).join('')
    if (classesIn(text) === 3) return text.replace(/(.{4})(?=.)/g, '$1-')
  }
}
