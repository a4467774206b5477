import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hearSounds, openFlows, voicesOver } from '../../../src/app/prompts.ts'
import { sweepPrompts } from '../../../src/contact-center/prompts/prompt-sweep.ts'
import type { VoiceBoard, VoiceItem } from '../../../src/contact-center/voices/voice-schema.ts'
import { ensureStandardHospital } from '../../../src/follow-up/intake/standard-hospital.ts'
import { simulateFlow } from '../../../src/follow-up/questionnaire/simulate-flow.ts'
import { type Clock, systemClock } from '../../../src/platform/clock.ts'
import { type Listener, openListener } from '../../../src/platform/database/listen.ts'
import { createLog, silentLog } from '../../../src/platform/log.ts'
import { readSettings } from '../../../src/platform/settings/settings.ts'
import { type Face, openFace, type SignedIn, signedIn } from '../../e2e/fixture/face.ts'
import { type TestDatabase, testDatabase } from '../../harness/database.ts'
import { promptForm, recorderWav } from '../../harness/recorder-wav.ts'
import { sine } from '../../harness/tones.ts'
import { waitFor } from '../../harness/wait-for.ts'

let database: TestDatabase
let face: Face
let listener: Listener
let supervisor: Awaited<ReturnType<typeof recorder>>
/** Another process of the house over the same rows and the same folder. */
let node: ReturnType<typeof openFlows>
const told: string[] = []

beforeAll(async () => {
  database = await testDatabase()
  await ensureStandardHospital(database.db)
  face = await openFace({ db: database.db, databaseUrl: database.url })
  listener = await openListener({ url: database.url })
  const settings = { ...readSettings({}), dataDir: face.recordings }
  const log = createLog({ level: 'error', destination: { write: (line: string) => void told.push(line) } })
  node = openFlows({ settings, db: database.db, log })
  await hearSounds({ listener, log }, node)
  supervisor = await recorder()
})
afterAll(async () => {
  await listener.close()
  await face.close()
  await database.close()
})

async function recorder() {
  const somebody = await signedIn(face, database.db, ['supervisor'])
  const send = (text: string, file: Buffer) => somebody.ask('POST', '/voice-prompts', promptForm(text, file))
  const upload = async (text: string, file: Buffer): Promise<string> => (await send(text, file)).json().prompt.id
  return { ...somebody, send, upload }
}

/** So many seconds of a tone, as a recorder writes them. */
const recording = (frequency: number, seconds = 2) =>
  recorderWav(sine(frequency, 8_000 * seconds), { rate: 8_000, channels: 1 })

const board = async (): Promise<VoiceBoard> => (await supervisor.ask('GET', '/voices')).json()

async function voice(prompt: string): Promise<VoiceItem> {
  const found = (await board()).voices.find((item) => item.prompt === prompt)
  if (found === undefined) throw new Error(`no voice ${prompt}`)
  return found
}

const put = (prompt: string, own: string | null, seen: number, who: SignedIn = supervisor) =>
  who.ask('PUT', `/voices/${prompt}`, { own, seen, reason: '本院名称' })

/** Takes a recording; what the page shows of the prompt before is looked at first. */
async function taken(prompt: string, text: string, frequency: number): Promise<string> {
  const own = await supervisor.upload(text, recording(frequency))
  const answer = await put(prompt, own, (await voice(prompt)).versions[0]?.version ?? 0)
  if (answer.statusCode !== 200) throw new Error(answer.body)
  return own
}

const fileOf = (own: string) => join(face.recordings, 'prompts/zh-CN', `${own}.wav`)

describe('the page', () => {
  it('has every prompt of every flow with its words, its places and its length', async () => {
    const { voices, language } = await board()
    expect(language).toBe('zh-CN')
    expect(voices.length).toBeGreaterThan(18)
    expect(voices.map(({ prompt }) => prompt)).toContain('agent-lost')
    expect(voices.filter(({ notice }) => notice).map(({ prompt }) => prompt)).toEqual(['recording-notice'])
    expect(await voice('no-input')).toMatchObject({
      uses: [
        { flow: { zh: '出院满意度回访' }, nodes: ['identity', 'survey'] },
        { flow: { zh: '挂机评价' }, nodes: ['rating'] },
      ],
      inForce: { own: null, text: '没有听到您的选择。', source: 'shipped' },
      versions: [],
      fault: null,
    })
    expect((await voice('goodbye-thanks')).inForce.durationMs).toBeGreaterThan(1_000)
  })

  it('is read by QA, who changes nothing, and by nobody without the right', async () => {
    const [qa, agent] = [await signedIn(face, database.db, ['qa']), await signedIn(face, database.db, ['agent'])]
    expect((await qa.ask('GET', '/voices')).statusCode).toBe(200)
    expect((await qa.ask('GET', '/voices/opening/shipped')).headers['content-type']).toBe('audio/wav')
    expect((await put('opening', null, 0, qa)).statusCode).toBe(403)
    expect((await qa.ask('POST', '/voice-prompts/speak', { text: '您好' })).statusCode).toBe(403)
    expect((await agent.ask('GET', '/voices')).statusCode).toBe(403)
  })
})

