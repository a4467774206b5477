/**
 * The simulated carrier: a SIP trunk whose numbers are answered by simulated patients (behaviours.ts).
 *
 *     const carrier = await Carrier.open({ lines: 30 })
 *     // INVITE sip:13800000000@127.0.0.1:<carrier.port> → a satisfied patient
 *     await carrier.close()
 */

import type { SipCall } from '#softswitch/sip/sip-call.ts'
import { SipEndpoint } from '#softswitch/sip/sip-endpoint.ts'
import type { SipTimerSettings } from '#softswitch/sip/sip-timers.ts'
import { parseSipUri } from '#softswitch/sip/sip-uri.ts'
import { UserAgent } from '#softswitch/sip/user-agent.ts'
import { type Behaviour, behaviourOf } from './behaviours.ts'
import { CallReport } from './call-report.ts'
import { chance } from './chance.ts'
import { PatientCall } from './patient-call.ts'
import { Ticker } from './ticker.ts'
import { voiceOf } from './voice.ts'

export interface CarrierOptions {
  /** Numeric address of SIP and RTP. Default 127.0.0.1. */
  readonly address?: string
  /** 0 (the default) = any free one. */
  readonly port?: number
  /** Calls at a time; more get 503 with Q.850 34. Default 30. */
  readonly lines?: number
  /** Ring and announcement times are divided by this. Default 1. */
  readonly speed?: number
  /** The same seed and number behave the same. Default 'carrier'. */
  readonly seed?: string
  /** Everybody behaves so, whatever the number. */
  readonly everyone?: Behaviour
  /** JSON lines of what the telephones did (call-report.ts). */
  readonly reportFile?: string
  readonly timers?: SipTimerSettings
  readonly onFault?: (error: unknown) => void
}

export class Carrier {
  readonly #options: CarrierOptions
  readonly #agent: UserAgent
  readonly #report: CallReport
  readonly #ticker = new Ticker()
  /** How often each number was called, so that the second call is not the first one again. */
  readonly #times = new Map<string, number>()

  /** @throws the system's error when the address cannot be bound */
  static async open(options: CarrierOptions = {}): Promise<Carrier> {
    const endpoint = await SipEndpoint.open({
      address: options.address ?? '127.0.0.1',
      port: options.port ?? 0,
      symmetricAnswers: true,
      ...(options.timers === undefined ? {} : { timers: options.timers }),
      ...(options.onFault === undefined ? {} : { onFault: options.onFault }),
    })
    return new Carrier(options, endpoint)
  }

  private constructor(options: CarrierOptions, endpoint: SipEndpoint) {
    this.#options = options
    this.#report = new CallReport(options.reportFile)
    this.#agent = new UserAgent(endpoint, { name: 'simulated-carrier', onInvite: (call) => this.#take(call) })
  }

  get address(): string {
    return this.#agent.endpoint.local.address
  }

  get port(): number {
    return this.#agent.endpoint.local.port
  }

  /** Calls that have not ended. */
  get calls(): number {
    return this.#agent.calls.size
  }

  /** Every patient hangs up; then the port is free. */
  async close(): Promise<void> {
    await this.#agent.close()
    await this.#report.close()
  }

  #take(call: SipCall): void {
    if (this.#agent.calls.size > (this.#options.lines ?? 30)) {
      call.refuse({ status: 503, headers: { Reason: 'Q.850;cause=34;text="No circuit available"' } })
      return
    }
    const { everyone, seed = 'carrier', speed = 1 } = this.#options
    const number = parseSipUri(call.invite.uri)?.user?.split(';')[0] ?? ''
    const times = (this.#times.get(number) ?? 0) + 1
    this.#times.set(number, times)
    const identity = { callId: call.callId, attemptId: call.invite.headers.get('X-Suifang-Attempt') ?? null, number }
    const patient = new PatientCall({
      call,
      behaviour: everyone ?? behaviourOf(number),
      chance: chance(`${seed}|${number}|${times}`),
      voiceHz: voiceOf(number),
      ticker: this.#ticker,
      address: this.address,
      speed,
      report: (event) => this.#report.write(identity, event),
    })
    patient.begin().catch((error: unknown) => {
      this.#options.onFault?.(error)
      void call.hangUp({ status: 500 })
    })
  }
}
