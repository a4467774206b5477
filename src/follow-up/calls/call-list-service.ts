import { gradeOf } from '#contact-center/calls/call-quality.ts'
import type { Actor } from '#platform/audit/audit-store.ts'
import type { Ground } from '#platform/database/database.ts'
import { UserError } from '#platform/errors/errors.ts'
import type { Sight } from '../live/live-service.ts'
import { maskName, maskRecordNumber, openedPhone } from '../live/person-mask.ts'
import { formOf, questionnaireIn } from './answered-form.ts'
import './call-errors.ts'
import {
  answerRows,
  asideForms,
  attemptNumber,
  callEventRows,
  callRow,
  callRows,
  callTotal,
  choiceRows,
  holdsOf,
  namesOf,
  otherCallRows,
  questionnaireOf,
  recordingRows,
  type SeatLineRow,
  summaryNote,
} from './call-list-store.ts'
import type { CallChoices, CallDetail, CallItem, CallPage, CallReplay, CallSearch } from './call-schema.ts'
import { lookedFor } from './looked-for.ts'
import { markersOf, placesOf } from './replay.ts'

export interface CallListParts {
  readonly db: Ground
  /** Opens a sealed number (E.164). */
  readonly decrypt: (sealed: Buffer) => string
  /** Finds a number by its E.164 text without opening any. */
  readonly hmacPhone: (e164: string) => Buffer
}

/** Calls that were made, for who looks for one, and one call for who judges it. */
export class CallList {
  readonly #parts: CallListParts

  constructor(parts: CallListParts) {
    this.#parts = parts
  }

