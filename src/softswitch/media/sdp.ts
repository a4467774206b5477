/**
 * Session descriptions (RFC 8866) as far as one audio stream of G.711 with telephone-events needs them, plain or with
 * the keys of SRTP in them (RFC 4568), and the offer/answer model on top (RFC 3264).
 *
 * Everything else an offer may hold (video, a second audio line, other codecs) is refused in the answer with port 0,
 * never silently taken; plain RTP is no answer to SRTP, nor the other way round. A browser's line is answered in
 * webrtc-sdp.ts.
 */
import { isIP } from 'node:net'
import { G711_PAYLOAD_TYPE, type G711Law } from './g711.ts'
import { type SdesKeys, type SdesLine, takenCrypto, writeCrypto } from './sdes.ts'
import type { SrtpKeys } from './srtp.ts'

export type MediaDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive'

export interface SdpPayload {
  readonly payloadType: number
  /** Upper case: `PCMU`, `TELEPHONE-EVENT`. Empty when a dynamic type has no rtpmap. */
  readonly encoding: string
  /** Hz. */
  readonly clockRate: number
  readonly format: string | null
}

export interface SdpMedia {
  /** `audio`, `video`, … */
  readonly kind: string
  /** 0 = refused or not in use. */
  readonly port: number
  /** `RTP/AVP`, `UDP/TLS/RTP/SAVPF`, … */
  readonly protocol: string
  /** The format list of the m= line as it was written, for refusing it in an answer. */
  readonly formats: string
  readonly payloads: readonly SdpPayload[]
  /** Address of its own c= line, or of the session's. Null when there is none or it is no IP address. */
  readonly address: string | null
  readonly direction: MediaDirection
  /** Milliseconds a packet; null when unsaid. */
  readonly packetTimeMs: number | null
  /** Its own a= lines and then the session's, without `a=`. */
  readonly attributes: readonly string[]
}

export interface SdpSession {
  /** The o= value. */
  readonly origin: string
  readonly media: readonly SdpMedia[]
}

/** Where the far end takes RTCP. */
export interface RtcpRoute {
  readonly port: number
  /** On the port of the sound (RFC 5761). */
  readonly mux: boolean
}

/** Our end of the stream. */
export interface LocalAudio {
  readonly address: string
  readonly port: number
  /** What we take, most wanted first. */
  readonly laws: readonly G711Law[]
  /** Who we say we are in o= and s=; a token. */
  readonly owner: string
  /** o= session id: the same for the life of a dialog. */
  readonly sessionId: number
  /** o= version: one more with each new description of the same dialog. */
  readonly version: number
  /** What we do with the stream, from our side. Default `sendrecv`. */
  readonly direction?: MediaDirection
  /** SRTP with these keys, and nothing else. Absent: plain RTP, and nothing else. */
  readonly keys?: SdesKeys | undefined
}

/** What both ends agreed on. */
export interface NegotiatedAudio {
  readonly law: G711Law
  readonly payloadType: number
  /** Payload type of telephone-event/8000 (RFC 4733), null when the far end does not take it. */
  readonly telephoneEventType: number | null
  readonly remoteAddress: string
  readonly remotePort: number
  /** The far end's direction lets us send, and its address is a real one (RFC 3264 section 8.4: 0.0.0.0 is hold). */
  readonly maySend: boolean
  readonly mayReceive: boolean
  /** Null when the far end has said nothing of RTCP: as with the real server, it gets none then. */
  readonly rtcp: RtcpRoute | null
  /** Absent: plain RTP. */
  readonly srtp?: NegotiatedKeys
}

export interface NegotiatedKeys {
  /** Of what we send. */
  readonly ours: SrtpKeys
  /** Of what comes. */
  readonly theirs: SrtpKeys
}

/** Payload type that we offer for telephone-event. */
export const TELEPHONE_EVENT_TYPE = 101

