/** Calls that an agent begins: the record first, then dial or skip; and click-to-dial. */
import { sql } from 'kysely'
import { afterEach, describe, expect, it } from 'vitest'
import { PatientRecords } from '../../../src/follow-up/desk/record-service.ts'
import { whyNot } from '../../../src/follow-up/status/why-not.ts'
import { systemActor } from '../../../src/platform/audit/audit-store.ts'
import { newId } from '../../../src/platform/ids.ts'
import { secrets } from '../follow-up/office.ts'
import { Floor, type Node } from './floor.ts'

let floor: Floor | undefined
afterEach(async () => {
  await floor?.close()
  floor = undefined
})

async function open({ patients = 3, agents = 1, pacing = 'preview' as const } = {}) {
  const opened = await Floor.open({ pacing, patients })
  floor = opened
  const node = await opened.node()
  const ids: string[] = []
  for (let n = 0; n < agents; n += 1) {
    const agent = await opened.agent()
    await node.signIn(agent)
    ids.push(agent)
  }
  return { floor: opened, node, agents: ids, agent: ids[0] ?? '' }
}

async function offer(node: Node) {
  await node.dialling.offerPreviews(node.floor.office.trunkId)
  await node.quiet()
}

async function previewed(agent: string): Promise<string> {
  const seat = await node(agent)
  if (seat === undefined) throw new Error('nothing is previewed')
  return seat
}

async function node(agent: string): Promise<string | undefined> {
  const row = await floor?.db
    .selectFrom('preview')
    .select('taskId')
    .where('seatId', '=', agent)
    .where('endedAt', 'is', null)
    .executeTakeFirst()
  return row?.taskId
}

const taskOf = (id: string) =>
  floor?.db.selectFrom('task').selectAll().where('id', '=', id).executeTakeFirstOrThrow() ?? expect.unreachable()

describe('a preview campaign', () => {
  it('shows a free seat the next record, and dials nothing', async () => {
    const { floor, node, agent } = await open()
    await offer(node)
    expect(await floor.seat(agent)).toMatchObject({ state: 'previewing' })
    const taskId = await previewed(agent)
    expect((await floor.told(agent)).at(-2)).toEqual({ type: 'preview.offered', payload: { taskId } })
    expect((await node.service.view(agent))?.preview).toMatchObject({ taskId })
    expect(node.telephony.dials).toEqual([])
    expect(await taskOf(taskId)).toMatchObject({ state: 'scheduled' })
  })

  it('says that no seat is free, while none is, instead of what could be dialled', async () => {
    const { floor, node, agent } = await open({ patients: 2, agents: 1 })
    const { campaignId, db } = floor
    expect(await whyNot(db, campaignId)).toEqual({ callable: 2, reasons: [] })
    await offer(node)
    expect(await whyNot(db, campaignId)).toEqual({ callable: 0, reasons: [{ reason: 'no_free_seat', count: 2 }] })
    await sql`update campaign set pacing = 'agentless' where id = ${campaignId}`.execute(db)
    expect(await whyNot(db, campaignId)).toEqual({ callable: 2, reasons: [] })
    expect((await floor.seat(agent)).state).toBe('previewing')
  })

  it('never shows two seats the same task', async () => {
    const { node, agents } = await open({ patients: 5, agents: 3 })
    await Promise.all([offer(node), offer(node), offer(node)])
    const tasks = await Promise.all(agents.map(previewed))
    expect(new Set(tasks).size).toBe(3)
  })

  it('is held to that by the database', async () => {
    const { floor, node, agents } = await open({ patients: 1, agents: 2 })
    await offer(node)
    const again = sql`
      insert into preview (id, seat_id, task_id, campaign_id)
      select new_id(), s.id, v.task_id, v.campaign_id from preview v, seat s where s.id <> v.seat_id
    `
    await expect(again.execute(floor.db)).rejects.toMatchObject({ code: '23505' })
    const states = await Promise.all(agents.map(async (agent) => (await floor.seat(agent)).state))
    expect(states.sort()).toEqual(['idle', 'previewing'])
  })

  it('dials by the button, through the gate, with the seat reserved', async () => {
    const { floor, node, agent } = await open()
    await offer(node)
    const taskId = await previewed(agent)
    await node.dialling.dialPreview(agent, null, systemActor)
    await node.quiet()
    expect(await floor.seat(agent)).toMatchObject({ state: 'reserved' })
    expect(node.carried[0]?.work.taskId).toBe(taskId)
    const dial = node.telephony.dials[0]
    dial?.answer()
    await node.quiet()
    expect(await floor.seat(agent)).toMatchObject({ state: 'talking' })
    expect((await floor.told(agent)).map(({ type }) => type)).toEqual(
      expect.arrayContaining(['preview.ended', 'call.reserved', 'call.answered']),
    )
  })

  it('puts a skipped task back behind the delay, with the reason, and shows the next', async () => {
    const { floor, node, agent } = await open()
    await offer(node)
    const taskId = await previewed(agent)
    await expect(node.dialling.skip(agent, '  ')).rejects.toMatchObject({ code: 'SEAT_SKIP_REASON_MISSING' })
    await node.dialling.skip(agent, '家属要求晚上再打')
    expect(await floor.seat(agent)).toMatchObject({ state: 'idle' })
    const task = await taskOf(taskId)
    expect(task.state).toBe('scheduled')
    expect(task.dueAt.getTime()).toBe(floor.office.now.getTime() + 30 * 60_000)
    const { rows } = await sql`select ended_reason, skip_reason from preview where task_id = ${taskId}`.execute(
      floor.db,
    )
    expect(rows).toEqual([{ endedReason: 'skipped', skipReason: '家属要求晚上再打' }])
    await offer(node)
    expect(await previewed(agent)).not.toBe(taskId)
  })

  it.each([
    ['goes on a break', (node: Node, agent: string) => node.service.setStatus(agent, 'on_break'), 'idle'],
    ['signs out', (node: Node, agent: string) => node.service.signOut(agent), 'unreachable'],
    ['loses the phone', async (node: Node, agent: string) => node.legs.leg(agent)?.hangUp(), 'unreachable'],
  ] as const)('gives the record to others when the agent %s', async (_what, leave, state) => {
    const { floor, node, agent } = await open()
    await offer(node)
    const taskId = await previewed(agent)
    await leave(node, agent)
    await node.quiet()
    expect(await floor.seat(agent)).toMatchObject({ state })
    const other = await floor.agent()
    await node.signIn(other)
    await offer(node)
    expect(await previewed(other)).toBe(taskId)
  })

  it('takes no call from a team that patients wait for', async () => {
    const { floor, node, agent } = await open()
    await floor.queue()
    await offer(node)
    await expect(node.dialling.skip(agent, '稍后')).resolves.toBeUndefined()
    expect((await floor.seat(agent)).state).toBe('idle')
  })

  it('gives the record back when the node dies', async () => {
    const { floor, node, agent } = await open({ patients: 1 })
    await offer(node)
    const taskId = await previewed(agent)
    node.kill()
    const next = await floor.node()
    await next.reconcile()
    expect(await floor.seat(agent)).toMatchObject({ state: 'unreachable', status: 'available' })
    await next.signIn(agent)
    await offer(next)
    expect(await previewed(agent)).toBe(taskId)
  })
})

