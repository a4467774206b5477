import { spawn } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { createInterface } from 'node:readline'
import { waitForEvent } from './wait-for.ts'

export interface ProcessOptions {
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  /** A line that says it is ready; absent, it is ready when started. */
  readonly ready?: RegExp
  /** Default 30 s. */
  readonly readyTimeoutMs?: number
  /** Signal that `close()` sends first; default SIGTERM. */
  readonly stopSignal?: NodeJS.Signals
}

export interface ProcessEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A program under test or a phone, in a process group of its own, ended with everything it started. */
export interface TestProcess {
  readonly pid: number
  /** Lines of stdout and stderr so far, in the order they came. */
  readonly lines: readonly string[]
  /** What the ready line matched. */
  readonly ready: RegExpMatchArray | undefined
  /** Settles when the process has ended; never rejects. */
  readonly ended: Promise<ProcessEnd>
  /** The first line, said or still to come, that matches; rejects after 20 s (or `timeoutMs`), or when it ends before. */
  line(pattern: RegExp, options?: { readonly timeoutMs?: number }): Promise<RegExpMatchArray>
  /** Writes to its stdin. */
  write(text: string): void
  /** Sends a signal to this process alone (SIGKILL: a crash) and waits for its end. */
  kill(signal: NodeJS.Signals): Promise<ProcessEnd>
  /** Asks it to stop, after 10 s kills it, and in the end kills what is left of its group. */
  close(): Promise<ProcessEnd>
}

const running = new Set<number>()
// Whatever a failed test forgot: nothing started here outlives the process that started it.
process.on('exit', () => {
  for (const pid of running) killGroup(pid)
})

/**
 * Starts a program and waits until it is ready. Programs take port 0 and print the port they got; a test never guesses
 * a free one.
 */
export async function startProcess(
  command: readonly [string, ...string[]],
  options: ProcessOptions = {},
): Promise<TestProcess> {
  const [program, ...args] = command
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const events = new EventEmitter()
  events.setMaxListeners(0)
  const lines: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line)
      events.emit('line', line)
    })
  }
  const ended = new Promise<ProcessEnd>((resolve) => {
    child.once('error', () => resolve({ code: 127, signal: null }))
    // `close`, not `exit`: then its last lines have been read.
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
  child.stdin.on('error', () => {}) // it may end before it has read
  const { pid } = child
  if (pid === undefined) throw new Error(`${program} could not be started`, { cause: await spawnError(child) })
  running.add(pid)
  void ended.then(() => events.emit('line', undefined))

  const line = async (pattern: RegExp, { timeoutMs = 20_000 } = {}): Promise<RegExpMatchArray> => {
    const said = lines.map((text) => text.match(pattern)).find((match) => match !== null)
    if (said) return said
    const [text] = await waitForEvent<[string | undefined]>(events, 'line', {
      timeoutMs,
      what: `${pattern} from ${program}; it said:\n${lines.slice(-20).join('\n')}`,
      accept: (told) => told === undefined || pattern.test(told),
    })
    const match = text?.match(pattern)
    if (match) return match
    throw new Error(`${program} ended before it said ${pattern}; it said:\n${lines.slice(-20).join('\n')}`)
  }

  const test: { -readonly [Key in keyof TestProcess]: TestProcess[Key] } = {
    pid,
    lines,
    ready: undefined,
    ended,
    line,
    write: (text) => void child.stdin.write(text),
    kill: (signal) => {
      child.kill(signal)
      return ended
    },
    close: async () => {
      child.kill(options.stopSignal ?? 'SIGTERM')
      const late = setTimeout(() => child.kill('SIGKILL'), 10_000)
      const exited = child.exitCode === null && child.signalCode === null
      // The group goes when the leader has gone: its children may hold the pipes that `ended` waits for.
      if (exited) await new Promise((resolve) => child.once('exit', resolve))
      clearTimeout(late)
      killGroup(pid)
      running.delete(pid)
      return ended
    },
  }
  if (options.ready !== undefined) {
    try {
      test.ready = await line(options.ready, { timeoutMs: options.readyTimeoutMs ?? 30_000 })
    } catch (error) {
      await test.close()
      throw error
    }
  }
  return test
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // nobody is left
  }
}

function spawnError(child: EventEmitter): Promise<unknown> {
  return new Promise((resolve) => child.once('error', resolve))
}
