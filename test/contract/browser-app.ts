/**
 * An application for browsers' legs that uses the client libraries as they are: it signs in to a pair, answers every
 * INVITE by `connectCaller`, and hands the endpoint out.
 */
import { createRequire } from 'node:module'
import modesl from 'modesl'
import type { SipCall } from '#softswitch/sip/sip-call.ts'
import { SipEndpoint } from '#softswitch/sip/sip-endpoint.ts'
import { UserAgent } from '#softswitch/sip/user-agent.ts'
import type { BrowserPeer, BrowserPeers } from '../harness/browser-peers.ts'
import { RtpPhone } from '../harness/rtp-phone.ts'
import {
  connectSrf,
  killSrf,
  newSrf,
  type Srf,
  type SrfDialog,
  type SrfRequest,
  type SrfResponse,
} from '../harness/srf.ts'
import { waitFor } from '../harness/wait-for.ts'
import type { Pair } from './pair.ts'

interface EslEvent {
  getHeader(name: string): string | null
  getBody(): string
}

export interface Endpoint {
  readonly uuid: string
  on(event: 'dtmf', listener: (key: { dtmf: string; duration: string }) => void): this
  execute(application: string, argument: string): Promise<EslEvent>
}

interface MediaServer {
  connectCaller(request: SrfRequest, response: SrfResponse): Promise<{ endpoint: Endpoint; dialog: SrfDialog }>
  disconnect(): void
}

interface ConnectOptions {
  address: string
  port: number
  secret: string
  listenAddress: string
  profile: string
}

const Mrf: new (srf: Srf) => { connect(options: ConnectOptions): Promise<MediaServer> } = createRequire(
  import.meta.url,
)('drachtio-fsmrf')

/** What the application has of a caller. */
export interface AnsweredLeg {
  readonly endpoint: Endpoint
  readonly dialog: SrfDialog
  /** Why the channel ended, with `performance.now()` then. */
  readonly ended: Promise<{ readonly cause: string | null; readonly at: number }>
  /** Keys that the channel told of. */
  readonly keys: readonly { readonly digit: string; readonly samples: number }[]
  end(): Promise<void>
}

/** A caller's leg with what the caller has of it. */
export interface BrowserLeg extends AnsweredLeg {
  readonly call: SipCall
  /** The answer's session description. */
  readonly answer: string
}

export class BrowserApp {
  readonly #srf: Srf
  readonly #mediaServer: MediaServer
  readonly #control: modesl.Connection
  readonly #agent: UserAgent
  readonly #server: string
  #connected: (leg: { endpoint: Endpoint; dialog: SrfDialog } | Error) => void = () => {}

  static async open({ drachtio, freeswitch }: Pair): Promise<BrowserApp> {
    const srf = newSrf()
    const { hostPort } = await connectSrf(srf, { port: drachtio.port, secret: drachtio.secret })
    const port = Number(/udp\/127\.0\.0\.1:(\d+)/.exec(hostPort)?.[1])
    const { host: address, port: eventPort, secret } = freeswitch
    const mediaServer = await new Mrf(srf).connect({
      address,
      port: eventPort,
      secret,
      listenAddress: '127.0.0.1',
      profile: 'drachtio_mrf',
    })
    const control = await new Promise<modesl.Connection>((resolve) => {
      const connection = new modesl.Connection(address, eventPort, secret, () => resolve(connection))
      connection.reqEvents = ['CHANNEL_HANGUP_COMPLETE']
    })
    const agent = new UserAgent(await SipEndpoint.open({ address: '127.0.0.1' }))
    return new BrowserApp({ srf, mediaServer, control, agent, server: `127.0.0.1:${port}` })
  }

