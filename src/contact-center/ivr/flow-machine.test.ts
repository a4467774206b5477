import { describe, expect, it } from 'vitest'
import type { FlowDefinition } from './flow-definition.ts'
import { flowOf, type NodeDocument, Rehearsal } from './flow-fixture.ts'

const asking = {
  noInput: { prompts: ['no-input'] },
  invalid: { prompts: ['invalid'] },
  tooMany: { next: 'unfinished' },
}
const goodbyes = {
  thanks: { kind: 'hangup', outcome: 'done', prompts: ['thanks'] },
  unfinished: { kind: 'hangup', outcome: 'unfinished', prompts: ['sorry'] },
}
const ends = { ...goodbyes, refused: { kind: 'hangup', outcome: 'refused', prompts: ['never-again'] } }
const optOut = { prompts: ['sure'], next: 'refused' }

/** One menu with keys 1 and 2. */
function menu(more: Readonly<Record<string, NodeDocument>> = {}) {
  const option = (key: string) => ({ key, label: { zh: key, en: key }, set: { choice: key }, next: 'thanks' })
  return flowOf(
    { ...more, menu: { kind: 'menu', prompts: ['menu'], options: [option('1'), option('2')], ...asking }, ...ends },
    { optOut, start: Object.keys(more)[0] ?? 'menu' },
  )
}

function collect(entry: object) {
  return flowOf({
    collect: { kind: 'collect', prompts: ['enter'], variable: 'value', entry, next: 'thanks', ...asking },
    ...goodbyes,
  })
}

describe('a menu', () => {
  it('takes a key while its prompt plays, and stops the prompt', () => {
    const call = new Rehearsal(menu()).begin()
    const commands = call.feed({ type: 'digit', digit: '2' })
    expect(commands.map(({ type }) => type)).toEqual(['record', 'stop', 'record', 'record', 'play'])
    expect(call.state.variables).toEqual({ choice: '2' })
  })

  it('takes a key in the silence after its prompt, and the timer ends', () => {
    const call = new Rehearsal(menu()).begin()
    expect(call.feed({ type: 'played' })).toEqual([{ type: 'timer', ms: 6_000 }])
    expect(call.feed({ type: 'digit', digit: '1' })).toContainEqual({ type: 'timer', ms: null })
    expect(call.state.nodeId).toBe('thanks')
  })

  it('does not take a key that was pressed before its prompt began', () => {
    const call = new Rehearsal(menu())
    expect(call.feed({ type: 'digit', digit: '1' })).toEqual([
      { type: 'record', event: { type: 'key', digit: '1', nodeId: 'menu', questionId: null, taken: false } },
    ])
  })

  it('does not take a key that went down before its prompt began, though it came up after', () => {
    const call = new Rehearsal(menu()).begin()
    call.feed({ type: 'digit', digit: '1', early: true })
    expect(call.recorded('key')[0]?.taken).toBe(false)
    expect(call.state.nodeId).toBe('menu')
  })

  it('takes a key while it is being put again, before the new prompt has begun', () => {
    const call = new Rehearsal(menu()).begin()
    call.feed({ type: 'digit', digit: '7' })
    call.feed({ type: 'digit', digit: '1', early: true })
    expect(call.state.nodeId).toBe('thanks')
  })

  it('says that a key was wrong and asks again', () => {
    expect(new Rehearsal(menu()).begin().press('7').played).toEqual(['menu', 'invalid menu'])
  })

  it('asks again after silence', () => {
    expect(new Rehearsal(menu()).begin().beSilent().played).toEqual(['menu', 'no-input menu'])
  })

  it('ends politely after three failures of any sort', () => {
    const call = new Rehearsal(menu()).begin().press('7').beSilent().press('8')
    expect(call.played.at(-1)).toBe('sorry')
    expect(call.outcome).toBe('uncooperative')
    call.hear()
    expect(call.commands.at(-1)).toEqual({ type: 'hangup' })
  })

  it('repeats its prompt on *, which is no failure', () => {
    const call = new Rehearsal(menu()).begin().press('7*7*1')
    expect(call.played.slice(0, 5)).toEqual(['menu', 'invalid menu', 'menu', 'invalid menu', 'menu'])
    expect(call.outcome).toBe('done')
  })

  it('is not repeated for ever', () => {
    const call = new Rehearsal(menu()).begin().press('*'.repeat(8)).hear()
    expect(call.over).toBe(true)
  })

  it('treats 0 as a wrong key as long as no agent can be had', () => {
    expect(new Rehearsal(menu()).begin().press('0').played.at(-1)).toBe('invalid menu')
  })

  it('says who is on the line where an option tells', () => {
    const flow = menu({
      who: {
        kind: 'menu',
        prompts: ['who'],
        options: [{ key: '2', label: { zh: '家属', en: 'relative' }, respondent: 'proxy', next: 'menu' }],
        ...asking,
      },
    })
    const call = new Rehearsal(flow).begin().press('2')
    expect(call.recorded('respondent')).toEqual([{ type: 'respondent', respondent: 'proxy' }])
    expect(call.state.variables).toMatchObject({ respondent: 'proxy' })
  })
})

