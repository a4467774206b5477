import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DeskRecord } from '../../../src/follow-up/desk/desk-schema.ts'
import type { Right } from '../../../src/platform/auth/rights.ts'
import { newId } from '../../../src/platform/ids.ts'
import { answered, answerOf, endedBy, invited, lease } from '../follow-up/office.ts'
import { Desk, type Person } from './desk.ts'

let desk: Desk
let agent: Person
let called: Awaited<ReturnType<Desk['reserved']>>

beforeAll(async () => {
  desk = await Desk.open()
  agent = await desk.agent()
  const { office, db } = desk
  const departmentId = newId()
  await db.insertInto('department').values({ id: departmentId, siteId: office.siteId, name: '心血管内科' }).execute()
  const due = await office.due({ numbers: ['+8613800138000', '+8675583901234'] })
  await db
    .updateTable('patient')
    .set({
      name: '欧阳明',
      sex: '1',
      birthDate: '1950-11-24',
      patientNo: 'BA2026001',
      idType: '01',
      idHmac: Buffer.alloc(32),
      idCiphertext: Buffer.alloc(32),
      idLast4: '123X',
      vip: '老干部',
      tags: ['高血压'],
    })
    .where('id', '=', due.patientId)
    .execute()
  await db
    .updateTable('patientPhone')
    .set({ contactName: '欧阳小红', relationWord: '女儿' })
    .where('patientId', '=', due.patientId)
    .where('position', '=', 2)
    .execute()
  await db
    .updateTable('encounter')
    .set({ departmentId, doctorName: '李主任', encounterNo: 'ZY2026007', admittedOn: '2026-11-02' })
    .where('id', '=', due.encounterId)
    .execute()
  for (const [position, text] of [
    [2, '2型糖尿病'],
    [1, '高血压病'],
  ] as const) {
    await db
      .insertInto('diagnosis')
      .values({ id: newId(), encounterId: due.encounterId, position, code: 'I10', text })
      .execute()
  }
  await db
    .insertInto('operation')
    .values({ id: newId(), encounterId: due.encounterId, position: 1, code: '36.06', text: null })
    .execute()
  for (const [year, kind] of [
    ['2021', 'outpatient'],
    ['2022', 'inpatient'],
    ['2023', 'checkup'],
    ['2024', 'inpatient'],
    ['2025', 'emergency'],
  ] as const) {
    await office.discharge(due.patientId, { on: `${year}-03-01`, kind })
  }
  // An earlier plan of the same patient, answered by keys, recorded.
  await office.programme({
    match: { kinds: ['checkup'] },
    steps: [{ questionnaireVersionId: desk.questionnaireVersionId }],
  })
  const early = await office.discharge(due.patientId, { on: '2026-11-15', kind: 'checkup' })
  await office.enrol(early)
  const earlier = await db
    .selectFrom('task')
    .select('id')
    .where('patientId', '=', due.patientId)
    .where('id', '<>', due.taskId)
    .executeTakeFirstOrThrow()
  const past = await office.claimOne(earlier.id)
  await office.work().begin(past, lease)
  await office.tell(past, [
    invited,
    answered,
    { type: 'recording_started', path: 'x.wav' },
    answerOf('health', 'same'),
    { type: 'answer', questionId: 'detail', value: 'not_applicable', keys: '' },
    { type: 'outcome', outcome: 'done' },
    { type: 'recording_closed', path: 'x.wav' },
    {
      type: 'quality',
      packetsIn: 500,
      lossIn: 0,
      lossOut: null,
      jitterInMs: 1,
      jitterOutMs: null,
      roundTripMs: null,
      mos: 4.5,
    },
    endedBy('completed'),
  ])
  called = await desk.reserved(agent, due)
  // A relative shares the number that is dialled.
  const relative = await office.patient({ numbers: ['+8613800138000'] })
  await db.updateTable('patient').set({ name: '王秀英' }).where('id', '=', relative.id).execute()
})
afterAll(() => desk.close())

const read = (...rights: Parameters<Desk['read']> extends [unknown, unknown, ...infer R] ? R : never) =>
  desk.read(called.taskId, agent, ...rights)

it('the line of a call is kept from an event of its own, as journals of an earlier release hold it', async () => {
  const { db } = desk.office
  const kept = await db.selectFrom('callQuality').select(['packetsIn', 'lossIn', 'lossOut', 'mos']).execute()
  expect(kept).toEqual([{ packetsIn: 500, lossIn: 0, lossOut: null, mos: 4.5 }])
})

