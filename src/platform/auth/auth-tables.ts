import type { ColumnType, Generated, GeneratedAlways } from 'kysely'

interface UserAccountTable {
  id: string
  siteId: string | null
  /** Lower case; what is typed at sign-in. */
  signInName: string
  displayName: string
  /** argon2id, with its parameters and salt. */
  passwordHash: string
  mustChangePassword: Generated<boolean>
  passwordChangedAt: Generated<Date>
  lockedUntil: ColumnType<Date | null, Date | null | undefined, Date | null>
  disabledAt: ColumnType<Date | null, Date | null | undefined, Date | null>
  /** Failures from before do not count any more. */
  unlockedAt: ColumnType<Date | null, never, Date>
  /** A new password may be made by now, and who has said so. */
  resetAllowedUntil: ColumnType<Date | null, never, Date | null>
  resetAllowedBy: ColumnType<string | null, never, string | null>
  /** A desk phone may be set up by now, and who has said so. */
  phoneAllowedUntil: ColumnType<Date | null, never, Date | null>
  phoneAllowedBy: ColumnType<string | null, never, string | null>
  /** argon2id: asked for when the password is changed that another has made. */
  startCodeHash: ColumnType<string | null, never, string | null>
  createdAt: Generated<Date>
}

interface PasswordHistoryTable {
  id: GeneratedAlways<string>
  userAccountId: string
  passwordHash: string
  at: Generated<Date>
}

interface SignInAttemptTable {
  id: GeneratedAlways<string>
  userAccountId: string
  succeeded: boolean
  at: Generated<Date>
}

/** Names that nobody has, tried at sign-in. */
interface SignInStrangerTable {
  nameHash: Buffer
  failedAt: Generated<readonly Date[]>
  lockedUntil: Date | null
  lastAt: Generated<Date>
}

export type SessionEndReason =
  | 'signed_out'
  | 'idle'
  | 'expired'
  | 'password_changed'
  | 'disabled'
  | 'signed_in_elsewhere'
  | 'ended'

interface SessionTable {
  id: string
  /** SHA-256 of the cookie: who reads the table cannot sign in with it. */
  tokenHash: Buffer
  userAccountId: string
  ip: string | null
  userAgent: string | null
  createdAt: Generated<Date>
  lastSeenAt: Generated<Date>
  expiresAt: Date
  endedAt: ColumnType<Date | null, never, Date>
  endReason: ColumnType<SessionEndReason | null, never, SessionEndReason>
}

interface RoleTable {
  code: GeneratedAlways<string>
}

interface RoleRightTable {
  roleCode: GeneratedAlways<string>
  rightCode: GeneratedAlways<string>
}

interface UserRoleTable {
  userAccountId: string
  roleCode: string
}

declare module '#platform/database/tables.ts' {
  interface Tables {
    userAccount: UserAccountTable
    passwordHistory: PasswordHistoryTable
    signInAttempt: SignInAttemptTable
    signInStranger: SignInStrangerTable
    session: SessionTable
    role: RoleTable
    roleRight: RoleRightTable
    userRole: UserRoleTable
  }
}
