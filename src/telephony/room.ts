import type { Clock } from '#platform/clock.ts'
import { OperationalError, UnexpectedError, UserError } from '#platform/errors/errors.ts'
import { type Log, logError } from '#platform/log.ts'
import { ConnectedLeg } from './connected-leg.ts'
import type { MediaLink } from './media-link.ts'
import type { AnsweredLeg } from './patient-leg.ts'
import { RoomMember } from './room-member.ts'
import type { PatientLeg, Room, SeatLeg, SupervisionMode } from './telephony.ts'

export interface ConferenceRoomParts {
  readonly patient: AnsweredLeg
  /** The media server that both are on. */
  readonly link: MediaLink
  readonly holdMusic: string
  readonly clock: Clock
  readonly log: Log
}

interface Supervisor {
  readonly member: RoomMember
  mode: SupervisionMode
  /** Why this one had to go. */
  fault: unknown
}

/**
 * One call's conference. There is no leg that controls it: members join by its name, muted, and are unmuted when who
 * hears whom is settled (the matrix); that is said anew after each join, since relations die with a membership.
 *
 * With a patient and an agent the matrix is: both hear each other; or the patient waits (on hold, or nobody there): deaf,
 * mute, and with music that is played to that member alone. A supervisor hears the room; unless barging in, nobody but
 * the agent hears the supervisor, as relations towards everybody else say. While one is in, whoever joins is deaf as
 * well until these have been said.
 * Source: architecture §4, telephony-protocols §4.2, §10.
 */
export class ConferenceRoom implements Room {
  readonly callId: string
  readonly #parts: ConferenceRoomParts
  readonly #name: string
  #patient: RoomMember | null = null
  #seat: RoomMember | null = null
  readonly #supervisors = new Map<SeatLeg, Supervisor>()
  #held = false
  #closed = false
  /** The tail of the queue of moves. */
  #moves: Promise<unknown> = Promise.resolve()

  constructor(parts: ConferenceRoomParts) {
    const { callId } = parts.patient
    this.#parts = { ...parts, log: parts.log.child({ callId }) }
    this.callId = callId
    this.#name = `call-${callId}`
  }

