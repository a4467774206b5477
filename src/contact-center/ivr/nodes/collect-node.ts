import { Type } from 'typebox'
import { Name, PromptNames } from '../flow-definition.ts'
import { type Finding, fault } from '../flow-finding.ts'
import type { Json } from '../json.ts'
import { nodeKind, type Turn } from '../node-kind.ts'
import { numberKeys, numberLength, numberOf } from '../number-entry.ts'
import { askingParts, askingPrompts, askOf, exit, promptUses, tooManyExit } from './node-parts.ts'
import { VariableName } from './set-node.ts'

const NumberEntry = Type.Object(
  {
    type: Type.Literal('number'),
    min: Type.Number({ minimum: 0 }),
    max: Type.Number({ minimum: 0 }),
    decimals: Type.Optional(Type.Integer({ minimum: 0, maximum: 4 })),
  },
  { additionalProperties: false },
)

/** Digits that are a name rather than a number: the last four of a phone number, with their leading zeros. */
const DigitEntry = Type.Object(
  {
    type: Type.Literal('digits'),
    minLength: Type.Integer({ minimum: 1, maximum: 20 }),
    maxLength: Type.Integer({ minimum: 1, maximum: 20 }),
  },
  { additionalProperties: false },
)

/** Takes digits up to `#` or a pause into a variable; `*` is the decimal point (requirements E06; architecture §4). */
export const collectNode = nodeKind(
  'collect',
  Type.Object(
    {
      kind: Type.Literal('collect'),
      prompts: PromptNames,
      variable: VariableName,
      entry: Type.Union([NumberEntry, DigitEntry]),
      next: Name,
      ...askingParts,
    },
    { additionalProperties: false },
  ),
  (node, timing) => {
    const { entry } = node
    const ask = askOf(node, timing, {
      prompts: node.prompts,
      questionId: null,
      keys:
        entry.type === 'number'
          ? { take: 'some', of: numberKeys(entry), maxLength: numberLength(entry) }
          : { take: 'some', of: [...'0123456789'], maxLength: entry.maxLength },
    })
    const valueFrom = (keys: string): Json => {
      if (entry.type === 'number') return numberOf(keys, entry)
      return keys.length >= entry.minLength && keys.length <= entry.maxLength ? keys : null
    }
    return {
      exits: [exit('/next', node.next), tooManyExit(node)],
      prompts: [...promptUses('/prompts', node.prompts), ...askingPrompts(node)],
      asks: true,
      offersOptOut: false,
      sensitive: false,
      check(): Finding[] {
        const [min, max] = entry.type === 'number' ? [entry.min, entry.max] : [entry.minLength, entry.maxLength]
        return min <= max ? [] : [fault('FLOW_RANGE_EMPTY', '/entry', { min, max })]
      },
      enter: () => ({ action: { type: 'ask', ask } }),
      on(reply): Turn {
        if (reply.type !== 'answered') return { action: { type: 'go', to: node.tooMany.next } }
        const value = valueFrom(reply.keys)
        if (value === null) return { action: { type: 'refuse' } }
        return { set: { [node.variable]: value }, action: { type: 'go', to: node.next } }
      },
    }
  },
)
