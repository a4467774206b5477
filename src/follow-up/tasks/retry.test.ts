import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AttemptResult } from '#contact-center/calls/call-event.ts'
import { anyHour, type CallingWindow, closedBy, periodAt } from '../calling/calling-rule.ts'
import { dayOf, instantAt } from '../calling/hospital-day.ts'
import { counts, defaultRetryPlan, nextDial, type PastAttempt, type RetryPlan } from './retry.ts'

const own = { phoneNumberId: 'own' }
const wife = { phoneNumberId: 'wife' }
/** A Monday. */
const monday = '2026-11-23'
const tuesday = '2026-11-24'
const hospital: CallingWindow = {
  periods: [
    { opens: '08:30', closes: '11:30' },
    { opens: '14:30', closes: '20:00' },
  ],
  holidays: 'closed',
  weekends: 'open',
  calendar: new Map(),
}

const tried = (result: AttemptResult, at: Date, phoneNumberId = 'own', invited = true): PastAttempt => ({
  result,
  phoneNumberId,
  at,
  invited,
})
const minutesAfter = (at: Date, minutes: number) => new Date(at.getTime() + minutes * 60_000)
const oneNumber = (plan: RetryPlan, ...attempts: PastAttempt[]) => {
  const last = attempts.at(-1)
  if (last === undefined) throw new Error('no attempt')
  return nextDial(attempts, [own], plan, hospital, minutesAfter(last.at, 1))
}

describe('when a task is dialled again', () => {
  it('is after the delay of the result', () => {
    const at = instantAt(monday, '09:00')
    expect(oneNumber(defaultRetryPlan, tried('busy', at))).toEqual({
      type: 'again',
      at: minutesAfter(at, 26),
      phoneNumberId: 'own',
    })
  })

  it('waits for the window when the delay ends outside it', () => {
    const again = oneNumber(defaultRetryPlan, tried('busy', instantAt(monday, '11:20')))
    expect(again).toMatchObject({ at: instantAt(monday, '14:30') })
  })

  it('lies in another part of the day than the call nobody answered', () => {
    const morning = instantAt(monday, '08:40')
    expect(oneNumber(defaultRetryPlan, tried('no_answer', morning))).toMatchObject({ at: instantAt(monday, '14:30') })
    const evening = tried('no_answer', instantAt(monday, '15:00'))
    expect(oneNumber(defaultRetryPlan, tried('no_answer', morning), evening)).toMatchObject({
      at: instantAt(tuesday, '08:30'),
    })
  })

  it('is no third time on one day', () => {
    const busy = [tried('busy', instantAt(monday, '09:00')), tried('busy', instantAt(monday, '09:40'))]
    expect(oneNumber(defaultRetryPlan, ...busy)).toMatchObject({ at: instantAt(tuesday, '08:30') })
  })

  it('skips a holiday', () => {
    const calendar = new Map([[tuesday, 'holiday' as const]])
    const rejected = tried('rejected', instantAt(monday, '09:00'))
    const again = nextDial([rejected], [own], defaultRetryPlan, { ...hospital, calendar }, rejected.at)
    expect(again).toMatchObject({ at: instantAt('2026-11-25', '08:30') })
  })

  it('is at once after trouble of the line, which counts for nothing, and later each time that it goes on', () => {
    const trouble = Array.from({ length: 12 }, (_, n) => tried('congestion', instantAt(monday, `09:${10 + n}`)))
    const waits = trouble.map((last, n) => {
      const next = oneNumber(defaultRetryPlan, ...trouble.slice(0, n + 1))
      return next.type === 'again' ? (next.at.getTime() - minutesAfter(last.at, 1).getTime()) / 60_000 : next.reason
    })
    expect(waits).toEqual([2, 4, 8, 16, 32, 60, 60, 60, 60, 60, 60, 60])
    const [first] = trouble
    const busyBetween = [...trouble.slice(0, 5), tried('busy', instantAt(monday, '09:20')), ...(first ? [first] : [])]
    expect(oneNumber(defaultRetryPlan, ...busyBetween)).toMatchObject({ at: instantAt(monday, '09:13') })
  })

  it('needs no other part of the day where there is only one', () => {
    const at = instantAt(monday, '03:00')
    expect(nextDial([tried('no_answer', at)], [own], defaultRetryPlan, anyHour, at)).toMatchObject({
      at: minutesAfter(at, 120),
    })
  })

  it('does not wait for a window that never opens', () => {
    const at = instantAt(monday, '09:00')
    const again = nextDial([tried('busy', at)], [own], defaultRetryPlan, { ...hospital, periods: [] }, at)
    expect(again).toMatchObject({ type: 'again', at: minutesAfter(at, 25) })
  })
})

