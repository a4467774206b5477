import { UserError } from '#platform/errors/errors.ts'
import './intake-errors.ts'
import shipped from './column-synonyms.json' with { type: 'json' }

/** What a column of a discharge list can mean. */
export const FIELDS = [
  'admissionNo',
  'patientNo',
  'name',
  'sex',
  'birthDate',
  'age',
  'idNumber',
  'idType',
  'phones',
  'contactName',
  'contactRelation',
  'contactPhones',
  'department',
  'ward',
  'bed',
  'doctor',
  'admittedAt',
  'dischargedAt',
  'diagnosisText',
  'diagnosisCode',
  'procedure',
  'leaveMode',
  'outcome',
  'deathFlag',
  'deathTime',
  'payer',
  'remark',
  'site',
] as const

export type Field = (typeof FIELDS)[number]

/** The words by which one field is known. Data, in `column-synonyms.json` and the hospital's own file. */
interface FieldWords {
  readonly words: readonly string[]
  /** Regular expressions over the normalised header, asked after every field's words. */
  readonly patterns?: readonly string[]
  /** What a pattern's header must not contain. */
  readonly not?: readonly string[]
  /** Words that mean the field only where no column has one of `words`, in order of preference. */
  readonly fallback?: readonly string[]
}

/** Names what a header cell means. Made by {@link columnWords}; immutable. */
export interface ColumnWords {
  /** @returns the field and how sure: `word` is the field's own name, `pattern` looks like it, `fallback` stands in for it */
  readonly meaning: (header: string) => Meaning | null
  /** Fields that the word may stand in for when nothing better is there. */
  readonly fallbackFor: (field: Field, headers: readonly string[]) => number | null
}

export interface Meaning {
  readonly field: Field
  readonly by: 'word' | 'pattern' | 'fallback'
}

/** The hospital's own words: `{ "dischargedAt": ["离科时间"] }`. */
export type HospitalWords = Readonly<Partial<Record<Field, readonly string[]>>>

/**
 * The shipped words with the hospital's own added; the hospital's win where both know a word.
 */
export function columnWords(own: HospitalWords = {}): ColumnWords {
  const byWord = new Map<string, Field>()
  const patterns: { readonly field: Field; readonly is: RegExp; readonly not: RegExp | null }[] = []
  const fallbacks = new Map<Field, readonly string[]>()
  const anyFallback = new Map<string, Field>()
  for (const field of FIELDS) {
    const entry: FieldWords = shipped[field]
    for (const word of entry.words) if (!byWord.has(normalHeader(word))) byWord.set(normalHeader(word), field)
    const not = entry.not ? new RegExp(entry.not.join('|'), 'u') : null
    for (const pattern of entry.patterns ?? []) patterns.push({ field, is: new RegExp(pattern, 'u'), not })
    fallbacks.set(field, (entry.fallback ?? []).map(normalHeader))
    for (const word of entry.fallback ?? []) anyFallback.set(normalHeader(word), field)
  }
  // Patterns of contacts come before those of the patient's own columns.
  const order: readonly Field[] = ['contactPhones', 'contactRelation', 'contactName']
  patterns.sort((a, b) => Number(order.includes(b.field)) - Number(order.includes(a.field)))
  for (const field of FIELDS) for (const word of own[field] ?? []) byWord.set(normalHeader(word), field)

  const meaningOfOne = (header: string): Meaning | null => {
    const word = byWord.get(header)
    if (word) return { field: word, by: 'word' }
    for (const { field, is, not } of patterns) {
      if (is.test(header) && !not?.test(header)) return { field, by: 'pattern' }
    }
    const fallback = anyFallback.get(header)
    return fallback ? { field: fallback, by: 'fallback' } : null
  }
  return {
    meaning(header) {
      for (const variant of variants(header)) {
        const found = meaningOfOne(variant)
        if (found) return found
      }
      return null
    },
    fallbackFor(field, headers) {
      for (const word of fallbacks.get(field) ?? []) {
        const index = headers.findIndex((header) => variants(header).includes(word))
        if (index !== -1) return index
      }
      return null
    },
  }
}

/**
 * Parses a hospital's own column file.
 * @throws UserError IMPORT_COLUMN_FILE_BROKEN
 */
export function parseHospitalWords(json: string, file: string): HospitalWords {
  const broken = (reason: string) => new UserError('IMPORT_COLUMN_FILE_BROKEN', { file, reason })
  let parsed: unknown
  try {
    parsed = JSON.parse(json)
  } catch {
    throw broken('no JSON')
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw broken('no object')
  const own: Partial<Record<Field, readonly string[]>> = {}
  for (const [key, words] of Object.entries(parsed)) {
    const field = FIELDS.find((known) => known === key)
    if (!field) throw broken(`unknown field "${key}"; known are ${FIELDS.join(', ')}`)
    if (!Array.isArray(words) || !words.every((word) => typeof word === 'string' && word.trim() !== '')) {
      throw broken(`"${key}" must be a list of words`)
    }
    own[field] = words
  }
  return own
}

/** A header without spaces, line breaks, marks and width: ` 联系电话＊：` is 联系电话. */
export function normalHeader(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/[\s*※★☆:：_"'“”‘’、.·\ufeff\u200b-\u200f]/gu, '')
    .replace(/^(\d{1,2}[)、.]|[①-⑳])/u, '')
    .toLowerCase()
}

/** As written; without what stands in brackets; without a trailing number; without 患者 in front: 病人联系电话1(必填). */
function variants(header: string): readonly string[] {
  const normal = normalHeader(header)
  const bare = normal.replace(/[([【{〔][^)\]】}〕]*[)\]】}〕]?/gu, '')
  const unnumbered = bare.replace(/[一二三四1-9]$/u, '')
  const nobodys = unnumbered.replace(/^(出院|住院)?(患者|病人|病员)的?(?=..)/u, '')
  return [...new Set([normal, bare, unnumbered, nobodys])].filter((variant) => variant !== '')
}
