import { type Static, Type } from 'typebox'
import { Reason } from '#platform/audit/reason.ts'
import { NumberText, PageWish } from './do-not-call-schema.ts'

/** Numbers that the network has called invalid or out of service, or that cannot be opened, as the console asks. Times are ISO 8601, UTC. */

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()])
const Moment = Type.String({ format: 'date-time' })
const Trunk = Type.String({ format: 'uuid' })

export const FlaggedSearch = Type.Object(
  {
    number: Type.Optional(NumberText),
    /** Flagged then or later. */
    since: Type.Optional(Moment),
    /** By a call over this trunk. */
    trunkId: Type.Optional(Trunk),
    ...PageWish,
  },
  { additionalProperties: false },
)
export type FlaggedSearch = Static<typeof FlaggedSearch>

export const FlaggedItem = Type.Object({
  id: Type.String(),
  /** Masked; of one that cannot be opened the last four digits. */
  phone: Type.String(),
  department: Nullable(Type.String()),
  /** `invalid`, `suspended`, `unreadable`. */
  flag: Type.String(),
  at: Type.String(),
  /** Over which it was last called so. */
  trunk: Nullable(Type.String()),
})
export type FlaggedItem = Static<typeof FlaggedItem>

export const FlaggedPage = Type.Object({
  numbers: Type.Array(FlaggedItem),
  total: Type.Integer(),
  /** Of these, what the network has closed: all of it can be cleared together. */
  byNetwork: Type.Integer(),
  /** Of this moment are the total and the list. */
  asOf: Type.String(),
  trunks: Type.Array(Type.Object({ id: Type.String(), name: Type.String() })),
})
export type FlaggedPage = Static<typeof FlaggedPage>

/** All flagged between two moments, so that no more are cleared than were shown. */
export const FlaggedBatch = Type.Object(
  { since: Moment, asOf: Moment, trunkId: Type.Optional(Trunk), reason: Reason },
  { additionalProperties: false },
)

export const UsableAgain = Type.Object({
  /** Numbers that had been called invalid or out of service and may be dialled again. */
  numbers: Type.Integer(),
  /** Tasks that had failed by that and are due again. */
  reopened: Type.Integer(),
})
export type UsableAgain = Static<typeof UsableAgain>
