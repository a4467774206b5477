import { UserError } from '#platform/errors/errors.ts'
import { failpoint } from '#platform/failpoint.ts'
import { type Log, logError } from '#platform/log.ts'
import type { DialAnswer, LegEnd, OutboundDial, PatientLeg, Room, SeatLeg, Telephony } from '#telephony/telephony.ts'
import type { SeatCall } from '../acd/seat-call.ts'
import type { ReservedSeat } from '../acd/seat-offer.ts'
import '../acd/seat-errors.ts'
import type { Work, WorkSource } from '../work-source.ts'
import { attemptResult, type ResultRule } from './attempt-result.ts'
import type { AttemptResult } from './call-event.ts'
import { CallEvents, type CallEventsParts, failedEnd, neverDialled, refs } from './call-events.ts'
import { CallRecording, pathOrNone } from './call-recording.ts'

/** The seats, as a call needs them. */
export interface CallSeats {
  leg(seatId: string): SeatLeg | null
  /** Rings the lost phone until it is lifted; null when it was not in time, or `giveUp` came first. */
  ringBack(seatId: string, withinMs: number, giveUp: Promise<unknown>): Promise<SeatLeg | null>
  /** Commands of the seat reach this call until the returned function is called. */
  enter(seatId: string, call: SeatCall): () => void
  /** A leg that ended and of which no event of the call tells. */
  legLost(seatId: string, leg: SeatLeg): void
  hangUp(seatId: string): Promise<void>
}

export interface AgentCallParts extends CallEventsParts {
  readonly telephony: Pick<Telephony, 'dial' | 'openRoom'>
  readonly work: Pick<WorkSource, 'begin' | 'release'>
  readonly seats: CallSeats
  readonly log: Log
  readonly resultRules: () => readonly ResultRule[]
  /** Absolute path on the media server for this attempt's recording. Its folder exists. */
  readonly recordingPath: (attemptId: string) => Promise<string>
  /**
   * Resolves when what has been journaled is in the rows, and so on the seat's page, or after a short time of its own:
   * a call does not wait for a database that is away.
   */
  readonly shown: () => Promise<void>
  /** What a patient hears whose agent is lost; null where there is no such prompt. */
  readonly apology: string | null
}

/** How long the patient hears music while the agent's phone is rung again (architecture §4). */
export const comeBackMs = 30_000

/**
 * One attempt whose seat is reserved, from claim to end: gate once more, INVITE, recording, room. Each step is an event
 * in the journal; the rows of attempt, reservation and seat follow from there. Resolves when the last is fsynced.
 */
export async function callForSeat(parts: AgentCallParts, work: Work, seat: ReservedSeat): Promise<void> {
  const call = new AgentCall(parts, work, seat)
  const leave = parts.seats.enter(seat.seatId, call)
  try {
    await call.run()
  } finally {
    leave()
    call.tellSeatOfLeg()
  }
  await call.written()
}

class AgentCall implements SeatCall {
  readonly #parts: AgentCallParts
  readonly #work: Work
  readonly #seat: ReservedSeat
  readonly #events: CallEvents
  readonly #log: Log
  /** Holding and resuming, one after the other. */
  #commands: Promise<unknown> = Promise.resolve()
  #dial: OutboundDial | null = null
  #patient: PatientLeg | null = null
  #room: Room | null = null
  /** The leg that is, or last was, in the call or waited for it. */
  #agent: SeatLeg | null
  /** Its end has been told by an event. */
  #told = false
  #together = false
  #held = false
  #hangingUp = false

  constructor(parts: AgentCallParts, work: Work, seat: ReservedSeat) {
    this.#parts = parts
    this.#work = work
    this.#seat = seat
    this.#events = new CallEvents(parts, work, seat.callId)
    this.#log = parts.log.child({ attemptId: work.attemptId, callId: seat.callId, seatId: seat.seatId })
    this.#agent = parts.seats.leg(seat.seatId)
  }

