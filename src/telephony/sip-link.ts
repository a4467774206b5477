import type { Socket } from 'node:net'
import Srf from 'drachtio-srf'
import type { Clock, Timer } from '#platform/clock.ts'
import { codeOf, OperationalError } from '#platform/errors/errors.ts'
import { type Log, logError } from '#platform/log.ts'
import { guardSocket } from './guard-socket.ts'
import type { CallInRequest, RegisterHandler, RegisterReply, RegisterRequest, TrunkReply } from './telephony.ts'
import { settling, within } from './within.ts'

export interface SipServerAddress {
  readonly host: string
  readonly port: number
  readonly secret: string
}

interface SipPlace {
  readonly host: string
  readonly port: number
}

/** Such as `udp/10.0.0.5:5060,[fd00::5]:5060`. */
function placesIn(addresses: string): readonly SipPlace[] {
  return [...addresses.matchAll(/(?:\[([^\]]+)\]|([\w.-]+)):(\d+)/g)].map(([, v6, host = '', port]) => ({
    host: v6 ?? host,
    port: Number(port),
  }))
}

export interface SipLinkParts {
  readonly address: SipServerAddress
  readonly clock: Clock
  readonly log: Log
  readonly onChange: (up: boolean) => void
}

/**
 * All nodes of a hospital sign in to drachtio under one tag, so that what arrives for a dialogue whose node has died
 * may be offered to a living one. Our softswitch does; drachtio 0.9.10 has the code but never fills its table
 * (client-controller.cpp, addNamedService has no caller) and answers 481 by itself.
 */
const applicationTag = 'suifang'
const longestRetryMs = 2_000
const requestLimitMs = 4_000
/** Four sendings over UDP (RFC 3261 §17.1.2.1). */
const optionsLimitMs = 5_000
/** Said by a server in place of a far end that is silent. */
const silentStatuses: readonly number[] = [408, 503]
/** A phone sends its REGISTER again for 32 s; what takes us longer than this is a database that is away. */
const registerLimitMs = 5_000
const pingMs = 10_000
const pongLimitMs = 5_000
/** Calls that could not be ended while the server was away: as many as a site has lines, twice over. */
const owedAtMost = 2_000

/** What drachtio knows a call by, also in the hands of another process. */
export interface CallRef {
  readonly inviteTransaction: string | null
  readonly dialogId: string | null
}

/**
 * The connection to one drachtio-server. Reconnects by itself; what was under way when it broke is `lost`.
 *
 * drachtio-srf underneath, with what it lacks: a request under way when the socket closes never settles there; a
 * reconnected socket is slow (no setNoDelay), and a server that no longer answers is never noticed; its pings are sent
 * but their answers not awaited. Hence the few touches of `srf.app.client.wp`.
 * Source: telephony-protocols §1, drachtio-srf 5.0.29 wire-protocol.js.
 */
export class SipLink {
  readonly srf: Srf
  readonly #parts: SipLinkParts
  readonly #owed: CallRef[] = []
  /** Who must hear it when the present connection is gone. */
  readonly #waiting = new Set<(error: Error) => void>()
  #registerHandler: RegisterHandler = async () => notNow
  #inviteHandler: Srf.Handler = (_, response) => response.send(480)
  #socket: Socket | null = null
  #places: readonly SipPlace[] = []
  #up = false
  #closed = false
  #pingTimer: Timer | undefined

