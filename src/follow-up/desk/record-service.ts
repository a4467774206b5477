import { type Actor, writeAudit } from '#platform/audit/audit-store.ts'
import type { Session } from '#platform/auth/auth-service.ts'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { UserError } from '#platform/errors/errors.ts'
import { windowOfProgramme } from '../calling/calling-rule-store.ts'
import { dayOf } from '../calling/hospital-day.ts'
import { type Questionnaire, questionnaireShape } from '../questionnaire/questionnaire.ts'
import '../tasks/task-errors.ts'
import { ownForm } from '../tasks/task-store.ts'
import { progressOf, shownAnswers } from './desk-form.ts'
import type { DeskRecord, SharerCard } from './desk-schema.ts'
import { ageOn, maskFor, personCard } from './person-card.ts'
import {
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
      const card = await personCard(
        tx,
        facts,
        { rights: reader.rights, decrypt: this.#parts.decrypt },
        {
          name: maskFor(reader.rights, this.#parts.decrypt).name(facts.name),
          phoneNumberId: head.phoneNumberId,
          besides: null,
          taskId: null,
        },
      )
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
    const mask = maskFor(reader.rights, this.#parts.decrypt)
    // Who calls a patient asks for the patient by name.
    const name = isNamed(head) ? head.name : mask.name(head.name)
    const card = await personCard(
      tx,
      head,
      { rights: reader.rights, decrypt: this.#parts.decrypt },
      {
        name,
        phoneNumberId: head.phoneNumberId,
        besides: head.reserved === null ? null : head.attemptId,
        taskId: head.taskId,
      },
    )
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
