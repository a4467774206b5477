import { sql } from 'kysely'
import type { Clock, Timer } from '#platform/clock.ts'
import type { Ground } from '#platform/database/database.ts'
import type { Listener, Subscription } from '#platform/database/listen.ts'
import { type Log, logError } from '#platform/log.ts'
import { appendToStream, lastOffset, streamChannel } from '#platform/realtime/stream-store.ts'
import { type LiveEvent, liveStream } from './live-schema.ts'
import type { LiveParts } from './live-service.ts'
import { campaignIds } from './live-store.ts'

export interface WhyNotWatchParts {
  readonly db: Ground
  readonly listener: Listener
  readonly clock: Clock
  readonly log: Log
  readonly whyNot: LiveParts['whyNot']
  /** Whether anybody on this node looks at the live page. */
  readonly isWatched: () => boolean
}

/** Changes come in bursts; the answer is asked for at most this often. */
const atMostEveryMs = 2_000
/** Windows open and close without an event. */
const timePassesMs = 30_000

/**
 * Keeps "why is nothing dialled" on the live page true: asks again after changes and as time passes, throttled, and
 * only while somebody looks. An answer that differs from the last goes into the stream as an event.
 */
export class WhyNotWatch {
  readonly #parts: WhyNotWatchParts
  /** Last answer told, by campaign. */
  readonly #told = new Map<string, string>()
  #offset = 0
  #timer: Timer | undefined
  #isSoon = false
  #running: Promise<void> | undefined
  #again = false
  #closed = false
  #subscription: Subscription | undefined

  constructor(parts: WhyNotWatchParts) {
    this.#parts = parts
  }

  async start(): Promise<void> {
    this.#offset = await lastOffset(this.#parts.db, liveStream)
    this.#subscription = await this.#parts.listener.listen(streamChannel, {
      onPayload: (stream) => {
        if (stream === liveStream) this.#soon()
      },
      onResync: () => this.#soon(),
    })
    this.#soon()
  }

  /** Somebody came to look: what was told before they came, they have from their snapshot. */
  watchersChanged(): void {
    this.#soon()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#parts.clock.clearTimeout(this.#timer)
    await this.#subscription?.close()
    await this.#running
  }

  #soon(): void {
    if (this.#running !== undefined) this.#again = true
    else if (!this.#isSoon) this.#lookIn(atMostEveryMs)
  }

  #lookIn(ms: number): void {
    const { clock, isWatched } = this.#parts
    clock.clearTimeout(this.#timer)
    this.#isSoon = false
    if (this.#closed || !isWatched()) return
    this.#isSoon = ms === atMostEveryMs
    const timePassed = !this.#isSoon
    this.#timer = clock.setTimeout(() => {
      this.#isSoon = false
      this.#running = this.#look(timePassed).finally(() => {
        this.#running = undefined
        const again = this.#again
        this.#again = false
        this.#lookIn(again ? atMostEveryMs : timePassesMs)
      })
    }, ms)
  }

  async #look(timePassed: boolean): Promise<void> {
    try {
      if (!(await this.#hasChanged()) && !timePassed) return
      for (const campaignId of await campaignIds(this.#parts.db)) await this.#ask(campaignId)
    } catch (error) {
      logError(this.#parts.log, error, 'why nothing is dialled could not be told')
    }
  }

  /** Our own answers, and how calls progress, change nothing about why others are not made. */
  async #hasChanged(): Promise<boolean> {
    const { rows } = await sql<{ last: string | null; matters: boolean | null }>`
      select max(event_offset) as last,
        bool_or(type in ('task.changed', 'tasks.claimed', 'attempt.changed', 'campaign.changed', 'calling.changed', 'disk.changed',
          'trunk.changed', 'programme.changed', 'import.finished')) as matters
      from stream_event where stream_id = ${liveStream} and event_offset > ${this.#offset}
    `.execute(this.#parts.db)
    this.#offset = Number(rows[0]?.last ?? this.#offset)
    return rows[0]?.matters ?? false
  }

  async #ask(campaignId: string): Promise<void> {
    const { db } = this.#parts
    await db.transaction().execute(async (tx) => {
      const whyNot = await this.#parts.whyNot(tx, campaignId)
      const text = JSON.stringify(whyNot)
      if (this.#told.get(campaignId) === text) return
      const told: LiveEvent = { type: 'why_not.changed', payload: { campaignId, whyNot } }
      await appendToStream(tx, liveStream, [told])
      this.#told.set(campaignId, text)
    })
  }
}
