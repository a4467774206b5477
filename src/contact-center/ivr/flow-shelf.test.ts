import { Type } from 'typebox'
import { beforeEach, describe, expect, it } from 'vitest'
import { fault } from './flow-finding.ts'
import { anyPrompts, flowOf, testWorld } from './flow-fixture.ts'
import { FlowShelf } from './flow-shelf.ts'
import { isJsonObject, type Json } from './json.ts'
import { nodeKind } from './node-kind.ts'

/** Says what the call brings: `says`, a list of prompts; without it there is nothing to say. */
const saying = nodeKind('saying', Type.Object({ kind: Type.Literal('saying'), next: Type.String() }), ({ next }) => ({
  exits: [{ path: '/next', to: next, identifies: false }],
  prompts: [],
  asks: false,
  offersOptOut: false,
  sensitive: false,
  check: ({ prompts, variables }) =>
    Array.isArray(variables.says)
      ? variables.says.flatMap((id: Json) => prompts.check(String(id), '/says'))
      : [fault('FLOW_NODE_UNKNOWN', '/says', { node: isJsonObject(variables) ? 'says' : '' })],
  enter: () => ({ action: { type: 'go', to: next } }),
}))

const document = flowOf({
  greeting: { kind: 'play', prompts: ['hello'], next: 'questions' },
  questions: { kind: 'saying', next: 'end' },
  end: { kind: 'hangup', prompts: ['bye'], outcome: 'done' },
})

const lost = new Set<string>()
beforeEach(() => lost.clear())
const prompts = {
  ...anyPrompts(),
  check: (id: string, path: string) =>
    lost.has(id) ? [fault('FLOW_PROMPT_UNKNOWN', path, { prompt: id, language: 'zh-CN' })] : [],
}
const asks = (asksVersionId: string, says: Json) => ({
  flowVersionId: 'flow 1',
  asksVersionId,
  flow: document,
  variables: { says },
})
const shelf = new FlowShelf(testWorld({ prompts, extraKinds: [saying] }))

describe('a flow on the shelf', () => {
  it('lacks a sound from the moment that it is lost, of the flow or of what it asks, until it is back', () => {
    const asked = asks('a', ['first', 'second'])
    expect(shelf.lackOf(asked)).toBeNull()
    expect(shelf.flow(asked).definition).toBe(document)
    lost.add('second').add('bye')
    expect(shelf.lackOf(asked)).toEqual({ reason: 'sound_lost', prompts: expect.arrayContaining(['bye', 'second']) })
    expect(() => shelf.flow(asked)).toThrow(expect.objectContaining({ code: 'FLOW_INVALID' }))
    lost.clear()
    expect(shelf.lackOf(asked)).toBeNull()
    expect(shelf.flow(asked).definition).toBe(document)
  })

  it('is looked through anew for everything else that it is to ask', () => {
    expect(shelf.lackOf(asks('b', ['third']))).toBeNull()
    lost.add('fourth')
    expect(shelf.lackOf(asks('c', ['fourth']))).toEqual({ reason: 'sound_lost', prompts: ['fourth'] })
    expect(shelf.lackOf(asks('b', ['third']))).toBeNull()
  })

  it('that no file could mend is told so, whatever is lost besides', () => {
    lost.add('hello')
    expect(shelf.lackOf(asks('d', null))).toEqual({ reason: 'not_by_keys', prompts: [] })
    expect(() => shelf.flow(asks('d', null))).toThrow(expect.objectContaining({ code: 'FLOW_INVALID' }))
  })
})
