import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CallEventBody, FlowOutcome } from '../../../src/contact-center/calls/call-event.ts'
import type { Claimed, Work } from '../../../src/contact-center/work-source.ts'
import { instantAt } from '../../../src/follow-up/calling/hospital-day.ts'
import { addDoNotCall } from '../../../src/follow-up/patients/do-not-call.ts'
import { patientsReadmitted } from '../../../src/follow-up/patients/patient-news.ts'
import { changeTask } from '../../../src/follow-up/tasks/task-service.ts'
import { sweepTasks } from '../../../src/follow-up/tasks/task-sweep.ts'
import { systemActor } from '../../../src/platform/audit/audit-store.ts'
import { answered, answerOf, endedBy, invited, lease, monday, Office, otherLease } from './office.ts'

const byHand = { by: systemActor, reason: '核对' }

let office: Office
beforeEach(async () => {
  office = await Office.open()
  await office.programme()
})
afterEach(() => office.close())

/** A call that was answered: begun, then this, then hung up. */
async function talk(
  claimed: Claimed,
  said: readonly CallEventBody[],
  outcome?: FlowOutcome,
  now = office.now,
): Promise<Work> {
  const work = await office.begin(claimed, { now })
  const over: CallEventBody[] = outcome === undefined ? [] : [{ type: 'outcome', outcome }]
  const result = outcome === 'done' || outcome === 'refused' || outcome === 'wrong_person' ? 'completed' : 'partial'
  await office.tell(work, [invited, answered, ...said, ...over, endedBy(result)], { now })
  return work
}

const formOf = (taskId: string) =>
  office.db
    .selectFrom('response')
    .leftJoin('answer', 'answer.responseId', 'response.id')
    .select(['response.state', 'response.respondent', 'answer.questionId', 'answer.value'])
    .where('taskId', '=', taskId)
    .orderBy('answer.questionId')
    .execute()

describe('an interview', () => {
  it('that was finished completes the task, and the number that worked goes first from then on', async () => {
    const { taskId, patientId, numberIds } = await office.due({ numbers: ['+8619944440001', '+8619944440002'] })
    const first = await office.claimOne(taskId)
    await office.fail(first, 'no_answer')
    const later = instantAt(monday, '10:10')
    const second = await office.claimOne(taskId, later)
    expect((await office.attempt(second.attemptId)).phoneNumberId).toBe(numberIds[1])
    await talk(second, [{ type: 'respondent', respondent: 'proxy' }, answerOf('q1', 'good')], 'done', later)
    expect(await office.task(taskId)).toMatchObject({ state: 'completed', reason: null })
    expect(await formOf(taskId)).toEqual([{ state: 'complete', respondent: 'proxy', questionId: 'q1', value: 'good' }])
    const again = await office.discharge(patientId, { on: '2026-11-15', kind: 'checkup' })
    await office.programme({ match: { kinds: ['checkup'] } })
    await office.enrol(again)
    const next = await office.db
      .selectFrom('task')
      .select('phoneNumberId')
      .where('patientId', '=', patientId)
      .where('state', '=', 'scheduled')
      .executeTakeFirstOrThrow()
    expect(next.phoneNumberId).toBe(numberIds[1])
  })

  it('that broke off keeps its answers, and the next call gets them and goes on', async () => {
    const { taskId } = await office.due()
    await talk(await office.claimOne(taskId), [answerOf('q1', 'good'), answerOf('q2', 'bad'), answerOf('q2', 'fair')])
    expect((await office.task(taskId)).state).toBe('retry_wait')
    const later = instantAt(monday, '15:00')
    const work = await talk(await office.claimOne(taskId, later), [answerOf('q3', 'good')], 'done', later)
    expect(work.variables).toMatchObject({ answers: { q1: 'good', q2: 'fair' } })
    expect((await formOf(taskId)).map(({ questionId, value }) => [questionId, value])).toEqual([
      ['q1', 'good'],
      ['q2', 'fair'],
      ['q3', 'good'],
    ])
  })

  it('that was given up with answers is partial, not failed', async () => {
    const { taskId } = await office.due()
    for (const time of ['10:00', '15:00']) {
      const now = instantAt(monday, time)
      await talk(await office.claimOne(taskId, now), [answerOf('q1', 'good')], undefined, now)
    }
    const tuesday = instantAt('2026-11-24', '10:00')
    await talk(await office.claimOne(taskId, tuesday), [], undefined, tuesday)
    expect(await office.task(taskId)).toMatchObject({ state: 'partial', reason: 'partial' })
    expect((await formOf(taskId))[0]).toMatchObject({ state: 'partial', questionId: 'q1' })
  })
})

