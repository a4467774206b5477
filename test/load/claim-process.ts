/**
 * One dialling node of the bench `claim`: a process of its own that claims fifty at a time as the dialler does, and
 * ends what it claimed as if nobody had answered, so that lines come free. It is told what to do over IPC.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { stateLease } from '../../src/contact-center/calls/attempt-store.ts'
import type { Lease } from '../../src/contact-center/work-source.ts'
import { FollowUpWork } from '../../src/follow-up/dialling/work-source.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { openDatabase } from '../../src/platform/database/database.ts'
import { secretsOf } from '../../src/platform/secrets.ts'
import { randomGap } from './random-gap.ts'

export interface ClaimNode {
  readonly url: string
  readonly key: string
  readonly trunkId: string
  readonly owner: string
}

/** So many claims of fifty; on average one in `everyMs`, at random moments. 0: one straight after another. */
export interface ClaimOrder {
  readonly claims: number
  readonly everyMs: number
}

export interface ClaimReport {
  /** Milliseconds of each claim that brought fifty. */
  readonly took: readonly number[]
  /** Claims that brought fewer. */
  readonly short: number
  readonly taskIds: readonly string[]
}

const atOnce = 50

if (process.argv[2] !== undefined) {
  const { url, key, trunkId, owner }: ClaimNode = JSON.parse(process.argv[2])
  const db = openDatabase({ url, maxConnections: 1, applicationName: owner })
  const work = new FollowUpWork({
    db,
    secrets: secretsOf(Buffer.from(key, 'hex')),
    clock: systemClock,
    leaseSeconds: 60,
  })
  const lease: Lease = { owner, epoch: 1 }
  process.on('message', (order: ClaimOrder) => {
    claims(order).then(
      (report) => process.send?.(report),
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.stack : error}\n`)
        process.exit(1)
      },
    )
  })
  process.on('disconnect', () => void db.destroy())

  async function claims(order: ClaimOrder): Promise<ClaimReport> {
    const took: number[] = []
    const taskIds: string[] = []
    let short = 0
    for (let claim = 0; claim < order.claims; claim += 1) {
      if (order.everyMs > 0) await sleep(randomGap(order.everyMs))
      const began = performance.now()
      const claimed = await work.claim(lease, trunkId, atOnce)
      if (claimed.length === atOnce) took.push(performance.now() - began)
      else short += 1
      taskIds.push(...claimed.map(({ taskId }) => taskId))
      await nobodyAnswered(
        claimed.map(({ attemptId }) => attemptId),
        claimed.map(({ taskId }) => taskId),
      )
    }
    return { took, short, taskIds }
  }

  /** All at once, since the bench measures claims; dialled again tomorrow. */
  async function nobodyAnswered(attemptIds: readonly string[], taskIds: readonly string[]): Promise<void> {
    await db.transaction().execute(async (tx) => {
      await stateLease(tx, lease)
      await sql`update attempt set state = 'ended', result = 'no_answer' where id = any (${attemptIds}::uuid[])`.execute(
        tx,
      )
      await sql`
        update task set state = 'retry_wait', due_at = app_now() + interval '1 day' where id = any (${taskIds}::uuid[])
      `.execute(tx)
    })
  }
}
