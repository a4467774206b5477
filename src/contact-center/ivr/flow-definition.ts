import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'

/**
 * How a flow is written down. The nodes' own shapes stand with their kinds (`nodes/*.ts`, and what a higher storey
 * registers), so this schema knows of a node only that it has a kind.
 * Source: issue "main job", IVR; requirements B12, E03, E13.
 */

/** Names of flows, nodes, prompts, questions: what may stand in a file name, a URL and a log line. */
export const Name = Type.String({ pattern: '^[a-z][a-z0-9-]*$', maxLength: 64 })

export const LocalText = Type.Object(
  { zh: Type.String({ minLength: 1 }), en: Type.String({ minLength: 1 }) },
  { additionalProperties: false },
)
export type LocalText = Static<typeof LocalText>

export const PromptNames = Type.Array(Name, { minItems: 1, maxItems: 20 })

/** One prompt that the flow speaks. */
export const FlowPrompt = Type.Object(
  {
    id: Name,
    /** Heard to its end: keys during it are dropped (requirements E13). */
    mandatory: Type.Optional(Type.Boolean()),
    /** What the law asks for; the validator looks for it before any survey (requirements §8.4). */
    role: Type.Optional(Type.Literal('recording_notice')),
    /** Spoken only in a call whose patient can be given to an agent: what tells of the key `0`. */
    when: Type.Optional(Type.Literal('operator')),
  },
  { additionalProperties: false },
)
export type FlowPrompt = Static<typeof FlowPrompt>

export const Milliseconds = (minimum: number, maximum: number) => Type.Integer({ minimum, maximum })

/** How patient the flow is; a node may say otherwise for itself. Longer for the old (requirements E14). */
export const FlowTiming = Type.Object(
  {
    /** Silence after a prompt's end that counts as no input. Default 6000. */
    noInputMs: Type.Optional(Milliseconds(1_000, 60_000)),
    /** Silence between two keys of one entry that ends it. Default 4000. */
    interDigitMs: Type.Optional(Milliseconds(500, 30_000)),
    /** Wrong or missing keys in one question before the polite end. Default 3 (requirements E08). */
    maxFailures: Type.Optional(Type.Integer({ minimum: 1, maximum: 5 })),
  },
  { additionalProperties: false },
)

/** Key `9`: no more calls, confirmed once (requirements E09). */
export const OptOut = Type.Object(
  {
    /** Asks for the confirmation, and says that any other key goes back. */
    prompts: PromptNames,
    /** Keys that confirm. Default `9` and `1`. */
    confirmKeys: Type.Optional(Type.Array(Type.String({ pattern: '^[0-9]$' }), { minItems: 1 })),
    /** A hang-up node with the outcome `refused`. */
    next: Name,
  },
  { additionalProperties: false },
)

/** Key `0`: an agent (requirements E09). */
export const Operator = Type.Object(
  {
    /** A node of the kind `transfer`. */
    next: Name,
  },
  { additionalProperties: false },
)

export const FlowDefinition = Type.Object(
  {
    id: Name,
    title: LocalText,
    /** Language of its prompts, as the folder under `prompts/` is named: `zh-CN`. */
    language: Type.String({ pattern: '^[a-z]{2}(-[A-Z]{2})?$' }),
    description: Type.Optional(LocalText),
    prompts: Type.Array(FlowPrompt, { maxItems: 200 }),
    timing: Type.Optional(FlowTiming),
    optOut: Type.Optional(OptOut),
    /** Without it `0` is a wrong key, as it is in a call for which nobody can be asked (variable `operator`). */
    operator: Type.Optional(Operator),
    start: Name,
    nodes: Type.Record(Name, Type.Object({ kind: Type.String() }), { additionalProperties: false }),
  },
  { additionalProperties: false },
)
export type FlowDefinition = Static<typeof FlowDefinition>

export const flowDefinitionShape = Compile(FlowDefinition)

export interface Timing {
  readonly noInputMs: number
  readonly interDigitMs: number
  readonly maxFailures: number
}

export const defaultTiming: Timing = { noInputMs: 6_000, interDigitMs: 4_000, maxFailures: 3 }

/** Keys with a meaning of their own in menus and single-choice questions; no option may use them (architecture §4). */
export const reservedKeys = { repeat: '*', agent: '0', optOut: '9' } as const

export function isReservedKey(key: string): boolean {
  return Object.values<string>(reservedKeys).includes(key)
}