  async run(): Promise<void> {
    failpoint('reserved')
    const refusal = await this.#begin()
    if (refusal !== null) {
      this.#events.write({ type: 'not_dialled', reason: refusal })
      this.#log.info({ reason: refusal }, 'not dialled: the seat is free again')
      return
    }
    const recordingPath = this.#parts.recordingPath(this.#work.attemptId)
    // Awaited once somebody has answered; a failure is told there.
    recordingPath.catch(() => {})
    const result = await this.#dialPatient()
    if (!result.answered) {
      this.#events.write(failedEnd(result, attemptResult(result, this.#parts.resultRules())))
      this.#log.info({ cause: result.cause, sipStatus: result.sipStatus, q850: result.q850 }, 'not answered')
      return
    }
    await this.#carry(result, recordingPath)
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

  async hangUp(): Promise<void> {
    this.#hangingUp = true
    this.#dial?.cancel()
    await this.#patient?.hangUp()
  }

  /** @throws what the journal threw, when an event could not be made durable (disk full) */
  written(): Promise<void> {
    return this.#events.written()
  }

  /** After the call nobody but the seat itself looks after the leg: its end in the call's last moments is told to it. */
  tellSeatOfLeg(): void {
    if (this.#agent !== null && this.#agent.end !== null && !this.#told) {
      this.#parts.seats.legLost(this.#seat.seatId, this.#agent)
    }
  }

  /** @returns why nothing may be dialled, or null */
  async #begin(): Promise<string | null> {
    const { work, lease } = this.#parts
    const { attemptId } = this.#work
    try {
      if (this.#agent === null || this.#agent.end !== null || this.#hangingUp) {
        await work.release([attemptId], lease)
        return this.#hangingUp ? 'agent_hung_up' : 'phone_lost'
      }
      const gate = await work.begin(attemptId, lease)
      return gate.ok ? null : gate.reason
    } catch (error) {
      // Whether the database has begun it or not, the attempt is over.
      this.#events.write(neverDialled)
      throw error
    }
  }

