/** How a stream was, as the variables that FreeSWITCH sets at the end of a call: its names, its forms. */
import type { LegFigures } from '../media/leg-messages.ts'
import type { ChannelVariables } from './channel-variables.ts'

const RTP_HEADER_BYTES = 12
const SPEECH_BYTES = 160 + RTP_HEADER_BYTES
/** The jitter buffer is told in packets of 20 ms. */
const PACKET_MS = 20

export function setStreamVariables(variables: ChannelVariables, figures: LegFigures): void {
  const { stream } = figures
  const counts = {
    in_raw_bytes: figures.bytesIn,
    in_media_bytes: stream.speechPacketsIn * SPEECH_BYTES,
    in_packet_count: figures.packetsIn,
    in_media_packet_count: stream.speechPacketsIn,
    in_skip_packet_count: stream.missingTicks,
    in_jitter_packet_count: stream.speechPacketsIn - figures.latePackets,
    in_dtmf_packet_count: stream.keyPacketsIn,
    in_cng_packet_count: stream.noisePacketsIn,
    in_flush_packet_count: figures.restarts,
    in_largest_jb_size: Math.ceil(stream.longestDelayMs / PACKET_MS),
    in_flaw_total: stream.flaws,
    out_raw_bytes: figures.bytesOut,
    out_media_bytes: figures.bytesOut,
    out_packet_count: figures.packetsOut,
    out_media_packet_count: figures.packetsOut - stream.keyPacketsOut,
    out_skip_packet_count: 0,
    out_dtmf_packet_count: stream.keyPacketsOut,
    out_cng_packet_count: 0,
    rtcp_packet_count: stream.sender?.packets ?? 0,
    rtcp_octet_count: stream.sender?.octets ?? 0,
  }
  const measures = {
    in_jitter_min_variance: stream.minVariance,
    in_jitter_max_variance: stream.maxVariance,
    in_jitter_loss_rate: stream.lossRate,
    in_jitter_burst_rate: stream.burstRate,
    in_mean_interval: stream.meanIntervalMs,
    in_quality_percentage: stream.percentage,
    in_mos: stream.mos,
  }
  for (const [name, value] of Object.entries(counts)) variables.set(`rtp_audio_${name}`, value)
  for (const [name, value] of Object.entries(measures)) variables.set(`rtp_audio_${name}`, value.toFixed(2))
}
