import { type Static, Type } from 'typebox'

const Source = Type.Union([Type.Literal('recorded'), Type.Literal('synthetic'), Type.Literal('shipped')])

/** A prompt as the console knows it. */
export const PromptFacts = Type.Object({
  id: Type.String(),
  /** Null: nobody has written down what it says. */
  text: Type.Union([Type.String(), Type.Null()]),
  /** Null: there is no sound. */
  source: Type.Union([Source, Type.Null()]),
  durationMs: Type.Integer(),
})
export type PromptFacts = Static<typeof PromptFacts>

/** What became of an upload. */
export const RecordedPrompt = Type.Object({
  prompt: PromptFacts,
  /** Of the speech as it was recorded, in dB of full scale. */
  speechDb: Type.Number(),
  /** What it was made louder by, in dB. */
  gainDb: Type.Number(),
  warnings: Type.Array(Type.Union([Type.Literal('clipped'), Type.Literal('quiet')])),
})
export type RecordedPrompt = Static<typeof RecordedPrompt>

export const SpeechWish = Type.Object({ text: Type.String({ maxLength: 1_000 }) }, { additionalProperties: false })

export const PromptTarget = Type.Object({ name: Type.String({ pattern: '^[a-z][a-z0-9-]*$', maxLength: 64 }) })
