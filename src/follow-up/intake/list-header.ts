import { type Cell, cellText, isBlank, type Place, type RawRecord } from './cell.ts'
import { type ColumnWords, type Field, type Meaning, normalHeader } from './column-words.ts'

/** Fields of which a list may have several columns; of the others the first column counts. */
type ListField = 'phones' | 'remark' | 'dischargedAt' | 'admittedAt' | 'diagnosisText'
type ContactField = 'contactName' | 'contactRelation' | 'contactPhones'

/** One relative's columns. `label` is what the header calls the person: 母亲, 联系人2. */
export interface ContactColumns {
  readonly label: string
  readonly name: number | null
  readonly relation: number | null
  readonly phones: readonly number[]
}

/** Which column means what, from one header row (or a header of two rows). */
export interface ListColumns {
  /** Where the header stands: its last row. */
  readonly at: Place
  /** The header's words, as shown to people. */
  readonly headers: readonly string[]
  /** Cells of a header row, empty ones included: a row with a value beyond them has a column too many. */
  readonly width: number
  readonly single: Readonly<Partial<Record<Field, number>>>
  readonly several: Readonly<Record<ListField, readonly number[]>>
  readonly contacts: readonly ContactColumns[]
  /** Every column that means something. */
  readonly mapped: ReadonlyMap<number, Field>
}

export interface FoundHeader {
  readonly columns: ListColumns
  /** Index of the first record below the header. */
  readonly next: number
}

/** A header is looked for in so many records from the top. */
const HEADER_WITHIN = 200
const FEWEST_FIELDS = 3

/**
 * Finds the header: the record whose cells name the most fields, wherever it stands; of equals the first. A header of
 * two rows (联系人 over 姓名, 关系, 电话) is read as one where that names more.
 * @returns null when no record names three fields
 */
export function findHeader(records: readonly RawRecord[], words: ColumnWords): FoundHeader | null {
  let best: { readonly score: number; readonly found: FoundHeader } | null = null
  for (let index = 0; index < Math.min(records.length, HEADER_WITHIN); index++) {
    const candidate = headerAt(records, index, words)
    if (candidate && candidate.score > (best?.score ?? 0)) best = candidate
  }
  return best?.found ?? null
}

/** The header that begins at this record, if one does. */
function headerAt(records: readonly RawRecord[], index: number, words: ColumnWords) {
  const record = records[index]
  if (!record || !looksLikeHeader(record.cells, words)) return null
  const single = columnsOf(record.at, record.cells.map(headerText), words)
  let best = { score: score(single), found: { columns: single, next: index + 1 } }
  const below = records[index + 1]
  if (below && isSecondHeaderRow(record.cells, below.cells, words)) {
    const columns = columnsOf(below.at, joinedHeaders(record.cells, below.cells, words), words)
    if (score(columns) > best.score) best = { score: score(columns), found: { columns, next: index + 2 } }
  }
  return best
}

/** At least three different fields, named by a third of the cells. */
export function looksLikeHeader(cells: readonly Cell[], words: ColumnWords): boolean {
  if (cells.some(isValue)) return false
  const fields = new Set<Field>()
  let named = 0
  let filled = 0
  for (const cell of cells) {
    if (isBlank(cell)) continue
    filled++
    const meaning = typeof cell === 'string' ? words.meaning(headerText(cell)) : null
    if (!meaning) continue
    fields.add(meaning.field)
    named++
  }
  return fields.size >= FEWEST_FIELDS && named * 3 >= filled
}

/** No header has a number or five digits in a row, and nearly every patient has: asked first, since it costs little. */
function isValue(cell: Cell): boolean {
  return typeof cell !== 'string' || /\d{5}/.test(cell)
}

/** True when a record below the header says the same words in the same columns: page breaks repeat them. */
export function repeatsHeader(cells: readonly Cell[], columns: ListColumns): boolean {
  if (cells.some(isValue)) return false
  let same = 0
  let filled = 0
  for (const [index, cell] of cells.entries()) {
    if (isBlank(cell)) continue
    filled++
    const header = columns.headers[index]
    if (header !== undefined && header !== '' && normalHeader(cellText(cell)) === normalHeader(header)) same++
  }
  return same >= FEWEST_FIELDS && same * 5 >= filled * 3
}

function headerText(cell: Cell): string {
  return cellText(cell).replace(/\s+/g, ' ')
}

function score(columns: ListColumns): number {
  return columns.mapped.size
}

function isSecondHeaderRow(upper: readonly Cell[], lower: readonly Cell[], words: ColumnWords): boolean {
  let filled = 0
  for (const [index, cell] of lower.entries()) {
    if (isBlank(cell)) continue
    filled++
    if (typeof cell !== 'string') return false
    const parent = parentOf(upper, index)
    const known = words.meaning(headerText(cell)) ?? words.meaning(parent + headerText(cell))
    if (!known) return false
  }
  return filled > 0
}

