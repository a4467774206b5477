import type { Clock } from '#platform/clock.ts'
import { OperationalError } from '#platform/errors/errors.ts'
import './telephony-errors.ts'

export interface Limit {
  readonly clock: Clock
  readonly limitMs: number
  /** Named in the error; a command, never a number or a name. */
  readonly what: string
}

/**
 * `promise`, or an error when it takes longer. The client libraries have promises that never settle, so nothing of
 * theirs is awaited without a limit.
 * @throws OperationalError TELEPHONY_TIMEOUT
 */
export function within<T>({ clock, limitMs, what }: Limit, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimeout(() => reject(new OperationalError('TELEPHONY_TIMEOUT', { what, limitMs })), limitMs)
    promise.then(resolve, reject).finally(() => clock.clearTimeout(timer))
  })
}

/** A promise settled from outside. Settling it twice does nothing. */
export interface Settling<T> {
  readonly promise: Promise<T>
  resolve(value: T): void
}

export function settling<T>(): Settling<T> {
  const { promise, resolve } = Promise.withResolvers<T>()
  return { promise, resolve }
}
