import { describe, expect, it } from 'vitest'
import { checkFlow } from '#contact-center/ivr/flow.ts'
import { Rehearsal } from '#contact-center/ivr/flow-fixture.ts'
import { notApplicable } from './questionnaire.ts'
import { bloodPressure, questionnaireOf, scale, symptoms, yesNo } from './questionnaire-fixture.ts'
import { survey, surveyFlow, surveyWorld } from './survey-fixture.ts'

const ifYes = (question: string) => [{ question, answer: { in: ['yes'] } }]
const three = questionnaireOf(scale('nurses'), yesNo('advice'), scale('clear', { enableWhen: ifYes('advice') }))

const answers = (call: Rehearsal) =>
  call.recorded('answer').map(({ questionId, value, keys }) => [questionId, value, keys])

describe('a survey', () => {
  it('asks its questions in order and stores each key as the option’s code', () => {
    const call = survey(three).press('112')
    expect(answers(call)).toEqual([
      ['nurses', 'best', '1'],
      ['advice', 'yes', '1'],
      ['clear', 'good', '2'],
    ])
    expect(call.outcome).toBe('done')
  })

  it('says of each question where it stands', () => {
    const call = survey(three).press('11')
    expect(call.recorded('question').map(({ questionId, index, total }) => [questionId, index, total])).toEqual([
      ['nurses', 0, 3],
      ['advice', 1, 3],
      ['clear', 2, 3],
    ])
  })

  it('writes down each key with its question', () => {
    const call = survey(three).press('7')
    expect(call.recorded('key').at(-1)).toEqual({
      type: 'key',
      digit: '7',
      nodeId: 'survey',
      questionId: 'nurses',
      taken: true,
    })
  })

  it('codes a question that does not apply instead of leaving it blank', () => {
    const call = survey(three).press('12')
    expect(answers(call).at(-1)).toEqual(['clear', notApplicable, ''])
    expect(call.outcome).toBe('done')
    expect(call.state.progress).toEqual({ answered: 2, total: 2, complete: true })
  })

  it('is told of a repeated question only once', () => {
    const call = survey(three).press('7').beSilent().press('*')
    expect(call.recorded('question')).toHaveLength(1)
  })

  it('that is broken off keeps what was answered', () => {
    const call = survey(three).press('1')
    call.feed({ type: 'hangup' })
    expect(call.outcome).toBe('partial')
    expect(call.state.progress).toEqual({ answered: 1, total: 3, complete: false })
  })

  it('goes on at the first unanswered question of the attempt before', () => {
    const call = survey(three, { answers: { nurses: 'bad' } })
    expect(call.recorded('question')).toEqual([{ type: 'question', questionId: 'advice', index: 1, total: 3 }])
    call.press('2')
    expect(answers(call)).toEqual([
      ['advice', 'no', '2'],
      ['clear', notApplicable, ''],
    ])
  })

  it('thanks at once when everything has been answered before', () => {
    const call = survey(three, { answers: { nurses: 'bad', advice: 'no', clear: notApplicable } })
    expect(call.recorded('question')).toEqual([])
    expect(call.outcome).toBe('done')
  })

  it('given up with answers is partial, without any uncooperative', () => {
    expect(survey(three).press('1777').outcome).toBe('partial')
    expect(survey(three).press('777').outcome).toBe('uncooperative')
  })

  it('given up at once in a later attempt is partial: the earlier answers stand', () => {
    expect(survey(three, { answers: { nurses: 'bad' } }).press('777').outcome).toBe('partial')
  })

  it('counts failures a question, not a call', () => {
    expect(survey(three).press('771').press('772').outcome).toBe('done')
  })

  it('is refused with 9, and what was answered is kept', () => {
    const call = survey(three).press('199')
    expect(call.outcome).toBe('refused')
    expect(answers(call)).toEqual([['nurses', 'best', '1']])
  })

  it('takes the version that the call brings along before any other', () => {
    const variables = { questionnaire: JSON.parse(JSON.stringify(questionnaireOf(yesNo('brought')))) }
    const call = new Rehearsal(surveyFlow, { world: surveyWorld(three), variables }).hear().press('1')
    expect(call.recorded('question').map(({ questionId }) => questionId)).toEqual(['brought'])
  })
})

describe('a number', () => {
  const pressure = questionnaireOf(bloodPressure('systolic'))

  it('is stored as a number, with its keys', () => {
    expect(answers(survey(pressure).press('120#'))).toEqual([['systolic', 120, '120#'.slice(0, -1)]])
  })

  it('out of range is asked again', () => {
    const call = survey(pressure).press('300#')
    expect(call.played.at(-1)).toBe('invalid ask-systolic')
    expect(answers(call.press('130#'))).toEqual([['systolic', 130, '130']])
  })

  it('of three wrong entries ends the call', () => {
    expect(survey(pressure).press('1#2#3#').outcome).toBe('uncooperative')
  })
})

