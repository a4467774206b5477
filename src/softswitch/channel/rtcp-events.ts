/** RECV_RTCP_MESSAGE and SEND_RTCP_MESSAGE: what one end says of the other's stream. Names as in FreeSWITCH's events. */
import type { RtcpNews } from '../media/leg-messages.ts'
import type { ReportBlock, RtcpReport } from '../media/rtcp-packet.ts'
import { microseconds } from './event-bus.ts'
import type { SwitchEvent } from './switch-event.ts'

/** @returns the event's name; null for a report of ours that says nothing of what we sent: the real server is silent, too */
export function rtcpEventName({ direction, report }: RtcpNews): string | null {
  if (direction === 'received') return 'RECV_RTCP_MESSAGE'
  return report.sender === null || report.blocks.length === 0 ? null : 'SEND_RTCP_MESSAGE'
}

export function addRtcpHeaders(event: SwitchEvent, uuid: string, { direction, report, roundTripMs }: RtcpNews): void {
  event.add('Unique-ID', uuid)
  addSender(event, report)
  if (direction === 'received') event.add('RTP-Rate', 8000)
  event.add('Capture-Time', microseconds(new Date()))
  if (direction === 'sent') {
    for (const block of report.blocks) addBlock(event, 'Source', block)
    return
  }
  for (const [index, block] of report.blocks.entries()) {
    addBlock(event, `Source${index}`, block)
    event.add(`Source${index}-Loss-Avg`, Math.round((block.fractionLost * 100) / 256))
    event.add(`Rtt${index}-Avg`, ((roundTripMs ?? 0) / 1000).toFixed(6))
  }
}

function addSender(event: SwitchEvent, { ssrc, sender }: RtcpReport): void {
  event.add('SSRC', hex(ssrc))
  event.add('NTP-Most-Significant-Word', sender?.ntpSeconds ?? 0)
  event.add('NTP-Least-Significant-Word', sender?.ntpFraction ?? 0)
  event.add('RTP-Timestamp', sender?.rtpTimestamp ?? 0)
  event.add('Sender-Packet-Count', sender?.packets ?? 0)
  event.add('Octect-Packet-Count', sender?.octets ?? 0)
  event.add('Last-RTP-Timestamp', sender?.rtpTimestamp ?? 0)
}

function addBlock(event: SwitchEvent, name: string, block: ReportBlock): void {
  event.add(`${name}-SSRC`, hex(block.ssrc))
  event.add(`${name}-Fraction`, block.fractionLost)
  event.add(`${name}-Lost`, block.lost >>> 0)
  event.add(`${name}-Highest-Sequence-Number-Received`, block.highestSequence)
  event.add(`${name}-Jitter`, block.jitter)
  event.add(`${name}-LSR`, block.lastReport)
  event.add(`${name}-DLSR`, block.sinceLastReport)
}

function hex(ssrc: number): string {
  return ssrc.toString(16).padStart(8, '0')
}
