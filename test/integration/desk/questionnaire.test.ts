import { sql } from 'kysely'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { CallList } from '../../../src/follow-up/calls/call-list-service.ts'
import { publishQuestionnaireVersion } from '../../../src/follow-up/programmes/publish-programme.ts'
import { newId } from '../../../src/platform/ids.ts'
import { answerOf, secrets } from '../follow-up/office.ts'
import { Desk, type Person, questionnaire } from './desk.ts'

let desk: Desk
let agent: Person
/** Of the other questionnaire: it shares a question with the task's own, and asks one of its own. */
let other: string
beforeEach(async () => {
  desk = await Desk.open()
  agent = await desk.agent()
  other = await publish(['health', 'visit'], '用药随访')
})
afterEach(() => desk.close())

function publish(ids: readonly string[], title: string): Promise<string> {
  const questions = questionnaire.questions.filter(({ id }) => ids.includes(id))
  const document = { ...questionnaire, id: 'medicine', title: { zh: title, en: title }, questions }
  return desk.db
    .transaction()
    .execute((tx) => publishQuestionnaireVersion(tx, { code: 'medicine', name: title, document }))
}

const take = (taskId: string, versionId: string, person = agent) =>
  desk.form.takeQuestionnaire(taskId, person.id, versionId, desk.actor(person))

async function choices(taskId: string) {
  const { questionnaires } = await desk.read(taskId, agent)
  return questionnaires.map(({ versionId, own, inHand, answers }) => ({ versionId, own, inHand, answers }))
}

it('the task’s own questionnaire is in hand, and the others of the hospital are offered as published now', async () => {
  const newest = await publish(['visit'], '用药随访二')
  const { taskId } = await desk.talking(agent)
  expect(await choices(taskId)).toEqual([
    { versionId: desk.questionnaireVersionId, own: true, inHand: true, answers: 0 },
    { versionId: newest, own: false, inHand: false, answers: 0 },
  ])
})

it('another is taken: answers so far stay with the form before, new ones go to the other, and the record shows both', async () => {
  const { taskId, attemptId } = await desk.talking(agent)
  await desk.form.setRespondent(taskId, agent.id, 'spouse')
  await desk.form.saveAnswer(taskId, agent.id, 'health', 'worse')
  await take(taskId, other)
  await desk.form.saveAnswer(taskId, agent.id, 'health', 'well')
  const record = await desk.read(taskId, agent)
  expect(record).toMatchObject({
    questionnaire: { title: { zh: '用药随访' } },
    answers: { health: 'well' },
    respondent: 'spouse',
    complete: true,
    responses: [{ questionnaire: { zh: '出院随访' }, answers: [{ questionId: 'health', answer: { en: 'worse' } }] }],
  })
  expect(await choices(taskId)).toEqual([
    { versionId: desk.questionnaireVersionId, own: true, inHand: false, answers: 1 },
    { versionId: other, own: false, inHand: true, answers: 1 },
  ])
  const calls = new CallList({ db: desk.db, decrypt: secrets.decrypt, hmacPhone: secrets.hmacPhone })
  expect(await calls.detail(attemptId, { clear: false })).toMatchObject({
    taskId,
    formTitle: { zh: '用药随访' },
    form: [
      { questionId: 'health', answer: { words: { en: 'well' } } },
      { questionId: 'visit', answer: null },
    ],
    setAside: [
      {
        title: { zh: '出院随访' },
        form: [{ questionId: 'health', answer: { words: { en: 'worse' } } }, {}, {}, {}, {}],
      },
    ],
  })
  expect(await desk.audit('form.questionnaire_changed')).toMatchObject([
    {
      objectId: taskId,
      actorId: agent.id,
      detail: { attemptId, from: desk.questionnaireVersionId, to: other, answersKept: 1 },
    },
  ])
})

it('the one before is taken up again with its answers', async () => {
  const { taskId } = await desk.talking(agent)
  await desk.form.saveAnswer(taskId, agent.id, 'pressure', 120)
  await take(taskId, other)
  await take(taskId, desk.questionnaireVersionId)
  await take(taskId, desk.questionnaireVersionId)
  expect((await desk.read(taskId, agent)).answers).toEqual({ pressure: 120 })
  expect(await desk.audit('form.questionnaire_changed')).toHaveLength(2)
})