  private constructor(parts: {
    srf: Srf
    mediaServer: MediaServer
    control: modesl.Connection
    agent: UserAgent
    server: string
  }) {
    this.#srf = parts.srf
    this.#mediaServer = parts.mediaServer
    this.#control = parts.control
    this.#agent = parts.agent
    this.#server = parts.server
    parts.srf.invite((request, response) => {
      void this.#mediaServer
        .connectCaller(request, response)
        .then(this.#connected, (error: Error & { status?: number }) => {
          response.send(error.status ?? 500)
          this.#connected(error)
        })
    })
  }

  /** The next call that comes in, answered. @throws when it could not be */
  async incoming(): Promise<AnsweredLeg> {
    const leg = await new Promise<{ endpoint: Endpoint; dialog: SrfDialog } | Error>((resolve) => {
      this.#connected = resolve
    })
    if (leg instanceof Error) throw leg
    const { endpoint, dialog } = leg
    const keys: { digit: string; samples: number }[] = []
    endpoint.on('dtmf', ({ dtmf, duration }) => keys.push({ digit: dtmf, samples: Number(duration) }))
    // The channel's own connection may be closed before it says why.
    const ended = new Promise<{ cause: string | null; at: number }>((resolve) => {
      this.#control.on(`esl::event::CHANNEL_HANGUP_COMPLETE::${endpoint.uuid}`, (event) => {
        resolve({ cause: event.getHeader('Hangup-Cause'), at: performance.now() })
      })
    })
    const end = async (): Promise<void> => {
      await this.api(`uuid_kill ${endpoint.uuid}`)
      await ended
      await dialog.destroy()
    }
    return { endpoint, dialog, keys, ended, end }
  }

  /**
   * Calls with this offer.
   * @param onAnswer what the caller does with the answer: a browser's leg runs nothing before its connection is made
   * @throws CallRefused, and what the client library says when there is no leg in time
   */
  async call(offer: string, onAnswer: (answer: string) => Promise<void> = async () => {}): Promise<BrowserLeg> {
    const incoming = this.incoming()
    const call = this.#agent.invite({ to: `sip:seat@${this.#server}`, from: 'sip:90001@127.0.0.1', sdp: offer })
    const answered = new Promise<string>((resolve, reject) => {
      call.on('answered', (response) => resolve(response.sdp ?? ''))
      call.on('ended', (end) => reject(new CallRefused(end.status ?? 0)))
    })
    // A refusal is known to both sides; the caller's has the status.
    incoming.catch(() => {})
    const answer = await answered
    const [leg, reached] = await Promise.allSettled([incoming, onAnswer(answer)])
    if (leg.status === 'rejected') throw leg.reason
    if (reached.status === 'rejected') {
      await leg.value.end()
      throw reached.reason
    }
    return { ...leg.value, call, answer }
  }

  /** A browser's leg whose sound flows both ways. A peer that cannot make its connection is replaced, three times. */
  async browser(peers: BrowserPeers, hum = 0): Promise<BrowserLeg & { readonly peer: BrowserPeer }> {
    for (let tried = 1; ; tried++) {
      const peer = await peers.open()
      try {
        const leg = await this.call(peer.offer, (answer) => peer.answer(answer))
        peer.phone.talk(peer.speakTo, hum)
        return { ...leg, peer }
      } catch (error) {
        peer.close()
        if (error instanceof CallRefused || tried === 3) throw error
      }
    }
  }

  /** A telephone's leg, with plain RTP. */
  async telephone(hum = 0): Promise<BrowserLeg & { readonly phone: RtpPhone }> {
    const phone = await RtpPhone.open('PCMU')
    const leg = await this.call(phone.sdp)
    const address = /^c=IN IP4 (\S+)/m.exec(leg.answer)?.[1] ?? ''
    phone.talk({ address, port: Number(/^m=audio (\d+) /m.exec(leg.answer)?.[1]) }, hum)
    const end = async (): Promise<void> => {
      await leg.end()
      phone.close()
    }
    return { ...leg, phone, end }
  }

  /** Fails unless every channel is gone within a moment. What is left is ended: the next test is not to be blamed. */
  async noChannel(): Promise<void> {
    try {
      await waitFor(async () => (await this.api('show channels')).trim() === '0 total.', {
        timeoutMs: 5_000,
        what: 'the last channel to go',
      })
    } catch (error) {
      const list = await this.api('show channels')
      for (const [uuid] of list.matchAll(/^[0-9a-f]{8}-[0-9a-f-]{27}/gm)) await this.api(`uuid_kill ${uuid}`)
      throw error
    }
  }

  async api(command: string): Promise<string> {
    return await new Promise((resolve) => this.#control.api(command, (answer) => resolve(answer.getBody())))
  }

  async close(): Promise<void> {
    this.#control.disconnect()
    this.#mediaServer.disconnect()
    killSrf(this.#srf)
    await this.#agent.close(500)
  }
}

export class CallRefused extends Error {
  readonly status: number

  constructor(status: number) {
    super(`the call was refused with ${status}`)
    this.status = status
  }
}
