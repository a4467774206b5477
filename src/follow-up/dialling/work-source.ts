import { stateLease } from '#contact-center/calls/attempt-store.ts'
import type { CallEvent } from '#contact-center/calls/call-event.ts'
import type { RestoredWatch } from '#contact-center/restored/restored-watch.ts'
import type {
  AgentCallOver,
  Asking,
  ChosenTask,
  Claimed,
  Lease,
  PreviewOffer,
  SeatOffer,
  Work,
  WorkSource,
} from '#contact-center/work-source.ts'
import type { Clock } from '#platform/clock.ts'
import { transacted } from '#platform/database/again.ts'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { UserError } from '#platform/errors/errors.ts'
import { newId } from '#platform/ids.ts'
import { appendToStream, type NewStreamEvent } from '#platform/realtime/stream-store.ts'
import { isUnreadable, type Secrets } from '#platform/secrets.ts'
import { flagNumber } from '../patients/phone-store.ts'
import { releaseAttempts } from '../tasks/release.ts'
import { agentCallOver } from '../tasks/settle.ts'
import { taskChanges } from '../tasks/task-change.ts'
import '../tasks/task-errors.ts'
import { applyToTask } from '../tasks/task-events.ts'
import { saidOutcome } from '../tasks/task-store.ts'
import {
  type ClaimLook,
  claimAtMost,
  claimDue,
  claimOfTrunk,
  freeLines,
  holdRefused,
  LinesTaken,
  type Look,
  type Made,
} from './claim-store.ts'
import { claimOne, nextToPreview, putOffTask, taskAtHand, whyNotTask } from './claim-task.ts'
import { gateCode } from './gate-errors.ts'
import { gateRefusal } from './gate-refusal.ts'
import { beginAttempt, type CallFacts, earliestDial, enterCall, publishedVersions } from './work-store.ts'

export interface FollowUpWorkParts {
  readonly db: Ground
  readonly secrets: Pick<Secrets, 'decrypt'>
  readonly clock: Clock
  readonly leaseSeconds: number
  /** Knows how far the database has come. */
  readonly restored?: Pick<RestoredWatch, 'seen' | 'look'>
}

/**
 * A round that finds refusals is followed by another, since the refused now stand aside; so many rounds a claim at most,
 * and the dialler is told to come back at once.
 */
const rounds = 4
/** More versions than a hospital has in use at a time. */
const versionsKept = 200

/** How one claim looks and what it does about tasks that it could not have. */
interface Looking {
  look(order: ClaimLook): Promise<Look>
  hold(taskIds: readonly string[]): Promise<void>
}

/** Follow-up's tasks as the dialler's work. Source: architecture §3 (gate and claim), contract WorkSource. */
export class FollowUpWork implements WorkSource {
  readonly #parts: FollowUpWorkParts
  /** Flows and questionnaires by the id of their version, as published: they never change, so they are read once. */
  readonly #published = new Map<string, unknown>()
  /** Trunks, with a campaign's seats or without, whose last claim ended before it had looked at all that is due. */
  readonly #unfinished = new Set<string>()
  /** Trunks whose lines are counted before a claim, so that nothing is claimed in vain. */
  readonly #scarce = new Set<string>()
  /** By trunk: attempts that were committed by a claim which then failed. The next one brings them. */
  readonly #owed = new Map<string, Made[]>()

  constructor(parts: FollowUpWorkParts) {
    this.#parts = parts
  }