  constructor(parts: SipLinkParts) {
    this.#parts = parts
    this.srf = new Srf(applicationTag)
    this.#calmDialogs()
    this.#answerRegisters()
    // Asked for before the connection stands: srf says every verb again with each later one.
    this.srf.invite((request, response) => this.#inviteHandler(request, response))
    this.#answerStrangers()
    this.srf.on('connect', (error, sipAddresses) => this.#signedIn(error, sipAddresses))
    // The close that follows says all there is to say; without a listener the emitter throws.
    this.srf.on('error', () => {})
    void this.srf.connect({ ...parts.address, reconnect: { retryMaxDelay: longestRetryMs } })
    const { wp } = this.srf.app.client
    wp.on('connect', (socket) => this.#connected(socket))
    wp.on('close', (socket) => this.#lost(socket))
  }

  get up(): boolean {
    return this.#up
  }

  /** Where drachtio takes SIP, as it last said. */
  get places(): readonly SipPlace[] {
    return this.#places
  }

  /** `promise`, or SIP_SERVER_AWAY as soon as the present connection is gone. */
  async whileUp<T>(promise: Promise<T>): Promise<T> {
    if (!this.#up) {
      promise.catch(() => {})
      throw this.#away()
    }
    // No Promise.race with one promise for the whole connection: that would keep every call until drachtio is gone.
    const { promise: gone, reject } = Promise.withResolvers<never>()
    this.#waiting.add(reject)
    try {
      return await Promise.race([promise, gone])
    } finally {
      this.#waiting.delete(reject)
    }
  }

  /**
   * Ends a call that this process may never have held: CANCEL while it rings, then BYE, since it may have been answered
   * meanwhile. What the server does not know (any more) is no error. While the server is away both are owed, and said
   * when it is back.
   */
  async endCall(call: CallRef): Promise<void> {
    try {
      if (call.inviteTransaction !== null) await this.#request('CANCEL', { stackTxnId: call.inviteTransaction })
      if (call.dialogId !== null) await this.#request('BYE', { stackDialogId: call.dialogId })
    } catch (error) {
      if (codeOf(error) === 'SIP_SERVER_AWAY' && this.#owed.length < owedAtMost) this.#owed.push(call)
    }
  }

  /** @see Telephony.askTrunk */
  async askOptions({ host, port }: { readonly host: string; readonly port: number }): Promise<TrunkReply> {
    const { clock } = this.#parts
    const asked = clock.now().getTime()
    const told = (reply: TrunkReply['reply'], sipStatus: number | null = null): TrunkReply => ({
      reply,
      sipStatus,
      ms: clock.now().getTime() - asked,
    })
    const status = settling<number | null>()
    try {
      const headers = { 'User-Agent': 'suifang' }
      const answer = this.whileUp(status.promise)
      if (this.#up) {
        this.srf.request(`sip:${host}:${port}`, { method: 'OPTIONS', headers }, (error, request) => {
          if (error !== null || request === undefined) status.resolve(null)
          else request.on('response', (response) => response.status >= 200 && status.resolve(response.status))
        })
      }
      const said = await within({ clock, limitMs: optionsLimitMs, what: 'OPTIONS' }, answer)
      return told(said === null || silentStatuses.includes(said) ? 'silent' : 'answered', said)
    } catch (error) {
      return told(codeOf(error) === 'SIP_SERVER_AWAY' ? 'unasked' : 'silent')
    }
  }

  /** @see Telephony.onRegister */
  onRegister(handler: RegisterHandler): void {
    this.#registerHandler = handler
  }

  /** Who takes INVITEs that begin a call to us. Must not throw. */
  onInvite(handler: Srf.Handler): void {
    this.#inviteHandler = handler
  }

  /** srf keeps every dialogue until a BYE has passed; one that was lost would stay for ever. */
  forget(dialog: Srf.Dialog): void {
    dialog.connected = false
    dialog.removeAllListeners()
    this.srf.removeDialog(dialog)
  }

  close(): void {
    this.#closed = true
    this.#parts.clock.clearTimeout(this.#pingTimer)
    const { wp } = this.srf.app.client
    wp.closing = true
    this.#socket?.end()
    // A reconnect may be under way, or waiting for its turn.
    wp.on('connect', (socket) => socket.destroy())
    if (this.#socket !== null) this.#lost(this.#socket)
  }

  #connected(socket: Socket): void {
    if (this.#closed) return
    this.#socket = socket
    socket.setNoDelay(true)
    guardSocket(socket, (error) => {
      logError(this.#parts.log, error, 'drachtio sent what its client cannot digest: connecting anew')
      socket.destroy()
    })
  }

  #signedIn(error: Error | null, sipAddresses?: string): void {
    const { log, address, onChange } = this.#parts
    if (error !== null) {
      log.error({ address: `${address.host}:${address.port}` }, 'drachtio refuses the secret')
      return
    }
    if (this.#closed || this.#socket === null || this.#up) return
    this.#up = true
    // Phones register there.
    this.#places = placesIn(sipAddresses ?? '')
    log.info({ address: `${address.host}:${address.port}`, sipAddresses }, 'drachtio connected')
    this.#schedulePing(this.#socket)
    for (const call of this.#owed.splice(0)) void this.endCall(call)
    onChange(true)
  }

  #lost(socket: Socket): void {
    if (socket !== this.#socket) return
    this.#socket = null
    this.#parts.clock.clearTimeout(this.#pingTimer)
    if (!this.#up) return
    this.#up = false
    if (!this.#closed) this.#parts.log.warn('drachtio lost')
    for (const reject of this.#waiting) reject(this.#away())
    this.#parts.onChange(false)
  }

  #schedulePing(socket: Socket): void {
    this.#pingTimer = this.#parts.clock.setTimeout(() => this.#ping(socket), pingMs)
    this.#pingTimer.unref()
  }

  #ping(socket: Socket): void {
    const { clock, log } = this.#parts
    const { wp } = this.srf.app.client
    const messageId = wp.send(socket, 'ping')
    const pong = settling<void>()
    const onMessage = (_: Socket, message: string) => {
      if (message.split('|', 3)[2] === messageId) pong.resolve()
    }
    wp.on('msg', onMessage)
    within({ clock, limitMs: pongLimitMs, what: 'ping' }, pong.promise)
      .then(
        () => {
          if (socket === this.#socket) this.#schedulePing(socket)
        },
        () => {
          if (socket !== this.#socket) return
          log.warn('drachtio does not answer: connecting anew')
          socket.destroy()
        },
      )
      .finally(() => wp.off('msg', onMessage))
  }

  /**
   * fsmrf destroys dialogues and forgets the promise; when the server has forgotten the dialogue too, its rejection
   * would end the process. Whoever awaits it still sees it.
   */
  #calmDialogs(): void {
    const add = this.srf.addDialog.bind(this.srf)
    this.srf.addDialog = (dialog) => {
      const destroy = dialog.destroy.bind(dialog)
      dialog.destroy = () => {
        const destroyed = destroy()
        destroyed.catch(() => {})
        return destroyed
      }
      add(dialog)
    }
  }

  #answerRegisters(): void {
    this.srf.register((request, response) => {
      const { clock, log } = this.#parts
      const answer = (async () => this.#registerHandler(readRegister(request)))()
      within({ clock, limitMs: registerLimitMs, what: 'REGISTER' }, answer)
        .catch((error: unknown) => {
          logError(log, error, 'a REGISTER could not be answered')
          return notNow
        })
        .then((reply) => sendReply(response, reply))
        .catch((error: unknown) => logError(log, error, 'the answer to a REGISTER could not be sent'))
    })
  }

  /** What no dialogue of ours takes: the carrier's keep-alive, and requests for calls of a node that has died. */
  #answerStrangers(): void {
    this.srf.options((_, response) => response.send(200))
    this.srf.use((request, response) => {
      if (request.method === 'ACK') return
      if (request.method === 'BYE')
        this.#parts.log.info({ sipCallId: request.get('Call-ID') }, 'BYE for a call that nobody here holds')
      response.send(request.method === 'BYE' ? 200 : 481)
    })
  }

  /** Resolves when the server has sent it, or has no use for it; its answer is not awaited. */
  async #request(method: string, options: { stackDialogId?: string; stackTxnId?: string }): Promise<void> {
    if (!this.#up) throw this.#away()
    const sent = settling<void>()
    this.srf.request('sip:placeholder', { method, ...options }, () => sent.resolve())
    await within({ clock: this.#parts.clock, limitMs: requestLimitMs, what: method }, this.whileUp(sent.promise))
  }

  #away(): OperationalError {
    const { host, port } = this.#parts.address
    return new OperationalError('SIP_SERVER_AWAY', { address: `${host}:${port}` })
  }
}

/** Phones try again after a while (RFC 3261 §21.5.4). */
export const notNow: RegisterReply = { status: 503, headers: { 'Retry-After': '10' } }

function readRegister(request: Srf.SrfRequest): RegisterRequest {
  return {
    ...readCallIn(request),
    contact: request.get('Contact') ?? null,
    expires: request.get('Expires') ?? null,
  }
}

/** What tells who sent a request, whatever it asks for. */
export function readCallIn(request: Srf.SrfRequest): CallInRequest {
  return {
    uri: request.uri,
    to: request.get('To') ?? '',
    from: request.get('From') ?? '',
    sourceAddress: request.source_address,
    sourcePort: request.source_port,
    transport: /^\s*SIP\s*\/\s*2\.0\s*\/\s*([A-Za-z]+)/i.exec(request.get('Via') ?? '')?.[1]?.toLowerCase() ?? '',
    sipCallId: request.get('Call-ID') ?? '',
    authorization: request.get('Authorization') ?? null,
    userAgent: request.get('User-Agent') ?? null,
  }
}

/** srf knows each header's name once and joins values with commas, which a challenge must not be (RFC 3261 §7.3.1). */
export function sendReply(response: Srf.SrfResponse, { status, headers }: RegisterReply): void {
  const folded = Object.entries(headers).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : value.join(`\r\n${name}: `),
  ])
  response.send(status, { headers: Object.fromEntries(folded) })
}
