import { sql } from 'kysely'
import type { Clock } from '#platform/clock.ts'
import type { Ground } from '#platform/database/database.ts'
import { type Log, logError } from '#platform/log.ts'
import { Rounds } from '#platform/rounds.ts'
import { type LegRef, type Telephony, unknownLeg } from '#telephony/telephony.ts'
import { closeOrphanedRecordings, unjudgedRecordings } from '../recording/recording-store.ts'
import type { Lease, WorkSource } from '../work-source.ts'
import type { JournaledCallEvent } from './call-applier.ts'

export interface ReconcilerParts {
  readonly db: Ground
  readonly lease: Lease
  readonly telephony: Pick<Telephony, 'up' | 'liveLegs' | 'endLeg'>
  readonly work: Pick<WorkSource, 'release'>
  /** Brings events into the rows, as the journal does. */
  readonly apply: (batch: readonly JournaledCallEvent[]) => Promise<void>
  readonly judge: (recordingId: string) => Promise<void>
  /** After the attempts: seats of the dead. */
  readonly seats: () => Promise<void>
  /** Attempts that this process carries itself, whatever the rows say by now. */
  readonly isOurs: (attemptId: string) => boolean
  /** Lines and tasks are free again. */
  readonly onClosed: () => void
  readonly clock: Clock
  readonly log: Log
}

/** Often enough that a seat or a number is not blocked for long by a node that died. */
const everyMs = 15_000
const atOnce = 100

interface Orphan extends LegRef {
  readonly attemptId: string
  readonly taskId: string
  readonly campaignId: string
  readonly callId: string | null
  readonly state: string
  readonly lastSeq: number
}

/**
 * Finds what processes that died have left, and ends it: attempts whose lease ran out or belongs to an earlier start of
 * this node close with result `restart` after their legs have been released; channels that no attempt knows are killed;
 * recordings are closed and judged. It changes nothing that somebody still carries.
 * Source: architecture §3 (reconcile, don't reset).
 */
export class Reconciler {
  readonly #parts: ReconcilerParts
  readonly #rounds: Rounds

  constructor(parts: ReconcilerParts) {
    this.#parts = parts
    this.#rounds = new Rounds({ clock: parts.clock, look: () => this.#round() })
  }

  /** The first round, awaited by the start; then one after another by itself. */
  async start(): Promise<void> {
    this.#rounds.wake()
    await this.#rounds.rest()
  }

  close(): Promise<void> {
    return this.#rounds.close()
  }

  async #round(): Promise<number> {
    await this.#reconcile().catch((error: unknown) =>
      logError(this.#parts.log, error, 'what dead processes left could not be looked through'),
    )
    return everyMs
  }

  async #reconcile(): Promise<void> {
    for (let found = await this.#orphans(); found.length > 0; found = await this.#orphans()) {
      await this.#closeAttempts(found)
      if (found.length < atOnce || !this.#parts.telephony.up) break
    }
    await this.#parts.seats()
    await this.#closeRecordings()
    await this.#killStrays()
  }

  async #orphans(): Promise<readonly Orphan[]> {
    const { db, lease, isOurs } = this.#parts
    const { rows } = await sql<Orphan>`
      select a.id as attempt_id, a.task_id, a.campaign_id, a.state, c.id as call_id,
        coalesce((select max(e.seq) from call_event e where e.attempt_id = a.id), 0) as last_seq,
        p.sip_call_id, p.invite_transaction, p.dialog_id, p.local_tag, p.remote_tag, p.channel_uuid, p.media_host
      from attempt a
      left join call c on c.attempt_id = a.id
      left join party p on p.call_id = c.id and p.kind = 'patient' and p.left_at is null
      where a.state <> 'ended'
        and ((a.lease_owner = ${lease.owner} and a.lease_epoch < ${lease.epoch}) or a.lease_until < clock_timestamp())
      order by a.created_at limit ${atOnce}
    `.execute(db)
    return rows.filter((row) => !isOurs(row.attemptId))
  }

  async #closeAttempts(orphans: readonly Orphan[]): Promise<void> {
    const { work, lease, apply, clock, log, telephony, onClosed } = this.#parts
    const untouched = orphans.filter(({ state }) => state === 'created')
    // Without the servers their legs could not be ended, and nothing is dialled anyway: they wait for the next round.
    const begun = telephony.up ? orphans.filter(({ state }) => state !== 'created') : []
    if (untouched.length > 0) {
      await work.release(
        untouched.map(({ attemptId }) => attemptId),
        lease,
      )
    }
    // The leg first: while the attempt is active nobody dials that number again.
    await Promise.all(begun.map((orphan) => telephony.endLeg(orphan)))
    const at = clock.now()
    for (const { attemptId, taskId, campaignId, callId, lastSeq } of begun) {
      const body = {
        type: 'ended',
        result: 'restart',
        hangupBy: 'lost',
        sipStatus: null,
        sipReason: null,
        q850: null,
        earlyMedia: false,
      } as const
      await apply([
        { event: { attemptId, callId: callId ?? attemptId, taskId, campaignId, seq: lastSeq + 1, at, body }, lease },
      ])
    }
    if (untouched.length + begun.length === 0) return
    onClosed()
    log.warn({ released: untouched.length, restarted: begun.length }, 'attempts of a process that died were closed')
  }

  async #closeRecordings(): Promise<void> {
    const { db, judge } = this.#parts
    await db.transaction().execute((tx) => closeOrphanedRecordings(tx))
    for (const id of await unjudgedRecordings(db, atOnce)) await judge(id)
  }

  /** Channels whose attempt is over, or that carry no attempt of this database. */
  async #killStrays(): Promise<void> {
    const { db, telephony, isOurs, log } = this.#parts
    if (!telephony.up) return
    const legs = (await telephony.liveLegs()).filter(({ attemptId }) => attemptId !== null && !isOurs(attemptId))
    if (legs.length === 0) return
    const { rows } = await sql<{ id: string }>`
      select id from attempt where state <> 'ended' and id = any (${legs.map(({ attemptId }) => attemptId)}::uuid[])
      union all
      -- Test calls of a trunk, whichever node makes them; none lasts as long.
      select id from trunk_test where id = any (${legs.map(({ attemptId }) => attemptId)}::uuid[])
        and at > app_now() - interval '2 minutes'
    `.execute(db)
    const active = new Set(rows.map(({ id }) => id))
    for (const { attemptId, channelUuid, mediaHost } of legs) {
      if (attemptId !== null && active.has(attemptId)) continue
      log.warn({ attemptId, channelUuid }, 'a channel without an attempt was ended')
      await telephony.endLeg({ ...unknownLeg, channelUuid, mediaHost })
    }
  }
}
