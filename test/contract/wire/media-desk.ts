/**
 * Calls to the media server as drachtio places them, without drachtio: an INVITE that names where the channel's own
 * connection is awaited, a telephone behind it, and a second connection that sees every event of the channel.
 */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import type { SrtpSuite } from '#softswitch/media/srtp.ts'
import type { RtpPhone } from '../../harness/rtp-phone.ts'
import { CallingPhone, type Message, udpWire } from '../calling-phone.ts'
import type { Pair } from '../pair.ts'
import { type EslEvent, EventSocketClient } from './event-socket-client.ts'

export interface MediaCallOptions {
  /** Tone of the telephone; 0 (the default) is silence. */
  readonly hum?: number
  /** What the telephone is before it calls. */
  readonly phone?: (rtp: RtpPhone) => void
  /** Header lines of the INVITE besides. */
  readonly headers?: readonly string[]
  /** It offers SRTP, and nothing else. */
  readonly secure?: SrtpSuite
}

export class MediaDesk {
  readonly #pair: Pair
  readonly #server: Server
  readonly #sip: { readonly host: string; readonly port: number }
  readonly #awaited = new Map<string, (control: EventSocketClient) => void>()
  readonly #calls = new Set<MediaCall>()
  #last = 0
  /** A connection of no channel, for `api`. */
  readonly control: EventSocketClient

  static async open(pair: Pair): Promise<MediaDesk> {
    const control = await EventSocketClient.signIn(pair.freeswitch)
    const where = /sip:mod_sofia@([\d.]+):(\d+)/.exec(await control.api('sofia status'))
    if (where?.[1] === undefined) throw new Error('no SIP profile')
    const server = createServer({ noDelay: true })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new MediaDesk(pair, server, control, { host: where[1], port: Number(where[2]) })
  }

  private constructor(
    pair: Pair,
    server: Server,
    control: EventSocketClient,
    sip: { readonly host: string; readonly port: number },
  ) {
    this.#pair = pair
    this.#server = server
    this.#sip = sip
    this.control = control
    server.on('connection', (socket) => {
      const own = new EventSocketClient(socket)
      void own.command('connect').then(({ headers }) => {
        const first = this.#awaited.get(headers.get('Channel-Destination-Number') ?? '')
        const arrived = first ?? this.#awaited.get(headers.get('Unique-ID') ?? '')
        arrived?.(own)
      })
    })
  }

