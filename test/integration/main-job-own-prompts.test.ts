/**
 * A questionnaire that an office has written: its own voices, uploaded and published in the house, are what a patient hears
 * over a real call, and the patient's keys are its answers.
 */
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { openFlows, openQuestionnaires, ownPromptsFolder } from '../../src/app/prompts.ts'
import { importDischargeList } from '../../src/follow-up/intake/intake-service.ts'
import { publishProgrammeVersion } from '../../src/follow-up/programmes/publish-programme.ts'
import type { DraftQuestion } from '../../src/follow-up/questionnaire/questionnaire-draft.ts'
import type { Author } from '../../src/follow-up/questionnaire/questionnaire-service.ts'
import { defaultRetryPlan } from '../../src/follow-up/tasks/retry.ts'
import { systemActor } from '../../src/platform/audit/audit-store.ts'
import { callKept, type Hospital, openHospital } from '../chaos/hospital.ts'
import { makeAccount } from '../e2e/fixture/face.ts'
import { type Baresip, startBaresip } from '../harness/baresip.ts'
import type { TestProcess } from '../harness/process.ts'
import { hasProgram } from '../harness/programs.ts'
import { recorderWav } from '../harness/recorder-wav.ts'
import { readStereo } from '../harness/stereo.ts'
import { loudest, sine } from '../harness/tones.ts'
import { waitFor } from '../harness/wait-for.ts'

/** Hz of the recorded questions: none is the patient's. */
const voices = { wound: 440, fever: 740 } as const
const patientTone = 600
const apologyTone = 900
const strangerTone = 1_100

/** A second of one tone at 8 kHz, as a recorder writes it. */
function recording(frequency: number): Buffer {
  return recorderWav(sine(frequency, 8_000), { rate: 8_000, channels: 1 })
}

/** Writes and publishes it as the office does, and has the programme's next version ask it. */
async function publishOwn({ ground, rows }: Hospital): Promise<void> {
  const { workshop, questionnaires } = openQuestionnaires(ground, openFlows(ground))
  const name = await makeAccount(ground.db, ['supervisor'])
  const [account] = await rows<{ id: string }>(sql`select id from user_account where sign_in_name = ${name}`)
  const author: Author = { ...systemActor, accountId: account?.id ?? '' }
  const question = async (id: keyof typeof voices, zh: string): Promise<DraftQuestion> => {
    const text = `${zh}有请按1，没有请按2。`
    const { prompt } = await workshop.record(author, { text, bytes: recording(voices[id]) })
    return {
      id,
      kind: 'single',
      text: { zh, en: '' },
      hint: { zh: '', en: '' },
      prompts: [{ text: prompt.text ?? text, prompt: prompt.id }],
      required: true,
      enableWhen: id === 'fever' ? [{ question: 'wound', answer: { in: ['yes'] } }] : [],
      findings: [{ level: 'red', answer: { in: ['yes'] }, text: { zh: '需要处理', en: '' } }],
      options: [
        { code: 'yes', label: { zh: '有', en: '' }, key: '1' },
        { code: 'no', label: { zh: '没有', en: '' }, key: '2' },
      ],
    }
  }
  const id = await questionnaires.create(author, {})
  const begun = (await questionnaires.card(id, 'en')).draft?.revision ?? 0
  const document = {
    title: { zh: '伤口随访', en: 'Wound' },
    script: { zh: '', en: '' },
    grades: [],
    questions: [await question('wound', '伤口有渗液吗？'), await question('fever', '有发热吗？')],
  }
  const { revision, findings } = await questionnaires.save(
    author,
    id,
    { revision: begun, byKeys: true, document },
    'en',
  )
  expect(findings).toEqual([])
  await questionnaires.publish(author, id, { revision, reason: 'trial' })
  const [used] = await rows<{ programme: string; flow: string; version: string }>(sql`
    select p.id as programme, f.id as flow, v.id as version from programme p, flow_version f, questionnaire_version v
    where v.questionnaire_id = ${id}
  `)
  if (used === undefined) throw new Error('nothing was published')
  const step = { afterDays: 7, dueTime: '00:00', questionnaireVersionId: used.version, flowVersionId: used.flow }
  await ground.db.transaction().execute((tx) =>
    publishProgrammeVersion(tx, used.programme, {
      match: { kinds: ['inpatient'] },
      exclusions: { dispositions: [] },
      retry: defaultRetryPlan,
      steps: [step],
    }),
  )
}

