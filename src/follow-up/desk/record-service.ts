import { type Actor, writeAudit } from '#platform/audit/audit-store.ts'
import type { Session } from '#platform/auth/auth-service.ts'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { UserError } from '#platform/errors/errors.ts'
import { windowOfProgramme } from '../calling/calling-rule-store.ts'
import { dayOf } from '../calling/hospital-day.ts'
import { maskName, maskPhone, maskRecordNumber, nationalNumber } from '../live/person-mask.ts'
import { answerWords } from '../questionnaire/answer-words.ts'
import { type Questionnaire, questionnaireShape } from '../questionnaire/questionnaire.ts'
import '../tasks/task-errors.ts'
import { progressOf, shownAnswers } from './desk-form.ts'
import type { DeskRecord } from './desk-schema.ts'
import {
  encounterRows,
  pastCallRows,
  pastFormRows,
  phoneRows,
  type RecordHead,
  recordHead,
  type SummaryVersion,
  sharerRows,
  skipRows,
  summaryVersions,
} from './record-store.ts'
import { scriptFor } from './script.ts'
import './desk-errors.ts'

export interface PatientRecordsParts {
  readonly db: Ground
  /** Opens a sealed number (E.164). */
  readonly decrypt: (sealed: Buffer) => string
}

type Reader = Pick<Session, 'accountId' | 'rights'>

/**
 * The patient's record as it stands beside a call: who it is, stays, earlier calls and forms, and this task's form
 * (requirements D01–D06, D08, D10, D11).
 */
export class PatientRecords {
  readonly #parts: PatientRecordsParts

  constructor(parts: PatientRecordsParts) {
    this.#parts = parts
  }

  /**
   * One look at the rows, written to the audit trail in the same transaction. Whoever has the task's call at the seat may
   * look for as long as that lasts, and sees the patient's name in the clear; so may whoever is shown the task before a
   * call, masked by right; others need the right `call.read`.
   * @throws UserError DESK_NOT_YOURS, TASK_UNKNOWN
   */
  async open(taskId: string, reader: Reader, actor: Actor): Promise<DeskRecord> {
    const { db } = this.#parts
    const opened = await db
      .transaction()
      .setIsolationLevel('repeatable read')
      .execute(async (tx) => {
        const head = await recordHead(tx, taskId, reader.accountId)
        const allowed = head?.reserved != null || head?.previewing === true || reader.rights.has('call.read')
        if (!allowed || head === null)
          return { refused: allowed ? ('TASK_UNKNOWN' as const) : ('DESK_NOT_YOURS' as const) }
        const record = await this.#record(tx, head, reader)
        await writeAudit(tx, {
          actor,
          action: 'record.opened',
          object: { kind: 'patient', id: head.patientId },
          outcome: 'ok',
          detail: {
            taskId,
            attemptId: head.attemptId,
            reserved: head.reserved,
            clear: reader.rights.has('patient.clear'),
            nameClear: reader.rights.has('patient.clear') || head.reserved !== null,
          },
        })
        return { record }
      })
    if ('record' in opened) return opened.record
    if (opened.refused === 'DESK_NOT_YOURS') {
      const object = { kind: 'task', id: taskId }
      await writeAudit(db, {
        actor,
        action: 'record.opened',
        object,
        outcome: 'denied',
        detail: { code: opened.refused },
      })
    }
    throw new UserError(opened.refused)
  }

