import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { hasProgram } from '../harness/programs.ts'
import { dieAt } from './killed-house.ts'
import { noChannelLeft } from './servers.ts'

// At the same time: each mostly waits for prompts to be heard.
describe.skipIf(!hasProgram('sipp')).concurrent('a house killed while it writes', () => {
  it.each(['recording-closed', 'journal-written', 'journal-applied'])(
    'at %s loses no event: the call is over or restarted, each row accounted for',
    async (place) => {
      await using killed = await dieAt(place)
      const rows = await killed.endOf((found) =>
        found.every(
          ({ state, recording }) =>
            state === 'ended' && recording !== 'expected' && recording !== 'recording' && recording !== 'closed',
        ),
      )
      const counts = await killed.invites()
      for (const { id } of rows) expect(counts.get(id) ?? 0).toBeLessThanOrEqual(1)
      expect(rows.every(({ task }) => task === 'completed' || task === 'retry_wait')).toBe(true)
      const events = await killed.hospital.rows<{ seq: number; last: number }>(
        sql`select count(*)::integer as seq, max(seq) as last from call_event group by attempt_id`,
      )
      for (const { seq, last } of events) expect(seq).toBe(last)
      await noChannelLeft(killed.hospital)
    },
  )
})
