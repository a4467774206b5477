import type { Clock, Timer } from './clock.ts'
import { type Log, logError } from './log.ts'

/** A process that somebody started, or took over. */
export interface EndingProcess {
  /** Resolves when it ends, whoever ended it. */
  readonly ended: Promise<number | null>
  close(): Promise<void>
}

export interface KeptProcess<P extends EndingProcess> {
  /** The one that runs, or ran last. */
  readonly current: P
  /** Ends it, and starts it no more. Idempotent. */
  close(): Promise<void>
}

export interface KeepOptions<P extends EndingProcess> {
  /** With its article, for the log: `the softswitch`. */
  readonly name: string
  /** Starts it anew where the one before was. */
  readonly start: () => Promise<P>
  readonly onDied?: () => Promise<void>
  readonly onAgain?: (process: P) => Promise<void>
  readonly clock: Clock
  readonly log: Log
}

/** The first pause; each further one is twice as long, */
export const firstPauseMs = 250
/** up to this one: a program that cannot live is tried six times a minute, for as long as the house is open. */
export const longestPauseMs = 10_000
/** One that has lived so long begins with the first pause again. */
const soundAfterMs = 60_000

/** Starts a process again whenever it dies, with growing pauses, until it is closed; each death is an error in the log. */
export function keepProcess<P extends EndingProcess>(first: P, options: KeepOptions<P>): KeptProcess<P> {
  const { name, start, onDied = async () => {}, onAgain = async () => {}, clock, log } = options
  let current = first
  let closing: Promise<void> | null = null
  let timer: Timer | undefined
  let starting: Promise<void> = Promise.resolve()
  let pauseMs = firstPauseMs

  const tell = (telling: Promise<void>) =>
    telling.catch((error: unknown) => logError(log, error, `what became of ${name} could not be written down`))
  const again = () => {
    timer = clock.setTimeout(() => {
      starting = startAgain()
    }, pauseMs)
    pauseMs = Math.min(pauseMs * 2, longestPauseMs)
  }
  const watch = (watched: P) => {
    const since = clock.now().getTime()
    void watched.ended.then((code) => {
      if (closing !== null) return
      log.error({ code }, `${name} has died: its calls are lost, it is started again`)
      if (clock.now().getTime() - since >= soundAfterMs) pauseMs = firstPauseMs
      void tell(onDied())
      again()
    })
  }
  const startAgain = async () => {
    try {
      current = await start()
    } catch (error) {
      logError(log, error, `${name} could not be started again`)
      if (closing === null) again()
      return
    }
    watch(current)
    log.info(`${name} runs again`)
    if (closing === null) await tell(onAgain(current))
  }
  watch(first)

  return {
    get current() {
      return current
    },
    close() {
      clock.clearTimeout(timer)
      closing ??= starting.then(() => current.close())
      return closing
    },
  }
}
