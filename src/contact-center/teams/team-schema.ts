import { type Static, Type } from 'typebox'

/** Teams, their people and their phones, as the console asks and is answered. */

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()])
const Id = Type.String({ format: 'uuid' })

export const TeamPerson = Type.Object({
  id: Type.String(),
  signInName: Type.String(),
  name: Type.String(),
  roles: Type.Array(Type.String()),
  /** Null for who is not an agent yet. */
  agentNo: Nullable(Type.String()),
  teamId: Nullable(Type.String()),
  /** Null: the agent's page is the phone, from the first time it is opened. */
  phone: Nullable(
    Type.Object({
      extension: Type.String(),
      kind: Type.String(),
      /** Registered now. */
      live: Type.Boolean(),
    }),
  ),
  /** The security administrator lets a desk phone be set up until then. ISO 8601. */
  phoneAllowedUntil: Nullable(Type.String()),
})
export type TeamPerson = Static<typeof TeamPerson>

export const TeamItem = Type.Object({
  id: Type.String(),
  name: Type.String(),
  supervisorIds: Type.Array(Type.String()),
  /** Campaigns that are dialled for this team's seats. */
  campaigns: Type.Array(Type.String()),
})
export type TeamItem = Static<typeof TeamItem>

export const TeamBoard = Type.Object({
  teams: Type.Array(TeamItem),
  people: Type.Array(TeamPerson),
  /** Whether the reader may change everything; else only members of the teams shown. */
  all: Type.Boolean(),
  /** Whether a desk phone takes the security administrator's word: the reader hears no patients himself. */
  phoneNeedsWord: Type.Boolean(),
})
export type TeamBoard = Static<typeof TeamBoard>

const Name = Type.String({ minLength: 1, maxLength: 60, pattern: '\\S' })

export const TeamDraft = Type.Object({ name: Name }, { additionalProperties: false })
export const TeamSupervisors = Type.Object(
  { userIds: Type.Array(Id, { maxItems: 200 }) },
  { additionalProperties: false },
)
export const AgentPlace = Type.Object(
  { agentNo: Type.String({ pattern: '^[\\p{L}\\p{N}-]{1,20}$' }), teamId: Id },
  { additionalProperties: false },
)
export type AgentPlace = Static<typeof AgentPlace>

export const PhoneWish = Type.Union([
  Type.Object(
    { kind: Type.Literal('desk'), extension: Type.String({ pattern: '^[0-9]{2,10}$' }) },
    { additionalProperties: false },
  ),
  Type.Object({ kind: Type.Literal('browser') }, { additionalProperties: false }),
])
export type PhoneWish = Static<typeof PhoneWish>

/** What goes into the phone; told once. Null: there is nothing to put in. */
export const PhoneIssued = Type.Object({
  phone: Nullable(Type.Object({ extension: Type.String(), secret: Type.String() })),
})

export const TeamTarget = Type.Object({ id: Id })
export const AgentTarget = Type.Object({ userId: Id })
