import type Mrf from 'drachtio-fsmrf'
import type Srf from 'drachtio-srf'
import type { Clock, Timer } from '#platform/clock.ts'
import { OperationalError } from '#platform/errors/errors.ts'
import { newId } from '#platform/ids.ts'
import { type Log, logError } from '#platform/log.ts'
import { type ChannelOwner, houseHeader, houseVariable, ownerHeaders, ownerVariableNames } from './channel-owner.ts'
import { ControlConnection } from './control-connection.ts'
import { gatherCommands } from './gather-commands.ts'
import { guardSocket } from './guard-socket.ts'
import { MediaEndpoint } from './media-endpoint.ts'
import { type MediaServerAddress, mediaServerName } from './media-server-address.ts'
import { QualityWatch } from './quality-watch.ts'
import type { SipLink } from './sip-link.ts'
import { settling, within } from './within.ts'

export interface MediaLinkParts {
  readonly address: MediaServerAddress
  readonly sip: SipLink
  readonly mrf: Mrf
  /** @see TelephonyOptions.house */
  readonly house: string | null
  /** Where the media server's connections for each channel are awaited. Default: the address it sees us at. */
  readonly events?: EventSocketListener
  readonly clock: Clock
  readonly log: Log
  readonly onChange: () => void
}

export interface EventSocketListener {
  readonly listenAddress: string
  /** Where the media server finds it, if elsewhere (address translation). */
  readonly advertisedAddress?: string
}

/** The server's list of channels is written behind its channels, and names some for a moment that have ended. */
const gone = Symbol('gone')

/** A channel as the media server lists it. */
export interface MediaChannel {
  readonly uuid: string
  readonly attemptId: string | null
  readonly callId: string | null
  readonly seatId: string | null
}

/** A channel on its way into a room. */
export interface Entry {
  /** Settles with its member id; never rejects, and never settles when it does not get in. */
  readonly memberId: Promise<string>
  /** Nobody waits any more. */
  forget(): void
}

/** Tells the tries for one call apart. */
const endpointHeader = 'X-Suifang-Endpoint'

/** The SIP profile that fsmrf looks for; its name is part of its protocol. */
const profile = 'drachtio_mrf'
/** fsmrf gives itself one second. */
const signInLimitMs = 3_000
const endpointLimitMs = 6_000
const listLimitMs = 5_000
const retryMs = 500
/** A file is closed with its channel; after this nobody waits for the news any more. */
const forgetRecordingsMs = 30_000

/**
 * One FreeSWITCH: the control connection, drachtio-fsmrf's media server beside it, and the channels made on it.
 * Up while both connections stand. fsmrf's own reconnecting is off: it waits longer and longer without a bound, keeps
 * its reply queues over the gap, and does not subscribe again.
 * Source: telephony-protocols §0.3, §0.4, §2.1.
 */
export class MediaLink {
  readonly name: string
  readonly #parts: MediaLinkParts
  readonly #control: ControlConnection
  readonly #endpoints = new Set<MediaEndpoint>()
  /** Channels being made, by the name given to each try; with their uuid once they have reported. */
  readonly #awaited = new Map<string, string | null>()
  readonly #recordings = new Map<string, () => void>()
  readonly #quality = new QualityWatch()
  /** Channels on their way into a room, by room and uuid. */
  readonly #entries = new Map<string, (memberId: string) => void>()
  #mediaServer: Mrf.MediaServer | null = null
  #retryTimer: Timer | undefined
  #connecting = false
  #closed = false

