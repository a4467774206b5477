import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { UserError } from '../../../src/platform/errors/errors.ts'
import { answerOf } from '../follow-up/office.ts'
import { Desk, type Person } from './desk.ts'

let desk: Desk
let agent: Person
beforeEach(async () => {
  desk = await Desk.open()
  agent = await desk.agent()
})
afterEach(() => desk.close())

const refusal = (saved: Promise<unknown>) =>
  saved.then(
    () => null,
    (error: unknown) => (error instanceof UserError ? error : Promise.reject(error)),
  )

describe('an answer', () => {
  it('is saved as it is given, into the rows that a keypress survey writes', async () => {
    const { taskId, attemptId, work } = await desk.talking(agent)
    await desk.office.tell(work, [answerOf('health', 'same')])
    await desk.form.saveAnswer(taskId, agent.id, 'symptoms', ['cough', 'fever'])
    const rows = await desk.db
      .selectFrom('answer')
      .innerJoin('response', 'response.id', 'answer.responseId')
      .select(['questionId', 'value', 'keys', 'attemptId', 'questionnaireVersionId'])
      .where('taskId', '=', taskId)
      .orderBy('questionId')
      .execute()
    const { questionnaireVersionId } = desk
    expect(rows).toEqual([
      { questionId: 'health', value: 'same', keys: 'same', attemptId, questionnaireVersionId },
      { questionId: 'symptoms', value: ['cough', 'fever'], keys: null, attemptId, questionnaireVersionId },
    ])
  })

  it('saved twice is one row, and the last one given counts', async () => {
    const { taskId } = await desk.talking(agent)
    for (const value of ['well', 'worse', 'worse']) await desk.form.saveAnswer(taskId, agent.id, 'health', value)
    expect(await desk.answers(taskId)).toEqual({ health: 'worse' })
  })

  it('tells how far the form is, where the interview goes on and what needs somebody', async () => {
    const { taskId } = await desk.talking(agent)
    const state = await desk.form.saveAnswer(taskId, agent.id, 'health', 'worse')
    expect(state).toMatchObject({ complete: false, next: 'detail', findings: [{ questionId: 'health', level: 'red' }] })
    await desk.form.saveAnswer(taskId, agent.id, 'health', 'well')
    const done = await desk.form.saveAnswer(taskId, agent.id, 'pressure', 130)
    expect(done).toMatchObject({ complete: true, next: 'symptoms', findings: [], at: desk.office.now.toISOString() })
  })

  it('taken back is gone for everybody, and an older one that comes late does not bring it back', async () => {
    const { taskId, work } = await desk.talking(agent)
    await desk.form.saveAnswer(taskId, agent.id, 'health', 'well')
    await desk.form.clearAnswer(taskId, agent.id, 'health')
    const earlier = new Date(desk.office.now.getTime() - 1_000)
    await desk.office.tell(work, [answerOf('health', 'same')], { now: earlier })
    expect((await desk.read(taskId, agent)).answers).toEqual({})
    await desk.form.saveAnswer(taskId, agent.id, 'health', 'worse')
    expect((await desk.read(taskId, agent)).answers).toEqual({ health: 'worse' })
  })

  it('of different questions at the same moment: none is lost', async () => {
    const { taskId } = await desk.talking(agent)
    const given = { health: 'worse', detail: '头痛', symptoms: ['fever'], pressure: 150, visit: '2026-12-01' }
    await Promise.all(Object.entries(given).map(([id, value]) => desk.form.saveAnswer(taskId, agent.id, id, value)))
    expect(await desk.answers(taskId)).toEqual(given)
  })

  it.each([
    ['health', 'splendid', 'DESK_ANSWER_NOT_AN_OPTION'],
    ['health', null, 'DESK_ANSWER_NOT_AN_OPTION'],
    ['symptoms', [], 'DESK_ANSWER_TOO_FEW'],
    ['symptoms', ['fever', 'cough', 'pain'], 'DESK_ANSWER_TOO_MANY'],
    ['symptoms', ['fever', 'none'], 'DESK_ANSWER_EXCLUSIVE'],
    ['pressure', '120', 'DESK_ANSWER_NOT_A_NUMBER'],
    ['pressure', 300, 'DESK_ANSWER_OUT_OF_RANGE'],
    ['detail', 'x'.repeat(41), 'DESK_ANSWER_NOT_TEXT'],
    ['detail', 'a\u0000b', 'DESK_ANSWER_NOT_TEXT'],
    ['detail', '\ud800', 'DESK_ANSWER_NOT_TEXT'],
    ['visit', '2026-02-30', 'DESK_ANSWER_NOT_A_DATE'],
  ])(
    'to %s that is none (%j) is refused by %s, named in both languages, and nothing is kept',
    async (id, value, code) => {
      const { taskId } = await desk.talking(agent)
      const error = await refusal(desk.form.saveAnswer(taskId, agent.id, id, value))
      const question = (await desk.read(taskId, agent)).questionnaire as {
        questions: { id: string; text: { zh: string; en: string } }[]
      }
      const words = question.questions.find((one) => one.id === id)?.text
      expect(error?.code).toBe(code)
      expect(error?.messageIn('en')).toContain(words?.en)
      expect(error?.messageIn('zh')).toContain(words?.zh)
      for (const language of ['en', 'zh'] as const) expect(error?.messageIn(language)).not.toMatch(/\{\w+\}/)
      expect(await desk.answers(taskId)).toEqual({})
    },
  )

  it('to a question that the form does not have is refused', async () => {
    const { taskId } = await desk.talking(agent)
    expect((await refusal(desk.form.saveAnswer(taskId, agent.id, 'shoe-size', 42)))?.code).toBe('DESK_QUESTION_UNKNOWN')
    expect((await refusal(desk.form.clearAnswer(taskId, agent.id, 'shoe-size')))?.code).toBe('DESK_QUESTION_UNKNOWN')
  })

  it('goes with who gave it', async () => {
    const { taskId } = await desk.talking(agent)
    await desk.form.setRespondent(taskId, agent.id, 'child')
    expect((await desk.read(taskId, agent)).respondent).toBe('child')
  })
})

