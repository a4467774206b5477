import type { Clock } from '#platform/clock.ts'
import { OperationalError, UnexpectedError } from '#platform/errors/errors.ts'
import { type Log, logError } from '#platform/log.ts'
import { ConnectedLeg } from './connected-leg.ts'
import type { MediaLink } from './media-link.ts'
import type { AnsweredLeg } from './patient-leg.ts'
import { RoomMember } from './room-member.ts'
import type { PatientLeg, Room, SeatLeg } from './telephony.ts'

export interface ConferenceRoomParts {
  readonly patient: AnsweredLeg
  /** The media server that both are on. */
  readonly link: MediaLink
  readonly holdMusic: string
  readonly clock: Clock
  readonly log: Log
}

/**
 * One call's conference. There is no leg that controls it: members join by its name, muted, and are unmuted when who
 * hears whom is settled (the matrix); that is said anew after each join, since relations die with a membership.
 *
 * With a patient and an agent the matrix is: both hear each other; or the patient waits (on hold, or nobody there): deaf,
 * mute, and with music that is played to that member alone.
 * Source: architecture §4, telephony-protocols §4.2, §10.
 */
export class ConferenceRoom implements Room {
  readonly callId: string
  readonly #parts: ConferenceRoomParts
  readonly #name: string
  #patient: RoomMember | null = null
  #seat: RoomMember | null = null
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
      const { patient, link, holdMusic, clock, log } = this.#parts
      const member = new RoomMember({ room: this.#name, party: 'patient', leg: patient, link, holdMusic, clock, log })
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
      const members = [this.#patient, this.#seat]
      this.#patient = null
      this.#seat = null
      await Promise.all(members.map((member) => member?.leave()))
    }).catch((error: unknown) => logError(this.#parts.log, error, 'a room could not be closed in order'))
  }

  async #meet(seat: SeatLeg): Promise<void> {
    if (this.#closed) throw new UnexpectedError('ROOM_CLOSED')
    const { patient } = this.#parts
    if (!(seat instanceof ConnectedLeg)) throw new UnexpectedError('ROOM_FOREIGN_LEG')
    if (seat.endpoint.mediaHost !== patient.endpoint.mediaHost) {
      const hosts = { patientHost: patient.endpoint.mediaHost, seatHost: seat.endpoint.mediaHost }
      throw new UnexpectedError('ROOM_ELSEWHERE', hosts)
    }
    if (this.#seat !== null && this.#seat.leg !== seat) {
      const before = this.#seat
      this.#seat = null
      await before.leave()
    }
    const newcomers: RoomMember[] = []
    const enter = async (leg: ConnectedLeg, party: 'patient' | 'agent') => {
      const { link, holdMusic, clock, log } = this.#parts
      const member = new RoomMember({ room: this.#name, party, leg, link, holdMusic, clock, log })
      newcomers.push(member)
      await member.enter()
      return member
    }
    try {
      const entries = await Promise.allSettled([
        this.#patient ?? enter(patient, 'patient'),
        this.#seat ?? enter(seat, 'agent'),
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

  /** Somebody is gone: hung up, or thrown out by someone else. */
  #left(member: RoomMember): void {
    if (member !== this.#patient && member !== this.#seat) return
    if (member === this.#patient) this.#patient = null
    else this.#seat = null
    if (!member.gone) this.#parts.log.warn({ channelUuid: member.leg.endpoint.uuid }, 'a channel left its room unasked')
    this.#move(() => this.#apply()).catch((error: unknown) =>
      logError(this.#parts.log, error, 'who stayed in a room could not be told to wait'),
    )
  }

  /** Makes the conference what it should be now. */
  async #apply(): Promise<void> {
    const waits = this.#held || this.#seat === null
    const hearing = waits ? 'music' : 'room'
    await Promise.all([this.#patient?.hear(hearing), this.#seat?.hear('room')])
  }

  #move(move: () => Promise<void>): Promise<void> {
    const turn = this.#moves.then(move)
    this.#moves = turn.catch(() => {})
    return turn
  }
}
