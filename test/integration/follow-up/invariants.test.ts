import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemActor, writeAudit } from '../../../src/platform/audit/audit-store.ts'
import type { Ground } from '../../../src/platform/database/database.ts'
import { newId } from '../../../src/platform/ids.ts'
import { answered, invited, lease, Office, otherLease } from './office.ts'

/** The database itself holds the invariants of architecture §3: attacked by raw SQL as the application's role. */
let office: Office
let db: Ground

beforeAll(async () => {
  office = await Office.open()
  db = office.db
  await office.programme()
})
afterAll(() => office.close())

const refused = (code: string) => expect.objectContaining({ code })

/** An attempt written by hand, under a stated lease. */
function insertAttempt(
  task: { taskId: string; numberId: string },
  more: { state?: string; leased?: boolean; campaign?: string; owner?: string } = {},
) {
  return office.as(lease, async (tx) => {
    const { rows } = await sql<{ id: string }>`
      insert into attempt (id, task_id, campaign_id, trunk_id, phone_number_id, state, result, lease_owner, lease_epoch, lease_until)
      select ${newId()}, t.id, coalesce(${more.campaign ?? null}::uuid, c.id), c.trunk_id, ${task.numberId}, ${more.state ?? 'created'},
        case ${more.state ?? ''} when 'ended' then 'no_answer' end, ${more.owner ?? lease.owner}, ${lease.epoch},
        case when ${more.leased ?? true} and ${more.state ?? ''} <> 'ended' then clock_timestamp() + interval '30 s' end
      from task t join programme p on p.id = t.programme_id join campaign c on c.id = p.campaign_id where t.id = ${task.taskId}
      returning id
    `.execute(tx)
    return rows[0]?.id ?? null
  })
}

const move = (attemptId: string, state: string, by = lease) =>
  office.as(by, (tx) => sql`update attempt set state = ${state} where id = ${attemptId}`.execute(tx))

async function claimed() {
  const task = await office.due()
  const [work] = (await office.work().claim(lease, office.trunkId, 50)).filter(({ taskId }) => taskId === task.taskId)
  if (work === undefined) throw new Error('nothing claimed')
  return { ...task, work }
}

