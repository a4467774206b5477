/**
 * Starts the softswitch as a child process, or finds the one that an application before us has left behind.
 *
 *     const softswitch = await openSoftswitch({ stateFile: 'data/softswitch.json' })
 *     softswitch.state.drachtio.port
 *     await softswitch.close()
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import type { SoftswitchSettings } from './softswitch-settings.ts'
import { parseState, readState, type SoftswitchState } from './softswitch-state.ts'

export { REFUSED_LINE } from './refusal-book.ts'

export interface SoftswitchProcess {
  readonly state: SoftswitchState
  /** It was there already. */
  readonly adopted: boolean
  /** Resolves with its exit code when it ends, whoever ended it; null when it was killed or is not our child. */
  readonly ended: Promise<number | null>
  /** Ends it in order: calls get their BYE, recordings are whole. Idempotent. */
  close(): Promise<void>
}

export interface SoftswitchOptions {
  /** One that runs is found by it again. Without it a new one is started. */
  readonly stateFile?: string
  readonly settings?: Partial<SoftswitchSettings>
  /** Each line of its log: one JSON object. */
  readonly onLog?: (line: string) => void
}

const START_LIMIT_MS = 20_000
const END_LIMIT_MS = 12_000
const CONNECT_LIMIT_MS = 1_000
const LOOK_MS = 50

/** @throws Error with its last words when it does not become ready */
export async function openSoftswitch(options: SoftswitchOptions = {}): Promise<SoftswitchProcess> {
  const found = options.stateFile === undefined ? null : await readState(options.stateFile)
  if (found !== null && (await isThere(found))) return adopt(found)
  return await start(options)
}

async function start({
  stateFile = '',
  settings = {},
  onLog = () => {},
}: SoftswitchOptions): Promise<SoftswitchProcess> {
  const program = new URL('./main.ts', import.meta.url).pathname
  // A young generation of a few MB: what it grows to is never given back, and with 2 the short-lived text that calls make
  // is collected so often that calls fail at 120 a second (docs/benchmarks.md).
  const child = spawn(process.execPath, ['--max-semi-space-size=8', program], {
    // A process group of its own: a Ctrl-C in our terminal must not end it before us.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, SUIFANG_SOFTSWITCH: JSON.stringify({ ...settings, stateFile }) },
  })
  child.stdin.on('error', () => {})
  const lastWords: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => {
    lastWords.push(line)
    if (lastWords.length > 20) lastWords.shift()
    onLog(line)
  })
  const ended = new Promise<number | null>((resolve) => {
    child.once('exit', resolve)
    child.once('error', () => resolve(null))
  })
  const state = await readyLine(child, ended)
  if (state === null) {
    child.kill('SIGKILL')
    throw new Error(`the softswitch did not start: ${lastWords.join('\n') || 'it said nothing'}`)
  }
  let closing: Promise<void> | null = null
  return {
    state,
    adopted: false,
    ended,
    close: () => {
      closing ??= endChild(child, ended)
      return closing
    },
  }
}

function readyLine(child: ChildProcess, ended: Promise<unknown>): Promise<SoftswitchState | null> {
  return new Promise((resolve) => {
    const limit = setTimeout(() => resolve(null), START_LIMIT_MS)
    void ended.then(() => resolve(null))
    if (child.stdout === null) return
    createInterface({ input: child.stdout }).on('line', (line) => {
      clearTimeout(limit)
      resolve(parseState(line))
    })
  })
}

async function endChild(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  child.stdin?.write('shutdown\n')
  const limit = setTimeout(() => child.kill('SIGKILL'), END_LIMIT_MS)
  await ended
  clearTimeout(limit)
}

function adopt(state: SoftswitchState): SoftswitchProcess {
  const ended = new Promise<null>((resolve) => {
    const timer = setInterval(() => {
      if (isAlive(state.pid)) return
      clearInterval(timer)
      resolve(null)
    }, LOOK_MS)
    timer.unref()
  })
  let closing: Promise<void> | null = null
  return {
    state,
    adopted: true,
    ended,
    close: () => {
      closing ??= endAdopted(state.pid)
      return closing
    },
  }
}

async function endAdopted(pid: number): Promise<void> {
  const give = performance.now() + END_LIMIT_MS
  signal(pid, 'SIGTERM')
  while (isAlive(pid)) {
    if (performance.now() > give) {
      signal(pid, 'SIGKILL')
      return
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
}

/** The process lives and answers at both ports: a process number alone may be somebody else's by now. */
async function isThere(state: SoftswitchState): Promise<boolean> {
  if (!isAlive(state.pid)) return false
  const answers = await Promise.all([answersAt(state.drachtio), answersAt(state.freeswitch)])
  return answers.every((answer) => answer)
}

function answersAt({ host, port }: { host: string; port: number }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    const limit = setTimeout(() => settle(false), CONNECT_LIMIT_MS)
    const settle = (answer: boolean): void => {
      clearTimeout(limit)
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => settle(true))
    socket.once('error', () => settle(false))
  })
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

function signal(pid: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, name)
  } catch {
    // It has ended meanwhile.
  }
}
