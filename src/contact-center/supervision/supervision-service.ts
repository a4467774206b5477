import { type Actor, type AuditAction, systemActor, writeAudit } from '#platform/audit/audit-store.ts'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { codeOf, UserError } from '#platform/errors/errors.ts'
import { newId } from '#platform/ids.ts'
import { type Log, logError } from '#platform/log.ts'
import type { SeatLeg, SupervisionMode } from '#telephony/telephony.ts'
import type { SeatCall, SeatCalls } from '../acd/seat-call.ts'
import type { SeatLegs } from '../acd/seat-legs.ts'
import { SeatNews } from '../acd/seat-news.ts'
import { lockSeatOfAgent } from '../acd/seat-store.ts'
import { supervisesSeat } from '../floor/team-scope-store.ts'
import { supervisingReason } from './supervision.ts'
import {
  beginSupervision,
  endSupervision,
  lockCallAt,
  setSupervisionMode,
  supervisionOf,
  supervisionsNotAllowed,
} from './supervision-store.ts'
import './supervision-errors.ts'

export interface SupervisionParts {
  readonly db: Ground
  readonly legs: Pick<SeatLegs, 'leg'>
  readonly calls: Pick<SeatCalls, 'at'>
  readonly log: Log
}

/** A call at a seat, to which a supervisor does something. */
interface Command {
  readonly supervisorId: string
  readonly seatId: string
  readonly actor: Actor
}

/** The supervisor's claim to be in the call: its row. */
interface Claim {
  readonly supervisionId: string
  readonly callId: string
  /** How the supervisor was in the call before; null: not at all. */
  readonly before: SupervisionMode | null
}

/**
 * What supervisors do to the calls of their teams: listen, coach, barge in, leave, take over, end (requirements A07–A09,
 * R02). The leg is that of the supervisor's own seat, which is on a break meanwhile. The row and the audit trail come
 * first, then the call is told; what cannot be done there is taken back here.
 */
export class Supervision {
  readonly #parts: SupervisionParts

  constructor(parts: SupervisionParts) {
    this.#parts = parts
  }

  /**
   * Comes into the call at a seat, or changes how.
   * @throws UserError FLOOR_OTHER_TEAM, SUPERVISION_*
   */
  async supervise(command: Command, mode: SupervisionMode): Promise<void> {
    await this.#mustBeOwnTeams(command, 'call.supervised')
    const action = 'call.supervised'
    const { call, leg } = this.#reach(command)
    const claim = await this.#claim(command, mode, { action, detail: { mode } })
    const { supervisorId } = command
    try {
      await call.supervise({ supervisionId: claim.supervisionId, supervisorId, leg, mode })
    } catch (error) {
      await this.#takeBack(command, claim, action, error)
      throw plain(error)
    }
    // The right may have gone in this moment, before there was a row to be found by it.
    await this.endNotAllowed()
  }

