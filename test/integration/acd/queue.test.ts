/** From the machine to a person: patients who press 0, the queue they wait in, and who takes them. */
import { sql } from 'kysely'
import { afterEach, describe, expect, it } from 'vitest'
import { UserError } from '../../../src/platform/errors/errors.ts'
import type { FakePatientLeg } from './fake-telephony.ts'
import { Floor, type Node } from './floor.ts'

let floor: Floor | undefined
afterEach(async () => {
  await floor?.close()
  floor = undefined
})

async function open(draft: { readonly patients?: number; readonly waitLimitSeconds?: number } = {}) {
  const opened = await Floor.open({ pacing: 'agentless', patients: draft.patients ?? 1 })
  floor = opened
  await opened.queue(draft)
  return { floor: opened, node: await opened.node() }
}

/** Patients who have answered, said that they are the patients and given their first answer. */
async function answering(node: Node, count = 1) {
  const dialled = await node.dialPatients(count)
  const calls: { attemptId: string; taskId: string; leg: FakePatientLeg; done: Promise<void> }[] = []
  for (const { work, done } of dialled) {
    const leg = node.dialOf(work.attemptId).answer()
    await node.quiet()
    await press(node, leg, '11')
    calls.push({ attemptId: work.attemptId, taskId: work.taskId, leg, done })
  }
  return calls
}

async function press(node: Node, leg: FakePatientLeg, keys: string) {
  for (const key of keys) {
    leg.press(key)
    await node.quiet()
  }
}

async function waiting(node: Node) {
  const [call] = await answering(node)
  if (call === undefined) throw new Error('nobody was dialled')
  await press(node, call.leg, '0')
  await node.match()
  return call
}

const bodies = (events: readonly unknown[]) => events.map((body) => (body as { type: string }).type)

describe('a call that sounds like a machine', () => {
  it('is labelled so, and its result is what it would have been', async () => {
    const { floor, node } = await open()
    const [call] = await answering(node)
    call?.leg.soundLike({ cue: 'beep', frequency: 1000 })
    call?.leg.soundLike({ cue: 'greeting', speechMs: 900, pauseMs: 2000 })
    call?.leg.soundLike({ cue: 'greeting', speechMs: 4100, pauseMs: 620 })
    call?.leg.endBy('patient')
    await call?.done
    await node.quiet()
    const { rows } = await sql`select body from call_event where type = 'machine_cue' order by seq`.execute(floor.db)
    expect(rows).toMatchObject([
      { body: { cue: 'beep', frequency: 1000 } },
      { body: { cue: 'greeting', speechMs: 4100, pauseMs: 620 } },
    ])
    expect(await floor.attempt(call?.attemptId ?? '')).toMatchObject({ state: 'ended', result: 'partial' })
  })
})