const MOST_MEDIA_LINES = 32
const DIRECTIONS: ReadonlySet<string> = new Set(['sendrecv', 'sendonly', 'recvonly', 'inactive'])
const STATIC_ENCODINGS: ReadonlyMap<number, string> = new Map([
  [0, 'PCMU'],
  [3, 'GSM'],
  [8, 'PCMA'],
  [9, 'G722'],
  [13, 'CN'],
  [18, 'G729'],
])

/** @returns null when the text is no session description */
export function parseSdp(text: string): SdpSession | null {
  const lines = text.split(/\r\n|\n|\r/).filter((line) => line !== '')
  if (lines[0] !== 'v=0') return null

  const sections: string[][] = [[]]
  for (const line of lines) {
    if (line.charAt(1) !== '=') return null
    if (line.startsWith('m=')) sections.push([])
    sections[sections.length - 1]?.push(line)
  }
  if (sections.length - 1 > MOST_MEDIA_LINES) return null

  const head = sections[0] ?? []
  const origin = lineOf(head, 'o=')
  if (origin === null) return null
  const media: SdpMedia[] = []
  for (const section of sections.slice(1)) {
    const parsed = parseMedia(section, head)
    if (parsed === null) return null
    media.push(parsed)
  }
  return { origin, media }
}

/** A description that offers one audio stream with all our laws and telephone-event. Ends in CRLF. */
export function writeOffer(local: LocalAudio): string {
  return [
    ...headLines(local),
    ...audioLines(local, {
      laws: local.laws.map((law) => ({ law, payloadType: G711_PAYLOAD_TYPE[law] })),
      telephoneEventType: TELEPHONE_EVENT_TYPE,
      direction: local.direction ?? 'sendrecv',
      crypto: local.keys?.map((keys, index) => ({ tag: String(index + 1), ...keys })) ?? [],
    }),
    '',
  ].join('\r\n')
}

/** Whether a description asks for SRTP with keys in it. */
export function wantsSrtp(text: string): boolean {
  const media = parseSdp(text)?.media ?? []
  return media.some(({ kind, port, protocol }) => kind === 'audio' && port !== 0 && protocol === 'RTP/SAVP')
}

/**
 * Answers an offer: the first audio line with a law of ours is taken, by the offerer's order of preference.
 * @returns null when nothing in the offer can be taken (a 488 is due), or it is no session description
 */
export function answerOffer(offer: string, local: LocalAudio): { sdp: string; audio: NegotiatedAudio } | null {
  const session = parseSdp(offer)
  if (session === null) return null
  const chosen = session.media.findIndex((media) => negotiateLine(media, local) !== null)
  const media = session.media[chosen]
  const audio = media === undefined ? null : negotiateLine(media, local)
  if (media === undefined || audio === null) return null
  const tag = takenCrypto(media.attributes)?.tag ?? '1'

  const lines = headLines(local)
  session.media.forEach((other, index) => {
    if (index !== chosen) lines.push(`m=${other.kind} 0 ${other.protocol} ${other.formats}`)
    else {
      lines.push(
        ...audioLines(local, {
          laws: [audio],
          telephoneEventType: audio.telephoneEventType,
          rtcp: audio.rtcp,
          direction: answerDirection(media.direction, local.direction ?? 'sendrecv'),
          crypto: audio.srtp === undefined ? [] : [{ tag, ...audio.srtp.ours }],
        }),
      )
    }
  })
  lines.push('')
  return { sdp: lines.join('\r\n'), audio }
}

/** Reads the answer to our offer. @returns null when it refuses the audio or is no session description */
export function acceptAnswer(answer: string, local: LocalAudio): NegotiatedAudio | null {
  const session = parseSdp(answer)
  if (session === null) return null
  for (const media of session.media) {
    const audio = negotiateLine(media, local)
    if (audio !== null) return audio
  }
  return null
}

