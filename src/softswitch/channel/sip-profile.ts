/**
 * The SIP side of the media server: takes INVITEs, negotiates the stream, makes a channel of each and runs its
 * dialplan. Named like a sofia profile, because clients look it up by that name (`sofia status`).
 *
 * An INVITE without an offer (third-party call control) is answered at once with ours; its channel begins to execute
 * when the ACK has brought the answer.
 */

import type { Impairment } from '../chaos/impairment.ts'
import type { MediaLeg } from '../media/media-leg.ts'
import { newSdesKeys, type SdesKeys } from '../media/sdes.ts'
import {
  acceptAnswer,
  answerOffer,
  type LocalAudio,
  type NegotiatedAudio,
  parseSdp,
  wantsSrtp,
  writeOffer,
} from '../media/sdp.ts'
import type { OnRefused } from '../refusal-book.ts'
import type { Reinvite } from '../sip/reinvite.ts'
import type { RequestGateSettings } from '../sip/request-gate.ts'
import type { CallEnd, SipCall } from '../sip/sip-call.ts'
import { SipEndpoint } from '../sip/sip-endpoint.ts'
import type { SipRequest } from '../sip/sip-message.ts'
import type { SipTimerSettings } from '../sip/sip-timers.ts'
import { parseSipUri } from '../sip/sip-uri.ts'
import { UserAgent } from '../sip/user-agent.ts'
import { BrowserMedia } from '../webrtc/browser-media.ts'
import { type BrowserOffer, readBrowserOffer } from '../webrtc/webrtc-sdp.ts'
import { Channel } from './channel.ts'
import { CALL_EXTENSION } from './dialplan.ts'
import { causeNamed, causeNumber, causeQ850, causeSipStatus, type HangupCause } from './hangup-cause.ts'
import type { SipPeers } from './sip-peers.ts'
import { SWITCH_VERSION, type SwitchCore } from './switch-core.ts'

export interface SipProfileSettings {
  readonly core: SwitchCore
  readonly name: string
  readonly address: string
  /** 0 = any free port. */
  readonly port: number
  readonly peers: SipPeers
  readonly timers?: SipTimerSettings
  readonly gate?: RequestGateSettings
  readonly impairment?: Impairment
  readonly onRefused?: OnRefused
}

/** A phone that vanishes sends no BYE: its leg ends when its sound has been gone for so long, as in production. */
const BROWSER_TIMEOUT_MS = 5_000
const SEAT_TIMEOUT_MS = 10_000
/** A-law first, as sip-config/freeswitch/vars.xml has it. */
const LAWS = ['PCMA', 'PCMU'] as const

export class SipProfile {
  readonly name: string
  readonly #core: SwitchCore
  readonly #agent: UserAgent
  readonly #peers: SipPeers
  readonly #onRefused: OnRefused

  static async open(settings: SipProfileSettings): Promise<SipProfile> {
    const { core, address, port, timers = {}, gate, impairment, onRefused } = settings
    const endpoint = await SipEndpoint.open({
      address,
      port,
      timers,
      ...(gate === undefined ? {} : { gate }),
      ...(impairment === undefined ? {} : { impairment }),
      ...(onRefused === undefined ? {} : { onRefused }),
      onFault: (error) => core.settings.log('fault in a SIP profile', { error: String(error) }),
    })
    return new SipProfile(settings, endpoint)
  }

