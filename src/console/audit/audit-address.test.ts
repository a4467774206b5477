import { describe, expect, it } from 'vitest'
import { auditSearchOf, parseAuditAddress } from './audit-address.ts'

describe('the address of the audit page', () => {
  it('keeps what is well formed and drops the rest', () => {
    expect(parseAuditAddress({ from: '2026-11-22', outcome: 'denied', action: 'DROP TABLE', page: 3 })).toEqual({
      from: '2026-11-22',
      outcome: 'denied',
    })
  })

  it('asks for the hospital’s days, the last of them to its end', () => {
    expect(auditSearchOf({ from: '2026-11-22', to: '2026-11-22' })).toEqual({
      from: '2026-11-21T16:00:00.000Z',
      to: '2026-11-22T16:00:00.000Z',
      limit: 100,
    })
  })
})
