/**
 * A network and a clock that a test moves by hand: SIP endpoints on it live through 32 s of retransmissions in no
 * time, and a rule decides which datagram is lost.
 */

import type { SipEndpointSettings } from '#softswitch/sip/endpoint-settings.ts'
import type { SipClock } from '#softswitch/sip/sip-clock.ts'
import { SipEndpoint } from '#softswitch/sip/sip-endpoint.ts'
import type { Hop, SipProtocol, SipTransport } from '#softswitch/sip/transport.ts'

export class HandClock implements SipClock {
  #now = 0
  #timers: { at: number; run: () => void; order: number }[] = []
  #order = 0

  now(): number {
    return this.#now
  }

  after(ms: number, run: () => void) {
    const timer = { at: this.#now + ms, run, order: this.#order++ }
    this.#timers.push(timer)
    return {
      clear: () => {
        this.#timers = this.#timers.filter((other) => other !== timer)
      },
    }
  }

  /** Runs what falls due in the next `ms`, in order, letting promises settle between. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    for (let step = 0; step < 100_000; step++) {
      await new Promise<void>((done) => setImmediate(done))
      const next = this.#timers.toSorted((a, b) => a.at - b.at || a.order - b.order)[0]
      if (next === undefined || next.at > end) break
      this.#now = next.at
      this.#timers = this.#timers.filter((other) => other !== next)
      next.run()
    }
    this.#now = end
  }

  get pending(): number {
    return this.#timers.length
  }
}

export interface Datagram {
  /** First line of the message. */
  readonly line: string
  readonly text: string
  readonly from: number
  readonly to: number
  readonly at: number
  readonly lost: boolean
}

export class HandNetwork {
  readonly clock = new HandClock()
  /** Every datagram, also the lost ones. */
  readonly log: Datagram[] = []
  /** True loses the datagram. */
  lose: (datagram: Datagram) => boolean = () => false
  readonly #sides = new Map<number, SipTransport>()
  readonly faults: unknown[] = []

  async endpoint(port: number, settings: SipEndpointSettings = {}, protocol?: SipProtocol): Promise<SipEndpoint> {
    const onFault = (error: unknown) => void this.faults.push(error)
    return SipEndpoint.open({ clock: this.clock, onFault, ...settings, transport: this.side(port, protocol) })
  }

  /** Over a stream protocol messages come as the bytes of one connection would; there is no flow to lose. */
  side(port: number, protocol: SipProtocol = 'udp'): SipTransport {
    const transport: SipTransport = {
      protocol,
      local: { address: '10.0.0.1', port },
      onMessage: () => {},
      send: (bytes, to) => this.deliver(bytes, port, to, protocol),
      close: () => {
        this.#sides.delete(port)
        return Promise.resolve()
      },
    }
    this.#sides.set(port, transport)
    return transport
  }

  deliver(bytes: Buffer, from: number, to: Hop, protocol: SipProtocol = 'udp'): void {
    const text = bytes.toString()
    const draft = { line: text.split('\r\n')[0] ?? '', text, from, to: to.port, at: this.clock.now(), lost: false }
    const lost = this.lose(draft)
    this.log.push({ ...draft, lost })
    const source = { address: '10.0.0.1', port: from, ...(protocol === 'udp' ? {} : { protocol }) }
    if (!lost) this.clock.after(1, () => this.#sides.get(to.port)?.onMessage(bytes, source))
  }

  /** Times at which a message whose first line begins so left a side. */
  times(port: number, start: string): number[] {
    return this.log.filter((entry) => entry.from === port && entry.line.startsWith(start)).map((entry) => entry.at)
  }

  /** First lines in order of sending, as `port: line` without the SIP version. */
  lines(): string[] {
    return this.log.map((entry) => `${entry.from}: ${entry.line.replace(/ ?SIP\/2\.0 ?/, '')}`)
  }
}