describe('who may write', () => {
  const write = (taskId: string, by: Person) => refusal(desk.form.saveAnswer(taskId, by.id, 'health', 'well'))

  it('is nobody before the patient answers', async () => {
    const { taskId } = await desk.reserved(agent)
    expect((await write(taskId, agent))?.code).toBe('DESK_NOT_ANSWERED')
  })

  it('is the seat’s agent while talking and in the after-call work, and nobody after', async () => {
    const { taskId, work } = await desk.talking(agent)
    expect(await write(taskId, agent)).toBeNull()
    await desk.hangUp(work)
    expect(await write(taskId, agent)).toBeNull()
    await desk.finish(work)
    expect((await write(taskId, agent))?.code).toBe('DESK_CALL_OVER')
  })

  it('is not a colleague, whatever task is at that seat', async () => {
    const { taskId } = await desk.talking(agent)
    const colleague = await desk.agent(['supervisor'])
    await desk.talking(colleague)
    const denied = [
      write(taskId, colleague),
      refusal(desk.form.clearAnswer(taskId, colleague.id, 'health')),
      refusal(desk.form.setRespondent(taskId, colleague.id, 'patient')),
      refusal(desk.form.setNote(taskId, colleague.id, 'x', desk.actor(colleague))),
      refusal(desk.form.setOutcome(taskId, colleague.id, { outcome: 'partial' }, desk.actor(colleague))),
      refusal(desk.form.correctResult(taskId, colleague.id, 'busy', desk.actor(colleague))),
    ]
    for (const one of denied) expect((await one)?.code).toBe('DESK_NOT_YOURS')
  })

  it('is not an agent whose call another seat took over', async () => {
    const { taskId, attemptId } = await desk.talking(agent)
    await desk.moveReservation(attemptId, 'canceled')
    expect((await write(taskId, agent))?.code).toBe('DESK_CALL_OVER')
  })
})