describe('1: one active attempt per task and per number', () => {
  it('refuses a second attempt for a task, on whatever number', async () => {
    const task = await office.due({ numbers: ['+8619900000001', '+8619900000002'] })
    expect(await insertAttempt(task)).not.toBeNull()
    const other = { ...task, numberId: task.numberIds[1] ?? '' }
    await expect(insertAttempt(other)).rejects.toThrow(refused('23505'))
  })

  it('keeps the task of an attempt: not deleted, not renumbered, and none is made for a task that is not there', async () => {
    const [task, other] = [await office.due(), await office.due()]
    expect(await insertAttempt(task)).not.toBeNull()
    const owner = new pg.Client({ connectionString: office.database.ownerUrl })
    await owner.connect()
    await expect(owner.query('delete from task where id = $1', [task.taskId])).rejects.toThrow(refused('23503'))
    const renumber = owner.query('update task set id = $2 where id = $1', [task.taskId, newId()])
    await expect(renumber).rejects.toThrow(refused('23503'))
    await owner.end()
    const forNone = office.as(lease, (tx) =>
      sql`
        insert into attempt (id, task_id, campaign_id, trunk_id, phone_number_id, lease_owner, lease_epoch, lease_until)
        select ${newId()}, ${newId()}, c.id, c.trunk_id, ${other.numberId}, ${lease.owner}, ${lease.epoch},
          clock_timestamp() + interval '30 s'
        from campaign c limit 1
      `.execute(tx),
    )
    await expect(forNone).rejects.toThrow(refused('SF002'))
  })

  it('lets two programmes that want one number at the same moment have it once', async () => {
    const second = await office.programme({ match: { kinds: ['checkup'] } })
    const number = '+8619900000003'
    const one = await office.due({ numbers: [number] })
    const person = await office.patient({ numbers: [number] })
    await office.enrol(await office.discharge(person.id, { kind: 'checkup' }))
    const two = { taskId: (await office.taskOf(person.id)).id, numberId: one.numberId }
    expect((await office.task(two.taskId)).programmeId).toBe(second)
    const both = await Promise.allSettled([insertAttempt(one), insertAttempt(two)])
    expect(both.filter((each) => each.status === 'fulfilled' && each.value !== null)).toHaveLength(1)
    // The other was dropped while the first held the number, or came a moment later and met the unique index.
    for (const each of both) if (each.status === 'rejected') expect(each.reason).toEqual(refused('23505'))
  })

  it('does not wait for a number that another transaction is taking: the row is dropped', async () => {
    const number = '+8619900000004'
    const one = await office.due({ numbers: [number] })
    const two = await office.due({ numbers: [number] })
    await office.as(lease, async (tx) => {
      await sql`
        insert into attempt (id, task_id, campaign_id, trunk_id, phone_number_id, lease_owner, lease_epoch, lease_until)
        select ${newId()}, t.id, c.id, c.trunk_id, ${one.numberId}, ${lease.owner}, ${lease.epoch}, clock_timestamp() + interval '30 s'
        from task t join programme p on p.id = t.programme_id join campaign c on c.id = p.campaign_id where t.id = ${one.taskId}
      `.execute(tx)
      expect(await insertAttempt(two)).toBeNull()
    })
  })

  it('names no agent and no account that there is not, and none that it names goes or is renumbered', async () => {
    const { work } = await claimed()
    const name = (column: 'agent_id' | 'corrected_by', id: string) =>
      office.as(lease, (tx) =>
        sql`update attempt set ${sql.ref(column)} = ${id} where id = ${work.attemptId}`.execute(tx),
      )
    const [account, team] = [newId(), newId()]
    await sql`
      insert into user_account (id, sign_in_name, display_name, password_hash) values (${account}, ${account}, 'A', 'x')
    `.execute(db)
    await sql`insert into team (id, site_id, name) select ${team}, id, ${team} from site limit 1`.execute(db)
    await sql`insert into agent (user_id, agent_no, team_id) values (${account}, ${account}, ${team})`.execute(db)
    await expect(name('agent_id', newId())).rejects.toThrow(refused('23503'))
    await expect(name('corrected_by', newId())).rejects.toThrow(refused('23503'))
    await name('agent_id', account)
    await name('corrected_by', account)

    const owner = new pg.Client({ connectionString: office.database.ownerUrl })
    await owner.connect()
    for (const [table, id] of [
      ['agent', 'user_id'],
      ['user_account', 'id'],
    ]) {
      const goes = owner.query(`delete from ${table} where ${id} = $1`, [account])
      await expect(goes).rejects.toThrow(`attempts refer to the ${table}`)
      const renumbered = owner.query(`update ${table} set ${id} = $2 where ${id} = $1`, [account, newId()])
      await expect(renumbered).rejects.toThrow(`attempts refer to the ${table}`)
    }
    await owner.end()
  })
})

