/** See run-guard.ts. Its stdin ends with the run. */
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { processesOf } from './processes-of.ts'

/** A server of Postgres ends its own processes, and gives its shared memory back. */
const limitOfServersMs = 5_000

const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('Which folder?')
process.stdin.resume()
await once(process.stdin, 'close')
const began = performance.now()
for (;;) {
  const left = await processesOf(folder)
  if (left.length === 0) break
  const isLate = performance.now() - began > limitOfServersMs
  for (const { pid, command } of left) end(pid, isLate ? 'SIGKILL' : signalFor(command))
  await pause(100)
}
await rm(folder, { recursive: true, force: true })

function signalFor(command: string): NodeJS.Signals | 0 {
  if (command.startsWith('postgres: ')) return 0
  return /^\S*\/postgres /.test(command) ? 'SIGQUIT' : 'SIGKILL'
}

function end(pid: number, signal: NodeJS.Signals | 0): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended meanwhile.
  }
}
