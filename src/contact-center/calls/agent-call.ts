import { UserError } from '#platform/errors/errors.ts'
import { failpoint } from '#platform/failpoint.ts'
import { type Log, logError } from '#platform/log.ts'
import type { DialAnswer, LegEnd, OutboundDial, SeatLeg, Telephony } from '#telephony/telephony.ts'
import type { SeatCall } from '../acd/seat-call.ts'
import type { ReservedSeat } from '../acd/seat-offer.ts'
import '../acd/seat-errors.ts'
import type { RecordingPlace } from '../recording/recording-place.ts'
import type { Claimed, Work, WorkSource } from '../work-source.ts'
import { attemptResult, type ResultRule } from './attempt-result.ts'
import type { AttemptResult } from './call-event.ts'
import { CallEvents, type CallEventsParts, failedEnd, neverDialled, refs } from './call-events.ts'
import { qualityOf } from './call-quality.ts'
import { CallRecording, placeOrNone } from './call-recording.ts'
import { partFromAgent, type Rate } from './hang-up-rating.ts'
import { SeatTalk, type SeatTalkParts, type TalkEnd } from './seat-talk.ts'

export interface AgentCallParts extends CallEventsParts, SeatTalkParts {
  readonly telephony: Pick<Telephony, 'dial' | 'openRoom'>
  readonly work: Pick<WorkSource, 'begin' | 'release'>
  readonly resultRules: () => readonly ResultRule[]
  /** Where this attempt is recorded: its path is the media server's too, and its folder exists. */
  readonly recordingPlace: (attemptId: string) => Promise<RecordingPlace>
  /**
   * Resolves when what has been journaled of the attempt is in the rows, and so on the seat's page, or after a short time of its own:
   * a call does not wait for a database that is away.
   */
  readonly shown: (attemptId: string) => Promise<void>
  readonly rate: Rate
}

/**
 * One attempt whose seat is reserved, from claim to end: gate once more, INVITE, recording, room. Each step is an event
 * in the journal; the rows of attempt, reservation and seat follow from there. Resolves when the last is fsynced.
 */
export async function callForSeat(parts: AgentCallParts, claimed: Claimed, seat: ReservedSeat): Promise<void> {
  const call = new AgentCall(parts, claimed, seat)
  try {
    await call.run()
  } finally {
    call.leave()
  }
  await call.written()
}

/** The commands of the seat reach this until somebody answers, and from then on the talk. */
class AgentCall implements SeatCall {
  readonly #parts: AgentCallParts
  readonly #claimed: Claimed
  readonly #seat: ReservedSeat
  readonly #events: CallEvents
  readonly #log: Log
  readonly #leaveSeat: () => void
  #dial: OutboundDial | null = null
  /** The leg that waits for the patient. */
  #agent: SeatLeg | null
  #talk: SeatTalk | null = null
  #hangingUp = false
  #vacant = false

  constructor(parts: AgentCallParts, claimed: Claimed, seat: ReservedSeat) {
    this.#parts = parts
    this.#claimed = claimed
    this.#seat = seat
    this.#events = new CallEvents(parts, claimed, seat.callId)
    this.#log = parts.log.child({ attemptId: claimed.attemptId, callId: seat.callId, seatId: seat.seatId })
    this.#agent = parts.seats.leg(seat.seatId)
    this.#leaveSeat = parts.seats.enter(seat.seatId, this)
  }

  async run(): Promise<void> {
    failpoint('reserved')
    const begun = await this.#begin()
    if (!begun.ok) {
      this.#events.write({ type: 'not_dialled', reason: begun.reason })
      this.#log.info({ reason: begun.reason }, 'not dialled: the seat is free again')
      return
    }
    const recordingPlace = this.#parts.recordingPlace(this.#claimed.attemptId)
    // Awaited once somebody has answered; a failure is told there.
    recordingPlace.catch(() => {})
    const result = await this.#dialPatient(begun.work)
    if (!result.answered) {
      this.#events.write(failedEnd(result, attemptResult(result, this.#parts.resultRules())))
      this.#log.info({ cause: result.cause, sipStatus: result.sipStatus, q850: result.q850 }, 'not answered')
      return
    }
    await this.#carry(result, recordingPlace)
  }

  async hangUp(): Promise<void> {
    this.#hangingUp = true
    this.#dial?.cancel()
  }

  async release(by: string, reason: string): Promise<void> {
    this.#events.write({ type: 'released', by, reason })
    await this.hangUp()
  }

  vacate(): void {
    this.#vacant = true
    this.#dial?.cancel()
  }

  hold = noCall
  resume = noCall
  sendDigits = noCall
  supervise = noCall
  unsupervise = async (): Promise<void> => {}
  takeOver = noCall

  /** @throws what the journal threw, when an event could not be made durable (disk full) */
  written(): Promise<void> {
    return this.#events.written()
  }

