import { sql } from 'kysely'
import { systemActor, writeAudit } from '#platform/audit/audit-store.ts'
import type { Ground } from '#platform/database/database.ts'
import { newId } from '#platform/ids.ts'
import { insertAccount, setPassword } from './account-store.ts'
import { randomPassword } from './password.ts'
import { hashPassword } from './password-hash.ts'
import type { Role } from './rights.ts'

export interface FirstLogin {
  readonly signInName: string
  /** Random; must be changed at the first sign-in. */
  readonly password: string
}

/** What one person needs to try the house; a hospital then gives each role to another person. */
const firstRoles: readonly Role[] = ['supervisor', 'system_admin', 'security_admin']

/**
 * Where there is no account yet, makes `admin`. Its password is told to `deliver` alone, once, before the account is
 * committed: when that fails (a full disk), there is no account with a password that nobody knows.
 * @returns what was delivered, or null when there are accounts
 */
export async function ensureFirstAccount(
  db: Ground,
  deliver: (login: FirstLogin) => Promise<void>,
): Promise<FirstLogin | null> {
  return db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtext('suifang.first-account'))`.execute(tx)
    const someone = await tx.selectFrom('userAccount').select('id').limit(1).executeTakeFirst()
    if (someone !== undefined) return null
    const login = { signInName: 'admin', password: randomPassword() }
    const id = newId()
    const passwordHash = await hashPassword(login.password)
    await insertAccount(
      tx,
      { id, signInName: login.signInName, displayName: 'Administrator', passwordHash, mustChangePassword: true },
      firstRoles,
    )
    await setPassword(tx, id, passwordHash, { mustChange: true })
    await writeAudit(tx, {
      actor: systemActor,
      action: 'account.created',
      object: { kind: 'user_account', id },
      outcome: 'ok',
      detail: { roles: firstRoles },
    })
    await deliver(login)
    return login
  })
}