describe('the record', () => {
  it('is there before the patient answers: who it is, the phones, the number that is dialled', async () => {
    const record = await read('patient.clear')
    expect(record.call).toEqual({ attemptId: called.attemptId, reservation: 'pending', writable: false })
    expect(record.task).toMatchObject({ id: called.taskId, state: 'claimed', dueOn: '2026-11-23' })
    expect(record.patient).toMatchObject({
      name: '欧阳明',
      sex: '1',
      age: 75,
      patientNo: 'BA2026001',
      idMasked: '**************123X',
      vip: '老干部',
      deceased: false,
      tags: ['高血压'],
      phones: [
        { number: '13800138000', last4: '8000', relation: '0', current: true, unusable: null },
        {
          number: '075583901234',
          last4: '1234',
          relation: '1',
          relationWord: '女儿',
          contactName: '欧阳小红',
          current: false,
        },
      ],
    })
  })

  it('tells the agent who has the call the patient’s name, and nothing else in the clear', async () => {
    const record = await read()
    expect(record.patient).toMatchObject({ name: '欧阳明', patientNo: 'BA*****01' })
    expect(JSON.stringify(record)).not.toMatch(/欧阳小红|王秀英|13800138000|83901234|BA2026001|ZY2026007/)
  })

  it('hides who it is from readers without the right, and no clear name or number is left in it', async () => {
    const record = await desk.read(called.taskId, await desk.agent(), 'call.read')
    expect(record.patient).toMatchObject({ name: '欧**', patientNo: 'BA*****01' })
    expect(record.patient.phones.map(({ number, contactName }) => [number, contactName])).toEqual([
      ['138****8000', null],
      ['075****1234', '欧***'],
    ])
    expect(JSON.stringify(record)).not.toMatch(/欧阳|王秀英|13800138000|83901234|BA2026001|ZY2026007/)
  })

  it('has the last five stays and visits, newest first, with diagnoses in their order', async () => {
    const { encounters } = await read('patient.clear')
    expect(encounters.map(({ dischargedOn }) => dischargedOn)).toEqual([
      '2026-11-16',
      '2026-11-15',
      '2025-03-01',
      '2024-03-01',
      '2023-03-01',
    ])
    expect(encounters[0]).toMatchObject({
      kind: 'inpatient',
      encounterNo: 'ZY2026007',
      admittedOn: '2026-11-02',
      department: '心血管内科',
      attending: '李主任',
      diagnoses: ['高血压病', '2型糖尿病'],
      operations: ['36.06'],
    })
  })

  it('has earlier calls, with the recording only for who may play it', async () => {
    const { calls } = await read('recording.play')
    expect(calls).toMatchObject([{ result: 'completed', outcome: 'done' }])
    expect(calls[0]?.recordingId).toMatch(/^[0-9a-f-]{36}$/)
    expect((await read()).calls[0]?.recordingId).toBeNull()
  })

  it('has the call at the seat among the calls only for who is not in it', async () => {
    const colleague = await desk.agent()
    const { calls } = await desk.read(called.taskId, colleague, 'call.read')
    expect(calls).toMatchObject([
      { attemptId: called.attemptId, result: null, agentNo: '801' },
      { result: 'completed', agentNo: null },
    ])
  })

  it('has earlier forms in words, and this task’s own not among them', async () => {
    const { responses } = await read()
    expect(responses).toEqual([
      {
        id: expect.any(String),
        at: desk.office.now.toISOString(),
        attemptId: expect.any(String),
        setAside: false,
        state: 'complete',
        respondent: null,
        questionnaire: { zh: '出院随访', en: 'After discharge' },
        answers: [
          {
            questionId: 'health',
            question: { zh: '健康状况如何？', en: 'How is your health?' },
            answer: { zh: 'same(中)', en: 'same' },
          },
          {
            questionId: 'detail',
            question: { zh: '哪里不适？', en: 'What is the trouble?' },
            answer: { zh: '不适用', en: 'Not applicable' },
          },
        ],
      },
    ])
  })

  it('has the form ready to fill, the script with the names in it, and when a callback may be agreed', async () => {
    const record = await read('patient.clear')
    expect(record).toMatchObject({
      questionnaire: { id: 'clinical', version: 1 },
      answers: {},
      next: 'health',
      complete: false,
      outcome: null,
      note: null,
      notes: [],
      script: { zh: '您好，欧阳明，这里是总院。' },
      callingHours: [
        { opens: '08:30', closes: '11:30' },
        { opens: '14:30', closes: '20:00' },
      ],
    })
  })

  it('names the others who are called on the dialled number, and guesses none of them', async () => {
    const { sharedWith } = await read('patient.clear')
    expect(sharedWith).toMatchObject([{ name: '王秀英', relation: '0', taskId: null }])
  })

  it('opens another’s card on that number, masked by right and written down, and nobody else’s', async () => {
    const { sharedWith } = await read()
    const patientId = sharedWith[0]?.patientId ?? ''
    const open = (whose: string, person = agent) => {
      const reader = { accountId: person.id, rights: new Set<Right>(['seat.use']) }
      return desk.records.openSharer({ taskId: called.taskId, patientId: whose }, reader, desk.actor(person))
    }
    expect(await open(patientId)).toMatchObject({
      patient: { id: patientId, name: '王**', phones: [{ number: '138****8000', current: true }] },
      encounters: [],
      calls: [],
      responses: [],
    })
    expect((await desk.audit('record.opened')).at(-1)).toMatchObject({
      objectId: patientId,
      outcome: 'ok',
      detail: { taskId: called.taskId, nameClear: false, sharesNumberWith: (await read()).patient.id },
    })
    const stranger = await desk.office.patient()
    await expect(open(stranger.id)).rejects.toMatchObject({ code: 'DESK_NOT_SHARED' })
    await expect(open(patientId, await desk.agent())).rejects.toMatchObject({ code: 'DESK_NOT_YOURS' })
  })

  it('shows the shipped opening beside a form without a script of its own, or without a form', async () => {
    await desk.office.programme({ match: { kinds: ['outpatient'] } })
    const other = await desk.agent()
    const patient = await desk.office.patient()
    await desk.office.enrol(await desk.office.discharge(patient.id, { kind: 'outpatient' }))
    const { id } = await desk.office.taskOf(patient.id)
    const record: DeskRecord = await desk.read(id, other, 'call.read')
    expect(record.questionnaire).toBeNull()
    expect(record.script.zh).toMatch(/按时吃药.*健康状况.*帮助.*服务怎么样/s)
    expect(record.script.zh).toContain('总院')
    expect(record.call).toBeNull()
  })
})

