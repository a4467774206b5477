import { Type } from 'typebox'
import { describe, expect, it } from 'vitest'
import { declaredErrors } from '#platform/errors/errors.ts'
import { checkFlow, type FlowWorld, openFlow } from './flow.ts'
import { fault, findingLine } from './flow-finding.ts'
import { anyPrompts, flowOf, type NodeDocument, testWorld } from './flow-fixture.ts'
import { type NodeKind, nodeKind } from './node-kind.ts'

/** Stands for `survey`: something that speaks of health. */
const health: NodeKind = nodeKind(
  'health',
  Type.Object({ kind: Type.Literal('health'), next: Type.String() }),
  (node) => ({
    exits: [{ path: '/next', to: node.next, identifies: false }],
    prompts: [],
    asks: true,
    offersOptOut: true,
    sensitive: true,
    enter: () => ({ action: { type: 'go', to: node.next } }),
  }),
)
const world = testWorld({ extraKinds: [health], healthWords: ['手术'] })

const asking = {
  noInput: { prompts: ['no-input'] },
  invalid: { prompts: ['invalid'] },
  tooMany: { next: 'unfinished' },
}
const nodes: Readonly<Record<string, NodeDocument>> = {
  opening: { kind: 'play', prompts: ['who', 'notice'], next: 'identity' },
  identity: {
    kind: 'menu',
    prompts: ['identity'],
    options: [
      { key: '1', label: { zh: '本人', en: 'patient' }, respondent: 'patient', next: 'survey' },
      { key: '3', label: { zh: '打错', en: 'wrong' }, next: 'wrong' },
    ],
    ...asking,
  },
  survey: { kind: 'health', next: 'thanks' },
  thanks: { kind: 'hangup', outcome: 'done', prompts: ['thanks'] },
  wrong: { kind: 'hangup', outcome: 'wrong_person' },
  unfinished: { kind: 'hangup', outcome: 'unfinished' },
  refused: { kind: 'hangup', outcome: 'refused' },
}
const optOut = { prompts: ['sure'], next: 'refused' }
const sound = flowOf(nodes, { optOut })

/** Findings of the sound flow with some nodes exchanged, as `CODE path`. */
function told(changed: Readonly<Record<string, NodeDocument>>, flow: object = {}, in_: FlowWorld = world): string[] {
  const document = { ...flowOf({ ...nodes, ...changed }, { optOut }), ...flow }
  return checkFlow(document, in_).findings.map(({ code, path }) => `${code} ${path}`)
}
const menuWithout = (branch: string) => {
  const { [branch]: _, ...rest } = nodes.identity ?? { kind: 'menu' }
  return { identity: { ...rest, kind: 'menu' } }
}

it('finds nothing wrong with a sound flow', () => {
  expect(checkFlow(sound, world).findings).toEqual([])
})

