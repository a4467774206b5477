import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AttemptResult } from '#contact-center/calls/call-event.ts'
import { defaultRetryPlan, nextDial } from './retry.ts'

const now = new Date('2026-11-23T02:00:00Z')
const own = { phoneNumberId: 'own' }
const wife = { phoneNumberId: 'wife' }
const ended = (...results: AttemptResult[]) => results.map((result) => ({ result, phoneNumberId: 'own' }))

describe('the next dial', () => {
  it('waits as the rule of the result says', () => {
    expect(nextDial(ended('busy'), [own], defaultRetryPlan, now)).toEqual({
      type: 'again',
      at: new Date('2026-11-23T02:25:00Z'),
      phoneNumberId: 'own',
    })
  })

  it('dials a refused call again exactly as often as configured, then the task has failed as rejected', () => {
    expect(nextDial(ended('rejected'), [own], defaultRetryPlan, now).type).toBe('again')
    expect(nextDial(ended('rejected', 'rejected'), [own], defaultRetryPlan, now)).toEqual({
      type: 'over',
      reason: 'rejected',
    })
  })

  it('takes the relative after the own number, then the own number again', () => {
    expect(nextDial(ended('no_answer'), [own, wife], defaultRetryPlan, now)).toMatchObject({ phoneNumberId: 'wife' })
    const both = [...ended('no_answer'), { result: 'no_answer', phoneNumberId: 'wife' } as const]
    expect(nextDial(both, [own, wife], defaultRetryPlan, now)).toMatchObject({ phoneNumberId: 'own' })
  })

  it('goes on at once to the next number when one does not exist', () => {
    expect(nextDial(ended('invalid_number'), [wife], defaultRetryPlan, now)).toEqual({
      type: 'again',
      at: now,
      phoneNumberId: 'wife',
    })
    expect(nextDial(ended('invalid_number'), [], defaultRetryPlan, now)).toEqual({
      type: 'over',
      reason: 'invalid_number',
    })
  })

  it('does not count line trouble', () => {
    const trouble = ended(...Array<AttemptResult>(10).fill('congestion'))
    expect(nextDial(trouble, [own], defaultRetryPlan, now)).toMatchObject({ type: 'again' })
  })

  it('ends after the most attempts whatever their results, and never looks back in time', () => {
    const results = fc.constantFrom<AttemptResult>(
      'no_answer',
      'busy',
      'rejected',
      'partial',
      'restart',
      'congestion',
      'machine',
      'invalid_number',
    )
    fc.assert(
      fc.property(fc.array(results, { minLength: 1, maxLength: 40 }), (made) => {
        const next = nextDial(ended(...made), [own, wife], defaultRetryPlan, now)
        const counted = made.filter((result) => result !== 'congestion').length
        if (counted >= defaultRetryPlan.maxAttempts) expect(next.type).toBe('over')
        if (next.type === 'again') expect(next.at.getTime()).toBeGreaterThanOrEqual(now.getTime())
      }),
    )
  })
})
