import { type Actor, type AuditAction, writeAudit } from '#platform/audit/audit-store.ts'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { UserError } from '#platform/errors/errors.ts'
import { newId } from '#platform/ids.ts'
import { changeSetting, readSetting } from '#platform/settings/hospital-settings.ts'
import {
  type AccountRow,
  accountByName,
  accountRows,
  holdersOf,
  insertAccount,
  lockAccount,
  type Permission,
  permit,
  renameAccount,
  replaceRoles,
  requirePasswordChange,
  rightsOf,
  roleRights,
  rolesOf,
  setDisabled,
  setPassword,
  setStartCode,
  takePermission,
  unlockAccount,
} from './account-store.ts'
import { defaultAuthOptions } from './auth-service.ts'
import { plainCode, randomCode, randomPassword } from './password.ts'
import { hashPassword } from './password-hash.ts'
import { administratorRoles, keptFromAdministrators, mayBeHeldTogether, type Right, type Role } from './rights.ts'
import { sessionPolicy } from './session-policy.ts'
import { endSessionsOf, type SessionLimits } from './session-store.ts'
import './auth-errors.ts'

/** Long enough to meet at a desk. */
const allowedMinutes = 30

export interface AccountsOptions {
  readonly limits?: Pick<SessionLimits, 'idleMs'>
}

/** Told once, to who made it; must be changed at the first sign-in. */
export interface OneTimePassword {
  readonly id: string
  readonly password: string
}

/** What the person is handed by the security administrator, beside the password. Null: none is needed. */
export interface StartCode {
  readonly startCode: string | null
}

/**
 * The accounts of the house. Making them and saying what they may do are two persons' work: the system administrator
 * makes an account that may do nothing, the security administrator gives it roles (requirements §8.5, R13, R14). Every
 * change is audited in its own transaction.
 */
export class Accounts {
  readonly #db: Ground
  readonly #idleMs: number

  constructor(db: Ground, { limits = defaultAuthOptions }: AccountsOptions = {}) {
    this.#db = db
    this.#idleMs = limits.idleMs
  }

  list(): Promise<readonly AccountRow[]> {
    return accountRows(this.#db, this.#idleMs)
  }

  rights(): Promise<ReadonlyMap<string, readonly string[]>> {
    return roleRights(this.#db)
  }

  /** Without roles. @throws UserError ACCOUNT_NAME_TAKEN */
  async create(
    actor: Actor,
    draft: { readonly signInName: string; readonly displayName: string },
  ): Promise<OneTimePassword> {
    const id = newId()
    const signInName = draft.signInName.trim().toLowerCase()
    const password = randomPassword()
    const passwordHash = await hashPassword(password)
    if ((await accountByName(this.#db, signInName)) !== undefined) {
      throw new UserError('ACCOUNT_NAME_TAKEN', { name: signInName })
    }
    await this.#db.transaction().execute(async (tx) => {
      const displayName = draft.displayName.trim()
      await insertAccount(tx, { id, signInName, displayName, passwordHash, mustChangePassword: true }, [])
      await setPassword(tx, id, passwordHash, { mustChange: true })
      await audit(tx, actor, 'account.created', id, { signInName })
    })
    return { id, password }
  }

  rename(actor: Actor, id: string, displayName: string): Promise<void> {
    return this.#change(id, async (tx, { displayName: from }) => {
      await renameAccount(tx, id, displayName.trim())
      await audit(tx, actor, 'account.renamed', id, { from, to: displayName.trim() })
    })
  }

