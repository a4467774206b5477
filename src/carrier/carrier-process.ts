/**
 * Starts the simulated carrier as a child process, or takes over the one that an application before us left behind.
 *
 *     const carrier = await openCarrier({ stateFile: 'data/carrier.json', settings: { lines: 30 } })
 *     carrier.state.sipPort
 *     await carrier.close()
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import type { CarrierSettings } from './carrier-settings.ts'
import {
  type CarrierState,
  parseCarrierState,
  processLives,
  readCarrierState,
  writeCarrierState,
} from './carrier-state.ts'

export interface CarrierProcess {
  readonly state: CarrierState
  /** It was there already. */
  readonly adopted: boolean
  /** Resolves when it ends, whoever ended it: with its exit code, or null when it was killed or is not our child. */
  readonly ended: Promise<number | null>
  /** Ends it in order: every patient hangs up. Idempotent. */
  close(): Promise<void>
}

export interface CarrierProcessOptions {
  /** One that runs is found by it again. Without it a new one is started. */
  readonly stateFile?: string
  readonly settings?: Partial<Omit<CarrierSettings, 'stateFile' | 'parentPid'>>
  /** Each line of its log: one JSON object. */
  readonly onLog?: (line: string) => void
}

const startLimitMs = 20_000
const endLimitMs = 7_000
const lookMs = 100

/** @throws Error with its last words when it does not become ready */
export async function openCarrier(options: CarrierProcessOptions = {}): Promise<CarrierProcess> {
  const { stateFile } = options
  const found = stateFile === undefined ? null : await readCarrierState(stateFile)
  if (stateFile === undefined || found === null || !processLives(found.pid)) return await start(options)
  if (!(await isCarrier(found.pid))) return await start(options)
  const state = { ...found, parentPid: process.pid }
  await writeCarrierState(stateFile, state)
  return adopt(state)
}

async function start(options: CarrierProcessOptions): Promise<CarrierProcess> {
  const { stateFile = '', settings = {}, onLog = () => {} } = options
  const wanted = { ...settings, stateFile, parentPid: process.pid }
  const child = spawn(process.execPath, [new URL('./main.ts', import.meta.url).pathname], {
    // A process group of its own: a Ctrl-C in our terminal must not end it before us.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, SUIFANG_CARRIER: JSON.stringify(wanted) },
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
    throw new Error(`the carrier did not start: ${lastWords.join('\n') || 'it said nothing'}`)
  }
  return { state, adopted: false, ended, close: once(() => endChild(child, ended)) }
}

function readyLine(child: ChildProcess, ended: Promise<unknown>): Promise<CarrierState | null> {
  return new Promise((resolve) => {
    const limit = setTimeout(() => resolve(null), startLimitMs)
    const settle = (state: CarrierState | null): void => {
      clearTimeout(limit)
      resolve(state)
    }
    void ended.then(() => settle(null))
    if (child.stdout !== null)
      createInterface({ input: child.stdout }).on('line', (line) => settle(parseCarrierState(line)))
  })
}

async function endChild(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  child.stdin?.write('shutdown\n')
  const limit = setTimeout(() => child.kill('SIGKILL'), endLimitMs)
  await ended
  clearTimeout(limit)
}

function adopt(state: CarrierState): CarrierProcess {
  const ended = new Promise<null>((resolve) => {
    const timer = setInterval(() => {
      if (processLives(state.pid)) return
      clearInterval(timer)
      resolve(null)
    }, lookMs)
    timer.unref()
  })
  return { state, adopted: true, ended, close: once(() => endAdopted(state.pid)) }
}

async function endAdopted(pid: number): Promise<void> {
  const giveUpAt = performance.now() + endLimitMs
  signal(pid, 'SIGTERM')
  while (processLives(pid)) {
    if (performance.now() > giveUpAt) {
      signal(pid, 'SIGKILL')
      return
    }
    await new Promise((resolve) => setTimeout(resolve, lookMs))
  }
}

/** A process number may be somebody else's by now: ask what runs under it. Where nobody tells, it is not believed. */
async function isCarrier(pid: number): Promise<boolean> {
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return command.includes('carrier/main.ts')
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
