import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkFlow } from '#contact-center/ivr/flow.ts'
import { anyInputs, attack, recordsOf } from '#contact-center/ivr/flow-attack.ts'
import { flowFolder, readJson, readJsonFolder } from '#contact-center/ivr/flow-files.ts'
import { Rehearsal } from '#contact-center/ivr/flow-fixture.ts'
import { kindRegistry } from '#contact-center/ivr/node-kind.ts'
import { ownKinds } from '#contact-center/ivr/nodes/own-kinds.ts'
import { openPrompts } from '#contact-center/ivr/prompt-library.ts'
import { notApplicable } from './questionnaire.ts'
import { parseQuestionnaire } from './questionnaire-check.ts'
import { scoreOf } from './score.ts'
import { surveyKind } from './survey-node.ts'

const folder = new URL('../../../ivr-flows/', import.meta.url).pathname
const { prompts: sounds, healthWords } = flowFolder(folder)
const questionnaires = readJsonFolder(`${folder}questionnaires`)
const prompts = openPrompts({ language: 'zh-CN', shipped: sounds })
const world = {
  kinds: kindRegistry(
    ...ownKinds,
    surveyKind((id) => questionnaires.get(id)),
  ),
  prompts,
  healthWords,
}
const document = readJson(`${folder}discharge-satisfaction.json`)
const questionnaire = parseQuestionnaire(questionnaires.get('discharge-satisfaction'))
const { flow, findings } = checkFlow(document, world)
if (flow === null) throw new Error(JSON.stringify(findings))

/** The opening has been heard; the identity menu plays. */
const call = (variables = {}) => new Rehearsal(document, { world, variables }).hear().hear()

describe('the shipped flow', () => {
  it('has nothing wrong with it, not so much as a warning', () => {
    expect(findings).toEqual([])
  })

  it('goes like this when a patient answers everything', () => {
    const patient = call().press('1').hear().press('12211').hear()
    expect(patient.records.map((record) => Object.values(record).join(' '))).toEqual([
      'node opening',
      'node identity',
      'key 1 identity  true',
      'respondent patient',
      'node introduction',
      'node survey',
      'question nurses 0 5',
      'key 1 survey nurses true',
      'answer nurses very_satisfied 1',
      'question doctors 1 5',
      'key 2 survey doctors true',
      'answer doctors satisfied 2',
      'question ward 2 5',
      'key 2 survey ward true',
      'answer ward satisfied 2',
      'question advice 3 5',
      'key 1 survey advice true',
      'answer advice yes 1',
      'question advice-clear 4 5',
      'key 1 survey advice-clear true',
      'answer advice-clear very_satisfied 1',
      'node thanks',
      'outcome done',
    ])
    expect(patient.played).toEqual([
      'opening',
      'recording-notice',
      'identity keys',
      'length',
      'question-nurses scale-satisfaction',
      'question-doctors scale-satisfaction',
      'question-ward scale-satisfaction',
      'question-advice',
      'question-advice-clear scale-satisfaction',
      'goodbye-thanks',
    ])
    expect(patient.commands.at(-1)).toEqual({ type: 'hangup' })
  })

  it('lets a relative answer in the patient’s place', () => {
    const relative = call().press('2').hear().press('11112')
    expect(relative.recorded('respondent')).toEqual([{ type: 'respondent', respondent: 'proxy' }])
    expect(relative.outcome).toBe('done')
  })

  it('leaves a wrong person alone without having said anything of health', () => {
    const stranger = call().press('3')
    expect(stranger.outcome).toBe('wrong_person')
    const heard = stranger.played.flatMap((row) => row.split(' ')).map((id) => prompts.text(id) ?? '')
    expect(healthWords.filter((word) => heard.some((text) => text.includes(word)))).toEqual([])
  })

  it('cannot be hurried past the recording notice', () => {
    const hasty = new Rehearsal(document, { world }).press('11111')
    expect(hasty.played).toEqual(['opening', 'recording-notice'])
    expect(hasty.recorded('answer')).toEqual([])
  })

  it('skips the last question for who was given no advice, and codes it', () => {
    const patient = call().press('1').hear().press('1112')
    expect(patient.recorded('answer').at(-1)).toMatchObject({ questionId: 'advice-clear', value: notApplicable })
    expect(patient.outcome).toBe('done')
  })

  it('is never called again after 9 and its confirmation, in any question', () => {
    expect(call().press('99').recorded('do_not_call')).toHaveLength(1)
    expect(call().press('1').hear().press('1291').recorded('do_not_call')).toHaveLength(1)
  })

  it('resumes where an earlier attempt ended', () => {
    const patient = call({ answers: { nurses: 'satisfied', doctors: 'neutral' } })
      .press('1')
      .hear()
    expect(patient.recorded('question')).toEqual([{ type: 'question', questionId: 'ward', index: 2, total: 5 }])
  })

  it('lets an answering machine go within a minute and a half', () => {
    const machine = new Rehearsal(document, { world }).hear().hear()
    for (let times = 0; times < 3; times++) machine.beSilent()
    machine.hear()
    expect(machine.outcome).toBe('uncooperative')
    const spokenMs = machine.played
      .flatMap((row) => row.split(' '))
      .reduce((sum, id) => sum + (prompts.durationMs(id) ?? 0), 0)
    expect(spokenMs + 3 * 6_000).toBeLessThan(90_000)
  })

  it('says its questionnaire’s questions in the words that the form shows', () => {
    for (const { text, prompts: spoken = [] } of questionnaire.questions) {
      expect(spoken.map((id) => prompts.text(id)).join('')).toContain(text.zh)
    }
  })

  it('takes about half a minute when keys are pressed early', () => {
    // The opening to its end, each question for a second and a half, the good-bye.
    const heard = ['opening', 'recording-notice', 'length', 'goodbye-thanks']
    const heardMs = heard.reduce((sum, id) => sum + (prompts.durationMs(id) ?? 0), 0)
    expect(heardMs + 6 * 1_500).toBeLessThan(30_000)
  })
})

