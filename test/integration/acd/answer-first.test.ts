import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { waitFor } from '../../harness/wait-for.ts'
import { Desk, type Person } from '../desk/desk.ts'
import { answered, endedBy, invited, lease } from '../follow-up/office.ts'

const quality = {
  packetsIn: 500,
  lossIn: 0.01,
  lossOut: null,
  jitterInMs: 2,
  jitterOutMs: null,
  roundTripMs: 30,
  mos: 4.4,
}

let desk: Desk
let agents: Person[]
beforeAll(async () => {
  desk = await Desk.open({ maxConnections: 6 })
  agents = [await desk.agent(), await desk.agent(), await desk.agent()]
})
afterAll(() => desk.close())

const agent = (index: number): Person => {
  const one = agents[index]
  if (one === undefined) throw new Error('no such agent')
  return one
}

it('rows of an answer wait for none that the ends of other calls have locked', async () => {
  const first = await desk.talking(agent(0))
  const second = await desk.talking(agent(1))
  const ringing = await desk.reserved(agent(2))
  await desk.office.work().begin(ringing.work, lease)
  const held = Promise.withResolvers<void>()
  const holding = Promise.withResolvers<void>()
  // The second end stands still at its task, with all that the first has locked.
  const holder = desk.db.transaction().execute(async (tx) => {
    await sql`select from task where id = ${second.taskId} for update`.execute(tx)
    holding.resolve()
    await held.promise
  })
  await holding.promise
  const ends = desk.office.tellTogether([
    [first.work, { ...endedBy('completed'), quality }],
    [second.work, endedBy('completed')],
  ])
  await waitFor(isWaiting, { what: 'the ends waiting for the task' })
  await desk.office.tell(ringing.work, [invited, answered])
  const { rows } = await sql<{ state: string }>`select state from attempt where id in
    (${first.attemptId}, ${ringing.attemptId}) order by id`.execute(desk.db)
  expect(rows.map(({ state }) => state)).toEqual(['bridged', 'answered'])
  held.resolve()
  await Promise.all([holder, ends])
  const kept = await desk.db.selectFrom('callQuality').select(['attemptId', 'packetsIn', 'mos']).execute()
  expect(kept).toEqual([{ attemptId: first.attemptId, packetsIn: 500, mos: 4.4 }])
})

async function isWaiting(): Promise<boolean> {
  const { rows } = await sql`
    select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
  `.execute(desk.db)
  return rows.length > 0
}