describe('a patient who presses 0', () => {
  it('is not given to an agent who was put out, and hears at once that nobody is there', async () => {
    const { floor, node } = await open()
    const agent = await floor.agent()
    await node.signIn(agent)
    await sql`update user_account set disabled_at = app_now() where id = ${agent}`.execute(floor.db)
    await waiting(node)
    expect(await floor.reservations(agent)).toEqual([])
    expect(await floor.entries()).toMatchObject([{ leftReason: 'join_empty' }])
  })

  it('talks with the agent who is free, and the answers so far are in the form', async () => {
    const { floor, node } = await open()
    const agent = await floor.agent()
    await node.signIn(agent)
    const { attemptId, taskId, leg, done } = await waiting(node)
    expect(await floor.seat(agent)).toMatchObject({ state: 'talking' })
    expect(await floor.attempt(attemptId)).toMatchObject({ state: 'bridged', agentId: agent })
    expect(await floor.entries()).toMatchObject([{ attemptId, leftReason: 'connected' }])
    const { rows } = await sql`
      select w.question_id, w.value from response r join answer w on w.response_id = r.id where r.task_id = ${taskId}
    `.execute(floor.db)
    expect(rows).toEqual([{ questionId: 'nurses', value: 'very_satisfied' }])
    expect((await floor.told(agent)).map(({ type }) => type)).toEqual(
      expect.arrayContaining(['call.reserved', 'call.answered', 'seat.changed']),
    )
    await node.service.hangUp(agent)
    await done
    await node.quiet()
    expect(await floor.seat(agent)).toMatchObject({ state: 'wrap_up' })
    expect(await floor.attempt(attemptId)).toMatchObject({ state: 'ended', result: 'completed', outcome: null })
    expect(await floor.task(attemptId)).toMatchObject({ state: 'wrapping' })
    expect(leg.end?.by).toBe('hospital')
  })

  it('waits with music until an agent is free, and the one idle longest takes the call', async () => {
    const { floor, node } = await open()
    const [early, late] = [await floor.agent(), await floor.agent()]
    await node.signIn(early)
    await node.signIn(late)
    for (const agent of [early, late]) await node.service.setStatus(agent, 'on_break')
    const { attemptId } = await waiting(node)
    expect(await floor.entries()).toMatchObject([{ attemptId, leftAt: null }])
    const room = [...node.telephony.rooms.values()][0]
    expect(room?.moves).toEqual(['wait'])
    await sql`update seat set state_since = state_since - interval '1 hour' where agent_id = ${late}`.execute(floor.db)
    for (const agent of [early, late]) await node.service.setStatus(agent, 'available')
    await node.match()
    expect(await floor.seat(late)).toMatchObject({ state: 'talking' })
    expect(await floor.seat(early)).toMatchObject({ state: 'idle' })
    expect(room?.moves).toEqual(['wait', 'join'])
  })

  it('is taken before those who came later', async () => {
    const { floor, node } = await open({ patients: 2 })
    const agent = await floor.agent()
    await node.signIn(agent)
    await node.service.setStatus(agent, 'on_break')
    const calls = await answering(node, 2)
    for (const { leg } of calls) {
      await press(node, leg, '0')
      await node.match()
    }
    await node.service.setStatus(agent, 'available')
    await node.match()
    const [first, second] = await floor.entries()
    expect([first, second]).toMatchObject([
      { attemptId: calls[0]?.attemptId, leftReason: 'connected' },
      { attemptId: calls[1]?.attemptId, leftAt: null },
    ])
  })

  it('hears an apology when nobody is signed in, and is called back by the plan', async () => {
    const { floor, node } = await open()
    await floor.agent()
    const { attemptId, leg, done } = await waiting(node)
    await done
    await node.quiet()
    expect(leg.heard.at(-1)).toBe('/prompts/queue-apology.wav')
    expect(await floor.entries()).toMatchObject([{ leftReason: 'join_empty' }])
    expect(await floor.attempt(attemptId)).toMatchObject({ result: 'abandoned', outcome: 'callback' })
    const task = await floor.task(attemptId)
    expect(task.state).toBe('callback')
    expect(task.dueAt.getTime()).toBeGreaterThan(floor.office.now.getTime())
  })

  it('hears it when the last agent signs out meanwhile', async () => {
    const { floor, node } = await open()
    const agent = await floor.agent()
    await node.signIn(agent)
    await node.service.setStatus(agent, 'on_break')
    const { done } = await waiting(node)
    await node.service.signOut(agent)
    await node.match()
    await done
    await node.quiet()
    expect(await floor.entries()).toMatchObject([{ leftReason: 'leave_empty' }])
  })

  it('hears it when the limit is over', async () => {
    const { floor, node } = await open({ waitLimitSeconds: 20 })
    const agent = await floor.agent()
    await node.signIn(agent)
    await node.service.setStatus(agent, 'on_break')
    const { attemptId, leg, done } = await waiting(node)
    await node.clock.advance(20_000)
    await done
    await node.quiet()
    expect(leg.heard.at(-1)).toBe('/prompts/queue-apology.wav')
    expect(await floor.entries()).toMatchObject([{ leftReason: 'timeout' }])
    expect(await floor.task(attemptId)).toMatchObject({ state: 'callback' })
  })

  it('who hangs up while waiting has abandoned the queue', async () => {
    const { floor, node } = await open()
    const agent = await floor.agent()
    await node.signIn(agent)
    await node.service.setStatus(agent, 'on_break')
    const { attemptId, leg, done } = await waiting(node)
    leg.endBy('patient')
    await done
    await node.quiet()
    expect(await floor.entries()).toMatchObject([{ leftReason: 'abandoned' }])
    expect(await floor.attempt(attemptId)).toMatchObject({ result: 'abandoned' })
    expect(await floor.task(attemptId)).toMatchObject({ state: 'retry_wait' })
    await node.service.setStatus(agent, 'available')
    await node.match()
    expect(await floor.seat(agent)).toMatchObject({ state: 'idle' })
  })

  it('who hangs up in the moment in which an agent was found leaves that seat free', async () => {
    const { floor, node } = await open()
    const agent = await floor.agent()
    await node.signIn(agent)
    const [call] = await answering(node)
    if (call === undefined) return expect.unreachable()
    node.stall()
    call.leg.press('0')
    await node.quiet()
    call.leg.endBy('patient')
    await call.done
    await node.unstall()
    await node.match()
    expect(await floor.seat(agent)).toMatchObject({ state: 'idle' })
    expect(await floor.entries()).toMatchObject([{ leftReason: 'abandoned' }])
    expect(await floor.task(call.attemptId)).toMatchObject({ state: 'retry_wait' })
  })

  it('is apologised to also while the database is away', async () => {
    const { floor, node } = await open({ waitLimitSeconds: 10 })
    const agent = await floor.agent()
    await node.signIn(agent)
    const [call] = await answering(node)
    if (call === undefined) return expect.unreachable()
    node.stall()
    call.leg.press('0')
    await node.quiet()
    await node.clock.advance(10_000)
    await call.done
    expect(call.leg.heard.at(-1)).toBe('/prompts/queue-apology.wav')
    await node.unstall()
    await node.match()
    expect(await floor.entries()).toMatchObject([{ leftReason: 'timeout' }])
    expect(await floor.task(call.attemptId)).toMatchObject({ state: 'callback' })
  })

  it('has the wrong key pressed where the team has no queue', async () => {
    floor = await Floor.open({ pacing: 'agentless', patients: 1 })
    const node = await floor.node()
    const [call] = await answering(node)
    if (call === undefined) return expect.unreachable()
    await press(node, call.leg, '0')
    expect(bodies(await floor.events(call.attemptId))).not.toContain('queued')
    expect(call.leg.heard).not.toContain('/prompts/key-operator.wav')
    expect(call.leg.heard).toContain('/prompts/invalid-key.wav')
  })
})

