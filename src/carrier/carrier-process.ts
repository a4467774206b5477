/**
 * Starts the simulated carrier as a child process, or takes over the one that an application before us left behind.
 *
 *     const carrier = await openCarrier({ stateFile: 'data/carrier.json', settings: { lines: 30 } })
 *     carrier.state.sipPort
 *     await carrier.close()
 */
import { adoptProgram, type ProgramProcess, runsProgram, startProgram } from '#softswitch/program/program-process.ts'
import type { CarrierSettings } from './carrier-settings.ts'
import { type CarrierState, carrierState } from './carrier-state.ts'

/** `close` ends it in order: every patient hangs up. */
export type CarrierProcess = ProgramProcess<CarrierState>

export interface CarrierProcessOptions {
  /** One that runs is found by it again. Without it a new one is started. */
  readonly stateFile?: string
  readonly settings?: Partial<Omit<CarrierSettings, 'stateFile' | 'parentPid'>>
  /** Each line of its log: one JSON object. */
  readonly onLog?: (line: string) => void
}

const endLimitMs = 7_000

/** @throws Error with its last words when it does not become ready */
export async function openCarrier(options: CarrierProcessOptions = {}): Promise<CarrierProcess> {
  const { stateFile = '', settings = {}, onLog = () => {} } = options
  const found = stateFile === '' ? null : await carrierState.read(stateFile)
  if (found !== null && (await runsProgram(found.pid, 'carrier/main.ts'))) {
    const state = { ...found, parentPid: process.pid }
    await carrierState.write(stateFile, state)
    return adoptProgram(state, { endLimitMs })
  }
  return startProgram({
    name: 'the carrier',
    main: new URL('./main.ts', import.meta.url),
    env: { SUIFANG_CARRIER: JSON.stringify({ ...settings, stateFile, parentPid: process.pid }) },
    parse: carrierState.parse,
    endLimitMs,
    onLog,
  })
}