  /** Ends its sessions too. @throws UserError OWN_ACCOUNT, LAST_ADMINISTRATOR */
  async disable(actor: Actor, id: string): Promise<void> {
    refuseOwn(actor, id)
    await this.#change(id, async (tx) => {
      for (const role of await administrates(tx, id)) await refuseLast(tx, role, id)
      await setDisabled(tx, id, true)
      await endSessionsOf(tx, id, 'disabled')
      await audit(tx, actor, 'account.disabled', id)
    })
  }

  enable(actor: Actor, id: string): Promise<void> {
    return this.#change(id, async (tx) => {
      await setDisabled(tx, id, false)
      await audit(tx, actor, 'account.enabled', id)
    })
  }

  /**
   * Whoever administrates something else than the one who asks keeps his password: with it one would have his part too.
   * Where an account may do what is kept from administrators, and the one who asks may not, the security administrator
   * has to allow it first.
   * @throws UserError OWN_ACCOUNT, ADMINISTRATOR_PASSWORD, PASSWORD_RESET_NOT_ALLOWED
   */
  async resetPassword(actor: Actor, id: string): Promise<OneTimePassword> {
    refuseOwn(actor, id)
    return this.#newPassword(id, async (tx, name) => {
      const own = actor.accountId === null ? [] : await rolesOf(tx, actor.accountId)
      const foreign = (await administrates(tx, id)).some((role) => !own.includes(role))
      if (foreign) throw new UserError('ADMINISTRATOR_PASSWORD', { name })
      const allowedBy = (await wouldGain(tx, actor, id)) ? await takePermission(tx, id, 'reset') : undefined
      if (allowedBy === null) throw new UserError('PASSWORD_RESET_NOT_ALLOWED', { name })
      await audit(tx, actor, 'account.password_reset', id, allowedBy === undefined ? {} : { allowedBy })
    })
  }

  /**
   * Lets a system administrator make one new password for it within half an hour. Its person begins with that and with
   * the code that this returns, which the system administrator is not told: neither of the two gets in alone.
   * @throws UserError OWN_ACCOUNT
   */
  async allowReset(actor: Actor, id: string): Promise<StartCode> {
    const { code, hash } = await newCode()
    await this.#allow(actor, id, 'reset', 'account.password_reset_allowed', hash)
    return { startCode: code }
  }

  /** Lets a system administrator set up one desk phone for it within half an hour. @throws UserError OWN_ACCOUNT */
  allowPhone(actor: Actor, id: string): Promise<void> {
    return this.#allow(actor, id, 'phone', 'account.phone_allowed', null)
  }

  /** The same for who works at the server itself. @throws UserError ACCOUNT_UNKNOWN */
  async resetPasswordAtServer(actor: Actor, signInName: string): Promise<OneTimePassword> {
    const account = await accountByName(this.#db, signInName)
    if (account === undefined) throw new UserError('ACCOUNT_UNKNOWN')
    return this.#newPassword(account.id, async (tx) => {
      await setStartCode(tx, account.id, null)
      await audit(tx, actor, 'account.password_reset', account.id, { at: 'server' })
    })
  }

  /**
   * Exactly these from now on. Who loses one has to sign in again. Who is to see or hear patients for the first time does
   * so too, and changes the password with the code that this returns: the one who made the account, and may know its
   * password, has no code, and the one who has the code knows no password.
   * @throws UserError OWN_ACCOUNT, ROLES_APART, LAST_ADMINISTRATOR
   */
  async setRoles(actor: Actor, id: string, roles: readonly Role[]): Promise<StartCode> {
    refuseOwn(actor, id)
    const wanted = [...new Set(roles)].sort()
    if (!mayBeHeldTogether(wanted)) throw new UserError('ROLES_APART')
    const { code, hash } = await newCode()
    let begins = false
    await this.#change(id, async (tx) => {
      const from = await rolesOf(tx, id)
      const before = meetsPatients(await rightsOf(tx, id))
      for (const role of await administrates(tx, id)) if (!wanted.includes(role)) await refuseLast(tx, role, id)
      await replaceRoles(tx, id, wanted)
      // What hangs on a session, as streams, the way to drachtio and a browser's leg, was let in by the old roles.
      const after = meetsPatients(await rightsOf(tx, id))
      begins = after && !before
      if (begins) await requirePasswordChange(tx, id)
      if (begins || !after) await setStartCode(tx, id, begins ? hash : null)
      if (begins || from.some((role) => !wanted.some((kept) => kept === role))) await endSessionsOf(tx, id, 'ended')
      await audit(tx, actor, 'account.roles_changed', id, { from, to: wanted, ...(begins ? { startCode: true } : {}) })
    })
    return { startCode: begins ? code : null }
  }

  unlock(actor: Actor, id: string): Promise<void> {
    return this.#change(id, async (tx) => {
      await unlockAccount(tx, id)
      await audit(tx, actor, 'account.unlocked', id)
    })
  }

  async singleSession(): Promise<boolean> {
    return (await readSetting(this.#db, sessionPolicy)).single
  }

  async setSingleSession(actor: Actor, single: boolean): Promise<void> {
    await this.#db.transaction().execute(async (tx) => {
      await changeSetting(tx, sessionPolicy, { single }, actor.accountId)
      await writeAudit(tx, {
        actor,
        action: 'setting.changed',
        object: { kind: 'setting', id: sessionPolicy.key },
        outcome: 'ok',
        detail: { single },
      })
    })
  }

  #allow(actor: Actor, id: string, what: Permission, action: AuditAction, startCode: string | null): Promise<void> {
    refuseOwn(actor, id)
    return this.#change(id, async (tx) => {
      await permit(tx, id, what, { by: actor.accountId, minutes: allowedMinutes })
      if (startCode !== null && meetsPatients(await rightsOf(tx, id))) await setStartCode(tx, id, startCode)
      await audit(tx, actor, action, id, { minutes: allowedMinutes })
    })
  }

  async #newPassword(
    id: string,
    allow: (tx: GroundTransaction, name: string) => Promise<void>,
  ): Promise<OneTimePassword> {
    const password = randomPassword()
    const passwordHash = await hashPassword(password)
    await this.#change(id, async (tx, { signInName }) => {
      await allow(tx, signInName)
      await setPassword(tx, id, passwordHash, { mustChange: true })
      await unlockAccount(tx, id)
      await endSessionsOf(tx, id, 'password_changed')
    })
    return { id, password }
  }

  async #change(
    id: string,
    change: (tx: GroundTransaction, account: { signInName: string; displayName: string }) => Promise<void>,
  ): Promise<void> {
    await this.#db.transaction().execute(async (tx) => {
      const account = await lockAccount(tx, id)
      if (account === undefined) throw new UserError('ACCOUNT_UNKNOWN')
      await change(tx, account)
    })
  }
}