/** The answer's direction: the offer's seen from the other end, narrowed by what we want (RFC 3264 section 6.1). */
export function answerDirection(offered: MediaDirection, wanted: MediaDirection): MediaDirection {
  const sends = (offered === 'sendrecv' || offered === 'recvonly') && (wanted === 'sendrecv' || wanted === 'sendonly')
  const receives =
    (offered === 'sendrecv' || offered === 'sendonly') && (wanted === 'sendrecv' || wanted === 'recvonly')
  if (sends) return receives ? 'sendrecv' : 'sendonly'
  return receives ? 'recvonly' : 'inactive'
}

function negotiateLine(media: SdpMedia, local: LocalAudio): NegotiatedAudio | null {
  const { keys } = local
  if (keys === undefined) {
    const plain = media.protocol === 'RTP/AVP' || media.protocol === 'RTP/AVPF'
    // Keys that would not be used: whoever sent them may take the call for a safe one.
    return plain && attributeOf(media.attributes, 'crypto:') === null ? negotiate(media, local) : null
  }
  const theirs = media.protocol === 'RTP/SAVP' ? takenCrypto(media.attributes) : null
  const ours = keys.find(({ suite }) => suite === theirs?.suite)
  const audio = theirs === null ? null : negotiate(media, local)
  if (audio === null || theirs === null || ours === undefined) return null
  return { ...audio, srtp: { ours, theirs: { suite: theirs.suite, key: theirs.key } } }
}

/** What can be agreed on, whatever the transport. @returns null when the line is no audio or has no law of ours */
export function negotiate(media: SdpMedia, local: Pick<LocalAudio, 'laws' | 'direction'>): NegotiatedAudio | null {
  if (media.kind !== 'audio' || media.port === 0 || media.address === null) return null
  for (const payload of media.payloads) {
    const law = local.laws.find((ours) => ours === payload.encoding)
    if (law === undefined || payload.clockRate !== 8000) continue
    const event = media.payloads.find((other) => other.encoding === 'TELEPHONE-EVENT' && other.clockRate === 8000)
    const direction = answerDirection(media.direction, local.direction ?? 'sendrecv')
    const held = media.address === '0.0.0.0' || media.address === '::'
    return {
      law,
      payloadType: payload.payloadType,
      telephoneEventType: event?.payloadType ?? null,
      remoteAddress: media.address,
      remotePort: media.port,
      maySend: !held && (direction === 'sendrecv' || direction === 'sendonly'),
      mayReceive: direction === 'sendrecv' || direction === 'recvonly',
      rtcp: rtcpRouteOf(media),
    }
  }
  return null
}

/** RFC 5761 and RFC 3605; of the latter's address only the port is taken: sound and reports have one host. */
function rtcpRouteOf(media: SdpMedia): RtcpRoute | null {
  if (media.attributes.some((attribute) => attribute.trim() === 'rtcp-mux')) return { port: media.port, mux: true }
  const port = Number(/^\d{1,5}/.exec(attributeOf(media.attributes, 'rtcp:') ?? '')?.[0] ?? 0)
  return port > 0 && port <= 65_535 ? { port, mux: false } : null
}

/** The lines above the first m=. */
export function headLines(local: LocalAudio): string[] {
  const address = `IN ${isIP(local.address) === 6 ? 'IP6' : 'IP4'} ${local.address}`
  return [
    'v=0',
    `o=${local.owner} ${local.sessionId} ${local.version} ${address}`,
    `s=${local.owner}`,
    `c=${address}`,
    't=0 0',
  ]
}

interface AudioLines {
  readonly laws: readonly { readonly law: G711Law; readonly payloadType: number }[]
  readonly telephoneEventType: number | null
  readonly direction: MediaDirection
  readonly crypto?: readonly SdesLine[]
  /** What the far end wants. */
  readonly rtcp?: RtcpRoute | null
}

