import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Outcome } from '../../../src/contact-center/contact-center-tables.ts'
import { instantAt } from '../../../src/follow-up/calling/hospital-day.ts'
import { sweepTasks } from '../../../src/follow-up/tasks/task-sweep.ts'
import { answerOf, endedBy, invited, lease, monday } from '../follow-up/office.ts'
import { Desk, type Person } from './desk.ts'

let desk: Desk
let agent: Person
beforeEach(async () => {
  desk = await Desk.open()
  agent = await desk.agent()
})
afterEach(() => desk.close())

const task = (taskId: string) => desk.office.task(taskId)
const responseOf = (taskId: string) =>
  desk.db.selectFrom('response').selectAll().where('taskId', '=', taskId).executeTakeFirst()

/** A whole call with this outcome, its after-call work done. */
async function call(outcome: Outcome | null, more: { readonly text?: string; readonly callbackAt?: Date } = {}) {
  const talk = await desk.talking(agent)
  if (outcome === 'done' || outcome === 'proxy') await desk.fill(talk.taskId, agent)
  if (outcome !== null) {
    await desk.form.setOutcome(talk.taskId, agent.id, { outcome, ...more }, desk.actor(agent))
  }
  await desk.hangUp(talk.work)
  expect((await task(talk.taskId)).state).toBe('wrapping')
  await desk.finish(talk.work)
  return talk
}

/** Another plan of the same patient, waiting. */
async function otherPlan(patientId: string): Promise<string> {
  await desk.office.programme({ match: { kinds: ['checkup'] } })
  await desk.office.enrol(await desk.office.discharge(patientId, { kind: 'checkup' }))
  const row = await desk.db
    .selectFrom('task')
    .select('id')
    .where('patientId', '=', patientId)
    .where('state', '=', 'scheduled')
    .executeTakeFirstOrThrow()
  return row.id
}

describe('the task, once the after-call work is over,', () => {
  it.each([
    ['done', 'completed', null],
    ['proxy', 'completed', null],
    ['partial', 'retry_wait', null],
    ['uncooperative', 'retry_wait', null],
    ['readmitted', 'suspended', 'readmitted'],
    ['refused', 'refused', 'patient_refused'],
    ['deceased', 'stopped', 'deceased'],
    ['moved', 'stopped', 'moved'],
    ['wrong_person', 'failed', 'wrong_person'],
  ] as const)('by "%s" is %s', async (outcome, state, reason) => {
    const { taskId, attemptId } = await call(outcome)
    expect(await task(taskId)).toMatchObject({ state, reason })
    expect(await desk.office.attempt(attemptId)).toMatchObject({ outcome, result: 'completed' })
  })

  it('by "other" has failed, and the agent’s words stand on the call', async () => {
    const { taskId, attemptId } = await call('other', { text: '电话串线' })
    expect(await task(taskId)).toMatchObject({ state: 'failed', reason: 'other' })
    expect(await desk.office.attempt(attemptId)).toMatchObject({ outcome: 'other', outcomeText: '电话串线' })
  })

  it('is a callback at the agreed time, for the same agent first; and goes on at the first open question', async () => {
    const talk = await desk.talking(agent)
    await desk.form.saveAnswer(talk.taskId, agent.id, 'health', 'worse')
    const at = instantAt(monday, '15:00')
    const change = { outcome: 'callback', callbackAt: at } as const
    await desk.form.setOutcome(talk.taskId, agent.id, change, desk.actor(agent))
    await desk.hangUp(talk.work)
    await desk.finish(talk.work)
    expect(await task(talk.taskId)).toMatchObject({ state: 'callback', dueAt: at, callbackAgentId: agent.id })
    const again = await desk.office.begin(await desk.office.claimOne(talk.taskId, at), { now: at })
    expect(again.variables).toMatchObject({ answers: { health: 'worse' } })
    expect(await desk.read(talk.taskId, agent, 'call.read')).toMatchObject({
      next: 'detail',
      answers: { health: 'worse' },
    })
    // Whoever it was agreed with, the plan that follows another call is not his.
    await desk.office.tell(again, [invited, endedBy('no_answer')], { now: at })
    expect(await task(talk.taskId)).toMatchObject({ state: 'retry_wait', callbackAgentId: null })
  })

  it('has answers that are complete for "done", and says of questions that did not apply that they did not', async () => {
    const talk = await desk.talking(agent)
    await desk.form.saveAnswer(talk.taskId, agent.id, 'health', 'worse')
    await desk.form.saveAnswer(talk.taskId, agent.id, 'detail', '头痛')
    await desk.fill(talk.taskId, agent)
    await desk.form.setOutcome(talk.taskId, agent.id, { outcome: 'done' }, desk.actor(agent))
    await desk.hangUp(talk.work)
    await desk.finish(talk.work)
    expect(await desk.answers(talk.taskId)).toEqual({ health: 'well', detail: 'not_applicable', pressure: 120 })
    expect(await responseOf(talk.taskId)).toMatchObject({ state: 'complete', completedAt: desk.office.now })
  })

  it('is not completed when a required answer was taken back after "done" was said', async () => {
    const talk = await desk.talking(agent)
    await desk.fill(talk.taskId, agent)
    await desk.form.setOutcome(talk.taskId, agent.id, { outcome: 'done' }, desk.actor(agent))
    await desk.form.clearAnswer(talk.taskId, agent.id, 'pressure')
    await desk.hangUp(talk.work)
    await desk.finish(talk.work)
    expect((await task(talk.taskId)).state).toBe('retry_wait')
    expect((await responseOf(talk.taskId))?.state).toBe('open')
  })

  it('keeps who answered; "proxy" says it where nobody did', async () => {
    expect((await responseOf((await call('proxy')).taskId))?.respondent).toBe('proxy')
    const talk = await desk.talking(agent)
    await desk.form.setRespondent(talk.taskId, agent.id, 'spouse')
    await desk.fill(talk.taskId, agent)
    await desk.form.setOutcome(talk.taskId, agent.id, { outcome: 'proxy' }, desk.actor(agent))
    await desk.hangUp(talk.work)
    await desk.finish(talk.work)
    expect((await responseOf(talk.taskId))?.respondent).toBe('spouse')
  })
})

