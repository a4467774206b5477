import type { Clock } from '#platform/clock.ts'
import { type Log, logError } from '#platform/log.ts'
import type { PatientLeg, Room } from '#telephony/telephony.ts'
import type { Queue } from '../acd/queue.ts'
import type { QueueMatcher } from '../acd/queue-matcher.ts'
import type { ReservedSeat } from '../acd/seat-offer.ts'
import type { Work } from '../work-source.ts'
import type { CallEvents } from './call-events.ts'
import { partFromAgent, type Rate } from './hang-up-rating.ts'
import { waitForAgent } from './queue-wait.ts'
import { SeatTalk, type SeatTalkParts, type TalkEnd } from './seat-talk.ts'

export interface HandOverParts extends SeatTalkParts {
  readonly clock: Clock
  /** Where the patients of a campaign wait: by a queue's name, null for that of its own team; null where there is none. */
  readonly queueOf: (campaignId: string, name: string | null) => Queue | null
  readonly enter: QueueMatcher['enter']
  readonly rate: Rate
  /** Resolves when what has been journaled of the attempt is in the rows, or after a short time of its own. */
  readonly shown: (attemptId: string) => Promise<void>
}

/** The call of an answered patient. */
export interface HandedOver {
  readonly work: Work
  readonly leg: PatientLeg
  readonly events: CallEvents
  readonly log: Log
}

/** A patient alone with the machine, who may come to talk with an agent: waiting in the queue, and the talk. */
export class HandOver {
  readonly #parts: HandOverParts
  readonly #work: Work
  readonly #leg: PatientLeg
  readonly #events: CallEvents
  readonly #log: Log
  #room: Room | null = null
  #found: { readonly seat: ReservedSeat; readonly talk: SeatTalk } | null = null
  #leftAlone = false

  constructor(parts: HandOverParts, call: HandedOver) {
    this.#parts = parts
    this.#work = call.work
    this.#leg = call.leg
    this.#events = call.events
    this.#log = call.log
  }

  /** The patient hung up while waiting. */
  get leftAlone(): boolean {
    return this.#leftAlone
  }

  /** Has the patient wait. @returns whether an agent has the patient now. Never rejects */
  async transfer(name: string | null): Promise<boolean> {
    const { queueOf, enter, clock, telephony, seats } = this.#parts
    const queue = queueOf(this.#work.campaignId, name)
    const leg = this.#leg
    if (queue === null || leg.end !== null) return false
    try {
      this.#room ??= telephony.openRoom(leg)
      const { attemptId } = this.#work
      const wait = { attemptId, queue, leg, room: this.#room, events: this.#events, clock, log: this.#log, enter }
      const seat = await waitForAgent(wait)
      this.#leftAlone = seat === null && leg.end !== null
      if (seat === null) return false
      const order = { patient: leg, seat, agent: seats.leg(seat.seatId), events: this.#events, room: this.#room }
      // From here on the seat's commands, and the loss of its phone, are the call's.
      this.#found = { seat, talk: new SeatTalk({ ...this.#parts, log: this.#log }, order) }
      return true
    } catch (error) {
      logError(this.#log, error, 'a patient could not be handed over')
      return false
    }
  }

  /** Until the talk is over, and the patient has been asked for a rating. @returns null when nobody has the patient */
  async talk(): Promise<TalkEnd | null> {
    if (this.#found === null) return null
    const { seat, talk } = this.#found
    const leg = this.#leg
    // The answers so far are in the form before the first word.
    await this.#events.written().then(() => this.#parts.shown(this.#work.attemptId), ignore)
    const ended = await talk.run()
    await partFromAgent(this.#parts.rate, { talk, ended, leg, seat, events: this.#events, log: this.#log })
    return ended
  }

  /** Nobody is in the room any more. Never rejects. */
  async close(): Promise<void> {
    if (this.#found === null) await this.#room?.close()
    else await this.#found.talk.close()
  }

  /** How the lines of the agents were who have talked; whole once it is closed. */
  get seatLines(): SeatTalk['seatLines'] {
    return this.#found?.talk.seatLines ?? {}
  }

  /** After the call's last event. */
  leave(): void {
    this.#found?.talk.leave()
  }
}

function ignore(): void {}