describe('those who wait', () => {
  it('come before those who are still to be dialled', async () => {
    const { floor, node } = await open({ patients: 2 })
    const agent = await floor.agent()
    await node.signIn(agent)
    const [call] = await answering(node)
    if (call === undefined) return expect.unreachable()
    await node.service.setStatus(agent, 'on_break')
    await press(node, call.leg, '0')
    await sql`update campaign set pacing = 'progressive' where id = ${floor.campaignId}`.execute(floor.db)
    await node.service.setStatus(agent, 'available')
    expect(await node.dialForSeats()).toEqual([])
    await node.match()
    expect(await floor.seat(agent)).toMatchObject({ state: 'talking' })
  })

  it('are gone from the queue after the node died, and the task is dialled again', async () => {
    const { floor, node } = await open()
    const agent = await floor.agent()
    await node.signIn(agent)
    await node.service.setStatus(agent, 'on_break')
    const { attemptId } = await waiting(node)
    node.kill()
    const next = await floor.node()
    await next.reconcile()
    expect(await floor.entries()).toMatchObject([{ leftReason: 'withdrawn' }])
    expect(await floor.attempt(attemptId)).toMatchObject({ result: 'restart' })
    expect(await floor.task(attemptId)).toMatchObject({ state: 'retry_wait' })
  })

  it('are told to the floor of the team as they come and go', async () => {
    const { floor, node } = await open()
    const agent = await floor.agent()
    await node.signIn(agent)
    await node.service.setStatus(agent, 'on_break')
    const { leg, done } = await waiting(node)
    leg.endBy('patient')
    await done
    await node.quiet()
    const rows = await floor.db
      .selectFrom('streamEvent')
      .select('payload')
      .where('streamId', '=', `floor:${floor.teamId}`)
      .where('type', '=', 'queue.changed')
      .orderBy('eventOffset')
      .execute()
    expect(rows.map(({ payload }) => payload.waiting)).toEqual([1, 0])
  })
})

describe('the database', () => {
  it('holds one active entry per attempt, and refuses one who is with nobody on the line', async () => {
    const { floor, node } = await open()
    const agent = await floor.agent()
    await node.signIn(agent)
    await node.service.setStatus(agent, 'on_break')
    const { attemptId, leg, done } = await waiting(node)
    const again = sql`
      insert into queue_entry (id, queue_id, attempt_id, entered_at)
      select new_id(), queue_id, attempt_id, now() from queue_entry limit 1
    `
    await expect(again.execute(floor.db)).rejects.toMatchObject({ code: '23505' })
    leg.endBy('patient')
    await done
    await node.quiet()
    await expect(again.execute(floor.db)).rejects.toMatchObject({ code: 'SF005' })
    const back = sql`update queue_entry set left_at = null, left_reason = null where attempt_id = ${attemptId}`
    await expect(back.execute(floor.db)).rejects.toMatchObject({ code: 'SF005' })
  })
})

it('a call in the queue has no seat that could hold it', async () => {
  const { floor, node } = await open()
  const agent = await floor.agent()
  await node.signIn(agent)
  await node.service.setStatus(agent, 'on_break')
  await waiting(node)
  await expect(node.service.hold(agent)).rejects.toEqual(new UserError('SEAT_NO_CALL'))
})
