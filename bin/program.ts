import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'

/** The folder of the house. */
export const root = dirname(import.meta.dirname)

/** stdout belongs to what a command prints for others to read; everything said to a person goes here. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`)
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  /** Writes the program's stdout to stderr. */
  readonly quietStdout?: boolean
}

/**
 * Runs a program of node_modules/.bin, or any other by its path, in the house's folder.
 * @returns its exit code; 1 when a signal ended it
 */
export async function runProgram(program: string, args: readonly string[], options: RunOptions = {}): Promise<number> {
  const path = `${join(root, 'node_modules/.bin')}:${process.env.PATH ?? ''}`
  const child = spawn(program, args, {
    cwd: root,
    env: { ...process.env, ...options.env, PATH: path },
    stdio: ['inherit', options.quietStdout ? 2 : 'inherit', 'inherit'],
  })
  // The terminal sends Ctrl-C to both of us; a signal to us alone must not leave it behind.
  const passOn = (signal: NodeJS.Signals) => child.kill(signal)
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, passOn)
  try {
    const [code] = await once(child, 'exit')
    return typeof code === 'number' ? code : 1
  } catch (error) {
    say(`${program} could not be started: ${error instanceof Error ? error.message : error}`)
    return 127
  } finally {
    for (const signal of signals) process.off(signal, passOn)
  }
}