describe('what the telephone did', () => {
  it('moves on to the relative at once when the number does not exist, and flags it for everybody', async () => {
    const shared = '+8619944440003'
    const { taskId, numberIds } = await office.due({ numbers: [shared, '+8619944440004'] })
    const other = await office.due({ numbers: [shared, '+8619944440005'] })
    await office.fail(await office.claimOne(taskId), 'invalid_number')
    expect(await office.task(taskId)).toMatchObject({
      state: 'retry_wait',
      phoneNumberId: numberIds[1],
      dueAt: office.now,
    })
    const number = await office.db
      .selectFrom('phoneNumber')
      .select('flag')
      .where('id', '=', numberIds[0] ?? '')
      .executeTakeFirst()
    expect(number).toEqual({ flag: 'invalid' })
    expect(await office.task(other.taskId)).toMatchObject({ phoneNumberId: other.numberIds[1], hold: null })
  })

  it('fails the task by name when no number is left', async () => {
    const { taskId } = await office.due()
    await office.fail(await office.claimOne(taskId), 'suspended_line')
    expect(await office.task(taskId)).toMatchObject({ state: 'failed', reason: 'suspended_line' })
  })

  it('three rounds that nobody answered fail it as that, each on its own day and none a third time on one', async () => {
    const { taskId } = await office.due()
    const at: string[] = []
    for (let call = 0; call < 10; call += 1) {
      const { state, dueAt } = await office.task(taskId)
      if (state !== 'scheduled' && state !== 'retry_wait') break
      const now = new Date(Math.max(dueAt.getTime(), office.now.getTime()))
      at.push(now.toISOString())
      await office.fail(await office.claimOne(taskId, now), 'no_answer', { now })
    }
    expect(await office.task(taskId)).toMatchObject({ state: 'failed', reason: 'no_answer' })
    expect(at).toHaveLength(5)
    expect(new Set(at.map((time) => time.slice(0, 10))).size).toBe(3)
  })

  it('takes the task of a crashed process up again, and counts that call', async () => {
    const { taskId } = await office.due()
    const work = await office.claimOne(taskId)
    await office.work().begin(work, lease)
    await office.tell(work, [invited, answered, answerOf('q1', 'good')])
    await office.tell(work, [endedBy('restart')], { by: { ...lease, epoch: 2 } })
    expect(await office.task(taskId)).toMatchObject({ state: 'retry_wait' })
    expect(await office.attemptsOf(taskId)).toMatchObject([{ state: 'ended', result: 'restart' }])
    const later = instantAt(monday, '10:15')
    const again = await office.begin(await office.claimOne(taskId, later), { now: later })
    expect(again.variables).toMatchObject({ answers: { q1: 'good' } })
  })

  it('lets what the patient said count although the attempt was closed meanwhile, and nothing else', async () => {
    const { taskId } = await office.due()
    const work = await office.claimOne(taskId)
    await office.work().begin(work, lease)
    await office.tell(work, [endedBy('restart')])
    await office.tell(work, [answerOf('q1', 'good'), { type: 'outcome', outcome: 'done' }, endedBy('completed')], {
      by: otherLease,
    })
    expect((await office.task(taskId)).state).toBe('retry_wait')
    expect((await formOf(taskId)).map(({ questionId }) => questionId)).toEqual(['q1'])
  })
})

describe('what the patient said', () => {
  it('no more calls: this plan is refused, all others stop, number and patient are never dialled again', async () => {
    const { taskId, patientId, numberId } = await office.due()
    await office.programme({ match: { kinds: ['checkup'] } })
    await office.enrol(await office.discharge(patientId, { kind: 'checkup' }))
    const other = await office.db
      .selectFrom('task')
      .select('id')
      .where('patientId', '=', patientId)
      .where('id', '<>', taskId)
      .executeTakeFirstOrThrow()
    await talk(await office.claimOne(taskId), [{ type: 'do_not_call' }], 'refused')
    expect(await office.task(taskId)).toMatchObject({ state: 'refused', reason: 'patient_refused' })
    expect(await office.task(other.id)).toMatchObject({ state: 'stopped', reason: 'patient_refused' })
    const relative = await office.due({ numbers: [] })
    await office.db
      .insertInto('patientPhone')
      .values({ id: relative.taskId, patientId: relative.patientId, phoneNumberId: numberId, position: 1 })
      .execute()
    expect(await office.gate(relative.taskId, numberId)).toBe('do_not_call')
    const stay = await office.discharge(patientId, { on: '2026-11-20' })
    expect(await office.enrol(stay)).toMatchObject({ tasks: 0 })
  })

  it('no more calls: somebody else who has that number is called on the own one', async () => {
    const family = '+8619944440008'
    const { taskId } = await office.due({ numbers: [family] })
    const other = await office.due({ numbers: [family, '+8619944440009'] })
    await talk(await office.claimOne(taskId), [{ type: 'do_not_call' }], 'refused')
    expect(await office.task(other.taskId)).toMatchObject({ phoneNumberId: other.numberIds[1], hold: null })
    expect((await office.claimOne(other.taskId)).taskId).toBe(other.taskId)
  })

  it('a wrong person: the number is not dialled for this patient again, by no programme, the next is', async () => {
    await office.programme()
    const { patientId, numberIds } = await office.due({ numbers: ['+8619944440006', '+8619944440007'] })
    const [task, other] = await office.db.selectFrom('task').selectAll().where('patientId', '=', patientId).execute()
    if (task === undefined || other === undefined) throw new Error('two programmes, one task')
    await talk(await office.claimOne(task.id), [], 'wrong_person')
    expect(await office.task(task.id)).toMatchObject({ state: 'retry_wait', phoneNumberId: numberIds[1] })
    expect(await office.gate(task.id, numberIds[0] ?? '')).toBe('wrong_person')
    expect(await office.task(other.id)).toMatchObject({ phoneNumberId: numberIds[1], hold: null })
  })
})