describe('2: no attempt outside the gate', () => {
  it.each([
    [
      'do_not_call',
      (t: Task) =>
        sql`insert into do_not_call (id, phone_number_id, source) values (${newId()}, ${t.numberId}, 'supervisor')`,
    ],
    [
      'do_not_call',
      (t: Task) =>
        sql`insert into do_not_call (id, patient_id, source) values (${newId()}, ${t.patientId}, 'supervisor')`,
    ],
    ['deceased', (t: Task) => sql`update patient set deceased_at = now() where id = ${t.patientId}`],
    [
      'consent_refused',
      (t: Task) => sql`
      insert into consent (id, patient_id, purpose, decision, source) values (${newId()}, ${t.patientId}, 'satisfaction', 'refused', 'test')`,
    ],
    ['number_barred', (t: Task) => sql`update phone_number set bar = 'foreign' where id = ${t.numberId}`],
    [
      'number_invalid',
      (t: Task) => sql`update phone_number set flag = 'invalid', flagged_at = now() where id = ${t.numberId}`,
    ],
    [
      'wrong_person',
      (t: Task) => sql`update patient_phone set wrong_person_at = now() where patient_id = ${t.patientId}`,
    ],
    ['number_removed', (t: Task) => sql`update patient_phone set removed_at = now() where patient_id = ${t.patientId}`],
    ['expired', (t: Task) => sql`update task set expires_at = app_now() where id = ${t.taskId}`],
    ['task_not_open', (t: Task) => sql`update task set state = 'suspended' where id = ${t.taskId}`],
  ])('refuses a row written by hand when the gate says %s', async (reason, close) => {
    const task = await office.due()
    await close(task).execute(db)
    expect(await office.gate(task.taskId, task.numberId)).toBe(reason)
    await expect(insertAttempt(task)).rejects.toThrow(refused('SF002'))
  })

  it('refuses it for the campaign of another programme', async () => {
    const task = await office.due()
    await expect(insertAttempt(task, { campaign: await office.campaign() })).rejects.toThrow(refused('SF002'))
  })

  it('does not take a session’s own tables for the facts', async () => {
    const task = await office.due()
    await sql`insert into do_not_call (id, phone_number_id, source) values (${newId()}, ${task.numberId}, 'supervisor')`.execute(
      db,
    )
    const client = new pg.Client({
      connectionString: office.database.url,
      options: `-c suifang.now=${office.now.toISOString()}`,
    })
    await client.connect()
    await client.query(
      'create temporary table do_not_call (phone_number_id uuid, patient_id uuid, until timestamptz, lifted_at timestamptz)',
    )
    await client.query('set search_path = pg_temp, public')
    const { rows } = await client.query('select gate_reason($1, $2, app_now()) as reason', [task.taskId, task.numberId])
    await client.end()
    expect(rows).toEqual([{ reason: 'do_not_call' }])
  })

  it('is asked again at the dial: what was refused after the claim is not dialled', async () => {
    const { work, numberId } = await claimed()
    await sql`insert into do_not_call (id, phone_number_id, source) values (${newId()}, ${numberId}, 'supervisor')`.execute(
      db,
    )
    await expect(move(work.attemptId, 'dialing')).rejects.toThrow(refused('SF002'))
  })

  it('lets a campaign dial at any hour on a simulated trunk only', async () => {
    await expect(office.campaign({ trunkId: office.realTrunkId, anyHour: true })).rejects.toThrow(refused('SF002'))
    const campaignId = await office.campaign({ anyHour: true })
    await expect(
      sql`update campaign set trunk_id = ${office.realTrunkId} where id = ${campaignId}`.execute(db),
    ).rejects.toThrow(refused('SF002'))
    await expect(sql`update trunk set kind = 'sip' where id = ${office.trunkId}`.execute(db)).rejects.toThrow(
      refused('SF002'),
    )
  })
})

