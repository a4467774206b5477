import type { ProcessUse } from './process-tree.ts'
import { table } from './report.ts'

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
