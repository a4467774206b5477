/**
 * A program of ours that runs as a process of its own: the softswitch, the simulated carrier. It tells its state as its
 * first line on stdout, takes `shutdown` on stdin, and logs on stderr; it outlives a killed application, which another one
 * takes over by its process number.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'

export interface ProgramProcess<State> {
  readonly state: State
  /** It was there already. */
  readonly adopted: boolean
  /** Resolves when it ends, whoever ended it: with its exit code, or null when it was killed or is not our child. */
  readonly ended: Promise<number | null>
  /** Ends it in order. Idempotent. */
  close(): Promise<void>
}

export interface Program<State> {
  /** With its article, for messages: `the carrier`. */
  readonly name: string
  readonly main: URL
  readonly nodeOptions?: readonly string[]
  /** Its own variables. */
  readonly env: Readonly<Record<string, string>>
  /** Of its first line. */
  readonly parse: (line: string) => State | null
  /** It is killed when it has not ended in order by then. */
  readonly endLimitMs: number
  /** Each line of its log: one JSON object. */
  readonly onLog: (line: string) => void
}

const startLimitMs = 20_000
const lookMs = 50
const lastWordsAtMost = 20

/** @throws Error with its last words when it does not become ready */
export async function startProgram<State>(program: Program<State>): Promise<ProgramProcess<State>> {
  const { name, main, nodeOptions = [], env, parse, endLimitMs, onLog } = program
  const child = spawn(process.execPath, [...nodeOptions, main.pathname], {
    // A process group of its own: a Ctrl-C in our terminal must not end it before us.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  child.stdin.on('error', () => {})
  const lastWords: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => {
    lastWords.push(line)
    if (lastWords.length > lastWordsAtMost) lastWords.shift()
    onLog(line)
  })
  const ended = new Promise<number | null>((resolve) => {
    child.once('exit', resolve)
    child.once('error', () => resolve(null))
  })
  const state = await firstState(createInterface({ input: child.stdout }), parse, ended)
  if (state === null) {
    child.kill('SIGKILL')
    throw new Error(`${name} did not start: ${lastWords.join('\n') || 'it said nothing'}`)
  }
  return { state, adopted: false, ended, close: once(() => endChild(child, ended, endLimitMs)) }
}

/** Takes over one that an application before us left behind. */
export function adoptProgram<State extends { readonly pid: number }>(
  state: State,
  { endLimitMs }: Pick<Program<State>, 'endLimitMs'>,
): ProgramProcess<State> {
  const ended = new Promise<null>((resolve) => {
    const timer = setInterval(() => {
      if (processLives(state.pid)) return
      clearInterval(timer)
      resolve(null)
    }, lookMs)
    timer.unref()
  })
  return { state, adopted: true, ended, close: once(() => endAdopted(state.pid, endLimitMs)) }
}

/** A process number may be somebody else's by now: asks what runs under it. Where nobody tells, it is not believed. */
export async function runsProgram(pid: number, main: string): Promise<boolean> {
  if (!processLives(pid)) return false
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return command.includes(main)
}

export function processLives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

function firstState<State>(
  lines: ReturnType<typeof createInterface>,
  parse: (line: string) => State | null,
  ended: Promise<unknown>,
): Promise<State | null> {
  return new Promise((resolve) => {
    const limit = setTimeout(() => resolve(null), startLimitMs)
    const settle = (state: State | null): void => {
      clearTimeout(limit)
      resolve(state)
    }
    void ended.then(() => settle(null))
    lines.once('line', (line) => settle(parse(line)))
  })
}

async function endChild(child: ChildProcess, ended: Promise<unknown>, limitMs: number): Promise<void> {
  child.stdin?.write('shutdown\n')
  const limit = setTimeout(() => child.kill('SIGKILL'), limitMs)
  await ended
  clearTimeout(limit)
}

async function endAdopted(pid: number, limitMs: number): Promise<void> {
  const giveUpAt = performance.now() + limitMs
  signal(pid, 'SIGTERM')
  while (processLives(pid)) {
    if (performance.now() > giveUpAt) {
      signal(pid, 'SIGKILL')
      return
    }
    await new Promise((resolve) => setTimeout(resolve, lookMs))
  }
}

function signal(pid: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, name)
  } catch {
    // It has ended meanwhile.
  }
}

function once(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  return () => {
    running ??= run()
    return running
  }
}
