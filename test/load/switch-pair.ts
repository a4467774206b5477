/** The two pairs of servers that are measured side by side: the softswitch, and the real drachtio-server with FreeSWITCH. */
import { execFile } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { promisify } from 'node:util'
import { silentLog } from '#platform/log.ts'
import { readSettings } from '#platform/settings/settings.ts'
import type { MediaFigures } from '#softswitch/media/leg-messages.ts'
import { openSoftswitch } from '#softswitch/softswitch-process.ts'
import { openTelephony } from '#telephony/open-telephony.ts'
import type { Telephony } from '#telephony/telephony.ts'
import { connectSrf, killSrf, newSrf } from '../harness/srf.ts'
import { waitForEvent } from '../harness/wait-for.ts'
import { EventSocket } from './media-seats.ts'
import { cpuSecondsOf } from './process-tree.ts'

export interface Ticks {
  /** How late they began. */
  readonly lateP99Ms: number
  /** The media's thread runs as soon as it is woken. */
  readonly realTime: boolean
}

export interface SwitchPair {
  readonly name: 'embedded' | 'real'
  readonly drachtio: { readonly host: string; readonly port: number; readonly secret: string; readonly sipPort: number }
  readonly freeswitch: {
    readonly host: string
    readonly port: number
    readonly secret: string
    readonly sipPort: number
  }
  /** Processor time of the servers since they began, seconds; null when their processes are not known. */
  cpuSeconds(): number | null
  /** Of the media, since it was asked last; null when the servers do not tell. */
  ticks(): Promise<Ticks | null>
  telephony(): Promise<Telephony>
  close(): Promise<void>
}

/** A softswitch of its own. @param core which it may use alone; absent: all */
export async function embeddedPair(folder: string, core?: number): Promise<SwitchPair> {
  const told = new EventEmitter()
  const softswitch = await openSoftswitch({
    settings: { baseFolder: folder },
    onLog: (line) => line.includes('"message":"figures"') && told.emit('figures', line),
  })
  const { pid, drachtio, freeswitch } = softswitch.state
  if (core !== undefined) await promisify(execFile)('taskset', ['-a', '-c', '-p', String(core), String(pid)])
  return {
    name: 'embedded',
    drachtio,
    freeswitch,
    cpuSeconds: () => cpuSecondsOf([pid]),
    async ticks() {
      const answer = waitForEvent<[string]>(told, 'figures', { what: 'the figures of the softswitch' })
      process.kill(pid, 'SIGUSR2')
      const [line] = await answer
      const { media }: { media: MediaFigures | null } = JSON.parse(line)
      return media === null ? null : { lateP99Ms: media.ticker.lateP99Ms, realTime: media.realTime }
    },
    telephony: () => openTelephony({ drachtio, freeswitches: [freeswitch], log: silentLog }),
    close: () => softswitch.close(),
  }
}

/**
 * The pair that DRACHTIO_HOST, FREESWITCH_HOSTS and their like name, on this machine; REAL_PIDS has the process numbers of
 * both servers. Null when none is named.
 */
export async function realPair(): Promise<SwitchPair | null> {
  const { switches } = readSettings()
  const media = switches?.freeswitch[0]
  if (switches === null || media === undefined) return null
  const pids = (process.env.REAL_PIDS ?? '')
    .split(',')
    .filter((pid) => pid !== '')
    .map(Number)
  return {
    name: 'real',
    drachtio: { ...switches.drachtio, sipPort: await sipPortOfDrachtio(switches.drachtio) },
    freeswitch: { ...media, sipPort: await sipPortOfFreeswitch(media) },
    cpuSeconds: () => (pids.length === 0 ? null : cpuSecondsOf(pids)),
    ticks: async () => null,
    telephony: () => openTelephony({ drachtio: switches.drachtio, freeswitches: [media], log: silentLog }),
    close: async () => {},
  }
}

/** An application is told at its sign-in: `udp/127.0.0.1:5060,tcp/127.0.0.1:5060`. */
async function sipPortOfDrachtio(server: { host: string; port: number; secret: string }): Promise<number> {
  const srf = newSrf()
  const { hostPort } = await connectSrf(srf, server)
  killSrf(srf)
  return Number(/udp\/[^,]*:(\d+)/.exec(hostPort)?.[1])
}

async function sipPortOfFreeswitch(server: { host: string; port: number; secret: string }): Promise<number> {
  const events = await EventSocket.open(server)
  const status = await events.api('sofia status')
  events.close()
  return Number(/sip:[^@\s]*@[^\s]*:(\d+)/.exec(status)?.[1])
}