describe('key 9', () => {
  it('is asked about once, and then means no more calls', () => {
    const call = new Rehearsal(menu()).begin().press('9')
    expect(call.played.at(-1)).toBe('sure')
    expect(call.recorded('do_not_call')).toEqual([])
    call.press('9')
    expect(call.records.slice(-3)).toEqual([
      { type: 'do_not_call' },
      { type: 'node', nodeId: 'refused' },
      { type: 'outcome', outcome: 'refused' },
    ])
  })

  it.each(['9', '1'])('is confirmed by %s', (key) => {
    expect(new Rehearsal(menu()).begin().press(`9${key}`).outcome).toBe('refused')
  })

  it('goes back to the question on any other key, which is no answer', () => {
    const call = new Rehearsal(menu()).begin().press('92')
    expect(call.played.at(-1)).toBe('menu')
    expect(call.state.nodeId).toBe('menu')
    expect(call.press('2').outcome).toBe('done')
  })

  it('goes back to the question after silence', () => {
    const call = new Rehearsal(menu()).begin().press('9').beSilent()
    expect(call.played.at(-1)).toBe('menu')
    expect(call.recorded('do_not_call')).toEqual([])
  })

  it('is not confirmed by a key from before it was asked about', () => {
    const call = new Rehearsal(menu()).begin()
    call.feed({ type: 'digit', digit: '9' })
    call.feed({ type: 'digit', digit: '9' })
    expect(call.recorded('key').map(({ taken }) => taken)).toEqual([true, false])
    expect(call.recorded('do_not_call')).toEqual([])
  })
})

describe('what is said', () => {
  const opening = { opening: { kind: 'play', prompts: ['who', 'notice', 'how-long'], next: 'menu' } }

  it('goes out as one play for each row that may, or may not, be interrupted', () => {
    const call = new Rehearsal(menu(opening))
    call.hear().hear()
    expect(call.commands.filter(({ type }) => type === 'play')).toEqual([
      { type: 'play', prompts: ['who'], interruptible: true },
      { type: 'play', prompts: ['notice'], interruptible: false },
      { type: 'play', prompts: ['how-long'], interruptible: true },
    ])
  })

  it('goes on at a key', () => {
    const call = new Rehearsal(menu(opening)).begin()
    expect(call.feed({ type: 'digit', digit: '1' }).map(({ type }) => type)).toEqual(['record', 'stop', 'play'])
    expect(call.played.at(-1)).toBe('notice')
  })

  it('does not go on at a key while a mandatory prompt plays, and drops what was pressed', () => {
    const call = new Rehearsal(menu(opening)).hear()
    expect(call.feed({ type: 'digit', digit: '1' })).toEqual([
      { type: 'record', event: { type: 'key', digit: '1', nodeId: 'opening', questionId: null, taken: false } },
    ])
    expect(call.feed({ type: 'played' })[0]).toEqual({ type: 'flush' })
  })

  it('is not cut off by a key when it is the good-bye', () => {
    const call = new Rehearsal(menu()).begin().press('11')
    expect(call.over).toBe(false)
    expect(call.recorded('key').map(({ taken }) => taken)).toEqual([true, false])
  })
})

