import { sql } from 'kysely'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'

export interface TeamRow {
  readonly id: string
  readonly name: string
  readonly supervisorIds: readonly string[]
  readonly campaigns: readonly string[]
}

/** @param supervisedBy only the teams of this supervisor */
export async function teamRows(db: Ground, supervisedBy: string | null): Promise<readonly TeamRow[]> {
  const { rows } = await sql<TeamRow>`
    select t.id, t.name,
      array(select s.user_id from team_supervisor s where s.team_id = t.id order by s.user_id) as supervisor_ids,
      array(select c.name from campaign c where c.team_id = t.id order by c.name) as campaigns
    from team t
    where ${supervisedBy}::uuid is null
      or exists (select from team_supervisor s where s.team_id = t.id and s.user_id = ${supervisedBy}::uuid)
    order by t.name
  `.execute(db)
  return rows
}

export interface PersonRow {
  readonly id: string
  readonly signInName: string
  readonly name: string
  readonly roles: readonly string[]
  readonly agentNo: string | null
  readonly teamId: string | null
  readonly phoneAllowedUntil: Date | null
  readonly phone: { readonly extension: string; readonly kind: string; readonly live: boolean } | null
}

/**
 * Who takes calls or supervises who does.
 * @param teamIds only the members of these; null: everybody
 */
export async function personRows(db: Ground, teamIds: readonly string[] | null): Promise<readonly PersonRow[]> {
  const { rows } = await sql<PersonRow>`
    select u.id, u.sign_in_name, u.display_name as name, g.agent_no, g.team_id,
      case when u.phone_allowed_until > app_now() then u.phone_allowed_until end as phone_allowed_until,
      array(select r.role_code from user_role r where r.user_account_id = u.id order by r.role_code) as roles,
      case when p.id is not null then jsonb_build_object('extension', p.extension,
        'kind', p.kind,
        'live', coalesce(n.expires_at > clock_timestamp(), false)) end as phone
    from user_account u
    left join agent g on g.user_id = u.id
    left join phone p on p.id = g.phone_id
    left join registration n on n.phone_id = p.id
    where case when ${teamIds === null}
      then u.disabled_at is null and (g.user_id is not null or exists (
        select from user_role r where r.user_account_id = u.id and r.role_code in ('agent', 'supervisor')))
      else g.team_id = any(${teamIds ?? []}::uuid[]) end
    order by g.agent_no nulls last, u.sign_in_name
  `.execute(db)
  return rows
}

/** The team's row is locked. @returns undefined when there is none, or it is not this supervisor's */
export async function lockTeam(
  tx: GroundTransaction,
  id: string,
  supervisedBy: string | null,
): Promise<{ readonly name: string } | undefined> {
  const { rows } = await sql<{ name: string }>`
    select t.name from team t where t.id = ${id}
      and (${supervisedBy}::uuid is null
        or exists (select from team_supervisor s where s.team_id = t.id and s.user_id = ${supervisedBy}::uuid))
    for update
  `.execute(tx)
  return rows[0]
}

/** @returns null when the name is taken */
export async function insertTeam(tx: GroundTransaction, id: string, siteId: string, name: string): Promise<boolean> {
  const done = await sql`
    insert into team (id, site_id, name) values (${id}, ${siteId}, ${name}) on conflict (site_id, name) do nothing
  `.execute(tx)
  return Number(done.numAffectedRows ?? 0) > 0
}

/** @returns false when another team of the site has the name */
export async function renameTeam(tx: GroundTransaction, id: string, name: string): Promise<boolean> {
  const done = await sql`
    update team set name = ${name} where id = ${id} and not exists (
      select from team o where o.site_id = team.site_id and o.name = ${name} and o.id <> team.id)
  `.execute(tx)
  return Number(done.numAffectedRows ?? 0) > 0
}

/** Those of them who hold a role, enabled. */
export async function holdersAmong(
  tx: GroundTransaction,
  userIds: readonly string[],
  roles: readonly string[],
): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    select u.id from user_account u where u.id = any(${[...userIds]}::uuid[]) and u.disabled_at is null
      and exists (select from user_role r where r.user_account_id = u.id and r.role_code = any(${[...roles]}::text[]))
    order by u.id
  `.execute(tx)
  return rows.map(({ id }) => id)
}

export async function supervisorsOf(tx: GroundTransaction, teamId: string): Promise<readonly string[]> {
  const { rows } = await sql<{ userId: string }>`
    select user_id from team_supervisor where team_id = ${teamId} order by user_id
  `.execute(tx)
  return rows.map(({ userId }) => userId)
}

export async function replaceSupervisors(
  tx: GroundTransaction,
  teamId: string,
  userIds: readonly string[],
): Promise<readonly string[]> {
  const { rows } = await sql<{ userId: string }>`
    delete from team_supervisor where team_id = ${teamId} returning user_id
  `.execute(tx)
  await sql`
    insert into team_supervisor (team_id, user_id) select ${teamId}::uuid, unnest(${[...userIds]}::uuid[])
  `.execute(tx)
  return rows.map(({ userId }) => userId).sort()
}

export interface AgentRow {
  readonly agentNo: string
  readonly teamId: string
  readonly phoneId: string | null
}

export async function lockAgent(tx: GroundTransaction, userId: string): Promise<AgentRow | undefined> {
  const { rows } = await sql<AgentRow>`
    select agent_no, team_id, phone_id from agent where user_id = ${userId} for update
  `.execute(tx)
  return rows[0]
}

/** @returns false when another agent has the number */
export async function putAgent(
  tx: GroundTransaction,
  userId: string,
  { agentNo, teamId }: { readonly agentNo: string; readonly teamId: string },
): Promise<boolean> {
  const { rows } = await sql<{ taken: boolean }>`
    select exists (select from agent where agent_no = ${agentNo} and user_id <> ${userId}) as taken
  `.execute(tx)
  if (rows[0]?.taken === true) return false
  await sql`
    insert into agent (user_id, agent_no, team_id) values (${userId}, ${agentNo}, ${teamId})
    on conflict (user_id) do update set agent_no = excluded.agent_no, team_id = excluded.team_id
  `.execute(tx)
  return true
}

/** The agent has no phone of his own any more, and nobody stays registered with it. */
export async function takePhoneAway(tx: GroundTransaction, userId: string, phoneId: string): Promise<void> {
  await sql`update agent set phone_id = null where user_id = ${userId}`.execute(tx)
  await sql`delete from registration where phone_id = ${phoneId}`.execute(tx)
}
