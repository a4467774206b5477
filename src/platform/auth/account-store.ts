import { sql } from 'kysely'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { isRight, type Right, type Role } from './rights.ts'
import './auth-tables.ts'

export interface Account {
  readonly id: string
  readonly signInName: string
  readonly displayName: string
  readonly passwordHash: string
  readonly mustChangePassword: boolean
  readonly lockedUntil: Date | null
  readonly disabledAt: Date | null
  readonly unlockedAt: Date | null
  readonly startCodeHash: string | null
}

/** Locks the account's row: attempts on one account are judged one after another. */
export function lockAccount(
  tx: GroundTransaction,
  id: string,
): Promise<(Account & { readonly lockedForMs: number }) | undefined> {
  return tx
    .selectFrom('userAccount')
    .selectAll()
    .select(sql<number>`coalesce(extract(epoch from locked_until - app_now()) * 1000, 0)::float8`.as('lockedForMs'))
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
}

/** @param name as typed; case and surrounding blanks do not matter */
export function accountByName(db: Ground | GroundTransaction, name: string): Promise<Account | undefined> {
  return db.selectFrom('userAccount').selectAll().where('signInName', '=', name.trim().toLowerCase()).executeTakeFirst()
}

export async function insertAccount(
  tx: GroundTransaction,
  account: Omit<Account, 'lockedUntil' | 'disabledAt' | 'unlockedAt' | 'startCodeHash'>,
  roles: readonly Role[],
): Promise<void> {
  await tx
    .insertInto('userAccount')
    .values({ ...account, siteId: null })
    .execute()
  await insertRoles(tx, account.id, roles)
}

async function insertRoles(tx: GroundTransaction, userAccountId: string, roles: readonly Role[]): Promise<void> {
  if (roles.length === 0) return
  await tx
    .insertInto('userRole')
    .values(roles.map((roleCode) => ({ userAccountId, roleCode })))
    .execute()
}

/** Exactly these from now on. */
export async function replaceRoles(
  tx: GroundTransaction,
  userAccountId: string,
  roles: readonly Role[],
): Promise<void> {
  await tx.deleteFrom('userRole').where('userAccountId', '=', userAccountId).execute()
  await insertRoles(tx, userAccountId, roles)
}

/** What the account's roles allow together. */
export async function rightsOf(db: Ground | GroundTransaction, accountId: string): Promise<ReadonlySet<Right>> {
  const rows = await db
    .selectFrom('userRole')
    .innerJoin('roleRight', 'roleRight.roleCode', 'userRole.roleCode')
    .select('roleRight.rightCode')
    .where('userRole.userAccountId', '=', accountId)
    .execute()
  return new Set(rows.map((row) => row.rightCode).filter(isRight))
}

export async function rolesOf(db: Ground | GroundTransaction, accountId: string): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('userRole')
    .select('roleCode')
    .where('userAccountId', '=', accountId)
    .orderBy('roleCode')
    .execute()
  return rows.map((row) => row.roleCode)
}

export async function insertSignInAttempt(
  tx: GroundTransaction,
  userAccountId: string,
  succeeded: boolean,
): Promise<void> {
  await tx.insertInto('signInAttempt').values({ userAccountId, succeeded }).execute()
}

/** Failures since the last success, the last lock, the last unlocking and the beginning of the window. */
export async function recentFailures(tx: GroundTransaction, account: Account, windowMs: number): Promise<number> {
  const { rows } = await sql<{ failures: string }>`
    select count(*) as failures from sign_in_attempt
    where user_account_id = ${account.id} and not succeeded
      and at > app_now() - ${windowMs} * interval '1 millisecond'
      and at > coalesce(${account.lockedUntil}::timestamptz - ${windowMs} * interval '1 millisecond', '-infinity')
      and at > coalesce(${account.unlockedAt}::timestamptz, '-infinity')
      and at > coalesce((select max(at) from sign_in_attempt where user_account_id = ${account.id} and succeeded), '-infinity')
  `.execute(tx)
  return Number(rows[0]?.failures ?? 0)
}

export async function lockAccountUntil(tx: GroundTransaction, id: string, lockMs: number): Promise<void> {
  await sql`
    update user_account set locked_until = app_now() + ${lockMs} * interval '1 millisecond' where id = ${id}
  `.execute(tx)
}

/** Ends a lock; the failures that led to it are forgotten. */
export async function unlockAccount(tx: GroundTransaction, id: string): Promise<void> {
  await sql`update user_account set locked_until = null, unlocked_at = app_now() where id = ${id}`.execute(tx)
}

/** @param disabled false lets the account in again */
export async function setDisabled(tx: GroundTransaction, id: string, disabled: boolean): Promise<void> {
  await sql`
    update user_account set disabled_at = case when ${disabled}::boolean then coalesce(disabled_at, app_now()) end
    where id = ${id}
  `.execute(tx)
}

/** What the security administrator's word is needed for: a new password, or a desk phone's. */
export type Permission = 'reset' | 'phone'

/** Lets a system administrator do it until then. */
export async function permit(
  tx: GroundTransaction,
  id: string,
  what: Permission,
  { by, minutes }: { readonly by: string | null; readonly minutes: number },
): Promise<void> {
  await sql`
    update user_account set ${sql.ref(`${what}_allowed_until`)} = app_now() + make_interval(mins => ${minutes}),
      ${sql.ref(`${what}_allowed_by`)} = ${by}
    where id = ${id}
  `.execute(tx)
}

