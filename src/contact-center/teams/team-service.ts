import { type Actor, type AuditAction, writeAudit } from '#platform/audit/audit-store.ts'
import { rightsOf, takePermission } from '#platform/auth/account-store.ts'
import { keptFromAdministrators } from '#platform/auth/rights.ts'
import { tellLessAccess } from '#platform/auth/session-store.ts'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { UserError } from '#platform/errors/errors.ts'
import { newId } from '#platform/ids.ts'
import type { Secrets } from '#platform/secrets.ts'
import { firstSite, oneSetupAtATime, type PhoneAccount, setUpPhone } from '../acd/agent-setup.ts'
import { ensureSeat } from '../acd/seat-store.ts'
import type { AgentPlace, PhoneWish, TeamBoard } from './team-schema.ts'
import {
  holdersAmong,
  insertTeam,
  lockAgent,
  lockTeam,
  personRows,
  putAgent,
  renameTeam,
  replaceSupervisors,
  supervisorsOf,
  takePhoneAway,
  teamRows,
} from './team-store.ts'
import './team-errors.ts'

/** Who changes something, and whose. */
export interface TeamManager {
  readonly actor: Actor
  /** All teams (who makes accounts and devices), or the own ones (who supervises them). */
  readonly all: boolean
}

export interface TeamsParts {
  readonly db: Ground
  readonly secrets: Pick<Secrets, 'encrypt'>
}

/** Teams, who works in them under whom, and with which phones. Every change is audited in its own transaction. */
export class Teams {
  readonly #parts: TeamsParts

  constructor(parts: TeamsParts) {
    this.#parts = parts
  }

  async board(manager: TeamManager): Promise<TeamBoard> {
    const { db } = this.#parts
    const teams = await teamRows(db, scopeOf(manager))
    const people = await personRows(db, manager.all ? null : teams.map(({ id }) => id))
    return {
      all: manager.all,
      phoneNeedsWord: !(await hearsPatients(db, manager.actor)),
      teams: teams.map((team) => ({
        ...team,
        supervisorIds: [...team.supervisorIds],
        campaigns: [...team.campaigns],
      })),
      people: people.map((person) => ({
        ...person,
        roles: [...person.roles],
        phoneAllowedUntil: person.phoneAllowedUntil?.toISOString() ?? null,
      })),
    }
  }