/** An m= line of our audio, its codecs and its keys. */
export function audioLines(
  local: LocalAudio,
  audio: AudioLines,
  protocol = local.keys === undefined ? 'RTP/AVP' : 'RTP/SAVP',
): string[] {
  const types = audio.laws.map(({ payloadType }) => payloadType)
  const event = audio.telephoneEventType
  if (event !== null) types.push(event)
  const lines = [`m=audio ${local.port} ${protocol} ${types.join(' ')}`]
  for (const { law, payloadType } of audio.laws) lines.push(`a=rtpmap:${payloadType} ${law}/8000`)
  if (event !== null) lines.push(`a=rtpmap:${event} telephone-event/8000`, `a=fmtp:${event} 0-15`)
  if (audio.direction !== 'sendrecv') lines.push(`a=${audio.direction}`)
  if (audio.rtcp) lines.push(...rtcpLines(local, audio.rtcp))
  lines.push('a=ptime:20', ...(audio.crypto ?? []).map((line) => `a=${writeCrypto(line)}`))
  return lines
}

function rtcpLines({ port, address }: LocalAudio, { mux }: RtcpRoute): string[] {
  const at = `IN ${isIP(address) === 6 ? 'IP6' : 'IP4'} ${address}`
  return mux ? ['a=rtcp-mux', `a=rtcp:${port} ${at}`] : [`a=rtcp:${port + 1} ${at}`]
}

function parseMedia(lines: readonly string[], head: readonly string[]): SdpMedia | null {
  const first = /^m=(\S+) (\d{1,5})(?:\/\d+)? (\S+) (.+)$/.exec(lines[0] ?? '')
  if (first === null) return null
  const [, kind = '', port = '', protocol = '', formats = ''] = first
  if (Number(port) > 65_535) return null

  const attributes = attributesOf(lines)
  const payloads: SdpPayload[] = []
  if (protocol.includes('RTP/')) {
    for (const format of formats.trim().split(/ +/)) {
      if (!/^\d{1,3}$/.test(format)) return null
      payloads.push(payloadOf(Number(format), attributes))
    }
  }
  const packetTime = Number(attributeOf(attributes, 'ptime:') ?? Number.NaN)
  return {
    kind,
    port: Number(port),
    protocol,
    formats: formats.trim(),
    payloads,
    address: addressOf(lines.some((line) => line.startsWith('c=')) ? lines : head),
    direction: directionOf(attributes) ?? directionOf(attributesOf(head)) ?? 'sendrecv',
    packetTimeMs: Number.isFinite(packetTime) && packetTime > 0 ? packetTime : null,
    attributes: [...attributes, ...attributesOf(head)],
  }
}

function payloadOf(payloadType: number, attributes: readonly string[]): SdpPayload {
  const map = attributeOf(attributes, `rtpmap:${payloadType} `)
  const [encoding = '', clockRate = '8000'] = map?.trim().split('/') ?? [STATIC_ENCODINGS.get(payloadType) ?? '']
  return {
    payloadType,
    encoding: encoding.toUpperCase(),
    clockRate: Number(clockRate) || 0,
    format: attributeOf(attributes, `fmtp:${payloadType} `),
  }
}

function attributesOf(lines: readonly string[]): string[] {
  return lines.filter((line) => line.startsWith('a=')).map((line) => line.slice(2))
}

function directionOf(attributes: readonly string[]): MediaDirection | null {
  for (const attribute of attributes) {
    const word = attribute.trim()
    if (isDirection(word)) return word
  }
  return null
}

function isDirection(word: string): word is MediaDirection {
  return DIRECTIONS.has(word)
}

function addressOf(lines: readonly string[]): string | null {
  const value = lineOf(lines, 'c=')
  const address = /^IN IP[46] ([^/ ]+)/.exec(value ?? '')?.[1] ?? ''
  return isIP(address) === 0 ? null : address
}

function lineOf(lines: readonly string[], prefix: string): string | null {
  return lines.find((line) => line.startsWith(prefix))?.slice(prefix.length) ?? null
}

/** The rest of the first attribute that begins so. */
export function attributeOf(attributes: readonly string[], prefix: string): string | null {
  return attributes.find((attribute) => attribute.startsWith(prefix))?.slice(prefix.length) ?? null
}
