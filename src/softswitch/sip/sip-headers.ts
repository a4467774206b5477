/**
 * Header fields of one message, in the order they stand on the wire, one value a line as it was sent.
 * Names compare without case and compact names (RFC 3261 §7.3.3) are the same header as their long form.
 */
export class SipHeaders implements Iterable<readonly [name: string, value: string]> {
  readonly #lines: { key: string; name: string; value: string }[] = []

  constructor(lines: Iterable<readonly [string, string]> = []) {
    for (const [name, value] of lines) this.add(name, value)
  }

  static of(fields: Readonly<Record<string, string | number | undefined>>): SipHeaders {
    const headers = new SipHeaders()
    for (const [name, value] of Object.entries(fields)) if (value !== undefined) headers.add(name, String(value))
    return headers
  }

  /** First value of the header, or undefined. */
  get(name: string): string | undefined {
    const key = keyOf(name)
    for (const line of this.#lines) if (line.key === key) return line.value
    return undefined
  }

  /** How many lines the header has. */
  count(name: string): number {
    const key = keyOf(name)
    let count = 0
    for (const line of this.#lines) if (line.key === key) count += 1
    return count
  }

  has(name: string): boolean {
    return this.get(name) !== undefined
  }

  /** Every line of the header as it was sent, commas and all. */
  all(name: string): string[] {
    const key = keyOf(name)
    return this.#lines.filter((line) => line.key === key).map((line) => line.value)
  }

  /** Every value of a list header (Via, Route, Contact, Supported…), lines and commas alike taken apart. */
  list(name: string): string[] {
    return this.all(name).flatMap(splitList)
  }

  /** Puts one value where the first one stood, and drops the others. */
  set(name: string, value: string | number): this {
    const key = keyOf(name)
    const at = this.#lines.findIndex((line) => line.key === key)
    if (at < 0) return this.add(name, String(value))
    this.#lines[at] = { key, name: displayName(key, name), value: String(value) }
    for (let i = this.#lines.length - 1; i > at; i--) if (this.#lines[i]?.key === key) this.#lines.splice(i, 1)
    return this
  }

  /** Puts these values, each on a line of its own, where the first one stood (or last). */
  setAll(name: string, values: readonly string[]): this {
    const key = keyOf(name)
    const at = this.#lines.findIndex((line) => line.key === key)
    this.remove(name)
    const lines = values.map((value) => ({ key, name: displayName(key, name), value }))
    this.#lines.splice(at < 0 ? this.#lines.length : at, 0, ...lines)
    return this
  }

  add(name: string, value: string): this {
    const key = keyOf(name)
    this.#lines.push({ key, name: displayName(key, name), value })
    return this
  }

  /** Before everything else: where a Via belongs. */
  prepend(name: string, value: string): this {
    const key = keyOf(name)
    this.#lines.unshift({ key, name: displayName(key, name), value })
    return this
  }

  remove(name: string): this {
    const key = keyOf(name)
    for (let i = this.#lines.length - 1; i >= 0; i--) if (this.#lines[i]?.key === key) this.#lines.splice(i, 1)
    return this
  }

  clone(): SipHeaders {
    return new SipHeaders(this)
  }

  *[Symbol.iterator](): IterableIterator<readonly [name: string, value: string]> {
    for (const line of this.#lines) yield [line.name, line.value]
  }
}

/** Compact forms of RFC 3261 §7.3.3 and of the extensions registered since. */
const longNames: Readonly<Record<string, string>> = {
  a: 'accept-contact',
  b: 'referred-by',
  c: 'content-type',
  d: 'request-disposition',
  e: 'content-encoding',
  f: 'from',
  i: 'call-id',
  j: 'reject-contact',
  k: 'supported',
  l: 'content-length',
  m: 'contact',
  o: 'event',
  r: 'refer-to',
  s: 'subject',
  t: 'to',
  u: 'allow-events',
  v: 'via',
  x: 'session-expires',
}

/** Spellings that capitalising each word would get wrong. */
const spellings: Readonly<Record<string, string>> = {
  'call-id': 'Call-ID',
  cseq: 'CSeq',
  'mime-version': 'MIME-Version',
  'min-se': 'Min-SE',
  rack: 'RAck',
  rseq: 'RSeq',
  'www-authenticate': 'WWW-Authenticate',
}

function keyOf(name: string): string {
  const known = keys.get(name)
  if (known !== undefined) return known
  const lower = name.toLowerCase()
  return longNames[lower] ?? lower
}

const knownNames = new Map<string, string>()
for (const name of (
  'accept accept-contact accept-encoding accept-language alert-info allow allow-events authorization call-id call-info ' +
  'contact content-disposition content-encoding content-language content-length content-type cseq date event expires from ' +
  'in-reply-to max-forwards mime-version min-expires min-se organization p-asserted-identity path priority privacy ' +
  'proxy-authenticate proxy-authorization proxy-require rack reason record-route refer-to referred-by reject-contact ' +
  'replaces reply-to request-disposition require retry-after route rseq server service-route session-expires subject ' +
  'subscription-state supported timestamp to unsupported user-agent via warning www-authenticate'
).split(' ')) {
  knownNames.set(name, spellings[name] ?? name.replace(/(^|-)[a-z]/g, (letters) => letters.toUpperCase()))
}

/** Of the spellings that nearly everybody uses: no text is made to look one up. */
const keys = new Map<string, string>()
for (const [key, name] of knownNames) {
  keys.set(key, key)
  keys.set(name, key)
}

/** Known headers get their usual spelling; a stranger's keeps its own. */
function displayName(key: string, asGiven: string): string {
  return knownNames.get(key) ?? asGiven
}

/** Takes a comma list apart at commas that stand outside quotes and angle brackets. Empty elements are kept out. */
export function splitList(value: string): string[] {
  if (!value.includes(',')) return value === '' ? [] : [value]
  const parts: string[] = []
  let quoted = false
  let depth = 0
  let start = 0
  for (let i = 0; i < value.length; i++) {
    const c = value[i]
    if (quoted) {
      if (c === '\\') i++
      else if (c === '"') quoted = false
    } else if (c === '"') quoted = true
    else if (c === '<') depth++
    else if (c === '>') depth = Math.max(0, depth - 1)
    else if (c === ',' && depth === 0) {
      parts.push(value.slice(start, i).trim())
      start = i + 1
    }
  }
  parts.push(value.slice(start).trim())
  return parts.filter((part) => part !== '')
}