it('whether the task is complete is judged by the one in hand and by the task’s own', async () => {
  const { taskId, work } = await desk.talking(agent)
  await desk.fill(taskId, agent)
  await take(taskId, other)
  await expect(desk.form.setOutcome(taskId, agent.id, { outcome: 'done' }, desk.actor(agent))).rejects.toMatchObject({
    code: 'DESK_FORM_INCOMPLETE',
  })
  await desk.form.saveAnswer(taskId, agent.id, 'health', 'well')
  await desk.form.setOutcome(taskId, agent.id, { outcome: 'done' }, desk.actor(agent))
  await desk.hangUp(work)
  await desk.moveReservation(work.attemptId, 'wrapping')
  await desk.finish(work)
  const forms = await sql`
    select v.id as version_id, f.state, f.task_id is not null as in_hand from response f
    join questionnaire_version v on v.id = f.questionnaire_version_id order by in_hand
  `.execute(desk.db)
  expect(forms.rows).toEqual([
    { versionId: desk.questionnaireVersionId, state: 'complete', inHand: false },
    { versionId: other, state: 'complete', inHand: true },
  ])
})

it.each(['done', 'proxy'] as const)(
  'one that asks less makes no “%s”: the task’s own is still to be answered',
  async (outcome) => {
    const { taskId, attemptId, work } = await desk.talking(agent)
    const say = (stated: 'done' | 'proxy' | 'partial') =>
      desk.form.setOutcome(taskId, agent.id, { outcome: stated }, desk.actor(agent))
    await take(taskId, other)
    await desk.form.saveAnswer(taskId, agent.id, 'health', 'well')
    expect(await desk.read(taskId, agent)).toMatchObject({ complete: true, ownComplete: false })
    await expect(say(outcome)).rejects.toMatchObject({
      code: 'DESK_OWN_FORM_INCOMPLETE',
      params: { formZh: '出院随访' },
    })
    await say('partial')
    // Filled, told, and then set aside with an answer taken back.
    await take(taskId, desk.questionnaireVersionId)
    await desk.fill(taskId, agent)
    await say(outcome)
    await desk.form.clearAnswer(taskId, agent.id, 'health')
    await take(taskId, other)
    await desk.hangUp(work)
    await desk.moveReservation(attemptId, 'wrapping')
    await desk.finish(work)
    expect((await desk.office.task(taskId)).state).not.toBe('completed')
  },
)

it('a keypress survey asks by the task’s own again, and is not told what the other was answered', async () => {
  const call = await desk.talking(agent)
  await take(call.taskId, other)
  await desk.form.saveAnswer(call.taskId, agent.id, 'health', 'well')
  await desk.form.setOutcome(call.taskId, agent.id, { outcome: 'partial' }, desk.actor(agent))
  await desk.hangUp(call.work)
  await desk.moveReservation(call.attemptId, 'wrapping')
  await desk.finish(call.work)
  const { dialAt } = await desk.office.task(call.taskId)
  const now = new Date(dialAt)
  const again = await desk.office.begin(await desk.office.claimOne(call.taskId, now), { now })
  expect(again.variables).toMatchObject({ answers: {} })
  await desk.office.tell(again, [answerOf('health', 'same')])
  expect((await desk.read(call.taskId, agent, 'call.read')).answers).toEqual({ health: 'same' })
})

it.each([
  ['of no questionnaire', async () => newId(), 'DESK_QUESTIONNAIRE_UNKNOWN'],
  [
    'that is not published any more',
    async () => publish(['visit'], '二').then(() => other),
    'DESK_QUESTIONNAIRE_UNKNOWN',
  ],
])('a version %s is refused', async (_name, version, code) => {
  const { taskId } = await desk.talking(agent)
  await expect(take(taskId, await version())).rejects.toMatchObject({ code })
})

it('is taken by nobody but the agent who has the call', async () => {
  const { taskId } = await desk.talking(agent)
  await expect(take(taskId, other, await desk.agent())).rejects.toMatchObject({ code: 'DESK_NOT_YOURS' })
})
