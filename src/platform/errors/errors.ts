/**
 * Three kinds of error, and everything else follows from the kind: log level, HTTP status, whether somebody is woken.
 *
 * - `user`: the caller can put it right (a wrong file, a missing right). Logged as info.
 * - `operational`: the world is in the way (a database away, a disk full); trying again may help. Logged as warn.
 * - `unexpected`: we made a mistake. Logged as error.
 *
 * Every error has a code. What the code means stands in a table beside the feature (`x-errors.ts`), declared with
 * {@link declareErrors}; `errors/platform-errors.ts` is the ground's own.
 */
export type ErrorKind = 'user' | 'operational' | 'unexpected'

/** Values that fill a template's `{name}` places. Never secrets, never patients' data: messages are shown and logged. */
export type ErrorParams = Readonly<Record<string, string | number | boolean | null | readonly string[]>>

/**
 * What a code means. `en` and `zh` say in one or two sentences what happened and what to do next; `{name}` is
 * replaced by the parameter of that name.
 */
export interface ErrorEntry {
  readonly kind: ErrorKind
  /** HTTP status the API answers with. */
  readonly status: number
  readonly en: string
  readonly zh: string
}

const table = new Map<string, ErrorEntry>()

/**
 * Adds a feature's codes. Call it once, at the top level of `x-errors.ts`.
 * @throws TypeError when a code is declared twice with different meanings
 */
export function declareErrors(entries: Readonly<Record<string, ErrorEntry>>): void {
  for (const [code, entry] of Object.entries(entries)) {
    const known = table.get(code)
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(entry)) {
      throw new TypeError(`error code ${code} is declared twice`)
    }
    table.set(code, entry)
  }
}

/** Every declared code with its meaning, for documentation and tests. */
export function declaredErrors(): ReadonlyMap<string, ErrorEntry> {
  return table
}

/** What the three kinds share. Catch by `code`, or by class where only the kind matters. */
export abstract class AppError extends Error {
  abstract readonly kind: ErrorKind
  readonly code: string
  readonly params: ErrorParams

  constructor(code: string, params: ErrorParams = {}, options: { readonly cause?: unknown } = {}) {
    super(fill(table.get(code)?.en ?? code, params), options)
    this.code = code
    this.params = params
  }

  /** HTTP status: the code's own when it is thrown as the kind it is declared as; else 400, 503 or 500 after the kind. */
  get status(): number {
    const entry = table.get(this.code)
    return entry?.kind === this.kind ? entry.status : defaultStatus[this.kind]
  }

  /** The message in the reader's language. */
  messageIn(language: 'zh' | 'en'): string {
    return fill(table.get(this.code)?.[language] ?? this.code, this.params)
  }
}

export class UserError extends AppError {
  readonly kind = 'user'
  override readonly name = 'UserError'
}

export class OperationalError extends AppError {
  readonly kind = 'operational'
  override readonly name = 'OperationalError'
}

export class UnexpectedError extends AppError {
  readonly kind = 'unexpected'
  override readonly name = 'UnexpectedError'
}

/** The kind of anything that was thrown; what is not ours is unexpected. */
export function kindOf(error: unknown): ErrorKind {
  return error instanceof AppError ? error.kind : 'unexpected'
}

/** The code of anything that was thrown; `UNEXPECTED` for what carries none of ours. */
export function codeOf(error: unknown): string {
  return error instanceof AppError ? error.code : 'UNEXPECTED'
}

const defaultStatus: Record<ErrorKind, number> = { user: 400, operational: 503, unexpected: 500 }

function fill(template: string, params: ErrorParams): string {
  return template.replace(/\{(\w+)\}/g, (place, name: string) => {
    const value = params[name]
    if (value === undefined) return place
    return Array.isArray(value) ? value.join(', ') : String(value)
  })
}