  join(patient: PatientLeg, seat: SeatLeg): Promise<void> {
    return this.#move(async () => {
      if (patient !== this.#parts.patient) throw new UnexpectedError('ROOM_FOREIGN_LEG')
      await this.#meet(seat)
    })
  }

  wait(): Promise<void> {
    return this.#move(async () => {
      if (this.#closed) throw new UnexpectedError('ROOM_CLOSED')
      if (this.#patient !== null) return
      const member = this.#member(this.#parts.patient, 'patient', { deaf: false })
      try {
        await member.enter()
        this.#patient = member
        await this.#apply()
      } catch (error) {
        if (this.#patient === member) this.#patient = null
        await member.leave().catch(() => {})
        throw error
      }
      void member.left.then(() => this.#left(member))
    })
  }

  hold(): Promise<void> {
    return this.#move(async () => {
      this.#held = true
      await this.#apply()
    })
  }

  resume(): Promise<void> {
    return this.#move(async () => {
      this.#held = false
      await this.#apply()
    })
  }

  leaveSeat(): Promise<void> {
    return this.#move(async () => {
      const seat = this.#seat
      this.#seat = null
      await Promise.all([this.#apply(), seat?.leave()])
    })
  }

  joinSeat(seat: SeatLeg): Promise<void> {
    return this.#move(() => this.#meet(seat))
  }

  supervise(leg: SeatLeg, mode: SupervisionMode): Promise<void> {
    return this.#move(async () => {
      const supervisor = this.#supervisors.get(leg) ?? (await this.#admitSupervisor(leg, mode))
      supervisor.mode = mode
      try {
        await this.#apply()
        if (supervisor.fault !== null) throw supervisor.fault
        if (supervisor.member.gone) throw new OperationalError('ROOM_PARTY_GONE', { party: 'supervisor' })
      } catch (error) {
        await this.#dismiss(leg)
        throw error
      }
    })
  }

  unsupervise(leg: SeatLeg): Promise<void> {
    return this.#move(() => this.#dismiss(leg))
  }

  releasePatient(): Promise<void> {
    return this.#move(async () => {
      const patient = this.#patient
      this.#patient = null
      await patient?.leave()
    })
  }

  close(): Promise<void> {
    return this.#move(async () => {
      this.#closed = true
      const members = [this.#patient, this.#seat, ...this.#supervisorMembers]
      this.#patient = null
      this.#seat = null
      this.#supervisors.clear()
      await Promise.all(members.map((member) => member?.leave()))
    }).catch((error: unknown) => logError(this.#parts.log, error, 'a room could not be closed in order'))
  }

  async #meet(seat: SeatLeg): Promise<void> {
    const { patient } = this.#parts
    const leg = this.#ours(seat)
    if (leg.endpoint.mediaHost !== patient.endpoint.mediaHost) {
      const hosts = { patientHost: patient.endpoint.mediaHost, seatHost: leg.endpoint.mediaHost }
      throw new UnexpectedError('ROOM_ELSEWHERE', hosts)
    }
    if (this.#seat !== null && this.#seat.leg !== leg) {
      const before = this.#seat
      this.#seat = null
      await before.leave()
    }
    const newcomers: RoomMember[] = []
    const enter = async (one: ConnectedLeg, party: 'patient' | 'agent') => {
      const member = this.#member(one, party, { deaf: this.#supervisors.size > 0 })
      newcomers.push(member)
      await member.enter()
      return member
    }
    const promoted = this.#supervisors.get(seat)?.member
    if (promoted !== undefined) {
      this.#supervisors.delete(seat)
      newcomers.push(promoted)
    }
    try {
      const entries = await Promise.allSettled([
        this.#patient ?? enter(patient, 'patient'),
        this.#seat ?? promoted ?? enter(leg, 'agent'),
      ])
      const [patientMember, seatMember] = entries.map((entry) => {
        if (entry.status === 'rejected') throw entry.reason
        return entry.value
      })
      if (patientMember === undefined || seatMember === undefined) return
      this.#patient = patientMember
      this.#seat = seatMember
      this.#held = false
      await this.#apply()
      for (const { gone, party } of [patientMember, seatMember]) {
        if (gone) throw new OperationalError('ROOM_PARTY_GONE', { party })
      }
    } catch (error) {
      if (this.#patient !== null && newcomers.includes(this.#patient)) this.#patient = null
      if (this.#seat !== null && newcomers.includes(this.#seat)) this.#seat = null
      await Promise.allSettled(newcomers.map((member) => member.leave()))
      throw error
    }
    for (const member of newcomers) void member.left.then(() => this.#left(member))
  }

  /** In the room, deaf and mute, until the matrix is applied. */
  async #admitSupervisor(seat: SeatLeg, mode: SupervisionMode): Promise<Supervisor> {
    const leg = this.#ours(seat)
    const callHost = this.#parts.patient.endpoint.mediaHost
    const supervisorHost = leg.endpoint.mediaHost
    if (supervisorHost !== callHost) throw new UserError('SUPERVISION_OTHER_SERVER', { supervisorHost, callHost })
    if (this.#seat?.leg === leg) throw new UnexpectedError('ROOM_FOREIGN_LEG')
    const member = this.#member(leg, 'supervisor', { deaf: true })
    try {
      await member.enter()
    } catch (error) {
      await this.#takeOut(member)
      throw error
    }
    const supervisor: Supervisor = { member, mode, fault: null }
    this.#supervisors.set(seat, supervisor)
    void member.left.then(() => this.#left(member))
    return supervisor
  }

  async #dismiss(leg: SeatLeg): Promise<void> {
    const supervisor = this.#supervisors.get(leg)
    if (supervisor === undefined) return
    this.#supervisors.delete(leg)
    await this.#takeOut(supervisor.member)
  }

  /** Never rejects: one who cannot be sent out, and might be heard by the wrong ears, is hung up. */
  async #takeOut(member: RoomMember): Promise<void> {
    try {
      await member.leave()
    } catch (error) {
      logError(this.#parts.log, error, 'a supervisor could not be sent out of a room: that leg is hung up')
      await member.leg.hangUp()
    }
  }

  /** Somebody is gone: hung up, or thrown out by someone else. */
  #left(member: RoomMember): void {
    const supervisor = [...this.#supervisors].find(([, each]) => each.member === member)
    if (member !== this.#patient && member !== this.#seat && supervisor === undefined) return
    if (!member.gone) this.#parts.log.warn({ channelUuid: member.leg.endpoint.uuid }, 'a channel left its room unasked')
    if (supervisor !== undefined) {
      this.#supervisors.delete(supervisor[0])
      return
    }
    if (member === this.#patient) this.#patient = null
    else this.#seat = null
    this.#move(() => this.#apply()).catch((error: unknown) =>
      logError(this.#parts.log, error, 'who stayed in a room could not be told to wait'),
    )
  }

  /**
   * Makes the conference what it should be now. Supervisors are hidden from whoever is not to hear them before an ear
   * is opened; one of whom that cannot be said is sent out, and the call goes on.
   */
  async #apply(): Promise<void> {
    const waits = this.#held || this.#seat === null
    const [patient, seat] = [this.#patient, this.#seat]
    const supervisors = [...this.#supervisors]
    const hidden = Promise.all(supervisors.map((each) => this.#settle(each, (one) => this.#hide(one))))
    const opened = hidden.then(() =>
      Promise.all(supervisors.map((each) => this.#settle(each, ({ member, mode }) => open(member, mode)))),
    )
    await Promise.all([
      waits ? patient?.hear('music') : hidden.then(() => patient?.hear('room')),
      // Who has taken over was hidden before.
      seat?.hideFrom([]).then(() => seat.hear('room')),
      opened,
    ])
  }

  async #hide({ member, mode }: Supervisor): Promise<void> {
    if (mode === 'monitor') await member.hush()
    const patient = this.#patient === null ? [] : [this.#patient]
    const others = [...patient, ...this.#supervisorMembers].filter((other) => other !== member)
    await member.hideFrom(mode === 'barge' ? [] : others)
  }

  async #settle([leg, supervisor]: [SeatLeg, Supervisor], how: (one: Supervisor) => Promise<void>): Promise<void> {
    if (this.#supervisors.get(leg) !== supervisor) return
    try {
      await how(supervisor)
    } catch (error) {
      logError(this.#parts.log, error, 'a supervisor could not be given the right ears, and leaves the call')
      supervisor.fault = error
      await this.#dismiss(leg)
    }
  }

  get #supervisorMembers(): readonly RoomMember[] {
    return [...this.#supervisors.values()].map(({ member }) => member)
  }

  #member(leg: ConnectedLeg, party: RoomMember['party'], { deaf }: { readonly deaf: boolean }): RoomMember {
    const { link, holdMusic, clock, log } = this.#parts
    return new RoomMember({ room: this.#name, party, leg, deaf, link, holdMusic, clock, log })
  }

  #ours(leg: SeatLeg): ConnectedLeg {
    if (this.#closed) throw new UnexpectedError('ROOM_CLOSED')
    if (!(leg instanceof ConnectedLeg)) throw new UnexpectedError('ROOM_FOREIGN_LEG')
    return leg
  }

  #move(move: () => Promise<void>): Promise<void> {
    const turn = this.#moves.then(move)
    this.#moves = turn.catch(() => {})
    return turn
  }
}

function open(member: RoomMember, mode: SupervisionMode): Promise<void> {
  return mode === 'monitor' ? member.overhear() : member.hear('room')
}