/** A patient behind a telephone of the test's whose one task is about to ask the office's own questionnaire. */
async function openOffice(opened: AsyncDisposableStack): Promise<{ hospital: Hospital; baresip: Baresip }> {
  const baresip = await startBaresip({ frequency: patientTone, user: '+8619900000177' })
  opened.defer(() => baresip.close())
  const hospital = await openHospital({ patients: 1, trunk: { port: baresip.port } })
  opened.defer(() => hospital.close())
  await hospital.rows(sql`update task set state = 'stopped', reason = 'test'`)
  await publishOwn(hospital)
  const discharged = new Date(Date.now() - 8 * 86_400_000).toISOString().slice(0, 10)
  const list = `住院号,姓名,联系电话,出院科室,出院时间\nCH77,测试甲,19900000177,骨科,${discharged}`
  await importDischargeList(hospital.ground, {
    fileName: 'own.csv',
    content: { bytes: new TextEncoder().encode(list) },
    actor: systemActor,
  })
  return { hospital, baresip }
}

/** Says who it is when it has heard the opening, the notice (6.8 s) and a second of the question. */
async function identify(baresip: Baresip): Promise<void> {
  await waitFor(async () => (await baresip.heard()).length > 8 * 8_000, { what: 'the notice', timeoutMs: 60_000 })
  press(baresip, '1')
}

async function hears(baresip: Baresip, frequency: number): Promise<void> {
  await waitFor(async () => loudest(await baresip.heard(), frequency) > 1_500, {
    what: 'the recorded voice at the patient’s ear',
    timeoutMs: 60_000,
  })
}

describe.skipIf(!hasProgram('baresip'))('a questionnaire of the office’s own', () => {
  it('is heard in the voices that it recorded, and the keys are kept under its version', async () => {
    await using opened = new AsyncDisposableStack()
    const { hospital, baresip } = await openOffice(opened)
    await hospital.open()
    await identify(baresip)
    for (const [index, frequency] of Object.values(voices).entries()) {
      await waitFor(async () => asked(hospital, index), { what: 'a question', timeoutMs: 60_000 })
      await hears(baresip, frequency)
      press(baresip, '1')
    }
    const { path } = await callKept(hospital)
    expect(
      await hospital.rows(sql`
        select a.question_id as question, a.keys, a.value, q.name from answer a join response r on r.id = a.response_id
        join questionnaire_version v on v.id = r.questionnaire_version_id join questionnaire q on q.id = v.questionnaire_id
        order by a.id
      `),
    ).toEqual([
      { question: 'wound', keys: '1', value: 'yes', name: '伤口随访' },
      { question: 'fever', keys: '1', value: 'yes', name: '伤口随访' },
    ])
    const { left: patient, right: house } = await readStereo(path)
    for (const frequency of Object.values(voices)) {
      expect(loudest(house, frequency)).toBeGreaterThan(1_500)
      expect(loudest(patient, frequency)).toBeLessThan(400)
    }
  }, 240_000)

  it('whose sound is lost in the call lets the patient go with an apology, keeps the answers, and owes a call back', async () => {
    await using opened = new AsyncDisposableStack()
    const { hospital, baresip } = await openOffice(opened)
    await placeApology(hospital)
    const house = await hospital.open()
    expect(await soundsLacking(house)).toBeNull()
    await identify(baresip)
    await waitFor(async () => asked(hospital, 0), { what: 'the question', timeoutMs: 60_000 })
    await hears(baresip, voices.wound)
    const lost = await loseSound(hospital, 'fever')
    press(baresip, '1')
    const { path } = await callKept(hospital)
    const { right: spoken } = await readStereo(path)
    // Its last words; speech before it may have the tone as well.
    expect(loudest(spoken.slice(-2 * 8_000), apologyTone)).toBeGreaterThan(1_500)
    expect(await becameOf(hospital)).toEqual([{ result: 'abandoned', state: 'callback', isLater: true, answers: 1 }])
    expect(await soundsLacking(house)).toContain(lost)
    await returnSound(hospital, lost)
    expect(await soundsLacking(house)).toBeNull()
  }, 240_000)

  it('whose sound is another WAV than the office’s is asked of nobody, and is once the file is back', async () => {
    await using opened = new AsyncDisposableStack()
    const { hospital, baresip } = await openOffice(opened)
    const lost = await loseSound(hospital, 'wound')
    await writeFile(soundOf(hospital, lost), recording(strangerTone))
    const house = await hospital.open()
    expect(await soundsLacking(house)).toContain(lost)
    expect(await gateOf(hospital)).toEqual([{ reason: 'sound_lost' }])
    await returnSound(hospital, lost)
    await identify(baresip)
    await hears(baresip, voices.wound)
    expect(loudest(await baresip.heard(), strangerTone)).toBeLessThan(400)
    // Nobody was called before.
    expect(await hospital.rows(sql`select count(*)::integer as count from attempt`)).toEqual([{ count: 1 }])
    expect(await soundsLacking(house)).toBeNull()
  }, 240_000)
})

