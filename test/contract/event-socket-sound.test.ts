/** What the servers tell of the sound itself: keys that are tones in it, RTCP of both ends, figures at the end. */
import { expect } from 'vitest'
import { Reception } from '#softswitch/media/reception.ts'
import { isRtcp, readRtcp } from '#softswitch/media/rtcp-packet.ts'
import { RtcpReporter } from '#softswitch/media/rtcp-reporter.ts'
import type { RtpPhone } from '../harness/rtp-phone.ts'
import { openDesk } from './wire/desk-tests.ts'
import type { EslEvent } from './wire/event-socket-client.ts'

const at = openDesk()

at.onCall(
  'keys that are tones in the voice are told behind start_dtmf, each once, and no more behind stop_dtmf',
  async (call) => {
    await call.execute('start_dtmf')
    call.phone.rtp.pressTones('147*2580369#')
    await call.event('DTMF', { 'DTMF-Digit': '#' })
    const told = call.events.filter(({ name }) => name === 'DTMF')
    expect(told.map((event) => event.get('DTMF-Digit')).join('')).toBe('147*2580369#')
    expect(new Set(told.map((event) => event.get('DTMF-Source')))).toEqual(new Set(['INBAND_AUDIO']))
    // 80 ms are 640 samples; what tells keys apart looks at blocks of its own length.
    for (const event of told) {
      expect(Number(event.get('DTMF-Duration'))).toBeGreaterThanOrEqual(400)
      expect(Number(event.get('DTMF-Duration'))).toBeLessThanOrEqual(1000)
    }
    await call.execute('stop_dtmf')
    call.mark()
    call.phone.rtp.pressTones('5')
    call.phone.rtp.press('6')
    await call.event('DTMF', { 'DTMF-Digit': '6' })
    expect(call.events.filter(({ name }) => name === 'DTMF')).toHaveLength(1)
  },
)

/** Answers each report of the server with one of its own. */
function answersReports(rtp: RtpPhone): void {
  rtp.sdpLines = [`a=rtcp:${rtp.port} IN IP4 127.0.0.1`]
  const reporter = new RtcpReporter(77, 'telephone')
  const reception = new Reception()
  const now = () => performance.timeOrigin + performance.now()
  let packets = 0
  rtp.socket.on('message', (datagram, from) => {
    const report = isRtcp(datagram) ? readRtcp(datagram) : null
    if (report === null) return
    packets += 100
    reception.take(report.ssrc, 1, 0, 0, true)
    reporter.take(report, now())
    const { packet } = reporter.write(reception, { packets, octets: packets * 160, rtpTimestamp: 0 }, now())
    rtp.socket.send(Buffer.from(packet), from.port, from.address)
  })
}

at.onCall(
  'who says where it takes RTCP gets reports and is heard, and both are told as events; the figures stand in the last event',
  async (call) => {
    const reports = await at.desk.signIn()
    await reports.command(`filter Unique-ID ${call.uuid}`)
    await reports.command('event plain RECV_RTCP_MESSAGE SEND_RTCP_MESSAGE')
    await call.play(at.long)
    const received = await reports.event(
      (event) => event.name === 'RECV_RTCP_MESSAGE' && Number(event.get('Rtt0-Avg')) > 0,
      'a report with a round trip',
    )
    const sent = await reports.event(({ name }) => name === 'SEND_RTCP_MESSAGE', 'a report of the server')
    reports.close()
    expect(namesOf(received, /^Event-|^Core-|^FreeSWITCH-/)).toEqual([
      'Capture-Time',
      'Last-RTP-Timestamp',
      'NTP-Least-Significant-Word',
      'NTP-Most-Significant-Word',
      'Octect-Packet-Count',
      'RTP-Rate',
      'RTP-Timestamp',
      'Rtt0-Avg',
      'SSRC',
      'Sender-Packet-Count',
      ...ofSource('Source0', [
        'DLSR',
        'Fraction',
        'Highest-Sequence-Number-Received',
        'Jitter',
        'LSR',
        'Loss-Avg',
        'Lost',
        'SSRC',
      ]),
      'Unique-ID',
    ])
    expect(received.get('SSRC')).toBe('0000004d')
    expect(Number(received.get('Rtt0-Avg'))).toBeLessThan(1)
    expect(namesOf(sent, /^Event-|^Core-|^FreeSWITCH-/)).toEqual([
      'Capture-Time',
      'Last-RTP-Timestamp',
      'NTP-Least-Significant-Word',
      'NTP-Most-Significant-Word',
      'Octect-Packet-Count',
      'RTP-Timestamp',
      'SSRC',
      'Sender-Packet-Count',
      ...ofSource('Source', ['DLSR', 'Fraction', 'Highest-Sequence-Number-Received', 'Jitter', 'LSR', 'Lost', 'SSRC']),
      'Unique-ID',
    ])
    expect(sent.get('Source-Lost')).toBe('0')

    await call.api('uuid_kill')
    const last = await call.event('CHANNEL_HANGUP_COMPLETE')
    const figures = [...last.headers].filter(([name]) => /^variable_rtp_audio_(in|out|rtcp)_/.test(name))
    expect(figures.map(([name]) => name.replace('variable_rtp_audio_', '')).sort()).toEqual(FIGURES)
    expect(last.get('variable_rtp_audio_in_mos')).toBe('4.50')
    expect(last.get('variable_rtp_audio_in_quality_percentage')).toBe('100.00')
    expect(last.get('variable_rtp_audio_in_jitter_loss_rate')).toBe('0.00')
    expect(Math.abs(Number(last.get('variable_rtp_audio_in_mean_interval')) - 20)).toBeLessThan(3)
    expect(Number(last.get('variable_rtp_audio_in_packet_count'))).toBeGreaterThan(40)
    expect(Number(last.get('variable_rtp_audio_rtcp_packet_count'))).toBeGreaterThanOrEqual(100)
  },
  { phone: answersReports },
)

const FIGURES = [
  ...['cng_packet_count', 'dtmf_packet_count', 'flaw_total', 'flush_packet_count', 'jitter_burst_rate'],
  ...['jitter_loss_rate', 'jitter_max_variance', 'jitter_min_variance', 'jitter_packet_count', 'largest_jb_size'],
  ...['mean_interval', 'media_bytes', 'media_packet_count', 'mos', 'packet_count', 'quality_percentage', 'raw_bytes'],
  'skip_packet_count',
]
  .map((name) => `in_${name}`)
  .concat(
    ['cng_packet_count', 'dtmf_packet_count', 'media_bytes', 'media_packet_count', 'packet_count', 'raw_bytes'].map(
      (name) => `out_${name}`,
    ),
    ['out_skip_packet_count', 'rtcp_octet_count', 'rtcp_packet_count'],
  )

function namesOf(event: EslEvent, but: RegExp): string[] {
  return [...event.headers.keys()].filter((name) => !but.test(name)).sort()
}

function ofSource(source: string, names: readonly string[]): string[] {
  return names.map((name) => `${source}-${name}`)
}