describe('how often', () => {
  it('a refused call is dialled again exactly as often as configured, then the task has failed as rejected', () => {
    for (const maxTimes of [0, 1, 2]) {
      const rules = defaultRetryPlan.rules.map((rule) => (rule.result === 'rejected' ? { ...rule, maxTimes } : rule))
      const plan = { ...defaultRetryPlan, rules }
      const attempts: PastAttempt[] = []
      for (let call = 0; call <= maxTimes; call += 1) {
        attempts.push(tried('rejected', minutesAfter(instantAt(monday, '09:00'), call * 1_440)))
        const next = oneNumber(plan, ...attempts)
        if (call < maxTimes)
          expect(next).toMatchObject({ at: minutesAfter(instantAt(monday, '09:01'), (call + 1) * 1_440) })
        else expect(next).toEqual({ type: 'over', reason: 'rejected' })
      }
    }
  })

  it('three rounds, on three days', () => {
    const days = [monday, tuesday, '2026-11-25']
    const attempts = days.map((day) => tried('powered_off', instantAt(day, '15:00')))
    expect(oneNumber(defaultRetryPlan, ...attempts)).toEqual({ type: 'over', reason: 'powered_off' })
  })
})

describe('which number', () => {
  it('is the relative after the own one, soon, then the own one again', () => {
    const at = instantAt(monday, '09:00')
    const first = nextDial([tried('no_answer', at)], [own, wife], defaultRetryPlan, hospital, at)
    expect(first).toEqual({ type: 'again', at: minutesAfter(at, 10), phoneNumberId: 'wife' })
    const both = [tried('no_answer', at), tried('no_answer', minutesAfter(at, 10), 'wife')]
    expect(nextDial(both, [own, wife], defaultRetryPlan, hospital, at)).toMatchObject({ phoneNumberId: 'own' })
  })

  it('is the same again when it was busy', () => {
    const at = instantAt(monday, '09:00')
    expect(nextDial([tried('busy', at)], [own, wife], defaultRetryPlan, hospital, at)).toMatchObject({
      phoneNumberId: 'own',
    })
  })

  it('is the next at once when one does not exist, and never that one again', () => {
    const at = instantAt(monday, '09:00')
    const invalid = [tried('invalid_number', at)]
    expect(nextDial(invalid, [own, wife], defaultRetryPlan, hospital, at)).toEqual({
      type: 'again',
      at,
      phoneNumberId: 'wife',
    })
    const later = [...invalid, tried('no_answer', at, 'wife')]
    expect(nextDial(later, [own, wife], defaultRetryPlan, hospital, at)).toMatchObject({ phoneNumberId: 'wife' })
    expect(nextDial(invalid, [own], defaultRetryPlan, hospital, at)).toEqual({ type: 'over', reason: 'invalid_number' })
  })

  it('is none where none is left', () => {
    const at = instantAt(monday, '09:00')
    expect(nextDial([tried('no_answer', at)], [], defaultRetryPlan, hospital, at)).toEqual({
      type: 'over',
      reason: 'no_number',
    })
  })
})

it('keeps every limit of the plan to the end, whatever the results, and comes to an end', () => {
  const results = fc.constantFrom<AttemptResult>(
    'no_answer',
    'busy',
    'rejected',
    'powered_off',
    'machine',
    'partial',
    'restart',
    'congestion',
    'invalid_number',
  )
  fc.assert(
    fc.property(fc.array(results, { minLength: 60, maxLength: 60 }), fc.nat({ max: 14 * 1_440 }), (script, start) => {
      const attempts: PastAttempt[] = []
      let at = minutesAfter(instantAt(monday, '00:00'), start)
      let number = 'own'
      for (const result of script) {
        attempts.push(tried(result, at, number))
        const next = nextDial(attempts, [own, wife], defaultRetryPlan, hospital, at)
        if (next.type === 'over') break
        expect(next.at.getTime()).toBeGreaterThanOrEqual(at.getTime())
        expect(closedBy(hospital, next.at)).toBeNull()
        expect(periodAt(hospital, next.at)).not.toBeNull()
        at = next.at
        number = next.phoneNumberId
      }
      const counted = attempts.filter(counts)
      const perDay = Map.groupBy(counted, (attempt) => dayOf(attempt.at))
      expect(counted.length).toBeLessThanOrEqual(defaultRetryPlan.maxAttempts)
      // The first call of the script may lie anywhere; a round more is its day.
      expect(perDay.size).toBeLessThanOrEqual(defaultRetryPlan.maxRounds)
      for (const onDay of perDay.values()) expect(onDay.length).toBeLessThanOrEqual(defaultRetryPlan.maxPerDay)
    }),
  )
})
