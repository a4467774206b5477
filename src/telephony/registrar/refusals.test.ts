import { describe, expect, it } from 'vitest'
import { virtualClock } from '#platform/clock.ts'
import { createLog } from '#platform/log.ts'
import { Refusals } from './refusals.ts'

describe('refusals of phones', () => {
  it('by a scan are one line a burst, under however many names it comes', () => {
    const lines: string[] = []
    const log = createLog({ level: 'warn', destination: { write: (line: string) => void lines.push(line) } })
    const refusals = new Refusals(log, virtualClock('2026-11-22T08:00:00Z'))
    for (let i = 0; i < 1_000; i++) {
      const at = { address: '192.0.2.7', extension: String(1_000 + i) }
      refusals.note({ code: 'CALL_TARGET_UNKNOWN', method: 'INVITE', ...at })
      refusals.note({ code: 'REGISTER_ADDRESS_THROTTLED', method: 'REGISTER', ...at })
    }
    expect(lines).toHaveLength(2)
    expect(refusals.counts.get('CALL_TARGET_UNKNOWN')).toBe(1_000)
  })

  it('with a wrong password name each extension', () => {
    const lines: string[] = []
    const log = createLog({ level: 'warn', destination: { write: (line: string) => void lines.push(line) } })
    const refusals = new Refusals(log, virtualClock('2026-11-22T08:00:00Z'))
    for (const extension of ['8001', '8002', '8001']) {
      refusals.note({ code: 'REGISTER_WRONG_PASSWORD', method: 'REGISTER', address: '192.0.2.7', extension })
    }
    expect(lines).toHaveLength(2)
  })
})
