import { Reception } from '#softswitch/media/reception.ts'
import { isRtcp } from '#softswitch/media/rtcp-packet.ts'
import { RtcpReporter } from '#softswitch/media/rtcp-reporter.ts'
import { newRtpHeader, readRtp } from '#softswitch/media/rtp-packet.ts'
import type { RtpPhone } from '../harness/rtp-phone.ts'

const reportEveryMs = 100

/** A telephone that tells by RTCP what came to it, ten times a second, and can make believe that every other packet did not. */
export class ReportingPhone {
  readonly phone: RtpPhone
  loses = false
  readonly #reception = new Reception()
  readonly #reporter = new RtcpReporter(78, 'telephone')
  #timer: NodeJS.Timeout | undefined
  #heard = 0
  readonly #header = newRtpHeader()

  /** @param phone whose description has not been sent yet */
  constructor(phone: RtpPhone) {
    this.phone = phone
    phone.sdpLines = [`a=rtcp:${phone.port} IN IP4 127.0.0.1`]
    phone.socket.on('message', (datagram) => this.#take(datagram))
  }

  /** Reports from now on to the port above the one that the description names. */
  reportTo(sdp: string): void {
    const address = /^c=IN IP4 (\S+)/m.exec(sdp)?.[1] ?? ''
    const port = Number(/^m=audio (\d+) /m.exec(sdp)?.[1]) + 1
    this.#timer = setInterval(() => {
      const sent = { packets: this.#heard, octets: this.#heard * 160, rtpTimestamp: 0 }
      const { packet } = this.#reporter.write(this.#reception, sent, performance.timeOrigin + performance.now())
      this.phone.socket.send(Buffer.from(packet), port, address)
    }, reportEveryMs)
  }

  /** Until so many more packets have come, lost or not. */
  async hearPackets(count: number): Promise<void> {
    const enough = this.#heard + count
    await this.phone.until(() => this.#heard >= enough)
  }

  /** Reports no more; the phone is closed by whoever has the call. */
  close(): void {
    clearInterval(this.#timer)
  }

  #take(datagram: Buffer): void {
    if (isRtcp(datagram) || !readRtp(datagram, this.#header)) return
    this.#heard += 1
    if (this.loses && this.#heard % 2 === 0) return
    const { ssrc, sequence, timestamp } = this.#header
    this.#reception.take(ssrc, sequence, timestamp, timestamp, true)
  }
}
