/**
 * Calls over both sides of a softswitch, as many as a bench wants: a telephone of ours calls an application of
 * drachtio-srf, or a channel of the media server that plays a tone; and commands of the event socket.
 */
import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer, type Server } from 'node:net'
import type { SipCall } from '#softswitch/sip/sip-call.ts'
import { SipEndpoint } from '#softswitch/sip/sip-endpoint.ts'
import { UserAgent } from '#softswitch/sip/user-agent.ts'
import type { SoftswitchState } from '#softswitch/softswitch-state.ts'
import { testSdp } from '../harness/drachtio.ts'
import { connectSrf, killSrf, newSrf, type Srf, type SrfDialog } from '../harness/srf.ts'
import { waitFor, waitForEvent } from '../harness/wait-for.ts'

/** A channel that has been answered. */
export interface MediaCall {
  readonly call: SipCall
  /** Where its sound goes. */
  readonly port: number
  readonly sdp: string
}

const tone = 'tone_stream://L=-1;%(200,100,400)'
const play = (what: string) => `call-command: execute\nexecute-app-name: playback\nexecute-app-arg: ${what}`

export class PlainCalls {
  readonly state: SoftswitchState
  /** Where what is played is heard. */
  readonly media: UdpSocket
  readonly #srf: Srf
  readonly #phone: UserAgent
  readonly #scripts: Server
  readonly #dialogs = new Set<SrfDialog>()

  /** @param plays what a channel of the media server plays */
  static async open(state: SoftswitchState, plays = tone): Promise<PlainCalls> {
    const media = createSocket('udp4')
    media.on('error', () => {})
    media.bind(0, '127.0.0.1')
    await once(media, 'listening')
    const phone = new UserAgent(await SipEndpoint.open({ address: '127.0.0.1' }))
    const scripts = createServer((socket) => {
      socket.on('error', () => {})
      socket.resume()
      socket.write(`connect\n\nsendmsg\n${play(plays)}\n\n`)
    })
    scripts.listen(0, '127.0.0.1')
    await once(scripts, 'listening')
    const srf = newSrf()
    const calls = new PlainCalls(state, { srf, phone, media, scripts })
    calls.#answer()
    await connectSrf(srf, state.drachtio)
    return calls
  }

  private constructor(
    state: SoftswitchState,
    parts: { srf: Srf; phone: UserAgent; media: UdpSocket; scripts: Server },
  ) {
    this.state = state
    this.#srf = parts.srf
    this.#phone = parts.phone
    this.media = parts.media
    this.#scripts = parts.scripts
  }

  /** An offer of a telephone that hears on `media`. */
  get offer(): string {
    return testSdp.replace('m=audio 40000', `m=audio ${this.media.address().port}`)
  }

  /** Begins a call to this port of the softswitch. */
  invite(sdp: string, port: number): SipCall {
    const at = this.#scripts.address()
    const scripts = at === null || typeof at === 'string' ? 0 : at.port
    return this.#phone.invite({
      to: `sip:100@127.0.0.1:${port}`,
      from: 'sip:phone@127.0.0.1',
      sdp,
      headers: { 'X-esl-outbound': `127.0.0.1:${scripts}` },
    })
  }

  /** Resolves when the application has answered. */
  async toApplication(): Promise<SipCall> {
    const call = this.invite(this.offer, this.state.drachtio.sipPort)
    await waitForEvent(call, 'answered', { what: 'an application’s answer' })
    return call
  }

  /** Resolves when the media server has answered. */
  async toMedia(sdp = this.offer): Promise<MediaCall> {
    const call = this.invite(sdp, this.state.freeswitch.sipPort)
    const [response] = await waitForEvent<[{ sdp?: string }]>(call, 'answered', { what: 'the media server’s answer' })
    const answer = response.sdp ?? ''
    return { call, port: Number(/^m=audio (\d+)/m.exec(answer)?.[1]), sdp: answer }
  }

  /** A connection of its own: signed in, one command, its answer. @throws unless `expected` stands in it */
  async api(command: string, expected: string): Promise<void> {
    const { host, port, secret } = this.state.freeswitch
    const socket = connect({ host, port })
    socket.on('error', () => {})
    let heard = ''
    socket.on('data', (bytes) => {
      heard += bytes.toString('latin1')
    })
    socket.write(`auth ${secret}\n\napi ${command}\n\n`)
    try {
      await waitFor(() => heard.includes(expected), { what: `the answer to api ${command}` })
    } finally {
      socket.destroy()
    }
  }

  /** The application ends what the telephone can no longer end, because somebody else has spoken in its dialog. */
  async endDialogs(): Promise<void> {
    await Promise.all([...this.#dialogs].map((dialog) => dialog.destroy().catch(() => {})))
    this.#dialogs.clear()
  }

  async close(): Promise<void> {
    await this.#phone.close(500)
    killSrf(this.#srf)
    this.#scripts.close()
    this.media.close()
  }

  /** Takes calls of its own telephone alone: what others send may name addresses that nobody should be sent to. */
  #answer(): void {
    const own = `<sip:${this.#phone.endpoint.hostPort}>`
    this.#srf.invite((request, response) => {
      if (request.get('Contact') !== own || request.has('Record-Route')) response.send(486)
      else {
        void this.#srf.createUAS(request, response, { localSdp: testSdp }).then(
          (dialog) => {
            this.#dialogs.add(dialog)
            dialog.on('destroy', () => this.#dialogs.delete(dialog))
          },
          () => {},
        )
      }
    })
    for (const verb of ['register', 'options', 'message'] as const) this.#srf[verb]((_, response) => response.send(200))
    // A subscription that is taken and never ended would be a dialog for ever.
    this.#srf.use((request, response) => response.send(request.method === 'SUBSCRIBE' ? 489 : 200))
  }
}
