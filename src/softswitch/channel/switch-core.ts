/** What all channels share: who this server is, its channels, variables of its own, events, the heartbeat. */
import { randomUUID } from 'node:crypto'
import { cpus, hostname } from 'node:os'
import type { MediaEngine } from '../media/media-engine.ts'
import type { Gateway } from '../webrtc/gateway.ts'
import type { Channel } from './channel.ts'
import { Conferences } from './conference/conferences.ts'
import { EventBus } from './event-bus.ts'
import { RateMeter } from './rate-meter.ts'
import { Schedule } from './schedule.ts'

/** What `version`, `status` and HEARTBEAT say: the release whose behaviour is copied, and that this is not it. */
export const SWITCH_VERSION = '1.11.1-suifang-softswitch'

/** FreeSWITCH's own interval. */
const HEARTBEAT_MS = 20_000

export interface SwitchCoreSettings {
  readonly media: MediaEngine
  /** The way to browsers. */
  readonly gateway: Gateway
  /** Numeric address that events show. */
  readonly address: string
  /** Where relative paths of prompts and recordings begin. */
  readonly baseFolder: string
  readonly maxSessions: number
  /** Faults of our own code, and what an operator should know. */
  readonly log: (message: string, details: Readonly<Record<string, unknown>>) => void
}

export class SwitchCore {
  readonly uuid = randomUUID()
  readonly hostname = hostname()
  readonly startedAt = new Date()
  readonly settings: SwitchCoreSettings
  readonly globals = new Map<string, string>()
  readonly bus: EventBus
  readonly channels = new Map<string, Channel>()
  readonly conferences = new Conferences(this)
  readonly sessions = new RateMeter()
  readonly schedule: Schedule
  /** SIP profiles, for `sofia status`. */
  readonly profiles: {
    readonly name: string
    readonly address: string
    readonly port: number
    readonly calls: number
  }[] = []
  readonly #heartbeat: NodeJS.Timeout
  readonly #idleCpu = idleCpuMeter()
  #closing = false
  /** Connects a channel to a client that waits for it (the application `socket`); set by the event socket. */
  connectOutbound: ((channel: Channel, argument: string) => Promise<OutboundControl | null>) | null = null

  constructor(settings: SwitchCoreSettings) {
    this.settings = settings
    this.bus = new EventBus({ coreUuid: this.uuid, hostname: this.hostname, address: settings.address })
    this.schedule = new Schedule(this.bus)
    this.globals.set('hostname', this.hostname)
    this.globals.set('local_ip_v4', settings.address)
    this.globals.set('core_uuid', this.uuid)
    this.globals.set('base_dir', settings.baseFolder)
    this.globals.set('sounds_dir', settings.baseFolder)
    this.globals.set('recordings_dir', settings.baseFolder)
    this.#heartbeat = setInterval(() => this.#beat(), HEARTBEAT_MS)
    this.#heartbeat.unref()
  }

  /** No more calls are taken. */
  get full(): boolean {
    return this.#closing || this.channels.size >= this.settings.maxSessions
  }

  get upTimeMs(): number {
    return Date.now() - this.startedAt.getTime()
  }

  get idleCpuPercent(): number {
    return this.#idleCpu()
  }

  /** Hangs up every channel. @returns when all have ended */
  async close(): Promise<void> {
    this.#closing = true
    clearInterval(this.#heartbeat)
    this.schedule.close()
    await Promise.all([...this.channels.values()].map((channel) => channel.hangUp('SYSTEM_SHUTDOWN')))
  }

  #beat(): void {
    this.bus.fire('HEARTBEAT', (event) => {
      event.add('Event-Info', 'System Ready')
      event.add('Up-Time', upTimeText(this.upTimeMs))
      event.add('FreeSWITCH-Version', SWITCH_VERSION)
      event.add('Uptime-msec', this.upTimeMs)
      event.add('Session-Count', this.channels.size)
      event.add('Max-Sessions', this.settings.maxSessions)
      event.add('Session-Per-Sec', this.sessions.limitPerSecond)
      event.add('Session-Per-Sec-Last', this.sessions.lastSecond)
      event.add('Session-Per-Sec-Max', this.sessions.peakPerSecond)
      event.add('Session-Per-Sec-FiveMin', this.sessions.peakPerSecond)
      event.add('Session-Since-Startup', this.sessions.total)
      event.add('Session-Peak-Max', this.sessions.peakConcurrent)
      event.add('Session-Peak-FiveMin', this.sessions.peakConcurrent)
      event.add('Idle-CPU', this.idleCpuPercent.toFixed(6))
    })
  }
}

/** A client that controls a channel over a connection of its own. */
export interface OutboundControl {
  /** Settles when the client has gone. */
  readonly gone: Promise<void>
  /** The channel has ended: tells the client and closes, or lingers when the client asked for that. */
  channelEnded(): void
}

/** `0 years, 0 days, 1 hour, 2 minutes, 3 seconds, 4 milliseconds, 0 microseconds` */
export function upTimeText(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  const parts: [number, string][] = [
    [Math.floor(seconds / 31_536_000), 'year'],
    [Math.floor(seconds / 86_400) % 365, 'day'],
    [Math.floor(seconds / 3600) % 24, 'hour'],
    [Math.floor(seconds / 60) % 60, 'minute'],
    [seconds % 60, 'second'],
    [ms % 1000, 'millisecond'],
    [0, 'microsecond'],
  ]
  return parts.map(([count, unit]) => `${count} ${unit}${count === 1 ? '' : 's'}`).join(', ')
}

/** Share of the machine's time that was idle since the last question, 0–100. */
function idleCpuMeter(): () => number {
  const read = (): { idle: number; all: number } => {
    let idle = 0
    let all = 0
    for (const { times } of cpus()) {
      idle += times.idle
      all += times.idle + times.user + times.sys + times.nice + times.irq
    }
    return { idle, all }
  }
  let before = read()
  return () => {
    const now = read()
    const all = now.all - before.all
    const share = all === 0 ? 1 : (now.idle - before.idle) / all
    before = now
    return share * 100
  }
}
