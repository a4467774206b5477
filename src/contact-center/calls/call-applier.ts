import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import type { Express } from '#platform/journal/backlog.ts'
import type { Log } from '#platform/log.ts'
import type { NewStreamEvent } from '#platform/realtime/stream-store.ts'
import { applyToQueue } from '../acd/queue-calls.ts'
import { keepRating } from '../acd/rating-store.ts'
import { applyToSeat } from '../acd/seat-calls.ts'
import { SeatNews } from '../acd/seat-news.ts'
import { markRecordingClosed, markRecordingMissing, markRecordingStarted } from '../recording/recording-store.ts'
import type { Lease, WorkSource } from '../work-source.ts'
import {
  insertCallEvent,
  lockAttemptOf,
  markAnswered,
  markEnded,
  markInvited,
  markRinging,
  setOutcome,
} from './attempt-store.ts'
import type { CallEvent } from './call-event.ts'
import { keepQuality } from './call-quality.ts'

/** One line of the journal: the event and the lease under which it happened. */
export interface JournaledCallEvent {
  readonly event: CallEvent
  readonly lease: Lease
}

export interface CallApplierParts {
  readonly db: Ground
  readonly work: Pick<WorkSource, 'apply'>
  readonly log: Log
  /** Inside the transaction: have this closed recording judged. */
  readonly judgeLater: (tx: GroundTransaction, recordingId: string) => Promise<void>
  /** After commit: attempts that have ended, so that lines are free. */
  readonly onEnded: (attemptIds: readonly string[]) => void
}

/**
 * Brings journaled events into the rows: in order, each once, follow-up's part in the same transaction.
 *
 * A batch is one transaction, or two where a call in it was just answered. Should an event be one that an invariant refuses (an illegal move, a stale lease), the
 * batch is taken again event by event: the refused one is kept as it happened and changes nothing else, so that one bad
 * event never stops the calls of others.
 * @throws what else went wrong (the database is away); the journal then tries the same batch again
 */
export class CallApplier {
  readonly #parts: CallApplierParts

  constructor(parts: CallApplierParts) {
    this.#parts = parts
  }

  async apply(batch: readonly JournaledCallEvent[]): Promise<void> {
    for (const some of answersFirst(batch)) {
      try {
        await this.#applyTogether(some)
      } catch (error) {
        if (!isRefusal(error)) throw error
        for (const one of some) await this.#applyAlone(one)
      }
    }
    const ended = batch.filter(({ event }) => event.body.type === 'ended').map(({ event }) => event.attemptId)
    if (ended.length > 0) this.#parts.onEnded(ended)
  }

