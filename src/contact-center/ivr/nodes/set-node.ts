import { Type } from 'typebox'
import { Name } from '../flow-definition.ts'
import { nodeKind } from '../node-kind.ts'
import { exit } from './node-parts.ts'

export const VariableName = Type.String({ pattern: '^[a-z][A-Za-z0-9]*$', maxLength: 64 })

export const Scalar = Type.Union([Type.String(), Type.Number(), Type.Boolean()])

export const Scalars = Type.Record(VariableName, Scalar, { additionalProperties: false })

/** Sets variables, and goes on. */
export const setNode = nodeKind(
  'set',
  Type.Object({ kind: Type.Literal('set'), values: Scalars, next: Name }, { additionalProperties: false }),
  (node) => ({
    exits: [exit('/next', node.next)],
    prompts: [],
    asks: false,
    offersOptOut: false,
    sensitive: false,
    enter: () => ({ set: node.values, action: { type: 'go', to: node.next } }),
  }),
)
