import type { Actor } from '#platform/audit/audit-store.ts'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { UserError } from '#platform/errors/errors.ts'
import { lastOffset } from '#platform/realtime/stream-store.ts'
import { formOf, questionnaireIn } from '../calls/answered-form.ts'
import { answerRows, choiceRows, questionnaireOf } from '../calls/call-list-store.ts'
import { lookedFor } from '../calls/looked-for.ts'
import { liveStream } from '../live/live-schema.ts'
import type { Sight } from '../live/live-service.ts'
import { maskName, maskRecordNumber, openedPhone } from '../live/person-mask.ts'
import './task-errors.ts'
import type {
  TaskChoices,
  TaskDetail,
  TaskGlance,
  TaskGlanced,
  TaskItem,
  TaskPage,
  TaskSearch,
  TaskStanding,
} from './worklist-schema.ts'
import {
  attemptsOf,
  countTasks,
  departmentRows,
  gateOf,
  historyOf,
  type Look,
  pageOfTasks,
  type StandingRow,
  standingRows,
  type TaskRow,
  takeLook,
  taskRows,
  wayReason,
} from './worklist-store.ts'

export interface WorklistParts {
  readonly db: Ground
  /** Opens a sealed number (E.164). */
  readonly decrypt: (sealed: Buffer) => string
  /** Finds a number by its E.164 text without opening any. */
  readonly hmacPhone: (e164: string) => Buffer
}

/**
 * The follow-up tasks as a list, and one of them (requirements D07). List, counts and reasons are one look at the rows:
 * the counts are those of the list.
 */
export class Worklist {
  readonly #parts: WorklistParts

  constructor(parts: WorklistParts) {
    this.#parts = parts
  }

  /** @throws UserError CALL_LOOK_UP_MASKED, CALL_LOOK_UP_TOO_OFTEN */
  async search(search: TaskSearch, sight: Sight, actor: Actor): Promise<TaskPage> {
    const { patient: typed, after, limit, ...filter } = search
    const patient = await lookedFor(this.#parts, typed, sight, actor)
    return this.#look(async (tx, look) => {
      const found = await pageOfTasks(tx, look, { filter, patient, after: placeIn(after), limit })
      const page = found.slice(0, limit)
      const rows = await taskRows(
        tx,
        look,
        page.map(({ id }) => id),
      )
      const counts = await countTasks(tx, look, { filter, patient })
      return {
        tasks: rows.map((row) => this.#item(row, look, sight)),
        next: found.length > page.length ? (page.at(-1)?.place ?? null) : null,
        counts,
        total: totalOf(counts, filter.state),
        offset: await lastOffset(tx, liveStream),
      }
    })
  }

  /** How the tasks of a page stand by now. Nobody is named, so that a page may ask as often as something happens. */
  glance({ filter, taskIds }: TaskGlance): Promise<TaskGlanced> {
    return this.#look(async (tx, look) => {
      const rows = await standingRows(tx, look, taskIds)
      const counts = await countTasks(tx, look, { filter, patient: null })
      return { tasks: rows.map((row) => standingOf(row, look)), counts, total: totalOf(counts, filter.state) }
    })
  }

  async choices(): Promise<TaskChoices> {
    const { db } = this.#parts
    const [departments, others] = await Promise.all([departmentRows(db), choiceRows(db)])
    return { departments, ...others }
  }

  /** @throws UserError TASK_UNKNOWN */
  detail(taskId: string, sight: Sight): Promise<TaskDetail> {
    return this.#look(async (tx, look) => {
      const [row] = await taskRows(tx, look, [taskId])
      if (row === undefined) throw new UserError('TASK_UNKNOWN')
      const said = row.isWaiting && row.isDue ? await gateOf(tx, look, taskId) : null
      const task = this.#item(row, look, sight)
      const attempts = await attemptsOf(tx, taskId)
      const questionnaire = questionnaireIn(await questionnaireOf(tx, taskId))
      const answers = (await answerRows(tx, taskId)).filter(({ asideId }) => asideId === null)
      const history = await historyOf(tx, taskId)
      const { campaignId, campaign } = row
      return {
        offset: await lastOffset(tx, liveStream),
        task: said === null || said === task.heldBy ? task : { ...task, heldBy: said, heldUntil: null },
        patientId: row.patientId,
        campaign: campaignId === null || campaign === null ? null : { id: campaignId, name: campaign },
        attempts: attempts.map(({ at, sealed, ...attempt }) => ({
          ...attempt,
          at: at.toISOString(),
          phone: this.#phone(sealed, sight),
        })),
        form: formOf(questionnaire, answers),
        formTitle: questionnaire?.title ?? null,
        history: history.map(({ at, ...entry }) => ({ ...entry, at: at.toISOString() })),
      }
    })
  }

  #look<T>(run: (tx: GroundTransaction, look: Look) => Promise<T>): Promise<T> {
    return this.#parts.db
      .transaction()
      .setIsolationLevel('repeatable read')
      .setAccessMode('read only')
      .execute(async (tx) => run(tx, await takeLook(tx)))
  }

  #phone(sealed: Buffer, sight: Sight): string {
    return openedPhone(this.#parts.decrypt, sealed, sight)
  }

  #item(row: TaskRow, look: Look, sight: Sight): TaskItem {
    const { clear } = sight
    const { name, sealed, encounterNo, department, programme, dueOn, expiresAt, agent } = row
    return {
      ...standingOf(row, look),
      name: clear ? name : maskName(name),
      phone: sealed === null ? null : this.#phone(sealed, sight),
      recordNumber: encounterNo === null || clear ? encounterNo : maskRecordNumber(encounterNo),
      department,
      programme,
      dueOn,
      expiresAt: expiresAt.toISOString(),
      agent,
    }
  }
}

function standingOf(row: StandingRow, look: Look): TaskStanding {
  const reason = heldBy(row, look)
  const isHold = reason !== null && reason === row.hold && row.isLater
  return {
    taskId: row.id,
    state: row.shown,
    stateReason: row.reason,
    dueAt: row.dueAt.toISOString(),
    heldBy: reason,
    heldUntil: isHold ? (row.holdUntil?.toISOString() ?? null) : null,
    lastResult: row.lastResult,
    attempts: row.attempts,
  }
}

/** In step with the store's `keptBy`, which finds tasks by it. */
function heldBy({ id, programmeId, isWaiting, isDue, isLater, isExpired, hold }: StandingRow, look: Look) {
  if (!isWaiting) return null
  if (isLater) return hold !== null && isDue ? hold : 'not_due'
  if (isExpired) return 'expired'
  const said = look.asked.get(id)
  if (said !== undefined) return said
  const way = look.ways.find((one) => one.programmeId === programmeId)
  return way === undefined ? null : wayReason(way)
}

function totalOf(counts: Readonly<Record<string, number>>, state: string | undefined): number {
  if (state !== undefined) return Object.hasOwn(counts, state) ? (counts[state] ?? 0) : 0
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}

function placeIn(after: string | undefined) {
  const [micros, id] = after?.split('_') ?? []
  return micros === undefined || id === undefined ? null : { micros, id }
}
