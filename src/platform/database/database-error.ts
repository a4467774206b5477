import { OperationalError } from '../errors/errors.ts'
import '../errors/platform-errors.ts'

/**
 * Turns what pg throws into ours where the server was not to be reached or gave up; everything else is returned as
 * it came, since a refused row (SQLSTATE 23xxx) is the caller's to understand.
 */
export function databaseError(error: unknown, limitMs: number): unknown {
  if (isSlow(error)) return new OperationalError('DATABASE_SLOW', { limitMs }, { cause: error })
  if (isAway(error)) return new OperationalError('DATABASE_AWAY', { reason: reasonOf(error) }, { cause: error })
  return error
}

/** True when the connection this error came over is of no more use. */
export function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = codeIn(error)
  if (code !== undefined && (socketCodes.has(code) || isAwaySqlState(code))) return true
  return clientMessages.some((message) => error.message.includes(message))
}

function isSlow(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  // 57014 query_canceled (statement_timeout), 55P03 lock_not_available (lock_timeout)
  return codeIn(error) === '57014' || codeIn(error) === '55P03' || error.message === readTimeout
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  return codeIn(error) ?? error.message
}

function codeIn(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** Class 08 connection exception; 57P01–57P03 shut down, crashed, starting up; 57P05 idle session ended. */
function isAwaySqlState(code: string): boolean {
  return /^08...$/.test(code) || /^57P0[1235]$/.test(code)
}

const socketCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
])

const readTimeout = 'Query read timeout'

/** What the pg client says without a code (pg 8.23, lib/client.js and pg-pool). */
const clientMessages = [
  'Connection terminated',
  'timeout exceeded when trying to connect',
  'Client has encountered a connection error and is not queryable',
  'Client was closed and is not queryable',
  readTimeout,
]
