/**
 * Telephones in a process of their own: each answers whoever calls it, hums its tone, and tells when it first hears
 * somebody else's. The carrier's telephones, with an ear for tones. Lives as long as its parent.
 */
import type { Behaviour } from '#carrier/behaviours.ts'
import { chance } from '#carrier/chance.ts'
import { PatientCall } from '#carrier/patient-call.ts'
import { Ticker } from '#carrier/ticker.ts'
import type { SipCall } from '#softswitch/sip/sip-call.ts'
import { SipEndpoint } from '#softswitch/sip/sip-endpoint.ts'
import { parseSipUri } from '#softswitch/sip/sip-uri.ts'
import { UserAgent } from '#softswitch/sip/user-agent.ts'
import { machineNow } from './machine-clock.ts'
import { ToneEar } from './tone-ear.ts'

export interface TonePhonesOrder {
  /** How long each rings. */
  readonly ringMs: number
  /** What they hum: the first call's telephone the first tone, and so on. */
  readonly hums: readonly number[]
  /** What they may hear. */
  readonly listensFor: readonly number[]
}

/** Instants are milliseconds of the machine's monotonic clock, the same in every process; `wallAt` of the other one. */
export type FromTonePhones =
  | { readonly type: 'open'; readonly port: number }
  /** The 200 has been given to the socket. `who`: the attempt, else the number that was called. */
  | {
      readonly type: 'answered'
      readonly who: string
      readonly hz: number
      readonly at: number
      readonly wallAt: number
    }
  | { readonly type: 'heard'; readonly who: string; readonly hz: number; readonly at: number }
  | { readonly type: 'ended'; readonly who: string }

const order: TonePhonesOrder = JSON.parse(process.argv[2] ?? '')
await open(order)

async function open({ ringMs, hums, listensFor }: TonePhonesOrder): Promise<void> {
  const behaviour: Behaviour = {
    name: 'hums',
    answers: { ringMs: [ringMs, ringMs], listenMs: [], keys: [], voice: 'steady' },
  }
  const ticker = new Ticker()
  let calls = 0
  const take = (call: SipCall): void => {
    const who = call.invite.headers.get('X-Suifang-Attempt') ?? parseSipUri(call.invite.uri)?.user ?? ''
    const ear = new ToneEar(listensFor)
    const hz = hums[calls % hums.length] ?? 0
    calls += 1
    const phone = new PatientCall({
      call,
      behaviour,
      chance: chance(who),
      voiceHz: hz,
      ticker,
      address: '127.0.0.1',
      speed: 1,
      report: ({ event }) => {
        if (event === 'answered') tell({ type: 'answered', who, hz, at: machineNow(), wallAt: Date.now() })
        else if (event === 'ended') tell({ type: 'ended', who })
      },
      onHeard: (samples) => {
        const began = ear.hear(samples, machineNow())
        if (began !== null) tell({ type: 'heard', who, ...began })
      },
    })
    phone.begin().catch(() => void call.hangUp({ status: 500 }))
  }
  const endpoint = await SipEndpoint.open({ address: '127.0.0.1', port: 0, symmetricAnswers: true })
  new UserAgent(endpoint, { name: 'bench', onInvite: take })
  process.on('disconnect', () => process.exit())
  tell({ type: 'open', port: endpoint.local.port })
}

function tell(message: FromTonePhones): void {
  process.send?.(message)
}