  /**
   * Whoever lost the team or the right while in a call is out of it, as far as this process carries the call. To be
   * called when somebody may see less than before.
   */
  async endNotAllowed(): Promise<void> {
    for (const { id, seatId, supervisorId } of await supervisionsNotAllowed(this.#parts.db)) {
      const call = this.#parts.calls.at(seatId)
      if (call === undefined) continue
      // The row first: the call tells of everybody who goes out of it as of one who left, and who is first says why.
      await this.#parts.db.transaction().execute(async (tx) => {
        if (!(await endSupervision(tx, id, 'not_allowed'))) return
        const detail = { supervisionId: id, supervisorId, reason: 'not_allowed' }
        const object = { kind: 'seat', id: seatId }
        await writeAudit(tx, { actor: systemActor, action: 'call.supervision_ended', object, outcome: 'ok', detail })
        await tell(tx, [])
      })
      await this.#unsupervise(call, id)
    }
  }

  async #unsupervise(call: SeatCall | undefined, supervisionId: string): Promise<void> {
    try {
      await call?.unsupervise(supervisionId)
    } catch (error) {
      logError(this.#parts.log, error, 'a supervisor is out of the rows, and not out of the room yet')
    }
  }

  /** Idempotent: who is not in that call leaves nothing. */
  async leave(command: Command): Promise<void> {
    const { supervisorId, seatId } = command
    await this.#mustBeOwnTeams(command, 'call.supervision_left')
    const active = await supervisionOf(this.#parts.db, supervisorId)
    if (active?.seatId !== seatId) return
    await this.#unsupervise(this.#parts.calls.at(seatId), active.id)
    await this.#parts.db.transaction().execute(async (tx) => {
      await endSupervision(tx, active.id, 'left')
      await this.#closing(tx, command, { action: 'call.supervision_left', supervisionId: active.id })
    })
  }

  /**
   * The call goes on at the supervisor's own seat; the agent has after-call work.
   * @throws UserError FLOOR_OTHER_TEAM, SUPERVISION_*
   */
  async takeOver(command: Command, reason: string): Promise<void> {
    const action = 'call.taken_over'
    await this.#mustBeOwnTeams(command, action)
    const { call, leg } = this.#reach(command)
    const claim = await this.#claim(command, null, { action, detail: { reason } })
    const { supervisorId } = command
    const seat = {
      seatId: supervisorId,
      agentId: supervisorId,
      callId: claim.callId,
      mediaHost: leg.ref.mediaHost,
      // Whether the patient is asked stands with the seat that the call came to first.
      ratingFlow: null,
    }
    try {
      await call.takeOver({ supervisionId: claim.supervisionId, reservationId: newId(), seat, leg, reason })
    } catch (error) {
      await this.#takeBack(command, claim, action, error)
      throw plain(error)
    }
  }

  /**
   * Ends the call, or takes the dial back. What the attempt came to follows its own rule.
   * @throws UserError FLOOR_OTHER_TEAM, SUPERVISION_NO_CALL
   */
  async release(command: Command, reason: string): Promise<void> {
    const { seatId, supervisorId, actor } = command
    await this.#mustBeOwnTeams(command, 'call.released')
    const call = this.#parts.calls.at(seatId)
    if (call === undefined) throw new UserError('SUPERVISION_NO_CALL')
    await writeAudit(this.#parts.db, {
      actor,
      action: 'call.released',
      object: { kind: 'seat', id: seatId },
      outcome: 'ok',
      detail: { reason },
    })
    await call.release(supervisorId, reason).catch((error: unknown) => {
      throw plain(error)
    })
  }

  async #mustBeOwnTeams({ supervisorId, seatId, actor }: Command, action: AuditAction): Promise<void> {
    const { db } = this.#parts
    if (await supervisesSeat(db, supervisorId, seatId)) return
    const object = { kind: 'seat', id: seatId }
    await writeAudit(db, { actor, action, object, outcome: 'denied', detail: { code: 'FLOOR_OTHER_TEAM' } })
    throw new UserError('FLOOR_OTHER_TEAM')
  }

  /** The call, and the supervisor's leg: both are held by this process. */
  #reach({ supervisorId, seatId }: Command): { readonly call: SeatCall; readonly leg: SeatLeg } {
    if (supervisorId === seatId) throw new UserError('SUPERVISION_OWN_SEAT')
    const call = this.#parts.calls.at(seatId)
    if (call === undefined) throw new UserError('SUPERVISION_NO_CALL')
    if (this.#parts.calls.at(supervisorId) !== undefined) throw new UserError('SUPERVISION_SEAT_BUSY')
    const leg = this.#parts.legs.leg(supervisorId)
    if (leg === null) throw new UserError('SUPERVISION_SEAT_NEEDED')
    return { call, leg }
  }

  /** The supervisor's seat is on a break from now on, and offered nothing. @param mode null: as it is, to take over */
  async #claim(
    { supervisorId, seatId, actor }: Command,
    mode: SupervisionMode | null,
    audit: { readonly action: AuditAction; readonly detail: Readonly<Record<string, unknown>> },
  ): Promise<Claim> {
    return this.#parts.db.transaction().execute(async (tx) => {
      // Before the seat, as the call's own end does it.
      const call = await lockCallAt(tx, seatId)
      if (call === null) throw new UserError('SUPERVISION_NO_CALL')
      const own = await lockSeatOfAgent(tx, supervisorId)
      if (own === null || own.status === 'signed_out' || own.status === 'signing_out') {
        throw new UserError('SUPERVISION_SEAT_NEEDED')
      }
      if (own.state !== 'idle' || own.reservation !== null) throw new UserError('SUPERVISION_SEAT_BUSY')
      const { reservationId, callId } = call
      const active = await supervisionOf(tx, supervisorId)
      if (active !== null && active.reservationId !== reservationId) throw new UserError('SUPERVISION_ELSEWHERE')
      const id = active?.id ?? newId()
      const one = { id, supervisorId, reservationId, mode: mode ?? 'monitor' }
      if (active === null) await beginSupervision(tx, one, supervisingReason)
      else if (mode !== null) await setSupervisionMode(tx, id, mode)
      const object = { kind: 'seat', id: seatId }
      const detail = { ...audit.detail, callId, supervisionId: id }
      await writeAudit(tx, { actor, action: audit.action, object, outcome: 'ok', detail })
      await tell(tx, active === null ? [supervisorId] : [])
      return { supervisionId: id, callId, before: active?.mode ?? null }
    })
  }

  /**
   * What the call did not do. A refusal before anything was done (the agent's phone is awaited) leaves who was in the call
   * in it as before; after any other failure the supervisor is out of the room, and so out of the rows.
   */
  async #takeBack(
    command: Command,
    { supervisionId, before }: Claim,
    action: AuditAction,
    error: unknown,
  ): Promise<void> {
    const code = codeOf(error)
    await this.#parts.db.transaction().execute(async (tx) => {
      if (before !== null && code === 'SEAT_NO_CALL') await setSupervisionMode(tx, supervisionId, before)
      else await endSupervision(tx, supervisionId, 'failed')
      await this.#closing(tx, command, { action, supervisionId, failed: { code } })
    })
  }

  async #closing(
    tx: GroundTransaction,
    { seatId, actor }: Command,
    {
      action,
      supervisionId,
      failed,
    }: { readonly action: AuditAction; readonly supervisionId: string; readonly failed?: { readonly code: string } },
  ): Promise<void> {
    await writeAudit(tx, {
      actor,
      action,
      object: { kind: 'seat', id: seatId },
      outcome: failed === undefined ? 'ok' : 'failed',
      detail: { supervisionId, ...failed },
    })
    await tell(tx, [])
  }
}

async function tell(tx: GroundTransaction, seatIds: readonly string[]): Promise<void> {
  const news = new SeatNews()
  for (const id of seatIds) news.add(id)
  news.look()
  await news.tell(tx)
}

/** To the agent's own commands it is "your seat". */
function plain(error: unknown): unknown {
  return codeOf(error) === 'SEAT_NO_CALL' ? new UserError('SUPERVISION_NO_CALL') : error
}
