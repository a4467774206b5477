import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { askedQuestions, missingQuestions, numberOf, withPick } from '../../src/console/seat/form-rules.ts'
import {
  type Answers,
  type AnswerValue,
  answerFault,
  isComplete,
  nextQuestion,
  type Question,
} from '../../src/follow-up/questionnaire/questionnaire.ts'
import { everyKind } from '../e2e/fixture/seat-record.ts'

/** The page takes types only from the house, so it has the form's rules once more: they must be the same rules. */
describe('the form’s rules on the page and on the server', () => {
  const codes = ['yes', 'no', 'forgot', 'side_effects', 'price', 'none', 'very_satisfied', 'neutral', 'not_applicable']
  const code = fc.constantFrom(...codes)
  const value = (question: Question): fc.Arbitrary<AnswerValue> => {
    switch (question.kind) {
      case 'single':
        return fc.oneof(
          fc.constantFrom(...question.options.map((option) => option.code)),
          fc.constant('not_applicable'),
        )
      case 'multiple':
        return fc.subarray(
          question.options.map((option) => option.code).filter((each) => each !== 'none'),
          {
            minLength: 1,
            maxLength: 2,
          },
        )
      case 'number':
        return fc.integer({ min: 60, max: 260 })
      default:
        return fc.constant('2026-12-01')
    }
  }
  const answers: fc.Arbitrary<Answers> = fc
    .tuple(...everyKind.questions.map((question) => fc.option(value(question), { nil: null })))
    .map((values) =>
      Object.fromEntries(
        everyKind.questions.flatMap(({ id }, index) => {
          const given = values[index]
          return given === null || given === undefined ? [] : [[id, given]]
        }),
      ),
    )

  it('ask the same questions, in the same order', () => {
    fc.assert(
      fc.property(answers, (given) => {
        const open = askedQuestions(everyKind.questions, given).find(
          ({ id }) => given[id] === undefined || given[id] === 'not_applicable',
        )
        expect(open?.id).toBe(nextQuestion(everyKind, given).question?.id)
      }),
    )
  })

  it('call the same forms complete, once what does not apply has been taken back', () => {
    fc.assert(
      fc.property(answers, (given) => {
        const asked = new Set(askedQuestions(everyKind.questions, given).map(({ id }) => id))
        const kept = Object.fromEntries(Object.entries(given).filter(([id]) => asked.has(id)))
        expect(missingQuestions(everyKind.questions, kept).length === 0).toBe(isComplete(everyKind, kept))
      }),
    )
  })

  it('let through the picks that the server takes, whatever is pressed', () => {
    const question = everyKind.questions.find(({ kind }) => kind === 'multiple')
    if (question?.kind !== 'multiple') throw new Error('the form has no such question')
    fc.assert(
      fc.property(fc.array(code, { maxLength: 12 }), (pressed) => {
        const known = pressed.filter((each) => question.options.some((option) => option.code === each))
        const picks = known.reduce<readonly string[]>((now, each) => withPick(question, now, each) ?? now, [])
        expect(picks.length === 0 ? null : answerFault(question, picks)).toBeNull()
      }),
    )
  })

  it('let through the numbers that the server takes, as they are typed', () => {
    const question = everyKind.questions.find(({ kind }) => kind === 'number')
    if (question?.kind !== 'number') throw new Error('the form has no such question')
    fc.assert(
      fc.property(
        fc.oneof(fc.integer({ min: 0, max: 400 }), fc.double({ min: 0, max: 400, noNaN: true })),
        (number) => {
          const typed = numberOf(question, String(number))
          const plain = /^\d+(\.\d+)?$/.test(String(number))
          expect(typed === number).toBe(plain && answerFault(question, number) === null)
        },
      ),
    )
    expect(numberOf(question, ' １２０ ')).toBe(120)
    expect(numberOf(question, '一百二')).toBeNull()
  })
})
