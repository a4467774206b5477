/**
 * How every bench speaks and ends: its method, the machine, tables of what was measured, its bounds, and with `--json`
 * one line of JSON as the last of stdout.
 */
import { readFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'

export const asJson = process.argv.includes('--json')

/** For people. With `--json` stdout belongs to the one line at the end. */
export function say(text = ''): void {
  const stream = asJson ? process.stderr : process.stdout
  stream.write(`${text}\n`)
}

/** One line: what the figures were measured on, and how busy it was with other things at the start. */
export function machine(): string {
  const [first] = cpus()
  const memory = Math.round(totalmem() / 2 ** 30)
  const kernel = readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim()
  const load = loadavg()[0]?.toFixed(1)
  return `${cpus().length} × ${first?.model ?? 'unknown CPU'}, ${memory} GB, Linux ${kernel}, Node ${process.version}; load average at the start ${load}`
}

/** The value that a share `q` (0–1) of the values does not exceed: nearest rank. NaN for none. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN
}

/** `p50 1.2 · p90 3.4 · p99 5.6 · most 7.8 ms (300)` */
export function distribution(ms: readonly number[]): string {
  const part = (q: number) => quantile(ms, q).toFixed(1)
  return `p50 ${part(0.5)} · p90 ${part(0.9)} · p99 ${part(0.99)} · most ${part(1)} ms (${ms.length} measured)`
}

/** Rows under their headings; every column but the first holds figures and stands right. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [headings, ...rows]
  const widths = headings.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)))
  const line = (row: readonly string[]) =>
    widths
      .map((width, column) => (column === 0 ? (row[column] ?? '').padEnd(width) : (row[column] ?? '').padStart(width)))
      .join('  ')
  return all.map((row) => `  ${line(row).trimEnd()}`).join('\n')
}

export interface Bound {
  /** What must hold, in words with its figure. */
  readonly must: string
  readonly found: number | string
  readonly holds: boolean
}

/** By name; null where nothing was measured. */
export interface Figures {
  readonly [name: string]: number | null | Figures
}

/**
 * Says which bounds hold, and sets the exit code: 1 when one does not. `figures` is the line of `--json`, its keys as
 * the issue names them, numbers rounded to hundredths.
 */
export function finish(figures: Figures, bounds: readonly Bound[]): void {
  say('Bounds:')
  for (const { must, found, holds } of bounds) say(`  ${holds ? 'holds' : 'FAILS'}  ${must}: ${found}`)
  if (bounds.some(({ holds }) => !holds)) process.exitCode = 1
  const line = JSON.stringify(figures, (_, value) =>
    typeof value === 'number' ? Math.round(value * 100) / 100 : value,
  )
  if (asJson) process.stdout.write(`${line}\n`)
  else say(line)
}
