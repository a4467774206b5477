import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkFlow, type Flow } from './flow.ts'
import { anyInputs, attack, recordsOf } from './flow-attack.ts'
import { flowOf, type NodeDocument, testWorld } from './flow-fixture.ts'

const names = ['a', 'b', 'c', 'd', 'done', 'unfinished'] as const
const someNode = fc.constantFrom(...names)
const asking = fc.record({
  noInput: fc.constant({ prompts: ['no-input'] }),
  invalid: fc.constant({ prompts: ['invalid'] }),
  tooMany: someNode.map((next) => ({ next })),
})
const option = (key: string) => someNode.map((next) => ({ key, label: { zh: key, en: key }, next }))
const anyNode: fc.Arbitrary<NodeDocument> = fc.oneof(
  fc.record({
    kind: fc.constant('play'),
    prompts: fc.constantFrom(['x'], ['notice'], ['x', 'notice', 'y']),
    next: someNode,
  }),
  fc.tuple(asking, option('1'), option('2')).map(([parts, one, two]) => ({
    kind: 'menu',
    prompts: ['menu'],
    options: [one, two],
    ...parts,
  })),
  fc.tuple(asking, someNode).map(([parts, next]) => ({
    kind: 'collect',
    prompts: ['enter'],
    variable: 'x',
    entry: { type: 'number', min: 1, max: 50, decimals: 1 },
    next,
    ...parts,
  })),
  fc.tuple(someNode, someNode).map(([next, otherwise]) => ({
    kind: 'condition',
    branches: [{ variable: 'x', min: 2, next }],
    otherwise,
  })),
  fc.record({ kind: fc.constant('set'), values: fc.constant({ x: 3 }), next: someNode }),
)

const optOut = { prompts: ['sure'], next: 'refused' }

/** Flows of four nodes joined at random: most of them make no sense, those that the validator lets pass are kept. */
const anyFlow: fc.Arbitrary<Flow> = fc
  .tuple(anyNode, anyNode, anyNode, anyNode)
  .map(([a, b, c, d]): Flow | null => {
    const nodes: Record<string, NodeDocument> = {
      a,
      b,
      c,
      d,
      done: { kind: 'hangup', outcome: 'done', prompts: ['thanks'] },
      unfinished: { kind: 'hangup', outcome: 'unfinished' },
      refused: { kind: 'hangup', outcome: 'refused' },
    }
    // Nodes that no way leads to are left out instead of told.
    for (let faults = 7; faults > 0; faults--) {
      const { flow, findings } = checkFlow(flowOf(nodes, { optOut }), testWorld())
      if (flow !== null) return flow
      const island = findings.find(({ code }) => code === 'FLOW_NODE_UNREACHABLE')?.path.slice('/nodes/'.length)
      if (island === undefined || island === 'refused') return null
      delete nodes[island]
    }
    return null
  })
  .filter((flow): flow is Flow => flow !== null)

describe('any flow that the validator lets pass, whatever is done to it', () => {
  it('ends, and hangs up once, as its last word', () => {
    fc.assert(
      fc.property(anyFlow, anyInputs, (flow, inputs) => {
        const commands = attack(flow, inputs)
        const hangups = commands.filter(({ type }) => type === 'hangup').length
        expect(hangups).toBe(1)
        expect(commands.at(-1)).toEqual({ type: 'hangup' })
      }),
      { numRuns: 100 },
    )
  })

  it('says its outcome exactly once, and no more calls only as a refusal', () => {
    fc.assert(
      fc.property(anyFlow, anyInputs, (flow, inputs) => {
        const records = recordsOf(attack(flow, inputs))
        const outcomes = records.filter((record) => record.type === 'outcome')
        expect(outcomes).toHaveLength(1)
        const refused = records.some(({ type }) => type === 'do_not_call')
        expect(outcomes[0]?.outcome === 'refused').toBe(refused)
      }),
      { numRuns: 100 },
    )
  })
})