  async claim(lease: Lease, trunkId: string, limit: number): Promise<readonly Claimed[]> {
    const { db } = this.#parts
    const made = this.#owed.get(trunkId) ?? []
    this.#owed.delete(trunkId)
    try {
      await this.#claimUpTo(made, Math.min(limit, claimAtMost), trunkId, trunkId, {
        look: (order) => this.#untilGateAgrees(() => this.#claimOfTrunk(lease, order)),
        hold: (taskIds) => holdRefused(db, taskIds),
      })
    } catch (error) {
      if (made.length > 0) this.#owed.set(trunkId, [...(this.#owed.get(trunkId) ?? []), ...made])
      throw error
    }
    return made.map((one) => claimedOf(one, trunkId))
  }

  claimForSeats(
    lease: Lease,
    { trunkId, campaignId, atMost }: { readonly trunkId: string; readonly campaignId: string; readonly atMost: number },
    seats: SeatOffer,
  ): Promise<readonly Claimed[]> {
    const limit = Math.min(atMost, claimAtMost)
    return this.#untilGateAgrees(() =>
      this.#parts.db.transaction().execute(async (tx) => {
        await stateLease(tx, lease)
        const offered = await seats.lock(tx, limit)
        const free = Math.min(offered, (await freeLines(tx, trunkId)) ?? 0)
        const made: Made[] = []
        await this.#claimUpTo(made, free, trunkId, `${trunkId} ${campaignId}`, {
          look: (order) => claimDue(tx, lease, { ...order, campaignId }),
          hold: (taskIds) => holdRefused(tx, taskIds),
        })
        if (made.length === 0) return []
        await seats.reserve(tx, made)
        await appendToStream(tx, 'live', claimedEvents(made))
        await seats.tell(tx)
        return made.map((one) => claimedOf(one, trunkId))
      }),
    )
  }

  async claimTask(lease: Lease, order: ChosenTask, seat: SeatOffer): Promise<Claimed> {
    try {
      return await transacted(this.#parts.db, (tx) => this.#claimTask(tx, lease, order, seat))
    } catch (error) {
      // A fact was committed between the question and the attempt.
      const refusal = gateRefusal(error)
      throw refusal === null ? error : new UserError(gateCode(refusal.reason))
    }
  }

  async preview(lease: Lease, campaignId: string, seats: PreviewOffer): Promise<number> {
    return this.#parts.db.transaction().execute(async (tx) => {
      await stateLease(tx, lease)
      const free = await seats.lock(tx)
      if (free === 0) return 0
      const given = await seats.give(tx, await nextToPreview(tx, { campaignId, atMost: free }))
      await seats.tell(tx)
      return given
    })
  }

  async putOff(tx: GroundTransaction, taskId: string, minutes: number): Promise<void> {
    await putOffTask(tx, taskId, minutes)
  }

  async hasOutcome(tx: GroundTransaction, attemptId: string): Promise<boolean> {
    return saidOutcome(tx, attemptId)
  }

  async #untilGateAgrees<T>(claim: () => Promise<T>): Promise<T> {
    for (let round = 0; ; round += 1) {
      try {
        return await claim()
      } catch (error) {
        // A fact was committed while the claim ran. What it concerns is held now, and the rest is claimed.
        const refusal = gateRefusal(error)
        if (refusal === null || round >= rounds) throw error
        await holdRefused(this.#parts.db, refusal.taskIds)
      }
    }
  }

  /** Where the lines were not enough they are counted first from then on, until there are enough again. */
  async #claimOfTrunk(lease: Lease, order: ClaimLook): Promise<Look> {
    const { db } = this.#parts
    const { trunkId, attemptIds } = order
    const countFirst = this.#scarce.has(trunkId)
    try {
      const look = await claimOfTrunk(db, lease, { ...order, countFirst })
      if (look.made.length + look.refused.length === attemptIds.length) this.#scarce.delete(trunkId)
      return look
    } catch (error) {
      if (!(error instanceof LinesTaken)) throw error
      this.#scarce.add(trunkId)
      return claimOfTrunk(db, lease, { ...order, countFirst: true })
    }
  }

  /** Seat and task are waited for, so they are locked before the trunk: claims of whole campaigns come there with tasks. */
  async #claimTask(tx: GroundTransaction, lease: Lease, order: ChosenTask, seat: SeatOffer): Promise<Claimed> {
    const { taskId, phoneId, seatId } = order
    const way = await taskAtHand(tx, taskId)
    if (way === null) throw new UserError('TASK_UNKNOWN')
    const { campaignId, trunkId } = way
    if (campaignId === null || trunkId === null) throw new UserError(gateCode('no_campaign'))
    await stateLease(tx, lease)
    await seat.lock(tx, 1)
    const reason = await whyNotTask(tx, { taskId, phoneId, seatId })
    if (reason !== null) throw new UserError(gateCode(reason))
    const free = await freeLines(tx, trunkId)
    if (free === null) throw new UserError(gateCode('trunk_disabled'))
    if (free <= 0) throw new UserError('GATE_LINES_BUSY')
    const { leaseSeconds } = this.#parts
    const ids = { attemptId: newId(), taskId, phoneId, campaignId, trunkId, leaseSeconds }
    const made = await claimOne(tx, lease, ids)
    if (made === null) throw new UserError(gateCode('number_active'))
    await seat.reserve(tx, [made])
    await appendToStream(tx, 'live', claimedEvents([made]))
    await seat.tell(tx)
    return claimedOf(made, trunkId)
  }

  /** Adds to `made`, also where it then throws. @param unfinished names trunk and campaign for {@link #unfinished} */
  async #claimUpTo(made: Made[], limit: number, trunkId: string, unfinished: string, { look, hold }: Looking) {
    const { leaseSeconds } = this.#parts
    const passed: string[] = []
    this.#unfinished.delete(unfinished)
    let wide = false
    for (let round = 0; round < rounds && made.length < limit; round += 1) {
      const asked = limit - made.length
      const found = await look({
        trunkId,
        attemptIds: Array.from({ length: asked }, newId),
        passed,
        wide,
        leaseSeconds,
      })
      made.push(...found.made)
      if (found.refused.length > 0) await hold(found.refused)
      else if (wide || made.length === limit) return
      passed.push(...found.refused)
      // Fewer than asked for: there are no more, or other claims have them locked at this moment.
      if (found.made.length + found.refused.length < asked) wide = true
    }
    if (made.length < limit) this.#unfinished.add(unfinished)
  }

  async begin(
    claimed: Claimed,
    lease: Lease,
    asking?: Asking,
  ): Promise<{ ok: true; work: Work } | { ok: false; reason: string }> {
    try {
      return await transacted(this.#parts.db, (tx) => this.#begin(tx, claimed, lease, asking))
    } catch (error) {
      if (error instanceof NumberSealed) return this.#setAside(claimed, lease, error.numberId)
      const known = error instanceof NotAskable || error instanceof EarlierDatabase
      const reason = known ? error.reason : gateRefusal(error)?.reason
      if (reason === undefined) throw error
      if (error instanceof NotAskable) await asking?.tell()
      if (error instanceof EarlierDatabase) await this.#parts.restored?.look()
      await this.release([claimed.attemptId], lease)
      return { ok: false, reason }
    }
  }

  async #begin(
    tx: GroundTransaction,
    claimed: Claimed,
    lease: Lease,
    asking?: Asking,
  ): Promise<{ ok: true; work: Work } | { ok: false; reason: string }> {
    const { attemptId, taskId, campaignId } = claimed
    await stateLease(tx, lease)
    const facts = await beginAttempt(tx, attemptId, this.#parts.restored?.seen ?? null)
    if (facts === null) return { ok: false, reason: 'taken_back' }
    if (facts.isEarlier) throw new EarlierDatabase()
    await this.#learnVersions(tx, facts)
    const work = this.#workOf(claimed, facts)
    const lack = asking?.lackOf(work) ?? null
    if (lack !== null) throw new NotAskable(lack)
    await enterCall(tx, taskId)
    await appendToStream(tx, 'live', [
      ...taskChanges([{ taskId, campaignId, from: 'claimed', to: 'in_progress' }]),
      attemptChanged(claimed, 'created', 'dialing'),
    ])
    return { ok: true, work }
  }

  /** Given back with its number set aside in one transaction: who claims the task again finds it held, or on another number. */
  async #setAside({ attemptId }: Claimed, lease: Lease, numberId: string): Promise<{ ok: false; reason: string }> {
    const { db, clock } = this.#parts
    await transacted(db, async (tx) => {
      await stateLease(tx, lease)
      const released = await releaseAttempts(tx, [attemptId])
      await flagNumber(tx, numberId, 'unreadable', clock.now())
      await appendToStream(tx, 'live', released)
    })
    return { ok: false, reason: 'number_unreadable' }
  }

  async release(attemptIds: readonly string[], lease: Lease): Promise<void> {
    await transacted(this.#parts.db, async (tx) => {
      await stateLease(tx, lease)
      await appendToStream(tx, 'live', await releaseAttempts(tx, attemptIds))
    })
  }

  async apply(tx: GroundTransaction, event: CallEvent): Promise<readonly NewStreamEvent[]> {
    return applyToTask(tx, event, this.#parts.clock.now())
  }

  /** A call that was bridged leaves its task `wrapping`; outcome and answers say where it goes. */
  async agentCallOver(tx: GroundTransaction, call: AgentCallOver): Promise<readonly NewStreamEvent[]> {
    return agentCallOver(tx, call, this.#parts.clock.now())
  }

  async nextDueAt(trunkId: string): Promise<Date | null> {
    if ([...this.#unfinished].some((one) => one.startsWith(trunkId))) return this.#parts.clock.now()
    return earliestDial(this.#parts.db, trunkId)
  }

  async #learnVersions(tx: GroundTransaction, facts: CallFacts): Promise<void> {
    const { flowVersionId, questionnaireVersionId } = facts
    const needed = [flowVersionId, ...(questionnaireVersionId === null ? [] : [questionnaireVersionId])]
    const unknown = needed.filter((id) => !this.#published.has(id))
    if (unknown.length === 0) return
    if (this.#published.size > versionsKept) this.#published.clear()
    for (const { id, definition } of await publishedVersions(tx, unknown)) this.#published.set(id, definition)
  }

  #workOf(claimed: Claimed, facts: CallFacts): Work {
    const { secrets } = this.#parts
    const { host, port, callerNumber, username, passwordCiphertext, ringTimeoutMs, flowVersionId, answers } = facts
    const form = facts.questionnaireVersionId
    return {
      ...claimed,
      trunk: {
        host,
        port,
        callerNumber,
        ...(username === null ? {} : { username }),
        ...(passwordCiphertext === null ? {} : { password: secrets.decrypt(passwordCiphertext) }),
      },
      number: openedNumber(secrets, facts),
      ringTimeoutMs,
      flowVersionId,
      asksVersionId: form,
      flow: this.#published.get(flowVersionId),
      variables: { questionnaire: form === null ? null : this.#published.get(form), answers },
    }
  }
}

/** What the call would say is not whole at this node: nothing of its beginning stands. */
class NotAskable extends Error {
  readonly reason: string

  constructor(reason: string) {
    super(reason)
    this.reason = reason
  }
}

/** Restored since the last look, under an open house: it does not know who was called since. */
class EarlierDatabase extends Error {
  readonly reason = 'database_restored'
}

/** The number's ciphertext is damaged, or was written under another key: nothing of the attempt's beginning stands. */
class NumberSealed extends Error {
  readonly numberId: string

  constructor(numberId: string) {
    super('a number cannot be opened')
    this.numberId = numberId
  }
}

/** @throws NumberSealed */
function openedNumber(secrets: Pick<Secrets, 'decrypt'>, { numberId, numberCiphertext }: CallFacts): string {
  try {
    return secrets.decrypt(numberCiphertext)
  } catch (error) {
    throw isUnreadable(error) ? new NumberSealed(numberId) : error
  }
}

function claimedOf({ attemptId, taskId, campaignId }: Made, trunkId: string): Claimed {
  return { attemptId, taskId, campaignId, trunkId }
}

function claimedEvents(made: readonly Made[]): NewStreamEvent[] {
  const byCampaign = Map.groupBy(made, ({ campaignId }) => campaignId)
  return [...byCampaign].map(([campaignId, tasks]) => ({
    type: 'tasks.claimed',
    payload: { campaignId, tasks: tasks.map(({ taskId, attemptId, from }) => ({ taskId, attemptId, from })) },
  }))
}

function attemptChanged(
  { campaignId, attemptId, taskId }: { campaignId: string; attemptId: string; taskId: string },
  from: string,
  to: string,
): NewStreamEvent {
  return { type: 'attempt.changed', payload: { campaignId, attemptId, taskId, from, to } }
}
