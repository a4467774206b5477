import { sql } from 'kysely'
import { systemActor, writeAudit } from '#platform/audit/audit-store.ts'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { newId } from '#platform/ids.ts'
import { accountByName, holdersOf, insertAccount, setPassword } from './account-store.ts'
import { randomPassword } from './password.ts'
import { hashPassword } from './password-hash.ts'
import type { Role } from './rights.ts'

export interface FirstLogin {
  readonly signInName: string
  /** Random; must be changed at the first sign-in. */
  readonly password: string
}

interface FirstAccount {
  readonly signInName: string
  readonly displayName: string
  readonly roles: readonly Role[]
}

/** What one person needs to try the house. */
const first: FirstAccount = {
  signInName: 'admin',
  displayName: 'Administrator',
  roles: ['supervisor', 'system_admin'],
}
/** And the two that this person must not be (requirements §8.5). */
const others: readonly (FirstAccount & { readonly instead: Role })[] = [
  {
    signInName: 'security',
    displayName: 'Security administrator',
    roles: ['security_admin'],
    instead: 'security_admin',
  },
  { signInName: 'audit', displayName: 'Audit administrator', roles: ['audit_admin'], instead: 'audit_admin' },
]

/**
 * Where there is no account yet, makes `admin`; and an account for the security and the audit administrator wherever
 * nobody holds that role. Their passwords are told to `deliver` alone, once, before the accounts are committed: when
 * that fails (a full disk), there is no account with a password that nobody knows.
 * @returns what was delivered, `admin` first; empty when nothing was missing
 */
export async function ensureFirstAccounts(
  db: Ground,
  deliver: (logins: readonly FirstLogin[]) => Promise<void>,
): Promise<readonly FirstLogin[]> {
  return db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtext('suifang.first-account'))`.execute(tx)
    const logins: FirstLogin[] = []
    const someone = await tx.selectFrom('userAccount').select('id').limit(1).executeTakeFirst()
    if (someone === undefined) logins.push(await make(tx, first))
    for (const other of others) {
      if ((await holdersOf(tx, other.instead)).length === 0) logins.push(await make(tx, other))
    }
    if (logins.length > 0) await deliver(logins)
    return logins
  })
}

async function make(tx: GroundTransaction, { signInName, displayName, roles }: FirstAccount): Promise<FirstLogin> {
  const id = newId()
  const name = await freeName(tx, signInName)
  const password = randomPassword()
  const passwordHash = await hashPassword(password)
  await insertAccount(tx, { id, signInName: name, displayName, passwordHash, mustChangePassword: true }, roles)
  await setPassword(tx, id, passwordHash, { mustChange: true })
  await writeAudit(tx, {
    actor: systemActor,
    action: 'account.created',
    object: { kind: 'user_account', id },
    outcome: 'ok',
    detail: { signInName: name, roles },
  })
  return { signInName: name, password }
}

async function freeName(tx: GroundTransaction, wanted: string): Promise<string> {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? wanted : `${wanted}-${number}`
    if ((await accountByName(tx, name)) === undefined) return name
  }
}
