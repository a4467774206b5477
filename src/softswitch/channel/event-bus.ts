/**
 * Carries events to whoever listens. An event is only made when somebody wants it: most events have a hundred headers
 * and no listener.
 */
import { KeptHeader, SwitchEvent } from './switch-event.ts'

export interface EventOptions {
  /** Of a CUSTOM event. */
  readonly subclass?: string | null
  /** The uuid that it has as its Unique-ID: who listens to another channel alone is not asked. */
  readonly channel?: string
}

export interface EventListener {
  wants(name: string, subclass: string | null): boolean
  /** The event is shared with the other listeners: read it, do not change it. */
  deliver(event: SwitchEvent): void
}

export interface EventOrigin {
  readonly coreUuid: string
  readonly hostname: string
  readonly address: string
}

export class EventBus {
  /** To the events of every channel. */
  readonly #wide = new Set<EventListener>()
  /** To those of one channel alone, by its uuid: an event is not offered to the connections of all other calls. */
  readonly #narrow = new Map<string, Set<EventListener>>()
  readonly #channelOf = new Map<EventListener, string>()
  readonly #origin: readonly KeptHeader[]
  /** Of the present second: events come by the hundred in one. */
  #dates = { second: Number.NaN, local: new KeptHeader('', ''), gmt: new KeptHeader('', '') }
  #sequence = 0

  constructor({ coreUuid, hostname, address }: EventOrigin) {
    this.#origin = [
      new KeptHeader('Core-UUID', coreUuid),
      new KeptHeader('FreeSWITCH-Hostname', hostname),
      new KeptHeader('FreeSWITCH-Switchname', hostname),
      new KeptHeader('FreeSWITCH-IPv4', address),
      new KeptHeader('FreeSWITCH-IPv6', '::1'),
    ]
  }

  /**
   * Once more: from now on so.
   * @param channel whose events alone it takes; null: any
   */
  listen(listener: EventListener, channel: string | null = null): void {
    if (channel === (this.#channelOf.get(listener) ?? null) && (channel !== null || this.#wide.has(listener))) return
    this.unlisten(listener)
    if (channel === null) {
      this.#wide.add(listener)
      return
    }
    this.#channelOf.set(listener, channel)
    const others = this.#narrow.get(channel)
    if (others === undefined) this.#narrow.set(channel, new Set([listener]))
    else others.add(listener)
  }

  unlisten(listener: EventListener): void {
    this.#wide.delete(listener)
    const channel = this.#channelOf.get(listener)
    if (channel === undefined) return
    this.#channelOf.delete(listener)
    const listeners = this.#narrow.get(channel)
    listeners?.delete(listener)
    if (listeners?.size === 0) this.#narrow.delete(channel)
  }

  /** @param fill adds the headers of the event; not called when nobody wants it */
  fire(name: string, fill: (event: SwitchEvent) => void, { subclass = null, channel }: EventOptions = {}): void {
    this.#sequence += 1
    let event: SwitchEvent | null = null
    const narrow = channel === undefined ? this.#channelOf.keys() : (this.#narrow.get(channel) ?? [])
    for (const listener of [...this.#wide, ...narrow]) {
      if (!listener.wants(name, subclass)) continue
      event ??= this.#make(name, fill, subclass)
      listener.deliver(event)
    }
  }

  /** An event with its headers, fired at nobody (`connect`, `uuid_dump`). */
  make(name: string, fill: (event: SwitchEvent) => void): SwitchEvent {
    this.#sequence += 1
    return this.#make(name, fill, null)
  }

  #make(name: string, fill: (event: SwitchEvent) => void, subclass: string | null): SwitchEvent {
    const event = new SwitchEvent(name, subclass)
    const now = new Date()
    event.add('Event-Name', name)
    for (const header of this.#origin) event.keep(header)
    const dates = this.#datesOf(now)
    event.keep(dates.local)
    event.keep(dates.gmt)
    event.add('Event-Date-Timestamp', microseconds(now))
    event.add('Event-Sequence', this.#sequence)
    event.add('Event-Subclass', subclass)
    fill(event)
    return event
  }

  #datesOf(now: Date): { readonly local: KeptHeader; readonly gmt: KeptHeader } {
    const second = Math.floor(now.getTime() / 1000)
    if (second !== this.#dates.second) {
      const local = new KeptHeader('Event-Date-Local', localDate(now))
      this.#dates = { second, local, gmt: new KeptHeader('Event-Date-GMT', now.toUTCString()) }
    }
    return this.#dates
  }
}

/** FreeSWITCH tells times in microseconds since 1970; ours end in 000. 0 = never. */
export function microseconds(date: Date | null): string {
  return date === null ? '0' : `${date.getTime()}000`
}

/** `2026-01-31 08:05:09` in the machine's time zone. */
export function localDate(date: Date): string {
  const day = [date.getFullYear(), date.getMonth() + 1, date.getDate()]
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()]
  return `${day.map(pad).join('-')} ${time.map(pad).join(':')}`
}

function pad(value: number): string {
  return String(value).padStart(2, '0')
}
