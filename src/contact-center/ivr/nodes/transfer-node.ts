import { Type } from 'typebox'
import { Name, PromptNames } from '../flow-definition.ts'
import { nodeKind } from '../node-kind.ts'
import { exit, promptUses } from './node-parts.ts'

/**
 * Has the patient wait for an agent, with music, once the prompts have told so. An agent who takes the patient goes on
 * with the answers so far, and the flow is over; where nobody does within the queue's limit, `otherwise` goes on.
 * Source: requirements E09; issue "the agent’s seat".
 */
export const transferNode = nodeKind(
  'transfer',
  Type.Object(
    {
      kind: Type.Literal('transfer'),
      /** A queue of the hospital by its name; absent: the one of the campaign's own team. */
      queue: Type.Optional(Type.String({ minLength: 1, maxLength: 60 })),
      prompts: Type.Optional(PromptNames),
      otherwise: Name,
    },
    { additionalProperties: false },
  ),
  (node) => ({
    exits: [exit('/otherwise', node.otherwise)],
    prompts: promptUses('/prompts', node.prompts),
    asks: false,
    offersOptOut: false,
    sensitive: false,
    transfersTo: node.queue ?? null,
    enter: () => ({ action: { type: 'say', prompts: node.prompts ?? [], skippable: true } }),
    on: (reply) => ({
      action:
        reply.type === 'said' ? { type: 'transfer', queue: node.queue ?? null } : { type: 'go', to: node.otherwise },
    }),
  }),
)
