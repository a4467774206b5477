import type { Ground } from '#platform/database/database.ts'
import { UserError } from '#platform/errors/errors.ts'
import type { Sight } from '../live/live-service.ts'
import { maskName, maskPhone, maskRecordNumber, nationalNumber } from '../live/person-mask.ts'
import { answerWords } from '../questionnaire/answer-words.ts'
import { type Questionnaire, questionnaireShape } from '../questionnaire/questionnaire.ts'
import './call-errors.ts'
import {
  answerRows,
  attemptNumber,
  callEventRows,
  callRow,
  callRows,
  callTotal,
  type PatientText,
  questionnaireOf,
} from './call-list-store.ts'
import type { CallDetail, CallItem, CallPage, CallSearch } from './call-schema.ts'

export interface CallListParts {
  readonly db: Ground
  /** Opens a sealed number (E.164). */
  readonly decrypt: (sealed: Buffer) => string
  /** Finds a number by its E.164 text without opening any. */
  readonly hmacPhone: (e164: string) => Buffer
}

/** Calls that were made, for who looks for one. */
export class CallList {
  readonly #parts: CallListParts

  constructor(parts: CallListParts) {
    this.#parts = parts
  }

  async search(search: CallSearch, sight: Sight): Promise<CallPage> {
    const patient = this.#patientText(search.patient)
    const [rows, total] = await Promise.all([
      callRows(this.#parts.db, search, patient),
      callTotal(this.#parts.db, search, patient),
    ])
    return { total, calls: rows.map((row) => this.#item(row, sight)) }
  }

  /** @throws UserError CALL_UNKNOWN */
  async detail(attemptId: string, sight: Sight): Promise<CallDetail> {
    const { db } = this.#parts
    const row = await callRow(db, attemptId)
    if (row === undefined) throw new UserError('CALL_UNKNOWN')
    const [number, events, answers, definition] = await Promise.all([
      attemptNumber(db, row.taskId, attemptId),
      callEventRows(db, attemptId),
      answerRows(db, attemptId),
      questionnaireOf(db, row.taskId),
    ])
    const questionnaire = questionnaireShape.Check(definition) ? definition : null
    return {
      call: this.#item(row, sight),
      number,
      respondent: answers[0]?.respondent ?? null,
      hangupBy: row.hangupBy,
      network: { sipStatus: row.sipStatus, sipReason: row.sipReason, q850: row.q850, earlyMedia: row.earlyMedia },
      answers: answers.map(({ questionId, value, keys, at }) => {
        const question = questionnaire?.questions.find(({ id }) => id === questionId)
        return {
          questionId,
          question: question?.text ?? { zh: questionId, en: questionId },
          answer: answerWords(question, value),
          keys,
          at: at.toISOString(),
        }
      }),
      events: events.map(({ seq, type, at, body }) => ({
        seq,
        type,
        at: at.toISOString(),
        body: bodyShown(type, body),
      })),
      questions: questionsOf(questionnaire),
    }
  }

  #item(row: NonNullable<Awaited<ReturnType<typeof callRow>>>, { clear }: Sight): CallItem {
    const phone = this.#parts.decrypt(row.ciphertext)
    const { encounterNo, answeredAt, endedAt, recordingId, recordingState } = row
    return {
      attemptId: row.attemptId,
      at: row.createdAt.toISOString(),
      campaign: row.campaign,
      name: clear ? row.name : maskName(row.name),
      phone: clear ? nationalNumber(phone) : maskPhone(phone),
      recordNumber: encounterNo === null || clear ? encounterNo : maskRecordNumber(encounterNo),
      department: row.department,
      state: row.state,
      result: row.result,
      outcome: row.outcome,
      talkSeconds: answeredAt === null || endedAt === null ? null : (endedAt.getTime() - answeredAt.getTime()) / 1000,
      recording:
        recordingId === null || recordingState === null
          ? null
          : { id: recordingId, state: recordingState, durationMs: row.durationMs },
    }
  }

  #patientText(typed: string | undefined): PatientText | null {
    const text = typed?.trim() ?? ''
    if (text === '') return null
    if (/^\d{4}$/.test(text)) return { kind: 'last4', last4: text }
    if (/^1\d{10}$/.test(text)) return { kind: 'number', hmac: this.#parts.hmacPhone(`+86${text}`) }
    if (/^0\d{9,11}$/.test(text)) return { kind: 'number', hmac: this.#parts.hmacPhone(`+86${text.slice(1)}`) }
    return { kind: 'text', text }
  }
}

function questionsOf(questionnaire: Questionnaire | null): CallDetail['questions'] {
  return questionnaire?.questions.map(({ id, text }) => ({ id, text })) ?? []
}

/** Addresses of legs and files are the house's own business. */
function bodyShown(type: string, body: Record<string, unknown>): Record<string, unknown> {
  const { ref: _ref, path: _path, type: _type, ...shown } = body
  return type === 'invited' ? {} : shown
}
