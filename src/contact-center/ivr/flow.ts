import { UserError } from '#platform/errors/errors.ts'
import { checkGraph } from './flow-check.ts'
import { defaultTiming, type FlowDefinition, flowDefinitionShape } from './flow-definition.ts'
import { type Finding, fault, findingLine, hasFaults, pointer, under } from './flow-finding.ts'
import type { Variables } from './json.ts'
import { type FlowNode, type KindRegistry, shapeFindings } from './node-kind.ts'
import type { PromptBook } from './prompt-library.ts'

/** A flow that has been read and may run. */
export interface Flow {
  readonly definition: FlowDefinition
  readonly nodes: ReadonlyMap<string, FlowNode>
  /** Prompts that are heard to their end. */
  readonly mandatory: ReadonlySet<string>
  /** Prompts that are spoken only where somebody can be asked for. */
  readonly ofOperator: ReadonlySet<string>
  /** Keys that confirm `9`. */
  readonly confirmKeys: readonly string[]
}

export interface FlowWorld {
  readonly kinds: KindRegistry
  readonly prompts: PromptBook
  /** Words that nobody may hear before the identity check (requirements §8.4). */
  readonly healthWords: readonly string[]
  /** What the flow will be given when it starts, where that is known already. */
  readonly variables?: Variables
}

export interface CheckedFlow {
  /** Null when the document cannot be run. */
  readonly flow: Flow | null
  /** Errors first. */
  readonly findings: readonly Finding[]
}

/**
 * Reads a flow's document and says everything that is wrong with it: shape, ways through it, prompts, keys, recording
 * notice, identity check, and what each kind of node adds.
 */
export function checkFlow(document: unknown, world: FlowWorld): CheckedFlow {
  if (!flowDefinitionShape.Check(document)) {
    return { flow: null, findings: shapeFindings(flowDefinitionShape.Errors(document)) }
  }
  const { nodes, findings } = bindNodes(document, world.kinds)
  const flow: Flow = {
    definition: document,
    nodes,
    mandatory: new Set(document.prompts.filter(({ mandatory }) => mandatory === true).map(({ id }) => id)),
    ofOperator: new Set(document.prompts.filter(({ when }) => when === 'operator').map(({ id }) => id)),
    confirmKeys: document.optOut?.confirmKeys ?? ['9', '1'],
  }
  // Ways through a flow with unreadable nodes would only be told wrong.
  const all = [...findings, ...(findings.length === 0 ? checkGraph(flow, world) : [])]
  const sorted = [...all].sort((a, b) => Number(a.severity === 'warning') - Number(b.severity === 'warning'))
  return { flow: hasFaults(all) ? null : flow, findings: sorted }
}

/**
 * A flow ready to run. Cheap enough for every call (no I/O), and may as well be kept per version.
 * @throws UserError FLOW_INVALID with the first of the errors
 */
export function openFlow(document: unknown, world: FlowWorld): Flow {
  const { flow, findings } = checkFlow(document, world)
  if (flow !== null) return flow
  const faults = findings.filter(({ severity }) => severity === 'error')
  throw new UserError('FLOW_INVALID', {
    flow: nameOf(document),
    count: faults.length,
    first: faults[0] === undefined ? '' : findingLine(faults[0], 'en'),
  })
}

/** Where a flow says one of its own prompts. */
export interface PromptPlaces {
  readonly prompt: string
  /** Nodes that say it, `optOut` for what follows the key 9. */
  readonly nodes: readonly string[]
  /** The recording notice that the law asks for. */
  readonly notice: boolean
}

/** What a flow says of its own, in the order in which it lists it; null for what is no flow. */
export function placesIn(
  document: unknown,
  kinds: KindRegistry,
): (Pick<FlowDefinition, 'id' | 'title' | 'language'> & { readonly prompts: readonly PromptPlaces[] }) | null {
  if (!flowDefinitionShape.Check(document)) return null
  const { nodes } = bindNodes(document, kinds)
  const saying = (prompt: string) => [
    ...[...nodes].filter(([, node]) => node.prompts.some((use) => use.prompt === prompt)).map(([nodeId]) => nodeId),
    ...(document.optOut?.prompts.includes(prompt) === true ? ['optOut'] : []),
  ]
  const { id, title, language } = document
  const prompts = document.prompts.map((prompt) => ({
    prompt: prompt.id,
    nodes: saying(prompt.id),
    notice: prompt.role === 'recording_notice',
  }))
  return { id, title, language, prompts }
}

function bindNodes(definition: FlowDefinition, kinds: KindRegistry) {
  const nodes = new Map<string, FlowNode>()
  const findings: Finding[] = []
  const timing = { ...defaultTiming, ...definition.timing }
  for (const [nodeId, raw] of Object.entries(definition.nodes)) {
    const path = pointer('nodes', nodeId)
    const kind = kinds.get(raw.kind)
    if (kind === undefined) {
      findings.push(
        fault('FLOW_NODE_KIND_UNKNOWN', `${path}/kind`, { kind: raw.kind, kinds: [...kinds.keys()].join(', ') }),
      )
      continue
    }
    const bound = kind.bind(raw, timing)
    if ('enter' in bound) nodes.set(nodeId, bound)
    else findings.push(...bound.map((finding) => under(path, finding)))
  }
  return { nodes, findings }
}

function nameOf(document: unknown): string {
  if (typeof document === 'object' && document !== null && 'id' in document) return String(document.id)
  return '?'
}
