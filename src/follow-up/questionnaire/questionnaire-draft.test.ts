import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { anyPrompts } from '#contact-center/ivr/flow-fixture.ts'
import { parseQuestionnaire } from './questionnaire-check.ts'
import { checkDraft, type Draft, type DraftQuestion, documentOf, draftOf, emptyDraft } from './questionnaire-draft.ts'
import { bloodPressure, questionnaireOf, scale, symptoms, yesNo } from './questionnaire-fixture.ts'

const use = { id: 'test', byKeys: true }
const says = 'a,b,c,d: best按1，good按2，fair按3，bad按4，yes按1，no按2，fever按1，cough按2，none按3。'
const prompts = {
  ...anyPrompts(),
  text: () => undefined,
  durationMs: (id: string) => (id.startsWith('unspoken') ? undefined : 1_000),
}
const told = (draft: Draft, byKeys = true) =>
  checkDraft(draft, { ...use, byKeys }, prompts).findings.map(({ code, path }) => `${code} ${path}`)

const whole = questionnaireOf(scale('a'), yesNo('b'), symptoms('c'), bloodPressure('d'))
const draft = draftOf(whole, () => says)

function withQuestion(index: number, change: Partial<DraftQuestion>): Draft {
  const questions = draft.questions.map((question, at) => (at === index ? { ...question, ...change } : question))
  return { ...draft, questions }
}

describe('a version taken up again', () => {
  it('becomes the same document', () => {
    expect(documentOf(draft, use)).toEqual(whole)
  })

  it('of the shipped questionnaires too', () => {
    for (const [name, byKeys] of [
      ['discharge-satisfaction', true],
      ['follow-up-opening', false],
    ] as const) {
      const file = readFileSync(new URL(`../../../ivr-flows/questionnaires/${name}.json`, import.meta.url), 'utf8')
      const shipped = parseQuestionnaire(JSON.parse(file))
      expect(
        documentOf(
          draftOf(shipped, () => undefined),
          { id: name, byKeys },
        ),
      ).toEqual(shipped)
    }
  })

  it('has nothing wrong with it', () => {
    expect(told(draft)).toEqual([])
  })
})

describe('a draft is told, beside the field', () => {
  it('everything of an empty one', () => {
    expect(told(emptyDraft)).toEqual(['QUESTIONNAIRE_TEXT_EMPTY /title/zh', 'QUESTIONNAIRE_NO_QUESTIONS /questions'])
  })

  it('a question without words, in a person’s words and once', () => {
    expect(told(withQuestion(0, { text: { zh: ' ', en: '' } }))).toEqual([
      'QUESTIONNAIRE_TEXT_EMPTY /questions/0/text/zh',
    ])
  })

  it('a choice with one option', () => {
    const [first] = draft.questions[0]?.options ?? []
    expect(told(withQuestion(0, { options: first === undefined ? [] : [first] }))).toEqual([
      'QUESTIONNAIRE_OPTIONS_FEW /questions/0/options',
    ])
  })

  it('a number without its ends', () => {
    const question = { ...draft.questions[3] }
    delete question.min
    const questions = [...draft.questions.slice(0, 3), question as DraftQuestion]
    expect(told({ ...draft, questions })).toEqual(['QUESTIONNAIRE_NUMBER_EMPTY /questions/3/min'])
  })

  it('words that nobody has spoken yet', () => {
    const spoken = [{ text: says, prompt: null }]
    expect(told(withQuestion(1, { prompts: spoken }))).toEqual([
      'QUESTIONNAIRE_PROMPT_SOUNDLESS /questions/1/prompts/0',
    ])
  })

  it('a key with a meaning of its own, and one given twice', () => {
    const options = draft.questions[1]?.options.map((option) => ({ ...option, key: '9' })) ?? []
    expect(told(withQuestion(1, { options })).filter((line) => !line.includes('UNSAID'))).toEqual([
      'FLOW_KEY_RESERVED /questions/1/options/0/key',
      'FLOW_KEY_RESERVED /questions/1/options/1/key',
    ])
  })

  it('a question that was changed while its prompts were not', () => {
    expect(told(withQuestion(3, { text: { zh: '血压是多少？', en: '' } }))).toEqual([
      'QUESTIONNAIRE_OTHER_WORDS /questions/3/prompts',
    ])
  })

  it('an option said without its key', () => {
    expect(told(withQuestion(1, { prompts: [{ text: '好吗?', prompt: 'ask-b' }] }))).toContain(
      'SURVEY_KEY_UNSAID /questions/1/options/0/key',
    )
  })
})

describe('a draft for agents alone', () => {
  it('needs neither sounds nor keys', () => {
    const silent = withQuestion(0, { prompts: [{ text: says, prompt: null }] })
    expect(told(silent, false)).toEqual([])
  })

  it('keeps sounds and keys out of the version', () => {
    const document = JSON.stringify(documentOf(draft, { ...use, byKeys: false }))
    expect(document).not.toMatch(/"prompts"|"key"/)
  })
})

it('English that was left out is shown in Chinese', () => {
  const { questionnaire } = checkDraft(withQuestion(1, { text: { zh: '好吗', en: '' } }), use, prompts)
  expect(questionnaire?.questions[1]?.text).toEqual({ zh: '好吗', en: '好吗' })
})
