import { Type } from 'typebox'
import { isReservedKey, LocalText, Name, PromptNames } from '../flow-definition.ts'
import { type Finding, fault, pointer } from '../flow-finding.ts'
import { type Exit, nodeKind, type Turn } from '../node-kind.ts'
import { askingParts, askingPrompts, askOf, promptUses, tooManyExit } from './node-parts.ts'
import { Scalars } from './set-node.ts'

const Option = Type.Object(
  {
    key: Type.String({ pattern: '^[0-9*#]$' }),
    label: LocalText,
    next: Name,
    /** Choosing this says who is on the line: the identity check (requirements E03). */
    respondent: Type.Optional(Type.Union([Type.Literal('patient'), Type.Literal('proxy')])),
    /** Variables this choice sets. */
    set: Type.Optional(Scalars),
  },
  { additionalProperties: false },
)

/** One key out of at most five (requirements B13, E04). */
export const menuNode = nodeKind(
  'menu',
  Type.Object(
    {
      kind: Type.Literal('menu'),
      prompts: PromptNames,
      options: Type.Array(Option, { minItems: 1 }),
      ...askingParts,
    },
    { additionalProperties: false },
  ),
  (node, timing) => {
    const ask = askOf(node, timing, {
      prompts: node.prompts,
      questionId: null,
      keys: { take: 'one', of: node.options.map(({ key }) => key) },
    })
    return {
      exits: [
        ...node.options.map(
          (option, index): Exit => ({
            path: pointer('options', index, 'next'),
            to: option.next,
            identifies: option.respondent !== undefined,
          }),
        ),
        tooManyExit(node),
      ],
      prompts: [...promptUses('/prompts', node.prompts), ...askingPrompts(node)],
      asks: true,
      offersOptOut: true,
      sensitive: false,
      check: () => keyFindings(node.options.map(({ key }) => key)),
      enter: () => ({ action: { type: 'ask', ask } }),
      on(reply): Turn {
        if (reply.type !== 'answered') return { action: { type: 'go', to: node.tooMany.next } }
        const option = node.options.find(({ key }) => key === reply.keys)
        if (option === undefined) return { action: { type: 'refuse' } }
        const { respondent } = option
        return {
          records: respondent === undefined ? [] : [{ type: 'respondent', respondent }],
          set: { ...option.set, ...(respondent === undefined ? {} : { respondent }) },
          action: { type: 'go', to: option.next },
        }
      },
    }
  },
)

/** What is wrong with the keys of a list of options; paths are told from the list's owner. */
export function keyFindings(keys: readonly string[]): Finding[] {
  const findings: Finding[] = []
  for (const [index, key] of keys.entries()) {
    const path = pointer('options', index, 'key')
    // `#` ends an entry; as an answer it would be read as one that came late.
    if (isReservedKey(key) || key === '#') findings.push(fault('FLOW_KEY_RESERVED', path, { key }))
    else if (keys.indexOf(key) !== index) findings.push(fault('FLOW_KEY_TWICE', path, { key }))
  }
  if (keys.length > 5) findings.push(fault('FLOW_OPTIONS_TOO_MANY', '/options', { count: keys.length }))
  return findings
}
