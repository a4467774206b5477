import { sql } from 'kysely'
import { afterAll, expect, it } from 'vitest'
import { missingCalendarYears } from '../../src/follow-up/calling/calendar-service.ts'
import { ensureStandardHospital } from '../../src/follow-up/intake/standard-hospital.ts'
import { testDatabase } from '../harness/database.ts'

const database = await testDatabase({ now: new Date('2026-10-01T02:00:00Z') })
afterAll(() => database.close())

it('a hospital that a start or an import has set up dials on no statutory holiday', async () => {
  const { programmeId, siteId } = await ensureStandardHospital(database.db)
  expect(await missingCalendarYears(database.db)).toEqual([])
  await sql`
    with trunk as (
      insert into trunk (id, site_id, name, kind, host, port, lines, calls_per_second, caller_number)
      values (new_id(), ${siteId}, 'line', 'sip', '127.0.0.1', 5060, 1, 1, '0990') returning id
    ), campaign as (
      insert into campaign (id, site_id, name, trunk_id, state)
      select new_id(), ${siteId}, 'campaign', trunk.id, 'running' from trunk returning id
    )
    update programme set campaign_id = campaign.id from campaign where programme.id = ${programmeId}
  `.execute(database.db)
  const reason = async (at: string) => {
    const { rows } = await sql<{ reason: string | null }>`
      select gate_programme(${programmeId}, ${at}::timestamptz) as reason
    `.execute(database.db)
    return rows[0]?.reason
  }
  expect(await reason('2026-10-01T10:00:00+08:00')).toBe('holiday')
  expect(await reason('2026-11-23T10:00:00+08:00')).toBeNull()
})
