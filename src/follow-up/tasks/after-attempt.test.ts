import { describe, expect, it } from 'vitest'
import { anyHour } from '../calling/calling-rule.ts'
import { afterAttempt, type EndedAttempt } from './after-attempt.ts'
import { defaultRetryPlan } from './retry.ts'

const now = new Date('2026-11-23T02:00:00Z')
const ended: EndedAttempt = {
  outcome: null,
  refused: false,
  deceased: false,
  callbackAt: null,
  answers: 0,
  attempts: [{ result: 'partial', phoneNumberId: 'own', at: now, invited: true }],
  phones: [{ phoneNumberId: 'own' }],
  plan: defaultRetryPlan,
  window: anyHour,
  now,
}

describe('a task whose attempt has ended', () => {
  it('is completed when the interview was, whoever hung up and whoever answered', () => {
    expect(afterAttempt({ ...ended, outcome: 'done' })).toEqual({ move: { to: 'completed' }, news: null })
    expect(afterAttempt({ ...ended, outcome: 'proxy' })).toEqual({ move: { to: 'completed' }, news: null })
  })

  it('is refused by the key, by the agent, or by what was told meanwhile, even when the interview was finished', () => {
    for (const by of [{ refused: true, outcome: 'done' }, { outcome: 'refused' }] as const) {
      expect(afterAttempt({ ...ended, ...by })).toEqual({
        move: { to: 'refused', reason: 'patient_refused' },
        news: 'refused',
      })
    }
  })

  it('is stopped by a death, before anything else', () => {
    for (const by of [{ deceased: true, refused: true }, { outcome: 'deceased' }] as const) {
      expect(afterAttempt({ ...ended, ...by })).toMatchObject({
        move: { to: 'stopped', reason: 'deceased' },
        news: 'deceased',
      })
    }
  })

  it('alone is stopped when the patient has moved away', () => {
    expect(afterAttempt({ ...ended, outcome: 'moved' })).toEqual({
      move: { to: 'stopped', reason: 'moved' },
      news: 'moved',
    })
  })

  it('waits for the hour that was agreed', () => {
    const callbackAt = new Date('2026-11-24T07:00:00Z')
    expect(afterAttempt({ ...ended, outcome: 'callback', callbackAt }).move).toEqual({ to: 'callback', at: callbackAt })
  })

  it('goes on with the next number when somebody else answered, and fails as that when there is none', () => {
    const wrong = { ...ended, outcome: 'wrong_person' } as const
    expect(afterAttempt({ ...wrong, phones: [{ phoneNumberId: 'wife' }] }).move).toEqual({
      to: 'retry_wait',
      at: now,
      phoneNumberId: 'wife',
    })
    expect(afterAttempt({ ...wrong, phones: [] }).move).toEqual({ to: 'failed', reason: 'wrong_person' })
  })

  it('is partial, not failed, when it is given up with answers', () => {
    const last = { ...ended, attempts: Array.from({ length: 5 }, () => ended.attempts).flat() }
    expect(afterAttempt({ ...last, answers: 2 }).move).toEqual({ to: 'partial', reason: 'partial' })
    expect(afterAttempt(last).move).toEqual({ to: 'failed', reason: 'partial' })
  })

  it('is dialled again after a readmission was told, which halts the plans', () => {
    expect(afterAttempt({ ...ended, outcome: 'readmitted' })).toMatchObject({
      move: { to: 'retry_wait' },
      news: 'readmitted',
    })
  })
})
