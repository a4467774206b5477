/** Processes as Linux tells of them in /proc: who started whom, what each has used. */
import { readdirSync, readFileSync } from 'node:fs'

export interface ProcessUse {
  readonly pid: number
  /** Clock ticks since boot at which it was started: with the number, its identity. */
  readonly startedAt: string
  /** The job of this process in the house. */
  readonly name: string
  /** User and system time since its start. */
  readonly cpuSeconds: number
  /** Of it, what the system took for it. */
  readonly systemSeconds: number
  /** Ready to run and not running, all threads since its start: how busy the machine was with others. */
  readonly waitedSeconds: number
  /** Proportional set size: shared pages count by share. */
  readonly pssKb: number
  readonly rssKb: number
}

/** Ticks of /proc/<pid>/stat: 100 a second on every Linux that Node runs on. */
const ticksPerSecond = 100

/** A process and all that it and its children have started, as they are now. */
export function processTree(root: number): ProcessUse[] {
  const parents = new Map(allProcesses().flatMap((pid) => parentOf(pid) ?? []))
  const isOurs = (pid: number): boolean => {
    for (
      let at: number | undefined = pid, steps = 0;
      at !== undefined && steps < 64;
      at = parents.get(at), steps += 1
    ) {
      if (at === root) return true
    }
    return false
  }
  return [...parents.keys()].filter(isOurs).flatMap((pid) => useOf(pid) ?? [])
}

/** User and system time of these processes since their start; of one that is gone nothing. */
export function cpuSecondsOf(pids: readonly number[]): number {
  const ticks = pids.map((pid) => statOf(pid)).map((fields) => Number(fields?.[11] ?? 0) + Number(fields?.[12] ?? 0))
  return ticks.reduce((sum, one) => sum + one, 0) / ticksPerSecond
}

/**
 * What these processes would hold together if no others ran, in kB, at most: their own pages, and of each file that they
 * share with anybody the largest part that one of them has in memory. Where other programs use the same Node, pages are
 * shared with those, and the proportional size is too small.
 */
export function sizeAlone(processes: readonly ProcessUse[]): number {
  let own = 0
  const files = new Map<string, number>()
  for (const { pid } of processes) {
    const shared = new Map<string, number>()
    for (const { file, privateKb, sharedKb } of mappingsOf(pid)) {
      own += privateKb
      shared.set(file, (shared.get(file) ?? 0) + sharedKb)
    }
    for (const [file, kb] of shared) files.set(file, Math.max(files.get(file) ?? 0, kb))
  }
  return own + [...files.values()].reduce((sum, kb) => sum + kb, 0)
}

function mappingsOf(pid: number): { file: string; privateKb: number; sharedKb: number }[] {
  // A mapping begins with its addresses: 55d0c000-55d0d000 r--p 00000000 fe:00 1234 /path
  const parts = (read(`/proc/${pid}/smaps`) ?? '').split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m)
  return parts.map((part) => ({
    file: part.slice(0, part.indexOf('\n')).split(/\s+/).slice(5).join(' '),
    privateKb: kilobytes(part, 'Private_Clean') + kilobytes(part, 'Private_Dirty'),
    sharedKb: kilobytes(part, 'Shared_Clean') + kilobytes(part, 'Shared_Dirty'),
  }))
}

/** Whether that very process still runs; a number may be somebody else's by now. */
export function lives({ pid, startedAt }: Pick<ProcessUse, 'pid' | 'startedAt'>): boolean {
  const fields = statOf(pid)
  return fields !== undefined && fields[0] !== 'Z' && fields[19] === startedAt
}

function allProcesses(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
}

function parentOf(pid: number): [[pid: number, parent: number]] | undefined {
  const fields = statOf(pid)
  return fields === undefined ? undefined : [[pid, Number(fields[1])]]
}

function useOf(pid: number): ProcessUse | undefined {
  const fields = statOf(pid)
  const command = read(`/proc/${pid}/cmdline`)?.replaceAll('\0', ' ').trim()
  const memory = read(`/proc/${pid}/smaps_rollup`)
  if (fields === undefined || !command || memory === undefined) return undefined
  return {
    pid,
    startedAt: fields[19] ?? '',
    name: nameOf(command),
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
    systemSeconds: Number(fields[12]) / ticksPerSecond,
    waitedSeconds: waitedOf(pid),
    pssKb: kilobytes(memory, 'Pss'),
    rssKb: kilobytes(memory, 'Rss'),
  }
}

/** The second field of schedstat: nanoseconds on a run queue. */
function waitedOf(pid: number): number {
  const threads = list(`/proc/${pid}/task`).map((thread) => read(`/proc/${pid}/task/${thread}/schedstat`))
  return threads.reduce((sum, line) => sum + Number(line?.split(' ')[1] ?? 0), 0) / 1e9
}

/** What follows the command's name in /proc/<pid>/stat: state, parent, …; undefined when the process is gone. */
function statOf(pid: number): string[] | undefined {
  const line = read(`/proc/${pid}/stat`)
  // The name stands in parentheses and may hold any character.
  return line?.slice(line.lastIndexOf(')') + 2).split(' ')
}

function kilobytes(rollup: string, key: string): number {
  return Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(rollup)?.[1] ?? 0)
}

const jobs: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/src\/main\.ts|bin\/run\.ts|suifang\.mjs/, 'application'],
  [/softswitch\/main\.ts/, 'softswitch'],
  [/webrtc\/gateway-process\.ts/, 'gateway for browsers'],
  [/browser-peer-process\.ts/, 'browsers'],
  [/\/chromium\b/, 'Chromium'],
  [/carrier\/main\.ts/, 'carrier and patients'],
  [/(tone|light)-phones-process\.ts/, 'telephones'],
  [/echo-process\.ts/, 'echo'],
  [/\.bench\.ts/, 'bench'],
  [/^postgres\b|bin\/postgres /, 'Postgres'],
  [/^npm\b|npm-cli/, 'npm'],
]

function nameOf(command: string): string {
  return jobs.find(([pattern]) => pattern.test(command))?.[1] ?? command.split(' ').slice(0, 3).join(' ')
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return [] // gone
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined // gone, or not ours to read
  }
}