/** Uses the permission up. @returns who gave it; null where there is none, or no longer */
export async function takePermission(tx: GroundTransaction, id: string, what: Permission): Promise<string | null> {
  const [until, by] = [sql.ref(`${what}_allowed_until`), sql.ref(`${what}_allowed_by`)]
  const { rows } = await sql<{ by: string }>`
    with given as (
      select id, ${by} as by from user_account where id = ${id} and ${until} > app_now() for update
    )
    update user_account u set ${until} = null, ${by} = null from given where u.id = given.id
    returning given.by
  `.execute(tx)
  return rows[0]?.by ?? null
}

/** Without it the password that another has made cannot be changed. @param hash null: none is needed any more */
export async function setStartCode(tx: GroundTransaction, id: string, hash: string | null): Promise<void> {
  await tx.updateTable('userAccount').set({ startCodeHash: hash }).where('id', '=', id).execute()
}

/** Its password, whoever made it, is good for nothing but to be changed. */
export async function requirePasswordChange(tx: GroundTransaction, id: string): Promise<void> {
  await tx.updateTable('userAccount').set({ mustChangePassword: true }).where('id', '=', id).execute()
}

export async function renameAccount(tx: GroundTransaction, id: string, displayName: string): Promise<void> {
  await tx.updateTable('userAccount').set({ displayName }).where('id', '=', id).execute()
}

/** Enabled accounts that hold a role. */
export async function holdersOf(tx: GroundTransaction, role: Role): Promise<readonly string[]> {
  const rows = await tx
    .selectFrom('userRole')
    .innerJoin('userAccount', 'userAccount.id', 'userRole.userAccountId')
    .select('userAccount.id')
    .where('userRole.roleCode', '=', role)
    .where('userAccount.disabledAt', 'is', null)
    .execute()
  return rows.map(({ id }) => id)
}

export interface AccountRow {
  readonly id: string
  readonly signInName: string
  readonly displayName: string
  readonly roles: readonly string[]
  readonly mustChangePassword: boolean
  readonly createdAt: Date
  readonly disabledAt: Date | null
  /** Null when it is not locked now. */
  readonly lockedUntil: Date | null
  readonly lastSignInAt: Date | null
  /** Null unless a new password may be made now. */
  readonly resetAllowedUntil: Date | null
  /** The same for a desk phone. */
  readonly phoneAllowedUntil: Date | null
  /** Its person needs the code of the security administrator to begin. */
  readonly needsStartCode: boolean
  /** Living sessions. */
  readonly sessions: number
}

/** All of them by name; @param idleMs after which a session lives no more */
export async function accountRows(db: Ground, idleMs: number): Promise<readonly AccountRow[]> {
  const { rows } = await sql<AccountRow>`
    select u.id, u.sign_in_name, u.display_name, u.must_change_password, u.created_at, u.disabled_at,
      case when u.locked_until > app_now() then u.locked_until end as locked_until,
      case when u.reset_allowed_until > app_now() then u.reset_allowed_until end as reset_allowed_until,
      case when u.phone_allowed_until > app_now() then u.phone_allowed_until end as phone_allowed_until,
      u.must_change_password and u.start_code_hash is not null as needs_start_code,
      array(select r.role_code from user_role r where r.user_account_id = u.id order by r.role_code) as roles,
      (select max(a.at) from sign_in_attempt a where a.user_account_id = u.id and a.succeeded) as last_sign_in_at,
      (select count(*)::int from session s where s.user_account_id = u.id and s.ended_at is null
        and s.expires_at > app_now() and s.last_seen_at > app_now() - ${idleMs} * interval '1 millisecond') as sessions
    from user_account u order by u.disabled_at is not null, u.sign_in_name
  `.execute(db)
  return rows
}

/** What each role allows: the matrix as it is. */
export async function roleRights(db: Ground): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await db.selectFrom('roleRight').selectAll().orderBy('roleCode').orderBy('rightCode').execute()
  const matrix = new Map<string, string[]>()
  for (const { roleCode, rightCode } of rows) matrix.set(roleCode, [...(matrix.get(roleCode) ?? []), rightCode])
  return matrix
}

/** The hashes of the last passwords, the present one among them, newest first. */
export async function lastPasswordHashes(tx: GroundTransaction, accountId: string, limit: number): Promise<string[]> {
  const rows = await tx
    .selectFrom('passwordHistory')
    .select('passwordHash')
    .where('userAccountId', '=', accountId)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
  return rows.map((row) => row.passwordHash)
}

export async function setPassword(
  tx: GroundTransaction,
  accountId: string,
  passwordHash: string,
  { mustChange }: { readonly mustChange: boolean },
): Promise<void> {
  await tx
    .updateTable('userAccount')
    .set({ passwordHash, mustChangePassword: mustChange, passwordChangedAt: sql<Date>`app_now()` })
    .where('id', '=', accountId)
    .execute()
  await tx.insertInto('passwordHistory').values({ userAccountId: accountId, passwordHash }).execute()
}
