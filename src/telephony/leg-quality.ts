/**
 * How a leg's sound was, in both directions, as its media server tells it: by the variables at the channel's end, and
 * by the RTCP reports in between, where the far end sends any (RFC 3550).
 */
export interface LegQuality {
  readonly packetsIn: number
  /** Share lost on the way to us, 0–1: by our own last report, else what the server reckoned of the last full 5 s. */
  readonly lossIn: number
  /** RFC 3550's, by our own last report; else the standard deviation of the times between packets. */
  readonly jitterInMs: number
  /** The server's estimate, 1.0–4.5, of what came to us. */
  readonly mos: number
  /** What the far end says it lost of ours, 0–1; null without a report of it. */
  readonly lossOut: number | null
  readonly jitterOutMs: number | null
  readonly roundTripMs: number | null
}

/** A header of an event, null when there is none. */
export type HeaderOf = (name: string) => string | null

/** What the reports said last. */
export interface RtcpSaid {
  /** Of what came to us. */
  readonly lostIn: number | null
  readonly jitterInMs: number | null
  readonly lostOut: number | null
  readonly jitterOutMs: number | null
  readonly roundTripMs: number | null
}

export const nothingSaid: RtcpSaid = {
  lostIn: null,
  jitterInMs: null,
  lostOut: null,
  jitterOutMs: null,
  roundTripMs: null,
}

/** Of RTP's clock for G.711 a millisecond. */
const unitsPerMs = 8

/** What one RTCP report says of one stream; its counts are since the stream began. */
export interface StreamReport {
  readonly direction: 'in' | 'out'
  /** Names the stream. */
  readonly source: string
  readonly lost: number
  /** With the times it has begun anew: its difference is what was sent. Null where it is not told. */
  readonly highestSequence: number | null
  readonly jitterMs: number
  readonly roundTripMs: number | null
}

/** @param header of RECV_RTCP_MESSAGE or SEND_RTCP_MESSAGE. @returns null for one without a block */
export function readReport(name: string, header: HeaderOf): StreamReport | null {
  const sent = name === 'SEND_RTCP_MESSAGE'
  const source = sent ? 'Source' : 'Source0'
  const lost = numberOf(header(`${source}-Lost`))
  const jitter = numberOf(header(`${source}-Jitter`))
  if (lost === null || jitter === null) return null
  const tripSeconds = sent ? 0 : (numberOf(header('Rtt0-Avg')) ?? 0)
  return {
    direction: sent ? 'in' : 'out',
    source: header(`${source}-SSRC`) ?? '',
    // A signed number, written as an unsigned one: copies make it negative.
    lost: Math.max(0, lost | 0),
    highestSequence: numberOf(header(`${source}-Highest-Sequence-Number-Received`)),
    jitterMs: jitter / unitsPerMs,
    roundTripMs: tripSeconds > 0 ? tripSeconds * 1000 : null,
  }
}

export function afterReport(said: RtcpSaid, { direction, lost, jitterMs, roundTripMs }: StreamReport): RtcpSaid {
  if (direction === 'in') return { ...said, lostIn: lost, jitterInMs: jitterMs }
  return { ...said, lostOut: lost, jitterOutMs: jitterMs, roundTripMs: roundTripMs ?? said.roundTripMs }
}

/** @param header of CHANNEL_HANGUP_COMPLETE. @returns null when no sound came */
export function readQuality(header: HeaderOf, said: RtcpSaid): LegQuality | null {
  const figure = (name: string) => numberOf(header(`variable_rtp_audio_${name}`)) ?? 0
  const packetsIn = figure('in_packet_count')
  const packetsOut = figure('out_packet_count')
  if (packetsIn === 0) return null
  const { lostIn, lostOut } = said
  return {
    packetsIn,
    lossIn: atMostOne(lostIn === null ? figure('in_jitter_loss_rate') : lostIn / (packetsIn + lostIn)),
    jitterInMs: said.jitterInMs ?? Math.sqrt(figure('in_jitter_max_variance')),
    mos: figure('in_mos'),
    lossOut: lostOut === null ? null : atMostOne(lostOut / Math.max(packetsOut, 1)),
    jitterOutMs: said.jitterOutMs,
    roundTripMs: said.roundTripMs,
  }
}

function atMostOne(share: number): number {
  return Math.min(1, share)
}

function numberOf(text: string | null): number | null {
  const value = text === null || text === '' ? Number.NaN : Number(text)
  return Number.isFinite(value) ? value : null
}
