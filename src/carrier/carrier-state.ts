/**
 * What a running carrier tells of itself, in a file and as its first line on stdout. The application it belongs to
 * stands in it: one that finds it again writes itself there, and the carrier stays.
 */
import { randomBytes } from 'node:crypto'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'

export interface CarrierState {
  readonly pid: number
  /** ISO 8601. */
  readonly startedAt: string
  readonly host: string
  readonly sipPort: number
  readonly lines: number
  readonly parentPid: number
}

/** @returns null when the text is no state */
export function parseCarrierState(text: string): CarrierState | null {
  try {
    const value: unknown = JSON.parse(text)
    return isState(value) ? value : null
  } catch {
    return null
  }
}

/** @returns null when there is no such file, or it holds no state */
export async function readCarrierState(path: string): Promise<CarrierState | null> {
  const text = await readFile(path, 'utf8').catch(() => null)
  return text === null ? null : parseCarrierState(text)
}

/** Whole or not at all. */
export async function writeCarrierState(path: string, state: CarrierState): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  await writeFile(draft, `${JSON.stringify(state)}\n`, { mode: 0o600 })
  await rename(draft, path)
}

/** Removes the file when it is still this process's. */
export async function removeCarrierState(path: string, pid: number): Promise<void> {
  if ((await readCarrierState(path))?.pid === pid) await rm(path, { force: true })
}

export function processLives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

function isState(value: unknown): value is CarrierState {
  if (typeof value !== 'object' || value === null) return false
  const { pid, startedAt, host, sipPort, lines, parentPid } = { ...emptyFields, ...value }
  const numbers = [pid, sipPort, lines, parentPid].every((number) => Number.isSafeInteger(number))
  return numbers && typeof startedAt === 'string' && typeof host === 'string'
}

const emptyFields: Readonly<Record<keyof CarrierState, unknown>> = {
  pid: null,
  startedAt: null,
  host: null,
  sipPort: null,
  lines: null,
  parentPid: null,
}
