import { sql } from 'kysely'
import type { Lease } from '#contact-center/work-source.ts'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import '#contact-center/contact-center-tables.ts'
import '../follow-up-tables.ts'

/** Most attempts that one claim makes; the function's plan is made for about as many. */
export const claimAtMost = 50

/** An attempt that was made, and of what. */
export interface Made {
  readonly attemptId: string
  readonly taskId: string
  readonly campaignId: string
  /** State that the task was in. */
  readonly from: string
  /** Whom a callback was agreed with; null for nobody, and where no agent is asked for. */
  readonly preferredAgentId: string | null
}

/** What came of one look of a claim. */
export interface Look {
  /** In dialling order. */
  readonly made: readonly Made[]
  /** Tasks whose number was not to be had. */
  readonly refused: readonly string[]
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
 * A whole claim for the trunk's campaigns without agents, in one statement that is its own transaction (migration 0031,
 * `claim_of_trunk`): gate, claim and attempt rows, never more than the trunk's free lines, told to the live page.
 * @param order.countFirst count the lines before anything is claimed, and not after
 * @returns nothing made where no line is free or the trunk is switched off
 * @throws SF002 when the gate refuses one of them (a fact committed meanwhile): nothing is claimed
 * @throws LinesTaken never when `countFirst`
 */
export async function claimOfTrunk(
  db: Ground,
  lease: Lease,
  order: ClaimLook & { readonly countFirst: boolean },
): Promise<Look> {
  const { trunkId, attemptIds, passed, wide, countFirst, leaseSeconds } = order
  try {
    const { rows } = await sql<Told>`/* prepared: claim-of-trunk */
      select told, refused from claim_of_trunk(${trunkId}, ${attemptIds}, ${passed}, ${wide}, ${countFirst},
        ${lease.owner}, ${lease.epoch}, ${leaseSeconds})
    `.execute(db)
    return lookOf(rows[0])
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
): Promise<Look> {
  const { trunkId, campaignId, attemptIds, passed, wide, leaseSeconds } = order
  const { rows } = await sql<Told>`/* prepared: claim-due */
    select told, refused from claim_due(${trunkId}, ${campaignId}, ${attemptIds}, ${passed}, ${wide}, ${lease.owner},
      ${lease.epoch}, ${leaseSeconds})
  `.execute(tx)
  return lookOf(rows[0])
}

/** As the functions answer: one text, as the live page is told it, where fifty rows went through an array twice (0031). */
interface Told {
  readonly told: string | null
  readonly refused: readonly string[] | null
}

interface ToldCampaign {
  readonly campaignId: string
  readonly tasks: readonly {
    readonly taskId: string
    readonly attemptId: string
    readonly from: string
    readonly preferredAgentId?: string
  }[]
}

/** Attempts were given their ids in dialling order, and ids sort as they were made. */
function lookOf(row: Told | undefined): Look {
  const campaigns: readonly ToldCampaign[] = JSON.parse(row?.told ?? '[]')
  const made = campaigns.flatMap(({ campaignId, tasks }) =>
    tasks.map((task) => ({ preferredAgentId: null, ...task, campaignId })),
  )
  return { made: made.sort((a, b) => (a.attemptId < b.attemptId ? -1 : 1)), refused: row?.refused ?? [] }
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
