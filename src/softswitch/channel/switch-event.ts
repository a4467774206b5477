/** A FreeSWITCH event: a name, headers in order, perhaps a body; and the three forms in which it is sent. */

/** Names that a client may subscribe to. `ALL` is not one of them. */
export const EVENT_NAMES: ReadonlySet<string> = new Set(
  `CUSTOM CLONE CHANNEL_CREATE CHANNEL_DESTROY CHANNEL_STATE CHANNEL_CALLSTATE CHANNEL_ANSWER CHANNEL_HANGUP
  CHANNEL_HANGUP_COMPLETE CHANNEL_EXECUTE CHANNEL_EXECUTE_COMPLETE CHANNEL_HOLD CHANNEL_UNHOLD CHANNEL_BRIDGE
  CHANNEL_UNBRIDGE CHANNEL_PROGRESS CHANNEL_PROGRESS_MEDIA CHANNEL_OUTGOING CHANNEL_PARK CHANNEL_UNPARK
  CHANNEL_APPLICATION CHANNEL_ORIGINATE CHANNEL_UUID API LOG INBOUND_CHAN OUTBOUND_CHAN STARTUP SHUTDOWN PUBLISH
  UNPUBLISH TALK NOTALK SESSION_CRASH MODULE_LOAD MODULE_UNLOAD DTMF MESSAGE PRESENCE_IN NOTIFY_IN PRESENCE_OUT
  PRESENCE_PROBE MESSAGE_WAITING MESSAGE_QUERY ROSTER CODEC BACKGROUND_JOB DETECTED_SPEECH DETECTED_TONE
  PRIVATE_COMMAND HEARTBEAT TRAP ADD_SCHEDULE DEL_SCHEDULE EXE_SCHEDULE RE_SCHEDULE RELOADXML NOTIFY PHONE_FEATURE
  PHONE_FEATURE_SUBSCRIBE SEND_MESSAGE RECV_MESSAGE REQUEST_PARAMS CHANNEL_DATA GENERAL COMMAND SESSION_HEARTBEAT
  CLIENT_DISCONNECTED SERVER_DISCONNECTED SEND_INFO RECV_INFO RECV_RTCP_MESSAGE SEND_RTCP_MESSAGE CALL_SECURE NAT
  RECORD_START RECORD_STOP PLAYBACK_START PLAYBACK_STOP CALL_UPDATE FAILURE SOCKET_DATA MEDIA_BUG_START MEDIA_BUG_STOP
  CONFERENCE_DATA_QUERY CONFERENCE_DATA CALL_SETUP_REQ CALL_SETUP_RESULT CALL_DETAIL DEVICE_STATE TEXT
  SHUTDOWN_REQUESTED CERT_RELOAD`.split(/\s+/),
)

/** The C prefix `SWITCH_EVENT_` may stand before a name: so many characters are passed over. */
const PREFIX_LENGTH = 13

/** @returns the event's name as it is fired, `ALL`, or null for a word that is none */
export function eventNameOf(word: string): string | null {
  const upper = word.toUpperCase()
  for (const name of [upper, upper.slice(PREFIX_LENGTH)]) {
    if (name === 'ALL' || EVENT_NAMES.has(name)) return name
  }
  return null
}

/** A header that comes with many events: what it is in JSON is made once. */
export class KeptHeader {
  readonly name: string
  readonly value: string
  #json: string | null = null

  constructor(name: string, value: string) {
    this.name = name
    this.value = value
  }

  get json(): string {
    this.#json ??= jsonPair(this.name, this.value)
    return this.#json
  }
}

export class SwitchEvent implements Iterable<readonly [string, string]> {
  readonly name: string
  /** Of CUSTOM events. */
  readonly subclass: string | null
  body: string | null = null
  readonly #headers = new Map<string, string | KeptHeader>()
  #json: string | null = null
  #plain: string | null = null

