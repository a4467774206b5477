/**
 * One client of the event socket, whichever side has opened the connection: reads its commands in order, answers each,
 * sends the events it wants. The texts of the answers are the real server's: clients look at them.
 */
import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import type { Channel } from '../channel/channel.ts'
import { addCallerHeaders, addChannelHeaders } from '../channel/channel-event.ts'
import { isTrue } from '../channel/channel-variables.ts'
import type { EventListener } from '../channel/event-bus.ts'
import { causeNamed } from '../channel/hangup-cause.ts'
import type { SwitchCore } from '../channel/switch-core.ts'
import { eventNameOf, type SwitchEvent } from '../channel/switch-event.ts'
import { gatheredWrite } from '../gathered-write.ts'
import { runApi } from './api.ts'
import { type EslCommand, EslReader } from './esl-reader.ts'
import { EventQueue } from './event-queue.ts'
import { EventSubscription, formatOf } from './event-subscription.ts'

/** Beyond, events wait in a queue of their own and not as bytes of the socket, which nobody counts. */
const UNSENT_BYTES = 1024 * 1024
/** Answers do not wait: a client that asks and does not read is given up. */
const MOST_UNSENT_BYTES = 16 * 1024 * 1024
const AUTH_LIMIT_MS = 25_000
/** Of a command of somebody who has not said the password: it is all that is waited for. */
const MOST_STRANGER_BYTES = 4 * 1024
const GOODBYE_LIMIT_MS = 2_000
const LINGER_LIMIT_MS = 600_000

export interface ConnectionRole {
  /** `inbound`: asks for the password first. `outbound`: belongs to a channel. */
  readonly channel: Channel | null
  /** Outbound `full`: may use every command, not only those of its channel. */
  readonly full: boolean
  /** Tells whether this is the password. */
  readonly accepts: (password: string) => boolean
  /** Whether a command is taken and never answered, as by a server that hangs. For tests. */
  readonly isStuck?: (line: string) => boolean
  /** Told when it was, and when it was not. */
  readonly onAuthenticated?: () => void
  readonly onWrongPassword?: () => void
}

export class EventConnection implements EventListener {
  readonly #socket: Socket
  readonly #core: SwitchCore
  readonly #role: ConnectionRole
  readonly #reader = new EslReader()
  readonly #subscription = new EventSubscription()
  readonly #waiting: EslCommand[] = []
  /** Events for which the client has not read enough. */
  readonly #unread: EventQueue
  readonly #gone = Promise.withResolvers<void>()
  #working = false
  #authenticated: boolean
  #ended = false
  #lingerSeconds: number | null = null
  #timer: NodeJS.Timeout | undefined

