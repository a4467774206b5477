/**
 * What a person may be allowed to do. Which role holds which right is data (`role_right`, requirements §8.5); code
 * asks for rights only, never for roles.
 */
export const rights = [
  'live.read',
  'campaign.control',
  'import.read',
  'import.write',
  'call.read',
  /** Names and numbers in the clear; without it they are masked. */
  'patient.clear',
  'recording.play',
  'recording.download',
  'account.manage',
  'audit.read',
  'api.read',
  /** To sit at a seat: take calls, fill the form. */
  'seat.use',
  'team.manage',
  /** The seats, calls and queues of one's own teams. */
  'floor.read',
  /** To be in the calls of one's own teams, to take them over, to end them. */
  'call.supervise',
] as const

export type Right = (typeof rights)[number]

export const roles = ['agent', 'supervisor', 'qa', 'system_admin', 'security_admin', 'audit_admin'] as const

export type Role = (typeof roles)[number]

/** A right that a later release has taken away is none. */
export function isRight(text: string): text is Right {
  return rights.some((right) => right === text)
}
