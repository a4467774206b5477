/**
 * Starts the softswitch as a child process, or finds the one that an application before us has left behind.
 *
 *     const softswitch = await openSoftswitch({ stateFile: 'data/softswitch.json' })
 *     softswitch.state.drachtio.port
 *     await softswitch.close()
 */
import { connect } from 'node:net'
import { adoptProgram, type ProgramProcess, processLives, startProgram } from './program/program-process.ts'
import type { SoftswitchSettings } from './softswitch-settings.ts'
import { type SoftswitchState, softswitchState } from './softswitch-state.ts'

export { REFUSED_LINE } from './refusal-book.ts'

/** `close` ends it in order: calls get their BYE, recordings are whole. */
export type SoftswitchProcess = ProgramProcess<SoftswitchState>

export interface SoftswitchOptions {
  /** One that runs is found by it again. Without it a new one is started. */
  readonly stateFile?: string
  readonly settings?: Partial<SoftswitchSettings>
  /** Each line of its log: one JSON object. */
  readonly onLog?: (line: string) => void
}

const endLimitMs = 12_000
const connectLimitMs = 1_000

/** @throws Error with its last words when it does not become ready */
export async function openSoftswitch(options: SoftswitchOptions = {}): Promise<SoftswitchProcess> {
  const { stateFile = '', settings = {}, onLog = () => {} } = options
  const found = stateFile === '' ? null : await softswitchState.read(stateFile)
  if (found !== null && (await isThere(found))) return adoptProgram(found, { endLimitMs })
  return startProgram({
    name: 'the softswitch',
    main: new URL('./main.ts', import.meta.url),
    // A young generation of a few MB: what it grows to is never given back, and with 2 the short-lived text that calls
    // make is collected so often that calls fail at 120 a second (docs/benchmarks.md).
    nodeOptions: ['--max-semi-space-size=8'],
    env: { SUIFANG_SOFTSWITCH: JSON.stringify({ ...settings, stateFile }) },
    parse: softswitchState.parse,
    endLimitMs,
    onLog,
  })
}

/** The process lives and answers at both ports: a process number alone may be somebody else's by now. */
async function isThere(state: SoftswitchState): Promise<boolean> {
  if (!processLives(state.pid)) return false
  const answers = await Promise.all([answersAt(state.drachtio), answersAt(state.freeswitch)])
  return answers.every((answer) => answer)
}

function answersAt({ host, port }: { host: string; port: number }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    const limit = setTimeout(() => settle(false), connectLimitMs)
    const settle = (answer: boolean): void => {
      clearTimeout(limit)
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => settle(true))
    socket.once('error', () => settle(false))
  })
}