  async #applyTogether(batch: readonly JournaledCallEvent[]): Promise<void> {
    await this.#parts.db.transaction().execute(async (tx) => {
      const news = new SeatNews()
      for (const one of batch) await this.#applyOne(tx, one, news)
      await news.tell(tx)
    })
  }

  async #applyAlone(one: JournaledCallEvent): Promise<void> {
    try {
      await this.#applyTogether([one])
    } catch (error) {
      if (!isRefusal(error)) throw error
      const { attemptId, callId, seq, body } = one.event
      this.#parts.log.error(
        { attemptId, callId, seq, type: body.type, err: error },
        'event refused; kept without effect',
      )
      await this.#parts.db.transaction().execute((tx) => keep(tx, one.event))
    }
  }

  async #applyOne(tx: GroundTransaction, { event, lease }: JournaledCallEvent, news: SeatNews): Promise<void> {
    const found = await lockAttemptOf(tx, event, lease)
    if (found === null) {
      // The attempt belongs to another database (a data folder put together from two).
      this.#parts.log.error(
        { attemptId: event.attemptId, type: event.body.type },
        'event of an unknown attempt dropped',
      )
      return
    }
    if (!found.isNew) return
    const before = found.state
    if (before === 'answered' || before === 'bridged') await applyToQueue(tx, event, news)
    news.addToLive(...(await this.#change(tx, event, before)))
    if (found.hasSeat) await applyToSeat(tx, event, before, news)
    if (before !== 'ended' || saidByPatient.has(event.body.type)) {
      news.addToLive(...(await this.#parts.work.apply(tx, event)))
    }
  }

  /** @returns what the live page must hear */
  async #change(tx: GroundTransaction, event: CallEvent, before: string): Promise<NewStreamEvent[]> {
    const { body, attemptId, callId, taskId, campaignId, at } = event
    const moved = (to: string, more = {}): NewStreamEvent => ({
      type: 'attempt.changed',
      payload: { campaignId, attemptId, taskId, from: before, to, ...more },
    })
    const recording = (state: string): NewStreamEvent => ({ type: 'recording.changed', payload: { attemptId, state } })
    const over = before === 'ended'
    switch (body.type) {
      case 'invited':
        if (!over) await markInvited(tx, event, body.ref)
        return []
      case 'ringing':
        if (before !== 'dialing') return []
        await markRinging(tx, event, body.sipStatus, body.earlyMedia)
        return [moved('ringing')]
      case 'answered':
        if (over) return []
        await markAnswered(tx, event, body)
        return [moved('answered')]
      case 'recording_started':
        await markRecordingStarted(tx, attemptId, { path: body.path, at })
        return [recording('recording')]
      case 'recording_closed': {
        const closed = await markRecordingClosed(tx, attemptId, at)
        if (closed === null) return []
        await this.#parts.judgeLater(tx, closed)
        return [recording('closed')]
      }
      case 'question':
        return [
          {
            type: 'call.progress',
            payload: {
              campaignId,
              attemptId,
              callId,
              questionId: body.questionId,
              index: body.index,
              total: body.total,
            },
          },
        ]
      case 'bridged':
        return before === 'answered' ? [moved('bridged')] : []
      case 'rated':
        await keepRating(tx, { attemptId, at, value: body.value })
        return []
      case 'quality':
        await keepQuality(tx, event, body)
        return []
      case 'outcome':
        if (!over) await setOutcome(tx, event, body.outcome)
        return []
      case 'ended': {
        if (over) return []
        await markEnded(tx, event, body)
        if (body.quality !== undefined) await keepQuality(tx, event, body.quality)
        const told = [moved('ended', { result: body.result })]
        return (await markRecordingMissing(tx, attemptId)) ? [...told, recording('missing')] : told
      }
      default:
        return []
    }
  }
}

/**
 * The order of events matters within a call. Somebody waits for the news of an answer, and what other calls have left in
 * the journal before it, above all an end with its many rows, is nothing to them.
 */
export const answersExpress: Express<JournaledCallEvent> = {
  keyOf: ({ event }) => event.attemptId,
  isUrgent: ({ event }) => event.body.type === 'answered',
}

/**
 * Somebody waits for the news of an answer, a patient on the line and an agent for the record: calls that were just
 * answered come before the others of the batch, each call's own events in their order.
 */
export function answersFirst(batch: readonly JournaledCallEvent[]): readonly (readonly JournaledCallEvent[])[] {
  const answered = new Set(batch.flatMap(({ event }) => (event.body.type === 'answered' ? [event.attemptId] : [])))
  const first = batch.filter(({ event }) => answered.has(event.attemptId))
  const rest = batch.filter(({ event }) => !answered.has(event.attemptId))
  return [first, rest].filter((some) => some.length > 0)
}

/** SQLSTATEs of our own invariants (migrations 0002, 0003): trying again would be refused again. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && /^SF\d{3}$/.test(error.code)
}

/**
 * A reconciler closed the attempt while this node was away: what the patient said still counts, what the telephone did
 * no longer does.
 */
const saidByPatient: ReadonlySet<CallEvent['body']['type']> = new Set(['answer', 'respondent', 'do_not_call'])

async function keep(tx: GroundTransaction, event: CallEvent): Promise<void> {
  await insertCallEvent(tx, event)
}