describe('who may open it', () => {
  it('is who has the call at the seat, while it lasts; a colleague needs the right to read calls', async () => {
    const colleague = await desk.agent()
    await expect(desk.read(called.taskId, colleague)).rejects.toMatchObject({ code: 'DESK_NOT_YOURS' })
    expect((await desk.read(called.taskId, colleague, 'call.read')).call).toMatchObject({
      writable: false,
      reservation: null,
    })
    const talk = await desk.talking(colleague)
    expect((await desk.read(talk.taskId, colleague)).call).toMatchObject({ writable: true, reservation: 'accepted' })
    await desk.hangUp(talk.work)
    expect((await desk.read(talk.taskId, colleague)).call).toMatchObject({ writable: true, reservation: 'wrapping' })
    await desk.finish(talk.work)
    await expect(desk.read(talk.taskId, colleague)).rejects.toMatchObject({ code: 'DESK_NOT_YOURS' })
  })

  it('learns nothing of tasks that there are not, without the right', async () => {
    await expect(desk.read(newId(), agent)).rejects.toMatchObject({ code: 'DESK_NOT_YOURS' })
    await expect(desk.read(newId(), agent, 'call.read')).rejects.toMatchObject({ code: 'TASK_UNKNOWN' })
  })

  it('is written down each time: who, whose record, in which call; refusals too; and no names', async () => {
    const curious = await desk.agent()
    const before = (await desk.audit('record.opened')).length
    await read()
    await read('patient.clear')
    await expect(desk.read(called.taskId, curious)).rejects.toMatchObject({ code: 'DESK_NOT_YOURS' })
    const rows = (await desk.audit('record.opened')).slice(before)
    expect(rows).toMatchObject([
      {
        actorId: agent.id,
        objectKind: 'patient',
        objectId: called.patientId,
        outcome: 'ok',
        detail: { taskId: called.taskId, clear: false, nameClear: true },
      },
      { actorId: agent.id, objectKind: 'patient', objectId: called.patientId, outcome: 'ok', detail: { clear: true } },
      { actorId: curious.id, objectKind: 'task', objectId: called.taskId, outcome: 'denied' },
    ])
    expect(JSON.stringify(rows)).not.toMatch(/欧阳|138/)
  })
})