  constructor(core: SwitchCore, socket: Socket, role: ConnectionRole) {
    this.#core = core
    this.#socket = socket
    this.#role = role
    this.#authenticated = role.channel !== null
    // Each header line of a client may be a packet of its own, and each answer is awaited: no waiting for more.
    socket.setNoDelay(true)
    socket.setKeepAlive(true, 30_000)
    this.#unread = new EventQueue({
      onFull: () => core.settings.log('an event socket client reads too slowly', { waiting: this.#unread.length }),
      onRoom: (lost) => core.settings.log('events were lost for an event socket client', { lost }),
      onGivenUp: (lost) => {
        core.settings.log('an event socket client has lost too many events', { lost })
        this.#sayGoodbye('', 'killed listener because of lost events\n')
      },
    })
    socket.on('drain', () => this.#sendUnread())
    socket.on('data', (bytes) => this.#receive(bytes))
    socket.on('error', () => {})
    socket.on('end', () => this.#drop())
    socket.on('close', () => this.#drop())
    core.bus.listen(this)
    if (!this.#authenticated) {
      this.#write('Content-Type: auth/request\n\n')
      this.#timer = setTimeout(() => this.#drop(), AUTH_LIMIT_MS)
    }
  }

  /** Resolves when the connection is over. */
  get gone(): Promise<void> {
    return this.#gone.promise
  }

  wants(name: string, subclass: string | null): boolean {
    return this.#subscription.wants(name, subclass)
  }

  deliver(event: SwitchEvent): void {
    if (this.#ended || !this.#subscription.accepts(event)) return
    if (this.#unread.length > 0 || this.#socket.writableLength > UNSENT_BYTES) this.#unread.push(event)
    else this.#writeEvent(event)
  }

  /** As many as the socket takes. */
  #sendUnread(): void {
    while (this.#socket.writableLength <= UNSENT_BYTES && this.#writeNextUnread()) {}
  }

  /** All of them: a goodbye is the last that is said. */
  #writeUnread(): void {
    while (this.#writeNextUnread()) {}
  }

  /** @returns false when there is none, or nobody */
  #writeNextUnread(): boolean {
    const event = this.#ended ? undefined : this.#unread.shift()
    if (event !== undefined) this.#writeEvent(event)
    return event !== undefined
  }

  #writeEvent(event: SwitchEvent): void {
    const { format } = this.#subscription
    const text = format === 'json' ? event.toJson() : format === 'xml' ? event.toXml() : event.toPlain()
    const head = `Content-Length: ${Buffer.byteLength(text)}\nContent-Type: text/event-${format}\n\n`
    this.#write(head + text)
  }

  /** The channel of an outbound connection has ended. */
  channelEnded(): void {
    const channel = this.#role.channel
    if (this.#ended || channel === null) return
    if (this.#lingerSeconds === null) {
      this.disconnect()
      return
    }
    this.#writeUnread()
    this.#write(
      `Content-Type: text/disconnect-notice\nControlled-Session-UUID: ${channel.uuid}\n` +
        `Content-Disposition: linger\nChannel-Name: ${channel.name}\nLinger-Time: ${this.#lingerSeconds}\n` +
        'Content-Length: 0\n\n',
    )
    const ms = this.#lingerSeconds < 0 ? LINGER_LIMIT_MS : this.#lingerSeconds * 1000
    this.#timer = setTimeout(() => this.disconnect(), Math.min(ms, LINGER_LIMIT_MS))
  }

  /** Says goodbye and closes. Idempotent. */
  disconnect(): void {
    if (this.#ended) return
    this.#writeUnread()
    const channel = this.#role.channel
    const whose = channel === null ? '' : `Controlled-Session-UUID: ${channel.uuid}\nContent-Disposition: disconnect\n`
    this.#sayGoodbye(whose, 'Disconnected, goodbye.\n')
  }

  #sayGoodbye(whose: string, words: string): void {
    this.#write(`Content-Type: text/disconnect-notice\n${whose}Content-Length: ${Buffer.byteLength(words)}\n\n${words}`)
    this.#leave()
    this.#socket.end()
    // A client that does not close its half keeps no socket of ours open, whatever it goes on to send.
    const limit = setTimeout(() => this.#socket.destroy(), GOODBYE_LIMIT_MS)
    this.#socket.once('close', () => clearTimeout(limit))
  }

  #drop(): void {
    this.#leave()
    this.#socket.uncork()
    this.#socket.destroy()
  }

  #leave(): void {
    if (this.#ended) return
    this.#ended = true
    clearTimeout(this.#timer)
    this.#core.bus.unlisten(this)
    this.#gone.resolve()
  }

  #write(text: string): void {
    if (this.#ended || this.#socket.destroyed) return
    gatheredWrite(this.#socket, text)
    const unsent = this.#socket.writableLength
    if (unsent > MOST_UNSENT_BYTES) {
      this.#core.settings.log('an event socket client does not read', { unsent })
      this.#drop()
    }
  }

  #reply(text: string): void {
    this.#write(`Content-Type: command/reply\nReply-Text: ${text}\n\n`)
  }

  #receive(bytes: Buffer): void {
    if (this.#ended) return
    const commands = this.#reader.take(bytes)
    if (commands === null) {
      this.disconnect()
      return
    }
    this.#waiting.push(...commands)
    if (!this.#working) void this.#work()
    if (!this.#authenticated && this.#reader.held > MOST_STRANGER_BYTES) this.disconnect()
  }

  /** One command after the other: an api that takes time holds up the next, as the client expects. */
  async #work(): Promise<void> {
    this.#working = true
    for (let command = this.#waiting.shift(); command !== undefined && !this.#ended; command = this.#waiting.shift()) {
      try {
        const slow = this.#handle(command)
        if (slow !== undefined) await slow
      } catch (error) {
        this.#core.settings.log('fault in an event socket command', { error: String(error) })
        this.#reply('-ERR internal error')
      }
    }
    this.#working = false
  }

  #handle(command: EslCommand): Promise<void> | void {
    const [word = '', ...words] = command.line.split(/ +/)
    const verb = word.toLowerCase()
    const rest = command.line.slice(word.length).trim()
    if (verb === 'exit' || verb.startsWith('...')) {
      this.#reply('+OK bye')
      this.disconnect()
      return
    }
    if (!this.#authenticated) {
      this.#authenticate(verb, rest)
      return
    }
    if (this.#role.isStuck?.(command.line) === true) return
    switch (verb) {
      case 'api':
        return this.#allowed() ? this.#api(rest) : undefined
      case 'bgapi':
        return this.#allowed() ? this.#backgroundApi(rest, command) : undefined
      case 'sendmsg':
        this.#sendMessage(rest, command)
        return
      case 'sendevent':
        if (this.#allowed()) this.#sendEvent(rest, command)
        return
      case 'connect':
        this.#connect()
        return
      case 'linger':
      case 'nolinger':
        this.#setLinger(verb, words[0])
        return
      default:
        this.#reply(this.#subscriptionReply(verb, rest, words) ?? '-ERR command not found')
        if (!this.#ended) this.#core.bus.listen(this, this.#subscription.onlyChannel)
    }
  }

  #authenticate(verb: string, rest: string): void {
    if (verb === 'auth' && this.#role.accepts(rest)) {
      this.#authenticated = true
      clearTimeout(this.#timer)
      this.#role.onAuthenticated?.()
      this.#reply('+OK accepted')
      return
    }
    // An empty answer is what the real server gives to any other command here: nothing happens until `auth`.
    if (verb !== 'auth' && verb !== 'userauth') return
    this.#role.onWrongPassword?.()
    this.#reply('-ERR invalid')
    this.disconnect()
  }

  /** An outbound connection without `full` knows only the commands of its channel. */
  #allowed(): boolean {
    if (this.#role.channel === null || this.#role.full) return true
    this.#reply('-ERR command not found')
    return false
  }

  async #api(command: string): Promise<void> {
    const body = (await runApi(this.#core, command)) || '-ERR no reply\n'
    this.#write(`Content-Type: api/response\nContent-Length: ${Buffer.byteLength(body)}\n\n${body}`)
  }

  #backgroundApi(command: string, { headers }: EslCommand): void {
    const job = headers.get('job-uuid') ?? randomUUID()
    this.#write(`Content-Type: command/reply\nReply-Text: +OK Job-UUID: ${job}\nJob-UUID: ${job}\n\n`)
    const at = command.indexOf(' ')
    void runApi(this.#core, command)
      .catch((error: unknown) => {
        this.#core.settings.log('fault in a background api', { error: String(error) })
        return '-ERR internal error\n'
      })
      .then((body) => {
        this.#core.bus.fire('BACKGROUND_JOB', (event) => {
          event.add('Job-UUID', job)
          event.add('Job-Owner-UUID', this.#role.channel?.uuid)
          event.add('Job-Command', at < 0 ? command : command.slice(0, at))
          event.add('Job-Command-Arg', at < 0 ? null : command.slice(at + 1))
          event.body = body
        })
      })
  }

  #sendMessage(rest: string, { headers, body }: EslCommand): void {
    const uuid = rest === '' ? (headers.get('session-id') ?? this.#role.channel?.uuid ?? '') : rest
    const own = this.#role.channel?.uuid === uuid ? this.#role.channel : undefined
    const channel = own ?? this.#core.channels.get(uuid)
    // One that has been hung up is found by its own client alone.
    if (channel === undefined || (own === undefined && !channel.up)) {
      this.#reply(`-ERR invalid session id [${uuid}]`)
      return
    }
    const call = (headers.get('call-command') ?? '').toLowerCase()
    // The answer says that the message has been taken, not what comes of it.
    this.#reply('+OK')
    if (call === 'hangup') void channel.hangUp(causeNamed(headers.get('hangup-cause') ?? 'NORMAL_CLEARING'))
    else if (call === 'execute') {
      const argument = headers.get('execute-app-arg') ?? ''
      const text = headers.get('content-type')?.toLowerCase() === 'text/plain' ? body : ''
      channel.execute({
        application: headers.get('execute-app-name') ?? '',
        argument: argument === '' ? text : argument,
        uuid: headers.get('event-uuid') ?? randomUUID(),
        lock: isTrue(headers.get('event-lock')),
        loops: Number.parseInt(headers.get('loops') ?? '1', 10) || 1,
      })
    }
  }

  #sendEvent(rest: string, { headers, body }: EslCommand): void {
    const name = eventNameOf(rest.split(' ')[0] ?? '')
    const uuid = randomUUID()
    if (name !== null && name !== 'ALL') {
      const subclass = name === 'CUSTOM' ? (headers.get('event-subclass') ?? null) : null
      this.#core.bus.fire(
        name,
        (event) => {
          for (const [key, value] of headers) if (key !== 'content-length') event.add(headerName(key), value)
          event.add('Event-UUID', uuid)
          if (body !== '') event.body = body
        },
        { subclass },
      )
    }
    this.#reply(`+OK ${uuid}`)
  }

  #connect(): void {
    const channel = this.#role.channel
    if (channel === null) {
      this.#reply('-ERR command not found')
      return
    }
    const event = this.#core.bus.make('CHANNEL_DATA', (data) => {
      addCallerHeaders(data, channel, 'Channel')
      addChannelHeaders(data, channel)
      data.add('Content-Type', 'command/reply')
      data.add('Reply-Text', '+OK\n')
      data.add('Socket-Mode', 'async')
      data.add('Control', this.#role.full ? 'full' : 'single-channel')
    })
    this.#write(event.toPlain())
  }

  #setLinger(verb: string, seconds: string | undefined): void {
    if (this.#role.channel === null) this.#reply('-ERR not controlling a session')
    else if (verb === 'nolinger') {
      this.#lingerSeconds = null
      this.#reply('+OK will not linger')
    } else {
      this.#lingerSeconds = seconds === undefined ? -1 : Number.parseInt(seconds, 10) || 0
      this.#reply(this.#lingerSeconds < 0 ? '+OK will linger' : `+OK will linger ${this.#lingerSeconds} seconds`)
    }
  }

  /** @returns null when the verb has nothing to do with events */
  #subscriptionReply(verb: string, rest: string, words: readonly string[]): string | null {
    const subscription = this.#subscription
    switch (verb) {
      case 'event':
      case 'events':
        if (!subscription.add(words)) return '-ERR no keywords supplied'
        return `+OK event listener enabled ${subscription.format}`
      case 'nixevent':
        return subscription.remove(words) ? '+OK events nixed' : '-ERR no keywords supplied'
      case 'noevents':
        if (!subscription.on) return '-ERR not listening for events'
        subscription.clear()
        return '+OK no longer listening for events'
      case 'filter':
        return this.#filter(rest)
      case 'myevents':
        return this.#myEvents(words)
      case 'divert_events':
        if (this.#role.channel === null) return '-ERR not controlling a session.'
        return words[0]?.toLowerCase() === 'on' ? '+OK events diverted' : '+OK events not diverted'
      case 'getvar':
        return this.#role.channel === null ? null : (this.#role.channel.variables.get(rest) ?? '')
      case 'resume':
        return this.#role.channel === null ? null : '+OK'
      case 'log':
        return `+OK log level ${rest} [7]`
      case 'nolog':
        return '-ERR not loging'
      default:
        return null
    }
  }

  #filter(rest: string): string {
    const [name = '', ...values] = rest.split(' ')
    const value = values.join(' ')
    if (name.toLowerCase() === 'delete' && value !== '') {
      const [header = '', ...given] = value.split(' ')
      this.#subscription.removeFilter(header, given.length === 0 ? undefined : given.join(' '))
      return `+OK filter deleted. [${header}][${given.join(' ')}]`
    }
    if (value === '') return '-ERR invalid syntax'
    const adds = name.toLowerCase() === 'add'
    const header = adds ? (values[0] ?? '') : name
    const wanted = adds ? values.slice(1).join(' ') : value
    if (!this.#subscription.addFilter(header, wanted)) return '-ERR memory error'
    return `+OK filter added. [${header}]=[${wanted}]`
  }

  #myEvents(words: readonly string[]): string {
    if (this.#subscription.ownChannel !== null) return '-ERR aready enabled.'
    const own = this.#role.channel?.uuid
    const uuid = own ?? words[0] ?? ''
    if (own === undefined && !this.#core.channels.has(uuid)) return '-ERR invalid uuid'
    const format = formatOf(words.at(-1) ?? '')
    if (format !== null) this.#subscription.format = format
    this.#subscription.addMine(uuid)
    return '+OK Events Enabled'
  }
}

/** `event-subclass` → `Event-Subclass`: the reader has lowered names that came in any case. */
function headerName(lower: string): string {
  return lower.replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase())
}