  async #dialPatient() {
    const { telephony } = this.#parts
    const { attemptId, number, trunk, ringTimeoutMs } = this.#work
    const { callId, mediaHost } = this.#seat
    const order = { attemptId, callId, number, trunk, ringTimeoutMs, ...(mediaHost === null ? {} : { mediaHost }) }
    const dial = telephony.dial(order, {
      onInviteSent: (ref) => this.#events.write({ type: 'invited', ref: refs(ref) }, () => failpoint('invite-sent')),
      onRinging: (progress) => this.#events.write({ type: 'ringing', ...progress }, () => failpoint('ringing')),
    })
    this.#dial = dial
    if (this.#hangingUp) dial.cancel()
    // A patient who would find nobody is not called on.
    let over = false
    void this.#agent?.ended.then(() => {
      if (!over) dial.cancel()
    })
    const result = await dial.result
    over = true
    this.#dial = null
    return result
  }

  async #carry({ leg, sipStatus, earlyMedia }: DialAnswer, recordingPath: Promise<string>): Promise<void> {
    this.#patient = leg
    this.#events.write({ type: 'answered', sipStatus, earlyMedia, ref: refs(leg.ref) }, () => {
      failpoint('answered')
      failpoint('seat-ringing')
    })
    if (this.#hangingUp) void leg.hangUp()
    // Commanded now, awaited at the end.
    const recording = pathOrNone(recordingPath, this.#log).then(
      (path) => new CallRecording(leg, path, this.#events, this.#log),
    )
    const room = this.#parts.telephony.openRoom(leg)
    this.#room = room
    let talk: Talk = { bridged: false, agentLost: false }
    try {
      await recording
      // The agent has read before the first word.
      await this.#events.written().then(() => this.#parts.shown(), ignore)
      talk = await this.#talk(leg, room)
    } catch (error) {
      logError(this.#log, error, 'the call broke off')
    }
    this.#together = false
    this.#room = null
    await (await recording).stop()
    await room.close()
    await leg.hangUp()
    await (await recording).tellClosed(() => failpoint('recording-closed'))
    const end = leg.end ?? { by: 'lost', q850: null, at: this.#parts.clock.now() }
    this.#events.write(
      {
        type: 'ended',
        result: resultOf(end, talk),
        hangupBy: end.by,
        sipStatus,
        sipReason: null,
        q850: end.q850,
        earlyMedia,
      },
      talk.bridged ? () => failpoint('wrap-up') : undefined,
    )
    this.#log.info({ ...talk, by: end.by }, 'call over')
  }

  /** Until the patient's leg ends, or the agent is lost for good. */
  async #talk(patient: PatientLeg, room: Room): Promise<Talk> {
    const { seatId, agentId } = this.#seat
    let bridged = false
    for (let agent = this.#agent; agent !== null; agent = await this.#comeBack(patient)) {
      this.#agent = agent
      this.#told = false
      if (!(await this.#enter(room, patient, agent, bridged))) {
        // Not the phone's fault, nor the patient's: nothing to wait for.
        if (agent.end === null) return { bridged, agentLost: false }
      } else {
        bridged = true
        this.#together = true
        this.#events.write({ type: 'bridged', seatId, agentId, ref: refs(agent.ref) }, () => failpoint('talking'))
        await Promise.race([patient.ended, agent.ended])
        this.#together = false
      }
      if (patient.end !== null) return { bridged, agentLost: false }
      this.#told = true
      this.#held = false
      this.#events.write({ type: 'agent_left', reason: 'phone_lost' })
      this.#log.warn('the agent’s phone was lost in a call; it is rung again')
      await this.#commands
      await room.leaveSeat().catch((error: unknown) => logError(this.#log, error, 'no music for the patient who waits'))
    }
    if (patient.end !== null) return { bridged, agentLost: false }
    this.#events.write({ type: 'agent_left', reason: 'not_back' })
    await this.#apologise(patient, room)
    return { bridged, agentLost: true }
  }

  async #comeBack(patient: PatientLeg): Promise<SeatLeg | null> {
    return this.#parts.seats.ringBack(this.#seat.seatId, comeBackMs, patient.ended)
  }

  /** @returns whether patient and agent are together */
  async #enter(room: Room, patient: PatientLeg, agent: SeatLeg, again: boolean): Promise<boolean> {
    if (patient.end !== null || agent.end !== null) return false
    try {
      if (again) await room.joinSeat(agent)
      else await room.join(patient, agent)
      return true
    } catch (error) {
      if (patient.end === null && agent.end === null) logError(this.#log, error, 'patient and agent did not meet')
      // The rows know of no leg since the first was lost.
      if (again && agent.end === null) await this.#parts.seats.hangUp(this.#seat.seatId)
      return false
    }
  }

  async #apologise(patient: PatientLeg, room: Room): Promise<void> {
    const { apology } = this.#parts
    if (apology === null) return
    try {
      await room.releasePatient()
      await patient.play(apology)
    } catch (error) {
      logError(this.#log, error, 'no apology for the patient whose agent was lost')
    }
  }

  #command(act: (room: Room) => Promise<void>): Promise<void> {
    const done = this.#commands.then(async () => {
      if (!this.#together || this.#room === null) throw new UserError('SEAT_NO_CALL')
      await act(this.#room)
    })
    this.#commands = done.catch(ignore)
    return done
  }
}

interface Talk {
  readonly bridged: boolean
  readonly agentLost: boolean
}

/** What the telephone did; what the call came to, the agent says (outcome). */
function resultOf(end: LegEnd, { bridged, agentLost }: Talk): AttemptResult {
  if (end.by === 'lost') return 'restart'
  // Nobody was there for the patient: a call back is owed.
  return agentLost || !bridged ? 'abandoned' : 'completed'
}

function ignore(): void {}
