import { expect, it } from 'vitest'
import { declareErrors, UserError } from '#platform/errors/errors.ts'
import { errorBody } from './error-reply.ts'
import '#platform/auth/auth-errors.ts'
import './http-errors.ts'

declareErrors({
  TEST_FILE_WRONG: {
    kind: 'user',
    status: 400,
    en: 'Column 3.5 of {file} is empty. Fill it in. Then upload again.',
    zh: '{file} 的 3.5 列为空。请补填，然后重新上传。',
  },
})

it('tells what happened and what to do apart, in either language', () => {
  const error = new UserError('TEST_FILE_WRONG', { file: 'list.csv' })
  expect(errorBody(error, 'en', 'r1')).toMatchObject({
    code: 'TEST_FILE_WRONG',
    message: 'Column 3.5 of list.csv is empty.',
    next: 'Fill it in. Then upload again.',
    requestId: 'r1',
  })
  expect(errorBody(error, 'zh', 'r1')).toMatchObject({
    message: 'list.csv 的 3.5 列为空。',
    next: '请补填，然后重新上传。',
  })
})

it.each([
  ...['SIGN_IN_REFUSED', 'ACCOUNT_LOCKED', 'SIGNED_OUT', 'PASSWORD_CHANGE_NEEDED', 'RIGHT_MISSING', 'FOREIGN_ORIGIN'],
  ...['PASSWORD_WRONG', 'PASSWORD_TOO_WEAK', 'PASSWORD_USED_BEFORE'],
  ...['NOT_FOUND', 'INPUT_INVALID', 'TOO_MANY_REQUESTS', 'UPLOAD_TOO_BIG', 'UPLOAD_MISSING', 'UNEXPECTED'],
])('%s has a message and a next step in both languages', (code) => {
  for (const language of ['zh', 'en'] as const) {
    const { message, next } = errorBody(new UserError(code), language, '')
    expect(message).not.toBe(code)
    expect(next).not.toBe('')
  }
})
