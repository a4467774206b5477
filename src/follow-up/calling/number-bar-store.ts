import { sql } from 'kysely'
import type { Ground } from '#platform/database/database.ts'
import type { Log } from '#platform/log.ts'
import type { Secrets } from '#platform/secrets.ts'
import { barOf } from './number-bar.ts'

/** So many a round trip, so that calls in progress get their turn between. */
const atATime = 500

/**
 * Says of every number that was stored before this was asked (migration 0018) whether it is barred. Before the dialler
 * starts; a house that has done it finds nothing more to do.
 */
export async function barStoredNumbers({
  db,
  secrets,
  log,
}: {
  readonly db: Ground
  readonly secrets: Pick<Secrets, 'decrypt'>
  readonly log: Log
}): Promise<void> {
  let after = '00000000-0000-0000-0000-000000000000'
  for (;;) {
    const { rows } = await sql<{ id: string; ciphertext: Buffer }>`
      select id, ciphertext from phone_number where bar is null and id > ${after} order by id limit ${atATime}
    `.execute(db)
    const last = rows.at(-1)
    if (last === undefined) return
    after = last.id
    const bars = rows.flatMap(({ id, ciphertext }) => {
      try {
        return [{ id, bar: barOf(secrets.decrypt(ciphertext)) }]
      } catch (error) {
        // Enciphered with a key that this house has not: it cannot be dialled either.
        log.warn({ numberId: id, err: error }, 'a stored number cannot be read')
        return []
      }
    })
    await sql`
      update phone_number n set bar = said.bar
      from unnest(${bars.map(({ id }) => id)}::uuid[], ${bars.map(({ bar }) => bar)}::text[]) as said (id, bar)
      where n.id = said.id
    `.execute(db)
  }
}
