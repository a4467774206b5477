import { type Static, Type } from 'typebox'
import { Reason } from '#platform/audit/reason.ts'
import { LocalText, Name } from '../ivr/flow-definition.ts'

const Nullable = <Schema extends Parameters<typeof Type.Union>[0][number]>(schema: Schema) =>
  Type.Union([schema, Type.Null()])

const closed = { additionalProperties: false }

/** `placed`: a file of the shipped one's name that was laid into the data folder. */
const Source = Type.Union([
  Type.Literal('recorded'),
  Type.Literal('synthetic'),
  Type.Literal('placed'),
  Type.Literal('shipped'),
])

const OwnPromptName = Type.String({ pattern: '^own-[0-9a-f]{40}$' })

export const VoiceSound = Type.Object({
  /** Null: what is heard without any voice of the hospital's own. */
  own: Nullable(Type.String()),
  text: Nullable(Type.String()),
  source: Source,
  durationMs: Type.Integer(),
})
export type VoiceSound = Static<typeof VoiceSound>

export const VoiceVersionFacts = Type.Object({
  version: Type.Integer(),
  sound: VoiceSound,
  reason: Type.String(),
  /** ISO 8601, UTC. */
  at: Type.String(),
  by: Nullable(Type.String()),
})
export type VoiceVersionFacts = Static<typeof VoiceVersionFacts>

export const VoiceItem = Type.Object({
  prompt: Type.String(),
  /** Flows that say it, each with the nodes where; empty: a question says it, or it is said to a patient whose agent was lost. */
  uses: Type.Array(Type.Object({ flow: LocalText, nodes: Type.Array(Type.String()) })),
  /** Of a questionnaire's question: it has another take only where its own is lost, of the same words. */
  asked: Type.Boolean(),
  /** The recording notice that the law asks for. */
  notice: Type.Boolean(),
  /** What calls play that begin now. */
  inForce: VoiceSound,
  /** Why that is not the last version: its file is not there, or is not what was taken. Of a question: nothing is played, its programmes wait. */
  fault: Nullable(Type.Union([Type.Literal('missing'), Type.Literal('damaged')])),
  shipped: VoiceSound,
  /** Newest first; without any, it was never changed here. */
  versions: Type.Array(VoiceVersionFacts),
})
export type VoiceItem = Static<typeof VoiceItem>

export const VoiceBoard = Type.Object({
  /** Of the stream `live`, which tells of changes. */
  offset: Type.Integer(),
  language: Type.String(),
  /** Whether texts can be spoken by machine here. */
  speech: Type.Boolean(),
  /** In the order in which flows name them. */
  voices: Type.Array(VoiceItem),
})
export type VoiceBoard = Static<typeof VoiceBoard>

export const VoiceTarget = Type.Object({ prompt: Name })

export const VoiceWish = Type.Object(
  {
    /** Null: the shipped one again. */
    own: Nullable(OwnPromptName),
    /** The version that was looked at; 0 where there was none. */
    seen: Type.Integer({ minimum: 0 }),
    reason: Reason,
  },
  closed,
)
export type VoiceWish = Static<typeof VoiceWish>

export const VoiceTaken = Type.Object({ version: Type.Integer() })
