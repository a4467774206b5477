import { sql } from 'kysely'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { stateLease } from '../../../src/contact-center/calls/attempt-store.ts'
import type { Lease } from '../../../src/contact-center/work-source.ts'
import { newId } from '../../../src/platform/ids.ts'
import { Floor, type Node } from './floor.ts'

const floor = await Floor.open({ patients: 20 })
afterAll(() => floor.close())

let node: Node
let agent: string
beforeEach(async () => {
  node = await floor.node()
  agent = await floor.agent()
  await node.signIn(agent)
})

const other: Lease = { owner: 'node-b', epoch: 1 }

/** Runs as the application, under this lease. */
const as = (lease: Lease | null, statement: string) =>
  floor.db.transaction().execute(async (tx) => {
    if (lease !== null) await stateLease(tx, lease)
    await sql.raw(statement).execute(tx)
  })

describe('one call at a seat (invariant 4)', () => {
  it('a second active reservation on a seat is refused by the database', async () => {
    const [first] = await node.dialForSeats(1)
    const second = await floor.agent()
    await node.signIn(second)
    const [elsewhere] = await node.dialForSeats(1)
    expect(first).toBeDefined()
    await expect(
      as(
        node.lease,
        `insert into reservation (id, seat_id, attempt_id)
         select '${newId()}', '${first?.seat.seatId}', id from attempt where id <> '${elsewhere?.work.attemptId}' limit 1`,
      ),
    ).rejects.toMatchObject({ code: '23505' })
  })

  it('an agent has one seat', async () => {
    await expect(as(null, `insert into seat (id, agent_id) values ('${newId()}', '${agent}')`)).rejects.toMatchObject({
      code: '23505',
    })
  })

  it('of two claims at the same moment one gets the seat', async () => {
    const both = await Promise.all([node.dialForSeats(1), node.dialForSeats(1), node.dialForSeats(1)])
    expect(both.flat().filter(({ seat }) => seat.seatId === agent)).toHaveLength(1)
  })
})

describe('legal moves (invariant 5)', () => {
  it.each([
    ['state', 'talking'],
    ['state', 'ringing'],
    ['state', 'holding'],
    ['status', 'away'],
    ['status', 'signed_out'],
  ])('an idle, available seat does not move its %s to %s', async (column, to) => {
    await expect(as(node.lease, `update seat set ${column} = '${to}' where id = '${agent}'`)).rejects.toMatchObject({
      code: 'SF005',
    })
  })

  it('a seat is born signed out and out of reach', async () => {
    const someone = await floor.agent()
    await expect(
      as(null, `insert into seat (id, agent_id, status) values ('${someone}', '${someone}', 'available')`),
    ).rejects.toMatchObject({ code: 'SF005' })
  })

  it('a seat without a leg is not idle, whoever says so', async () => {
    const someone = await floor.agent()
    await as(null, `insert into seat (id, agent_id) values ('${someone}', '${someone}')`)
    await expect(as(node.lease, `update seat set state = 'idle' where id = '${someone}'`)).rejects.toMatchObject({
      code: '23514',
    })
  })

  it.each(['wrapping', 'completed'])('a pending reservation does not move to %s', async (to) => {
    await node.dialForSeats(1)
    await expect(
      as(null, `update reservation set state = '${to}' where seat_id = '${agent}' and state = 'pending'`),
    ).rejects.toMatchObject({ code: 'SF005' })
  })

  it('a reservation that is over stays over', async () => {
    const [call] = await node.dialForSeats(1)
    if (call !== undefined) node.telephony.dialOf(call.seat)?.refuse(486)
    await call?.done
    await node.quiet()
    await expect(as(null, `update reservation set state = 'pending' where seat_id = '${agent}'`)).rejects.toMatchObject(
      {
        code: 'SF005',
      },
    )
  })
})

describe('leases (invariant 3)', () => {
  it('another node does not move a seat whose lease runs', async () => {
    await expect(as(other, `update seat set state = 'unreachable' where id = '${agent}'`)).rejects.toMatchObject({
      code: 'SF003',
    })
    await expect(as(null, `update seat set channel_uuid = 'x' where id = '${agent}'`)).rejects.toMatchObject({
      code: 'SF003',
    })
  })

  it('an earlier start of the same node does not write what the later one holds', async () => {
    const stale = { ...node.lease, epoch: node.lease.epoch - 1 }
    await expect(as(stale, `update seat set state = 'unreachable' where id = '${agent}'`)).rejects.toMatchObject({
      code: 'SF003',
    })
  })

  it('nobody leases a seat to another', async () => {
    await expect(as(node.lease, `update seat set lease_owner = 'node-b' where id = '${agent}'`)).rejects.toMatchObject({
      code: 'SF003',
    })
  })

  it('a person changes the status whoever holds the leg', async () => {
    await as(other, `update seat set status = 'on_break' where id = '${agent}'`)
    expect((await floor.seat(agent)).status).toBe('on_break')
  })

  it('a claim under a stale lease gets no seat', async () => {
    const late = await floor.node()
    expect(await late.dialForSeats(1)).toEqual([])
  })
})