  /** Where a channel's own connection is awaited. */
  get outbound(): string {
    const address = this.#server.address()
    return `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  }

  /** Where the media server takes INVITEs. */
  get sipPort(): number {
    return this.#sip.port
  }

  get folder(): string {
    return this.#pair.folder
  }

  tone(frequency: number, milliseconds: number): Promise<string> {
    return this.#pair.tone(frequency, milliseconds)
  }

  /** A connection that is signed in. */
  signIn(): Promise<EventSocketClient> {
    return EventSocketClient.signIn(this.#pair.freeswitch)
  }

  /** Another that has not said a word. */
  reach(): Promise<EventSocketClient> {
    return EventSocketClient.reach(this.#pair.freeswitch)
  }

  /** A telephone that calls the media server as drachtio does. */
  async phone(): Promise<CallingPhone> {
    return await CallingPhone.open(await udpWire(this.#sip), { extension: '1001', password: '' })
  }

  /** A channel that waits for its first execute. */
  async call({ hum = 0, headers = [], secure, phone: prepare = () => {} }: MediaCallOptions = {}): Promise<MediaCall> {
    this.#last += 1
    const extension = `9${process.pid}${this.#last}`
    const watch = await this.signIn()
    // The filter first: between the two commands other channels' events would be sent.
    await watch.command(`filter Caller-Destination-Number ${extension}`)
    await watch.command('event plain ALL')
    const phone = await this.phone()
    prepare(phone.rtp)
    if (secure !== undefined) phone.rtp.secure(secure)
    const arrived = this.#await(extension)
    const answer = await phone.call({
      target: `sip:${extension}@${this.#sip.host}:${this.#sip.port}`,
      authorize: null,
      headers: [`X-esl-outbound: ${this.outbound}`, ...headers],
    })
    if (answer.status !== 200) throw new Error(`refused: ${answer.startLine}`)
    if (secure !== undefined) phone.rtp.trust(answer.body)
    phone.talk(answer, hum)
    const own = await arrived
    await watch.event(({ name }) => name === 'CHANNEL_PARK', 'the channel to wait for us')
    const call = new MediaCall({ watch, own, phone, answer, again: (number) => this.#await(number) })
    // A channel that is sent elsewhere has another number.
    await watch.command(`filter Unique-ID ${call.uuid}`)
    this.#calls.add(call)
    return call
  }

  async #await(number: string): Promise<EventSocketClient> {
    const arrived = await new Promise<EventSocketClient>((resolve) => this.#awaited.set(number, resolve))
    this.#awaited.delete(number)
    return arrived
  }

  /** Ends what is left of every call. */
  async close(): Promise<void> {
    await Promise.all([...this.#calls].map((call) => call.end()))
    this.control.close()
    this.#server.close()
  }
}

export class MediaCall {
  readonly uuid: string
  /** Sees every event of the channel, from its creation on. */
  readonly watch: EventSocketClient
  /** The channel's own connection. */
  readonly own: EventSocketClient
  readonly phone: CallingPhone
  readonly answer: Message
  #mark: number
  #ended = false

  readonly #again: (uuid: string) => Promise<EventSocketClient>

  constructor(parts: {
    watch: EventSocketClient
    own: EventSocketClient
    phone: CallingPhone
    answer: Message
    again: (uuid: string) => Promise<EventSocketClient>
  }) {
    this.#again = parts.again
    this.watch = parts.watch
    this.own = parts.own
    this.phone = parts.phone
    this.answer = parts.answer
    this.uuid = parts.watch.events[0]?.get('Unique-ID') ?? ''
    this.#mark = parts.watch.events.length
  }

  /** Events since the call was parked, or since `mark`. */
  get events(): readonly EslEvent[] {
    return this.watch.events.slice(this.#mark)
  }

  /** Earlier events are no more looked at. */
  mark(): void {
    this.#mark = this.watch.events.length
  }

  /** Sends an execute. @returns its identity, by which its events are known */
  async begin(application: string, argument = '', headers: readonly string[] = []): Promise<string> {
    const uuid = randomUUID()
    const answer = await this.own.say(message('execute', application, argument, uuid, headers))
    if (answer !== '+OK') throw new Error(`${application} was not taken: ${answer}`)
    return uuid
  }

  /** Sends an execute and waits until it runs. */
  async start(application: string, argument = '', headers: readonly string[] = []): Promise<string> {
    const uuid = await this.begin(application, argument, headers)
    await this.event('CHANNEL_EXECUTE', { 'Application-UUID': uuid })
    return uuid
  }

  /** Sends a play and waits until it is heard. */
  async play(file: string, headers: readonly string[] = []): Promise<string> {
    const before = this.events.length
    const uuid = await this.begin('playback', file, headers)
    await this.watch.event(({ name }) => name === 'PLAYBACK_START', 'the play', this.#mark + before)
    return uuid
  }

  /** Sends an execute. @returns its completion */
  async execute(application: string, argument = '', headers: readonly string[] = []): Promise<EslEvent> {
    return await this.completed(await this.begin(application, argument, headers))
  }

  completed(uuid: string): Promise<EslEvent> {
    return this.event('CHANNEL_EXECUTE_COMPLETE', { 'Application-UUID': uuid })
  }

  /** The first event of that name with these headers since the mark. */
  event(name: string, headers: Readonly<Record<string, string>> = {}): Promise<EslEvent> {
    return this.watch.event(
      (event) => event.name === name && Object.entries(headers).every(([key, value]) => event.get(key) === value),
      `${name} ${JSON.stringify(headers)}`,
      this.#mark,
    )
  }

  /** `uuid_…` of this channel. */
  api(command: string, argument = ''): Promise<string> {
    return this.watch.api(`${command} ${this.uuid}${argument === '' ? '' : ` ${argument}`}`)
  }

  variable(name: string): Promise<string> {
    return this.api('uuid_getvar', name)
  }

  /** What happened since the mark, in words: `EXECUTE playback`, `COMPLETE playback FILE PLAYED`, `DTMF 5`. */
  story(): readonly string[] {
    return this.events.filter(({ name }) => !untold.has(name)).map(inWords)
  }

  /** The story with the states between. */
  steps(): readonly string[] {
    return this.events
      .filter(({ name }) => name === 'CHANNEL_STATE' || !untold.has(name))
      .map((event) => (event.name === 'CHANNEL_STATE' ? (event.get('Channel-State') ?? '') : inWords(event)))
  }

  callStates(): readonly string[] {
    return this.events
      .filter(({ name }) => name === 'CHANNEL_CALLSTATE')
      .map((event) => event.get('Channel-Call-State') ?? '')
  }

  state(name: string): Promise<EslEvent> {
    return this.event('CHANNEL_STATE', { 'Channel-State': name })
  }

  /** The next connection of the channel: its dialplan has called its client once more. */
  again(): Promise<EventSocketClient> {
    return this.#again(this.uuid)
  }

  /** What ends it by itself, if nothing else has: `uuid_break`, and the completion is awaited. */
  async break(uuid: string, flag = ''): Promise<EslEvent> {
    await this.api('uuid_break', flag)
    return await this.completed(uuid)
  }

  /** Waits for the end of the channel. */
  async over(): Promise<EslEvent> {
    return await this.event('CHANNEL_DESTROY')
  }

  /** Hangs up, if that has not been done. Idempotent. */
  async end(): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    if (!this.watch.closed) {
      await this.api('uuid_kill')
      await this.over().catch(() => {})
    }
    this.watch.close()
    this.own.close()
    this.phone.close()
  }
}

/** States, and what only the real server tells. */
const untold = new Set([
  'CHANNEL_STATE',
  'CHANNEL_CALLSTATE',
  'CALL_UPDATE',
  'ADD_SCHEDULE',
  'DEL_SCHEDULE',
  'API',
  'CODEC',
  'PRIVATE_COMMAND',
  'MEDIA_BUG_START',
  'MEDIA_BUG_STOP',
])

function message(
  command: string,
  application: string,
  argument: string,
  uuid: string,
  headers: readonly string[],
): string {
  return [
    'sendmsg',
    `call-command: ${command}`,
    `execute-app-name: ${application}`,
    ...(argument === '' ? [] : [`execute-app-arg: ${argument}`]),
    `Event-UUID: ${uuid}`,
    ...headers,
  ].join('\n')
}

function inWords(event: EslEvent): string {
  const name = event.name.replace(/^CHANNEL_/, '')
  const detail = (header: string) => event.get(header) ?? ''
  switch (event.name) {
    case 'CHANNEL_EXECUTE':
      return `EXECUTE ${detail('Application')}`
    case 'CHANNEL_EXECUTE_COMPLETE':
      return `COMPLETE ${detail('Application')} ${detail('Application-Response')}`
    case 'DTMF':
      return `DTMF ${detail('DTMF-Digit')}`
    case 'PLAYBACK_STOP':
      return `PLAYBACK_STOP ${detail('Playback-Status')}`
    case 'CHANNEL_HANGUP':
      return `HANGUP ${detail('Hangup-Cause')}`
    default:
      return name
  }
}
