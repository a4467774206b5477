/** A drachtio server of ours and an application on it, with timers ten times as fast as in service. */
import { DrachtioServer } from '#softswitch/drachtio/drachtio-server.ts'
import { SipEndpoint } from '#softswitch/sip/sip-endpoint.ts'
import type { StreamSettings } from '#softswitch/sip/transport-set.ts'
import { UserAgent, type UserAgentSettings } from '#softswitch/sip/user-agent.ts'
import { connectSrf, killSrf, newSrf, type Srf } from './srf.ts'

export const testSecret = 'test-secret'
/** T1 50 ms: a retransmission after 50 ms, a time-out after 3.2 s. */
export const fastTimers = { t1: 50, t2: 400, t4: 500 }

export const testSdp = [
  'v=0',
  'o=- 1 1 IN IP4 127.0.0.1',
  's=-',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  'm=audio 40000 RTP/AVP 0 101',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:101 telephone-event/8000',
  '',
].join('\r\n')

/** Everything one test file opens, closed in reverse. */
export class Bench {
  readonly faults: unknown[] = []
  readonly #closers: (() => unknown)[] = []

  defer(close: () => unknown): void {
    this.#closers.push(close)
  }

  async server(
    settings: { t1?: number; streams?: StreamSettings; leastSessionSeconds?: number } = {},
  ): Promise<DrachtioServer> {
    const { streams = {}, leastSessionSeconds = 90 } = settings
    const onFault = (error: unknown) => void this.faults.push(error)
    const timers = settings.t1 === undefined ? fastTimers : { ...fastTimers, t1: settings.t1 }
    const sip = { timers, onFault, streams }
    const server = await DrachtioServer.open({ sip, secret: testSecret, leastSessionSeconds, onFault })
    this.defer(() => server.close())
    return server
  }

  /** An application that has its handlers before it connects. */
  async app(server: DrachtioServer, prepare: (srf: Srf) => void = () => {}, tags?: string[]): Promise<Srf> {
    const srf = newSrf(tags)
    prepare(srf)
    await connectSrf(srf, { port: server.port, secret: testSecret })
    this.defer(() => killSrf(srf))
    return srf
  }

  /** A telephone of ours. */
  async phone(settings: UserAgentSettings = {}): Promise<UserAgent> {
    const onFault = (error: unknown) => void this.faults.push(error)
    const agent = new UserAgent(await SipEndpoint.open({ timers: fastTimers, onFault }), settings)
    this.defer(() => agent.close(200))
    return agent
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close()
  }
}
