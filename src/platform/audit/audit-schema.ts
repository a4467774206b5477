import { type Static, Type } from 'typebox'

/** The audit trail as the console asks and is answered. Times are ISO 8601, UTC; numbers are texts. */

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()])
const Number_ = Type.String({ pattern: '^[0-9]{1,18}$' })

export const AuditSearch = Type.Object(
  {
    /** Instants; the first included, the last not. */
    from: Type.Optional(Type.String({ format: 'date-time' })),
    to: Type.Optional(Type.String({ format: 'date-time' })),
    /** A sign-in name. */
    actor: Type.Optional(Type.String({ maxLength: 100 })),
    /** Whole (`recording.played`), or what it begins with (`recording.`). */
    action: Type.Optional(Type.String({ pattern: '^[a-z_]+\\.?[a-z_]*$', maxLength: 60 })),
    objectId: Type.Optional(Type.String({ maxLength: 100 })),
    outcome: Type.Optional(Type.Union([Type.Literal('ok'), Type.Literal('denied'), Type.Literal('failed')])),
    /** The page after the row of this number. */
    before: Type.Optional(Number_),
    limit: Type.Integer({ minimum: 1, maximum: 200 }),
  },
  { additionalProperties: false },
)
export type AuditSearch = Static<typeof AuditSearch>

export const AuditItem = Type.Object({
  id: Type.String(),
  at: Type.String(),
  actor: Nullable(Type.String()),
  ip: Nullable(Type.String()),
  action: Type.String(),
  objectKind: Nullable(Type.String()),
  objectId: Nullable(Type.String()),
  outcome: Type.String(),
  detail: Type.Record(Type.String(), Type.Unknown()),
  sealed: Type.Boolean(),
})
export type AuditItem = Static<typeof AuditItem>

export const AuditPage = Type.Object({ rows: Type.Array(AuditItem), next: Nullable(Type.String()) })
export type AuditPage = Static<typeof AuditPage>

const AnchorView = Type.Object({ id: Type.String(), hash: Type.String() })

export const ChainStateView = Type.Object({
  anchor: Nullable(AnchorView),
  unsealed: Type.Integer(),
  unsealedSince: Nullable(Type.String()),
  /** Of every action that occurs, for the filter. */
  actions: Type.Array(Type.String()),
})
export type ChainStateView = Static<typeof ChainStateView>

export const ChainQuestion = Type.Object(
  {
    /** `number:hash` as it was noted down earlier. */
    anchor: Type.Optional(Type.String({ pattern: '^[0-9]{1,18}:[0-9a-f]{64}$' })),
  },
  { additionalProperties: false },
)

export const ChainVerdictView = Type.Object({
  rows: Type.Integer(),
  broken: Nullable(Type.Object({ id: Type.String(), fault: Type.String(), after: Nullable(Type.String()) })),
  anchor: Nullable(AnchorView),
  unsealed: Type.Integer(),
})
export type ChainVerdictView = Static<typeof ChainVerdictView>
