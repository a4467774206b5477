/** Which events a client wants, and in which form: `event`, `nixevent`, `noevents`, `filter`, `myevents`. */
import { EVENT_NAMES, eventNameOf, type SwitchEvent } from '../channel/switch-event.ts'

export type EventFormat = 'plain' | 'json' | 'xml'

interface Filter {
  readonly name: string
  readonly value: string
  /** The value without its sign. */
  readonly text: string
  readonly matches: (text: string) => boolean
  readonly keeps: boolean
}

/** What `myevents` subscribes to. */
const MY_EVENTS = `CHANNEL_ANSWER CHANNEL_APPLICATION CHANNEL_BRIDGE CHANNEL_CREATE CHANNEL_DATA CHANNEL_DESTROY
  CHANNEL_EXECUTE CHANNEL_EXECUTE_COMPLETE CHANNEL_HANGUP CHANNEL_HANGUP_COMPLETE CHANNEL_ORIGINATE CHANNEL_UUID
  CHANNEL_OUTGOING CHANNEL_PARK CHANNEL_PROGRESS CHANNEL_PROGRESS_MEDIA CHANNEL_STATE CHANNEL_UNBRIDGE CHANNEL_UNPARK
  DETECTED_SPEECH DTMF NOTALK TALK`.split(/\s+/)

/** A client that adds filters without end is refused. */
const MOST_FILTERS = 1000
const MOST_SUBCLASSES = 1000

export class EventSubscription {
  format: EventFormat = 'plain'
  /** `myevents`: only events of this channel. */
  ownChannel: string | null = null
  #on = false
  #all = false
  readonly #names = new Set<string>()
  readonly #subclasses = new Set<string>()
  #filters: Filter[] = []

  get on(): boolean {
    return this.#on
  }

  /**
   * `event [plain|json|xml] NAME … [CUSTOM subclass …]`: behind CUSTOM every word is a subclass.
   * @returns false when there was no event in it
   */
  add(words: readonly string[]): boolean {
    const [first = '', ...rest] = words
    const format = formatOf(first)
    if (format !== null) this.format = format
    let known = false
    let custom = false
    for (const word of format === null ? words : rest) {
      if (custom) {
        if (this.#subclasses.size < MOST_SUBCLASSES) this.#subclasses.add(word)
        continue
      }
      const name = eventNameOf(word)
      if (name === null) continue
      known = true
      if (name === 'ALL') this.#all = true
      else this.#names.add(name)
      custom = name === 'CUSTOM'
    }
    if (known) this.#on = true
    return known
  }

  /** `nixevent NAME …`. @returns false when there was no event in it */
  remove(words: readonly string[]): boolean {
    let known = false
    let custom = false
    for (const word of words) {
      if (custom) {
        this.#subclasses.delete(word)
        continue
      }
      const name = eventNameOf(word)
      if (name === null) continue
      known = true
      if (name === 'CUSTOM') custom = true
      else if (name === 'ALL') this.clear()
      else {
        if (this.#all) {
          this.#all = false
          for (const every of EVENT_NAMES) this.#names.add(every)
        }
        this.#names.delete(name)
      }
    }
    return known
  }

  /** `noevents`. */
  clear(): void {
    this.#on = false
    this.#all = false
    this.#names.clear()
    this.#subclasses.clear()
  }

  addMine(uuid: string): void {
    this.ownChannel = uuid
    this.#on = true
    for (const name of MY_EVENTS) this.#names.add(name)
  }

  /**
   * `filter`. Filters let an event through when any of them fits; a value that begins with `-` keeps it back; one
   * between slashes is a regular expression.
   * @returns false when there are too many
   */
  addFilter(name: string, value: string): boolean {
    if (this.#filters.length >= MOST_FILTERS) return false
    const sign = /^[+\- ]*/.exec(value)?.[0] ?? ''
    const text = value.slice(sign.length)
    this.#filters.push({ name, value, text, matches: matcher(text), keeps: sign.trimEnd().at(-1) !== '-' })
    return true
  }

  /** `filter delete`: all, all of one header, or one. */
  removeFilter(name: string, value?: string): void {
    this.#filters = this.#filters.filter(
      (filter) =>
        name.toLowerCase() !== 'all' &&
        (filter.name.toLowerCase() !== name.toLowerCase() || (value !== undefined && filter.value !== value)),
    )
  }

  /** The uuid of the channel whose events alone can be accepted; null: those of others can be, too. */
  get onlyChannel(): string | null {
    if (this.ownChannel !== null) return this.ownChannel
    const wanted = new Set(this.#filters.filter(({ keeps }) => keeps).map(({ name, text }) => channelOf(name, text)))
    const [channel = null, ...others] = wanted
    return others.length === 0 ? channel : null
  }

  /** Whether an event of this kind may be wanted. */
  wants(name: string, subclass: string | null): boolean {
    if (!this.#on) return false
    if (this.#all) return true
    return this.#names.has(name) && (subclass === null || this.#subclasses.has(subclass))
  }

  /** Whether this very event is wanted: filters, `myevents`. */
  accepts(event: SwitchEvent): boolean {
    // Nearly every event has the one, hardly any the other.
    if (this.ownChannel !== null && event.get('Unique-ID') !== this.ownChannel) {
      if (event.get('Job-Owner-UUID') !== this.ownChannel) return false
    }
    if (this.#filters.length === 0) return true
    let accepted = false
    for (const filter of this.#filters) {
      const text = event.get(filter.name)
      if (text === undefined || (accepted && filter.keeps) || !filter.matches(text)) continue
      if (!filter.keeps) return false
      accepted = true
    }
    return accepted
  }
}

export function formatOf(word: string): EventFormat | null {
  const lower = word.toLowerCase()
  return lower === 'plain' || lower === 'json' || lower === 'xml' ? lower : null
}

/** The channel that a filter lets through; null when it is none of a single one. */
function channelOf(name: string, text: string): string | null {
  return name.toLowerCase() === 'unique-id' && !text.startsWith('/') ? text.toLowerCase() : null
}

/** A pattern that is none fits nothing. */
function matcher(text: string): (value: string) => boolean {
  if (!text.startsWith('/')) {
    const lower = text.toLowerCase()
    return (value) => value === text || (value.length === text.length && value.toLowerCase() === lower)
  }
  const pattern = /^\/(.*)\/([i]*)$/s.exec(text)
  try {
    const regexp = new RegExp(pattern?.[1] ?? text.slice(1), pattern?.[2] ?? '')
    return (value) => regexp.test(value)
  } catch {
    return () => false
  }
}
