import { type Actor, writeAudit } from '#platform/audit/audit-store.ts'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { UserError } from '#platform/errors/errors.ts'
import { newId } from '#platform/ids.ts'
import {
  accountByName,
  insertSignInAttempt,
  lastPasswordHashes,
  lockAccount,
  lockAccountUntil,
  recentFailures,
  setPassword,
  setStartCode,
} from './account-store.ts'
import { passwordFaults, plainCode } from './password.ts'
import { hashPassword, passwordMatches, pretendToCheck } from './password-hash.ts'
import { isAdministrator, isRight, type Right } from './rights.ts'
import {
  endSession,
  endSessionsOf,
  insertSession,
  type LivingSession,
  livingSessions,
  newSessionToken,
  type SessionLimits,
  type SessionRow,
  sessionById,
  sessionByToken,
  touchSession,
} from './session-store.ts'
import { strangerFailed } from './stranger-store.ts'
import './auth-errors.ts'

/** A person at a page, as every request and every socket event finds them anew. */
export interface Session {
  readonly id: string
  readonly accountId: string
  readonly signInName: string
  readonly displayName: string
  readonly roles: readonly string[]
  /** Empty until the first password has been changed. */
  readonly rights: ReadonlySet<Right>
  readonly mustChangePassword: boolean
  /** To change it takes the security administrator's code. */
  readonly needsStartCode: boolean
  /** How long until idleness or age ends it, as it stands. */
  readonly endsInMs: number
}

/** Where a request comes from. */
export interface Origin {
  readonly ip: string | null
  readonly userAgent: string | null
  readonly requestId: string | null
}

export interface AuthOptions extends SessionLimits {
  /** Failures that lock an account, within `lockMs`. */
  readonly failuresToLock: number
  readonly lockMs: number
  /** Whether an account has one session at a time; asked at each sign-in. */
  readonly singleSession: () => Promise<boolean>
}

/** Requirements §8.5. */
export const defaultAuthOptions: AuthOptions = {
  idleMs: 30 * 60_000,
  longestMs: 12 * 3_600_000,
  failuresToLock: 5,
  lockMs: 30 * 60_000,
  singleSession: async () => false,
}

/** Nobody may use one of the last five passwords again. */
const passwordsRemembered = 5

export class Auth {
  readonly #db: Ground
  readonly #options: AuthOptions

  constructor(db: Ground, options: Partial<AuthOptions> = {}) {
    this.#db = db
    this.#options = { ...defaultAuthOptions, ...options }
  }

