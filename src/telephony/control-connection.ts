import modesl from 'modesl'
import type { Clock, Timer } from '#platform/clock.ts'
import { OperationalError } from '#platform/errors/errors.ts'
import { type Log, logError } from '#platform/log.ts'
import { gatherCommands } from './gather-commands.ts'
import { guardSocket } from './guard-socket.ts'
import type { HeaderOf } from './leg-quality.ts'
import { type MediaServerAddress, mediaServerName } from './media-server-address.ts'
import { within } from './within.ts'

export interface ControlParts {
  readonly address: MediaServerAddress
  readonly clock: Clock
  readonly log: Log
  /** Signed in, or gone. Called on each change. */
  readonly onChange: (up: boolean) => void
  /** The file at `path` has been closed by the media server. */
  readonly onRecordingClosed: (path: string) => void
  /** What a channel's sound is or was: RTCP reports, and the last event of every channel. */
  readonly onSound: (name: string, header: HeaderOf) => void
  /** A channel has become a member of a conference. */
  readonly onMember: (member: RoomMember) => void
}

export interface RoomMember {
  readonly room: string
  readonly channelUuid: string
  /** Names the member within its conference. */
  readonly memberId: string
}

/** FreeSWITCH says it is alive every 20 s unless configured otherwise (ours: 5 s); after this silence it is asked. */
const silenceMs = 25_000
const commandLimitMs = 3_000
const signInLimitMs = 5_000
const soundEvents = ['RECV_RTCP_MESSAGE', 'SEND_RTCP_MESSAGE', 'CHANNEL_HANGUP_COMPLETE'] as const
const firstRetryMs = 200
const longestRetryMs = 5_000

/**
 * The inbound event-socket connection to one FreeSWITCH: alive or not, commands about any channel, closed recordings.
 * Reconnects by itself until closed. Each connection is a new modesl object, since modesl pairs replies with commands
 * by order alone and keeps its queues over a lost socket: the reply to one command would answer another.
 * Source: telephony-protocols §0.4, §3.
 */
export class ControlConnection {
  readonly #parts: ControlParts
  #connection: modesl.Connection | null = null
  #up = false
  #closed = false
  #retryMs = firstRetryMs
  #retryTimer: Timer | undefined
  #silenceTimer: Timer | undefined
  /** Rejects what waits for an answer when the connection goes. */
  readonly #waiting = new Set<(error: Error) => void>()

  constructor(parts: ControlParts) {
    this.#parts = parts
    this.#connect()
  }

  get up(): boolean {
    return this.#up
  }

  /** Our own address as this server sees it; null while not connected. */
  get localAddress(): string | null {
    return this.#connection?.socket?.localAddress?.replace(/^::ffff:/, '') ?? null
  }

  /**
   * @param command such as `uuid_kill <uuid>`; the caller vouches for its arguments
   * @returns the answer's body, which may well begin with `-ERR`
   * @throws OperationalError MEDIA_SERVER_AWAY, TELEPHONY_TIMEOUT
   */
  async api(command: string, limitMs = commandLimitMs): Promise<string> {
    const connection = this.#connection
    if (connection === null || !this.#up) throw this.#away()
    return await this.#ask(connection, command, limitMs)
  }

  close(): void {
    this.#closed = true
    this.#parts.clock.clearTimeout(this.#retryTimer)
    const connection = this.#connection
    this.#gone(connection)
    connection?.disconnect()
  }

  #connect(): void {
    const { address, log } = this.#parts
    const connection = new modesl.Connection(address.host, address.port, address.secret, () =>
      this.#signedIn(connection),
    )
    this.#connection = connection
    connection.reqEvents = ['HEARTBEAT', 'RECORD_STOP', ...soundEvents, 'CUSTOM conference::maintenance']
    gatherCommands(connection)
    const { socket } = connection
    socket?.setNoDelay(true)
    socket?.setTimeout(signInLimitMs, () => socket.destroy())
    socket?.on('close', () => this.#gone(connection))
    connection.on('esl::connect', () => {
      if (socket !== null)
        guardSocket(socket, (error) => {
          logError(log, error, 'the media server sent what its client cannot digest')
          socket.destroy()
        })
    })
    // Without a listener modesl's emitter throws; the socket's close says the rest.
    connection.on('error', () => {})
    connection.on('esl::event::auth::fail', () => this.#refused(connection, 'the secret was refused'))
    connection.on('esl::event::raw::text/rude-rejection', () =>
      this.#refused(connection, 'this address is not allowed'),
    )
    connection.on('esl::event::HEARTBEAT::*', () => this.#heard(connection))
    connection.on('esl::event::RECORD_STOP::*', (event) => {
      const path = event.getHeader('Record-File-Path')
      if (path !== null) this.#parts.onRecordingClosed(path)
    })
    for (const name of soundEvents) {
      connection.on(`esl::event::${name}::*`, (event) => this.#parts.onSound(name, (header) => event.getHeader(header)))
    }
    connection.on('esl::event::CUSTOM::*', (event) => {
      if (event.getHeader('Action') !== 'add-member') return
      const [room, channelUuid, memberId] = ['Conference-Name', 'Unique-ID', 'Member-ID'].map((n) => event.getHeader(n))
      if (room && channelUuid && memberId) this.#parts.onMember({ room, channelUuid, memberId })
    })
  }

  #signedIn(connection: modesl.Connection): void {
    if (connection !== this.#connection || this.#closed) return
    connection.socket?.setTimeout(0)
    this.#retryMs = firstRetryMs
    this.#up = true
    this.#heard(connection)
    this.#parts.onChange(true)
  }

  #refused(connection: modesl.Connection, reason: string): void {
    this.#parts.log.error(
      { mediaHost: mediaServerName(this.#parts.address), reason },
      'the media server refuses the control connection',
    )
    this.#retryMs = longestRetryMs
    connection.socket?.destroy()
  }

  /** Any sign of life starts the wait for the next one. */
  #heard(connection: modesl.Connection): void {
    const { clock, log, address } = this.#parts
    clock.clearTimeout(this.#silenceTimer)
    this.#silenceTimer = clock.setTimeout(() => {
      this.#ask(connection, 'status', commandLimitMs).then(
        () => this.#heard(connection),
        () => {
          if (connection !== this.#connection) return
          log.warn(
            { mediaHost: mediaServerName(address) },
            'the media server is silent and does not answer: connecting anew',
          )
          connection.socket?.destroy()
        },
      )
    }, silenceMs)
    this.#silenceTimer.unref()
  }

  async #ask(connection: modesl.Connection, command: string, limitMs: number): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    this.#waiting.add(reject)
    try {
      connection.api(command, (reply) => resolve(reply.getBody()))
      const what = command.split(' ', 1)[0] ?? command
      return await within({ clock: this.#parts.clock, limitMs, what }, promise)
    } finally {
      this.#waiting.delete(reject)
    }
  }

  #gone(connection: modesl.Connection | null): void {
    if (connection === null || connection !== this.#connection) return
    const wasUp = this.#up
    this.#connection = null
    this.#up = false
    const { clock } = this.#parts
    clock.clearTimeout(this.#silenceTimer)
    for (const reject of this.#waiting) reject(this.#away())
    if (wasUp) this.#parts.onChange(false)
    if (this.#closed) return
    this.#retryTimer = clock.setTimeout(() => this.#connect(), this.#retryMs)
    this.#retryMs = Math.min(this.#retryMs * 2, longestRetryMs)
  }

  #away(): OperationalError {
    return new OperationalError('MEDIA_SERVER_AWAY', { mediaHost: mediaServerName(this.#parts.address) })
  }
}