  /** @throws UserError TEAM_SCOPE, TEAM_NAME_TAKEN */
  async create(manager: TeamManager, name: string): Promise<string> {
    requireAll(manager)
    const id = newId()
    const wanted = name.trim()
    await this.#change(async (tx) => {
      if (!(await insertTeam(tx, id, await firstSite(tx), wanted))) {
        throw new UserError('TEAM_NAME_TAKEN', { name: wanted })
      }
      await audit(tx, manager, 'team.created', { kind: 'team', id }, { name: wanted })
    })
    return id
  }

  /** @throws UserError TEAM_SCOPE, TEAM_UNKNOWN, TEAM_NAME_TAKEN */
  async rename(manager: TeamManager, id: string, name: string): Promise<void> {
    requireAll(manager)
    const wanted = name.trim()
    await this.#change(async (tx) => {
      const team = await this.#team(tx, manager, id)
      if (!(await renameTeam(tx, id, wanted))) throw new UserError('TEAM_NAME_TAKEN', { name: wanted })
      await audit(tx, manager, 'team.renamed', { kind: 'team', id }, { from: team.name, to: wanted })
    })
  }

  /**
   * Whose seats a supervisor may see and listen at follows from this: no supervisor says it himself.
   * @throws UserError TEAM_SCOPE, TEAM_UNKNOWN, PERSON_UNFIT
   */
  async setSupervisors(manager: TeamManager, teamId: string, userIds: readonly string[]): Promise<void> {
    requireAll(manager)
    const wanted = [...new Set(userIds)].sort()
    await this.#change(async (tx) => {
      await this.#team(tx, manager, teamId)
      const fit = await holdersAmong(tx, wanted, ['supervisor'])
      if (fit.length < wanted.length) throw new UserError('PERSON_UNFIT', { role: 'supervisor' })
      const from = await replaceSupervisors(tx, teamId, wanted)
      await tellLessAccess(
        tx,
        from.filter((id) => !wanted.includes(id)),
      )
      await audit(tx, manager, 'team.supervisors_changed', { kind: 'team', id: teamId }, { from, to: wanted })
    })
  }

  /**
   * Puts somebody into a team, under this agent number.
   * @throws UserError TEAM_SCOPE (from or to another's team), TEAM_UNKNOWN, PERSON_UNFIT, AGENT_NO_TAKEN
   */
  async placeAgent(manager: TeamManager, userId: string, place: AgentPlace): Promise<void> {
    await this.#change(async (tx) => {
      const before = await lockAgent(tx, userId)
      if (before === undefined) requireAll(manager)
      else await this.#team(tx, manager, before.teamId)
      await this.#team(tx, manager, place.teamId)
      const [fit] = await holdersAmong(tx, [userId], ['agent', 'supervisor'])
      if (fit === undefined) throw new UserError('PERSON_UNFIT', { role: 'agent' })
      if (!(await putAgent(tx, userId, place))) throw new UserError('AGENT_NO_TAKEN', { agentNo: place.agentNo })
      await ensureSeat(tx, userId)
      // Who supervised this person's calls until now, and may be in one.
      if (before !== undefined && before.teamId !== place.teamId) {
        await tellLessAccess(tx, await supervisorsOf(tx, before.teamId))
      }
      const from = before === undefined ? null : { agentNo: before.agentNo, teamId: before.teamId }
      await audit(tx, manager, 'agent.placed', { kind: 'agent', id: userId }, { from, to: place })
    })
  }

  /**
   * A desk phone with a new password, or the page itself from its next opening. Whoever has the password is at the
   * patient's ear in the agent's place: the security administrator allows it first (as the reset of a password), unless
   * the one who asks hears patients himself.
   * @returns what goes into the desk phone, told once; null for the page
   * @throws UserError AGENT_PLACELESS, PHONE_NOT_ALLOWED, PHONE_OF_ANOTHER, AGENT_UNKNOWN
   */
  async setPhone(manager: TeamManager, userId: string, wish: PhoneWish): Promise<PhoneAccount | null> {
    const { db } = this.#parts
    const account = await db
      .selectFrom('userAccount')
      .innerJoin('agent', 'agent.userId', 'userAccount.id')
      .select('userAccount.signInName')
      .where('userAccount.id', '=', userId)
      .executeTakeFirst()
    if (account === undefined) throw new UserError('AGENT_PLACELESS')
    if (wish.kind === 'desk') {
      const draft = { extension: wish.extension, agent: account.signInName, agentNo: null, team: null }
      return setUpPhone(this.#parts, draft, manager.actor, (tx) => allowed(tx, manager.actor, userId, draft.agent))
    }
    await this.#change(async (tx) => {
      const agent = await lockAgent(tx, userId)
      if (agent?.phoneId === undefined || agent.phoneId === null) return
      await takePhoneAway(tx, userId, agent.phoneId)
      await audit(tx, manager, 'phone.taken_away', { kind: 'phone', id: agent.phoneId }, { agent: userId })
    })
    return null
  }

  #change(change: (tx: GroundTransaction) => Promise<void>): Promise<void> {
    return this.#parts.db.transaction().execute(async (tx) => {
      await oneSetupAtATime(tx)
      await change(tx)
    })
  }

  async #team(tx: GroundTransaction, manager: TeamManager, id: string): Promise<{ readonly name: string }> {
    const team = await lockTeam(tx, id, scopeOf(manager))
    if (team === undefined) throw new UserError(manager.all ? 'TEAM_UNKNOWN' : 'TEAM_SCOPE')
    return team
  }
}

/** Whether who asks hears patients already, and gains nothing by a phone's password. */
async function hearsPatients(db: Ground | GroundTransaction, { accountId }: Actor): Promise<boolean> {
  const own = accountId === null ? new Set<string>() : await rightsOf(db, accountId)
  return keptFromAdministrators.every((right) => own.has(right))
}

/** Whatever the account may do at this moment: roles come and go, the phone's password stays. */
async function allowed(tx: GroundTransaction, actor: Actor, userId: string, name: string) {
  if (await hearsPatients(tx, actor)) return {}
  const allowedBy = await takePermission(tx, userId, 'phone')
  if (allowedBy === null) throw new UserError('PHONE_NOT_ALLOWED', { name })
  return { allowedBy }
}

function scopeOf({ actor, all }: TeamManager): string | null {
  return all ? null : actor.accountId
}

function requireAll({ all }: TeamManager): void {
  if (!all) throw new UserError('TEAM_SCOPE')
}

function audit(
  tx: GroundTransaction,
  { actor }: TeamManager,
  action: AuditAction,
  object: { readonly kind: string; readonly id: string },
  detail: Readonly<Record<string, unknown>>,
): Promise<void> {
  return writeAudit(tx, { actor, action, object, outcome: 'ok', detail })
}
