import { type JobHelpers, run, type TaskList } from 'graphile-worker'
import { sql } from 'kysely'
import type { Static, TSchema } from 'typebox'
import Value from 'typebox/value'
import type { Ground, GroundTransaction } from '../database/database.ts'
import { UnexpectedError } from '../errors/errors.ts'
import '../errors/platform-errors.ts'
import { type Log, logError } from '../log.ts'
import { workerLogger } from './worker-log.ts'
import { workerPool } from './worker-pool.ts'

/** Work that is done later, once, on whichever node: an import, a plan made concrete, a recording checked. */
export interface Job<Payload extends TSchema = TSchema> {
  /** Such as `import.run`; never renamed while rows wait under it. */
  readonly name: string
  /** Ids and figures. No patients' data: payloads stand in the clear. */
  readonly payload: Payload
  /** May be run again after a crash: idempotent. `signal` is aborted when the process ends. */
  run(payload: Static<Payload>, context: JobContext): Promise<void>
}

export interface JobContext {
  readonly log: Log
  readonly signal: AbortSignal
}

export interface JobOrder {
  /** A second order under the key of a waiting job replaces it. */
  readonly key?: string
  /** Not before; default now. */
  readonly runAt?: Date
  /** Default 25, with growing pauses, about three days. */
  readonly maxAttempts?: number
  /** Jobs of one queue run one after another. */
  readonly queue?: string
}

export function defineJob<Payload extends TSchema>(job: Job<Payload>): Job<Payload> {
  return job
}

/** Orders a job in the caller's transaction: it exists if the transaction commits, and then starts within milliseconds. */
export async function addJob<Payload extends TSchema>(
  tx: Ground | GroundTransaction,
  job: Job<Payload>,
  payload: Static<Payload>,
  { key, runAt, maxAttempts, queue }: JobOrder = {},
): Promise<void> {
  checkPayload(job, payload)
  await sql`select graphile_worker.add_job(${job.name}, payload := ${JSON.stringify(payload)}::json,
    job_key := ${key ?? null}, run_at := ${runAt ?? null}, max_attempts := ${maxAttempts ?? null},
    queue_name := ${queue ?? null})`.execute(tx)
}

export interface Jobs {
  /** Rejects when the worker has given up, which it does not for a database that is away for a while. */
  readonly ended: Promise<void>
  /** Takes no more jobs, tells those that run by their signal, and waits for them up to 5 s. */
  close(): Promise<void>
}

/** Runs jobs in this process. What `run` throws is logged after its kind, and the job tried again later. */
export async function openJobs(options: {
  readonly url: string
  readonly jobs: readonly Job[]
  readonly log: Log
  /** How many at once; default 2. */
  readonly concurrency?: number
}): Promise<Jobs> {
  const { url, jobs, log, concurrency = 2 } = options
  const pool = workerPool({ url, applicationName: 'suifang jobs' }, concurrency + 2, log)
  const taskList: TaskList = Object.fromEntries(jobs.map((job) => [job.name, taskOf(job, log)]))
  const runner = await run({
    pgPool: pool,
    taskList,
    concurrency,
    logger: workerLogger(log),
    noHandleSignals: true,
    // New jobs come by NOTIFY; asking is for those whose time has come, and for retries.
    pollInterval: 5_000,
    gracefulShutdownAbortTimeout: 0,
  }).catch(async (error) => {
    await pool.end()
    throw error
  })
  return {
    ended: runner.promise,
    close: async () => {
      await runner.stop()
      await pool.end()
    },
  }
}

function taskOf(job: Job, log: Log) {
  return async (payload: unknown, helpers: JobHelpers) => {
    const jobLog = log.child({ job: job.name, jobId: helpers.job.id })
    checkPayload(job, payload)
    try {
      await job.run(payload, { log: jobLog, signal: helpers.abortSignal })
    } catch (error) {
      logError(jobLog, error, 'a job failed and is tried again later', { attempt: helpers.job.attempts })
      throw error
    }
  }
}

function checkPayload(job: Job, payload: unknown): void {
  if (!Value.Check(job.payload, payload)) throw new UnexpectedError('JOB_PAYLOAD_INVALID', { job: job.name })
}