describe('the outcome and the note', () => {
  it('are versions: every one is kept with who and when, the last one counts', async () => {
    const { taskId, attemptId } = await desk.talking(agent)
    const by = desk.actor(agent)
    await desk.form.setNote(taskId, agent.id, '患者要求复查', by)
    await desk.form.setOutcome(taskId, agent.id, { outcome: 'partial' }, by)
    await desk.form.setNote(taskId, agent.id, '患者要求下周复查', by)
    await desk.form.setNote(taskId, agent.id, ' 患者要求下周复查 ', by)
    const rows = await desk.db
      .selectFrom('callSummary')
      .selectAll()
      .where('attemptId', '=', attemptId)
      .orderBy('version')
      .execute()
    expect(rows.map(({ version, outcome, note, writtenBy }) => [version, outcome, note, writtenBy])).toEqual([
      [1, null, '患者要求复查', agent.id],
      [2, 'partial', '患者要求复查', agent.id],
      [3, 'partial', '患者要求下周复查', agent.id],
    ])
    const record = await desk.read(taskId, agent)
    expect(record).toMatchObject({ outcome: 'partial', note: '患者要求下周复查' })
    expect(record.notes.map(({ version, note, by: who }) => [version, note, who])).toEqual([
      [3, '患者要求下周复查', '801'],
      [1, '患者要求复查', '801'],
    ])
  })

  it('leave codes in the audit trail and no words', async () => {
    const { taskId, attemptId } = await desk.talking(agent)
    await desk.form.setOutcome(
      taskId,
      agent.id,
      { outcome: 'other', text: '电话串线', note: '张三说' },
      desk.actor(agent),
    )
    const rows = await desk.audit('call.summarised')
    expect(rows).toMatchObject([
      { actorId: agent.id, objectId: attemptId, detail: { outcome: 'other', noteChanged: true } },
    ])
    expect(JSON.stringify(rows)).not.toMatch(/串线|张三/)
  })

  it('are changed at the same moment without losing one', async () => {
    const { taskId, attemptId } = await desk.talking(agent)
    const by = desk.actor(agent)
    await Promise.all([
      desk.form.setNote(taskId, agent.id, '一', by),
      desk.form.setNote(taskId, agent.id, '二', by),
      desk.form.setOutcome(taskId, agent.id, { outcome: 'moved' }, by),
    ])
    const rows = await desk.db
      .selectFrom('callSummary')
      .selectAll()
      .where('attemptId', '=', attemptId)
      .orderBy('version')
      .execute()
    expect(rows.map(({ version }) => version)).toEqual([1, 2, 3])
    expect(rows.at(-1)).toMatchObject({ outcome: 'moved' })
  })

  it('cannot be changed or taken away in the database', async () => {
    const { taskId } = await desk.talking(agent)
    await desk.form.setNote(taskId, agent.id, 'x', desk.actor(agent))
    await expect(desk.db.deleteFrom('callSummary').execute()).rejects.toMatchObject({ code: '42501' })
  })

  it('"done" needs every required answer that applies, and names the one that is missing', async () => {
    const { taskId } = await desk.talking(agent)
    const done = () => refusal(desk.form.setOutcome(taskId, agent.id, { outcome: 'done' }, desk.actor(agent)))
    await desk.form.saveAnswer(taskId, agent.id, 'health', 'worse')
    await desk.form.saveAnswer(taskId, agent.id, 'pressure', 120)
    expect(await done()).toMatchObject({ code: 'DESK_FORM_INCOMPLETE', params: { questionId: 'detail' } })
    await desk.form.saveAnswer(taskId, agent.id, 'health', 'well')
    expect(await done()).toBeNull()
  })

  it('"other" needs words, a callback needs a time, and nothing else has one', async () => {
    const { taskId } = await desk.talking(agent)
    const set = (change: Parameters<typeof desk.form.setOutcome>[2]) =>
      refusal(desk.form.setOutcome(taskId, agent.id, change, desk.actor(agent)))
    const at = new Date(desk.office.now.getTime() + 3_600_000)
    expect((await set({ outcome: 'other', text: '  ' }))?.code).toBe('DESK_OUTCOME_TEXT_MISSING')
    expect((await set({ outcome: 'callback' }))?.code).toBe('DESK_CALLBACK_TIME_MISSING')
    expect((await set({ outcome: 'partial', callbackAt: at }))?.code).toBe('DESK_CALLBACK_TIME_MISSING')
    expect((await set({ outcome: 'partial', note: 'a\u0000' }))?.code).toBe('DESK_TEXT_UNREADABLE')
  })

  it.each([
    ['has passed', '2026-11-23T01:00:00Z', 'DESK_CALLBACK_PAST'],
    ['lies after the task’s last day', '2027-03-01T02:00:00Z', 'DESK_CALLBACK_TOO_LATE'],
    ['no call may leave at', '2026-11-23T05:00:00Z', 'DESK_CALLBACK_CLOSED'],
  ])('a callback at a time that %s is not agreed', async (_what, at, code) => {
    const { taskId } = await desk.talking(agent)
    const change = { outcome: 'callback', callbackAt: new Date(at) } as const
    const error = await refusal(desk.form.setOutcome(taskId, agent.id, change, desk.actor(agent)))
    expect(error?.code).toBe(code)
    if (code === 'DESK_CALLBACK_CLOSED') expect(error?.messageIn('zh')).toContain('2026-11-23 14:30')
  })
})

describe('the telephone’s result', () => {
  it('is corrected after the call, both values kept, each change in the audit trail', async () => {
    const { taskId, attemptId, work } = await desk.talking(agent)
    const by = desk.actor(agent)
    expect((await refusal(desk.form.correctResult(taskId, agent.id, 'machine', by)))?.code).toBe('DESK_CALL_GOES_ON')
    await desk.hangUp(work)
    await desk.form.correctResult(taskId, agent.id, 'invalid_number', by)
    await desk.form.correctResult(taskId, agent.id, 'machine', by)
    expect(await desk.office.attempt(attemptId)).toMatchObject({
      result: 'completed',
      correctedResult: 'machine',
      correctedBy: agent.id,
    })
    expect((await desk.audit('attempt.corrected')).map(({ detail }) => detail)).toEqual([
      { result: 'completed', from: null, to: 'invalid_number' },
      { result: 'completed', from: 'invalid_number', to: 'machine' },
    ])
  })

  it('as it was told again takes the correction back', async () => {
    const { taskId, attemptId, work } = await desk.talking(agent)
    await desk.hangUp(work)
    for (const result of ['machine', 'completed'] as const) {
      await desk.form.correctResult(taskId, agent.id, result, desk.actor(agent))
    }
    expect(await desk.office.attempt(attemptId)).toMatchObject({ correctedResult: null, correctedBy: null })
  })
})
