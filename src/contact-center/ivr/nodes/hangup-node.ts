import { Type } from 'typebox'
import { PromptNames } from '../flow-definition.ts'
import { nodeKind } from '../node-kind.ts'
import { promptUses } from './node-parts.ts'

const Outcome = Type.Union([
  Type.Literal('done'),
  Type.Literal('refused'),
  Type.Literal('wrong_person'),
  /** `partial`, or `uncooperative` where nothing was answered (requirements E08). */
  Type.Literal('unfinished'),
  /** The patient was told that we call again, since no agent was to be had. */
  Type.Literal('callback'),
])

/**
 * Says what the call was, speaks its last words and hangs up. The outcome is said first, so that a patient who hangs
 * up during the good-bye changes nothing; a late key does not cut it off.
 */
export const hangupNode = nodeKind(
  'hangup',
  Type.Object(
    { kind: Type.Literal('hangup'), outcome: Outcome, prompts: Type.Optional(PromptNames) },
    { additionalProperties: false },
  ),
  (node) => ({
    exits: [],
    prompts: promptUses('/prompts', node.prompts),
    asks: false,
    offersOptOut: false,
    sensitive: false,
    ends: node.outcome,
    enter: () => ({
      outcome: node.outcome,
      action: { type: 'say', prompts: node.prompts ?? [], skippable: false },
    }),
    on: () => ({ action: { type: 'end' } }),
  }),
)
