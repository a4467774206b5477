import { type Static, type TSchema, Type } from 'typebox'
import { Reason } from '#platform/audit/reason.ts'

const Nullable = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()])

export const TrunkFields = {
  name: Type.String({ pattern: '\\S', maxLength: 60 }),
  host: Type.String({ maxLength: 253 }),
  port: Type.Integer(),
  lines: Type.Integer(),
  callsPerSecond: Type.Number(),
  callerNumber: Type.String({ maxLength: 21 }),
  /** Asked by OPTIONS whether it is there. */
  watched: Type.Boolean(),
} as const

/** What a person says of a trunk. Credentials are written, never read: absent, they stay; null, there are none. */
export const TrunkWish = Type.Object(
  {
    ...TrunkFields,
    credentials: Type.Optional(
      Nullable(
        Type.Object(
          {
            username: Type.String({ minLength: 1, maxLength: 100 }),
            password: Type.String({ minLength: 1, maxLength: 200 }),
          },
          { additionalProperties: false },
        ),
      ),
    ),
    reason: Reason,
  },
  { additionalProperties: false },
)
export type TrunkWish = Static<typeof TrunkWish>

export const TrunkChange = Type.Object(
  { basedOn: Type.Integer(), ...TrunkWish.properties },
  { additionalProperties: false },
)
export type TrunkChange = Static<typeof TrunkChange>

export const ReasonGiven = Type.Object({ reason: Reason }, { additionalProperties: false })

export const OwnedWish = Type.Object(
  { numbers: Type.Array(Type.String({ maxLength: 21 }), { maxItems: 200 }), reason: Reason },
  { additionalProperties: false },
)

export const TestWish = Type.Object(
  { number: Type.String({ minLength: 3, maxLength: 30 }) },
  { additionalProperties: false },
)

const Answer = { sipStatus: Nullable(Type.Integer()), q850: Nullable(Type.Integer()) } as const

/** What came back, and what it most likely means; null: answered. */
export const TestTold = Type.Object({ fault: Nullable(Type.String()), ...Answer })
export type TestTold = Static<typeof TestTold>

export const TrunkReplyTold = Type.Object({
  reply: Type.Union([Type.Literal('answered'), Type.Literal('silent'), Type.Literal('unasked')]),
  sipStatus: Nullable(Type.Integer()),
  ms: Type.Integer(),
})
export type TrunkReplyTold = Static<typeof TrunkReplyTold>

export const TrunkItem = Type.Object({
  id: Type.String(),
  version: Type.Integer(),
  kind: Type.Union([Type.Literal('simulated'), Type.Literal('sip')]),
  ...TrunkFields,
  enabled: Type.Boolean(),
  hasCredentials: Type.Boolean(),
  /** Who changed it last in the console; null: nobody since it was added. */
  changed: Nullable(Type.Object({ at: Type.String(), by: Nullable(Type.String()), reason: Nullable(Type.String()) })),
  /** Calls under way. */
  used: Type.Integer(),
  campaigns: Type.Array(Type.String()),
  /** Null: it has never answered an OPTIONS. */
  answers: Nullable(Type.Boolean()),
  /** ISO 8601, UTC. */
  answersSince: Nullable(Type.String()),
  /** Of the simulated carrier: its process has died since the house was opened. */
  carrier: Nullable(
    Type.Object({ downSince: Nullable(Type.String()), restartedAt: Nullable(Type.String()), restarts: Type.Integer() }),
  ),
  /** Calls of the last 24 hours that line or carrier did not carry, by what it most likely means, most first. */
  failures: Type.Array(Type.Object({ fault: Type.String(), count: Type.Integer(), lastAt: Type.String(), ...Answer })),
  /** Calls dialled in the last 24 hours. */
  dialled: Type.Integer(),
  lastTest: Nullable(Type.Object({ at: Type.String(), by: Nullable(Type.String()), ...TestTold.properties })),
})
export type TrunkItem = Static<typeof TrunkItem>

export const TrunkBoard = Type.Object({
  /** Of the live stream: a page reads on from here. */
  offset: Type.Integer(),
  trunks: Type.Array(TrunkItem),
  owned: Type.Array(Type.String()),
})
export type TrunkBoard = Static<typeof TrunkBoard>

export const TrunkTarget = Type.Object({ id: Type.String({ format: 'uuid' }) })
