import type { ReservedSeat } from '../../../src/contact-center/acd/seat-offer.ts'
import { OperationalError, UserError } from '../../../src/platform/errors/errors.ts'
import { newId } from '../../../src/platform/ids.ts'
import type {
  DialAnswer,
  DialFailure,
  DialHooks,
  DialOrder,
  Digit,
  IncomingSeatCall,
  LegEnd,
  LegRef,
  LiveLeg,
  MachineCue,
  OutboundDial,
  PatientLeg,
  Room,
  SeatAnswer,
  SeatAnswerOrder,
  SeatCallOrder,
  SeatDial,
  SeatLeg,
  SupervisionMode,
} from '../../../src/telephony/telephony.ts'
import '../../../src/telephony/telephony-errors.ts'

export const noLeg: LegRef = {
  sipCallId: null,
  inviteTransaction: null,
  dialogId: null,
  localTag: null,
  remoteTag: null,
  channelUuid: null,
  mediaHost: null,
}

const failure = { answered: false, sipReason: null, q850: null, earlyMedia: false, rang: false, ref: noLeg } as const

class FakeLeg {
  readonly ref: LegRef = { ...noLeg, channelUuid: newId(), dialogId: newId(), mediaHost: '127.0.0.9' }
  readonly ended: Promise<LegEnd>
  end: LegEnd | null = null
  #resolve: (end: LegEnd) => void = () => {}

  constructor() {
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  endBy(by: LegEnd['by']): void {
    if (this.end !== null) return
    this.end = { by, q850: null, at: new Date() }
    this.#resolve(this.end)
  }

  async hangUp(): Promise<void> {
    this.endBy('hospital')
  }
}

export class FakeSeatLeg extends FakeLeg implements SeatLeg {
  readonly seatId: string
  /** What its line is said to be like, whenever it is measured. */
  line: ReturnType<ReturnType<SeatLeg['measureLine']>> = null

  constructor(seatId: string) {
    super()
    this.seatId = seatId
  }

  measureLine(): () => FakeSeatLeg['line'] {
    return () => this.line
  }
}

export class FakePatientLeg extends FakeLeg implements PatientLeg {
  readonly callId: string
  readonly attemptId: string
  readonly heard: string[] = []

  constructor({ callId, attemptId }: DialOrder) {
    super()
    this.callId = callId
    this.attemptId = attemptId
  }

  readonly #listeners: ((digit: Digit) => void)[] = []

  onDigit(listener: (digit: Digit) => void): void {
    this.#listeners.push(listener)
  }
  press(digit: string): void {
    for (const listener of this.#listeners) listener({ digit, durationMs: 0, at: new Date() })
  }
  #machineCue: (cue: MachineCue) => void = () => {}

  onMachineCue(listener: (cue: MachineCue) => void): void {
    this.#machineCue = listener
  }
  soundLike(cue: MachineCue): void {
    this.#machineCue(cue)
  }
  async play(path: string): Promise<'completed' | 'ended'> {
    this.heard.push(path)
    return this.end === null ? 'completed' : 'ended'
  }
  async stopPlaying(): Promise<void> {}
  async flushDigits(): Promise<void> {}
  async sendDigits(digits: string): Promise<void> {
    this.heard.push(`keys ${digits}`)
  }
  async startRecording(path: string): Promise<void> {
    this.heard.push(`recording ${path}`)
  }
  async stopRecording(): Promise<void> {}
  async quality(): Promise<null> {
    return null
  }
}

/** One dial of a patient, as the far end answers it. */
export class FakeDial implements OutboundDial {
  readonly order: DialOrder
  readonly result: Promise<DialAnswer | DialFailure>
  leg: FakePatientLeg | null = null
  over = false
  /** It crosses a CANCEL. */
  answersAllTheSame = false
  readonly #hooks: DialHooks
  #resolve: (result: DialAnswer | DialFailure) => void = () => {}

  constructor(order: DialOrder, hooks: DialHooks) {
    this.order = order
    this.#hooks = hooks
    this.result = new Promise((resolve) => {
      this.#resolve = resolve
    })
    hooks.onInviteSent(noLeg)
  }

  ring(): void {
    if (!this.over) this.#hooks.onRinging({ sipStatus: 180, earlyMedia: false })
  }

  answer(): FakePatientLeg {
    this.leg = new FakePatientLeg(this.order)
    this.#settle({ answered: true, leg: this.leg, sipStatus: 200, earlyMedia: false })
    return this.leg
  }

  refuse(sipStatus: number): void {
    this.#settle({ ...failure, cause: 'refused', sipStatus })
  }

  cancel(): void {
    if (!this.answersAllTheSame) this.#settle({ ...failure, cause: 'cancelled', sipStatus: 487 })
  }

  #settle(result: DialAnswer | DialFailure): void {
    if (this.over) return
    this.over = true
    this.#resolve(result)
  }
}

/** A desk phone that rings. */
export class FakeRing implements SeatDial {
  readonly order: SeatCallOrder
  readonly result: Promise<SeatAnswer>
  over = false
  #resolve: (answer: SeatAnswer) => void = () => {}