describe('other news', () => {
  it('a readmission halts the plans of earlier discharges; somebody may let them go on', async () => {
    const { taskId, patientId } = await office.due()
    const work = await office.claimOne(taskId)
    await office.db.transaction().execute((tx) => patientsReadmitted(tx, [patientId], { source: 'agent' }))
    expect(await office.task(taskId)).toMatchObject({ state: 'suspended', reason: 'readmitted' })
    expect(await office.work().begin(work, lease)).toMatchObject({ ok: false })
    await changeTask(office.db, taskId, { action: 'resume' }, byHand)
    expect((await office.claimOne(taskId)).taskId).toBe(taskId)
  })

  it('a refusal told by a colleague while the call runs ends the task as refused', async () => {
    const { taskId, patientId } = await office.due()
    const work = await office.claimOne(taskId)
    await office.work().begin(work, lease)
    await addDoNotCall(office.db, { patientId, source: 'supervisor' }, systemActor)
    await office.tell(work, [invited, endedBy('no_answer')])
    expect((await office.task(taskId)).state).toBe('refused')
  })
})

describe('by hand', () => {
  it('one plan is stopped, its attempt given back, and opened again with an audit row', async () => {
    const { taskId } = await office.due()
    const work = await office.claimOne(taskId)
    await changeTask(office.db, taskId, { action: 'stop', why: 'plan_unfit' }, byHand)
    expect(await office.task(taskId)).toMatchObject({ state: 'stopped', reason: 'plan_unfit' })
    expect(await office.attempt(work.attemptId)).toMatchObject({ result: 'cancelled' })
    await changeTask(office.db, taskId, { action: 'reopen' }, byHand)
    expect((await office.task(taskId)).state).toBe('scheduled')
    const audit = await office.db
      .selectFrom('auditRow')
      .select('action')
      .where('objectId', '=', taskId)
      .orderBy('id')
      .execute()
    expect(audit.map(({ action }) => action)).toEqual(['task.stopped', 'task.reopen'])
  })

  it('what a state does not allow is refused in words, and nothing is changed', async () => {
    const { taskId } = await office.due()
    const reopen = (id: string) => changeTask(office.db, id, { action: 'reopen' }, byHand)
    await expect(reopen(taskId)).rejects.toMatchObject({ code: 'TASK_OPEN' })
    await expect(reopen(office.siteId)).rejects.toMatchObject({ code: 'TASK_UNKNOWN' })
    expect((await office.task(taskId)).state).toBe('scheduled')
  })
})

describe('the sweep', () => {
  it('closes tasks whose time has run out, and only those', async () => {
    const [old, young] = [await office.due(), await office.due()]
    await office.db.updateTable('task').set({ expiresAt: office.now }).where('id', '=', old.taskId).execute()
    expect(await sweepTasks(office.db)).toMatchObject({ expired: 1 })
    expect(await office.task(old.taskId)).toMatchObject({ state: 'expired', reason: 'expired' })
    expect((await office.task(young.taskId)).state).toBe('scheduled')
  })

  it('finds tasks that are in a call of which there is no attempt, and they are due again', async () => {
    const [one, two] = [await office.due(), await office.due()]
    await office.force(one.taskId, 'claimed')
    await office.force(two.taskId, 'in_progress')
    expect(await sweepTasks(office.at(instantAt(monday, '10:06')))).toMatchObject({ healed: 2 })
    expect((await office.task(one.taskId)).state).toBe('scheduled')
    expect((await office.task(two.taskId)).state).toBe('retry_wait')
  })

  it('leaves a task alone whose call goes on', async () => {
    const { taskId } = await office.due()
    const work = await office.claimOne(taskId)
    await office.work().begin(work, lease)
    expect(await sweepTasks(office.at(instantAt(monday, '11:00')))).toMatchObject({ healed: 0 })
    expect((await office.task(taskId)).state).toBe('in_progress')
  })

  it('asks the gate again about held tasks, so that a missed fact keeps nobody waiting', async () => {
    const { taskId, numberId } = await office.due()
    const id = await addDoNotCall(office.db, { phoneNumberId: numberId, source: 'supervisor' }, systemActor)
    await office.behindTriggers(`update do_not_call set lifted_at = now() where id = '${id}'`)
    expect((await office.task(taskId)).hold).toBe('do_not_call')
    expect(await sweepTasks(office.db)).toMatchObject({ freed: 1 })
    expect((await office.task(taskId)).hold).toBeNull()
  })
})