describe('the shipped flow, where agents stand by', () => {
  const manned = () => call({ operator: true })

  it('tells of the key 0, and only then', () => {
    expect(manned().played.at(-1)).toBe('identity keys key-operator')
    expect(call().played.at(-1)).toBe('identity keys')
  })

  it('hands over in any menu or question; whoever takes the patient says what the call was', () => {
    const patient = manned().press('1').hear().press('120').hear()
    expect(patient.played.at(-1)).toBe('queue-wait')
    expect(patient.commands.at(-1)).toEqual({ type: 'transfer', queue: null })
    patient.feed({ type: 'transferred', taken: true })
    expect(patient.over).toBe(true)
    expect(patient.outcome).toBeUndefined()
    expect(patient.recorded('answer').map(({ questionId }) => questionId)).toEqual(['nurses', 'doctors'])
    expect(patient.commands).not.toContainEqual({ type: 'hangup' })
  })

  it('apologises and promises a call when nobody is to be had', () => {
    const patient = manned().press('0').hear()
    patient.feed({ type: 'transferred', taken: false })
    expect(patient.played.at(-1)).toBe('queue-apology')
    expect(patient.outcome).toBe('callback')
    patient.hear()
    expect(patient.commands.at(-1)).toEqual({ type: 'hangup' })
  })

  it('writes down keys that are pressed while waiting, and takes none', () => {
    const patient = manned().press('0').hear().press('9')
    expect(patient.recorded('key').at(-1)).toMatchObject({ digit: '9', taken: false })
    expect(patient.over).toBe(false)
  })

  it('has the patient who hangs up while waiting leave as partial', () => {
    const patient = manned().press('1').hear().press('10').hear()
    patient.feed({ type: 'hangup' })
    expect(patient.outcome).toBe('partial')
  })
})

describe('the shipped rating flow', () => {
  const rating = readJson(`${folder}hangup-rating.json`)
  const asked = () => new Rehearsal(rating, { world }).begin()

  it('has nothing wrong with it', () => {
    expect(checkFlow(rating, world).findings).toEqual([])
  })

  it.each([
    ['1', 5],
    ['5', 1],
  ])('takes key %s for %i', (key, value) => {
    expect(asked().press(key).state.variables).toEqual({ rating: value })
  })

  it('lets a wrong key and silence go at once, without a rating', () => {
    for (const call of [asked().press('7'), asked().beSilent()]) {
      expect(call.over || call.state.nodeId === 'silent').toBe(true)
      expect(call.state.variables).toEqual({})
    }
  })
})

it('the shipped questionnaire scores 100 for the best answers, whether or not the last one applies', () => {
  const best = { nurses: 'very_satisfied', doctors: 'very_satisfied', ward: 'very_satisfied' }
  expect(scoreOf(questionnaire, { ...best, advice: 'no', 'advice-clear': notApplicable })).toMatchObject({
    score: 100,
    counted: 3,
    grade: { zh: '优' },
  })
  expect(scoreOf(questionnaire, { ...best, advice: 'yes', 'advice-clear': 'dissatisfied' }).score).toBe(75)
})

describe('whatever is done to the shipped flow', () => {
  const anyAnswers = fc.constantFrom(
    {},
    { nurses: 'satisfied' },
    { nurses: 3, doctors: ['x'], advice: 'no' },
    'broken',
    null,
  )

  it('an answer is recorded only for a question that was asked, or that does not apply', () => {
    fc.assert(
      fc.property(anyInputs, anyAnswers, (inputs, answers) => {
        const asked = new Set<string>()
        for (const record of recordsOf(attack(flow, inputs, { answers }))) {
          if (record.type === 'question') asked.add(record.questionId)
          if (record.type === 'answer' && record.value !== notApplicable) expect(asked).toContain(record.questionId)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('no question is asked before the notice was heard and somebody said who they are', () => {
    fc.assert(
      fc.property(anyInputs, (inputs) => {
        const commands = attack(flow, inputs)
        const question = commands.findIndex((command) => command.type === 'record' && command.event.type === 'question')
        if (question < 0) return
        const before = commands.slice(0, question)
        expect(before).toContainEqual({ type: 'play', prompts: ['recording-notice'], interruptible: false })
        expect(before).toContainEqual({ type: 'flush' })
        expect(recordsOf(before).some(({ type }) => type === 'respondent')).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  it('it is done only when every question has its answer', () => {
    fc.assert(
      fc.property(anyInputs, (inputs) => {
        const records = recordsOf(attack(flow, inputs))
        const answered = new Set(records.flatMap((record) => (record.type === 'answer' ? [record.questionId] : [])))
        const outcome = records.find((record) => record.type === 'outcome')?.outcome
        expect(outcome === 'done').toBe(answered.size === questionnaire.questions.length && outcome !== 'refused')
      }),
      { numRuns: 500 },
    )
  })
})
