import { type Static, type TSchema, Type } from 'typebox'
import { Reason } from '#platform/audit/reason.ts'
import { CallingRule, CampaignCalling } from '../calling/calling-rule.ts'
import { RetryPlan } from '../tasks/retry.ts'

const Nullable = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()])
const Id = Type.String({ format: 'uuid' })

/** How and when a campaign is dialled (requirements C02, C03, C08, C11). */
export const CampaignSettings = Type.Object(
  {
    trunkId: Id,
    /** Simulated trunks only. */
    anyHour: Type.Boolean(),
    pacing: Type.Union([Type.Literal('agentless'), Type.Literal('progressive'), Type.Literal('preview')]),
    /** For whose seats it is dialled, and to whom its patients are led by key. */
    teamId: Nullable(Id),
    ringSeconds: Type.Integer({ minimum: 15, maximum: 60 }),
    /** Within the hospital's own; null: those. */
    calling: Nullable(CampaignCalling),
    /** Null: that of the programme. */
    retry: Nullable(RetryPlan),
    /** Patients are asked to rate the agent after hang-up. */
    rating: Type.Boolean(),
  },
  { additionalProperties: false },
)
export type CampaignSettings = Static<typeof CampaignSettings>

const Choice = Type.Object({ id: Type.String(), name: Type.String() })

export const CampaignBoard = Type.Object({
  version: Type.Integer(),
  name: Type.String(),
  settings: CampaignSettings,
  /** What the campaign's own hours lie within. */
  hospital: Type.Pick(CallingRule, ['periods', 'holidays', 'weekends']),
  /** What holds where the campaign has no plan of its own. */
  programmeRetry: RetryPlan,
  trunks: Type.Array(
    Type.Object({ ...Choice.properties, kind: Type.String(), callerNumber: Type.String(), enabled: Type.Boolean() }),
  ),
  teams: Type.Array(Choice),
  /** The last change; null: never. */
  changed: Nullable(Type.Object({ at: Type.String(), by: Nullable(Type.String()), reason: Nullable(Type.String()) })),
})
export type CampaignBoard = Static<typeof CampaignBoard>

export const SettingsWish = Type.Object(
  { basedOn: Type.Integer(), settings: CampaignSettings, reason: Reason },
  { additionalProperties: false },
)
export type SettingsWish = Static<typeof SettingsWish>