  /**
   * Who sees people masked finds them by what is shown (the last four digits) or by a whole number, so many times an hour.
   * @throws UserError CALL_LOOK_UP_MASKED, CALL_LOOK_UP_TOO_OFTEN
   */
  async search(search: CallSearch, sight: Sight, actor: Actor): Promise<CallPage> {
    const patient = await lookedFor(this.#parts, search.patient, sight, actor)
    const [rows, counted] = await Promise.all([
      callRows(this.#parts.db, search, patient),
      callTotal(this.#parts.db, search, patient),
    ])
    const page = rows.slice(0, search.limit)
    return {
      calls: page.map((row) => this.#item(row, sight)),
      next: rows.length > page.length ? (page.at(-1)?.attemptId ?? null) : null,
      ...counted,
    }
  }

  choices(): Promise<CallChoices> {
    return choiceRows(this.#parts.db)
  }

  /** @throws UserError CALL_UNKNOWN */
  async detail(attemptId: string, sight: Sight): Promise<CallDetail> {
    const { db } = this.#parts
    const row = await callRow(db, attemptId)
    if (row === undefined) throw new UserError('CALL_UNKNOWN')
    const [number, events, answers, definition, aside, others, note] = await Promise.all([
      attemptNumber(db, row.taskId, attemptId),
      this.#events(attemptId),
      answerRows(db, row.taskId),
      questionnaireOf(db, row.taskId),
      asideForms(db, row.taskId),
      otherCallRows(db, row.taskId, attemptId),
      summaryNote(db, attemptId),
    ])
    const inHand = answers.filter(({ asideId }) => asideId === null)
    const questionnaire = questionnaireIn(definition)
    return {
      call: this.#item(row, sight),
      taskId: row.taskId,
      patientId: row.patientId,
      number,
      respondent: inHand[0]?.respondent ?? null,
      note,
      hangupBy: row.hangupBy,
      network: { sipStatus: row.sipStatus, sipReason: row.sipReason, q850: row.q850, earlyMedia: row.earlyMedia },
      form: formOf(questionnaire, inHand),
      formTitle: questionnaire?.title ?? null,
      setAside: aside.flatMap(({ id, definition: asked }) => {
        const given = answers.filter(({ asideId }) => asideId === id)
        const before = questionnaireIn(asked)
        // One that was looked at and not answered says nothing.
        return given.length === 0 ? [] : [{ id, title: before?.title ?? null, form: formOf(before, given) }]
      }),
      others: others.map(({ attemptId: other, at, result }) => ({ attemptId: other, at: at.toISOString(), result })),
      events: events.map((event) => ({ ...event, at: event.at.toISOString() })),
    }
  }

  /** @throws UserError CALL_UNKNOWN */
  async replay(attemptId: string): Promise<CallReplay> {
    const { db } = this.#parts
    const row = await callRow(db, attemptId)
    if (row === undefined) throw new UserError('CALL_UNKNOWN')
    const [events, recordings, holds, answers, definition] = await Promise.all([
      this.#events(attemptId),
      recordingRows(db, attemptId),
      holdsOf(db, attemptId),
      answerRows(db, row.taskId),
      questionnaireOf(db, row.taskId),
    ])
    const given = answers.filter((answer) => answer.attemptId === attemptId)
    const markers = markersOf(events, given, recordings)
    const questionIds = formOf(questionnaireIn(definition), answers).map(({ questionId }) => questionId)
    return {
      parts: recordings.map(({ startedAt: _from, closedAt: _to, changedFoundAt, expiredAt, ...part }) => ({
        ...part,
        changed: changedFoundAt !== null,
        expiredAt: expiredAt?.toISOString() ?? null,
        hold: holds.get(part.id) ?? null,
      })),
      markers: markers.map(({ at: _at, ...marker }) => marker),
      places: [...placesOf(questionIds, markers)],
    }
  }

  /** With people by name. */
  async #events(attemptId: string) {
    const rows = await callEventRows(this.#parts.db, attemptId)
    const ids = new Set(rows.flatMap(({ body }) => peopleIn(body)))
    const names = await namesOf(this.#parts.db, [...ids])
    return rows.map(({ seq, type, at, body }) => ({ seq, type, at, body: bodyShown(type, body, names) }))
  }

  #item(row: NonNullable<Awaited<ReturnType<typeof callRow>>>, { clear }: Sight): CallItem {
    const { encounterNo, answeredAt, endedAt, recordingId, recordingState, agentNo, agentName } = row
    return {
      attemptId: row.attemptId,
      at: row.createdAt.toISOString(),
      campaign: row.campaign,
      programme: row.programme,
      agent: agentNo === null || agentName === null ? null : { name: agentName, agentNo },
      name: clear ? row.name : maskName(row.name),
      phone: openedPhone(this.#parts.decrypt, row.ciphertext, { clear }),
      recordNumber: encounterNo === null || clear ? encounterNo : maskRecordNumber(encounterNo),
      department: row.department,
      state: row.state,
      result: row.result,
      correctedResult: row.correctedResult,
      outcome: row.outcome,
      talkSeconds: answeredAt === null || endedAt === null ? null : (endedAt.getTime() - answeredAt.getTime()) / 1000,
      rating: row.rating,
      quality: qualityOf(row),
      agentLines: (row.seatLines ?? []).map(agentLine),
      recording:
        recordingId === null || recordingState === null
          ? null
          : {
              id: recordingId,
              state: recordingState,
              durationMs: row.durationMs,
              gapMs: row.gapMs,
              changed: row.changedFoundAt !== null,
            },
    }
  }
}

function qualityOf(row: {
  readonly mos: number | null
  readonly lossIn: number | null
  readonly lossOut: number | null
  readonly jitterInMs: number | null
  readonly jitterOutMs: number | null
  readonly roundTripMs: number | null
}): CallItem['quality'] {
  const { mos, lossIn, lossOut, jitterInMs, jitterOutMs, roundTripMs } = row
  if (mos === null || lossIn === null || jitterInMs === null) return null
  const line = { mos, lossIn, lossOut, jitterInMs, jitterOutMs, roundTripMs }
  return { grade: gradeOf(line), ...line }
}

function agentLine(line: SeatLineRow): CallItem['agentLines'][number] {
  const { agent, lossIn, lossOut, jitterInMs, jitterOutMs, roundTripMs } = line
  const figures = { lossIn, lossOut, jitterInMs, jitterOutMs, roundTripMs }
  return { grade: gradeOf({ mos: null, ...figures }), agent, ...figures }
}

/** Who did something, by the field that says so in the journal, and the field in which the page is told the name. */
const people = { agentId: 'agent', supervisorId: 'supervisor', by: 'by' } as const

function peopleIn(body: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.keys(people).flatMap((field) => {
    const id = body[field]
    return typeof id === 'string' && isId(id) ? [id] : []
  })
}

function isId(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)
}

/** Addresses of legs and files are the house's own business. */
function bodyShown(
  type: string,
  body: Readonly<Record<string, unknown>>,
  names: ReadonlyMap<string, string>,
): Record<string, unknown> {
  if (type === 'invited') return {}
  const { ref: _ref, path: _path, type: _type, seatId: _seat, seatLines: _lines, ...rest } = body
  const shown: Record<string, unknown> = rest
  for (const [field, told] of Object.entries(people)) {
    const id = shown[field]
    if (typeof id !== 'string' || !isId(id)) continue
    delete shown[field]
    shown[told] = names.get(id) ?? null
  }
  return shown
}
