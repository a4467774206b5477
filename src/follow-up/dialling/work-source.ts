import { stateLease } from '#contact-center/calls/attempt-store.ts'
import type { CallEvent } from '#contact-center/calls/call-event.ts'
import type { Lease, Work, WorkSource } from '#contact-center/work-source.ts'
import type { Clock } from '#platform/clock.ts'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { newId } from '#platform/ids.ts'
import { appendToStream, type NewStreamEvent } from '#platform/realtime/stream-store.ts'
import type { Secrets } from '#platform/secrets.ts'
import { applyToTask } from '../tasks/task-events.ts'
import { type Considered, claimDue, holdRefused, linesInUse, lockTrunk } from './claim-store.ts'
import { beginAttempt, earliestDial, moveTask, takeBack, type WorkRow, workRows } from './work-store.ts'

export interface FollowUpWorkParts {
  readonly db: Ground
  readonly secrets: Pick<Secrets, 'decrypt'>
  readonly clock: Clock
  readonly leaseSeconds: number
}

/**
 * A round that finds only refusals is followed by another, since the refused now stand aside; so many rounds a claim
 * at most, the next claim goes on.
 */
const rounds = 4

/** Follow-up's tasks as the dialler's work. Source: architecture §3 (gate and claim), contract WorkSource. */
export class FollowUpWork implements WorkSource {
  readonly #parts: FollowUpWorkParts

  constructor(parts: FollowUpWorkParts) {
    this.#parts = parts
  }

  async claim(lease: Lease, trunkId: string, limit: number): Promise<readonly Work[]> {
    return this.#parts.db.transaction().execute(async (tx) => {
      const lines = await lockTrunk(tx, lease, trunkId)
      if (lines === null) return []
      const free = Math.min(limit, lines - (await linesInUse(tx, trunkId)))
      const made = await this.#claimUpTo(tx, lease, trunkId, free)
      if (made.length === 0) return []
      const rows = await workRows(
        tx,
        made.map(({ attemptId }) => attemptId),
      )
      const work = rows.map((row) => this.#workOf(row))
      await appendToStream(tx, 'live', made.flatMap(claimedEvents))
      return work
    })
  }

  async #claimUpTo(tx: GroundTransaction, lease: Lease, trunkId: string, free: number): Promise<readonly Made[]> {
    const made: Made[] = []
    const passed: string[] = []
    for (let round = 0; round < rounds && made.length < free; round += 1) {
      const attemptIds = Array.from({ length: free - made.length }, newId)
      const considered = await claimDue(tx, lease, {
        trunkId,
        attemptIds,
        passed,
        leaseSeconds: this.#parts.leaseSeconds,
      })
      made.push(...considered.filter(isMade))
      const refused = considered.filter((one) => !isMade(one)).map(({ taskId }) => taskId)
      if (refused.length === 0) break
      await holdRefused(tx, refused)
      passed.push(...refused)
    }
    return made
  }

  async begin(attemptId: string, lease: Lease): Promise<{ ok: true } | { ok: false; reason: string }> {
    const { db } = this.#parts
    try {
      return await db.transaction().execute(async (tx) => {
        await stateLease(tx, lease)
        const begun = await beginAttempt(tx, attemptId)
        if (begun === null) return { ok: false, reason: 'taken_back' }
        await moveTask(tx, begun.taskId, 'claimed', 'in_progress')
        await appendToStream(tx, 'live', [
          ...taskChanged(begun, 'claimed', 'in_progress'),
          attemptChanged({ ...begun, attemptId }, 'created', 'dialing'),
        ])
        return { ok: true }
      })
    } catch (error) {
      const reason = gateRefusal(error)
      if (reason === null) throw error
      await this.release([attemptId], lease)
      return { ok: false, reason }
    }
  }

  async release(attemptIds: readonly string[], lease: Lease): Promise<void> {
    await this.#parts.db.transaction().execute(async (tx) => {
      await stateLease(tx, lease)
      await appendToStream(tx, 'live', await releaseAttempts(tx, attemptIds))
    })
  }

  async apply(tx: GroundTransaction, event: CallEvent): Promise<void> {
    await applyToTask(tx, event, this.#parts.clock.now())
  }

  nextDueAt(trunkId: string): Promise<Date | null> {
    return earliestDial(this.#parts.db, trunkId)
  }

  #workOf(row: WorkRow): Work {
    const { secrets } = this.#parts
    return {
      attemptId: row.attemptId,
      taskId: row.taskId,
      campaignId: row.campaignId,
      trunkId: row.trunkId,
      trunk: {
        host: row.host,
        port: row.port,
        callerNumber: row.callerNumber,
        ...(row.username === null ? {} : { username: row.username }),
        ...(row.passwordCiphertext === null ? {} : { password: secrets.decrypt(row.passwordCiphertext) }),
      },
      number: secrets.decrypt(row.numberCiphertext),
      ringTimeoutMs: row.ringTimeoutMs,
      flowVersionId: row.flowVersionId,
      flow: row.flow,
      variables: { questionnaire: row.questionnaire, answers: row.answers },
    }
  }
}

/** Ends claimed attempts that were not dialled, in a transaction of the caller. @returns what the live page must hear */
export async function releaseAttempts(
  tx: GroundTransaction,
  attemptIds: readonly string[],
): Promise<readonly NewStreamEvent[]> {
  if (attemptIds.length === 0) return []
  const taken = await takeBack(tx, attemptIds)
  return taken.flatMap((one) => [
    ...taskChanged(one, 'claimed', 'scheduled'),
    attemptChanged(one, 'created', 'ended', 'cancelled'),
  ])
}

type Made = Considered & { readonly attemptId: string }

function isMade(one: Considered): one is Made {
  return one.attemptId !== null
}

function claimedEvents(one: Made): NewStreamEvent[] {
  return [...taskChanged(one, one.from, 'claimed'), attemptChanged(one, '', 'created')]
}

function taskChanged({ campaignId, taskId }: { campaignId: string; taskId: string }, from: string, to: string) {
  return [{ type: 'task.changed', payload: { campaignId, taskId, from, to } }]
}

function attemptChanged(
  { campaignId, attemptId, taskId }: { campaignId: string; attemptId: string; taskId: string },
  from: string,
  to: string,
  result?: string,
): NewStreamEvent {
  return {
    type: 'attempt.changed',
    payload: { campaignId, attemptId, taskId, from, to, ...(result === undefined ? {} : { result }) },
  }
}

/** The reason in a refusal of the gate's trigger (SQLSTATE SF002), or null for any other error. */
function gateRefusal(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'SF002') return null
  return 'detail' in error && typeof error.detail === 'string' ? error.detail : 'gate_closed'
}
