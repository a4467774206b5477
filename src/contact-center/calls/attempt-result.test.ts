import { describe, expect, it } from 'vitest'
import { attemptResult, defaultResultRules } from './attempt-result.ts'

const refused = (sipStatus: number | null, q850: number | null = null) =>
  attemptResult({ cause: 'refused', sipStatus, q850, earlyMedia: false, rang: false })

describe('attempt result', () => {
  it.each([
    [480, 20, 'powered_off'],
    [480, null, 'no_answer'],
    [404, null, 'invalid_number'],
    [484, null, 'invalid_number'],
    [480, 1, 'invalid_number'],
    [480, 28, 'invalid_number'],
    [503, null, 'congestion'],
    [500, 34, 'congestion'],
    [500, 38, 'congestion'],
    [500, 41, 'congestion'],
    [500, 42, 'congestion'],
    [486, null, 'busy'],
    [603, null, 'rejected'],
    [408, null, 'no_answer'],
    [488, null, 'failed'],
  ] as const)('names SIP %s with Q.850 %s as %s', (sip, q850, result) => {
    expect(refused(sip, q850)).toBe(result)
  })

  it.each([
    ['refused', 503, null],
    ['refused', 500, 34],
    ['no_media', 200, null],
  ] as const)(
    'counts %s with SIP %s and Q.850 %s against the caps once the telephone has rung',
    (cause, sipStatus, q850) => {
      expect(attemptResult({ cause, sipStatus, q850, earlyMedia: false, rang: false })).toBe('congestion')
      expect(attemptResult({ cause, sipStatus, q850, earlyMedia: false, rang: true })).toBe('failed')
    },
  )

  it('asks the Q.850 cause before the SIP status, because gateways fold causes into 480', () => {
    expect(refused(486, 21)).toBe('rejected')
  })

  it('names our own ring time-out as no answer, whatever status the CANCEL brought', () => {
    expect(attemptResult({ cause: 'ring_timeout', sipStatus: 487, q850: 16, earlyMedia: false, rang: false })).toBe(
      'no_answer',
    )
  })

  it('follows a hospital that declares 486 to be a refusal', () => {
    const rules = [{ sip: [486], result: 'rejected' } as const, ...defaultResultRules]
    expect(attemptResult({ cause: 'refused', sipStatus: 486, q850: null, earlyMedia: false, rang: false }, rules)).toBe(
      'rejected',
    )
  })

  it('can tell an announcement in early media from a plain status', () => {
    const rules = [{ sip: [480], earlyMedia: true, result: 'powered_off' } as const, ...defaultResultRules]
    expect(attemptResult({ cause: 'refused', sipStatus: 480, q850: null, earlyMedia: true, rang: false }, rules)).toBe(
      'powered_off',
    )
    expect(attemptResult({ cause: 'refused', sipStatus: 480, q850: null, earlyMedia: false, rang: false }, rules)).toBe(
      'no_answer',
    )
  })
})