describe('without an outcome', () => {
  it('a complete form completes the task, which says that nobody did', async () => {
    const talk = await desk.talking(agent)
    await desk.fill(talk.taskId, agent)
    await desk.hangUp(talk.work)
    await desk.finish(talk.work)
    expect(await task(talk.taskId)).toMatchObject({ state: 'completed', reason: 'outcome_open' })
    expect(await desk.office.attempt(talk.attemptId)).toMatchObject({ outcome: null })
  })

  it('an incomplete one is tried again by the plan, and says so', async () => {
    const { taskId } = await call(null)
    expect(await task(taskId)).toMatchObject({ state: 'retry_wait', reason: 'outcome_open', callbackAgentId: null })
  })

  it('a patient who lost the agent is called back, by the same agent first', async () => {
    const talk = await desk.talking(agent)
    const gone = [
      { type: 'agent_left', reason: 'phone_lost' } as const,
      { type: 'agent_left', reason: 'not_back' } as const,
    ]
    await desk.office.tell(talk.work, [...gone, endedBy('abandoned')])
    await desk.finish(talk.work)
    expect(await task(talk.taskId)).toMatchObject({
      state: 'callback',
      reason: 'agent_lost',
      callbackAgentId: agent.id,
      dueAt: instantAt(monday, '11:00'),
    })
  })
})

describe('the patient’s other plans', () => {
  it.each([
    ['refused', 'stopped', 'patient_refused'],
    ['deceased', 'stopped', 'deceased'],
    ['readmitted', 'suspended', 'readmitted'],
    ['moved', 'scheduled', null],
    ['done', 'scheduled', null],
  ] as const)('after "%s" are %s', async (outcome, state, reason) => {
    const talk = await desk.talking(agent)
    const other = await otherPlan(talk.patientId)
    if (outcome === 'done') await desk.fill(talk.taskId, agent)
    await desk.form.setOutcome(talk.taskId, agent.id, { outcome }, desk.actor(agent))
    await desk.hangUp(talk.work)
    await desk.finish(talk.work)
    expect(await task(other)).toMatchObject({ state, reason })
  })

  it('a refusal told to an agent puts number and patient on the do-not-call list, once, with who heard it', async () => {
    const talk = await call('refused')
    const rows = await desk.db.selectFrom('doNotCall').selectAll().execute()
    expect(rows).toMatchObject([
      {
        patientId: talk.patientId,
        phoneNumberId: talk.numberId,
        source: 'agent',
        attemptId: talk.attemptId,
        createdBy: agent.id,
      },
    ])
  })

  it('a wrong person: that number is not dialled for this patient again, the next one is', async () => {
    const due = await desk.office.due({ numbers: ['+8619955550001', '+8619955550002'] })
    const talk = await desk.talking(agent, due)
    await desk.form.setOutcome(talk.taskId, agent.id, { outcome: 'wrong_person' }, desk.actor(agent))
    await desk.hangUp(talk.work)
    await desk.finish(talk.work)
    expect(await task(talk.taskId)).toMatchObject({ state: 'retry_wait', phoneNumberId: due.numberIds[1] })
    expect(await desk.office.gate(talk.taskId, due.numberIds[0] ?? '')).toBe('wrong_person')
  })
})

