import { sql } from 'kysely'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import type { WhyNot } from '../live/live-schema.ts'
import { whyNot } from './why-not.ts'

type Counts = Readonly<Record<string, number>>

export interface Status {
  /** By state. `due` tasks are counted under their state, `scheduled`. */
  readonly tasks: Counts
  /** Ended ones by result, others under `active`. */
  readonly attempts: Counts
  readonly recordings: Counts
  readonly whyNot: readonly (WhyNot & {
    readonly campaign: string
    readonly campaignId: string
    readonly state: string
  })[]
}

/** What `npm run suifang -- status` tells: one look at the rows. */
export async function status(db: Ground): Promise<Status> {
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (tx) => {
      const campaigns = await tx.selectFrom('campaign').select(['id', 'name', 'state']).orderBy('createdAt').execute()
      const told: Status['whyNot'][number][] = []
      for (const { id, name, state } of campaigns) {
        told.push({ campaign: name, campaignId: id, state, ...(await whyNot(tx, id)) })
      }
      return {
        tasks: await counts(tx, sql`select state as key, count(*)::integer as count from task group by 1`),
        attempts: await counts(
          tx,
          sql`select coalesce(result, 'active') as key, count(*)::integer as count from attempt group by 1`,
        ),
        recordings: await counts(tx, sql`select state as key, count(*)::integer as count from recording group by 1`),
        whyNot: told,
      }
    })
}

async function counts(tx: GroundTransaction, query: ReturnType<typeof sql>): Promise<Counts> {
  const { rows } = await sql<{ key: string; count: number }>`${query} order by 1`.execute(tx)
  return Object.fromEntries(rows.map(({ key, count }) => [key, count]))
}
