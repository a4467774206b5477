import type { FastifyReply, FastifyRequest } from 'fastify'
import { AppError, type ErrorParams, UnexpectedError, UserError } from '#platform/errors/errors.ts'
import { type Log, logError } from '#platform/log.ts'
import { type Language, languageOf } from './language.ts'
import './http-errors.ts'

/** What every refused request answers with, in the reader's language. */
export interface ErrorBody {
  readonly code: string
  /** What happened. */
  readonly message: string
  /** What to do about it. */
  readonly next: string
  /** What fills the message; a page that knows the code may say it better. */
  readonly params: ErrorParams
  readonly requestId: string
}

/** Says what was thrown, at the level that follows from its kind, and answers with code, message and next step. */
export function errorReplier(log: Log) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const told = ours(error, request)
    const bindings = { reqId: request.id, route: request.routeOptions.url ?? null }
    // A parser's words about what it could not read may repeat it: of the caller's faults only the code is kept.
    if (told.kind === 'user') log.info({ ...bindings, code: told.code, params: told.params }, 'request refused')
    else logError(log, told, 'request failed', bindings)
    return reply.code(told.status).send(errorBody(told, languageOf(request.headers['accept-language']), request.id))
  }
}

export function errorBody(error: AppError, language: Language, requestId: string): ErrorBody {
  const text = error.messageIn(language)
  const end = text.search(language === 'zh' ? /[。]/ : /[.!?](?=\s)/) + 1
  const [message, next] = end === 0 ? [text, ''] : [text.slice(0, end), text.slice(end).trim()]
  return { code: error.code, message, next, params: error.params, requestId }
}

/** What fastify and its plugins throw, in our codes. Their messages are not shown: they may repeat the input. */
function ours(error: unknown, request: FastifyRequest): AppError {
  if (error instanceof AppError) return error
  if (!(error instanceof Error)) return new UnexpectedError('UNEXPECTED', { requestId: request.id }, { cause: error })
  const status = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (code === 'FST_ERR_VALIDATION' || ('validation' in error && Array.isArray(error.validation))) {
    if (faultsOf(error).some(isReasonFault)) return new UserError('REASON_HOLDS_NUMBER', {}, { cause: error })
    return new UserError('INPUT_INVALID', validationFault(error), { cause: error })
  }
  if (status === 429) return new UserError('TOO_MANY_REQUESTS', { seconds: secondsIn(error) })
  if (status === 404) return new UserError('NOT_FOUND')
  if (status >= 400 && status < 500) {
    return new UserError('INPUT_INVALID', { where: 'request', fault: code || String(status) }, { cause: error })
  }
  return new UnexpectedError('UNEXPECTED', { requestId: request.id }, { cause: error })
}

/** Place and rule, never the value. */
function validationFault(error: Error): { where: string; fault: string } {
  const part = 'validationContext' in error ? String(error.validationContext) : 'request'
  const [first] = faultsOf(error)
  if (typeof first !== 'object' || first === null) return { where: part, fault: 'invalid' }
  const at = 'instancePath' in first ? String(first.instancePath) : ''
  const rule = 'keyword' in first ? String(first.keyword) : 'invalid'
  return { where: `${part}${at}`, fault: rule }
}

/** Of a union there are some of each branch. */
function faultsOf(error: Error): readonly unknown[] {
  return 'validation' in error && Array.isArray(error.validation) ? error.validation : []
}

function isReasonFault(fault: unknown): boolean {
  if (typeof fault !== 'object' || fault === null || !('params' in fault)) return false
  const { params } = fault
  return typeof params === 'object' && params !== null && 'format' in params && params.format === 'reason'
}

function secondsIn(error: Error): number {
  return 'seconds' in error && typeof error.seconds === 'number' ? error.seconds : 60
}
