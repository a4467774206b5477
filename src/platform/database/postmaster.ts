import { watch } from 'node:fs'
import { readdir, readFile, readlink, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, systemClock } from '../clock.ts'

/** What a running server's `postmaster.pid` says (Postgres: src/include/utils/pidfile.h). */
export interface Postmaster {
  readonly pid: number
  readonly port: string
  readonly socketDir: string
  readonly status: 'starting' | 'ready' | 'stopping'
}

/**
 * The server that runs on this folder; undefined when none does. A pid file whose process is gone, or is by now
 * somebody else's, counts as none: a server on this folder is recognised by its working directory.
 */
export async function findPostmaster(pgData: string): Promise<Postmaster | undefined> {
  const text = await readFile(join(pgData, 'postmaster.pid'), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const [pid, , , port = '', socketDir = '', , , status = ''] = text.split('\n').map((line) => line.trim())
  if (!(await serversIn(pgData)).includes(Number(pid))) return undefined
  return { pid: Number(pid), port, socketDir, status: statusOf(status) }
}

/** Process ids of everything that is a Postgres and works in this folder: the postmaster, and backends it left. */
export async function serversIn(pgData: string): Promise<readonly number[]> {
  const pids: number[] = []
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry) || !(await worksIn(Number(entry), pgData))) continue
    const name = await readFile(`/proc/${entry}/comm`, 'utf8').catch(() => '')
    if (name.trim() === 'postgres') pids.push(Number(entry))
  }
  return pids
}

/** Whether the process lives with this working directory. One that has ended and is not yet reaped has none. */
export async function worksIn(pid: number, folder: string): Promise<boolean> {
  const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => undefined)
  return cwd !== undefined && cwd === (await realpath(folder).catch(() => folder))
}

/**
 * Resolves with what `look` finds as soon as it finds something: it is asked now, at each change in the folder, and,
 * since a process that dies changes no file, four times a second. Undefined after `timeoutMs`.
 */
export async function watchFolder<T>(
  folder: string,
  look: () => Promise<T | undefined>,
  { timeoutMs, clock = systemClock }: { readonly timeoutMs: number; readonly clock?: Clock },
): Promise<T | undefined> {
  let wake = () => {}
  const watcher = watch(folder, () => wake())
  watcher.on('error', () => {}) // the folder went: `look` will tell
  const lastLook = clock.now().getTime() + timeoutMs
  try {
    for (;;) {
      const changed = new Promise<void>((resolve) => {
        wake = resolve
      })
      const found = await look()
      if (found !== undefined || clock.now().getTime() > lastLook) return found
      const timer = clock.setTimeout(() => wake(), 250)
      await changed
      clock.clearTimeout(timer)
    }
  } finally {
    watcher.close()
  }
}

function statusOf(text: string): Postmaster['status'] {
  return text === 'ready' || text === 'stopping' ? text : 'starting'
}