  async #record(tx: GroundTransaction, head: RecordHead, { rights }: Reader): Promise<DeskRecord> {
    const clear = rights.has('patient.clear')
    const mask = {
      name: (text: string) => (clear ? text : maskName(text)),
      record: (text: string) => (clear ? text : maskRecordNumber(text)),
      phone: (sealed: Buffer) => {
        const number = this.#parts.decrypt(sealed)
        return clear ? nationalNumber(number) : maskPhone(number)
      },
    }
    // Who calls a patient asks for the patient by name.
    const patientName = head.reserved === null ? mask.name(head.name) : head.name
    const today = dayOf(head.now)
    const phones = await phoneRows(tx, head.patientId)
    const sharers = await sharerRows(tx, head.phoneNumberId, head.patientId)
    const encounters = await encounterRows(tx, head.patientId)
    const calls = await pastCallRows(tx, head.patientId, head.reserved === null ? null : head.attemptId)
    const forms = await pastFormRows(tx, head.patientId, head.taskId)
    const skips = await skipRows(tx, head.taskId)
    const versions = await summaryVersions(tx, head.attemptId)
    const { periods } = await windowOfProgramme(tx, head.programmeId)
    const questionnaire = questionnaireShape.Check(head.definition) ? head.definition : null
    return {
      task: { id: head.taskId, state: head.taskState, programme: head.programme, dueOn: head.dueOn },
      call: callOf(head),
      patient: {
        id: head.patientId,
        name: patientName,
        sex: head.sex,
        age: ageOn(today, head.birthDate),
        patientNo: head.patientNo === null ? null : mask.record(head.patientNo),
        idMasked: head.idLast4 === null ? null : `**************${head.idLast4}`,
        vip: head.vip,
        deceased: head.deceased,
        tags: [...head.tags],
        phones: phones.map(({ phoneNumberId, relation, relationWord, contactName, last4, ciphertext, ...state }) => ({
          id: phoneNumberId,
          relation,
          relationWord,
          contactName: contactName === null ? null : mask.name(contactName),
          number: mask.phone(ciphertext),
          last4,
          current: phoneNumberId === head.phoneNumberId,
          unusable: state.wrongPerson ? 'wrong_person' : state.flag,
        })),
      },
      sharedWith: sharers.map(({ name, birthDate, ...one }) => ({
        ...one,
        name: mask.name(name),
        age: ageOn(today, birthDate),
      })),
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
      skips: skips.map(({ at, ...skip }) => ({ ...skip, at: at.toISOString() })),
      ...formOf(head, questionnaire),
      script: scriptFor(questionnaire, { name: patientName, site: head.site }),
      ...summaryOf(versions),
      callingHours: periods.map(({ opens, closes }) => ({ opens, closes })),
    }
  }
}

function callOf({ attemptId, reserved, handedOver }: RecordHead): DeskRecord['call'] {
  if (attemptId === null) return null
  const writable = (reserved === 'accepted' || reserved === 'wrapping') && !handedOver
  return { attemptId, reservation: reserved, writable }
}

function formOf({ answers, respondent }: RecordHead, questionnaire: Questionnaire | null) {
  const progress =
    questionnaire === null ? { complete: true, next: null, findings: [] } : progressOf(questionnaire, answers)
  const { complete, next, findings } = progress
  const shown = Object.entries(shownAnswers(answers)).map(([id, value]) => [id, writable(value)] as const)
  return { questionnaire, answers: Object.fromEntries(shown), respondent, complete, next, findings: [...findings] }
}

/** A copy that the reply's type may own. */
function writable(value: string | number | readonly string[]): string | number | string[] {
  return typeof value === 'string' || typeof value === 'number' ? value : [...value]
}

/** Each version of the note that differs from the one before it, newest first. */
function summaryOf(versions: readonly SummaryVersion[]) {
  const [last] = versions
  const notes = versions.flatMap(({ version, note, by, at }, index) =>
    note === null || note === versions[index + 1]?.note ? [] : [{ version, note, by, at: at.toISOString() }],
  )
  return {
    outcome: last?.outcome ?? null,
    outcomeText: last?.outcomeText ?? null,
    note: last?.note ?? null,
    callbackAt: last?.callbackAt?.toISOString() ?? null,
    notes,
  }
}

function pastForm({
  at,
  state,
  respondent,
  title,
  definition,
  answers,
}: Awaited<ReturnType<typeof pastFormRows>>[number]) {
  const questions = questionnaireShape.Check(definition) ? definition.questions : []
  // In the order of the form; what it does not know any more comes last.
  const place = (id: string) => {
    const index = questions.findIndex((question) => question.id === id)
    return index === -1 ? questions.length : index
  }
  const given = Object.entries(answers).sort(([a], [b]) => place(a) - place(b))
  return {
    at: at.toISOString(),
    state,
    respondent,
    questionnaire: title,
    answers: given.map(([questionId, value]) => {
      const question = questions.find(({ id }) => id === questionId)
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