describe('a number', () => {
  const bloodPressure = collect({ type: 'number', min: 60, max: 260 })
  const temperature = collect({ type: 'number', min: 35, max: 42, decimals: 1 })
  const value = (document: FlowDefinition, keys: string) =>
    new Rehearsal(document).begin().press(keys).state.variables.value

  it('is taken at #', () => expect(value(bloodPressure, '120#')).toBe(120))
  it('has * as its decimal point', () => expect(value(temperature, '36*5#')).toBe(36.5))
  it('may leave the decimals out', () => expect(value(temperature, '37#')).toBe(37))

  it.each(['59#', '261#', '#', '1200', '12*'])('is asked again for %s', (keys) => {
    const call = new Rehearsal(bloodPressure).begin().press(keys)
    expect(call.played.at(-1)).toBe('invalid enter')
  })

  it('may begin with 0 and hold 9: no key has a meaning of its own', () => {
    const call = new Rehearsal(bloodPressure).begin().press('090#')
    expect(call.state.variables.value).toBe(90)
  })

  it('stops its prompt at the first key and waits for the next', () => {
    const call = new Rehearsal(bloodPressure).begin()
    expect(call.feed({ type: 'digit', digit: '1' }).slice(1)).toEqual([{ type: 'stop' }, { type: 'timer', ms: 4_000 }])
    expect(call.feed({ type: 'digit', digit: '2' }).slice(1)).toEqual([{ type: 'timer', ms: 4_000 }])
  })

  it('ends by itself when no further key comes', () => {
    const call = new Rehearsal(bloodPressure).begin().press('120')
    call.feed({ type: 'timeout' })
    expect(call.state.variables.value).toBe(120)
  })

  it('is given up after three wrong ones', () => {
    expect(new Rehearsal(bloodPressure).begin().press('1#1#1#').played.at(-1)).toBe('sorry')
  })

  it('that is a name keeps its leading zeros', () => {
    expect(value(collect({ type: 'digits', minLength: 4, maxLength: 4 }), '0042#')).toBe('0042')
  })
})

describe('a condition', () => {
  const branching = (variables: object) => {
    const flow = flowOf(
      {
        first: {
          kind: 'condition',
          branches: [
            { variable: 'who', in: ['proxy'], next: 'refused' },
            { variable: 'age', min: 65, next: 'unfinished' },
          ],
          otherwise: 'thanks',
        },
        ...ends,
      },
      {},
    )
    return new Rehearsal(flow, { variables: { ...variables } }).state.nodeId
  }
  it('takes the first branch that holds', () => expect(branching({ who: 'proxy', age: 80 })).toBe('refused'))
  it('compares numbers', () => expect(branching({ age: 65 })).toBe('unfinished'))
  it('goes otherwise where nothing is set', () => expect(branching({})).toBe('thanks'))
})

describe('the end', () => {
  it('of a patient who hangs up is partial, and nothing follows', () => {
    const call = new Rehearsal(menu()).begin()
    expect(call.feed({ type: 'hangup' })).toEqual([{ type: 'record', event: { type: 'outcome', outcome: 'partial' } }])
    expect(call.feed({ type: 'digit', digit: '1' })).toEqual([])
    expect(call.feed({ type: 'hangup' })).toEqual([])
  })

  it('stays what was decided when the patient hangs up during the good-bye', () => {
    const call = new Rehearsal(menu()).begin().press('99')
    call.feed({ type: 'hangup' })
    expect(call.recorded('outcome')).toEqual([{ type: 'outcome', outcome: 'refused' }])
  })

  it('comes when the good-bye was heard', () => {
    const call = new Rehearsal(menu()).begin().press('1').hear()
    expect(call.commands.slice(-2)).toEqual([{ type: 'flush' }, { type: 'hangup' }])
  })
})

it('a timeout that was called off changes nothing', () => {
  const call = new Rehearsal(menu()).begin()
  const before = call.state
  expect(call.feed({ type: 'timeout' })).toEqual([])
  expect(call.state).toEqual(before)
})

it('a person who goes round and round is let go after 500 nodes', () => {
  const again = { key: '1', label: { zh: '再', en: 'again' }, next: 'menu' }
  const out = { key: '2', label: { zh: '完', en: 'out' }, next: 'thanks' }
  const round = flowOf(
    { menu: { kind: 'menu', prompts: ['menu'], options: [again, out], ...asking }, ...ends },
    { optOut },
  )
  const call = new Rehearsal(round).begin().press('1'.repeat(600))
  expect(call.over).toBe(true)
  expect(call.recorded('node')).toHaveLength(500)
})
