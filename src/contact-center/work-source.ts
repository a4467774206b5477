import type { GroundTransaction } from '#platform/database/database.ts'
import type { NewStreamEvent } from '#platform/realtime/stream-store.ts'
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
  claim(lease: Lease, trunkId: string, limit: number): Promise<readonly Claimed[]>
  /**
   * The same for one campaign with agents: never more attempts than seats, and each attempt's seat is reserved by the
   * transaction that makes the attempt, before anything is dialled.
   */
  claimForSeats(
    lease: Lease,
    order: { readonly trunkId: string; readonly campaignId: string; readonly atMost: number },
    seats: SeatOffer,
  ): Promise<readonly Claimed[]>
  /**
   * One task that a person has chosen, under the same gate and lines: its attempt is made and the seat reserved in one
   * transaction.
   * @throws UserError TASK_UNKNOWN, `GATE_<REASON>` where the gate refuses, GATE_LINES_BUSY, GATE_PREVIEWED; what the
   *   seat throws
   */
  claimTask(lease: Lease, order: ChosenTask, seat: SeatOffer): Promise<Claimed>
  /**
   * The next due tasks of a campaign with preview pacing, each to a free seat, in one transaction. Nothing is dialled.
   * @returns how many were given out
   */
  preview(lease: Lease, campaignId: string, seats: PreviewOffer): Promise<number>
  /** The task goes back behind others for so long. */
  putOff(tx: GroundTransaction, taskId: string, minutes: number): Promise<void>
  /** Whether the agent has said what came of the call, also before that has ended. */
  hasOutcome(tx: GroundTransaction, attemptId: string): Promise<boolean>
  /**
   * `created → dialing`, task `claimed → in_progress`, gate asked once more. Nothing may be dialled before it says `ok`,
   * and with that it tells what the call needs: trunk, number and answers as they are at that moment.
   * On a refusal the attempt has ended as `cancelled` and the task is due again (or stopped).
   * @param asking for a keypress survey: looks whether it can be asked, and refuses what cannot
   */
  begin(
    claimed: Claimed,
    lease: Lease,
    asking?: Asking,
  ): Promise<{ readonly ok: true; readonly work: Work } | { readonly ok: false; readonly reason: string }>
  /** Gives back attempts that were claimed and not dialled: attempt `cancelled`, task due again. */
  release(attemptIds: readonly string[], lease: Lease): Promise<void>
  /**
   * Follow-up's part of one call event (answers, outcome, end), inside the transaction that applies the event to
   * attempt and call. Idempotence is the caller's: an event is applied once.
   * @returns what the stream `live` must be told at the end of that transaction, since it is locked from then on
   */
  apply(tx: GroundTransaction, event: CallEvent): Promise<readonly NewStreamEvent[]>
  /**
   * The agent has done with a call that was bridged (after-call work done, or its time is over): what becomes of the
   * task, by outcome and answers. Inside the transaction that frees the seat; a task that somebody stopped stays so.
   * @returns as `apply`
   */
  agentCallOver(tx: GroundTransaction, call: AgentCallOver): Promise<readonly NewStreamEvent[]>
  /** The next instant at which something of this trunk may become due; null when nothing is planned. */
  nextDueAt(trunkId: string): Promise<Date | null>
}

/** What a person wants to have dialled. */
export interface ChosenTask {
  readonly taskId: string
  /** Id of one of the patient's numbers; null for the one that is next by plan. */
  readonly phoneId: string | null
  readonly seatId: string
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

/** Free seats that are to see a record first, as `preview` asks for them inside its transaction. */
export interface PreviewOffer {
  /** Locks free seats. @returns how many there are */
  lock(tx: GroundTransaction): Promise<number>
  /** Shows each task at one of the locked seats; a task that another seat has by now is left out. @returns how many */
  give(
    tx: GroundTransaction,
    tasks: readonly { readonly taskId: string; readonly preferredAgentId: string | null }[],
  ): Promise<number>
  /** What the seats' pages must hear; the last statements of the transaction. */
  tell(tx: GroundTransaction): Promise<void>
}

/** Who writes: every leased row names it, and a trigger refuses a stale one (invariant 3). */
export interface Lease {
  readonly owner: string
  readonly epoch: number
}

/** An attempt that was claimed: whom it is for and which way it goes. What is dialled is told by {@link WorkSource.begin}. */
export interface Claimed {
  readonly attemptId: string
  readonly taskId: string
  readonly campaignId: string
  readonly trunkId: string
}

/** Whether this node can say all that a call's flow says. */
export interface Asking {
  /** Why it could not, a lost sound for one; null: it can. */
  lackOf(work: Work): string | null
  /** Sees to it that the gate holds the like from now on. Resolves before the refused attempt is given back. */
  tell(): Promise<void>
}

/** An attempt that is being dialled, with all that its call needs, so that a running call never reads the database. */
export interface Work extends Claimed {
  readonly trunk: TrunkAddress
  readonly number: string
  readonly ringTimeoutMs: number
  readonly flowVersionId: string
  /** Published version of what the flow asks; null where it asks nothing. */
  readonly asksVersionId: string | null
  /** Flow definition and variables for the interpreter (contact-center/ivr). */
  readonly flow: unknown
  readonly variables: Readonly<Record<string, unknown>>
}
