import { type Static, Type } from 'typebox'
import { Name } from '../flow-definition.ts'
import { type Finding, fault, pointer } from '../flow-finding.ts'
import type { Variables } from '../json.ts'
import { nodeKind } from '../node-kind.ts'
import { exit } from './node-parts.ts'
import { Scalar, VariableName } from './set-node.ts'

const Branch = Type.Object(
  {
    variable: VariableName,
    /** The variable is one of these … */
    in: Type.Optional(Type.Array(Scalar, { minItems: 1 })),
    /** … and, being a number, lies between these, ends included. */
    min: Type.Optional(Type.Number()),
    max: Type.Optional(Type.Number()),
    next: Name,
  },
  { additionalProperties: false },
)
type Branch = Static<typeof Branch>

/** The first branch that holds; `otherwise` where none does, and where a variable is not set. */
export const conditionNode = nodeKind(
  'condition',
  Type.Object(
    { kind: Type.Literal('condition'), branches: Type.Array(Branch, { minItems: 1 }), otherwise: Name },
    { additionalProperties: false },
  ),
  (node) => ({
    exits: [
      ...node.branches.map((branch, index) => exit(pointer('branches', index, 'next'), branch.next)),
      exit('/otherwise', node.otherwise),
    ],
    prompts: [],
    asks: false,
    offersOptOut: false,
    sensitive: false,
    check: () => node.branches.flatMap(branchFindings),
    enter: ({ variables }) => ({
      action: { type: 'go', to: node.branches.find((branch) => holds(branch, variables))?.next ?? node.otherwise },
    }),
  }),
)

function holds(branch: Branch, variables: Variables): boolean {
  const value = variables[branch.variable]
  if (value === undefined) return false
  if (branch.in !== undefined && !branch.in.some((wanted) => wanted === value)) return false
  if (branch.min === undefined && branch.max === undefined) return true
  return typeof value === 'number' && value >= (branch.min ?? -Infinity) && value <= (branch.max ?? Infinity)
}

function branchFindings({ min, max }: Branch, index: number): Finding[] {
  if (min === undefined || max === undefined || min <= max) return []
  return [fault('FLOW_RANGE_EMPTY', pointer('branches', index, 'min'), { min, max })]
}
