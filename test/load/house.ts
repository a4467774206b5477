/** The house as a bench runs it: a data folder of its own, a process of its own, nothing of the caller's settings. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startProcess, type TestProcess } from '../harness/process.ts'
import { lives, type ProcessUse, processTree } from './process-tree.ts'
import { say } from './report.ts'

export const root = new URL('../../', import.meta.url).pathname

/** Removed with everything in it; with `--keep` it stays, to be looked into. */
export async function temporaryFolder(bench: string): Promise<{ readonly path: string; close(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), `suifang-bench-${bench}-`))
  if (process.argv.includes('--keep')) return { path, close: async () => say(`Kept: ${path}`) }
  return { path, close: () => rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }) }
}

/** Its own folder and a free port; whatever the caller's environment says of databases and servers does not count. */
export function environmentOf(dataDir: string): Record<string, string> {
  const kept = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'NODE_COMPILE_CACHE', 'npm_config_cache'].flatMap((name) => {
    const value = process.env[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return { ...Object.fromEntries(kept), SUIFANG_DATA: dataDir, PORT: '0' }
}

export interface RunningHouse {
  readonly pid: number
  /** Where its console is. */
  readonly url: string
  /** In order, as Ctrl-C does. @throws when a process of it lives on, or it ends badly */
  close(): Promise<void>
}

const upLimitMs = 120_000
const endLimitMs = 30_000

/** The house as it is, no hospital of the demo in it but what the bench has loaded. */
export const noDemo = { SUIFANG_DEMO: 'no' }

/**
 * Starts it and waits until it says where its console is.
 * @param command from the root of the source
 * @param more of its environment
 */
export async function startHouse(
  command: readonly [string, ...string[]],
  dataDir: string,
  more: Readonly<Record<string, string>> = {},
): Promise<RunningHouse> {
  const empty = Object.fromEntries(Object.keys(process.env).map((name) => [name, undefined]))
  const house = await startProcess(command, {
    cwd: root,
    env: { ...empty, ...environmentOf(dataDir), ...more },
    ready: /^Console .*: (http\S+)$/,
    readyTimeoutMs: upLimitMs,
  })
  let closing: Promise<void> | undefined
  return {
    pid: house.pid,
    url: house.ready?.[1] ?? '',
    close() {
      closing ??= end(house)
      return closing
    },
  }
}

async function end(house: TestProcess): Promise<void> {
  const ours = processTree(house.pid)
  const late = setTimeout(() => killAll(ours), endLimitMs)
  const { code } = await house.kill('SIGTERM')
  clearTimeout(late)
  const left = ours.filter(lives)
  killAll(left)
  await house.close()
  if (left.length > 0) throw new Error(`these outlived the house: ${left.map(({ name }) => name).join(', ')}`)
  if (code !== 0) throw new Error(`the house ended with ${code}; it said:\n${house.lines.slice(-10).join('\n')}`)
}

function killAll(ours: readonly ProcessUse[]): void {
  for (const one of ours.filter(lives)) process.kill(one.pid, 'SIGKILL')
}

/** What went wrong, and what went wrong while that was cleared away, in the order it happened. */
export function faults(error: unknown): string[] {
  if (error instanceof SuppressedError) return [...faults(error.suppressed), ...faults(error.error)]
  return [error instanceof Error ? (error.stack ?? error.message) : String(error)]
}

/**
 * Aborts when the bench is told to stop, or has taken too long, so that its waits end and it takes down what it put up.
 * Half a minute later it ends whatever happens.
 */
export function interruption(limitSeconds = 1_800): AbortSignal {
  const controller = new AbortController()
  const stop = (why: string): void => {
    process.exitCode = 1
    setTimeout(() => process.exit(1), 30_000).unref()
    controller.abort(new Error(why))
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => stop(`stopped by ${signal}`))
  setTimeout(() => stop(`not done after ${limitSeconds} s`), limitSeconds * 1_000).unref()
  return controller.signal
}
