import { UA } from 'jssip'
import type { SipAccount, SipPhone, SipPhoneListener } from './sip-phone.ts'
import { SipSocket } from './sip-socket.ts'

type Session = ReturnType<UA['call']>

/** A call in that has had no answer for as long is given up and made anew. */
const answerMs = 15_000
/** A registration is short, so that a page that died is soon known for it; the registrar refuses less than 30. */
const registerSeconds = 60

/** Of the same house, by WS or WSS as the page came. */
export function socketUrl(path: string, page: Pick<Location, 'protocol' | 'host'>): string {
  return `${page.protocol === 'https:' ? 'wss' : 'ws'}://${page.host}${path}`
}

/**
 * The SIP telephone of the page, by JsSIP: registers and calls in. Loaded when it is needed, since it is the largest
 * part of the console that not everybody uses.
 * Source: what makes a browser's leg work with FreeSWITCH (bundling not "max", which it does not answer; no ICE
 * servers, as server and agents share a network), requirements A02.
 */
export class JssipPhone implements SipPhone {
  readonly #account: SipAccount
  readonly #listener: SipPhoneListener
  readonly #socket: SipSocket
  readonly #ua: UA
  #session: Session | undefined
  #limit: number | undefined
  #open = false
  #closed = false

  constructor(account: SipAccount, listener: SipPhoneListener) {
    this.#account = account
    this.#listener = listener
    this.#socket = new SipSocket(socketUrl(account.path, window.location))
    this.#ua = new UA({
      sockets: [this.#socket],
      uri: account.uri,
      authorization_user: account.username,
      password: account.password,
      register: true,
      register_expires: registerSeconds,
      session_timers: false,
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 4,
    })
  }

  start(): void {
    const ua = this.#ua
    ua.on('registered', () => this.#say(() => this.#listener.onRegistered()))
    ua.on('disconnected', () => this.#say(() => this.#listener.onSocketLost()))
    ua.on('registrationFailed', ({ response }) => {
      // Without an answer the socket is dead; JsSIP does not ask again by itself.
      if (response === null || response === undefined) return this.#say(() => this.reconnect())
      this.#say(() => this.#listener.onRefused(response.status_code))
    })
    // Nobody calls a seat's telephone; who does is not let wait.
    ua.on('newRTCSession', ({ session }: { readonly session: Session }) => {
      if (String(session.direction) === 'incoming') session.terminate({ status_code: 486 })
    })
    ua.start()
  }

  get isHeard(): boolean {
    const session = this.#session
    return session?.isEstablished() === true && session.connection.connectionState === 'connected'
  }

  call(microphone: MediaStreamTrack): void {
    this.hangUp()
    microphone.enabled = this.#open
    const session = this.#ua.call(this.#account.target, {
      mediaStream: new MediaStream([microphone]),
      pcConfig: { iceServers: [], bundlePolicy: 'balanced' },
      rtcOfferConstraints: { offerToReceiveAudio: true },
    })
    this.#session = session
    // JsSIP opens every track of a confirmed session that is not muted in its own book.
    if (!this.#open) session.mute({ audio: true })
    session.on('connecting', () => preferTelephoneCodecs(session.connection))
    const over = (status: number | null) => {
      if (this.#session !== session) return
      this.#forget()
      this.#say(() => this.#listener.onDown(status))
    }
    session.on('failed', ({ message }) => over(statusOf(message)))
    session.on('ended', () => over(null))
    session.on('confirmed', () => {
      window.clearTimeout(this.#limit)
      const { connection } = session
      const voice = new MediaStream(connection.getReceivers().map(({ track }) => track))
      connection.addEventListener('connectionstatechange', () => {
        const state = connection.connectionState
        if (this.#session === session && (state === 'disconnected' || state === 'failed'))
          this.#say(() => this.#listener.onSilence())
      })
      this.#say(() => this.#listener.onUp(voice))
    })
    this.#limit = window.setTimeout(() => {
      if (this.#session !== session) return
      this.hangUp()
      this.#say(() => this.#listener.onDown(null))
    }, answerMs)
  }

  replace(microphone: MediaStreamTrack): void {
    microphone.enabled = this.#open
    const [sender] = this.#session?.connection?.getSenders() ?? []
    sender?.replaceTrack(microphone).catch(() => this.#listener.onSilence())
  }

  open(microphone: boolean): void {
    this.#open = microphone
    const session = this.#session
    if (session === undefined) return
    if (microphone) session.unmute({ audio: true })
    else session.mute({ audio: true })
    for (const { track } of session.connection?.getSenders() ?? []) if (track !== null) track.enabled = microphone
  }

  hangUp(): void {
    const session = this.#session
    this.#forget()
    if (session === undefined || session.isEnded()) return
    try {
      session.terminate()
    } catch {
      // It has ended by itself just now.
    }
  }

  reconnect(): void {
    this.#socket.drop()
  }

  close(): void {
    this.#closed = true
    this.hangUp()
    // First the socket: JsSIP would take its registration back, which may be another page's by now, with a password
    // that is not good any more.
    this.#socket.disconnect()
    this.#ua.stop()
  }

  #forget(): void {
    window.clearTimeout(this.#limit)
    this.#session = undefined
  }

  #say(tell: () => void): void {
    if (!this.#closed) tell()
  }
}

/** Telephone codecs alone: what the other side of the house speaks, without a conversion between. */
function preferTelephoneCodecs(connection: RTCPeerConnection): void {
  const known = RTCRtpReceiver.getCapabilities('audio')?.codecs ?? []
  const wanted = ['audio/PCMU', 'audio/PCMA', 'audio/telephone-event'].flatMap((type) =>
    known.filter(({ mimeType, clockRate }) => mimeType === type && clockRate === 8_000),
  )
  if (wanted.length === 0) return
  for (const transceiver of connection.getTransceivers()) transceiver.setCodecPreferences(wanted)
}

function statusOf(message: unknown): number | null {
  if (typeof message !== 'object' || message === null) return null
  const status: unknown = Reflect.get(message, 'status_code')
  return typeof status === 'number' ? status : null
}
