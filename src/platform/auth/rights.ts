/**
 * What a person may be allowed to do. Which role holds which right is data (`role_right`, requirements §8.5); code
 * asks for rights only, never for roles.
 */
export const rights = [
  'live.read',
  'campaign.control',
  /** Who is followed up, about what, when; counts, and no patient. */
  'programme.read',
  /** To make programmes, to publish their next version, to run and stop them. */
  'programme.manage',
  /** The ways to the telephone network and the numbers shown there; nothing of patients. */
  'trunk.manage',
  /** Questionnaires, their versions and sounds. */
  'questionnaire.read',
  /** To write questionnaires, record their prompts, publish versions. */
  'questionnaire.manage',
  /** What the flows say to patients, and in whose voice. */
  'voice.read',
  /** To put the hospital's own voice in the place of a shipped one, and to take it back. */
  'voice.manage',
  'import.read',
  'import.write',
  'call.read',
  /** Names and numbers in the clear; without it they are masked. */
  'patient.clear',
  /** To look patients up and open their cards. */
  'patient.read',
  /** To enter and take back what is known of a patient: death, consent, numbers. */
  'patient.change',
  'recording.play',
  'recording.download',
  /** To keep a recording from expiring, and to let it go again. */
  'recording.hold',
  /** How long recordings are kept, and the room there is. */
  'storage.manage',
  /** Accounts and their sessions, to look at. */
  'account.read',
  /** To make accounts and devices; not to say what they may do. */
  'account.manage',
  /** To say who holds which role, to unlock, to end others' sessions. */
  'account.authorise',
  'audit.read',
  'api.read',
  /** To sit at a seat: take calls, fill the form. */
  'seat.use',
  'team.manage',
  /** The seats, calls and queues of one's own teams. */
  'floor.read',
  /** To be in the calls of one's own teams, to take them over, to end them. */
  'call.supervise',
  /** Figures of a period and the rows they count. */
  'report.read',
  /** To take rows out of the house. */
  'report.export',
] as const

export type Right = (typeof rights)[number]

export const roles = ['agent', 'supervisor', 'qa', 'system_admin', 'security_admin', 'audit_admin'] as const

export type Role = (typeof roles)[number]

/** Kept apart (requirements §8.5): no account holds two of them, nor the last one with any other role. */
export const administratorRoles = ['system_admin', 'security_admin', 'audit_admin'] as const satisfies readonly Role[]

/** What no administrator's role ever holds; the database refuses the same (`administrators_apart`, `administrators_report_nothing`, requirements R13, R18). */
export const keptFromAdministrators = [
  'call.read',
  'call.supervise',
  'patient.clear',
  'patient.read',
  'patient.change',
  'recording.play',
  'recording.download',
  'recording.hold',
  'report.read',
  'report.export',
  'programme.manage',
] as const satisfies readonly Right[]

export function isAdministrator(held: readonly string[]): boolean {
  return administratorRoles.some((role) => held.includes(role))
}

/** Whether one account may hold these together; the database refuses the same (`user_role_apart`). */
export function mayBeHeldTogether(held: readonly Role[]): boolean {
  const administrators = administratorRoles.filter((role) => held.includes(role)).length
  return administrators <= 1 && (!held.includes('audit_admin') || new Set(held).size === 1)
}

/** A right that a later release has taken away is none. */
export function isRight(text: string): text is Right {
  return rights.some((right) => right === text)
}
