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
export function accountByName(db: Ground, name: string): Promise<Account | undefined> {
  return db.selectFrom('userAccount').selectAll().where('signInName', '=', name.trim().toLowerCase()).executeTakeFirst()
}

export async function insertAccount(
  tx: GroundTransaction,
  account: Omit<Account, 'lockedUntil' | 'disabledAt'>,
  roles: readonly Role[],
): Promise<void> {
  await tx
    .insertInto('userAccount')
    .values({ ...account, siteId: null })
    .execute()
  await tx
    .insertInto('userRole')
    .values(roles.map((roleCode) => ({ userAccountId: account.id, roleCode })))
    .execute()
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

/** Failures since the last success, the last lock and the beginning of the window. */
export async function recentFailures(tx: GroundTransaction, account: Account, windowMs: number): Promise<number> {
  const { rows } = await sql<{ failures: string }>`
    select count(*) as failures from sign_in_attempt
    where user_account_id = ${account.id} and not succeeded
      and at > app_now() - ${windowMs} * interval '1 millisecond'
      and at > coalesce(${account.lockedUntil}::timestamptz - ${windowMs} * interval '1 millisecond', '-infinity')
      and at > coalesce((select max(at) from sign_in_attempt where user_account_id = ${account.id} and succeeded), '-infinity')
  `.execute(tx)
  return Number(rows[0]?.failures ?? 0)
}

export async function lockAccountUntil(tx: GroundTransaction, id: string, lockMs: number): Promise<void> {
  await sql`
    update user_account set locked_until = app_now() + ${lockMs} * interval '1 millisecond' where id = ${id}
  `.execute(tx)
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
