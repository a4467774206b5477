import { UserError } from '#platform/errors/errors.ts'
import { failpoint } from '#platform/failpoint.ts'
import { type Log, logError } from '#platform/log.ts'
import type { PatientLeg, Room, SeatLeg, Telephony } from '#telephony/telephony.ts'
import type { SeatCall, Supervising, TakingOver } from '../acd/seat-call.ts'
import type { ReservedSeat } from '../acd/seat-offer.ts'
import { CallSupervisors } from '../supervision/call-supervisors.ts'
import '../acd/seat-errors.ts'
import { type CallEvents, refs } from './call-events.ts'
import type { CallSeats } from './call-seats.ts'
import { SeatLines } from './seat-lines.ts'

export interface SeatTalkParts {
  readonly telephony: Pick<Telephony, 'openRoom'>
  readonly seats: CallSeats
  readonly log: Log
  /** The file that a patient hears whose agent is lost. */
  readonly apology: () => string
}

/** An answered patient whom a seat is waiting for, or who has been handed to one. */
export interface TalkOrder {
  readonly patient: PatientLeg
  readonly seat: ReservedSeat
  /** The seat's leg. */
  readonly agent: SeatLeg | null
  readonly events: CallEvents
  /** Where the patient waits already; absent: a room of its own. */
  readonly room?: Room
}

/** What became of it. */
export interface TalkEnd {
  /** Patient and agent were together. */
  readonly bridged: boolean
  /** The agent's phone was lost and did not come back, or nobody was at the seat. */
  readonly agentLost: boolean
  /** Who at the hospital ended it; null when the patient went, or the agent was lost. */
  readonly endedBy: 'agent' | 'supervisor' | null
}

/** How long the patient hears music while the agent's phone is awaited (architecture §4). */
export const comeBackMs = 30_000

interface Wanted {
  readonly to: TakingOver
  readonly done: PromiseWithResolvers<void>
}

/**
 * Patient and agent in one room, from the answer until nobody talks any more: hold and resume, the agent's phone lost
 * and back, supervisors in it, the call taken over by one. Whose call it is keeps recording, the patient's leg and the
 * call's last event. The commands of the seat reach it from its making until `leave`.
 */
export class SeatTalk implements SeatCall {
  readonly #parts: SeatTalkParts
  readonly #patient: PatientLeg
  readonly #events: CallEvents
  readonly #room: Room
  readonly #supervisors: CallSupervisors
  readonly #lines = new SeatLines()
  #seat: ReservedSeat
  /** The leg that is, or last was, in the call or waited for it. */
  #agent: SeatLeg | null
  /** It is a member of the room. */
  #inRoom: SeatLeg | null = null
  /** The end of that leg has been told by an event. */
  #told = false
  #bridged = false
  #together = false
  #held = false
  #closed = false
  #endedBy: TalkEnd['endedBy'] = null
  readonly #ending = Promise.withResolvers<void>()
  #wanted: Wanted | null = null
  #asked = Promise.withResolvers<void>()
  /** What is done to the room, one after the other. */
  #commands: Promise<unknown> = Promise.resolve()
  #leaveSeat: () => void

  constructor(parts: SeatTalkParts, { patient, seat, agent, events, room }: TalkOrder) {
    this.#parts = parts
    this.#patient = patient
    this.#seat = seat
    this.#agent = agent
    this.#events = events
    this.#room = room ?? parts.telephony.openRoom(patient)
    this.#supervisors = new CallSupervisors(events)
    this.#leaveSeat = parts.seats.enter(seat.seatId, this)
  }

