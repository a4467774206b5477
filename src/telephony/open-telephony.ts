import Mrf from 'drachtio-fsmrf'
import { type Clock, systemClock } from '#platform/clock.ts'
import { UnexpectedError } from '#platform/errors/errors.ts'
import { type Log, logError } from '#platform/log.ts'
import type { ConnectedLeg } from './connected-leg.ts'
import { type EventSocketListener, MediaLink } from './media-link.ts'
import type { MediaServerAddress } from './media-server-address.ts'
import { type CallPlan, OutboundCall } from './outbound-call.ts'
import { patientCallPlan } from './patient-call-plan.ts'
import { AnsweredLeg } from './patient-leg.ts'
import { ConferenceRoom } from './room.ts'
import { seatCallPlan } from './seat-call-plan.ts'
import { SeatCallsIn } from './seat-calls-in.ts'
import { SipLink, type SipServerAddress } from './sip-link.ts'
import type {
  CallInJudge,
  DialHooks,
  DialOrder,
  IncomingSeatCall,
  LegRef,
  LiveLeg,
  OutboundDial,
  PatientLeg,
  RegisterHandler,
  Room,
  SeatCallOrder,
  SeatDial,
  Telephony,
  TrunkAddress,
  TrunkReply,
} from './telephony.ts'
import { within } from './within.ts'
import './telephony-errors.ts'

export interface TelephonyOptions {
  readonly drachtio: SipServerAddress
  /** At least one. */
  readonly freeswitches: readonly MediaServerAddress[]
  /**
   * Marks the channels of one hospital's processes, however many they are: of a server that others use as well
   * `liveLegs` tells these alone. Letters and digits. Default null: no mark, and every channel is told.
   */
  readonly house?: string | null
  /** Where FreeSWITCH reports each channel to us. Default: the address it sees us at. */
  readonly events?: EventSocketListener
  readonly log: Log
  readonly clock?: Clock
  /** What a patient on hold hears, without end: a stream of FreeSWITCH's, free of spaces. Default `local_stream://moh`. */
  readonly holdMusic?: string
  /** A phone that has sent no packet for so long is lost. Default 10 s. */
  readonly seatMediaTimeoutMs?: number
  /** How long to wait for the servers before going on without them. Default 5 s. */
  readonly firstUpMs?: number
}

const closeLimitMs = 9_000
/** What sip-config ships. */
const shippedMusic = 'local_stream://moh'
const defaultSeatMediaTimeoutMs = 10_000

/**
 * Signs in to drachtio and the media servers. Resolves when the telephony is up, or after `firstUpMs`: then `up` is
 * false, and it goes on trying. Never rejects for servers that are away.
 */
export async function openTelephony(options: TelephonyOptions): Promise<Telephony> {
  const telephony = new ConnectedTelephony(options)
  const { clock = systemClock, firstUpMs = 5_000 } = options
  const up = new Promise<void>((resolve) => {
    if (telephony.up) resolve()
    telephony.onUpChange((isUp) => isUp && resolve())
  })
  await within({ clock, limitMs: firstUpMs, what: 'connect' }, up).catch(() => {})
  return telephony
}

class ConnectedTelephony implements Telephony {
  readonly #clock: Clock
  readonly #log: Log
  readonly #sip: SipLink
  readonly #media: readonly MediaLink[]
  readonly #callsIn: SeatCallsIn
  readonly #holdMusic: string
  readonly #seatMediaTimeoutMs: number
  readonly #legs = new Set<ConnectedLeg>()
  readonly #dials = new Set<OutboundCall<ConnectedLeg>>()
  readonly #listeners: ((up: boolean) => void)[] = []
  #wasUp = false
  #closing: Promise<void> | null = null

