import type { GroundTransaction } from '#platform/database/database.ts'
import type { TrunkAddress } from '#telephony/telephony.ts'
import type { CallEvent } from './calls/call-event.ts'

/**
 * Where the dialler gets its work and reports what became of it. The dialler does not know what a follow-up task is;
 * follow-up implements this, because gate and claim read task, programme, consent and number together (architecture §2).
 */
export interface WorkSource {
  /**
   * For campaigns without agents. Gate, claim and attempt row in one transaction, never more than the trunk's free lines (architecture §3,
   * invariants 1–3). Attempts come back in state `created`, their tasks in `claimed`.
   * @param limit how many this node can start now (calls-per-second budget)
   */
  claim(lease: Lease, trunkId: string, limit: number): Promise<readonly Work[]>
  /**
   * The same for one campaign with agents: never more attempts than seats, and each attempt's seat is reserved by the
   * transaction that makes the attempt, before anything is dialled.
   */
  claimForSeats(
    lease: Lease,
    order: { readonly trunkId: string; readonly campaignId: string; readonly atMost: number },
    seats: SeatOffer,
  ): Promise<readonly Work[]>
  /**
   * `created → dialing`, task `claimed → in_progress`, gate asked once more. Nothing may be dialled before it says `ok`.
   * On a refusal the attempt has ended as `cancelled` and the task is due again (or stopped).
   */
  begin(
    attemptId: string,
    lease: Lease,
  ): Promise<{ readonly ok: true } | { readonly ok: false; readonly reason: string }>
  /** Gives back attempts that were claimed and not dialled: attempt `cancelled`, task due again. */
  release(attemptIds: readonly string[], lease: Lease): Promise<void>
  /**
   * Follow-up's part of one call event (answers, outcome, end), inside the transaction that applies the event to
   * attempt and call. Idempotence is the caller's: an event is applied once.
   */
  apply(tx: GroundTransaction, event: CallEvent): Promise<void>
  /**
   * The agent has done with a call that was bridged (after-call work done, or its time is over): what becomes of the
   * task, by outcome and answers. Inside the transaction that frees the seat; a task that somebody stopped stays so.
   */
  agentCallOver(tx: GroundTransaction, call: AgentCallOver): Promise<void>
  /** The next instant at which something of this trunk may become due; null when nothing is planned. */
  nextDueAt(trunkId: string): Promise<Date | null>
}

export interface AgentCallOver {
  readonly attemptId: string
  readonly taskId: string
}

export interface AttemptForSeat {
  readonly attemptId: string
  readonly taskId: string
  /** Whom a callback was agreed with (requirements C14). */
  readonly preferredAgentId: string | null
}

/** Free seats, as a claim asks for them inside its transaction; a claim that is refused and begun again asks again. */
export interface SeatOffer {
  /** Locks free seats. @returns how many there are, at most `atMost` */
  lock(tx: GroundTransaction, atMost: number): Promise<number>
  /** Reserves one of the locked seats for each attempt: where it is free the preferred agent's, else in order. */
  reserve(tx: GroundTransaction, attempts: readonly AttemptForSeat[]): Promise<void>
  /** What the seats' pages must hear; the last statements of the transaction. */
  tell(tx: GroundTransaction): Promise<void>
}

/** Who writes: every leased row names it, and a trigger refuses a stale one (invariant 3). */
export interface Lease {
  readonly owner: string
  readonly epoch: number
}

/** One claimed attempt with all that the call needs, so that a running call never reads the database. */
export interface Work {
  readonly attemptId: string
  readonly taskId: string
  readonly campaignId: string
  readonly trunkId: string
  readonly trunk: TrunkAddress
  readonly number: string
  readonly ringTimeoutMs: number
  readonly flowVersionId: string
  /** Flow definition and variables for the interpreter (contact-center/ivr). */
  readonly flow: unknown
  readonly variables: Readonly<Record<string, unknown>>
}
