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
import { ownForm } from '../tasks/task-store.ts'
import { progressOf, shownAnswers } from './desk-form.ts'
import type { DeskRecord, SharerCard } from './desk-schema.ts'
import {
  encounterRows,
  type PatientFacts,
  pastCallRows,
  pastFormRows,
  phoneRows,
  questionnaireChoices,
  type RecordHead,
  recordHead,
  type SummaryVersion,
  sharer,
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
   * Another patient on the number of the reader's call: to be read, while call, task and form stay the dialled patient's.
   * Masked by right, also the name. For who may open the task's record, and written to the audit trail as that is.
   * Source: requirements D08.
   * @throws UserError DESK_NOT_YOURS, TASK_UNKNOWN, DESK_NOT_SHARED
   */
  openSharer(
    { taskId, patientId }: { readonly taskId: string; readonly patientId: string },
    reader: Reader,
    actor: Actor,
  ): Promise<SharerCard> {
    return this.#look(taskId, reader, actor, async (tx, head) => {
      const facts = patientId === head.patientId ? null : await sharer(tx, head.phoneNumberId, patientId)
      if (facts === null) throw new UserError('DESK_NOT_SHARED')
      const card = await this.#card(tx, facts, reader, {
        name: this.#maskFor(reader).name(facts.name),
        phoneNumberId: head.phoneNumberId,
        besides: null,
        taskId: null,
      })
      return { read: card, whose: patientId, nameClear: reader.rights.has('patient.clear') }
    })
  }

  /**
   * One look at the rows, written to the audit trail in the same transaction. Whoever has the task's call at the seat may
   * look for as long as that lasts, and sees the patient's name in the clear: at once where the dialler chose the patient,
   * with the answer where the agent did, who could else read through the names by dialling and hanging up. Whoever is
   * shown the task before a call may look too, masked by right; others need the right `call.read`.
   * @throws UserError DESK_NOT_YOURS, TASK_UNKNOWN
   */
  open(taskId: string, reader: Reader, actor: Actor): Promise<DeskRecord> {
    return this.#look(taskId, reader, actor, async (tx, head) => ({
      read: await this.#record(tx, head, reader),
      whose: head.patientId,
      nameClear: reader.rights.has('patient.clear') || isNamed(head),
    }))
  }

  async #look<T>(
    taskId: string,
    reader: Reader,
    actor: Actor,
    read: (
      tx: GroundTransaction,
      head: RecordHead,
    ) => Promise<{ readonly read: T; readonly whose: string; readonly nameClear: boolean }>,
  ): Promise<T> {
    const { db } = this.#parts
    const opened = await db
      .transaction()
      .setIsolationLevel('repeatable read')
      .execute(async (tx) => {
        const head = await recordHead(tx, taskId, reader.accountId)
        const allowed = head?.reserved != null || head?.previewing === true || reader.rights.has('call.read')
        if (!allowed || head === null)
          return { refused: allowed ? ('TASK_UNKNOWN' as const) : ('DESK_NOT_YOURS' as const) }
        const { read: record, whose, nameClear } = await read(tx, head)
        await writeAudit(tx, {
          actor,
          action: 'record.opened',
          object: { kind: 'patient', id: whose },
          outcome: 'ok',
          detail: {
            taskId,
            attemptId: head.attemptId,
            reserved: head.reserved,
            clear: reader.rights.has('patient.clear'),
            nameClear,
            ...(whose === head.patientId ? {} : { sharesNumberWith: head.patientId }),
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

  async #record(tx: GroundTransaction, head: RecordHead, reader: Reader): Promise<DeskRecord> {
    const mask = this.#maskFor(reader)
    // Who calls a patient asks for the patient by name.
    const name = isNamed(head) ? head.name : mask.name(head.name)
    const card = await this.#card(tx, head, reader, {
      name,
      phoneNumberId: head.phoneNumberId,
      besides: head.reserved === null ? null : head.attemptId,
      taskId: head.taskId,
    })
    const today = dayOf(head.now)
    const sharers = await sharerRows(tx, head.phoneNumberId, head.patientId)
    const questionnaires = await questionnaireChoices(tx, head.taskId)
    const skips = await skipRows(tx, head.taskId)
    const versions = await summaryVersions(tx, head.attemptId)
    const { periods } = await windowOfProgramme(tx, head.programmeId)
    const questionnaire = questionnaireShape.Check(head.definition) ? head.definition : null
    const own = await ownForm(tx, head.taskId)
    return {
      task: { id: head.taskId, state: head.taskState, programme: head.programme, dueOn: head.dueOn },
      call: callOf(head),
      ...card,
      sharedWith: sharers.map(({ name: sharerName, birthDate, ...one }) => ({
        ...one,
        name: mask.name(sharerName),
        age: ageOn(today, birthDate),
      })),
      skips: skips.map(({ at, ...skip }) => ({ ...skip, at: at.toISOString() })),
      ...formOf(head, questionnaire),
      nameWithheld: head.chosen && name !== head.name,
      ownComplete: own.questionnaire === null || progressOf(own.questionnaire, own.answers).complete,
      questionnaires: [...questionnaires],
      script: scriptFor(questionnaire, { name, site: head.site }),
      ...summaryOf(versions),
      callingHours: periods.map(({ opens, closes }) => ({ opens, closes })),
    }
  }

  /** A patient with what went before, as the reader may see it. */
  async #card(
    tx: GroundTransaction,
    facts: PatientFacts,
    { rights }: Pick<Reader, 'rights'>,
    { name, phoneNumberId, besides, taskId }: CardOptions,
  ): Promise<SharerCard> {
    const mask = this.#maskFor({ rights })
    const { patientId, sex, birthDate, patientNo, idLast4, vip, deceased, tags, now } = facts
    const phones = await phoneRows(tx, patientId)
    const encounters = await encounterRows(tx, patientId)
    const calls = await pastCallRows(tx, patientId, besides)
    const forms = await pastFormRows(tx, patientId, taskId)
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
        phones: phones.map(
          ({ phoneNumberId: id, relation, relationWord, contactName, last4, ciphertext, ...state }) => ({
            id,
            relation,
            relationWord,
            contactName: contactName === null ? null : mask.name(contactName),
            number: mask.phone(ciphertext),
            last4,
            current: id === phoneNumberId,
            unusable: state.wrongPerson ? 'wrong_person' : state.flag,
          }),
        ),
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

  #maskFor({ rights }: Pick<Reader, 'rights'>): Mask {
    const clear = rights.has('patient.clear')
    return {
      name: (text) => (clear ? text : maskName(text)),
      record: (text) => (clear ? text : maskRecordNumber(text)),
      phone: (sealed) => {
        const number = this.#parts.decrypt(sealed)
        return clear ? nationalNumber(number) : maskPhone(number)
      },
    }
  }
}

interface CardOptions {
  /** As it is to be shown. */
  readonly name: string
  /** The number of the reader's call. */
  readonly phoneNumberId: string | null
  /** The reader's own call: it is no earlier one. */
  readonly besides: string | null
  /** Whose form in hand is no earlier one. */
  readonly taskId: string | null
}

/** How what tells who somebody is may be mask. */
interface Mask {
  readonly name: (text: string) => string
  readonly record: (text: string) => string
  readonly phone: (sealed: Buffer) => string
}

function callOf({ attemptId, reserved, handedOver }: RecordHead): DeskRecord['call'] {
  if (attemptId === null) return null
  const writable = (reserved === 'accepted' || reserved === 'wrapping') && !handedOver
  return { attemptId, reservation: reserved, writable }
}

/** The reader talks with the patient, or is about to by the dialler's choice. */
function isNamed({ reserved, chosen }: RecordHead): boolean {
  return reserved !== null && !chosen
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