  constructor(parts: MediaLinkParts) {
    this.#parts = parts
    this.name = mediaServerName(parts.address)
    this.#control = new ControlConnection({
      address: parts.address,
      clock: parts.clock,
      log: parts.log,
      onChange: (up) => (up ? this.#connect() : parts.onChange()),
      onRecordingClosed: (path) => this.#recordings.get(path)?.(),
      onSound: (name, header) => this.#quality.take(name, header),
      onMember: ({ room, channelUuid, memberId }) => this.#entries.get(`${room} ${channelUuid}`)?.(memberId),
    })
  }

  get up(): boolean {
    return this.#mediaServer !== null && this.#control.up
  }

  /** Channels that this process holds. */
  get endpoints(): number {
    return this.#endpoints.size
  }

  /**
   * A fresh channel with its offer ready, connected to nobody.
   * @throws OperationalError MEDIA_SERVER_AWAY, TELEPHONY_TIMEOUT; whatever fsmrf met
   */
  createEndpoint(owner: ChannelOwner, log: Log): Promise<MediaEndpoint> {
    return this.#make(
      owner,
      async (mediaServer, headers) => this.#adopt(await mediaServer.createEndpoint({ headers }), log),
      (late) => late.release(),
    )
  }

  /**
   * A channel for a caller, and the INVITE answered with its SDP; whose WebRTC it is, too, ends there.
   * @throws OperationalError MEDIA_SERVER_AWAY, TELEPHONY_TIMEOUT; whatever fsmrf met. No channel and no dialogue is left
   * over then, but the INVITE is the caller's to refuse unless it has been answered
   */
  async connectCaller(
    { request, response }: { readonly request: Srf.SrfRequest; readonly response: Srf.SrfResponse },
    owner: ChannelOwner,
    log: Log,
  ): Promise<{ readonly endpoint: MediaEndpoint; readonly dialog: Srf.Dialog }> {
    const { sip } = this.#parts
    return await this.#make(
      owner,
      async (mediaServer, headers) => {
        const { endpoint, dialog } = await mediaServer.connectCaller(request, response, { headers })
        return { endpoint: this.#adopt(endpoint, log), dialog }
      },
      async ({ endpoint, dialog }) => {
        dialog.destroy().catch(() => {})
        sip.forget(dialog)
        await endpoint.release()
      },
    )
  }

  /** @param drop ends what comes when nobody waits any more */
  async #make<T>(
    owner: ChannelOwner,
    make: (mediaServer: Mrf.MediaServer, headers: Record<string, string>) => Promise<T>,
    drop: (late: T) => Promise<void>,
  ): Promise<T> {
    const mediaServer = this.#mediaServer
    const { sip, clock, house } = this.#parts
    if (mediaServer === null) throw new OperationalError('MEDIA_SERVER_AWAY', { mediaHost: this.name })
    const attempt = newId()
    this.#awaited.set(attempt, null)
    const mark = house === null ? {} : { [houseHeader]: house }
    const made = make(mediaServer, { ...ownerHeaders(owner), ...mark, [endpointHeader]: attempt })
    try {
      return await within({ clock, limitMs: endpointLimitMs, what: 'make a channel' }, sip.whileUp(made))
    } catch (error) {
      made.then(drop).catch(() => {})
      // The server may have made a channel although the way to its endpoint broke: nobody else would ever end it.
      const uuid = this.#awaited.get(attempt) ?? null
      if (uuid !== null) await this.#killOrphan(uuid)
      throw error
    } finally {
      this.#awaited.delete(attempt)
    }
  }

  /**
   * The house's channels on the server, whichever process made them; without a house every channel. One without a mark
   * was made by a release that gave none: whose it is cannot be told, so it is among them.
   * @throws OperationalError when the control connection is away
   */
  async channels(): Promise<readonly MediaChannel[]> {
    const { house } = this.#parts
    const listed = readChannelList(await this.#control.api('show channels as json', listLimitMs))
    const channels = listed.map(async (uuid) => {
      const mark = house === null ? null : await this.#variable(uuid, houseVariable)
      if (mark !== null && mark !== house) return []
      const attemptId = await this.#variable(uuid, ownerVariableNames.attemptId)
      const callId = await this.#variable(uuid, ownerVariableNames.callId)
      const seatId = await this.#variable(uuid, ownerVariableNames.seatId)
      if (attemptId === gone || callId === gone || seatId === gone) return []
      return [{ uuid, attemptId, callId, seatId }]
    })
    return (await Promise.all(channels)).flat()
  }

  /** Ends a channel, whoever made it; one that is gone already is no error. */
  async kill(channelUuid: string): Promise<void> {
    if (!/^[0-9A-Za-z-]+$/.test(channelUuid)) return
    await this.#control.api(`uuid_kill ${channelUuid}`)
  }

  /** Tells when the channel has become a member of the room. To be called before it is sent there. */
  awaitEntry(room: string, channelUuid: string): Entry {
    const key = `${room} ${channelUuid}`
    const { promise: memberId, resolve } = settling<string>()
    this.#entries.set(key, resolve)
    return {
      memberId,
      forget: () => {
        if (this.#entries.get(key) === resolve) this.#entries.delete(key)
      },
    }
  }

  /**
   * @param command such as `mute 3`; the caller vouches for it
   * @throws OperationalError ROOM_REFUSED, MEDIA_SERVER_AWAY, TELEPHONY_TIMEOUT
   */
  async roomCommand(room: string, command: string): Promise<void> {
    const answer = (await this.#control.api(`conference ${room} ${command}`)).trim()
    if (!answer.startsWith('+OK') && !answer.startsWith('OK')) {
      throw new OperationalError('ROOM_REFUSED', { command: command.split(' ', 1)[0] ?? '', answer })
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#parts.clock.clearTimeout(this.#retryTimer)
    await Promise.all([...this.#endpoints].map((endpoint) => endpoint.release()))
    this.#mediaServer?.disconnect()
    this.#mediaServer = null
    this.#control.close()
  }

  async #connect(): Promise<void> {
    if (this.#connecting || this.#closed || this.#mediaServer !== null) return this.#parts.onChange()
    const { log, clock } = this.#parts
    this.#connecting = true
    try {
      await this.#assertProfile()
      const mediaServer = await within(
        { clock, limitMs: signInLimitMs, what: 'sign in to the media server' },
        this.#signIn(),
      )
      if (this.#closed) return mediaServer.disconnect()
      this.#mediaServer = mediaServer
      log.info({ mediaHost: this.name }, 'media server connected')
    } catch (error) {
      logError(log, error, 'the media server cannot be used')
      if (!this.#closed) this.#retryTimer = clock.setTimeout(() => this.#again(), retryMs)
    } finally {
      this.#connecting = false
    }
    this.#parts.onChange()
  }

  #again(): void {
    // Without the control connection its return is the sign to try.
    if (this.#control.up) void this.#connect()
  }

  /** fsmrf throws where nobody can catch it when the profile is missing, so it is asked for before. */
  async #assertProfile(): Promise<void> {
    const status = await this.#control.api('sofia status')
    if (!new RegExp(`^\\s*${profile}\\s.*sip:mod_sofia@\\d+\\.\\d+\\.\\d+\\.\\d+:\\d+`, 'm').test(status)) {
      throw new OperationalError('MEDIA_SERVER_PROFILE_MISSING', { mediaHost: this.name, profile })
    }
  }

  #signIn(): Promise<Mrf.MediaServer> {
    const { mrf, address } = this.#parts
    const events = this.#parts.events ?? { listenAddress: this.#control.localAddress ?? '127.0.0.1' }
    return new Promise((resolve, reject) => {
      let settled = false
      mrf.connect(
        { ...events, address: address.host, port: address.port, secret: address.secret, profile },
        (error, mediaServer) => {
          // A failed try goes on in the background and may succeed when nobody waits any more.
          if (settled) return mediaServer?.disconnect()
          settled = true
          if (mediaServer === undefined) return reject(error)
          this.#settleIn(mediaServer)
          resolve(mediaServer)
        },
      )
    })
  }

  #settleIn(mediaServer: Mrf.MediaServer): void {
    const { log } = this.#parts
    const { conn } = mediaServer
    conn.reconnectOpts = { maxAttempts: 1 }
    conn.removeAllListeners('esl::end')
    conn.on('esl::end', () => this.#mediaServerGone(mediaServer))
    const { socket } = conn
    if (socket === null) {
      this.#mediaServerGone(mediaServer)
      return
    }
    socket.setNoDelay(true)
    guardSocket(socket, (error) => {
      logError(log, error, 'the media server sent what its client cannot digest')
      socket.destroy()
    })
    mediaServer._server.on('connection::open', (connection) => this.#channelConnected(connection))
  }

  /** A channel's own connection: quick, guarded, and known until its endpoint is made of it. */
  #channelConnected(connection: Mrf.EslConnection): void {
    const { socket } = connection
    if (socket === null) return
    socket.setNoDelay(true)
    gatherCommands(connection)
    guardSocket(socket, (error) => {
      logError(this.#parts.log, error, 'a channel sent what its client cannot digest: its call ends')
      socket.destroy()
    })
    connection.on('esl::event::CHANNEL_DATA::**', (event) => {
      const attempt = event.getHeader(`variable_sip_h_${endpointHeader}`)
      const uuid = event.getHeader('Unique-ID')
      if (attempt === null || uuid === null) return
      if (this.#awaited.has(attempt)) this.#awaited.set(attempt, uuid)
      else void this.#killOrphan(uuid) // It was given up meanwhile.
    })
  }

  #adopt(endpoint: Mrf.Endpoint, log: Log): MediaEndpoint {
    const { sip, clock } = this.#parts
    const paths: string[] = []
    const adopted = new MediaEndpoint({
      endpoint,
      mediaHost: this.name,
      sip,
      clock,
      log,
      kill: (uuid) => this.kill(uuid),
      quality: this.#quality.watch(endpoint.uuid),
      measureLine: () => this.#quality.measure(endpoint.uuid),
      recordingClosed: (path) => {
        paths.push(path)
        return this.#recordingClosed(path)
      },
    })
    this.#endpoints.add(adopted)
    void adopted.ended.then(() => {
      this.#endpoints.delete(adopted)
      this.#forgetLater(endpoint.uuid, paths)
    })
    return adopted
  }

  async #killOrphan(uuid: string): Promise<void> {
    await this.kill(uuid).catch((error: unknown) => logError(this.#parts.log, error, 'a channel could not be ended'))
  }

  #recordingClosed(path: string): Promise<void> {
    return new Promise((resolve) => {
      this.#recordings.set(path, () => {
        this.#recordings.delete(path)
        resolve()
      })
    })
  }

  /** In a method of its own, so that the timer holds the paths and not the whole call. */
  #forgetLater(uuid: string, paths: readonly string[]): void {
    const forget = () => {
      this.#quality.forget(uuid)
      for (const path of paths) this.#recordings.delete(path)
    }
    this.#parts.clock.setTimeout(forget, forgetRecordingsMs).unref()
  }

  async #variable(uuid: string, name: string): Promise<string | null | typeof gone> {
    const value = (await this.#control.api(`uuid_getvar ${uuid} ${name}`)).trim()
    if (value.startsWith('-')) return gone
    return value === '' || value === '_undef_' ? null : value
  }

  #mediaServerGone(mediaServer: Mrf.MediaServer): void {
    if (this.#mediaServer !== mediaServer) return
    this.#mediaServer = null
    mediaServer.disconnect()
    if (this.#closed) return
    this.#parts.log.warn({ mediaHost: this.name }, 'media server lost')
    this.#parts.onChange()
    this.#retryTimer = this.#parts.clock.setTimeout(() => this.#again(), retryMs)
  }
}

/** The uuids in the answer to `show channels as json`; an empty server answers without rows. */
function readChannelList(body: string): readonly string[] {
  const list: unknown = JSON.parse(body)
  if (typeof list !== 'object' || list === null || !('rows' in list) || !Array.isArray(list.rows)) return []
  return list.rows.flatMap((row: unknown) =>
    typeof row === 'object' && row !== null && 'uuid' in row && typeof row.uuid === 'string' ? [row.uuid] : [],
  )
}
