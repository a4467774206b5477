import { type Static, Type } from 'typebox'
import { type Role, roles } from './rights.ts'

/** Accounts as the console asks and is answered. Times are ISO 8601, UTC. */

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()])

export const AccountItem = Type.Object({
  id: Type.String(),
  signInName: Type.String(),
  displayName: Type.String(),
  roles: Type.Array(Type.String()),
  mustChangePassword: Type.Boolean(),
  createdAt: Type.String(),
  disabledAt: Nullable(Type.String()),
  lockedUntil: Nullable(Type.String()),
  lastSignInAt: Nullable(Type.String()),
  /** The security administrator lets a new password be made until then. */
  resetAllowedUntil: Nullable(Type.String()),
  /** The same for a desk phone. */
  phoneAllowedUntil: Nullable(Type.String()),
  /** Its person begins with the security administrator's code. */
  needsStartCode: Type.Boolean(),
  /** Living ones. */
  sessions: Type.Integer(),
})
export type AccountItem = Static<typeof AccountItem>

export const AccountList = Type.Object({
  accounts: Type.Array(AccountItem),
  /** What each role allows. */
  rights: Type.Record(Type.String(), Type.Array(Type.String())),
  singleSession: Type.Boolean(),
})
export type AccountList = Static<typeof AccountList>

const DisplayName = Type.String({ minLength: 1, maxLength: 60, pattern: '\\S' })

export const AccountDraft = Type.Object(
  {
    /** Letters of any script, digits, `.`, `-`, `_`: such as a staff number. */
    signInName: Type.String({ pattern: '^[\\p{L}\\p{N}][\\p{L}\\p{N}._-]{1,39}$' }),
    displayName: DisplayName,
  },
  { additionalProperties: false },
)
export const AccountName = Type.Object({ displayName: DisplayName }, { additionalProperties: false })

export const RoleWish = Type.Object(
  {
    roles: Type.Array(Type.Unsafe<Role>(Type.Union(roles.map((role) => Type.Literal(role)))), {
      maxItems: roles.length,
    }),
  },
  { additionalProperties: false },
)

/** A password that is told once. */
export const Issued = Type.Object({ id: Type.String(), password: Type.String() })
export type Issued = Static<typeof Issued>

/** What the security administrator hands to the person; told once. Null: nothing is needed. */
export const StartCodeTold = Type.Object({ startCode: Nullable(Type.String()) })
export type StartCodeTold = Static<typeof StartCodeTold>

export const SessionPolicy = Type.Object({ single: Type.Boolean() }, { additionalProperties: false })
export const AccountTarget = Type.Object({ id: Type.String({ format: 'uuid' }) })
export const AccountSessionTarget = Type.Object({
  id: Type.String({ format: 'uuid' }),
  sessionId: Type.String({ format: 'uuid' }),
})
