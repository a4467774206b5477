import type { Static, TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import type { FlowOutcome } from '../calls/call-event.ts'
import type { Ask } from './asking.ts'
import type { Timing } from './flow-definition.ts'
import { type Finding, fault, pointer } from './flow-finding.ts'
import type { FlowRecord } from './flow-machine.ts'
import type { Json, Variables } from './json.ts'
import type { PromptBook } from './prompt-library.ts'

/**
 * What a node of a flow can be. The interpreter knows only this: kinds are registered, and a higher storey may bring
 * its own (follow-up brings `survey`), so that the IVR need not know what a questionnaire is (architecture §2).
 * Everything here is pure: a kind gets the facts and says what comes next.
 */
export interface NodeKind {
  readonly name: string
  /** Reads one node of this kind out of a flow's document; findings' paths are told from the node. */
  bind(raw: unknown, timing: Timing): FlowNode | readonly Finding[]
}

/** A node that has been read. */
export interface FlowNode {
  readonly exits: readonly Exit[]
  /** Prompts of the flow's own list that this node speaks. */
  readonly prompts: readonly PromptUse[]
  /** Waits for the person's keys. */
  readonly asks: boolean
  /** Keys `*`, `0` and `9` have their meaning here, so the flow must say what `9` does. */
  readonly offersOptOut: boolean
  /** Hands the patient to an agent: the queue's name, null for the one of the call's own team. */
  readonly transfersTo?: string | null
  /** Speaks of health: only after the recording notice and the identity check (requirements E03, §8.4). */
  readonly sensitive: boolean
  /** What the call ends as, where this node ends it. */
  readonly ends?: FlowEnd
  /** What only this kind can know to be wrong. */
  check?(world: CheckWorld): readonly Finding[]
  enter(context: NodeContext): Turn
  /** What the node asked for has happened. Kinds whose turns only go on or end need none. */
  on?(reply: Reply, memory: Json, context: NodeContext): Turn
}

export type FlowEnd = FlowOutcome | 'unfinished'

export interface Exit {
  /** Where in the node it is written. */
  readonly path: string
  readonly to: string
  /** Whoever leaves here has said who is on the line. */
  readonly identifies: boolean
  /** The way of a person who says nothing, out of a node that asks. */
  readonly unanswered?: boolean
}

export interface PromptUse {
  readonly path: string
  readonly prompt: string
}

export interface CheckWorld {
  readonly prompts: PromptBook
  /** What the flow is given when it starts, where that is known. */
  readonly variables: Variables
}

export interface NodeContext {
  readonly variables: Variables
}

/** How far what the call is about has come; the live page and the outcome read it. */
export interface Progress {
  /** Answers held, those of earlier attempts included. */
  readonly answered: number
  /** Answers wanted. */
  readonly total: number
  readonly complete: boolean
}

/** What a node wants: first the notes, then one thing to do. */
export interface Turn {
  readonly records?: readonly FlowRecord[]
  readonly set?: Variables
  readonly progress?: Progress
  /** Kept for the node until its next turn. */
  readonly memory?: Json
  /** Said of the call; `unfinished` becomes `partial`, or `uncooperative` where nothing was answered. */
  readonly outcome?: FlowEnd
  readonly action: Action
}

export type Action =
  /** Speak; replied to by `said`. With `skippable` a key goes on to the next thing, mandatory prompts excepted. */
  | { readonly type: 'say'; readonly prompts: readonly string[]; readonly skippable: boolean }
  /** Put a question; replied to by `answered` or `gave_up`. */
  | { readonly type: 'ask'; readonly ask: Ask }
  /** The keys did not make sense: a failure of the same question, which is put again. Only as reply to `answered`. */
  | { readonly type: 'refuse' }
  /** Have an agent take the patient over; replied to by `not_taken`, and by nothing when one did: the flow is over. */
  | { readonly type: 'transfer'; readonly queue: string | null }
  | { readonly type: 'go'; readonly to: string }
  | { readonly type: 'end' }

export type Reply =
  | { readonly type: 'said' }
  | { readonly type: 'answered'; readonly keys: string }
  | { readonly type: 'gave_up' }
  | { readonly type: 'not_taken' }

export type KindRegistry = ReadonlyMap<string, NodeKind>

export function kindRegistry(...kinds: readonly NodeKind[]): KindRegistry {
  return new Map(kinds.map((kind) => [kind.name, kind]))
}

/** Properties whose absence means that the flow does not say what happens then. */
const branches = new Set(['next', 'otherwise', 'options', 'branches', 'noInput', 'invalid', 'tooMany'])

/**
 * A kind from the schema of its nodes and a function that makes a node of a document that fits it.
 * @param schema an object schema with the literal `kind`
 */
export function nodeKind<Schema extends TSchema>(
  name: string,
  schema: Schema,
  make: (node: Static<Schema>, timing: Timing) => FlowNode,
): NodeKind {
  const shape = Compile(schema)
  const fits = (raw: unknown): raw is Static<Schema> => shape.Check(raw)
  return {
    name,
    bind: (raw, timing) => (fits(raw) ? make(raw, timing) : shapeFindings(shape.Errors(raw))),
  }
}

interface SchemaError {
  readonly keyword: string
  readonly instancePath: string
  readonly message: string
  readonly params: object
}

/** A schema's errors as findings: a missing branch is told as such, the rest in the schema's words. */
export function shapeFindings(errors: readonly SchemaError[]): Finding[] {
  const findings: Finding[] = []
  const allowed = new Map<string, string[]>()
  for (const { keyword, instancePath, message, params } of errors) {
    // Told a second time, and better, by the property's own error.
    if (keyword === 'additionalProperties' || keyword === 'anyOf') continue
    if (keyword === 'const') {
      const values = allowed.get(instancePath) ?? []
      allowed.set(instancePath, [...values, 'allowedValue' in params ? String(params.allowedValue) : message])
      continue
    }
    if (keyword !== 'required') {
      findings.push(fault('FLOW_SHAPE', instancePath, { reason: keyword === 'boolean' ? 'unknown property' : message }))
      continue
    }
    const missing = 'requiredProperties' in params ? params.requiredProperties : []
    for (const property of Array.isArray(missing) ? missing.map(String) : []) {
      findings.push(
        branches.has(property)
          ? fault('FLOW_BRANCH_MISSING', instancePath + pointer(property), { branch: property })
          : fault('FLOW_SHAPE', instancePath + pointer(property), { reason: `"${property}" is missing` }),
      )
    }
  }
  for (const [path, values] of allowed) {
    findings.push(fault('FLOW_SHAPE', path, { reason: `must be ${values.join(' or ')}` }))
  }
  return findings.length > 0 ? findings : [fault('FLOW_SHAPE', '', { reason: errors[0]?.message ?? 'does not fit' })]
}