function audit(
  tx: GroundTransaction,
  actor: Actor,
  action: AuditAction,
  id: string,
  detail: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  return writeAudit(tx, { actor, action, object: { kind: 'user_account', id }, outcome: 'ok', detail })
}

async function newCode(): Promise<{ readonly code: string; readonly hash: string }> {
  const code = randomCode()
  return { code, hash: await hashPassword(plainCode(code)) }
}

/** Whether they are rights of who sees or hears patients: no administrator's role holds one. */
function meetsPatients(rights: ReadonlySet<Right>): boolean {
  return keptFromAdministrators.some((right) => rights.has(right))
}

/** Whether who signs in to the account may do what is kept from administrators, and the one who asks may not. */
async function wouldGain(tx: GroundTransaction, actor: Actor, id: string): Promise<boolean> {
  const own = actor.accountId === null ? new Set<string>() : await rightsOf(tx, actor.accountId)
  const theirs = await rightsOf(tx, id)
  return keptFromAdministrators.some((right) => theirs.has(right) && !own.has(right))
}

function refuseOwn(actor: Actor, id: string): void {
  if (actor.accountId === id) throw new UserError('OWN_ACCOUNT')
}

async function administrates(tx: GroundTransaction, id: string): Promise<readonly Role[]> {
  const held = await rolesOf(tx, id)
  return administratorRoles.filter((role) => held.includes(role))
}

/** A house without an administrator of each kind could not get one. */
async function refuseLast(tx: GroundTransaction, role: Role, id: string): Promise<void> {
  if ((await holdersOf(tx, role)).every((holder) => holder === id)) throw new UserError('LAST_ADMINISTRATOR', { role })
}
