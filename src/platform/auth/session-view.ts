import { type Static, Type } from 'typebox'
import type { LivingSession } from './session-store.ts'

/** What a page is told of who is signed in. */
export const SessionView = Type.Object({
  signInName: Type.String(),
  displayName: Type.String(),
  roles: Type.Array(Type.String()),
  rights: Type.Array(Type.String()),
  mustChangePassword: Type.Boolean(),
  /** The first password is changed with the security administrator's code only. */
  needsStartCode: Type.Boolean(),
  /** Fewest characters of this account's password. */
  passwordLength: Type.Integer(),
})
export type SessionView = Static<typeof SessionView>

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()])

/** A place where an account is signed in, as its owner and the administrators see it. Times are ISO 8601. */
export const LivingSessionView = Type.Object({
  id: Type.String(),
  ip: Nullable(Type.String()),
  userAgent: Nullable(Type.String()),
  since: Type.String(),
  lastSeenAt: Type.String(),
  /** The one that asks. */
  own: Type.Boolean(),
})
export type LivingSessionView = Static<typeof LivingSessionView>

export const SessionList = Type.Object({ sessions: Type.Array(LivingSessionView) })
export const SessionTarget = Type.Object({ sessionId: Type.String({ format: 'uuid' }) })

export function livingSessionView(session: LivingSession, ownId: string): LivingSessionView {
  const { id, ip, userAgent, since, lastSeenAt } = session
  return { id, ip, userAgent, since: since.toISOString(), lastSeenAt: lastSeenAt.toISOString(), own: id === ownId }
}
