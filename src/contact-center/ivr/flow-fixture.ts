import { checkFlow, type Flow, type FlowWorld } from './flow.ts'
import type { FlowDefinition } from './flow-definition.ts'
import { findingLine } from './flow-finding.ts'
import {
  type FlowCommand,
  type FlowInput,
  type FlowRecord,
  type FlowState,
  isOver,
  startFlow,
  step,
} from './flow-machine.ts'
import type { Variables } from './json.ts'
import { kindRegistry, type NodeKind } from './node-kind.ts'
import { ownKinds } from './nodes/own-kinds.ts'
import type { PromptBook } from './prompt-library.ts'

/** For tests: every prompt exists and says its own name, or what `texts` has for it. */
export function anyPrompts(texts: Readonly<Record<string, string>> = {}): PromptBook {
  return {
    language: 'zh-CN',
    text: (id) => texts[id] ?? id,
    check: () => [],
    durationMs: () => 1_000,
    resolve: (id) => `/prompts/${id}.wav`,
  }
}

export function testWorld(parts: Partial<FlowWorld> & { readonly extraKinds?: readonly NodeKind[] } = {}): FlowWorld {
  const { extraKinds = [], ...rest } = parts
  return { kinds: kindRegistry(...ownKinds, ...extraKinds), prompts: anyPrompts(), healthWords: [], ...rest }
}

/** A node as it is written, whatever its kind. */
export type NodeDocument = { readonly kind: string } & Readonly<Record<string, unknown>>

/** For tests: a flow around these nodes, with every prompt listed that they name. */
export function flowOf(
  nodes: Readonly<Record<string, NodeDocument>>,
  parts: Partial<Omit<FlowDefinition, 'nodes'>> = {},
): FlowDefinition {
  const named = JSON.stringify([nodes, parts.optOut]).matchAll(/"(?:prompts|before|confirm)":\[([^\]]*)\]/g)
  const ids = new Set([...named].flatMap(([, list = '']) => list.split(',').map((id) => id.replaceAll('"', ''))))
  return {
    id: 'test',
    title: { zh: '测试', en: 'Test' },
    language: 'zh-CN',
    prompts: [...ids].map((id) => (id === 'notice' ? { id, mandatory: true, role: 'recording_notice' } : { id })),
    start: Object.keys(nodes)[0] ?? 'start',
    nodes,
    ...parts,
  }
}

/** Drives a flow by hand: what a person does, and what came of it. */
export class Rehearsal {
  readonly commands: FlowCommand[] = []
  readonly flow: Flow
  state: FlowState

  constructor(
    document: unknown,
    { world = testWorld(), variables = {} }: { world?: FlowWorld; variables?: Variables } = {},
  ) {
    const { flow, findings } = checkFlow(document, { ...world, variables })
    if (flow === null) throw new Error(findings.map((finding) => findingLine(finding, 'en')).join('\n'))
    this.flow = flow
    this.state = startFlow(variables)
    this.feed({ type: 'start' })
  }

  /** @returns the commands of this input alone */
  feed(input: FlowInput): readonly FlowCommand[] {
    const { state, commands } = step(this.flow, this.state, input)
    // A state that could not be stored would show here.
    this.state = JSON.parse(JSON.stringify(state))
    this.commands.push(...commands)
    return commands
  }

  /** The prompt that was asked for begins. */
  begin(): this {
    this.feed({ type: 'begun' })
    return this
  }

  /** Presses keys into what is being played; the prompts that follow begin at once. */
  press(keys: string): this {
    for (const digit of keys) {
      this.feed({ type: 'digit', digit })
      this.feed({ type: 'begun' })
    }
    return this
  }

  /** Hears what is being played to its end. */
  hear(): this {
    this.feed({ type: 'begun' })
    this.feed({ type: 'played' })
    this.feed({ type: 'begun' })
    return this
  }

  /** Hears the question to its end and says nothing. */
  beSilent(): this {
    this.feed({ type: 'played' })
    this.feed({ type: 'timeout' })
    this.feed({ type: 'begun' })
    return this
  }

  get over(): boolean {
    return isOver(this.state)
  }

  get records(): readonly FlowRecord[] {
    return this.commands.flatMap((command) => (command.type === 'record' ? [command.event] : []))
  }

  recorded<Type extends FlowRecord['type']>(type: Type): readonly Extract<FlowRecord, { type: Type }>[] {
    return this.records.filter((record): record is Extract<FlowRecord, { type: Type }> => record.type === type)
  }

  /** The prompts of every play so far, each play's joined by a space. */
  get played(): readonly string[] {
    return this.commands.flatMap((command) => (command.type === 'play' ? [command.prompts.join(' ')] : []))
  }

  get outcome(): string | undefined {
    return this.recorded('outcome')[0]?.outcome
  }
}
