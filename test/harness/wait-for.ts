import type { EventEmitter } from 'node:events'

export interface WaitOptions {
  /** Default 20 s: nothing takes so long but a machine with other work. */
  readonly timeoutMs?: number
  /** Says in the failure what was waited for. */
  readonly what?: string
}

const patienceMs = 20_000
const shortestPauseMs = 20
const longestPauseMs = 200

/**
 * Resolves with the first value of `look` that is neither undefined, null nor false; asks again 20 ms after each
 * answer, and after some seconds ever more seldom, up to five times a second: half a minute of asking is a second of
 * processor time, here and in who is asked. For conditions that tell nobody, such as a row in the database; where there is an event, use
 * {@link waitForEvent}. What `look` throws last is the cause of the failure.
 */
export async function waitFor<T>(
  look: () => T | undefined | null | false | Promise<T | undefined | null | false>,
  { timeoutMs = patienceMs, what = 'a condition' }: WaitOptions = {},
): Promise<T> {
  const began = performance.now()
  for (;;) {
    let cause: unknown
    try {
      const found = await look()
      if (found !== undefined && found !== null && found !== false) return found
    } catch (error) {
      cause = error
    }
    const waitedMs = performance.now() - began
    if (waitedMs > timeoutMs) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`, { cause })
    const pauseMs = Math.min(Math.max(waitedMs / 50, shortestPauseMs), longestPauseMs)
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}

/** Resolves with the arguments of the first event of that name which `accept` takes; without it, of the first. */
export function waitForEvent<Args extends readonly unknown[]>(
  emitter: Pick<EventEmitter, 'on' | 'off'>,
  name: string,
  {
    timeoutMs = patienceMs,
    what = `the event ${name}`,
    accept = () => true,
  }: WaitOptions & { accept?: (...args: Args) => boolean } = {},
): Promise<Args> {
  return new Promise((resolve, reject) => {
    const onEvent = (...args: unknown[]) => {
      const told = args as unknown as Args // an emitter does not know its events' types
      if (!accept(...told)) return
      settle()
      resolve(told)
    }
    const timer = setTimeout(() => {
      settle()
      reject(new Error(`waited ${timeoutMs} ms in vain for ${what}`))
    }, timeoutMs)
    const settle = () => {
      clearTimeout(timer)
      emitter.off(name, onEvent)
    }
    emitter.on(name, onEvent)
  })
}
