import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { ProcessUse } from './process-tree.ts'
import { table } from './report.ts'

/**
 * This process and all that it has started, as they are now. In a thread of its own: to ask Linux of much memory takes
 * tens of milliseconds, in which a telephone of this process would fall silent.
 */
export async function lookAtProcesses(): Promise<readonly ProcessUse[]> {
  const worker = new Worker(new URL('./process-tree-worker.ts', import.meta.url), { workerData: process.pid })
  const [found]: (readonly ProcessUse[])[] = await once(worker, 'message')
  return found ?? []
}

/** What every job of the house used between two looks, of one core. By job, not by process: Postgres has many. */
export function sharesOf(first: readonly ProcessUse[], last: readonly ProcessUse[], seconds: number): string {
  const sum = (of: readonly ProcessUse[], name: string, key: 'cpuSeconds' | 'waitedSeconds' | 'pssKb') =>
    of.filter((one) => one.name === name).reduce((total, one) => total + one[key], 0)
  const names = [...new Set(last.map(({ name }) => name))]
  const share = (name: string, key: 'cpuSeconds' | 'waitedSeconds') =>
    `${(((sum(last, name, key) - sum(first, name, key)) / seconds) * 100).toFixed(0)} %`
  const memory = (of: readonly ProcessUse[], name: string) => `${(sum(of, name, 'pssKb') / 1024).toFixed(0)} MB`
  return table(
    ['', 'of one core', 'waited for one', 'PSS at first', 'at last'],
    names.map((name) => [
      name,
      share(name, 'cpuSeconds'),
      share(name, 'waitedSeconds'),
      memory(first, name),
      memory(last, name),
    ]),
  )
}
