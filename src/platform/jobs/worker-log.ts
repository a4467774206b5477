import { Logger } from 'graphile-worker'
import type { Log } from '../log.ts'

/** graphile-worker's words in our log. It calls an ordinary start "info"; for us that is detail. */
export function workerLogger(log: Log): Logger {
  return new Logger((scope) => (level, message, meta) => {
    const bindings = { worker: scope.label, job: scope.jobId, task: scope.taskIdentifier }
    const err = meta !== undefined && 'error' in meta ? { err: meta.error } : {}
    if (level === 'error') log.error({ ...bindings, ...err }, message)
    else if (level === 'warning') log.warn({ ...bindings, ...err }, message)
    else log.debug(bindings, message)
  })
}
