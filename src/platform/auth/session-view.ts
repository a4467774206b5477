import { type Static, Type } from 'typebox'

/** What a page is told of who is signed in. */
export const SessionView = Type.Object({
  signInName: Type.String(),
  displayName: Type.String(),
  roles: Type.Array(Type.String()),
  rights: Type.Array(Type.String()),
  mustChangePassword: Type.Boolean(),
  /** Fewest characters of this account's password. */
  passwordLength: Type.Integer(),
})
export type SessionView = Static<typeof SessionView>