describe('a voice that is taken', () => {
  it('is what calls play at every node, and the page says who took it and why', async () => {
    const own = await taken('opening', '您好，这里是市一医院随访中心。', 440)
    await waitFor(() => node.book.text('opening') === '您好，这里是市一医院随访中心。', { what: 'the other node' })
    expect(node.book.resolve('opening')).toBe(fileOf(own))
    expect(await voice('opening')).toMatchObject({
      inForce: { own, source: 'recorded', text: '您好，这里是市一医院随访中心。' },
      versions: [{ version: 1, reason: '本院名称', by: supervisor.name }],
    })
    const { rows } = await sql`
      select detail->>'reason' as reason from audit_row where action = 'voice.changed' and object_id = 'opening'
    `.execute(database.db)
    expect(rows).toEqual([{ reason: '本院名称' }])
  })

  it('is said by simulate-flow in the house’s folder, and by the trial of a questionnaire', async () => {
    await taken('goodbye-wrong-person', '不好意思，打错了，再见。', 445)
    const written: string[] = []
    const output = new Writable({
      write: (chunk, _encoding, done) => {
        written.push(String(chunk))
        done()
      },
    })
    const settings = { ...readSettings({}), dataDir: face.recordings }
    await simulateFlow(new URL('../../../ivr-flows/discharge-satisfaction.json', import.meta.url).pathname, {
      input: Readable.from([]),
      output,
      keys: '3',
      voiced: (shipped) => voicesOver({ settings, db: database.db, log: silentLog }, shipped),
    })
    expect(written.join('')).toContain('> 不好意思，打错了，再见。  [goodbye-wrong-person, 2.0 s')
    const { questionnaires } = (await supervisor.ask('GET', '/questionnaires')).json()
    const id = questionnaires.find((one: { byKeys: boolean }) => one.byKeys).id
    const trial = await supervisor.ask('POST', `/questionnaires/${id}/try`, { version: 1, presses: ['3'] })
    const said = { type: 'said', prompt: 'goodbye-wrong-person', text: '不好意思，打错了，再见。' }
    expect(trial.json().lines).toContainEqual(said)
  })

  it('is not heard in calls under way: they end with what they began with', async () => {
    const call = node.book.frozen()
    const before = call.resolve('goodbye-refused')
    const own = await taken('goodbye-refused', '好的，不再打扰，再见。', 450)
    await waitFor(() => node.book.resolve('goodbye-refused') === fileOf(own), { what: 'the next call' })
    expect(call.resolve('goodbye-refused')).toBe(before)
  })

  it('is taken back: to the one before, and to the shipped one, each a version', async () => {
    const first = await taken('goodbye-thanks', '谢谢您，祝您早日康复，再见。', 460)
    const second = await taken('goodbye-thanks', '感谢您的配合，再见。', 470)
    expect((await put('goodbye-thanks', first, 2)).json()).toEqual({ version: 3 })
    expect((await voice('goodbye-thanks')).inForce.own).toBe(first)
    expect((await put('goodbye-thanks', null, 3)).json()).toEqual({ version: 4 })
    const { inForce, versions } = await voice('goodbye-thanks')
    expect(inForce).toMatchObject({ own: null, source: 'shipped' })
    expect(versions.map(({ sound }) => sound.own)).toEqual([null, first, second, first])
  })

  it('over a colleague’s change, or the same again, is refused', async () => {
    const own = await taken('queue-wait', '正在转接人工，请稍候。', 480)
    const other = await supervisor.upload('请稍候，马上为您转接。', recording(490))
    expect((await put('queue-wait', other, 0)).json().code).toBe('VOICE_CHANGED')
    expect((await put('queue-wait', own, 1)).json().code).toBe('VOICE_SAME')
    const both = await Promise.all([put('queue-wait', other, 1), put('queue-wait', null, 1)])
    expect(both.map(({ statusCode }) => statusCode).sort()).toEqual([200, 409])
  })

  it.each([
    ['tells no keys', 'identity', '请问您是本人吗？', 'VOICE_KEYS_MISSING'],
    ['does not say that it records', 'recording-notice', '本次通话用于服务改进。', 'VOICE_NOTICE_UNSAID'],
    ['tells a stranger of the stay', 'opening', '您好，请问您出院后恢复得怎么样？', 'FLOW_HEALTH_WORD_EARLY'],
    ['is longer than its sound', 'opening', '您好，这里是市第一人民医院随访中心。'.repeat(3), 'VOICE_TOO_SHORT'],
  ])('is refused where it %s', async (_what, prompt, text, code) => {
    const own = await supervisor.upload(text, recording(510))
    const { version = 0 } = (await voice(prompt)).versions[0] ?? {}
    const answer = await put(prompt, own, version)
    expect([answer.statusCode, answer.json().code]).toEqual([422, code])
  })

  it('is none without a sound that was made here, and none for a prompt that no flow has', async () => {
    expect((await put('length', `own-${'0'.repeat(40)}`, 0)).json().code).toBe('PROMPT_UNKNOWN')
    expect((await put('question-nurses', null, 0)).json().code).toBe('VOICE_UNKNOWN')
    const own = await supervisor.upload('想请您回答几个问题。', recording(520))
    await rm(fileOf(own))
    expect((await put('length', own, 0)).json().code).toBe('VOICE_SOUND_LOST')
  })
})

