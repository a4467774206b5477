import { expect, it } from 'vitest'
import { daysOf, monthAfter, parseReportAddress } from './report-address.ts'

it('an address means a month, days, or this month', () => {
  expect(daysOf(parseReportAddress({ month: '2024-02' }), '2026-11-22')).toEqual({
    from: '2024-02-01',
    to: '2024-02-29',
  })
  expect(daysOf(parseReportAddress({ from: '2026-01-05', to: '2026-02-05' }), '2026-11-22')).toEqual({
    from: '2026-01-05',
    to: '2026-02-05',
  })
  expect(daysOf(parseReportAddress({ month: '2026-13', from: '2026-01-05' }), '2026-11-22')).toEqual({
    from: '2026-11-01',
    to: '2026-11-30',
  })
})

it('months go on over the turn of the year', () => {
  expect([monthAfter('2026-12', 1), monthAfter('2026-01', -1)]).toEqual(['2027-01', '2025-12'])
})
