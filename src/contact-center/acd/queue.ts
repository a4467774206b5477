/** A team's callers who wait for one of its agents (vocabulary: queue). */
export interface Queue {
  readonly id: string
  readonly siteId: string
  readonly name: string
  readonly teamId: string
  /** How long a patient waits before we apologise and call back. */
  readonly waitLimitSeconds: number
}

/**
 * Why a caller left a queue (vocabulary). `join_empty`: no agent was signed in; `leave_empty`: the last one signed out
 * meanwhile; `withdrawn`: our end of the call was lost.
 */
export type LeftReason =
  | 'connected'
  | 'abandoned'
  | 'timeout'
  | 'exit_key'
  | 'join_empty'
  | 'leave_empty'
  | 'full'
  | 'withdrawn'
