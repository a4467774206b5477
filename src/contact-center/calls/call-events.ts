import { type Clock, evenTime } from '#platform/clock.ts'
import type { DialFailure, LegRef } from '#telephony/telephony.ts'
import type { Claimed, Lease } from '../work-source.ts'
import type { AttemptResult, CallEvent, CallEventBody, LegRefs } from './call-event.ts'

export interface CallEventsParts {
  readonly lease: Lease
  readonly clock: Clock
  /** Resolves when the event is fsynced; never waits for the database. */
  readonly journal: (event: CallEvent, lease: Lease) => Promise<void>
}

/** Numbers the events of one attempt and hands them to the journal in order. */
export class CallEvents {
  /** The call's own time: what lies between two of its events is as long as it took. */
  readonly now: () => Date
  readonly #parts: CallEventsParts
  readonly #claimed: Claimed
  readonly #callId: string
  readonly #pending: Promise<void>[] = []
  #seq = 0

  constructor(parts: CallEventsParts, claimed: Claimed, callId: string) {
    this.now = evenTime(parts.clock)
    this.#parts = parts
    this.#claimed = claimed
    this.#callId = callId
  }

  /** @param onDurable runs once the event has been fsynced */
  write(body: CallEventBody, onDurable?: () => void, at: Date = this.now()): void {
    this.#seq += 1
    const { attemptId, taskId, campaignId } = this.#claimed
    const event: CallEvent = { attemptId, callId: this.#callId, taskId, campaignId, seq: this.#seq, at, body }
    const written = this.#parts.journal(event, this.#parts.lease).then(onDurable)
    // `written()` reports a failure; until then it is no unhandled rejection.
    written.catch(() => {})
    this.#pending.push(written)
  }

  /** @throws what the journal threw, when an event could not be made durable (disk full) */
  async written(): Promise<void> {
    await Promise.all(this.#pending)
  }
}

/** The last event of a dial that nobody answered. */
/** The end of an attempt for which no INVITE has left and none will. */
export const neverDialled: CallEventBody = {
  type: 'ended',
  result: 'cancelled',
  hangupBy: null,
  sipStatus: null,
  sipReason: null,
  q850: null,
  earlyMedia: false,
}

export function failedEnd(failure: DialFailure, result: AttemptResult): CallEventBody {
  return {
    type: 'ended',
    result,
    hangupBy: null,
    sipStatus: failure.sipStatus,
    sipReason: failure.sipReason,
    q850: failure.q850,
    earlyMedia: failure.earlyMedia,
  }
}

export function refs({
  sipCallId,
  inviteTransaction,
  dialogId,
  localTag,
  remoteTag,
  channelUuid,
  mediaHost,
}: LegRef): LegRefs {
  return { sipCallId, inviteTransaction, dialogId, localTag, remoteTag, channelUuid, mediaHost }
}
