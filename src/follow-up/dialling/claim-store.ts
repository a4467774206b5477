import { sql } from 'kysely'
import type { Lease } from '#contact-center/work-source.ts'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import '#contact-center/contact-center-tables.ts'
import '../follow-up-tables.ts'

/** Most attempts that one claim makes; the function's plan is made for about as many. */
export const claimAtMost = 50

/**
 * A task that a claim looked at: with its attempt, or without where the number was not to be had; and what its call
 * needs, as the rows have it (numbers and passwords still sealed).
 */
export interface Considered {
  readonly taskId: string
  readonly campaignId: string
  /** State that the task was in. */
  readonly from: string
  readonly attemptId: string | null
  readonly host: string
  readonly port: number
  readonly callerNumber: string
  readonly username: string | null
  readonly passwordCiphertext: Buffer | null
  readonly numberCiphertext: Buffer
  readonly ringTimeoutMs: number
  readonly flowVersionId: string
  /** Null for a step without a form. */
  readonly questionnaireVersionId: string | null
  /** Whom a callback was agreed with. */
  readonly preferredAgentId: string | null
  /** Answers of earlier attempts by question id. */
  readonly answers: Record<string, unknown>
}

/** What one look of a claim asks for. */
export interface ClaimLook {
  readonly trunkId: string
  /** Ids of the attempts to be made, in dialling order; at most {@link claimAtMost}. */
  readonly attemptIds: readonly string[]
  /** Tasks that an earlier look of this claim could not have. */
  readonly passed: readonly string[]
  /** At the very next tasks, which is cheap, or past the many that other claims have locked. */
  readonly wide: boolean
  readonly leaseSeconds: number
}

/** Others took the lines while a claim was made that had not counted them first: nothing of it stands. */
export class LinesTaken extends Error {}

/**
 * A whole claim for the trunk's campaigns without agents, in one statement that is its own transaction (migration 0017,
 * `claim_of_trunk`): gate, claim and attempt rows, never more than the trunk's free lines, told to the live page.
 * @param order.countFirst count the lines before anything is claimed, and not after
 * @returns every task looked at, in dialling order; none where no line is free or the trunk is switched off
 * @throws SF002 when the gate refuses one of them (a fact committed meanwhile): nothing is claimed
 * @throws LinesTaken never when `countFirst`
 */
export async function claimOfTrunk(
  db: Ground,
  lease: Lease,
  order: ClaimLook & { readonly countFirst: boolean },
): Promise<readonly Considered[]> {
  const { trunkId, attemptIds, passed, wide, countFirst, leaseSeconds } = order
  try {
    const { rows } = await sql<Considered>`/* prepared: claim-of-trunk */
      select * from claim_of_trunk(${trunkId}, ${attemptIds}, ${passed}, ${wide}, ${countFirst}, ${lease.owner},
        ${lease.epoch}, ${leaseSeconds})
    `.execute(db)
    return rows
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'SF008') throw new LinesTaken()
    throw error
  }
}

/**
 * The same tasks and attempts of one campaign with agents, inside a transaction that has stated the lease and sees to
 * lines and seats itself.
 * @throws SF002 as {@link claimOfTrunk}
 */
export async function claimDue(
  tx: GroundTransaction,
  lease: Lease,
  order: ClaimLook & { readonly campaignId: string },
): Promise<readonly Considered[]> {
  const { trunkId, campaignId, attemptIds, passed, wide, leaseSeconds } = order
  const { rows } = await sql<Considered>`/* prepared: claim-due */
    select * from claim_due(${trunkId}, ${campaignId}, ${attemptIds}, ${passed}, ${wide}, ${lease.owner}, ${lease.epoch},
      ${leaseSeconds})
  `.execute(tx)
  return rows
}

/**
 * Locks the trunk, so that its lines are counted by one claim at a time, over all nodes, and counts the free ones: this
 * transaction's attempts are among the taken. Whoever locks tasks or seats as well, and waits for them, does so before:
 * claims of whole campaigns come here with tasks locked.
 * @returns null when there is no such trunk or it is switched off
 */
export async function freeLines(tx: GroundTransaction, trunkId: string): Promise<number | null> {
  const { rows } = await sql<{ free: number | null }>`/* prepared: free-lines */
    select free_lines(${trunkId}) as free
  `.execute(tx)
  return rows[0]?.free ?? null
}

/**
 * Has the gate asked about tasks that could not be claimed, so that what blocks them stands on them and no later claim
 * walks over them (migration 0003, `hold`).
 */
export async function holdRefused(db: Ground | GroundTransaction, taskIds: readonly string[]): Promise<void> {
  await sql`select rehold(${taskIds}::uuid[])`.execute(db)
}
