import type { GroundTransaction } from '#platform/database/database.ts'
import { dayOf } from '../calling/hospital-day.ts'
import { maskName, maskRecordNumber, openedPhone } from '../live/person-mask.ts'
import { answerWords } from '../questionnaire/answer-words.ts'
import { questionnaireShape } from '../questionnaire/questionnaire.ts'
import type { SharerCard } from './desk-schema.ts'
import { encounterRows, type PatientFacts, pastCallRows, pastFormRows, phoneRows } from './record-store.ts'

/** Who looks: what is masked, and whether recordings may be played. */
export interface CardReader {
  readonly rights: ReadonlySet<string>
  /** Opens a sealed number (E.164). */
  readonly decrypt: (sealed: Buffer) => string
}

export interface CardOptions {
  /** As it is to be shown. */
  readonly name: string
  /** The number of the reader's call. */
  readonly phoneNumberId: string | null
  /** The reader's own call: it is no earlier one. */
  readonly besides: string | null
  /** Whose form in hand is no earlier one. */
  readonly taskId: string | null
  /** All that is known, not only what one reads beside a call. */
  readonly whole?: boolean
}

/** How what tells who somebody is may be masked. */
export interface Mask {
  readonly name: (text: string) => string
  readonly record: (text: string) => string
  readonly phone: (sealed: Buffer) => string
}

/** A patient with what went before, as the reader may see it. */
export async function personCard(
  tx: GroundTransaction,
  facts: PatientFacts,
  { rights, decrypt }: CardReader,
  { name, phoneNumberId, besides, taskId, whole = false }: CardOptions,
): Promise<SharerCard> {
  const mask = maskFor(rights, decrypt)
  const { patientId, sex, birthDate, patientNo, idLast4, vip, deceased, tags, now } = facts
  const phones = await phoneRows(tx, patientId)
  const encounters = await encounterRows(tx, patientId, whole ? 100 : 5)
  const calls = await pastCallRows(tx, patientId, besides, whole ? 200 : 20)
  const forms = await pastFormRows(tx, patientId, taskId, whole ? 100 : 10)
  return {
    patient: {
      id: patientId,
      name,
      sex,
      age: ageOn(dayOf(now), birthDate),
      patientNo: patientNo === null ? null : mask.record(patientNo),
      idMasked: idLast4 === null ? null : `**************${idLast4}`,
      vip,
      deceased,
      tags: [...tags],
      phones: phones.map(({ phoneNumberId: id, relation, relationWord, contactName, last4, ciphertext, ...state }) => ({
        id,
        relation,
        relationWord,
        contactName: contactName === null ? null : mask.name(contactName),
        number: mask.phone(ciphertext),
        last4,
        current: id === phoneNumberId,
        unusable: state.wrongPerson ? 'wrong_person' : state.flag,
      })),
    },
    encounters: encounters.map(({ id: _id, encounterNo, diagnoses, operations, ...stay }) => ({
      ...stay,
      encounterNo: mask.record(encounterNo),
      diagnoses: [...diagnoses],
      operations: [...operations],
    })),
    calls: calls.map(({ at, recordingId, ...call }) => ({
      ...call,
      at: at.toISOString(),
      recordingId: rights.has('recording.play') ? recordingId : null,
    })),
    responses: forms.map(pastForm),
  }
}

export function maskFor(rights: ReadonlySet<string>, decrypt: CardReader['decrypt']): Mask {
  const clear = rights.has('patient.clear')
  return {
    name: (text) => (clear ? text : maskName(text)),
    record: (text) => (clear ? text : maskRecordNumber(text)),
    phone: (sealed) => openedPhone(decrypt, sealed, { clear }),
  }
}

function pastForm({
  id,
  at,
  attemptId,
  setAside,
  state,
  respondent,
  title,
  definition,
  answers,
}: Awaited<ReturnType<typeof pastFormRows>>[number]) {
  const questions = questionnaireShape.Check(definition) ? definition.questions : []
  // In the order of the form; what it does not know any more comes last.
  const place = (questionId: string) => {
    const index = questions.findIndex((question) => question.id === questionId)
    return index === -1 ? questions.length : index
  }
  const given = Object.entries(answers).sort(([a], [b]) => place(a) - place(b))
  return {
    id,
    at: at.toISOString(),
    attemptId,
    setAside,
    state,
    respondent,
    questionnaire: title,
    answers: given.map(([questionId, value]) => {
      const question = questions.find((one) => one.id === questionId)
      const words = question?.text ?? { zh: questionId, en: questionId }
      return { questionId, question: words, answer: answerWords(question, value) }
    }),
  }
}

/** Whole years lived on a day; null where the birthday is not known, or lies ahead. */
export function ageOn(day: string, birthDate: string | null): number | null {
  if (birthDate === null || birthDate > day) return null
  const years = Number(day.slice(0, 4)) - Number(birthDate.slice(0, 4))
  return day.slice(5) < birthDate.slice(5) ? years - 1 : years
}