  constructor(order: SeatCallOrder) {
    this.order = order
    this.result = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  lift(): FakeSeatLeg {
    const leg = new FakeSeatLeg(this.order.seatId)
    this.#settle({ answered: true, leg })
    return leg
  }

  refuse(): void {
    this.#settle({ ...failure, cause: 'refused', sipStatus: 486 })
  }

  cancel(): void {
    this.#settle({ ...failure, cause: 'cancelled', sipStatus: 487 })
  }

  #settle(answer: SeatAnswer): void {
    if (this.over) return
    this.over = true
    this.#resolve(answer)
  }
}

/** A browser phone that calls in. */
export class FakeSeatCall implements IncomingSeatCall {
  readonly extension: string
  /** What it was told. */
  refused: number | null = null
  order: SeatAnswerOrder | null = null
  leg: FakeSeatLeg | null = null

  constructor(extension: string) {
    this.extension = extension
  }

  async accept(order: SeatAnswerOrder): Promise<FakeSeatLeg> {
    if (this.refused !== null || this.leg !== null) throw new OperationalError('SEAT_CALL_GONE')
    this.order = order
    this.leg = new FakeSeatLeg(order.seatId)
    return this.leg
  }

  refuse(status: 403 | 480 | 486): void {
    if (this.leg === null) this.refused ??= status
  }

  /** The page closes before anybody has answered. */
  giveUp(): void {
    this.refused ??= 487
  }
}

export class FakeRoom implements Room {
  readonly callId: string
  readonly moves: string[] = []
  /** Who supervises how. */
  readonly supervisors = new Map<SeatLeg, SupervisionMode>()

  constructor(callId: string) {
    this.callId = callId
  }

  async join(patient: PatientLeg, seat: SeatLeg): Promise<void> {
    if (patient.end !== null || seat.end !== null) throw new UserError('SEAT_NO_CALL')
    this.moves.push('join')
  }
  async wait(): Promise<void> {
    this.moves.push('wait')
  }
  async hold(): Promise<void> {
    this.moves.push('hold')
  }
  async resume(): Promise<void> {
    this.moves.push('resume')
  }
  async leaveSeat(): Promise<void> {
    this.moves.push('leaveSeat')
  }
  async joinSeat(seat: SeatLeg): Promise<void> {
    if (seat.end !== null) throw new UserError('SEAT_NO_CALL')
    this.supervisors.delete(seat)
    this.moves.push('joinSeat')
  }
  async supervise(leg: SeatLeg, mode: SupervisionMode): Promise<void> {
    if (leg.end !== null) throw new OperationalError('ROOM_PARTY_GONE', { party: 'supervisor' })
    this.supervisors.set(leg, mode)
    this.moves.push(`supervise ${mode}`)
    void leg.ended.then(() => this.supervisors.delete(leg))
  }
  async unsupervise(leg: SeatLeg): Promise<void> {
    if (this.supervisors.delete(leg)) this.moves.push('unsupervise')
  }
  async releasePatient(): Promise<void> {
    this.moves.push('releasePatient')
  }
  async close(): Promise<void> {
    this.supervisors.clear()
    this.moves.push('close')
  }
}

/** Telephony as one node sees it: a test answers, lifts, hangs up. */
export class FakeTelephony {
  readonly up = true
  readonly dials: FakeDial[] = []
  readonly rings: FakeRing[] = []
  readonly rooms = new Map<string, FakeRoom>()
  readonly ended: LegRef[] = []
  #onSeatCall: (call: IncomingSeatCall) => void = (call) => call.refuse(480)

  onUpChange(): void {}

  dial(order: DialOrder, hooks: DialHooks): FakeDial {
    const dial = new FakeDial(order, hooks)
    this.dials.push(dial)
    return dial
  }

  callSeat(order: SeatCallOrder): FakeRing {
    const ring = new FakeRing(order)
    this.rings.push(ring)
    return ring
  }

  openRoom(patient: PatientLeg): FakeRoom {
    const room = new FakeRoom(patient.callId)
    this.rooms.set(patient.callId, room)
    return room
  }

  onSeatCall(handler: (call: IncomingSeatCall) => void): void {
    this.#onSeatCall = handler
  }

  /** A browser phone calls in; without anybody who takes the call it is told 480, as by the real one. */
  callIn(extension: string): FakeSeatCall {
    const call = new FakeSeatCall(extension)
    this.#onSeatCall(call)
    return call
  }

  /** Channels that the servers carry and no process holds. */
  readonly strays: LiveLeg[] = []

  async liveLegs(): Promise<readonly LiveLeg[]> {
    return this.strays
  }

  async endLeg(ref: LegRef): Promise<void> {
    this.ended.push(ref)
  }

  /** The phone of this seat that rings now. */
  ringAt(seatId: string): FakeRing | undefined {
    return this.rings.find((ring) => ring.order.seatId === seatId && !ring.over)
  }

  dialOf(seat: Pick<ReservedSeat, 'callId'>): FakeDial | undefined {
    return this.dials.find(({ order }) => order.callId === seat.callId)
  }
}
