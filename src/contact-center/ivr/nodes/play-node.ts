import { Type } from 'typebox'
import { Name, PromptNames } from '../flow-definition.ts'
import { nodeKind } from '../node-kind.ts'
import { exit, promptUses } from './node-parts.ts'

/** Speaks, and goes on. A key goes on at once, but never over a mandatory prompt (requirements E13). */
export const playNode = nodeKind(
  'play',
  Type.Object({ kind: Type.Literal('play'), prompts: PromptNames, next: Name }, { additionalProperties: false }),
  (node) => ({
    exits: [exit('/next', node.next)],
    prompts: promptUses('/prompts', node.prompts),
    asks: false,
    offersOptOut: false,
    sensitive: false,
    enter: () => ({ action: { type: 'say', prompts: node.prompts, skippable: true } }),
    on: () => ({ action: { type: 'go', to: node.next } }),
  }),
)