describe('whichever comes first', () => {
  it('the end of the after-call work before the call’s last event is applied: the task moves once, the same way', async () => {
    const talk = await desk.talking(agent)
    await desk.fill(talk.taskId, agent)
    await desk.form.setOutcome(talk.taskId, agent.id, { outcome: 'done' }, desk.actor(agent))
    await desk.moveReservation(talk.attemptId, 'wrapping')
    await desk.finish(talk.work)
    expect((await task(talk.taskId)).state).toBe('in_progress')
    await desk.office.tell(talk.work, [endedBy('completed')])
    expect(await task(talk.taskId)).toMatchObject({ state: 'completed', reason: null })
    expect(await desk.office.attempt(talk.attemptId)).toMatchObject({ outcome: 'done' })
  })

  it('an answer saved as the after-call work ends: taken, then it counts; or refused, then it does not', async () => {
    for (let round = 0; round < 8; round += 1) {
      const talk = await desk.talking(agent)
      await desk.form.saveAnswer(talk.taskId, agent.id, 'health', 'well')
      await desk.hangUp(talk.work)
      const save = () => desk.form.saveAnswer(talk.taskId, agent.id, 'pressure', 120)
      const finish = () => desk.finish(talk.work)
      const [first, second] = round % 2 === 0 ? [save, finish] : [finish, save]
      const both = await Promise.allSettled([first(), second()])
      const saved = both[round % 2 === 0 ? 0 : 1]
      if (saved?.status === 'rejected') expect(saved.reason).toMatchObject({ code: 'DESK_CALL_OVER' })
      const { state } = await task(talk.taskId)
      expect([saved?.status, state]).toEqual(
        saved?.status === 'fulfilled' ? ['fulfilled', 'completed'] : ['rejected', 'retry_wait'],
      )
    }
  })

  it('told twice moves once', async () => {
    const talk = await call('partial')
    const { dueAt } = await task(talk.taskId)
    await desk.db.transaction().execute((tx) => desk.office.work().agentCallOver(tx, talk))
    expect(await task(talk.taskId)).toMatchObject({ state: 'retry_wait', dueAt })
  })

  it('a call that was offered to a seat and not answered goes by the retry plan alone', async () => {
    const talk = await desk.reserved(agent)
    await desk.office.fail(talk.work, 'busy')
    await desk.moveReservation(talk.attemptId, 'rescinded')
    await desk.db.transaction().execute((tx) => desk.office.work().agentCallOver(tx, talk))
    expect(await task(talk.taskId)).toMatchObject({ state: 'retry_wait', reason: null })
  })

  it('a correction of the telephone’s result decides the retry, and flags the number', async () => {
    const talk = await desk.talking(agent, await desk.office.due({ numbers: ['+8619955550003', '+8619955550004'] }))
    await desk.hangUp(talk.work)
    await desk.form.correctResult(talk.taskId, agent.id, 'invalid_number', desk.actor(agent))
    await desk.finish(talk.work)
    expect(await task(talk.taskId)).toMatchObject({ state: 'retry_wait', phoneNumberId: talk.numberIds[1] })
    const number = await desk.db
      .selectFrom('phoneNumber')
      .select('flag')
      .where('id', '=', talk.numberId)
      .executeTakeFirst()
    expect(number).toEqual({ flag: 'invalid' })
  })

  it('a keypress survey that no agent saw is settled as ever', async () => {
    const due = await desk.office.due()
    const work = await desk.office.claimOne(due.taskId)
    await desk.office.work().begin(work, lease)
    await desk.office.tell(work, [
      answerOf('health', 'well'),
      { type: 'outcome', outcome: 'done' },
      endedBy('completed'),
    ])
    expect(await task(due.taskId)).toMatchObject({ state: 'completed', reason: null })
  })
})

describe('the sweep', () => {
  it('moves a task on whose after-call work nobody does any more, and leaves one alone that somebody does', async () => {
    const [lost, kept] = [await desk.talking(agent), await desk.talking(await desk.agent())]
    await desk.hangUp(lost.work)
    await desk.hangUp(kept.work)
    await desk.moveReservation(lost.attemptId, 'completed')
    expect(await sweepTasks(desk.office.at(instantAt(monday, '10:04')))).toMatchObject({ healed: 0 })
    expect(await sweepTasks(desk.office.at(instantAt(monday, '10:06')))).toMatchObject({ healed: 1 })
    expect(await task(lost.taskId)).toMatchObject({ state: 'retry_wait', reason: 'outcome_open' })
    expect((await task(kept.taskId)).state).toBe('wrapping')
  })
})

describe('the live page', () => {
  it('hears every move of the task once', async () => {
    const talk = await call('partial')
    const rows = await desk.db
      .selectFrom('streamEvent')
      .select('payload')
      .where('streamId', '=', 'live')
      .where('type', '=', 'task.changed')
      .orderBy('eventOffset')
      .execute()
    const own = rows.map(({ payload }) => payload).filter((payload) => payload.taskId === talk.taskId)
    expect(own.map(({ from, to }) => `${from} → ${to}`)).toEqual([
      'claimed → in_progress',
      'in_progress → wrapping',
      'wrapping → retry_wait',
    ])
  })
})
