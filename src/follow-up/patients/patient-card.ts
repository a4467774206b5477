import { type Actor, writeAudit } from '#platform/audit/audit-store.ts'
import type { Session } from '#platform/auth/auth-service.ts'
import type { Ground } from '#platform/database/database.ts'
import { UserError } from '#platform/errors/errors.ts'
import type { Secrets } from '#platform/secrets.ts'
import { dayOf } from '../calling/hospital-day.ts'
import { lookedFor } from '../calls/looked-for.ts'
import { ageOn, maskFor, personCard } from '../desk/person-card.ts'
import './patient-errors.ts'
import type { PatientCard, PatientPage, PatientSearch } from './patient-schema.ts'
import {
  cardHead,
  cardNumbers,
  cardTasks,
  consentRows,
  foundRows,
  leftOutRows,
  newsRows,
  refusalRows,
} from './patient-store.ts'

export interface PeopleParts {
  readonly db: Ground
  readonly secrets: Secrets
}

type Reader = Pick<Session, 'rights'>

/**
 * Patients, those that were brought last first.
 * @throws UserError CALL_LOOK_UP_MASKED, CALL_LOOK_UP_TOO_OFTEN
 */
export async function searchPatients(
  { db, secrets }: PeopleParts,
  { patient: typed, deceased, before, limit }: PatientSearch,
  { rights }: Reader,
  actor: Actor,
): Promise<PatientPage> {
  const sight = { clear: rights.has('patient.clear') }
  const hmacPhone = (e164: string) => secrets.hmacPhone(e164)
  const patient = await lookedFor({ db, hmacPhone }, withoutGaps(typed), sight, actor)
  const rows = await foundRows(db, patient, { deceased: deceased === true, before: before ?? null, limit })
  const page = rows.slice(0, limit)
  const mask = maskFor(rights, (sealed) => secrets.decrypt(sealed))
  await writeAudit(db, {
    actor,
    action: 'patient.listed',
    outcome: 'ok',
    detail: {
      by: patient?.kind ?? null,
      deceased: deceased === true,
      further: before !== undefined,
      ...sight,
      found: page.length,
    },
  })
  return {
    patients: page.map(({ encounterNo, birthDate, sealed, now, name, ...row }) => ({
      ...row,
      name: mask.name(name),
      age: ageOn(dayOf(now), birthDate),
      recordNumber: encounterNo === null ? null : mask.record(encounterNo),
      phone: sealed === null ? null : mask.phone(sealed),
    })),
    next: rows.length > page.length ? (page.at(-1)?.id ?? null) : null,
  }
}

/** A number as one writes it on paper is one. */
function withoutGaps(typed: string | undefined): string | undefined {
  const digits = typed?.replace(/[\s-]/g, '')
  return digits !== undefined && /^(1\d{10}|0\d{9,11})$/.test(digits) ? digits : typed
}

/**
 * Everything that is known of a patient, as one look at the rows. That it was opened is written to the audit trail in the
 * same transaction, as the record at the seat.
 * @throws UserError PATIENT_UNKNOWN
 */
export async function openCard(
  { db, secrets }: PeopleParts,
  patientId: string,
  { rights }: Reader,
  actor: Actor,
): Promise<PatientCard> {
  const decrypt = (sealed: Buffer) => secrets.decrypt(sealed)
  const mask = maskFor(rights, decrypt)
  const clear = rights.has('patient.clear')
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (tx) => {
      const head = await cardHead(tx, patientId)
      if (head === null) throw new UserError('PATIENT_UNKNOWN')
      const shown = { name: mask.name(head.name), phoneNumberId: null, besides: null, taskId: null, whole: true }
      const card: PatientCard = {
        record: await personCard(tx, head, { rights, decrypt }, shown),
        deceasedAt: head.deceasedAt?.toISOString() ?? null,
        deceasedOn: head.deceasedOn,
        numbers: (await cardNumbers(tx, patientId)).map(({ sealed, contactName, ...number }) => ({
          ...number,
          contactName: contactName === null ? null : mask.name(contactName),
          number: mask.phone(sealed),
          wrongPersonAt: iso(number.wrongPersonAt),
          reachedAt: iso(number.reachedAt),
          addedAt: number.addedAt.toISOString(),
          removedAt: iso(number.removedAt),
        })),
        tasks: (await cardTasks(tx, patientId)).map((task) => ({
          ...task,
          dueAt: task.dueAt.toISOString(),
          expiresAt: task.expiresAt.toISOString(),
        })),
        leftOut: [...(await leftOutRows(tx, patientId))],
        consents: (await consentRows(tx, patientId)).map((consent) => ({
          ...consent,
          // Of a list: who declared it for its rows. Else the patient, or who may speak for him.
          declaredBy:
            consent.declaredBy === null || consent.source === 'import'
              ? consent.declaredBy
              : mask.name(consent.declaredBy),
          at: consent.at.toISOString(),
          liftedAt: iso(consent.liftedAt),
        })),
        refusals: (await refusalRows(tx, patientId)).map(({ sealed, ...refusal }) => ({
          ...refusal,
          number: sealed === null ? null : mask.phone(sealed),
          since: refusal.since.toISOString(),
          until: iso(refusal.until),
          liftedAt: iso(refusal.liftedAt),
        })),
        news: (await newsRows(tx, patientId)).map((one) => ({
          ...one,
          at: one.at.toISOString(),
          takenBackAt: iso(one.takenBackAt),
        })),
      }
      await writeAudit(tx, {
        actor,
        action: 'record.opened',
        object: { kind: 'patient', id: patientId },
        outcome: 'ok',
        detail: { by: 'card', clear, nameClear: clear },
      })
      return card
    })
}

function iso(at: Date | null): string | null {
  return at?.toISOString() ?? null
}
