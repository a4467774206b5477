/** The sound of a channel: what was negotiated, the variables that tell of it, who is muted, what an idle line sounds like. */
import type { MediaLeg, Play } from '../media/media-leg.ts'
import type { NegotiatedAudio } from '../media/sdp.ts'
import type { ChannelVariables } from './channel-variables.ts'
import { setStreamVariables } from './stream-variables.ts'

/** Factors of the real server's volume steps −4 … 4. */
const LEVELS = [0.2, 0.4, 0.6, 0.8, 1, 1.3, 2.3, 3.3, 4.3]

export class ChannelStream {
  readonly leg: MediaLeg
  readonly #variables: ChannelVariables
  #audio: NegotiatedAudio | null = null
  #muted = { heard: false, spoken: false }
  #level = { heard: 1, spoken: 1 }
  #idleSilence = false
  /** The file that is played to it now. */
  playing: Play | null = null
  /** Files that stand in the place of its sound, by the path that was named. */
  readonly displaced = new Map<string, () => void>()
  /** Settles when sound can flow; null when that needs no more than addresses. */
  connected: Promise<void> | null = null

  constructor(leg: MediaLeg, variables: ChannelVariables) {
    this.leg = leg
    this.#variables = variables
  }

  /** The negotiated stream; null before. */
  get audio(): NegotiatedAudio | null {
    return this.#audio
  }

  /** Sets the stream that was negotiated, and the variables that tell of it. */
  negotiate(audio: NegotiatedAudio, descriptions: { local: string; remote: string }): void {
    const { leg } = this
    const variables = this.#variables
    this.#audio = audio
    const timeout = variables.get('media_timeout_audio') ?? variables.get('media_timeout')
    leg.negotiate(audio, { timeoutMs: Math.max(0, Number.parseInt(timeout ?? '', 10) || 0) })
    variables.set('switch_r_sdp', descriptions.remote)
    variables.set('rtp_local_sdp_str', descriptions.local)
    variables.set('local_media_ip', leg.address)
    variables.set('local_media_port', leg.port)
    variables.set('advertised_media_ip', leg.address)
    variables.set('remote_media_ip', audio.remoteAddress)
    variables.set('remote_media_port', audio.remotePort)
    if (audio.srtp !== undefined) variables.set('rtp_has_crypto', audio.srtp.ours.suite)
    variables.set('rtp_use_codec_name', audio.law)
    variables.set('rtp_use_codec_rate', 8000)
    variables.set('rtp_use_codec_ptime', 20)
    variables.set('rtp_use_pt', audio.payloadType)
    variables.set('read_codec', audio.law)
    variables.set('write_codec', audio.law)
    variables.set('read_rate', 8000)
    variables.set('write_rate', 8000)
    variables.set('rtp_has_crypto', audio.srtp?.ours.suite)
    variables.set('dtmf_type', audio.telephoneEventType === null ? 'none' : 'rfc2833')
    variables.set('rtp_2833_send_payload', audio.telephoneEventType)
    variables.set('rtp_2833_recv_payload', audio.telephoneEventType)
  }

  /** `read`: what the far end says is not heard; `write`: the far end hears nothing. */
  mute(side: 'read' | 'write', muted: boolean): void {
    this.#muted = side === 'read' ? { ...this.#muted, heard: muted } : { ...this.#muted, spoken: muted }
    this.leg.mute(this.#muted)
  }

  /** @param step −4 (much quieter) to 4 (much louder), 0 as it is; others change nothing, as on the real server */
  level(side: 'read' | 'write', step: number): void {
    const factor = step === 0 ? 1 : LEVELS[step + 4]
    if (factor === undefined) return
    this.#level = side === 'read' ? { ...this.#level, heard: factor } : { ...this.#level, spoken: factor }
    this.leg.level(this.#level)
  }

  /** `send_silence_when_idle`: a line that is up and unused sounds silent, not dead. */
  applyIdleSilence(): void {
    const wanted = (Number.parseInt(this.#variables.get('send_silence_when_idle') ?? '', 10) || 0) !== 0
    if (wanted === this.#idleSilence) return
    this.#idleSilence = wanted
    this.leg.sendIdleSilence(wanted)
  }

  /** Writes the counters of the stream into `rtp_audio_*` variables. */
  async noteStats(): Promise<void> {
    const figures = await this.leg.figures().catch(() => null)
    if (figures !== null) setStreamVariables(this.#variables, figures)
  }
}