describe('click-to-dial', () => {
  const anyTask = async () => {
    const task = await floor?.db
      .selectFrom('task')
      .select(['id', 'patientId', 'phoneNumberId'])
      .executeTakeFirstOrThrow()
    return task ?? expect.unreachable()
  }

  it('tells the name when the patient answers, and no sooner; the dialler’s own call tells it at once', async () => {
    const { floor, node, agent } = await open()
    const records = new PatientRecords({ db: floor.db, decrypt: secrets.decrypt })
    const { id: taskId } = await anyTask()
    const read = async (reads: string, task: string) => {
      const { patient, script, nameWithheld } = await records.open(task, { accountId: reads, rights }, systemActor)
      return [patient.name.includes('*'), script.zh.includes('*'), nameWithheld]
    }
    const rights = new Set(['call.read', 'seat.use'] as const)
    await node.dialling.dial(agent, { taskId, phoneId: null }, systemActor)
    expect(await read(agent, taskId)).toEqual([true, true, true])
    // Hung up before anybody answered: nothing has been learnt.
    await node.service.hangUp(agent)
    await node.quiet()
    expect((await read(agent, taskId))[0]).toBe(true)

    const rest = await floor.db.selectFrom('task').select('id').where('id', '<>', taskId).execute()
    const second = rest[0]?.id ?? ''
    await node.dialling.dial(agent, { taskId: second, phoneId: null }, systemActor)
    await node.quiet()
    node.telephony.dials.at(-1)?.answer()
    await node.quiet()
    expect(await read(agent, second)).toEqual([false, false, false])

    await sql`update campaign set pacing = 'progressive'`.execute(floor.db)
    const other = await floor.agent()
    await node.signIn(other)
    const [chosenForHim] = await node.dialForSeats(1)
    expect(await read(other, chosenForHim?.work.taskId ?? '')).toEqual([false, false, false])
  })

  it.each(['available', 'on_break'] as const)('reserves the seat of an agent who is %s', async (status) => {
    const { floor, node, agent } = await open()
    await node.service.setStatus(agent, status)
    const { id: taskId } = await anyTask()
    await node.dialling.dial(agent, { taskId, phoneId: null }, systemActor)
    await node.quiet()
    expect(await floor.seat(agent)).toMatchObject({ state: 'reserved', status })
    expect(node.telephony.dials).toHaveLength(1)
    const { rows } = await sql`select action from audit_row where object_id = ${taskId}`.execute(floor.db)
    expect(rows).toContainEqual({ action: 'seat.dialled' })
  })

  it.each([
    ['room on the disk for its recording', 'hasRoom', 'DISK_FULL'],
    ['folder that its recording belongs into', 'hasFolder', 'RECORDINGS_FOLDER_AWAY'],
  ] as const)('waits while there is no %s', async (_what, part, code) => {
    const { floor, node, agent } = await open()
    const { id: taskId } = await anyTask()
    node[part] = false
    const dial = () => node.dialling.dial(agent, { taskId, phoneId: null }, systemActor)
    await expect(dial()).rejects.toMatchObject({ code })
    expect(await floor.seat(agent)).toMatchObject({ state: 'idle' })
    node[part] = true
    await dial()
    await node.quiet()
    expect(node.carried).toHaveLength(1)
  })

  it('dials another of the patient’s numbers when it is told which', async () => {
    const { floor, node, agent } = await open()
    const { id: taskId, patientId } = await anyTask()
    const other = await floor.office.number('+8613900009901')
    await sql`
      insert into patient_phone (id, patient_id, phone_number_id, position) values (new_id(), ${patientId}, ${other}, 2)
    `.execute(floor.db)
    await node.dialling.dial(agent, { taskId, phoneId: other }, systemActor)
    await node.quiet()
    expect(await floor.attempt(node.carried[0]?.work.attemptId ?? '')).toMatchObject({ phoneNumberId: other })
  })

  it.each([
    [
      'GATE_DO_NOT_CALL',
      (task: { patientId: string }) => sql`
        insert into do_not_call (id, patient_id, source) values (new_id(), ${task.patientId}, 'agent')`,
    ],
    [
      'GATE_DECEASED',
      (task: { patientId: string }) => sql`update patient set deceased_at = now() where id = ${task.patientId}`,
    ],
    ['GATE_CAMPAIGN_PAUSED', () => sql`update campaign set state = 'paused'`],
    ['GATE_LINES_BUSY', () => sql`update trunk set lines = 0`],
    ['GATE_TASK_NOT_OPEN', (task: { id: string }) => sql`update task set state = 'stopped' where id = ${task.id}`],
  ] as const)('is refused by the gate as %s, and the seat stays free', async (code, closeGate) => {
    const { floor, node, agent } = await open()
    const task = await anyTask()
    await closeGate(task).execute(floor.db)
    await expect(node.dialling.dial(agent, { taskId: task.id, phoneId: null }, systemActor)).rejects.toMatchObject({
      code,
    })
    expect(await floor.seat(agent)).toMatchObject({ state: 'idle' })
    expect(node.telephony.dials).toEqual([])
  })

  it('is refused for a number that is not the patient’s', async () => {
    const { floor, node, agent } = await open()
    const { id: taskId } = await anyTask()
    const phoneId = await floor.office.number('+8613900009902')
    await expect(node.dialling.dial(agent, { taskId, phoneId }, systemActor)).rejects.toMatchObject({
      code: 'GATE_NUMBER_REMOVED',
    })
  })

  it('is refused while a colleague has the record open', async () => {
    const { node, agents } = await open({ patients: 1, agents: 2 })
    await offer(node)
    const { id: taskId } = await anyTask()
    const looking = await floor?.db.selectFrom('preview').select('seatId').executeTakeFirstOrThrow()
    const other = agents.find((agent) => agent !== looking?.seatId) ?? ''
    await expect(node.dialling.dial(other, { taskId, phoneId: null }, systemActor)).rejects.toMatchObject({
      code: 'GATE_PREVIEWED',
    })
  })

  it('is refused in a call, while away, signed out, and for another team’s task', async () => {
    const { floor, node, agent } = await open()
    const { id: taskId } = await anyTask()
    const dial = () => node.dialling.dial(agent, { taskId, phoneId: null }, systemActor)
    await node.service.setStatus(agent, 'away')
    await expect(dial()).rejects.toMatchObject({ code: 'SEAT_NOT_FREE' })
    await node.service.setStatus(agent, 'available')
    const teamId = newId()
    await floor.db.insertInto('team').values({ id: teamId, siteId: floor.office.siteId, name: '二组' }).execute()
    await sql`update campaign set team_id = ${teamId}`.execute(floor.db)
    await expect(dial()).rejects.toMatchObject({ code: 'SEAT_TASK_OF_OTHERS' })
    await sql`update campaign set team_id = ${floor.teamId}`.execute(floor.db)
    await dial()
    await expect(dial()).rejects.toMatchObject({ code: 'SEAT_NOT_FREE' })
    await node.quiet()
    node.telephony.dials[0]?.refuse(486)
    await node.quiet()
    await node.service.signOut(agent)
    await expect(dial()).rejects.toMatchObject({ code: 'SEAT_NOT_SIGNED_IN' })
  })
})
