import type { SupervisionMode } from '#telephony/telephony.ts'

export const supervisionModes = ['monitor', 'coach', 'barge'] as const satisfies readonly SupervisionMode[]

/** Why a supervision is over. */
export type SupervisionEnd = 'left' | 'leg_lost' | 'call_over' | 'taken_over' | 'failed' | 'not_allowed'

/** The reason of the break that a supervisor's own seat is on meanwhile. */
export const supervisingReason = 'supervising'

/**
 * Whether the agent's page says that a supervisor is in the call so: who is heard is shown, who listens only is not
 * (requirements A07, A08).
 */
export function isShownToAgent(mode: SupervisionMode): boolean {
  return mode !== 'monitor'
}
