import { createHash, randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import type { SessionEndReason } from './auth-tables.ts'
import './auth-tables.ts'

/** Channel on which the id of a session is told when it has ended. */
export const sessionChannel = 'suifang_session'

/** Channel on which an account is told that may see less than before. */
export const lessAccessChannel = 'suifang_less_access'

export async function tellLessAccess(tx: GroundTransaction, accountIds: readonly string[]): Promise<void> {
  await sql`select pg_notify(${lessAccessChannel}, id) from unnest(${[...accountIds]}::text[]) as id`.execute(tx)
}

export interface SessionRow {
  readonly id: string
  readonly accountId: string
  readonly signInName: string
  readonly displayName: string
  readonly mustChangePassword: boolean
  readonly needsStartCode: boolean
  readonly roles: readonly string[]
  /** Codes of the rights that its roles hold. */
  readonly rights: readonly string[]
  /** Null while it lives. */
  readonly endedAt: Date | null
  /** Why it should be over by now, though nobody has said so yet. */
  readonly overdue: SessionEndReason | null
  /** How long until idleness ends it, as it stands. */
  readonly idleInMs: number
  readonly expiresAt: Date
  /** Its activity was written within the last minute. */
  readonly seenLately: boolean
}

export interface SessionLimits {
  /** Without a request for so long it ends (requirements §8.5: 15 to 30 minutes). */
  readonly idleMs: number
  /** However busy, it ends after this. */
  readonly longestMs: number
}

/** 256 random bits for the cookie. */
export function newSessionToken(): string {
  return randomBytes(32).toString('base64url')
}

function tokenHash(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

export async function insertSession(
  tx: GroundTransaction,
  session: {
    readonly id: string
    readonly token: string
    readonly accountId: string
    readonly ip: string | null
    readonly userAgent: string | null
  },
  limits: SessionLimits,
): Promise<void> {
  await tx
    .insertInto('session')
    .values({
      id: session.id,
      tokenHash: tokenHash(session.token),
      userAccountId: session.accountId,
      ip: session.ip,
      userAgent: session.userAgent?.slice(0, 300) ?? null,
      expiresAt: sql<Date>`app_now() + ${limits.longestMs} * interval '1 millisecond'`,
    })
    .execute()
}

export async function sessionByToken(
  db: Ground,
  token: string,
  limits: SessionLimits,
): Promise<SessionRow | undefined> {
  const { rows } = await sql<SessionRow>`/* prepared: session-by-token */
    ${sessionRow(limits)} where s.token_hash = ${tokenHash(token)}
  `.execute(db)
  return rows[0]
}

export async function sessionById(
  db: Ground | GroundTransaction,
  id: string,
  limits: SessionLimits,
): Promise<SessionRow | undefined> {
  const { rows } = await sql<SessionRow>`/* prepared: session-by-id */
    ${sessionRow(limits)} where s.id = ${id}
  `.execute(db)
  return rows[0]
}

/** With every request and every message of a page: one statement for the session, the person, roles and rights. */
function sessionRow({ idleMs }: SessionLimits) {
  return sql`
    select s.id, s.user_account_id as account_id, s.expires_at, s.ended_at, u.sign_in_name, u.display_name,
      u.must_change_password, u.must_change_password and u.start_code_hash is not null as needs_start_code, s.last_seen_at >= t.now - interval '1 minute' as seen_lately,
      case when u.disabled_at is not null then 'disabled'
        when s.expires_at <= t.now then 'expired'
        when idle.at <= t.now then 'idle' end as overdue,
      (extract(epoch from least(idle.at, s.expires_at) - t.now) * 1000)::float8 as idle_in_ms,
      array(select o.role_code from user_role o where o.user_account_id = u.id order by o.role_code) as roles,
      array(select distinct r.right_code from user_role o join role_right r on r.role_code = o.role_code
        where o.user_account_id = u.id) as rights
    from session s join user_account u on u.id = s.user_account_id
    cross join lateral (select app_now() as now) t
    cross join lateral (select s.last_seen_at + ${idleMs}::float8 * interval '1 millisecond' as at) idle
  `
}

/** Moves idleness on; written at most once a minute for one session. */
export async function touchSession(db: Ground, id: string): Promise<void> {
  await sql`
    update session set last_seen_at = app_now()
    where id = ${id} and ended_at is null and last_seen_at < app_now() - interval '1 minute'
  `.execute(db)
}

/** @param owner whose it must be, where that matters; @returns whether it lived until now */
export async function endSession(
  db: Ground | GroundTransaction,
  id: string,
  reason: SessionEndReason,
  owner?: string,
): Promise<boolean> {
  const result = await db
    .updateTable('session')
    .set({ endedAt: sql<Date>`app_now()`, endReason: reason })
    .where('id', '=', id)
    .where('endedAt', 'is', null)
    .$if(owner !== undefined, (query) => query.where('userAccountId', '=', owner ?? ''))
    .executeTakeFirst()
  return result.numUpdatedRows > 0n
}

export async function endSessionsOf(tx: GroundTransaction, accountId: string, reason: SessionEndReason): Promise<void> {
  await tx
    .updateTable('session')
    .set({ endedAt: sql<Date>`app_now()`, endReason: reason })
    .where('userAccountId', '=', accountId)
    .where('endedAt', 'is', null)
    .execute()
}

export interface LivingSession {
  readonly id: string
  readonly ip: string | null
  readonly userAgent: string | null
  readonly since: Date
  /** To the minute. */
  readonly lastSeenAt: Date
}

/** Sessions of an account that are still good, the last used first. */
export async function livingSessions(
  db: Ground | GroundTransaction,
  accountId: string,
  { idleMs }: SessionLimits,
): Promise<readonly LivingSession[]> {
  const { rows } = await sql<LivingSession>`
    select id, ip, user_agent, created_at as since, last_seen_at from session
    where user_account_id = ${accountId} and ended_at is null and expires_at > app_now()
      and last_seen_at > app_now() - ${idleMs} * interval '1 millisecond'
    order by last_seen_at desc, id desc limit 100
  `.execute(db)
  return rows
}