  /**
   * @returns the cookie's value, told only here
   * @throws UserError SIGN_IN_REFUSED, ACCOUNT_LOCKED; SESSION_ELSEWHERE where the account has a living session, may
   *   have one only, and `takeOver` does not say to end that one
   */
  async signIn(
    name: string,
    password: string,
    origin: Origin,
    { takeOver = false }: { readonly takeOver?: boolean } = {},
  ): Promise<{ token: string; session: Session }> {
    const account = await accountByName(this.#db, name)
    if (account === undefined || account.disabledAt !== null) {
      await pretendToCheck(password)
      throw await this.#refuseStranger(name, origin)
    }
    const right = await passwordMatches(password, account.passwordHash)
    const single = await this.#options.singleSession()
    const verdict = await this.#db
      .transaction()
      .execute((tx) => this.#judge(tx, account.id, right ? account.passwordHash : null, origin, { single, takeOver }))
    if (verdict.type === 'elsewhere') throw new UserError('SESSION_ELSEWHERE', toldOf(verdict.session))
    if (verdict.type === 'locked') throw new UserError('ACCOUNT_LOCKED', { minutes: verdict.minutes })
    if (verdict.type === 'refused') throw new UserError('SIGN_IN_REFUSED')
    return { token: verdict.token, session: await this.#require(verdict.sessionId) }
  }

  /**
   * Attempts on one account are judged one after another under its row's lock, so that many at once get no more than
   * five guesses between them.
   * @param matched the hash that the password matched, null when it did not
   */
  async #judge(
    tx: GroundTransaction,
    accountId: string,
    matched: string | null,
    origin: Origin,
    { single, takeOver }: { readonly single: boolean; readonly takeOver: boolean },
  ): Promise<Verdict> {
    const { failuresToLock, lockMs } = this.#options
    const account = await lockAccount(tx, accountId)
    if (account === undefined) return { type: 'refused' }
    const actor = { ...nobody(origin), accountId, name: account.signInName }
    if (account.lockedForMs > 0) {
      await writeAudit(tx, { actor, action: 'session.sign_in', outcome: 'denied', detail: { reason: 'locked' } })
      return { type: 'locked', minutes: Math.ceil(account.lockedForMs / 60_000) }
    }
    if (matched !== account.passwordHash) {
      await insertSignInAttempt(tx, accountId, false)
      await writeAudit(tx, { actor, action: 'session.sign_in', outcome: 'failed' })
      if ((await recentFailures(tx, account, lockMs)) < failuresToLock) return { type: 'refused' }
      await lockAccountUntil(tx, accountId, lockMs)
      await writeAudit(tx, { actor, action: 'account.locked', outcome: 'ok', detail: { failures: failuresToLock } })
      return { type: 'locked', minutes: Math.ceil(lockMs / 60_000) }
    }
    const [other] = single ? await livingSessions(tx, accountId, this.#options) : []
    if (other !== undefined && !takeOver) {
      await writeAudit(tx, { actor, action: 'session.sign_in', outcome: 'denied', detail: { reason: 'elsewhere' } })
      return { type: 'elsewhere', session: other }
    }
    if (single) await endSessionsOf(tx, accountId, 'signed_in_elsewhere')
    await insertSignInAttempt(tx, accountId, true)
    return { type: 'welcome', ...(await this.#openSession(tx, actor, accountId, origin)) }
  }

  /** A name that nobody has, or a disabled account's, is answered as an account is to a wrong password. */
  async #refuseStranger(name: string, origin: Origin): Promise<UserError> {
    const actor = nobody(origin)
    const { lockedForMs, isNew } = await this.#db.transaction().execute(async (tx) => {
      const verdict = await strangerFailed(tx, name, this.#options)
      const wasLocked = verdict.lockedForMs > 0 && !verdict.isNew
      const outcome = wasLocked
        ? ({ outcome: 'denied', detail: { reason: 'locked' } } as const)
        : { outcome: 'failed' as const }
      await writeAudit(tx, { actor, action: 'session.sign_in', ...outcome })
      return verdict
    })
    if (lockedForMs === 0) return new UserError('SIGN_IN_REFUSED')
    return new UserError('ACCOUNT_LOCKED', {
      minutes: Math.ceil((isNew ? this.#options.lockMs : lockedForMs) / 60_000),
    })
  }

  /** The living session of a cookie, or null. Counts as activity unless `quiet`. */
  async session(token: string, { quiet = false } = {}): Promise<Session | null> {
    const row = await sessionByToken(this.#db, token, this.#options)
    const session = await this.#living(row)
    if (session !== null && row?.seenLately === false && !quiet) await touchSession(this.#db, session.id)
    return session
  }

  /** The same by id, for sockets: never counts as activity. */
  async sessionById(id: string): Promise<Session | null> {
    return this.#living(await sessionById(this.#db, id, this.#options))
  }

  /** What the page of one's own sessions shows. */
  sessionsOf(accountId: string): Promise<readonly LivingSession[]> {
    return livingSessions(this.#db, accountId, this.#options)
  }

  /**
   * Ends a session of one's own, or as an administrator another's.
   * @throws UserError SESSION_UNKNOWN when this account has no such living session
   */
  async endSession(actor: Actor, accountId: string, sessionId: string): Promise<void> {
    await this.#db.transaction().execute(async (tx) => {
      if (!(await endSession(tx, sessionId, 'ended', accountId))) throw new UserError('SESSION_UNKNOWN')
      await writeAudit(tx, {
        actor,
        action: 'session.ended',
        object: { kind: 'session', id: sessionId },
        outcome: 'ok',
        detail: { accountId },
      })
    })
  }

  /** Signs out the session of a cookie whose place another's has taken. Nothing where it does not live. */
  async replace(token: string, origin: Origin): Promise<void> {
    const session = await this.session(token, { quiet: true })
    if (session === null) return
    const { id, accountId, signInName } = session
    await this.signOut({ ...nobody(origin), accountId, name: signInName, sessionId: id })
  }

  async signOut(actor: Actor): Promise<void> {
    if (actor.sessionId === null) return
    const { sessionId } = actor
    await this.#db.transaction().execute(async (tx) => {
      if (await endSession(tx, sessionId, 'signed_out')) {
        await writeAudit(tx, { actor, action: 'session.sign_out', outcome: 'ok' })
      }
    })
  }

  /**
   * Ends every session of the account and opens one anew.
   * @param passwords.startCode where the session needs one
   * @throws UserError PASSWORD_WRONG, START_CODE_WRONG, PASSWORD_TOO_WEAK (`rules`), PASSWORD_USED_BEFORE, ACCOUNT_LOCKED
   */
  async changePassword(
    session: Session,
    passwords: { readonly present: string; readonly next: string; readonly startCode?: string | undefined },
    origin: Origin,
  ): Promise<{ token: string; session: Session }> {
    const { accountId, signInName } = session
    const faults = passwordFaults(passwords.next, { signInName, administrator: isAdministrator(session.roles) })
    if (faults.length > 0) throw new UserError('PASSWORD_TOO_WEAK', { rules: faults })
    const actor: Actor = { ...nobody(origin), accountId, name: signInName, sessionId: session.id }
    const known = await this.#requirePassword(accountId, passwords, actor)
    const nextHash = await hashPassword(passwords.next)
    const opened = await this.#db.transaction().execute(async (tx) => {
      const account = await lockAccount(tx, accountId)
      // A code that was made since is another one.
      if (account?.startCodeHash !== known) throw new UserError('START_CODE_WRONG')
      if (account.mustChangePassword) await setStartCode(tx, accountId, null)
      for (const used of await lastPasswordHashes(tx, accountId, passwordsRemembered)) {
        if (await passwordMatches(passwords.next, used)) throw new UserError('PASSWORD_USED_BEFORE')
      }
      await setPassword(tx, accountId, nextHash, { mustChange: false })
      await endSessionsOf(tx, accountId, 'password_changed')
      await writeAudit(tx, { actor, action: 'account.password_changed', outcome: 'ok' })
      return this.#openSession(tx, actor, accountId, origin)
    })
    return { token: opened.token, session: await this.#require(opened.sessionId) }
  }

  /**
   * The present password, and the start code where one is needed, are guessed no more often here than at sign-in.
   * @returns the code's hash that was met, or stands unasked
   */
  async #requirePassword(
    accountId: string,
    { present, startCode }: { readonly present: string; readonly startCode?: string | undefined },
    actor: Actor,
  ): Promise<string | null> {
    const { failuresToLock, lockMs } = this.#options
    const met = await this.#db.transaction().execute(async (tx) => {
      const account = await lockAccount(tx, accountId)
      if (account === undefined) return new UserError('SIGNED_OUT')
      const knows = await passwordMatches(present, account.passwordHash)
      const codeHash = account.mustChangePassword ? account.startCodeHash : null
      if (knows && (codeHash === null || (await passwordMatches(plainCode(startCode ?? ''), codeHash)))) {
        return account.startCodeHash
      }
      await insertSignInAttempt(tx, accountId, false)
      await writeAudit(tx, { actor, action: 'account.password_changed', outcome: 'failed' })
      if ((await recentFailures(tx, account, lockMs)) < failuresToLock) {
        return new UserError(knows ? 'START_CODE_WRONG' : 'PASSWORD_WRONG')
      }
      await lockAccountUntil(tx, accountId, lockMs)
      await endSessionsOf(tx, accountId, 'disabled')
      await writeAudit(tx, { actor, action: 'account.locked', outcome: 'ok', detail: { failures: failuresToLock } })
      return new UserError('ACCOUNT_LOCKED', { minutes: Math.ceil(lockMs / 60_000) })
    })
    if (met instanceof UserError) throw met
    return met
  }

