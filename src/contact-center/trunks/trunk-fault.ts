import type { DialFailure } from '#telephony/telephony.ts'

/**
 * What the network's answer to a call most likely means for who has set up the trunk. The patient's side is the table
 * `attempt-result`; here one asks whether line, number and credentials are right.
 */
export type TrunkFault =
  | 'no_reply'
  | 'credentials'
  | 'caller_refused'
  | 'number_unknown'
  | 'number_changed'
  | 'busy'
  | 'no_answer'
  | 'off'
  | 'rejected'
  | 'codec'
  | 'full'
  | 'own_server'
  | 'own_media'
  | 'other'

export interface NetworkAnswer {
  readonly cause: DialFailure['cause']
  readonly sipStatus: number | null
  readonly q850: number | null
}

const byCause = { cancelled: 'other', lost: 'own_server', no_media: 'own_media', no_reply: 'no_reply' } as const

/** Asked first: these say more than the cause beside them. */
const byStatus: Readonly<Record<number, TrunkFault>> = {
  401: 'credentials',
  403: 'caller_refused',
  407: 'credentials',
  415: 'codec',
  488: 'codec',
  606: 'codec',
}

const byQ850: Readonly<Record<number, TrunkFault>> = {
  1: 'number_unknown',
  17: 'busy',
  18: 'no_answer',
  19: 'no_answer',
  20: 'off',
  21: 'rejected',
  22: 'number_changed',
  28: 'number_unknown',
  34: 'full',
  38: 'full',
  41: 'full',
  42: 'full',
  65: 'codec',
  88: 'codec',
}

const byOtherStatus: Readonly<Record<number, TrunkFault>> = {
  404: 'number_unknown',
  408: 'no_reply',
  410: 'number_changed',
  480: 'no_answer',
  484: 'number_unknown',
  486: 'busy',
  487: 'no_answer',
  503: 'full',
  600: 'busy',
  603: 'rejected',
  604: 'number_unknown',
}

/** Source: RFC 3261 §21, RFC 3398 §7.2.4.1, Q.850. */
export function trunkFault({ cause, sipStatus, q850 }: NetworkAnswer): TrunkFault {
  if (cause === 'ring_timeout') return sipStatus === null ? 'no_reply' : 'no_answer'
  if (cause !== 'refused') return byCause[cause]
  return byStatus[sipStatus ?? 0] ?? byQ850[q850 ?? 0] ?? byOtherStatus[sipStatus ?? 0] ?? 'other'
}