describe('3: leases', () => {
  it('refuses a writer that holds another lease, or states none', async () => {
    const { work } = await claimed()
    await expect(move(work.attemptId, 'dialing', otherLease)).rejects.toThrow(refused('SF003'))
    await expect(move(work.attemptId, 'dialing', { ...lease, epoch: 0 })).rejects.toThrow(refused('SF003'))
    await expect(sql`update attempt set state = 'dialing' where id = ${work.attemptId}`.execute(db)).rejects.toThrow(
      refused('SF003'),
    )
    expect((await office.attempt(work.attemptId)).state).toBe('created')
  })

  it('refuses a lease that nobody could state', async () => {
    const { work } = await claimed()
    await expect(move(work.attemptId, 'dialing', { owner: '', epoch: 1 })).rejects.toThrow(refused('SF003'))
  })

  it('lets the next start of the same node go on, and the dead one no more', async () => {
    const { work } = await claimed()
    const next = { ...lease, epoch: 2 }
    await office.as(next, (tx) =>
      sql`update attempt set lease_epoch = 2, lease_until = clock_timestamp() + interval '30 s' where id = ${work.attemptId}`.execute(
        tx,
      ),
    )
    await expect(move(work.attemptId, 'dialing')).rejects.toThrow(refused('SF003'))
    await move(work.attemptId, 'dialing', next)
  })

  it('lets another node take what has run out, by the database’s clock', async () => {
    const { work } = await claimed()
    await office.as(lease, (tx) =>
      sql`update attempt set lease_until = clock_timestamp() - interval '1 ms' where id = ${work.attemptId}`.execute(
        tx,
      ),
    )
    await office.as(otherLease, (tx) =>
      sql`update attempt set state = 'ended', result = 'restart' where id = ${work.attemptId}`.execute(tx),
    )
    expect(await office.attempt(work.attemptId)).toMatchObject({ state: 'ended', result: 'restart', leaseUntil: null })
  })

  it('lets whoever closes the gate take back what was not dialled, and nothing else', async () => {
    const { work } = await claimed()
    await expect(
      sql`update attempt set state = 'ended', result = 'completed' where id = ${work.attemptId}`.execute(db),
    ).rejects.toThrow(refused('SF003'))
    await sql`update attempt set state = 'ended', result = 'cancelled' where id = ${work.attemptId}`.execute(db)
    expect((await office.attempt(work.attemptId)).result).toBe('cancelled')
  })

  it('keeps a task that is in a call for the holder of its attempt', async () => {
    const { work, taskId } = await claimed()
    await office.work().begin(work, lease)
    const complete = sql`update task set state = 'completed' where id = ${taskId}`
    await expect(office.as(otherLease, (tx) => complete.execute(tx))).rejects.toThrow(refused('SF003'))
    await office.as(lease, (tx) => complete.execute(tx))
    expect((await office.task(taskId)).state).toBe('completed')
  })

  it('keeps each of many tasks for the holder of its own attempt', async () => {
    const mine = await office.due()
    const theirs = await office.due()
    const works = await office.work().claim(lease, office.trunkId, 50)
    for (const work of works) {
      if (work.taskId === mine.taskId || work.taskId === theirs.taskId) await office.begin(work)
    }
    const other = works.find(({ taskId }) => taskId === theirs.taskId)
    await office.as(lease, (tx) =>
      sql`update attempt set lease_owner = ${otherLease.owner}, lease_epoch = ${otherLease.epoch} where id = ${other?.attemptId}`.execute(
        tx,
      ),
    )
    const complete = sql`update task set state = 'completed' where id in (${mine.taskId}, ${theirs.taskId})`
    await expect(office.as(lease, (tx) => complete.execute(tx))).rejects.toThrow(refused('SF003'))
    expect((await office.task(mine.taskId)).state).toBe('in_progress')
  })

  it('makes no attempt without a lease, or with another than the stated', async () => {
    const task = await office.due()
    await expect(insertAttempt(task, { leased: false })).rejects.toThrow(refused('23514'))
    await expect(insertAttempt(task, { owner: otherLease.owner })).rejects.toThrow(refused('SF003'))
  })
})