describe('the key 0', () => {
  const operator = { next: 'operator' }
  const handing: Readonly<Record<string, NodeDocument>> = {
    operator: { kind: 'transfer', prompts: ['wait'], otherwise: 'nobody' },
    nobody: { kind: 'hangup', outcome: 'callback', prompts: ['sorry'] },
  }

  it('may lead to a transfer, which nothing else need name', () => {
    expect(told(handing, { operator })).toEqual([])
  })

  it('leads to a transfer and to nothing else', () => {
    expect(told({}, { operator: { next: 'thanks' } })).toEqual(['FLOW_OPERATOR_NOT_TRANSFER /operator/next'])
    expect(told({}, { operator: { next: 'nowhere' } })).toContain('FLOW_NODE_UNKNOWN /operator/next')
  })

  it('without it a transfer that nothing names cannot be reached', () => {
    expect(told(handing)).toContain('FLOW_NODE_UNREACHABLE /nodes/operator')
  })

  it('a transfer says what happens when nobody is to be had, and that leads to an end', () => {
    expect(told({ ...handing, operator: { kind: 'transfer' } }, { operator })).toEqual([
      'FLOW_BRANCH_MISSING /nodes/operator/otherwise',
    ])
    expect(told({ operator: { kind: 'transfer', otherwise: 'operator' } }, { operator })).toContain(
      'FLOW_DEAD_END /nodes/operator',
    )
  })

  it('nobody is told of a key that leads nowhere, and what the law asks for is told everybody', () => {
    const [first, ...others] = sound.prompts
    const told0 = { prompts: [{ ...first, when: 'operator' }, ...others] }
    expect(told({}, told0)).toEqual(['FLOW_OPERATOR_MISSING /prompts/0/when'])
    const prompts = flowOf({ ...nodes, ...handing }, { optOut }).prompts.map((prompt) =>
      prompt.id === 'notice' ? { ...prompt, when: 'operator' } : prompt,
    )
    expect(told(handing, { operator, prompts })).toContain('FLOW_NOTICE_SKIPPABLE /prompts/1')
  })

  it('nothing of health is said on the way to an agent', () => {
    const texts = { wait: '请稍候，正在为手术患者转接' }
    const speaking = testWorld({ extraKinds: [health], healthWords: ['手术'], prompts: anyPrompts(texts) })
    expect(told(handing, { operator }, speaking)).toEqual(['FLOW_HEALTH_WORD_EARLY /nodes/operator/prompts/0'])
  })
})

describe('ways through', () => {
  it.each(['noInput', 'invalid', 'tooMany', 'options'])('a menu says what happens: %s', (branch) => {
    expect(told(menuWithout(branch))).toContain(`FLOW_BRANCH_MISSING /nodes/identity/${branch}`)
  })

  it('each option of a menu leads somewhere', () => {
    const options = [{ key: '1', label: { zh: '一', en: 'one' } }]
    expect(told({ identity: { kind: 'menu', prompts: ['identity'], options, ...asking } })).toEqual([
      'FLOW_BRANCH_MISSING /nodes/identity/options/0/next',
    ])
  })

  it('a play node leads somewhere', () => {
    expect(told({ opening: { kind: 'play', prompts: ['who', 'notice'] } })).toEqual([
      'FLOW_BRANCH_MISSING /nodes/opening/next',
    ])
  })

  it('what is named exists', () => {
    expect(told({ survey: { kind: 'health', next: 'thank' } })).toEqual(['FLOW_NODE_UNKNOWN /nodes/survey/next'])
    expect(told({}, { start: 'begin' })).toContain('FLOW_NODE_UNKNOWN /start')
  })

  it('what exists is reached', () => {
    expect(told({ island: { kind: 'hangup', outcome: 'done' } })).toEqual(['FLOW_NODE_UNREACHABLE /nodes/island'])
  })

  it('an end is reached from everywhere', () => {
    const round = { ...nodes.identity, kind: 'menu', tooMany: { next: 'identity' } }
    const options = [{ key: '1', label: { zh: '本人', en: 'patient' }, respondent: 'patient', next: 'identity' }]
    expect(told({ identity: { ...round, options } })).toContain('FLOW_DEAD_END /nodes/identity')
  })

  it('silence leads to an end', () => {
    const back = { identity: { ...nodes.identity, kind: 'menu', tooMany: { next: 'opening' } } }
    expect(told({ ...back, unfinished: { kind: 'hangup', outcome: 'unfinished' } })).toEqual([
      'FLOW_NODE_UNREACHABLE /nodes/unfinished',
      'FLOW_LOOP_SILENT /nodes/opening',
    ])
  })

  it('no circle turns without asking', () => {
    const silent = {
      opening: { kind: 'play', prompts: ['who', 'notice'], next: 'a' },
      a: { kind: 'set', values: { x: 1 }, next: 'b' },
      b: { kind: 'condition', branches: [{ variable: 'x', in: [2], next: 'identity' }], otherwise: 'a' },
    }
    expect(told(silent)).toEqual(['FLOW_LOOP_SILENT /nodes/a'])
  })

  it('a kind that nobody registered is told with those that are', () => {
    const { findings } = checkFlow(flowOf({ ...nodes, survey: { kind: 'quiz' } }, { optOut }), world)
    expect(findings).toEqual([
      fault('FLOW_NODE_KIND_UNKNOWN', '/nodes/survey/kind', {
        kind: 'quiz',
        kinds: 'play, menu, collect, condition, set, transfer, hangup, health',
      }),
    ])
  })
})

