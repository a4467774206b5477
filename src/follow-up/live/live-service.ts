import { silentTrunks } from '#contact-center/trunks/trunk-store.ts'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { disksNow } from '#platform/disk/disk-store.ts'
import { lastOffset } from '#platform/realtime/stream-store.ts'
import { missingCalendarYears } from '../calling/calendar-service.ts'
import { firstSteps } from '../status/first-steps.ts'
import {
  type LiveCampaign,
  type LiveDisk,
  type LivePerson,
  type LiveSnapshot,
  liveStream,
  recentResultsKept,
  type WhyNot,
} from './live-schema.ts'
import {
  callRows,
  campaignRows,
  personRows,
  questionRows,
  recentResultRows,
  resultCounts,
  taskCounts,
} from './live-store.ts'
import { maskName, openedPhone } from './person-mask.ts'

export interface LiveParts {
  readonly db: Ground
  /** Opens a sealed number (E.164). */
  readonly decrypt: (sealed: Buffer) => string
  /** Why a campaign's due tasks are not dialled; the function that also gates (architecture §3). */
  readonly whyNot: (db: Ground | GroundTransaction, campaignId: string) => Promise<WhyNot>
}

/** How a reader sees people. */
export interface Sight {
  readonly clear: boolean
}

/** How a reader of the live page sees it. */
export interface LiveSight extends Sight {
  /** Whether disks that fill up are theirs to hear of. */
  readonly disks?: boolean
}

export class Live {
  readonly #parts: LiveParts

  constructor(parts: LiveParts) {
    this.#parts = parts
  }

  /** One look at the rows, and the offset of the stream at that same look. */
  async snapshot(sight: LiveSight): Promise<LiveSnapshot> {
    return this.#parts.db
      .transaction()
      .setIsolationLevel('repeatable read')
      .setAccessMode('read only')
      .execute(async (tx) => {
        // A connection runs one statement after another: asking all at once would only hide their order.
        const offset = await lastOffset(tx, liveStream)
        const calls = await callRows(tx)
        const recent = await recentResultRows(tx, recentResultsKept)
        const campaigns = await this.#campaigns(tx)
        const attemptIds = [...calls, ...recent].map(({ attemptId }) => attemptId)
        return {
          offset,
          campaigns,
          calls: calls.map(({ attemptId, campaignId, state, createdAt, questionId, index, total }) => ({
            attemptId,
            campaignId,
            state,
            since: createdAt.toISOString(),
            question: questionId === null ? null : { id: questionId, index: index ?? 0, total: total ?? 0 },
          })),
          recentResults: recent.map(({ attemptId, campaignId, result, endedAt }) => ({
            attemptId,
            campaignId,
            result,
            at: endedAt.toISOString(),
          })),
          people: await this.#people(tx, attemptIds, sight),
          calendarMissing: [...(await missingCalendarYears(tx))],
          firstSteps: await firstSteps(tx),
          silentTrunks: (await silentTrunks(tx)).map(({ name, since }) => ({ name, since: since.toISOString() })),
          disks: sight.disks ? await filling(tx) : [],
        }
      })
  }

  /** Who is called by these attempts; unknown ids are left out. */
  async people(attemptIds: readonly string[], sight: Sight): Promise<LivePerson[]> {
    return this.#people(this.#parts.db, attemptIds, sight)
  }

  async #people(db: Ground | GroundTransaction, attemptIds: readonly string[], sight: Sight): Promise<LivePerson[]> {
    const rows = await personRows(db, attemptIds)
    return rows.map(({ attemptId, name, ciphertext, department }) => {
      return {
        attemptId,
        name: sight.clear ? name : maskName(name),
        phone: openedPhone(this.#parts.decrypt, ciphertext, sight),
        department,
      }
    })
  }

  async #campaigns(tx: GroundTransaction): Promise<LiveCampaign[]> {
    const rows = await campaignRows(tx)
    const tasks = await taskCounts(tx)
    const results = await resultCounts(tx)
    const questions = await questionRows(tx)
    const campaigns: LiveCampaign[] = []
    for (const { id, name, state, anyHour, trunkName, trunkKind, lines } of rows) {
      const own = <T extends { campaignId: string }>(all: readonly T[]) => all.filter((row) => row.campaignId === id)
      campaigns.push({
        id,
        name,
        state,
        anyHour,
        trunk: { name: trunkName, kind: trunkKind, lines },
        tasks: Object.fromEntries(own(tasks).map((row) => [row.state, Number(row.count)])),
        results: Object.fromEntries(own(results).map((row) => [row.result, Number(row.count)])),
        whyNot: await this.#parts.whyNot(tx, id),
        questions: own(questions).map((row) => ({ id: row.id, text: row.text })),
      })
    }
    return campaigns
  }
}

async function filling(tx: GroundTransaction): Promise<LiveDisk[]> {
  return (await disksNow(tx)).flatMap(({ state, freeBytes, daysLeft }) =>
    state === 'ok' ? [] : [{ state, freeBytes, daysLeft }],
  )
}
