import { describe, expect, it } from 'vitest'
import { callbackDays, callbackInstant, callbackTimes, dayAndTime } from './callback-times.ts'

const periods = [
  { opens: '08:30', closes: '09:15' },
  { opens: '14:30', closes: '15:00' },
]

describe('when a callback may be agreed', () => {
  it('offers quarters of an hour inside the calling hours, the end left out', () => {
    const now = new Date('2026-11-22T00:00:00Z')
    expect(callbackTimes('2026-11-23', now, periods)).toEqual(['08:30', '08:45', '09:00', '14:30', '14:45'])
  })

  it('offers today only what is still to come', () => {
    // 08:45 in the hospital
    const now = new Date('2026-11-22T00:45:00Z')
    expect(callbackTimes('2026-11-22', now, periods)).toEqual(['09:00', '14:30', '14:45'])
  })

  it('counts days as the hospital does, whatever the browser’s own zone', () => {
    // 00:30 of the 23rd in the hospital
    expect(callbackDays(new Date('2026-11-22T16:30:00Z'), 2)).toEqual(['2026-11-23', '2026-11-24'])
  })

  it('sends the instant meant, and reads it back', () => {
    expect(callbackInstant('2026-11-23', '08:30')).toBe('2026-11-23T00:30:00.000Z')
    expect(dayAndTime('2026-11-23T00:30:00.000Z')).toEqual({ day: '2026-11-23', time: '08:30' })
  })
})