describe('the database', () => {
  const insert = (values: string) =>
    sql.raw(`insert into voice_version (language, prompt, version, own_prompt_id, reason) values ${values}`)

  it.each([
    ['a sound that nobody made', `('zh-CN', 'keys', 1, 'own-${'a'.repeat(40)}', 'x')`, '23503'],
    ['a version out of turn', `('zh-CN', 'keys', 2, null, 'x')`, 'SF028'],
    ['the shipped one over the shipped one', `('zh-CN', 'keys', 1, null, 'x')`, 'SF028'],
  ])('refuses %s', async (_what, values, code) => {
    await expect(insert(values).execute(database.db)).rejects.toMatchObject({ code })
  })

  it('refuses a sound of another language, and a change without a reason', async () => {
    const own = await supervisor.upload('好的，谢谢。', recording(530))
    const wordless = insert(`('zh-CN', 'keys', 1, '${own}', ' ')`).execute(database.db)
    await expect(wordless).rejects.toMatchObject({ code: '23514' })
    const foreign = insert(`('en-GB', 'keys', 1, '${own}', 'x')`).execute(database.db)
    await expect(foreign).rejects.toMatchObject({ code: '23503' })
  })

  it('keeps every version as it was', async () => {
    for (const change of [sql`update voice_version set reason = 'other'`, sql`delete from voice_version`]) {
      await expect(change.execute(database.db)).rejects.toMatchObject({ code: '42501' })
    }
  })

  it('lets no prompt go that a version names', async () => {
    const own = await taken('invalid-key', '按键有误。', 540)
    const gone = sql`delete from own_prompt where id = ${own}`.execute(database.db)
    await expect(gone).rejects.toMatchObject({ code: 'SF028' })
  })
})

describe('a file', () => {
  const readiness = () => node.book.readiness().check()

  it('that is gone is not silence: the shipped prompt is played, and it is told until the file is back', async () => {
    const own = await taken('queue-apology', '抱歉，稍后给您回电，再见。', 550)
    await waitFor(() => node.book.resolve('queue-apology') === fileOf(own), { what: 'the voice' })
    await rename(fileOf(own), `${fileOf(own)}.away`)
    expect(node.book.resolve('queue-apology')).toMatch(/ivr-flows\/prompts\/zh-CN\/queue-apology\.wav$/)
    expect(await readiness()).toBe('calls play the shipped prompt instead of: queue-apology (missing)')
    expect(node.book.text('queue-apology')).toMatch(/工作人员正忙/)
    expect(told.join('')).toContain('"fault":"missing"')
    await rename(`${fileOf(own)}.away`, fileOf(own))
    expect(await readiness()).toBeNull()
    expect(node.book.resolve('queue-apology')).toBe(fileOf(own))
  })

  it('that is another one is not played either, and the page says so', async () => {
    const own = await taken('key-operator', '人工服务请按0。', 560)
    await waitFor(() => node.book.resolve('key-operator') === fileOf(own), { what: 'the voice' })
    const content = await readFile(fileOf(own))
    await writeFile(fileOf(own), recording(900))
    expect(await readiness()).toContain('key-operator (damaged)')
    expect(node.book.resolve('key-operator')).toMatch(/ivr-flows/)
    expect(await voice('key-operator')).toMatchObject({ fault: 'damaged', inForce: { source: 'shipped' } })
    await writeFile(fileOf(own), content)
    expect(await readiness()).toBeNull()
  })
})