function joinedHeaders(upper: readonly Cell[], lower: readonly Cell[], words: ColumnWords): string[] {
  const headers: string[] = []
  for (let index = 0; index < Math.max(upper.length, lower.length); index++) {
    const above = headerText(upper[index] ?? '')
    const below = headerText(lower[index] ?? '')
    const joined = parentOf(upper, index) + below
    headers.push(below === '' ? above : words.meaning(joined) ? joined : below)
  }
  return headers
}

/** The text over a column: its own, or that of the merged cell to its left. */
function parentOf(upper: readonly Cell[], index: number): string {
  for (let left = index; left >= 0; left--) {
    const text = headerText(upper[left] ?? '')
    if (text !== '') return text
  }
  return ''
}

function columnsOf(at: Place, headers: readonly string[], words: ColumnWords): ListColumns {
  const meanings = headers.map((header) => (header === '' ? null : words.meaning(header)))
  const single: Partial<Record<Field, number>> = {}
  const several: Record<ListField, number[]> = {
    phones: [],
    remark: [],
    dischargedAt: [],
    admittedAt: [],
    diagnosisText: [],
  }
  const mapped = new Map<number, Field>()
  const contacts = new ContactList()
  const take = (index: number, field: Field) => {
    if (isContactField(field)) contacts.add(field, index, labelOf(headers[index] ?? ''))
    else if (isListField(field)) several[field].push(index)
    else if (single[field] === undefined) single[field] = index
    else return
    mapped.set(index, field)
  }
  for (const [index, meaning] of relabelled(meanings, headers).entries()) {
    if (meaning && meaning.by !== 'fallback') take(index, meaning.field)
  }
  for (const field of ['admissionNo', 'department', 'dischargedAt'] as const) {
    const known = field === 'dischargedAt' ? several.dischargedAt.length > 0 : single[field] !== undefined
    const index = known ? null : words.fallbackFor(field, headers)
    if (index !== null) take(index, field)
  }
  const width = headers.length
  return { at, headers, width, single, several, contacts: contacts.all, mapped }
}

/**
 * A bare 电话 or 姓名 right behind the columns of a contact belongs to the contact, if the patient has one of that name
 * already further left.
 */
function relabelled(meanings: readonly (Meaning | null)[], headers: readonly string[]): readonly (Meaning | null)[] {
  let phoneSeen = false
  return meanings.map((meaning, index) => {
    if (meaning?.field !== 'phones') return meaning
    const behindContact = [1, 2].some((back) => {
      const left = meanings[index - back]?.field
      return left === 'contactName' || left === 'contactRelation'
    })
    const generic = /^(联系)?(电话|手机|方式)(号码?|1|2)?$/u.test(normalHeader(headers[index] ?? ''))
    if (behindContact && generic && (phoneSeen || !laterPhone(meanings, index))) {
      return { field: 'contactPhones', by: 'pattern' } as const
    }
    phoneSeen = true
    return meaning
  })
}

function laterPhone(meanings: readonly (Meaning | null)[], index: number): boolean {
  return meanings.slice(index + 1).some((meaning) => meaning?.field === 'phones')
}

function isContactField(field: Field): field is ContactField {
  return field === 'contactName' || field === 'contactRelation' || field === 'contactPhones'
}

function isListField(field: Field): field is ListField {
  return ['phones', 'remark', 'dischargedAt', 'admittedAt', 'diagnosisText'].includes(field)
}

/** 母亲电话 → 母亲, 联系人2手机 → 联系人2, 与患者关系 → the empty label, which joins its neighbour. */
function labelOf(header: string): string {
  return normalHeader(header).replace(
    /(的|联系)?(电话号码|手机号码|移动电话|联系方式|联系号码|电话|手机号?|姓名|名字|名称|号码)+$|^与?.{0,4}关系.*$/gu,
    '',
  )
}

/** Pairs names, relations and numbers of relatives by what the headers call them, else by who stands next. */
class ContactList {
  readonly #contacts: { label: string; name: number | null; relation: number | null; phones: number[] }[] = []

  get all(): readonly ContactColumns[] {
    return this.#contacts
  }

  add(field: ContactField, index: number, label: string): void {
    const contact = this.#sameLabel(field, label) ?? this.#lastWithout(field, label) ?? this.#begin(label)
    if (field === 'contactName') contact.name = index
    else if (field === 'contactRelation') contact.relation = index
    else contact.phones.push(index)
  }

  #sameLabel(field: ContactField, label: string) {
    return this.#contacts.find((contact) => contact.label === label && label !== '' && lacks(contact, field))
  }

  #lastWithout(field: ContactField, label: string) {
    const last = this.#contacts.at(-1)
    if (!last || !lacks(last, field)) return undefined
    // 父亲 and 母亲 are two people even when each has but one column.
    const named = (word: string) => /^(父亲|母亲|配偶)$/.test(word)
    return named(label) && named(last.label) && label !== last.label ? undefined : last
  }

  #begin(label: string) {
    const contact = { label, name: null, relation: null, phones: [] }
    this.#contacts.push(contact)
    return contact
  }
}

function lacks(
  contact: { readonly name: number | null; readonly relation: number | null; readonly phones: readonly number[] },
  field: ContactField,
): boolean {
  if (field === 'contactName') return contact.name === null
  if (field === 'contactRelation') return contact.relation === null
  return true
}
