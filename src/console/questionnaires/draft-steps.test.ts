import { describe, expect, it } from 'vitest'
import type { Draft } from '#follow-up/questionnaire/questionnaire-draft.ts'
import {
  addQuestion,
  freeName,
  moveQuestion,
  newOption,
  proposedText,
  reworded,
  scaleOptions,
  spokenAs,
  unspoken,
  withQuestion,
} from './draft-steps.ts'

const empty: Draft = {
  title: { zh: '', en: '' },
  script: { zh: '', en: '' },
  questions: [],
  grades: [],
}
const three = addQuestion(addQuestion(addQuestion(empty, 'single'), 'number'), 'text')
const names = ({ questions }: Draft) => questions.map(({ id }) => id)

describe('a question', () => {
  it('gets a name that no other has, also after one was removed', () => {
    expect(names(three)).toEqual(['q1', 'q2', 'q3'])
    expect(freeName('q', ['q1', 'q7', 'nurses'])).toBe('q8')
  })

  it('of one choice begins with two options under keys 1 and 2', () => {
    expect(three.questions[0]?.options.map(({ code, key }) => `${code} ${key}`)).toEqual(['a1 1', 'a2 2'])
  })

  it('goes where it is dragged, and stays where there is no such place', () => {
    expect(names(moveQuestion(three, 0, 2))).toEqual(['q2', 'q3', 'q1'])
    expect(names(moveQuestion(three, 2, 0))).toEqual(['q3', 'q1', 'q2'])
    expect(names(moveQuestion(three, 0, -1))).toEqual(['q1', 'q2', 'q3'])
    expect(names(moveQuestion(three, 0, 3))).toEqual(['q1', 'q2', 'q3'])
  })
})

it('the ninth option has no key: there are eight', () => {
  const eight = Array.from({ length: 8 }).reduce<ReturnType<typeof newOption>[]>((all) => [...all, newOption(all)], [])
  expect(newOption(eight).key).toBeUndefined()
})

it('each option is said before its key', () => {
  const options = scaleOptions('satisfaction')
  const draft = withQuestion(three, 0, { text: { zh: '护士的照顾，您满意吗？', en: '' }, options })
  const [question] = draft.questions
  expect(question && proposedText(question)).toBe(
    '护士的照顾，您满意吗？非常满意请按1，满意请按2，一般请按3，不满意请按4。',
  )
})

describe('a prompt', () => {
  const spoken = { text: '您好', prompt: 'own-1' }

  it('keeps its sound as long as it says the same', () => {
    expect(reworded(spoken, '您好')).toBe(spoken)
    expect(reworded(spoken, '您好吗')).toEqual({ text: '您好吗', prompt: null })
  })

  it('that was changed while it was spoken is not given the sound of its old words', () => {
    const draft = withQuestion(three, 0, { prompts: [{ text: '新', prompt: null }] })
    expect(unspoken(spokenAs(draft, '旧', { id: 'own-2', text: '旧' }))).toHaveLength(1)
    expect(unspoken(spokenAs(draft, '新', { id: 'own-2', text: '新' }))).toEqual([])
  })
})