  /** After the call nobody but the seat itself looks after the leg: its end in the call's last moments is told to it. */
  leave(): void {
    this.#leaveSeat()
    if (this.#talk !== null) this.#talk.leave()
    else if (this.#agent !== null && this.#agent.end !== null) {
      this.#parts.seats.legLost(this.#seat.seatId, this.#agent)
    }
  }

  /** Gives the attempt back where the seat has nobody to speak any more. */
  async #begin(): ReturnType<WorkSource['begin']> {
    const { work, lease } = this.#parts
    try {
      if (this.#agent === null || this.#agent.end !== null || this.#hangingUp || this.#vacant) {
        await work.release([this.#claimed.attemptId], lease)
        if (this.#vacant) return { ok: false, reason: 'agent_gone' }
        return { ok: false, reason: this.#hangingUp ? 'agent_hung_up' : 'phone_lost' }
      }
      return await work.begin(this.#claimed, lease)
    } catch (error) {
      // Whether the database has begun it or not, the attempt is over.
      this.#events.write(neverDialled)
      throw error
    }
  }

  async #dialPatient({ attemptId, number, trunk, ringTimeoutMs }: Work) {
    const { telephony } = this.#parts
    const { callId, mediaHost } = this.#seat
    const order = { attemptId, callId, number, trunk, ringTimeoutMs, ...(mediaHost === null ? {} : { mediaHost }) }
    const dial = telephony.dial(order, {
      onInviteSent: (ref) => this.#events.write({ type: 'invited', ref: refs(ref) }, () => failpoint('invite-sent')),
      onRinging: (progress) => this.#events.write({ type: 'ringing', ...progress }, () => failpoint('ringing')),
    })
    this.#dial = dial
    if (this.#hangingUp || this.#vacant) dial.cancel()
    this.#watchAgent(dial)
    const result = await dial.result
    this.#dial = null
    return result
  }

  /** A patient who would find nobody is not called on; a page that was opened anew has brought its leg already. */
  #watchAgent(dial: OutboundDial): void {
    const agent = this.#agent
    void agent?.ended.then(() => {
      if (this.#dial !== dial) return
      const next = this.#parts.seats.leg(this.#seat.seatId)
      if (next === null || next === agent) return dial.cancel()
      this.#agent = next
      this.#watchAgent(dial)
    })
  }

  async #carry({ leg, sipStatus, earlyMedia }: DialAnswer, recordingPlace: Promise<RecordingPlace>): Promise<void> {
    const events = this.#events
    events.write({ type: 'answered', sipStatus, earlyMedia, ref: refs(leg.ref) }, () => {
      failpoint('answered')
      failpoint('seat-ringing')
    })
    const { seats } = this.#parts
    const agent = seats.leg(this.#seat.seatId) ?? this.#agent
    const talk = new SeatTalk({ ...this.#parts, log: this.#log }, { patient: leg, seat: this.#seat, agent, events })
    this.#talk = talk
    if (this.#hangingUp) void talk.hangUp()
    // Commanded now, awaited at the end.
    const recording = placeOrNone(recordingPlace, this.#log).then(
      (place) => new CallRecording(leg, place, events, this.#log),
    )
    let ended: TalkEnd = { bridged: false, agentLost: false, endedBy: null }
    try {
      await recording
      // The agent has read before the first word.
      await events.written().then(() => this.#parts.shown(this.#claimed.attemptId), ignore)
      ended = await talk.run()
      await partFromAgent(this.#parts.rate, { talk, ended, leg, seat: this.#seat, events, log: this.#log })
    } catch (error) {
      logError(this.#log, error, 'the call broke off')
    }
    if (ended.endedBy !== null) await leg.hangUp()
    const kept = await recording
    await kept.stop()
    await talk.close()
    await leg.hangUp()
    const closedAt = events.now()
    const quality = await qualityOf(leg)
    kept.tellClosed(closedAt, () => failpoint('recording-closed'))
    const end = leg.end ?? { by: 'lost', q850: null, at: this.#parts.clock.now() }
    events.write(
      {
        type: 'ended',
        result: talkResult(end, ended),
        hangupBy: end.by,
        sipStatus,
        sipReason: null,
        q850: end.q850,
        earlyMedia,
        ...quality,
        ...talk.seatLines,
      },
      ended.bridged ? () => failpoint('wrap-up') : undefined,
    )
    this.#log.info({ ...ended, by: end.by }, 'call over')
  }
}

/** What the telephone did; what the call came to, the agent says (outcome). */
export function talkResult(end: LegEnd, { bridged, agentLost }: TalkEnd): AttemptResult {
  if (end.by === 'lost') return 'restart'
  // Nobody was there for the patient: a call back is owed.
  return agentLost || !bridged ? 'abandoned' : 'completed'
}

async function noCall(): Promise<never> {
  throw new UserError('SEAT_NO_CALL')
}

function ignore(): void {}
