/**
 * Carries events to whoever listens. An event is only made when somebody wants it: most events have a hundred headers
 * and no listener.
 */
import { SwitchEvent } from './switch-event.ts'

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
  readonly #listeners = new Set<EventListener>()
  readonly #origin: EventOrigin
  #sequence = 0

  constructor(origin: EventOrigin) {
    this.#origin = origin
  }

  listen(listener: EventListener): void {
    this.#listeners.add(listener)
  }

  unlisten(listener: EventListener): void {
    this.#listeners.delete(listener)
  }

  /**
   * @param fill adds the headers of the event; not called when nobody wants it
   * @param subclass of a CUSTOM event
   */
  fire(name: string, fill: (event: SwitchEvent) => void, subclass: string | null = null): void {
    this.#sequence += 1
    let event: SwitchEvent | null = null
    for (const listener of [...this.#listeners]) {
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
    event.add('Core-UUID', this.#origin.coreUuid)
    event.add('FreeSWITCH-Hostname', this.#origin.hostname)
    event.add('FreeSWITCH-Switchname', this.#origin.hostname)
    event.add('FreeSWITCH-IPv4', this.#origin.address)
    event.add('FreeSWITCH-IPv6', '::1')
    event.add('Event-Date-Local', localDate(now))
    event.add('Event-Date-GMT', now.toUTCString())
    event.add('Event-Date-Timestamp', microseconds(now))
    event.add('Event-Sequence', this.#sequence)
    event.add('Event-Subclass', subclass)
    fill(event)
    return event
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