  constructor(name: string, subclass: string | null = null) {
    this.name = name
    this.subclass = subclass
  }

  /** Adds a header, or replaces it. A value that is missing adds none. */
  add(name: string, value: string | number | null | undefined): void {
    if (value !== null && value !== undefined) this.#headers.set(name, String(value))
  }

  /** Adds a header that other events have as well, or replaces the one of its name. */
  keep(header: KeptHeader): void {
    this.#headers.set(header.name, header)
  }

  /** Case does not matter. */
  get(name: string): string | undefined {
    const exact = this.#headers.get(name)
    if (exact !== undefined) return textOf(exact)
    const wanted = name.toLowerCase()
    // The length first: every client's filter may look in vain, through a hundred headers.
    for (const [key, value] of this.#headers) {
      if (key.length === wanted.length && key.toLowerCase() === wanted) return textOf(value)
    }
    return undefined
  }

  *[Symbol.iterator](): IterableIterator<[string, string]> {
    for (const [name, value] of this.#headers) yield [name, textOf(value)]
  }

  /** As `event plain` and `uuid_dump` have it: `Name: value` lines, values encoded as in a URL, an empty line. */
  toPlain(): string {
    this.#plain ??= this.#serialize((value) => (value === '' ? '_undef_' : encodeValue(value)))
    return this.#plain
  }

  /** `uuid_dump … plain`: values bare in brackets. */
  toBracketed(): string {
    return this.#serialize((value) => `[${value}]`)
  }

  toJson(): string {
    this.#json ??= this.body === null ? this.#writeJson() : this.#jsonWithBody(this.body)
    return this.#json
  }

  toXml(): string {
    const lines = [...this].map(([name, value]) => `  <${name}>${escapeXml(encodeValue(value))}</${name}>`)
    const body =
      this.body === null
        ? ''
        : `  <Content-Length>${Buffer.byteLength(this.body)}</Content-Length>\n  <body>${escapeXml(this.body)}</body>\n`
    return `<event>\n <headers>\n${lines.join('\n')}\n </headers>\n${body}</event>`
  }

  /** As JSON.stringify has it; an object of a hundred headers, made for it alone, would take four times as long. */
  #writeJson(): string {
    let text = ''
    for (const [name, value] of this.#headers) {
      const pair = typeof value === 'string' ? jsonPair(name, value) : value.json
      text += text === '' ? `{${pair}` : `,${pair}`
    }
    return text === '' ? '{}' : `${text}}`
  }

  #jsonWithBody(body: string): string {
    const object: Record<string, string> = Object.fromEntries(this)
    object['Content-Length'] = String(Buffer.byteLength(body))
    object._body = body
    return JSON.stringify(object)
  }

  #serialize(encode: (value: string) => string): string {
    let text = ''
    for (const [name, value] of this.#headers) text += `${name}: ${encode(textOf(value))}\n`
    if (this.body === null || this.body === '') return `${text}\n`
    return `${text}Content-Length: ${Buffer.byteLength(this.body)}\n\n${this.body}`
  }
}

function textOf(value: string | KeptHeader): string {
  return typeof value === 'string' ? value : value.value
}

function jsonPair(name: string, value: string): string {
  return `${jsonText(name)}:${jsonText(value)}`
}

/** Text that stands in JSON as it is. */
const PLAIN = /^[ !#-[\]-~]*$/

function jsonText(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text)
}

const UNSAFE = /[^ -~]|[\r\n #%&+:;<=>?@[\\\]^`{|}"]/gu

/** URL encoding with FreeSWITCH's set of unsafe characters; a `%` that begins an escape already is left alone. */
export function encodeValue(value: string): string {
  return value.replace(UNSAFE, (character, at: number) => {
    if (character === '%' && /^[0-9A-F]{2}/.test(value.slice(at + 1, at + 3))) return character
    let encoded = ''
    for (const byte of Buffer.from(character)) encoded += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
    return encoded
  })
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