  private constructor({ core, name, peers, onRefused = () => {} }: SipProfileSettings, endpoint: SipEndpoint) {
    this.name = name
    this.#peers = peers
    this.#onRefused = onRefused
    this.#core = core
    this.#agent = new UserAgent(endpoint, {
      name: `FreeSWITCH-mod_sofia/${SWITCH_VERSION}`,
      contactUser: 'mod_sofia',
      onInvite: (call) => void this.#receive(call),
    })
  }

  get address(): string {
    return this.#agent.endpoint.host
  }

  get port(): number {
    return this.#agent.endpoint.local.port
  }

  /** Calls that have not ended. */
  get calls(): number {
    return this.#agent.calls.size
  }

  /** Closes the port. Channels are the core's and have ended before. */
  close(): Promise<void> {
    return this.#agent.close()
  }

  async #receive(call: SipCall): Promise<void> {
    // Before anything that it says is read: an INVITE names the address that the event socket then calls.
    if (call.source === undefined || !this.#peers.include(call.source.address)) {
      this.#onRefused('media_peer', call.source?.address ?? '')
      call.refuse({ status: 403 })
      return
    }
    if (call.invite.headers.get('X-esl-outbound') === undefined) {
      this.#onRefused('sip_unwanted', call.source.address)
      call.refuse({ status: causeSipStatus('NO_ROUTE_DESTINATION') })
      return
    }
    if (this.#core.full) {
      call.refuse({ status: 503, reason: 'Maximum Calls In Progress', headers: { 'Retry-After': '300' } })
      return
    }
    try {
      const leg = await this.#core.settings.media.openLeg()
      if (call.state === 'ended') await leg.close()
      else new ProfileCall(this.#core, this.name, call, leg).begin()
    } catch (error) {
      this.#core.settings.log('no media for a call', { error: String(error) })
      call.refuse({ status: 503 })
    }
  }
}

/** One call of the profile: ties a SIP dialog, a leg and a channel together. */
class ProfileCall {
  readonly #call: SipCall
  readonly #leg: MediaLeg
  readonly #channel: Channel
  readonly #sessionId = Math.floor(Date.now() / 1000)
  #version = Math.floor(Date.now() / 1000)
  #pendingAnswer: string | null = null
  /** Re-INVITEs of ours, one after the other. */
  #changing: Promise<void> = Promise.resolve()
  #browser: BrowserMedia | null = null
  /** Of SRTP, when the caller has asked for it: from then on nothing goes in the clear. */
  #keys: SdesKeys | undefined