describe('a sound that cannot be written', () => {
  it('is refused with what to do, and leaves nothing behind on a disk that is full', async () => {
    const own = await supervisor.upload('请稍候，正在为您转接。', recording(880))
    await rm(fileOf(own))
    // In the way of the name, as a full disk is in the way of the bytes.
    await mkdir(join(fileOf(own), 'in the way'), { recursive: true })
    const answer = await supervisor.send('请稍候，正在为您转接。', recording(880))
    expect(answer.statusCode).toBe(503)
    expect(answer.json().code).toBe('PROMPT_NOT_KEPT')
    expect((await readdir(join(face.recordings, 'prompts/zh-CN'))).filter((name) => name.endsWith('.part'))).toEqual([])
    await rm(fileOf(own), { recursive: true })
  })
})

describe('prompts that were made and never used', () => {
  const days = (count: number) => count * 86_400_000
  let owner: pg.Client
  beforeAll(async () => {
    owner = new pg.Client({ connectionString: database.ownerUrl })
    await owner.connect()
  })
  afterAll(() => owner.end())
  const old = async (own: string) => {
    await owner.query(
      `alter table own_prompt disable trigger own_prompt_immutable;
      update own_prompt set made_at = made_at - interval '15 days' where id = '${own}';
      alter table own_prompt enable trigger own_prompt_immutable`,
    )
    const then = new Date(Date.now() - days(15))
    await utimes(fileOf(own), then, then)
  }
  const sweep = (clock: Clock = systemClock) =>
    sweepPrompts({
      db: database.db,
      clock,
      log: createLog({ level: 'error', destination: { write: () => {} } }),
      folder: join(face.recordings, 'prompts'),
      recordings: face.recordings,
    })

  it('go after two weeks, rows and files; what a version names or is younger stays', async () => {
    const [unused, fresh] = [
      await supervisor.upload('没人用的一句。', recording(570)),
      await supervisor.upload('刚做好的一句。', recording(580)),
    ]
    const named = await taken('rating-thanks', '谢谢评价，再见。', 590)
    await put('rating-thanks', null, 1)
    for (const own of [unused, named]) await old(own)
    const orphan = fileOf(`own-${'e'.repeat(40)}`)
    await writeFile(orphan, recording(600))
    await utimes(orphan, new Date(Date.now() - days(15)), new Date(Date.now() - days(15)))
    expect(await sweep()).toEqual({ rows: 1, files: 2 })
    expect([unused, named, fresh].map((own) => existsSync(fileOf(own)))).toEqual([false, true, true])
    expect(existsSync(orphan)).toBe(false)
    expect((await supervisor.ask('GET', `/prompts/${unused}/sound`)).statusCode).toBe(404)
  })

  it('stay while a questionnaire’s version or draft names them', async () => {
    const [published, drafted] = [
      await supervisor.upload('伤口疼吗？', recording(620)),
      await supervisor.upload('有发热吗？', recording(630)),
    ]
    for (const own of [published, drafted]) await old(own)
    await sql`
      insert into questionnaire_version (id, questionnaire_id, version, definition)
      select new_id(), id, 99, ${JSON.stringify({ questions: [{ prompts: [published] }] })}::jsonb from questionnaire limit 1
    `.execute(database.db)
    await sql`
      insert into questionnaire_draft (questionnaire_id, by_keys, document, changed_by)
      select q.id, true, ${JSON.stringify({ questions: [{ prompts: [{ text: '', prompt: drafted }] }] })}::jsonb, a.id
      from questionnaire q, user_account a limit 1
    `.execute(database.db)
    expect(await sweep()).toEqual({ rows: 0, files: 0 })
    expect([published, drafted].map((own) => existsSync(fileOf(own)))).toEqual([true, true])
  })

  it('stay while folder or clock are not this house’s', async () => {
    const own = await supervisor.upload('另一句没人用的。', recording(610))
    await old(own)
    await sql`update retention_guard set clock_seen_at = clock_timestamp() - interval '30 days'`.execute(database.db)
    expect(await sweep()).toBeNull()
    await sql`update retention_guard set clock_seen_at = clock_timestamp()`.execute(database.db)
    expect(await sweep()).toEqual({ rows: 1, files: 1 })
  })
})
