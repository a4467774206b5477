import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { type Actor, systemActor, writeAudit } from '#platform/audit/audit-store.ts'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { UserError } from '#platform/errors/errors.ts'
import { newId } from '#platform/ids.ts'
import type { Secrets } from '#platform/secrets.ts'
import { ensureSeat } from './seat-store.ts'
import './acd-tables.ts'
import './seat-errors.ts'

export interface PhoneDraft {
  readonly extension: string
  /** The sign-in name of the agent's account. */
  readonly agent: string
  /** 工号; default: the extension. */
  readonly agentNo: string | null
  /** Default: the hospital's first team. */
  readonly team: string | null
}

export interface PhoneAccount {
  readonly extension: string
  /** For the phone's digest; shown once, kept sealed. */
  readonly secret: string
}

const firstTeam = '随访一组'

/**
 * Gives an agent a desk phone: its account at our registrar with a new secret, the agent's row, team and seat where there
 * is none. Again for the same agent: a new secret, and another extension where one is told.
 * @param allow asked in the same transaction for whose phone it is; what it returns stands in the audit trail
 * @throws UserError PHONE_INVALID, AGENT_UNKNOWN, PHONE_OF_ANOTHER
 */
export async function setUpPhone(
  { db, secrets }: { readonly db: Ground; readonly secrets: Pick<Secrets, 'encrypt'> },
  draft: PhoneDraft,
  actor: Actor = systemActor,
  allow: (tx: GroundTransaction, userId: string) => Promise<Readonly<Record<string, unknown>>> = async () => ({}),
): Promise<PhoneAccount> {
  const { extension } = draft
  if (!/^\d{2,10}$/.test(extension)) throw new UserError('PHONE_INVALID', { field: 'extension', wanted: '2–10 digits' })
  const secret = randomBytes(12).toString('base64url')
  await db.transaction().execute(async (tx) => {
    await oneSetupAtATime(tx)
    const userId = await accountOf(tx, draft.agent)
    const word = await allow(tx, userId)
    const siteId = await firstSite(tx)
    const teamId = await ensureTeam(tx, siteId, draft.team ?? (await nameOfFirstTeam(tx)))
    await refuseAnothers(tx, extension, userId)
    const phone = await sql<{ id: string }>`
      insert into phone (id, site_id, extension, secret_ciphertext)
      values (${newId()}, ${siteId}, ${extension}, ${secrets.encrypt(secret)})
      on conflict (extension) do update set secret_ciphertext = excluded.secret_ciphertext, kind = 'desk' returning id
    `.execute(tx)
    const phoneId = phone.rows[0]?.id ?? ''
    // Whoever registered with the old secret registers again.
    await sql`delete from registration where phone_id = ${phoneId}`.execute(tx)
    await sql`
      insert into agent (user_id, agent_no, team_id, phone_id)
      values (${userId}, ${draft.agentNo ?? extension}, ${teamId}, ${phoneId})
      on conflict (user_id) do update set phone_id = excluded.phone_id,
        agent_no = case when ${draft.agentNo === null} then agent.agent_no else excluded.agent_no end,
        team_id = case when ${draft.team === null} then agent.team_id else excluded.team_id end
    `.execute(tx)
    // The agent's page shows whether the phone is live before it is called for the first time.
    await ensureSeat(tx, userId)
    await writeAudit(tx, {
      actor,
      action: 'phone.set_up',
      object: { kind: 'phone', id: phoneId },
      outcome: 'ok',
      detail: { extension, agent: userId, ...word },
    })
  })
  return { extension, secret }
}

export interface TeamDraft {
  readonly name: string
  readonly campaign: string | null
  /** How the campaign is dialled for the team; default progressive. */
  readonly pacing?: 'progressive' | 'preview'
  /** Whether patients are asked for a rating when an agent has hung up; absent: as it is. */
  readonly rating?: boolean
  /** Login of who supervises it. */
  readonly supervisor?: string | null
}

/** The shipped flow that asks for a rating (ivr-flows). */
export const shippedRatingFlow = 'hangup-rating'

/**
 * A team, made where there is none of that name; with a campaign, its tasks are dialled for the team's free seats
 * (progressive), or shown to them first (preview), from now on; with a supervisor, who sees its floor and may be in its
 * calls. A team that is made without one is every supervisor's.
 * @returns the team's id
 * @throws UserError TEAM_CAMPAIGN_UNKNOWN, AGENT_UNKNOWN
 */
