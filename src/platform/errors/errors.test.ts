import { expect, test } from 'vitest'
import { codeOf, declareErrors, kindOf, OperationalError, UnexpectedError, UserError } from './errors.ts'

declareErrors({
  TEST_COLUMN: { kind: 'user', status: 422, en: 'No column {column}. Add it.', zh: '缺少列 {column},请补充。' },
})

test('a message is filled in the language of the reader', () => {
  const error = new UserError('TEST_COLUMN', { column: '出院时间' })
  expect(error.message).toBe('No column 出院时间. Add it.')
  expect(error.messageIn('zh')).toBe('缺少列 出院时间,请补充。')
  expect(error.status).toBe(422)
})

test('a place without a parameter stays visible', () => {
  expect(new UserError('TEST_COLUMN').message).toBe('No column {column}. Add it.')
})

test('status and kind of an undeclared code follow from the class', () => {
  expect([new UserError('A').status, new OperationalError('A').status, new UnexpectedError('A').status]).toEqual([
    400, 503, 500,
  ])
  expect(kindOf(new OperationalError('A'))).toBe('operational')
})

test('what is not ours is unexpected', () => {
  expect([kindOf('text'), codeOf(new Error('x'))]).toEqual(['unexpected', 'UNEXPECTED'])
})

test('a code cannot be declared with two meanings', () => {
  const entry = { kind: 'user', status: 400, en: 'a', zh: 'b' } as const
  declareErrors({ TEST_TWICE: entry })
  declareErrors({ TEST_TWICE: entry })
  expect(() => declareErrors({ TEST_TWICE: { ...entry, en: 'other' } })).toThrow(/declared twice/)
})

test("what is declared as the user's fault and thrown as ours answers 500", () => {
  expect(new UnexpectedError('TEST_COLUMN').status).toBe(500)
})
