import { type Bindings, type ChildLoggerOptions, type Logger, type LoggerOptions, pino, stdSerializers } from 'pino'
import { AppError, type ErrorKind, kindOf } from './errors/errors.ts'

/**
 * A log line is one JSON object. Bind ids once: `log.child({ attemptId, callId })`, and every line of that call
 * carries them. Personal data stands only under the key `pii` (`{ pii: { phone } }`) or keys that begin with `pii.`;
 * the writer replaces such values before anything is written.
 */
export type Log = Logger

export interface LogOptions {
  /** pino's level name; default `info`. */
  readonly level?: string
  /** Which process speaks, such as `suifang` or `softswitch`. */
  readonly name?: string
  /** Receives each line with its newline; default stdout. */
  readonly destination?: { write(line: string): void }
}

export function createLog({ level = 'info', name, destination }: LogOptions = {}): Log {
  const options: LoggerOptions = {
    level,
    ...(name === undefined ? {} : { name }),
    formatters: {
      level: (label) => ({ level: label }),
      log: maskPersonal,
    },
    serializers: { err: describeError, error: describeError },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
  }
  const log = destination === undefined ? pino(options) : pino(options, destination)
  const child: (bindings: Bindings, options?: ChildLoggerOptions) => Log = log.child
  // pino's formatter of bindings is not asked for children; children inherit this method.
  return Object.assign(log, {
    child(this: Log, bindings: Bindings, childOptions?: ChildLoggerOptions) {
      return child.call(this, maskPersonal(bindings), childOptions)
    },
  })
}

/** A log that writes nothing, for tests and for code that was given none. */
export const silentLog: Log = pino({ level: 'silent' })

/** Writes what was thrown, at the level that follows from its kind (`user` info, `operational` warn, else error). */
export function logError(log: Log, error: unknown, message: string, bindings: Record<string, unknown> = {}): void {
  log[levelOf[kindOf(error)]]({ ...bindings, err: error }, message)
}

const levelOf = { user: 'info', operational: 'warn', unexpected: 'error' } as const satisfies Record<ErrorKind, string>

const mask = '[masked]'
/** Log objects are shallow by custom; deeper than this nothing personal has any business. */
const maxDepth = 6

function maskPersonal(fields: Record<string, unknown>): Record<string, unknown> {
  return isMarked(fields, 0) ? maskObject(fields, 0) : fields
}

/** Most lines carry nothing personal: those are not copied. */
function isMarked(fields: object, depth: number): boolean {
  return Object.entries(fields).some(
    ([key, value]) => isPersonal(key) || (isPlain(value) && (depth >= maxDepth || isMarked(value, depth + 1))),
  )
}

function maskObject(fields: object, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => {
      if (isPersonal(key)) return [key, maskAll(value)]
      if (!isPlain(value)) return [key, value]
      return [
        key,
        depth >= maxDepth
          ? mask
          : Array.isArray(value)
            ? Object.values(maskObject(value, depth + 1))
            : maskObject(value, depth + 1),
      ]
    }),
  )
}

/** Keeps the names of the fields, so that a reader sees what was there. */
function maskAll(value: unknown): unknown {
  if (!isPlain(value) || Array.isArray(value)) return mask
  return Object.fromEntries(Object.keys(value).map((key) => [key, mask]))
}

function isPersonal(key: string): boolean {
  return key === 'pii' || key.startsWith('pii.')
}

function isPlain(value: unknown): value is object {
  if (Array.isArray(value)) return true
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

/** Code, kind and parameters of ours; name, message, stack and causes of everybody's. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const known = error instanceof AppError ? { code: error.code, kind: error.kind, params: error.params } : {}
  return { ...withoutRows(stdSerializers.errWithCause(error)), ...known }
}

/** Postgres and its client put the offending row's values here: patients' data. */
function withoutRows(described: object): Record<string, unknown> {
  const kept = Object.entries(described).filter(([key]) => !rowFields.has(key))
  return Object.fromEntries(
    kept.map(([key, value]) => [
      key,
      key === 'cause' && typeof value === 'object' && value !== null ? withoutRows(value) : value,
    ]),
  )
}

const rowFields = new Set(['detail', 'where', 'internalQuery', 'parameters', 'raw'])
