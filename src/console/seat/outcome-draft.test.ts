import { describe, expect, it } from 'vitest'
import { type OutcomeFields, outcomeFault, outcomeFields, reportOf } from './outcome-draft.ts'

const empty: OutcomeFields = { outcome: null, text: '', note: '', day: null, time: null }

describe('the outcome of a call', () => {
  it('must be chosen', () => {
    expect(outcomeFault({ ...empty, note: 'well' })).toBe('choose')
    expect(reportOf({ ...empty, note: 'well' })).toBeNull()
  })

  it('needs words where it is another one', () => {
    expect(outcomeFault({ ...empty, outcome: 'other', text: '  ' })).toBe('textPlease')
    expect(reportOf({ ...empty, outcome: 'other', text: ' abroad ' })).toEqual({ outcome: 'other', text: 'abroad' })
  })

  it('needs day and time where it is a callback, and sends the instant', () => {
    expect(outcomeFault({ ...empty, outcome: 'callback', day: '2026-11-23' })).toBe('callbackPlease')
    expect(reportOf({ ...empty, outcome: 'callback', day: '2026-11-23', time: '09:00' })).toEqual({
      outcome: 'callback',
      callbackAt: '2026-11-23T01:00:00.000Z',
    })
  })

  it('sends nothing of the fields of an outcome that was chosen before it', () => {
    const changed = { ...empty, outcome: 'done', text: 'abroad', day: '2026-11-23', time: '09:00' } as const
    expect(reportOf(changed)).toEqual({ outcome: 'done' })
  })

  it('is read back from the record as it was saved', () => {
    expect(
      outcomeFields({ outcome: 'callback', outcomeText: null, note: 'x', callbackAt: '2026-11-23T01:00:00.000Z' }),
    ).toEqual({ outcome: 'callback', text: '', note: 'x', day: '2026-11-23', time: '09:00' })
    expect(outcomeFields({ outcome: 'of_a_later_release', outcomeText: null, note: null, callbackAt: null })).toEqual(
      empty,
    )
  })
})