const folderOf = ({ ground }: Hospital) => join(ownPromptsFolder(ground.settings.dataDir), 'zh-CN')

const soundOf = (hospital: Hospital, prompt: string) => join(folderOf(hospital), `${prompt}.wav`)

/** The apology in a tone of its own, laid beside the shipped one. */
async function placeApology(hospital: Hospital): Promise<void> {
  await writeFile(join(folderOf(hospital), 'agent-lost.wav'), recording(apologyTone))
}

/** @returns the prompt whose file is gone */
async function loseSound(hospital: Hospital, question: keyof typeof voices): Promise<string> {
  const [named] = await hospital.rows<{ prompt: string }>(sql`
    select q #>> '{prompts,0}' as prompt from questionnaire_version v, jsonb_path_query(v.definition, '$.questions[*]') q
    where q ->> 'id' = ${question}
  `)
  if (named === undefined) throw new Error('nothing was published')
  const file = soundOf(hospital, named.prompt)
  await rename(file, `${file}.away`)
  return named.prompt
}

async function returnSound(hospital: Hospital, prompt: string): Promise<void> {
  const file = soundOf(hospital, prompt)
  await rename(`${file}.away`, file)
}

const gateOf = (hospital: Hospital) =>
  hospital.rows(sql`
    select distinct gate_reason(id, null, app_now()) as reason from task where state in ('scheduled', 'retry_wait')
  `)

/** What the house tells of sounds that its calls lack. */
async function soundsLacking({ ready }: TestProcess): Promise<string | null> {
  const told = await (await fetch(`${ready?.[1]}/readyz`)).text()
  return /for want of what they say: ([^"]*)/.exec(told)?.[1] ?? null
}

async function becameOf(hospital: Hospital) {
  const found = () =>
    hospital.rows(sql`
      select a.result, t.state, t.dial_at > app_now() + interval '30 minutes' as "isLater",
        (select count(*)::integer from answer) as answers
      from attempt a join task t on t.id = a.task_id where a.state = 'ended' and t.state not in ('claimed', 'in_progress')
    `)
  await waitFor(async () => (await found()).length > 0, { what: 'the end of the attempt', timeoutMs: 30_000 })
  return found()
}

function press(baresip: Pick<Baresip, 'press'>, key: string): void {
  baresip.press(key)
  baresip.press('\u0004') // the key is let go
}

async function asked(hospital: Hospital, index: number): Promise<boolean> {
  const [row] = await hospital.rows<{ count: number }>(
    sql`select count(*)::integer as count from call_event where type = 'question'`,
  )
  return (row?.count ?? 0) > index
}
