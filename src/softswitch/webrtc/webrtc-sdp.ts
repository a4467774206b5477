/**
 * A browser's session description (RFC 8829) as far as one audio stream over ICE (RFC 8839) and DTLS-SRTP (RFC 5763)
 * needs it, and the answer that FreeSWITCH gives: no mid and no BUNDLE, one port for RTP and RTCP, one codec.
 */
import {
  answerDirection,
  attributeOf,
  audioLines,
  headLines,
  type LocalAudio,
  type MediaDirection,
  type NegotiatedAudio,
  negotiate,
  parseSdp,
  type SdpMedia,
  type SdpSession,
} from '../media/sdp.ts'
import type { PeerAnswer, PeerOffer } from './gateway-messages.ts'

const BROWSER_PROTOCOL = 'UDP/TLS/RTP/SAVPF'

export interface BrowserOffer {
  readonly session: SdpSession
  /** Which m= line is taken. */
  readonly index: number
  readonly audio: NegotiatedAudio
  readonly direction: MediaDirection
  readonly peer: Omit<PeerOffer, 'ssrc'>
}

/** @returns null when the offer has no line that a browser would send, or none with a law of ours */
export function readBrowserOffer(sdp: string, local: Pick<LocalAudio, 'laws' | 'direction'>): BrowserOffer | null {
  const session = parseSdp(sdp)
  if (session === null) return null
  for (const [index, media] of session.media.entries()) {
    const taken = readLine(media, local)
    if (taken !== null) return { session, index, ...taken }
  }
  return null
}

/** @param local its port is the answer's own */
export function writeBrowserAnswer(
  offer: BrowserOffer,
  local: Omit<LocalAudio, 'address' | 'port'>,
  answer: PeerAnswer & { readonly ssrc: number },
): string {
  const own: LocalAudio = { ...local, address: answer.address, port: answer.port }
  const family = answer.address.includes(':') ? 'IP6' : 'IP4'
  const stream = `suifang${answer.ssrc}`
  const lines = [...headLines(own), `a=msid-semantic: WMS ${stream}`]
  for (const [index, media] of offer.session.media.entries()) {
    if (index !== offer.index) {
      lines.push(`m=${media.kind} 0 ${media.protocol} ${media.formats}`)
      continue
    }
    lines.push(
      ...audioLines(
        own,
        { laws: [offer.audio], telephoneEventType: offer.audio.telephoneEventType, direction: offer.direction },
        BROWSER_PROTOCOL,
      ),
      `a=fingerprint:${answer.fingerprint}`,
      `a=setup:${answer.setup}`,
      'a=rtcp-mux',
      `a=rtcp:${answer.port} IN ${family} ${answer.address}`,
      `a=ssrc:${answer.ssrc} cname:${stream}`,
      `a=ssrc:${answer.ssrc} msid:${stream} a0`,
      `a=ice-ufrag:${answer.iceUfrag}`,
      `a=ice-pwd:${answer.icePwd}`,
      ...answer.candidates.map((candidate) => `a=candidate:${candidate}`),
      'a=end-of-candidates',
    )
  }
  lines.push('')
  return lines.join('\r\n')
}

function readLine(
  media: SdpMedia,
  local: Pick<LocalAudio, 'laws' | 'direction'>,
): Pick<BrowserOffer, 'audio' | 'direction' | 'peer'> | null {
  const { attributes } = media
  if (media.protocol !== BROWSER_PROTOCOL || !attributes.includes('rtcp-mux')) return null
  // Where a browser can be reached is found by its own checks: what its c= line says, often 0.0.0.0, means nothing.
  const audio = negotiate({ ...media, address: '127.0.0.1' }, local)
  const iceUfrag = matched(attributes, 'ice-ufrag:', /^[A-Za-z0-9+/]{4,256}$/)
  const icePwd = matched(attributes, 'ice-pwd:', /^[A-Za-z0-9+/]{22,256}$/)
  const fingerprint = matched(attributes, 'fingerprint:', /^sha-(256|384|512) [0-9A-F]{2}(:[0-9A-F]{2}){31,63}$/i)
  const setup = setupOf(attributeOf(attributes, 'setup:'))
  const mid = attributeOf(attributes, 'mid:') === null ? '0' : matched(attributes, 'mid:', /^[\w.+-]{1,32}$/)
  if (audio === null || iceUfrag === null || icePwd === null || fingerprint === null) return null
  if (setup === null || mid === null) return null
  const { law, payloadType, telephoneEventType } = audio
  return {
    audio,
    direction: answerDirection(media.direction, local.direction ?? 'sendrecv'),
    peer: { mid, iceUfrag, icePwd, fingerprint, setup, law, payloadType, telephoneEventType },
  }
}

function matched(attributes: readonly string[], prefix: string, pattern: RegExp): string | null {
  const value = attributeOf(attributes, prefix)?.trim() ?? ''
  return pattern.test(value) ? value : null
}

function setupOf(value: string | null): PeerOffer['setup'] | null {
  const word = value?.trim()
  return word === 'actpass' || word === 'active' || word === 'passive' ? word : null
}
