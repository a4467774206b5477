import { describe, expect, test } from 'vitest'
import { SipHeaders } from '#softswitch/sip/sip-headers.ts'
import { SipResponse } from '#softswitch/sip/sip-message.ts'
import { bestAnswer } from './best-answer.ts'

describe('of several refusals the caller is told', () => {
  test.each([
    [[404, 603, 401], 603],
    [[404, 484, 486], 484],
    [[503, 302, 404], 404],
    [[503, 302], 503],
    [[302], 302],
    [[486, 404], 486],
  ])('of %j: %i', (statuses, told) => {
    const answers = statuses.map((status) => new SipResponse(status, '', new SipHeaders()))
    expect(bestAnswer(answers)?.status).toBe(told)
  })

  test('none, when none came', () => {
    expect(bestAnswer([])).toBeUndefined()
  })
})