  async #openSession(tx: GroundTransaction, actor: Actor, accountId: string, origin: Origin) {
    const sessionId = newId()
    const token = newSessionToken()
    await insertSession(
      tx,
      { id: sessionId, token, accountId, ip: origin.ip, userAgent: origin.userAgent },
      this.#options,
    )
    await writeAudit(tx, { actor: { ...actor, sessionId }, action: 'session.sign_in', outcome: 'ok' })
    return { sessionId, token }
  }

  async #living(row: SessionRow | undefined): Promise<Session | null> {
    if (row === undefined || row.endedAt !== null) return null
    if (row.overdue !== null) {
      await endSession(this.#db, row.id, row.overdue)
      return null
    }
    const { id, accountId, signInName, displayName, mustChangePassword, needsStartCode, roles, rights, idleInMs } = row
    return {
      id,
      accountId,
      signInName,
      displayName,
      mustChangePassword,
      needsStartCode,
      roles,
      rights: new Set(mustChangePassword ? [] : rights.filter(isRight)),
      endsInMs: idleInMs,
    }
  }

  async #require(sessionId: string): Promise<Session> {
    const session = await this.sessionById(sessionId)
    if (session === null) throw new UserError('SIGNED_OUT')
    return session
  }
}

type Verdict =
  | { readonly type: 'welcome'; readonly sessionId: string; readonly token: string }
  | { readonly type: 'refused' }
  | { readonly type: 'locked'; readonly minutes: number }
  | { readonly type: 'elsewhere'; readonly session: LivingSession }

/** Of the person's own other session, to recognise it by. */
function toldOf({ ip, userAgent, since, lastSeenAt }: LivingSession) {
  return { ip, userAgent, since: since.toISOString(), lastSeenAt: lastSeenAt.toISOString() }
}

function nobody(origin: Origin): Actor {
  return { accountId: null, name: null, sessionId: null, ip: origin.ip, requestId: origin.requestId }
}
