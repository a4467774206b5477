import { expect, it } from 'vitest'
import { publishQuestionnaire } from './publish.ts'
import { questionnaireOf, scale, yesNo } from './questionnaire-fixture.ts'

const draft = questionnaireOf(scale('a'))
const edited = questionnaireOf(scale('a'), yesNo('b'))

it('the first published is version 1, whatever the file says', () => {
  expect(publishQuestionnaire({ ...draft, version: 7 }, null).version).toBe(1)
})

it('the same content is the same version', () => {
  const first = publishQuestionnaire(draft, null)
  const reordered = Object.fromEntries(Object.entries(draft).reverse())
  expect(publishQuestionnaire(reordered, first)).toBe(first)
})

it('another content is the next version, and the one before stays as it was', () => {
  const first = publishQuestionnaire(draft, null)
  const second = publishQuestionnaire(edited, first)
  expect([second.version, second.questions.length, first.questions.length]).toEqual([2, 2, 1])
})

it('a published version cannot be changed, nor by changing the draft', () => {
  const mutable = structuredClone(draft)
  const published = publishQuestionnaire(mutable, null)
  mutable.questions.push(yesNo('b'))
  expect(published.questions).toHaveLength(1)
  expect(() => published.questions.push(yesNo('c'))).toThrow(TypeError)
  expect(() => Object.assign(published.title, { zh: '另一个' })).toThrow(TypeError)
})

it('what is wrong is not published', () => {
  expect(() => publishQuestionnaire(questionnaireOf(scale('a'), scale('a')), null)).toThrow(
    expect.objectContaining({ code: 'QUESTIONNAIRE_INVALID' }),
  )
})