describe('keys', () => {
  const option = (key: string) => ({ key, label: { zh: key, en: key }, respondent: 'patient', next: 'survey' })
  const menuOf = (keys: string) => ({
    ...nodes.identity,
    kind: 'menu',
    options: [...keys].map(option).concat({ ...option('8'), next: 'wrong' }),
  })

  it.each(['*', '0', '9', '#'])('%s is no option', (key) => {
    expect(told({ identity: menuOf(key) })).toEqual(['FLOW_KEY_RESERVED /nodes/identity/options/0/key'])
  })

  it('a key has one meaning', () => {
    expect(told({ identity: menuOf('121') })).toEqual(['FLOW_KEY_TWICE /nodes/identity/options/2/key'])
  })

  it('there are at most five options', () => {
    expect(told({ identity: menuOf('12345') })).toEqual(['FLOW_OPTIONS_TOO_MANY /nodes/identity/options'])
  })

  it('a range has its ends in order', () => {
    const entry = { type: 'number', min: 9, max: 1 }
    const collect = { kind: 'collect', prompts: ['enter'], variable: 'x', entry, next: 'survey', ...asking }
    expect(told({ survey: collect, collect: { kind: 'health', next: 'thanks' } })).toContain(
      'FLOW_RANGE_EMPTY /nodes/survey/entry',
    )
  })
})

describe('prompts', () => {
  it('are on the list', () => {
    expect(told({}, { prompts: sound.prompts.filter(({ id }) => id !== 'thanks') })).toEqual([
      'FLOW_PROMPT_UNLISTED /nodes/thanks/prompts/0',
    ])
  })

  it('have a sound', () => {
    const prompts = {
      ...anyPrompts(),
      check: (id: string, path: string) => (id === 'who' ? [fault('FLOW_PROMPT_UNKNOWN', path)] : []),
    }
    expect(told({}, {}, { ...world, prompts })).toEqual(['FLOW_PROMPT_UNKNOWN /prompts/0/id'])
  })

  it('are listed once', () => {
    expect(told({}, { prompts: [...sound.prompts, { id: 'who' }] })).toEqual([
      `FLOW_PROMPT_TWICE /prompts/${sound.prompts.length}/id`,
    ])
  })

  it('that nobody speaks are a warning, and the flow runs', () => {
    const { flow, findings } = checkFlow({ ...sound, prompts: [...sound.prompts, { id: 'spare' }] }, world)
    expect(findings.map(({ code, severity }) => [code, severity])).toEqual([['FLOW_PROMPT_UNUSED', 'warning']])
    expect(flow).not.toBeNull()
  })

  it('of a question may be skipped', () => {
    expect(told({ identity: { ...nodes.identity, kind: 'menu', prompts: ['identity', 'notice'] } })).toContain(
      'FLOW_PROMPT_MANDATORY_IN_QUESTION /nodes/identity/prompts/1',
    )
  })
})