export async function setUpTeam(db: Ground, draft: TeamDraft): Promise<string> {
  return db.transaction().execute((tx) => setUpTeamIn(tx, draft))
}

/** The same, as a part of what else is set up. */
export async function setUpTeamIn(tx: GroundTransaction, draft: TeamDraft): Promise<string> {
  const { pacing = 'progressive', rating } = draft
  await oneSetupAtATime(tx)
  const supervisorId = draft.supervisor == null ? null : await accountOf(tx, draft.supervisor)
  const teamId = await ensureTeam(tx, await firstSite(tx), draft.name, supervisorId)
  if (draft.campaign !== null) {
    const changed = await sql<{ id: string }>`
        update campaign set pacing = ${pacing}, team_id = ${teamId}, changed_at = app_now(),
          settings_version = settings_version + 1,
          rating_flow = case when ${rating === undefined} then rating_flow else ${rating === true ? shippedRatingFlow : null} end
        where name = ${draft.campaign} or id::text = ${draft.campaign} returning id
      `.execute(tx)
    if (changed.rows.length === 0) throw new UserError('TEAM_CAMPAIGN_UNKNOWN', { name: draft.campaign })
    // Diallers on every node look again (follow-up's channel of work).
    await sql`select pg_notify('suifang_work', '')`.execute(tx)
  }
  await writeAudit(tx, {
    actor: systemActor,
    action: 'team.set_up',
    object: { kind: 'team', id: teamId },
    outcome: 'ok',
    detail: { campaign: draft.campaign, pacing, rating: rating ?? null, supervisor: supervisorId },
  })
  return teamId
}

/** Teams, agents and phones are changed one after another. */
export async function oneSetupAtATime(tx: GroundTransaction): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('suifang.agent-setup', 0))`.execute(tx)
}

async function accountOf(tx: GroundTransaction, name: string): Promise<string> {
  const { rows } = await sql<{ id: string }>`
    select id from user_account where sign_in_name = lower(btrim(${name})) and disabled_at is null
  `.execute(tx)
  if (rows[0] === undefined) throw new UserError('AGENT_UNKNOWN', { name })
  return rows[0].id
}

export async function firstSite(tx: GroundTransaction): Promise<string> {
  const { rows } = await sql<{ id: string }>`select id from site order by created_at, id limit 1`.execute(tx)
  if (rows[0] !== undefined) return rows[0].id
  const id = newId()
  await sql`insert into site (id, code, name) values (${id}, 'main', '本院')`.execute(tx)
  return id
}

async function nameOfFirstTeam(tx: GroundTransaction): Promise<string> {
  const { rows } = await sql<{ name: string }>`select name from team order by created_at, id limit 1`.execute(tx)
  return rows[0]?.name ?? firstTeam
}

/** @param supervisorId null: a new team is every supervisor's */
async function ensureTeam(
  tx: GroundTransaction,
  siteId: string,
  name: string,
  supervisorId: string | null = null,
): Promise<string> {
  if (name.trim() === '') throw new UserError('PHONE_INVALID', { field: 'team', wanted: 'a name' })
  const id = newId()
  const { rows } = await sql<{ id: string }>`
    insert into team (id, site_id, name) values (${id}, ${siteId}, ${name.trim()})
    on conflict (site_id, name) do update set name = excluded.name returning id
  `.execute(tx)
  const teamId = rows[0]?.id ?? ''
  if (supervisorId !== null) {
    await sql`insert into team_supervisor (team_id, user_id) values (${teamId}, ${supervisorId}) on conflict do nothing`.execute(
      tx,
    )
  } else if (teamId === id) {
    await sql`
      insert into team_supervisor (team_id, user_id)
      select ${teamId}, user_account_id from user_role where role_code = 'supervisor'
    `.execute(tx)
  }
  return teamId
}

async function refuseAnothers(tx: GroundTransaction, extension: string, userId: string): Promise<void> {
  const { rows } = await sql<{ agent: string }>`
    select u.sign_in_name as agent from phone p join agent g on g.phone_id = p.id
    join user_account u on u.id = g.user_id where p.extension = ${extension} and g.user_id <> ${userId}
  `.execute(tx)
  if (rows[0] !== undefined) throw new UserError('PHONE_OF_ANOTHER', { extension, agent: rows[0].agent })
}