describe('a multiple choice', () => {
  const several = questionnaireOf(symptoms('symptoms'))

  it('is read back, and stored when it is right', () => {
    const call = survey(several).press('21#')
    expect(call.played.at(-1)).toBe('you-chose pick-fever pick-cough is-that-right')
    expect(answers(call)).toEqual([])
    expect(answers(call.press('1'))).toEqual([['symptoms', ['fever', 'cough'], '21']])
  })

  it('is asked anew when it is not', () => {
    const call = survey(several).press('21#2')
    expect(call.played.at(-1)).toBe('ask-symptoms')
    expect(answers(call.press('3#1'))).toEqual([['symptoms', ['none'], '3']])
  })

  it('takes a key pressed twice as one', () => {
    expect(answers(survey(several).press('11#1'))).toEqual([['symptoms', ['fever'], '11']])
  })

  it.each(['#', '13#', '7'])('does not take %s', (keys) => {
    expect(survey(several).press(keys).played.at(-1)).toBe('invalid ask-symptoms')
  })

  it('is not chosen anew for ever', () => {
    expect(survey(several).press('1#2'.repeat(4)).outcome).toBe('uncooperative')
  })
})

describe('what no keypress survey can ask', () => {
  const told = (questionnaire: unknown) =>
    checkFlow(surveyFlow, surveyWorld(questionnaire)).findings.map(({ code, path }) => `${code} ${path}`)
  const at = '/nodes/survey/questionnaire'
  const text = { id: 'why', kind: 'text' as const, text: { zh: '为什么', en: 'why' }, required: true, maxLength: 200 }
  const clip = { id: 'say', kind: 'clip' as const, text: { zh: '请说', en: 'say' }, required: true, maxSeconds: 60 }

  it('is text, and a recorded answer', () => {
    expect(told(questionnaireOf(scale('a'), text, clip))).toEqual([
      `SURVEY_KIND_UNSUPPORTED ${at}/questions/1/kind`,
      `SURVEY_KIND_UNSUPPORTED ${at}/questions/2/kind`,
    ])
  })

  it('is an option without a key, or with a reserved one', () => {
    const option = { code: 'x', label: { zh: 'x', en: 'x' } }
    expect(told(questionnaireOf(scale('a', { options: [option, { ...option, code: 'y', key: '9' }] })))).toEqual([
      `FLOW_KEY_RESERVED ${at}/questions/0/options/1/key`,
      `SURVEY_KEY_MISSING ${at}/questions/0/options/0/key`,
    ])
  })

  it('is a question without a prompt', () => {
    const { prompts: _, ...silent } = scale('a')
    expect(told(questionnaireOf(silent))).toEqual([`SURVEY_PROMPT_MISSING ${at}/questions/0/prompts`])
  })

  it('is a questionnaire that nobody has, or that is wrong itself', () => {
    expect(told(undefined)).toEqual([`SURVEY_QUESTIONNAIRE_UNKNOWN ${at}`])
    expect(told(questionnaireOf(scale('a'), scale('a')))).toEqual([`SURVEY_QUESTIONNAIRE_INVALID ${at}`])
  })

  it('is more than eight questions, which is a warning', () => {
    const nine = questionnaireOf(...[...'abcdefghi'].map((id) => scale(id)))
    const { flow, findings } = checkFlow(surveyFlow, surveyWorld(nine))
    expect(findings).toMatchObject([{ code: 'SURVEY_LONG', severity: 'warning', params: { questions: 9 } }])
    expect(flow).not.toBeNull()
  })

  it('is more than three minutes, which is a warning', () => {
    const world = surveyWorld(questionnaireOf(scale('a'), scale('b')))
    const prompts = { ...world.prompts, durationMs: () => 90_000 }
    const { findings } = checkFlow(surveyFlow, { ...world, prompts })
    expect(findings).toMatchObject([{ code: 'SURVEY_LONG', params: { minutes: 3.1 } }])
  })

  it('is another scale in every question, which is a warning', () => {
    const turned = scale('b', {
      options: [
        { code: 'best', label: { zh: '好', en: 'good' }, key: '4' },
        { code: 'bad', label: { zh: '差', en: 'bad' }, key: '1' },
      ],
    })
    expect(told(questionnaireOf(scale('a'), turned))).toEqual([
      `SURVEY_SCALE_DIFFERS ${at}/questions/1/options/0/key`,
      `SURVEY_SCALE_DIFFERS ${at}/questions/1/options/1/key`,
    ])
  })

  it('is an option whose key is not said after it, which is a warning', () => {
    const options = [
      { code: 'good', label: { zh: '满意', en: 'good' }, key: '1' },
      { code: 'bad', label: { zh: '不满意', en: 'bad' }, key: '2' },
    ]
    const world = surveyWorld(questionnaireOf(scale('a', { options })))
    const said = (text: string) => {
      const { findings } = checkFlow(surveyFlow, { ...world, prompts: { ...world.prompts, text: () => text } })
      return findings.map(({ code, params }) => `${code} ${params.key}`)
    }
    expect(said('满意请按1,不满意请按2。')).toEqual([])
    expect(said('满意请按1,按2不满意。')).toEqual(['SURVEY_KEY_UNSAID 2'])
  })
})