  /** Until the patient's leg ends, somebody at the hospital ends the call, or the agent is lost for good. */
  async run(): Promise<TalkEnd> {
    let agentLost = this.#agent === null && !this.#isOver
    for (let agent = this.#agent; agent !== null; ) {
      this.#agent = agent
      if (this.#inRoom === agent || (await this.#enter(agent))) await this.#stay(agent)
      // Not the phone's fault, nor the patient's: nothing to wait for.
      else if (agent.end === null) break
      await this.#commands
      if (this.#isOver) break
      const next: SeatLeg | null = this.#wanted === null ? await this.#awaitAgent() : await this.#handOver(agent)
      agentLost = next === null && !this.#isOver
      agent = next
    }
    this.#lines.leave()
    if (agentLost) {
      this.#events.write({ type: 'agent_left', reason: 'not_back' })
      await this.#apologise()
    }
    return { bridged: this.#bridged, agentLost, endedBy: this.#endedBy }
  }

  /** Everybody leaves the room, and nobody can come in any more. Never rejects. */
  async close(): Promise<void> {
    this.#closed = true
    this.#together = false
    this.#lines.leave()
    this.#takeWanted()?.done.reject(new UserError('SEAT_NO_CALL'))
    this.#supervisors.close()
    await this.#room.close()
  }

  /** How the agents' own lines were; whole once it is closed. */
  get seatLines(): SeatLines['told'] {
    return this.#lines.told
  }

  /** After the call's last event: nobody but the seat itself looks after its leg now. */
  leave(): void {
    this.#leaveSeat()
    this.#tellSeatOfLeg()
  }

  /** The patient is alone with the machine again; nobody talks any more. */
  async releasePatient(): Promise<void> {
    await this.#room.releasePatient()
  }

  async hold(): Promise<void> {
    await this.#command(async (room) => {
      if (this.#held) return
      await room.hold()
      this.#held = true
      this.#events.write({ type: 'held' }, () => failpoint('hold'))
    })
  }

  async resume(): Promise<void> {
    await this.#command(async (room) => {
      if (!this.#held) return
      await room.resume()
      this.#held = false
      this.#events.write({ type: 'resumed' })
    })
  }

  async sendDigits(digits: string): Promise<void> {
    await this.#command(async () => {
      await this.#patient.sendDigits(digits)
      this.#events.write({ type: 'digits_sent', count: digits.length })
    })
  }

  async hangUp(): Promise<void> {
    this.#end('agent')
  }

  async release(by: string, reason: string): Promise<void> {
    if (this.#isOver) throw new UserError('SEAT_NO_CALL')
    this.#events.write({ type: 'released', by, reason })
    this.#end('supervisor')
  }

  vacate(): void {
    if (!this.#bridged) this.#agent = null
  }

  async supervise(one: Supervising): Promise<void> {
    await this.#command((room) => this.#supervisors.come(room, one))
  }

  async unsupervise(supervisionId: string): Promise<void> {
    await this.#inTurn(() => this.#supervisors.leave(this.#room, supervisionId))
  }

  async takeOver(to: TakingOver): Promise<void> {
    if (this.#isOver || !this.#bridged || this.#wanted !== null) throw new UserError('SEAT_NO_CALL')
    const done = Promise.withResolvers<void>()
    this.#wanted = { to, done }
    this.#asked.resolve()
    await done.promise
  }

  get #isOver(): boolean {
    return this.#closed || this.#patient.end !== null || this.#endedBy !== null
  }

  #end(by: 'agent' | 'supervisor'): void {
    this.#endedBy ??= by
    this.#ending.resolve()
  }

  /** Patient and agent talk, or one of them is on hold. */
  async #stay(agent: SeatLeg): Promise<void> {
    this.#together = true
    await Promise.race([this.#patient.ended, this.#ending.promise, agent.ended, this.#asked.promise])
    this.#together = false
  }

  /** @returns whether patient and agent are together */
  async #enter(agent: SeatLeg): Promise<boolean> {
    if (this.#isOver || agent.end !== null) return false
    const { seatId, agentId } = this.#seat
    const again = this.#bridged
    this.#told = false
    try {
      if (again) await this.#room.joinSeat(agent)
      else await this.#room.join(this.#patient, agent)
    } catch (error) {
      if (this.#patient.end === null && agent.end === null) {
        logError(this.#parts.log, error, 'patient and agent did not meet')
      }
      // The rows know of no leg since the first was lost.
      if (again && agent.end === null) await this.#parts.seats.hangUp(seatId)
      return false
    }
    this.#inRoom = agent
    this.#lines.enter(agent, this.#seat)
    this.#bridged = true
    this.#held = false
    this.#events.write({ type: 'bridged', seatId, agentId, ref: refs(agent.ref) }, () => failpoint('talking'))
    return true
  }

  /** The patient hears music while the agent's phone is awaited. @returns null when it is not back in time */
  async #awaitAgent(): Promise<SeatLeg | null> {
    this.#inRoom = null
    this.#lines.leave()
    this.#held = false
    if (!this.#told) {
      this.#told = true
      this.#events.write({ type: 'agent_left', reason: 'phone_lost' })
      this.#parts.log.warn('the agent’s phone was lost in a call; it is awaited')
    }
    await this.#room
      .leaveSeat()
      .catch((error: unknown) => logError(this.#parts.log, error, 'no music for the patient who waits'))
    const back = await this.#parts.seats.comeBack({
      seatId: this.#seat.seatId,
      withinMs: comeBackMs,
      giveUp: Promise.race([this.#patient.ended, this.#ending.promise, this.#asked.promise]),
      mediaHost: this.#patient.ref.mediaHost,
    })
    return back === null && this.#wanted !== null && !this.#isOver ? this.#handOver(null) : back
  }

  /**
   * The supervisor's leg takes the agent's place.
   * @param before whose place it is, null where the agent's phone is awaited
   * @returns the leg that is in the call now, or is to come in
   */
  async #handOver(before: SeatLeg | null): Promise<SeatLeg | null> {
    const wanted = this.#takeWanted()
    if (wanted === null) return before
    const { to, done } = wanted
    try {
      await this.#supervisors.takenOver(this.#room, to.supervisionId)
      await this.#room.joinSeat(to.leg)
    } catch (error) {
      done.reject(error)
      this.#inRoom = null
      this.#lines.leave()
      if (this.#isOver) return null
      return before !== null && before.end === null ? before : this.#awaitAgent()
    }
    const fromSeatId = this.#seat.seatId
    this.#leaveSeat()
    this.#tellSeatOfLeg()
    this.#seat = to.seat
    this.#agent = to.leg
    this.#told = false
    this.#inRoom = to.leg
    this.#lines.enter(to.leg, to.seat)
    this.#held = false
    this.#leaveSeat = this.#parts.seats.enter(to.seat.seatId, this)
    const { supervisionId, reservationId, reason, seat, leg } = to
    const { seatId, agentId } = seat
    const ref = refs(leg.ref)
    this.#events.write({
      type: 'taken_over',
      supervisionId,
      reservationId,
      fromSeatId,
      seatId,
      agentId,
      reason,
      ref,
    })
    done.resolve()
    return to.leg
  }

  #takeWanted(): Wanted | null {
    const wanted = this.#wanted
    this.#wanted = null
    this.#asked = Promise.withResolvers<void>()
    return wanted
  }

  #tellSeatOfLeg(): void {
    if (this.#agent !== null && this.#agent.end !== null && !this.#told) {
      this.#parts.seats.legLost(this.#seat.seatId, this.#agent)
    }
  }

  async #apologise(): Promise<void> {
    try {
      await this.#room.releasePatient()
      await this.#patient.play(this.#parts.apology())
    } catch (error) {
      logError(this.#parts.log, error, 'no apology for the patient whose agent was lost')
    }
  }

  /** While both are in the call. */
  #command(act: (room: Room) => Promise<void>): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#together) throw new UserError('SEAT_NO_CALL')
      await act(this.#room)
    })
  }

  #inTurn(act: () => Promise<void>): Promise<void> {
    const done = this.#commands.then(act)
    this.#commands = done.catch(() => {})
    return done
  }
}