  constructor({ drachtio, freeswitches, events, log, clock = systemClock, ...options }: TelephonyOptions) {
    this.#clock = clock
    this.#log = log
    this.#holdMusic = options.holdMusic ?? shippedMusic
    this.#seatMediaTimeoutMs = options.seatMediaTimeoutMs ?? defaultSeatMediaTimeoutMs
    const onChange = () => this.#changed()
    this.#sip = new SipLink({ address: drachtio, clock, log, onChange })
    const mrf = new Mrf(this.#sip.srf)
    this.#media = freeswitches.map(
      (address) =>
        new MediaLink({
          address,
          sip: this.#sip,
          mrf,
          house: options.house ?? null,
          ...(events === undefined ? {} : { events }),
          clock,
          log,
          onChange,
        }),
    )
    this.#callsIn = new SeatCallsIn({
      sip: this.#sip,
      mediaServers: (mediaHost) => this.#byLoad(mediaHost),
      hold: (leg) => this.#hold(leg),
      clock,
      log,
    })
  }

  get up(): boolean {
    return this.#closing === null && this.#sip.up && this.#media.some((link) => link.up)
  }

  onUpChange(listener: (up: boolean) => void): void {
    this.#listeners.push(listener)
  }

  get sipPlaces() {
    return this.#sip.places
  }

  dial(order: DialOrder, hooks: DialHooks): OutboundDial {
    return this.#call(patientCallPlan(order, hooks), order.mediaHost)
  }

  askTrunk(trunk: Pick<TrunkAddress, 'host' | 'port'>): Promise<TrunkReply> {
    return this.#sip.askOptions(trunk)
  }

  callSeat(order: SeatCallOrder): SeatDial {
    return this.#call(seatCallPlan(order, { mediaTimeoutMs: this.#seatMediaTimeoutMs }), order.mediaHost)
  }

  openRoom(patient: PatientLeg): Room {
    if (!(patient instanceof AnsweredLeg)) throw new UnexpectedError('ROOM_FOREIGN_LEG')
    const { endpoint } = patient
    const link = this.#media.find(({ name }) => name === endpoint.mediaHost)
    if (link === undefined) throw new UnexpectedError('ROOM_FOREIGN_LEG')
    return new ConferenceRoom({ patient, link, holdMusic: this.#holdMusic, clock: this.#clock, log: this.#log })
  }

  onRegister(handler: RegisterHandler): void {
    this.#sip.onRegister(handler)
  }

  onCallIn(judge: CallInJudge): void {
    this.#callsIn.judgedBy(judge)
  }

  onSeatCall(handler: (call: IncomingSeatCall) => void): void {
    this.#callsIn.handledBy(handler)
  }

  async liveLegs(): Promise<readonly LiveLeg[]> {
    const lists = await Promise.all(
      this.#media
        .filter((link) => link.up)
        .map(async (link) =>
          (await link.channels()).map(({ uuid, ...owner }) => ({ channelUuid: uuid, mediaHost: link.name, ...owner })),
        ),
    )
    return lists.flat()
  }

  async endLeg(ref: LegRef): Promise<void> {
    const { channelUuid, mediaHost } = ref
    const kill = async (uuid: string) => {
      const link = this.#media.find(({ name }) => name === mediaHost)
      await link?.kill(uuid).catch((error: unknown) => logError(this.#log, error, 'a channel could not be ended'))
    }
    await Promise.all([this.#sip.endCall(ref), channelUuid === null ? null : kill(channelUuid)])
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#callsIn.close()
    for (const call of this.#dials) call.cancel()
    const settled = Promise.allSettled([
      ...[...this.#dials].map((call) => call.result),
      ...[...this.#legs].map((leg) => leg.hangUp()),
    ])
    await within({ clock: this.#clock, limitMs: closeLimitMs, what: 'close' }, settled).catch(() => {})
    // What answered while the rest was being hung up.
    await Promise.all([...this.#legs].map((leg) => leg.hangUp()))
    await Promise.all(this.#media.map((link) => link.close()))
    this.#sip.close()
  }

  #call<Leg extends ConnectedLeg>(plan: CallPlan<Leg>, mediaHost?: string): OutboundCall<Leg> {
    const call = new OutboundCall<Leg>(
      {
        sip: this.#sip,
        mediaServers: () => this.#byLoad(mediaHost),
        clock: this.#clock,
        log: this.#log,
      },
      {
        ...plan,
        answered: (parts) => {
          const leg = plan.answered(parts)
          this.#hold(leg)
          return leg
        },
      },
    )
    this.#dials.add(call)
    call.result.finally(() => this.#dials.delete(call)).catch(() => {})
    return call
  }

  #hold(leg: ConnectedLeg): void {
    this.#legs.add(leg)
    void leg.ended.then(() => leg.hangUp()).finally(() => this.#legs.delete(leg))
  }

  #byLoad(mediaHost?: string): readonly MediaLink[] {
    if (this.#closing !== null) return []
    return this.#media
      .filter((link) => link.up && (mediaHost === undefined || link.name === mediaHost))
      .toSorted((a, b) => a.endpoints - b.endpoints)
  }

  #changed(): void {
    if (this.up === this.#wasUp) return
    this.#wasUp = this.up
    for (const listener of this.#listeners) {
      try {
        listener(this.#wasUp)
      } catch (error) {
        logError(this.#log, error, 'a change of the telephony could not be taken in')
      }
    }
  }
}
