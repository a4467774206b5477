import { type Static, Type } from 'typebox'
import type { Ask, AskedKeys } from '../asking.ts'
import { Milliseconds, Name, PromptNames, type Timing } from '../flow-definition.ts'
import { pointer } from '../flow-finding.ts'
import type { Exit, PromptUse } from '../node-kind.ts'

/** What every node that asks has to say (requirements E08): spread it into the node's schema. */
export const askingParts = {
  /** Said when no key came, before the question is put again. */
  noInput: Type.Object({ prompts: PromptNames }, { additionalProperties: false }),
  /** Said after a wrong key. */
  invalid: Type.Object({ prompts: PromptNames }, { additionalProperties: false }),
  /** Where the call goes after `maxFailures`. */
  tooMany: Type.Object({ next: Name }, { additionalProperties: false }),
  noInputMs: Type.Optional(Milliseconds(1_000, 60_000)),
  interDigitMs: Type.Optional(Milliseconds(500, 30_000)),
  maxFailures: Type.Optional(Type.Integer({ minimum: 1, maximum: 5 })),
}
const AskingParts = Type.Object(askingParts)
export type AskingParts = Static<typeof AskingParts>

export function askOf(
  node: AskingParts,
  timing: Timing,
  question: { readonly prompts: readonly string[]; readonly questionId: string | null; readonly keys: AskedKeys },
): Ask {
  return {
    ...question,
    noInput: node.noInput.prompts,
    invalid: node.invalid.prompts,
    noInputMs: node.noInputMs ?? timing.noInputMs,
    interDigitMs: node.interDigitMs ?? timing.interDigitMs,
    maxFailures: node.maxFailures ?? timing.maxFailures,
  }
}

export function askingPrompts(node: AskingParts): PromptUse[] {
  return [
    ...promptUses('/noInput/prompts', node.noInput.prompts),
    ...promptUses('/invalid/prompts', node.invalid.prompts),
  ]
}

export function tooManyExit(node: AskingParts): Exit {
  return { ...exit('/tooMany/next', node.tooMany.next), unanswered: true }
}

export function exit(path: string, to: string): Exit {
  return { path, to, identifies: false }
}

export function promptUses(path: string, prompts: readonly string[] = []): PromptUse[] {
  return prompts.map((prompt, index) => ({ path: path + pointer(index), prompt }))
}
