import type { Actor } from '#platform/audit/audit-store.ts'
import type { Ground } from '#platform/database/database.ts'
import { UserError } from '#platform/errors/errors.ts'
import type { Sight } from '../live/live-service.ts'
import './call-errors.ts'
import type { PatientText } from './call-list-store.ts'
import { countLookUp } from './masked-look-up.ts'

interface LookUpParts {
  readonly db: Ground
  /** Finds a number by its E.164 text without opening any. */
  readonly hmacPhone: (e164: string) => Buffer
}

/**
 * What was typed to find a patient, told apart. Who sees people masked finds them by what is shown (the last four
 * digits) or by a whole number, so many times an hour.
 * @throws UserError CALL_LOOK_UP_MASKED, CALL_LOOK_UP_TOO_OFTEN
 */
export async function lookedFor(
  { db, hmacPhone }: LookUpParts,
  typed: string | undefined,
  { clear }: Sight,
  actor: Actor,
): Promise<PatientText | null> {
  const patient = patientText(typed, hmacPhone)
  if (clear || patient === null || patient.kind === 'last4') return patient
  if (patient.kind === 'number') {
    await countLookUp(db, actor, 'number')
    return patient
  }
  if (!/\d/.test(patient.text)) throw new UserError('CALL_LOOK_UP_MASKED')
  await countLookUp(db, actor, 'record')
  return { kind: 'record', text: patient.text }
}

function patientText(typed: string | undefined, hmacPhone: LookUpParts['hmacPhone']): PatientText | null {
  const text = typed?.trim() ?? ''
  if (text === '') return null
  if (/^\d{4}$/.test(text)) return { kind: 'last4', last4: text }
  if (/^1\d{10}$/.test(text)) return { kind: 'number', hmac: hmacPhone(`+86${text}`) }
  if (/^0\d{9,11}$/.test(text)) return { kind: 'number', hmac: hmacPhone(`+86${text.slice(1)}`) }
  return { kind: 'text', text }
}
