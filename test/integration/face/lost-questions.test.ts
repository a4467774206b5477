import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { hearSounds, openFlows } from '../../../src/app/prompts.ts'
import type { VoiceBoard, VoiceItem } from '../../../src/contact-center/voices/voice-schema.ts'
import { ensureStandardHospital } from '../../../src/follow-up/intake/standard-hospital.ts'
import { type Listener, openListener } from '../../../src/platform/database/listen.ts'
import { silentLog } from '../../../src/platform/log.ts'
import { readSettings } from '../../../src/platform/settings/settings.ts'
import { type Face, openFace, type SignedIn, signedIn } from '../../e2e/fixture/face.ts'
import { type TestDatabase, testDatabase } from '../../harness/database.ts'
import { promptForm, recorderWav } from '../../harness/recorder-wav.ts'
import { sine } from '../../harness/tones.ts'
import { waitFor } from '../../harness/wait-for.ts'

let database: TestDatabase
let face: Face
let listener: Listener
let supervisor: SignedIn
/** What calls of another process of the house say. */
let node: ReturnType<typeof openFlows>
let version = 100

beforeAll(async () => {
  database = await testDatabase()
  await ensureStandardHospital(database.db)
  face = await openFace({ db: database.db, databaseUrl: database.url })
  listener = await openListener({ url: database.url })
  const settings = { ...readSettings({}), dataDir: face.recordings }
  node = openFlows({ settings, db: database.db, log: silentLog })
  await hearSounds({ listener, log: silentLog }, node)
  supervisor = await signedIn(face, database.db, ['supervisor'])
})
afterAll(async () => {
  await listener.close()
  await face.close()
  await database.close()
})

const fileOf = (own: string) => join(face.recordings, 'prompts/zh-CN', `${own}.wav`)
const canBeAsked = (own: string) => node.book.check(own, '').length === 0

async function made(text: string, frequency: number): Promise<string> {
  const take = recorderWav(sine(frequency, 16_000), { rate: 8_000, channels: 1 })
  return (await supervisor.ask('POST', '/voice-prompts', promptForm(text, take))).json().prompt.id
}

/** A question that a published version asks in this sound. */
async function question(text: string, frequency: number): Promise<string> {
  const own = await made(text, frequency)
  version += 1
  await sql`
    insert into questionnaire_version (id, questionnaire_id, version, definition)
    select new_id(), id, ${version}, ${JSON.stringify({ questions: [{ prompts: [own] }] })}::jsonb from questionnaire limit 1
  `.execute(database.db)
  return own
}

async function onPage(own: string): Promise<VoiceItem | undefined> {
  const { voices }: VoiceBoard = (await supervisor.ask('GET', '/voices')).json()
  return voices.find(({ prompt }) => prompt === own)
}

const take = (prompt: string, own: string | null, seen: number) =>
  supervisor.ask('PUT', `/voices/${prompt}`, { own, seen, reason: '原文件已丢失' })

it('a question whose sound is lost for good is asked again once its words have another take, at every node', async () => {
  const own = await question('您的伤口还疼吗？', 610)
  expect(await onPage(own)).toBeUndefined()
  await rm(fileOf(own))
  expect([canBeAsked(own), await onPage(own)]).toEqual([
    false,
    expect.objectContaining({ asked: true, fault: 'missing', versions: [] }),
  ])
  const again = await made('您的伤口还疼吗？', 620)
  expect((await take(own, again, 0)).json()).toEqual({ version: 1 })
  await waitFor(() => canBeAsked(own), { what: 'the other node' })
  expect([node.book.resolve(own), node.book.frozen().text(own)]).toEqual([fileOf(again), '您的伤口还疼吗？'])
  expect(await onPage(own)).toMatchObject({
    fault: null,
    inForce: { own: again },
    versions: [{ reason: '原文件已丢失', by: supervisor.name }],
  })
})

it('a take that is lost as well is missed before the call', async () => {
  const own = await question('您最近发热吗？', 630)
  await rm(fileOf(own))
  const again = await made('您最近发热吗？', 640)
  await take(own, again, 0)
  await waitFor(() => canBeAsked(own), { what: 'the other node' })
  await rename(fileOf(again), `${fileOf(again)}.away`)
  expect(canBeAsked(own)).toBe(false)
  await rename(`${fileOf(again)}.away`, fileOf(again))
  await waitFor(() => canBeAsked(own), { what: 'the file that is back' })
})

it('a question that was published keeps its words', async () => {
  const own = await question('您按时服药了吗？', 650)
  await rm(fileOf(own))
  const other = await made('您没有按时服药，对吗？', 660)
  expect((await take(own, other, 0)).json()).toMatchObject({ code: 'VOICE_OTHER_WORDS' })
  const insert = sql`
    insert into voice_version (language, prompt, version, own_prompt_id, reason) values ('zh-CN', ${own}, 1, ${other}, 'x')
  `
  await expect(insert.execute(database.db)).rejects.toMatchObject({ code: 'SF028' })
  expect(canBeAsked(own)).toBe(false)
})

it('a question whose sound is there is heard as it was published', async () => {
  const own = await question('您睡得好吗？', 670)
  const other = await made('您睡得好吗？', 680)
  expect((await take(own, other, 0)).json()).toMatchObject({ code: 'VOICE_NOT_LOST' })
})

it('the sound that was published is taken back only when its file is', async () => {
  const own = await question('您能下床走动吗？', 690)
  await rename(fileOf(own), `${fileOf(own)}.away`)
  const again = await made('您能下床走动吗？', 700)
  await take(own, again, 0)
  expect((await take(own, null, 1)).json()).toMatchObject({ code: 'VOICE_SOUND_LOST' })
  await rename(`${fileOf(own)}.away`, fileOf(own))
  expect((await take(own, null, 1)).json()).toEqual({ version: 2 })
  await waitFor(() => node.book.resolve(own) === fileOf(own), { what: 'the other node' })
})
