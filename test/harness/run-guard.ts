import { spawn } from 'node:child_process'
import { join } from 'node:path'

export interface RunGuard {
  /** The run has ended what it began: there is nothing left to guard. */
  release(): void
}

/**
 * Ends what a run leaves behind when it is killed before it can end that itself (a time limit, a second Ctrl-C): every
 * process that works in the folder, or has it in its environment or command line; then removes the folder.
 *
 * The guard is a process of its own at the other end of a pipe, which the system closes however this one ends.
 */
export function guardRun(folder: string): RunGuard {
  const guard = spawn(process.execPath, [join(import.meta.dirname, 'run-guard-process.ts'), folder], {
    // Neither Ctrl-C nor the end of this process's group is for it.
    detached: true,
    stdio: ['pipe', 'ignore', 'inherit'],
  })
  guard.unref()
  return { release: () => void guard.kill() }
}