describe('what the law asks for', () => {
  const listed = (change: (prompt: { id: string }) => object) => ({ prompts: sound.prompts.map(change) })

  it('no survey without the recording notice on every way to it', () => {
    const short = {
      opening: { kind: 'condition', branches: [{ variable: 'x', in: [1], next: 'play' }], otherwise: 'identity' },
    }
    const notice = { play: { kind: 'play', prompts: ['who', 'notice'], next: 'identity' } }
    expect(told({ ...short, ...notice })).toEqual(['FLOW_NOTICE_MISSING /nodes/survey'])
  })

  it('no recording notice that could be skipped', () => {
    const skippable = listed(({ id }) => (id === 'notice' ? { id, role: 'recording_notice' } : { id }))
    expect(told({}, skippable)).toEqual(['FLOW_NOTICE_SKIPPABLE /prompts/1'])
  })

  it('no survey before somebody said who is on the line', () => {
    const options = [
      { key: '1', label: { zh: '好', en: 'yes' }, next: 'survey' },
      { key: '3', label: { zh: '错', en: 'no' }, next: 'wrong' },
    ]
    expect(told({ identity: { ...nodes.identity, kind: 'menu', options } })).toEqual([
      'FLOW_IDENTITY_MISSING /nodes/survey',
    ])
  })

  it('no word of health before that, in no prompt that a stranger could hear', () => {
    const texts = { who: '您做过手术', sure: '手术', invalid: '手术', thanks: '手术顺利' }
    expect(told({}, {}, { ...world, prompts: anyPrompts(texts) })).toEqual([
      'FLOW_HEALTH_WORD_EARLY /nodes/opening/prompts/0',
      'FLOW_HEALTH_WORD_EARLY /nodes/identity/invalid/prompts/0',
      'FLOW_HEALTH_WORD_EARLY /optOut/prompts/0',
    ])
  })

  it('key 9 is answered where keys are asked for', () => {
    const { optOut: _, ...without } = sound
    const { refused: __, ...others } = nodes
    const flow = { ...without, nodes: others, prompts: sound.prompts.filter(({ id }) => id !== 'sure') }
    expect(checkFlow(flow, world).findings.map(({ code }) => code)).toEqual(['FLOW_OPT_OUT_MISSING'])
  })

  it('key 9 ends as a refusal', () => {
    expect(told({}, { optOut: { prompts: ['sure'], next: 'thanks' } })).toContain(
      'FLOW_OPT_OUT_NOT_REFUSED /optOut/next',
    )
  })
})

describe('a document that is no flow', () => {
  it.each([null, 3, [], {}, { nodes: { a: 1 } }])('is told, not thrown: %j', (document) => {
    const { flow, findings } = checkFlow(document, world)
    expect(flow).toBeNull()
    expect(findings.length).toBeGreaterThan(0)
  })

  it('is thrown with its first error where a call would run it', () => {
    expect(() => openFlow({ ...sound, start: 'nowhere' }, world)).toThrow(
      expect.objectContaining({ code: 'FLOW_INVALID', params: expect.objectContaining({ flow: 'test' }) }),
    )
  })

  it('has its unknown properties told by name', () => {
    expect(told({}, { colour: 'red' })).toEqual(['FLOW_SHAPE /colour'])
    expect(told({ thanks: { kind: 'hangup', outcome: 'done', prompts: ['thanks'], loud: true } })).toEqual([
      'FLOW_SHAPE /nodes/thanks/loud',
    ])
  })

  it('has the values told that may stand', () => {
    const { findings } = checkFlow(flowOf({ ...nodes, thanks: { kind: 'hangup', outcome: 'fine' } }, { optOut }), world)
    expect(findings[0]?.params.reason).toBe('must be done or refused or wrong_person or unfinished or callback')
  })
})

it('every finding has a sentence in both languages', () => {
  const line = (language: 'zh' | 'en') => findingLine(fault('FLOW_NODE_UNKNOWN', '/start', { node: 'x' }), language)
  expect(line('en')).toBe('error FLOW_NODE_UNKNOWN at /start: There is no node "x". Add it, or name one that exists.')
  expect(line('zh')).toContain('没有节点"x"')
  for (const [code, { en, zh }] of declaredErrors()) if (code.startsWith('FLOW_')) expect([en, zh]).not.toContain('')
})