describe('5: states move only as the vocabulary says', () => {
  it('refuses every move of a task that is not listed, and allows every one that is', async () => {
    const { rows } = await sql<{ fromState: string; toState: string; needs: string | null }>`
      select from_state, to_state, needs from state_move where machine = 'task' and from_state <> ''
    `.execute(db)
    const legal = new Set(rows.map((row) => `${row.fromState} ${row.toState}`))
    const states = [...new Set(rows.flatMap((row) => [row.fromState, row.toState]))]
    const { taskId } = await office.due()
    for (const from of states) {
      for (const to of states) {
        if (from === to) continue
        await office.force(taskId, from as 'scheduled')
        const needs = rows.find((row) => row.fromState === from && row.toState === to)?.needs
        const moved = sql`update task set state = ${to} where id = ${taskId}`.execute(db)
        if (legal.has(`${from} ${to}`) && needs === null) await expect(moved, `${from} → ${to}`).resolves.toBeDefined()
        else await expect(moved, `${from} → ${to}`).rejects.toThrow(refused('SF005'))
      }
    }
  })

  it('opens a closed task again only beside the audit row of the same transaction', async () => {
    const { taskId } = await office.due()
    await office.force(taskId, 'completed')
    await writeAudit(db, {
      actor: systemActor,
      action: 'task.reopen',
      object: { kind: 'task', id: taskId },
      outcome: 'ok',
    })
    const reopen = sql`update task set state = 'scheduled' where id = ${taskId}`
    await expect(reopen.execute(db)).rejects.toThrow(refused('SF005'))
    await db.transaction().execute(async (tx) => {
      await writeAudit(tx, {
        actor: systemActor,
        action: 'task.reopen',
        object: { kind: 'task', id: taskId },
        outcome: 'ok',
      })
      await reopen.execute(tx)
    })
    expect((await office.task(taskId)).state).toBe('scheduled')
  })

  it('opens none of many closed tasks when one of them lacks its audit row', async () => {
    const tasks = [await office.due(), await office.due()]
    for (const { taskId } of tasks) await office.force(taskId, 'completed')
    const reopen = sql`update task set state = 'scheduled' where id = any (${tasks.map(({ taskId }) => taskId)}::uuid[])`
    const audit = (taskId: string) => ({
      actor: systemActor,
      action: 'task.reopen' as const,
      object: { kind: 'task', id: taskId },
      outcome: 'ok' as const,
    })
    const reopened = (audited: readonly { taskId: string }[]) =>
      db.transaction().execute(async (tx) => {
        for (const { taskId } of audited) await writeAudit(tx, audit(taskId))
        await reopen.execute(tx)
      })
    const states = () => Promise.all(tasks.map(async ({ taskId }) => (await office.task(taskId)).state))
    await expect(reopened(tasks.slice(0, 1))).rejects.toThrow(refused('SF005'))
    expect(await states()).toEqual(['completed', 'completed'])
    await reopened(tasks)
    expect(await states()).toEqual(['scheduled', 'scheduled'])
  })

  it('moves none of many tasks when one of the moves is not listed', async () => {
    const [open, closed] = [await office.due(), await office.due()]
    await office.force(closed.taskId, 'expired')
    const stop = sql`update task set state = case id when ${open.taskId} then 'stopped' else 'completed' end
      where id in (${open.taskId}, ${closed.taskId})`
    await expect(stop.execute(db)).rejects.toThrow(refused('SF005'))
    expect((await office.task(open.taskId)).state).toBe('scheduled')
  })

  it('lets an attempt be born only as created, and a task as scheduled or excluded', async () => {
    const task = await office.due()
    await expect(insertAttempt(task, { state: 'ended' })).rejects.toThrow(refused('SF005'))
    await expect(
      sql`insert into task select (jsonb_populate_record(t, jsonb_build_object('id', ${newId()}::text, 'state', 'completed'))).*
        from task t where id = ${task.taskId}`.execute(db),
    ).rejects.toThrow()
  })

  it('never lets an attempt go back, or change its end', async () => {
    const { work } = await claimed()
    await office.fail(work, 'busy')
    for (const change of [
      sql`update attempt set state = 'dialing', result = null where id = ${work.attemptId}`,
      sql`update attempt set result = 'completed' where id = ${work.attemptId}`,
      sql`update attempt set task_id = ${newId()} where id = ${work.attemptId}`,
    ]) {
      await expect(office.as(lease, (tx) => change.execute(tx))).rejects.toThrow(refused('SF005'))
    }
    await sql`update attempt set corrected_result = 'no_answer' where id = ${work.attemptId}`.execute(db)
    expect(await office.attempt(work.attemptId)).toMatchObject({ result: 'busy', correctedResult: 'no_answer' })
  })

  it('keeps what was published, the tables of moves and what happened from being changed or deleted', async () => {
    await claimed()
    for (const change of [
      sql`delete from state_move`,
      sql`update state_move set needs = null`,
      sql`delete from attempt`,
      sql`delete from task`,
      sql`delete from do_not_call`,
      sql`update programme_version set retry = '{}'`,
      sql`update flow_version set definition = '{}'`,
      sql`update questionnaire_version set definition = '{}'`,
    ]) {
      await expect(change.execute(db)).rejects.toThrow(refused('42501'))
    }
    await expect(
      sql`insert into programme_step (id, programme_version_id, position, after_days)
        select ${newId()}, id, 99, 1 from programme_version limit 1`.execute(db),
    ).rejects.toThrow(refused('SF005'))
  })
})

describe('6: recordings', () => {
  it('gives every answered attempt a recording that is expected', async () => {
    const { work } = await claimed()
    await office.work().begin(work, lease)
    await office.tell(work, [invited, answered])
    const recordings = await db
      .selectFrom('recording')
      .select('state')
      .where('attemptId', '=', work.attemptId)
      .execute()
    expect(recordings).toEqual([{ state: 'expected' }])
  })

  it('moves one only as the vocabulary says', async () => {
    const { work } = await claimed()
    await office.work().begin(work, lease)
    await office.tell(work, [invited, answered])
    const to = (state: string) =>
      sql`update recording set state = ${state} where attempt_id = ${work.attemptId}`.execute(db)
    await expect(to('verified')).rejects.toThrow(refused('SF005'))
    await to('recording')
    await to('closed')
    await to('verified')
    await expect(to('expected')).rejects.toThrow(refused('SF005'))
  })
})

type Task = { readonly taskId: string; readonly patientId: string; readonly numberId: string }
