import type { DialFailure } from '#telephony/telephony.ts'
import type { AttemptResult } from './call-event.ts'

/**
 * One row of the table that names what the network did. A row applies when every condition it states holds; the first
 * that applies wins. Rows are data, so that a hospital can follow the habits of its carrier (requirements §5.2, note:
 * Chinese mobile networks clear with general causes, and one vendor answers 486 for a refusal).
 */
export interface ResultRule {
  readonly cause?: DialFailure['cause']
  readonly q850?: readonly number[]
  readonly sip?: readonly number[]
  readonly earlyMedia?: boolean
  readonly rang?: boolean
  readonly result: AttemptResult
}

/**
 * The shipped table. Q.850 is asked before the SIP status, because gateways translate many causes into few statuses.
 * Source: vocabulary (attempt result), requirements §5.2, RFC 3398 §7.2.4.1.
 */
export const defaultResultRules: readonly ResultRule[] = [
  { cause: 'cancelled', result: 'cancelled' },
  { cause: 'lost', result: 'restart' },
  { cause: 'ring_timeout', result: 'no_answer' },
  { cause: 'no_reply', result: 'congestion' },
  // Congestion is dialled again at once and counts for no cap. A person whose telephone has rung is not left to that.
  { cause: 'no_media', rang: true, result: 'failed' },
  { cause: 'no_media', result: 'congestion' },
  { q850: [20], result: 'powered_off' },
  { q850: [1, 28], result: 'invalid_number' },
  { q850: [22], result: 'suspended_line' },
  { q850: [34, 38, 41, 42], rang: true, result: 'failed' },
  { q850: [34, 38, 41, 42], result: 'congestion' },
  { q850: [17], result: 'busy' },
  { q850: [21], result: 'rejected' },
  { q850: [18, 19], result: 'no_answer' },
  { q850: [3, 27], result: 'unreachable' },
  { sip: [404, 484, 604], result: 'invalid_number' },
  { sip: [486, 600], result: 'busy' },
  { sip: [603, 607, 608], result: 'rejected' },
  { sip: [408, 480, 487], result: 'no_answer' },
  { sip: [410], result: 'suspended_line' },
  { sip: [503], rang: true, result: 'failed' },
  { sip: [503], result: 'congestion' },
  { sip: [500, 502, 504], result: 'unreachable' },
  { result: 'failed' },
]

/** Names a dial that was not answered. `rules` must end with a row without conditions; `failed` stands in for it. */
export function attemptResult(
  failure: Pick<DialFailure, 'cause' | 'sipStatus' | 'q850' | 'earlyMedia' | 'rang'>,
  rules: readonly ResultRule[] = defaultResultRules,
): AttemptResult {
  for (const rule of rules) {
    if (rule.cause !== undefined && rule.cause !== failure.cause) continue
    if (rule.q850 !== undefined && (failure.q850 === null || !rule.q850.includes(failure.q850))) continue
    if (rule.sip !== undefined && (failure.sipStatus === null || !rule.sip.includes(failure.sipStatus))) continue
    if (rule.earlyMedia !== undefined && rule.earlyMedia !== failure.earlyMedia) continue
    if (rule.rang !== undefined && rule.rang !== failure.rang) continue
    return rule.result
  }
  return 'failed'
}