  constructor(core: SwitchCore, profile: string, call: SipCall, leg: MediaLeg) {
    this.#call = call
    this.#leg = leg
    const { invite } = call
    const from = parseSipUri(invite.from?.uri ?? '')
    const to = parseSipUri(invite.uri)
    const number = from?.user ?? ''
    this.#channel = new Channel(core, {
      leg,
      name: `sofia/${profile}/${number === '' ? '' : `${number}@`}${from?.host ?? ''}`,
      caller: {
        name: invite.from?.displayName ?? number,
        number,
        destination: to?.user ?? '',
        networkAddress: invite.topVia?.host ?? '',
      },
      signalling: {
        answer: () => this.#answer(),
        end: (cause) => this.#end(cause),
        hold: (held) => this.#hold(held),
      },
    })
    this.#noteInvite(invite, profile)
    call.on('ended', (end) => {
      if (this.#channel.up) this.#channel.variables.set('sip_hangup_disposition', dispositionOf(end))
      void this.#channel.hangUp(causeOf(end), 'peer')
    })
    call.on('reinvite', (reinvite) => this.#renegotiate(reinvite))
  }

  begin(): void {
    const { offer } = this.#call
    this.#channel.create()
    if (this.#wantsSrtp()) {
      this.#keys = newSdesKeys()
      this.#channel.variables.set('rtp_secure_media', 'mandatory')
      this.#channel.variables.set('send_silence_when_idle', -1)
    }
    if (offer === undefined) this.#offer()
    else this.#takeOffer(offer)
  }

  /** As production's dialplan has it; without an offer drachtio-fsmrf's own header (`srtp: true`) asks for it. */
  #wantsSrtp(): boolean {
    const { offer, invite } = this.#call
    return offer === undefined ? invite.headers.get('X-Secure-RTP') === 'true' : wantsSrtp(offer)
  }

  #takeOffer(offer: string): void {
    const answer = answerOffer(offer, this.#local())
    const browser = answer === null ? readBrowserOffer(offer, { laws: LAWS }) : null
    if (answer !== null) this.#proceed(answer.sdp, answer.audio, offer)
    else if (browser !== null) void this.#takeBrowser(browser, offer)
    else void this.#channel.hangUp('INCOMPATIBLE_DESTINATION')
  }

  #proceed(answer: string, audio: NegotiatedAudio, offer: string): void {
    this.#pendingAnswer = answer
    this.#channel.stream.negotiate(audio, { local: answer, remote: offer })
    void this.#channel.route.begin(CALL_EXTENSION)
  }

  /** The gateway ends ICE, DTLS and SRTP; the leg hears and speaks plain RTP with it. */
  async #takeBrowser(offer: BrowserOffer, text: string): Promise<void> {
    const { settings } = this.#channel.core
    const { variables } = this.#channel
    try {
      const browser = await BrowserMedia.open(settings.gateway, offer, this.#leg)
      void this.#channel.ended.then(() => browser.close())
      if (!this.#channel.up) return
      this.#browser = browser
      this.#channel.stream.connected = browser.connected
      variables.set('media_timeout', BROWSER_TIMEOUT_MS)
      // The real server does so with every encrypted stream: many telephones cannot bear gaps in one.
      variables.set('send_silence_when_idle', -1)
      this.#proceed(browser.answer(this.#local()), browser.audio, text)
    } catch (error) {
      settings.log('no way to a browser', { error: String(error) })
      void this.#channel.hangUp('INCOMPATIBLE_DESTINATION')
    }
  }

  #answer(): boolean {
    return this.#pendingAnswer !== null && this.#call.answer({ sdp: this.#pendingAnswer })
  }

  /** Third-party call control: our offer in the 200, their answer in the ACK. */
  #offer(): void {
    const local = this.#local()
    const sdp = writeOffer(local)
    this.#channel.state.enter('CS_HIBERNATE')
    this.#channel.variables.set('rtp_local_sdp_str', sdp)
    this.#call.once('acknowledged', (ack) => {
      const audio = ack.sdp === undefined ? null : acceptAnswer(ack.sdp, local)
      if (audio === null) {
        void this.#channel.hangUp('INCOMPATIBLE_DESTINATION')
        return
      }
      this.#channel.stream.negotiate(audio, { local: sdp, remote: ack.sdp ?? '' })
      this.#channel.markAnswered()
      void this.#channel.route.begin(CALL_EXTENSION)
    })
    if (!this.#call.answer({ sdp })) void this.#channel.hangUp('ORIGINATOR_CANCEL')
  }

  #renegotiate(reinvite: Reinvite): void {
    const { offer } = reinvite
    this.#version += 1
    const local = this.#local()
    if (this.#browser !== null) {
      this.#renewBrowser(this.#browser, reinvite)
      return
    }
    if (offer === undefined) {
      const sdp = writeOffer(local)
      reinvite.onAck = (ack) => {
        const audio = ack.sdp === undefined ? null : acceptAnswer(ack.sdp, local)
        if (audio !== null) this.#setAudio(audio, sdp, ack.sdp ?? '')
      }
      reinvite.answer({ sdp })
      return
    }
    const answer = answerOffer(offer, local)
    if (answer === null) reinvite.refuse({ status: 488 })
    else if (reinvite.answer({ sdp: answer.sdp })) this.#setAudio(answer.audio, answer.sdp, offer)
  }

  #renewBrowser(browser: BrowserMedia, reinvite: Reinvite): void {
    const text = reinvite.offer ?? ''
    const offer = readBrowserOffer(text, { laws: LAWS })
    if (offer === null || !browser.renew(offer)) {
      reinvite.refuse({ status: 488 })
      return
    }
    const answer = browser.answer(this.#local())
    if (reinvite.answer({ sdp: answer })) this.#setAudio(browser.audio, answer, text)
  }

  /** An encrypted stream is not held: its keys would have to be offered anew. */
  #hold(held: boolean): boolean {
    if (this.#browser !== null || this.#channel.stream.audio?.srtp !== undefined) return false
    this.#changing = this.#changing.then(() => this.#describe(held)).catch(() => {})
    return true
  }

  /** Who is on hold is sent nothing and not heard, whatever its answer says: so does the real server. */
  async #describe(held: boolean): Promise<void> {
    this.#version += 1
    const local: LocalAudio = { ...this.#local(), direction: held ? 'sendonly' : 'sendrecv' }
    const sdp = writeOffer(local)
    const { status, sdp: answer } = await this.#call.reinvite({ sdp })
    const audio = status === 200 && answer !== undefined ? acceptAnswer(answer, local) : null
    if (audio === null || answer === undefined) return
    const agreed = held ? { ...audio, maySend: false, mayReceive: false } : audio
    this.#channel.stream.negotiate(agreed, { local: sdp, remote: answer })
  }

  #setAudio(audio: NegotiatedAudio, local: string, remote: string): void {
    this.#channel.stream.negotiate(audio, { local, remote })
    const direction = parseSdp(remote)?.media.find(({ port }) => port !== 0)?.direction
    this.#channel.state.setHeld(!audio.maySend && direction !== 'recvonly')
  }

  #local(): LocalAudio {
    return {
      address: this.#leg.address,
      port: this.#leg.port,
      laws: LAWS,
      owner: 'FreeSWITCH',
      sessionId: this.#sessionId,
      version: this.#version,
      keys: this.#keys,
    }
  }

  #end(cause: HangupCause): void {
    const q850 = causeNumber(cause) <= 127 ? causeNumber(cause) : causeQ850(cause)
    const headers = { Reason: `Q.850;cause=${q850};text="${cause}"` }
    const { variables } = this.#channel
    if (this.#call.state !== 'ended') {
      variables.set('sip_hangup_disposition', this.#call.state === 'confirmed' ? 'send_bye' : 'send_refuse')
    }
    void this.#call.hangUp({ status: causeSipStatus(cause), headers })
  }

  #noteInvite(invite: SipRequest, profile: string): void {
    const { variables } = this.#channel
    const from = parseSipUri(invite.from?.uri ?? '')
    const to = parseSipUri(invite.to?.uri ?? '')
    const request = parseSipUri(invite.uri)
    variables.set('direction', 'inbound')
    variables.set('uuid', this.#channel.uuid)
    variables.set('call_uuid', this.#channel.uuid)
    variables.set('channel_name', this.#channel.name)
    variables.set('sofia_profile_name', profile)
    variables.set('rtp_use_codec_string', LAWS.join())
    variables.set('sip_local_network_addr', this.#leg.address)
    variables.set('sip_network_ip', this.#channel.caller.networkAddress)
    variables.set('sip_call_id', invite.callId)
    variables.set('sip_from_user', from?.user)
    variables.set('sip_from_host', from?.host)
    variables.set('sip_from_uri', invite.from?.uri.replace(/^sips?:/, ''))
    variables.set('sip_from_tag', invite.fromTag)
    variables.set('sip_to_user', to?.user)
    variables.set('sip_to_host', to?.host)
    variables.set('sip_req_user', request?.user)
    variables.set('sip_req_host', request?.host)
    variables.set('sip_contact_uri', invite.contact?.uri.replace(/^sips?:/, ''))
    variables.set('sip_user_agent', invite.headers.get('User-Agent'))
    variables.set('sip_via_host', invite.topVia?.host)
    variables.set('sip_via_port', invite.topVia?.port)
    variables.set('local_media_ip', this.#leg.address)
    variables.set('local_media_port', this.#leg.port)
    if (invite.headers.has('X-Suifang-Seat')) variables.set('media_timeout', SEAT_TIMEOUT_MS)
    for (const [name, value] of invite.headers) if (/^x-/i.test(name)) variables.set(`sip_h_${name}`, value)
  }
}

function dispositionOf(end: CallEnd): string | null {
  if (end.by === 'cancelled') return 'recv_cancel'
  return end.by === 'remote' ? 'recv_bye' : null
}

/** Why the far end's part of the dialog ended, as a cause; a Q.850 cause in its Reason header (RFC 3326) wins. */
function causeOf(end: CallEnd): HangupCause {
  const reason = end.message?.headers.list('Reason').find((value) => /^q\.850/i.test(value))
  const q850 = /;\s*cause=(\d+)/i.exec(reason ?? '')?.[1]
  if (q850 !== undefined && q850 !== '0') return causeNamed(q850)
  switch (end.by) {
    case 'cancelled':
      return 'ORIGINATOR_CANCEL'
    case 'lost':
      return 'NORMAL_TEMPORARY_FAILURE'
    case 'timeout':
    case 'ack_timeout':
      return 'RECOVERY_ON_TIMER_EXPIRE'
    default:
      return 'NORMAL_CLEARING'
  }
}
