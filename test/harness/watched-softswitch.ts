/** A softswitch process that can be asked what it holds. */

import { EventEmitter } from 'node:events'
import { readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RefusalKind } from '#softswitch/refusal-book.ts'
import { openSoftswitch, type SoftswitchProcess } from '#softswitch/softswitch-process.ts'
import type { SoftswitchSettings } from '#softswitch/softswitch-settings.ts'
import { processTree } from '../load/process-tree.ts'
import { waitForEvent } from './wait-for.ts'

/** What it holds after its garbage has been collected. */
export interface Holding {
  readonly clients: number
  readonly dialogs: number
  readonly invites: number
  readonly waiting: number
  readonly transactions: number
  readonly channels: number
  readonly heapBytes: number
  /** What nobody asked for, by kind, since the start. */
  readonly refused: Readonly<Record<RefusalKind, number>>
  /** Sockets, timers and the like of its main thread, by Node's names. */
  readonly resources: Readonly<Record<string, number>>
  /** File handles of the whole process. */
  readonly files: number
  /** Proportional set size of the process and what it has started, kB. */
  readonly pssKb: number
  /** Processor time of the same since they began. */
  readonly cpuSeconds: number
}

export interface WatchedSoftswitch {
  readonly state: SoftswitchProcess['state']
  /** Every line of its log but the figures. */
  readonly log: readonly string[]
  /** Its exit code, once it has ended; before that undefined. */
  readonly exitCode: number | null | undefined
  holding(): Promise<Holding>
  /** The same once no dialog, channel or transaction is left; what is held then all the same, after `limitMs`. */
  atRest(limitMs: number): Promise<Holding>
  close(): Promise<void>
}

export async function openWatchedSoftswitch(settings: Partial<SoftswitchSettings> = {}): Promise<WatchedSoftswitch> {
  const told = new EventEmitter()
  const log: string[] = []
  const before = process.env.NODE_OPTIONS
  process.env.NODE_OPTIONS = `--import=${new URL('./watched-node.ts', import.meta.url).href}`
  const softswitch = await openSoftswitch({
    settings,
    onLog: (line) => (line.includes('"message":"figures"') ? told.emit('figures', line) : log.push(line)),
  }).finally(() => {
    if (before === undefined) delete process.env.NODE_OPTIONS
    else process.env.NODE_OPTIONS = before
  })
  const { pid } = softswitch.state
  let exitCode: number | null | undefined
  void softswitch.ended.then((code) => {
    exitCode = code
  })
  // Twice: what finalizers let go of is collected the second time.
  const holding = async (): Promise<Holding> => {
    await tell()
    const figures = await tell()
    const processes = processTree(pid)
    const pssKb = processes.reduce((sum, one) => sum + one.pssKb, 0)
    const cpuSeconds = processes.reduce((sum, one) => sum + one.cpuSeconds, 0)
    return { ...figures, files: readdirSync(`/proc/${pid}/fd`).length, pssKb, cpuSeconds }
  }
  const tell = async (): Promise<Omit<Holding, 'files' | 'pssKb' | 'cpuSeconds'>> => {
    const answer = waitForEvent<[string]>(told, 'figures', { what: 'the figures of the softswitch' })
    process.kill(pid, 'SIGUSR2')
    const [line] = await answer
    return JSON.parse(line)
  }
  return {
    state: softswitch.state,
    log,
    get exitCode() {
      return exitCode
    },
    holding,
    async atRest(limitMs) {
      const limit = performance.now() + limitMs
      for (;;) {
        const held = await holding()
        if (held.transactions + held.channels + held.dialogs === 0 || performance.now() > limit) return held
        await sleep(250)
      }
    },
    close: () => softswitch.close(),
  }
}
