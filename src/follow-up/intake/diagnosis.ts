import { halfWidth } from './cell.ts'

export interface Diagnosis {
  /** Code as the hospital writes it, upper case but for the national extension's `x`: I10.x00x002. Null for text only. */
  readonly code: string | null
  readonly text: string | null
}

const CODE = /^[A-Z]\d{2}(?:\.[\dXx][\dXx]*(?:[Xx]\d+)*)?[+*†]?$/

/**
 * The diagnoses of a discharge, main one first. The code belongs to the main one; numbered or broken lines of the text
 * are further ones. Codes are kept as written and matched elsewhere by category range.
 * Source: requirements §8.3 (GB/T 14396-2016, 国家临床版/医保版 2.0)
 */
export function readDiagnoses(text: string, codeText: string): readonly Diagnosis[] {
  const codes = splitList(halfWidth(codeText)).map(readCode)
  const texts = splitList(text).map(splitOffCode)
  const count = Math.max(texts.length, codes.length)
  const diagnoses: Diagnosis[] = []
  for (let i = 0; i < count; i++) {
    const code = codes[i] ?? texts[i]?.code ?? null
    const words = texts[i]?.text ?? null
    if (code !== null || words !== null) diagnoses.push({ code, text: words })
  }
  return diagnoses
}

/** Null for what is no code (a text in the code column is left to the text). */
export function readCode(text: string): string | null {
  const bare = text.replace(/\s/g, '')
  if (bare === '') return null
  const upper = bare.charAt(0).toUpperCase() + bare.slice(1).replace(/X/g, 'x')
  return CODE.test(upper) ? upper : null
}

/** Line breaks, full-width semicolons and numbering part diagnoses; commas do not, since names have commas in them. */
function splitList(text: string): string[] {
  return text
    .split(/[\n\r；;]+|(?<=\S)\s+(?=\d{1,2}[.、．)）]\s*\D)/u)
    .map((part) => part.replace(/^\s*\d{1,2}\s*[.、．)）]\s*(?=\D)/u, '').trim())
    .filter((part) => part !== '')
}

function splitOffCode(text: string): Diagnosis {
  const match = /^([A-Za-z]\d{2}(?:\.[\dXx]+)?[+*]?)[\s:：]+(.+)$/.exec(text)
  const code = match ? readCode(match[1] ?? '') : null
  return code !== null && match ? { code, text: match[2]?.trim() ?? null } : { code: null, text }
}
