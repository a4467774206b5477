import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { measurePrompt } from '../../../src/contact-center/ivr/prompt-file.ts'
import { ensureStandardHospital } from '../../../src/follow-up/intake/standard-hospital.ts'
import type { Draft } from '../../../src/follow-up/questionnaire/questionnaire-draft.ts'
import type {
  QuestionnaireBoard,
  QuestionnaireCard,
  SharedDraft,
  Trial,
} from '../../../src/follow-up/questionnaire/questionnaire-schema.ts'
import type { Role } from '../../../src/platform/auth/rights.ts'
import { consoleHeader, sessionCookie } from '../../../src/platform/http/access.ts'
import { type Face, makeAccount, openFace, testPassword } from '../../e2e/fixture/face.ts'
import { type TestDatabase, testDatabase } from '../../harness/database.ts'
import { hasProgram } from '../../harness/programs.ts'
import { promptForm, recorderWav } from '../../harness/recorder-wav.ts'

let database: TestDatabase
let face: Face
let supervisor: Awaited<ReturnType<typeof signIn>>
beforeAll(async () => {
  database = await testDatabase()
  await ensureStandardHospital(database.db)
  face = await openFace({ db: database.db, databaseUrl: database.url })
  supervisor = await signIn('supervisor')
})
afterAll(async () => {
  await face.close()
  await database.close()
})

async function signIn(...roles: Role[]) {
  const name = await makeAccount(database.db, roles)
  const { token } = await face.auth.signIn(name, testPassword, { ip: null, userAgent: null, requestId: null })
  const headers = { [consoleHeader]: '1', 'accept-language': 'en', cookie: `${sessionCookie}=${token}` }
  const send = (method: 'GET' | 'POST' | 'PUT', url: string, payload?: object) =>
    face.server.inject({ method, url: `/api${url}`, headers, ...(payload === undefined ? {} : { payload }) })
  return {
    send,
    board: async (): Promise<QuestionnaireBoard> => (await send('GET', '/questionnaires')).json(),
    card: async (id: string): Promise<QuestionnaireCard> => (await send('GET', `/questionnaires/${id}`)).json(),
    upload: (text: string, file: Buffer) => send('POST', '/prompts', promptForm(text, file)),
  }
}

/** A second of tone, as somebody's recorder writes it: 48 kHz, stereo. */
function recording(frequency: number): Buffer {
  const rate = 48_000
  const both = Array.from(
    { length: rate * 2 },
    (_, at) => Math.sin((2 * Math.PI * frequency * (at >> 1)) / rate) * 6_000,
  )
  return recorderWav(both, { rate, channels: 2 })
}

const satisfaction = async () =>
  (await supervisor.board()).questionnaires.find(({ title }) => title.zh === '出院满意度')

async function draftOfSatisfaction(): Promise<{ id: string; draft: SharedDraft }> {
  const id = (await satisfaction())?.id ?? ''
  await supervisor.send('POST', `/questionnaires/${id}/draft`)
  return { id, draft: drafted(await supervisor.card(id)) }
}

function drafted({ draft }: QuestionnaireCard): SharedDraft {
  if (draft === null) throw new Error('there is no draft')
  return draft
}

const save = (id: string, { revision }: { revision: number }, document: Draft, byKeys = true) =>
  supervisor.send('PUT', `/questionnaires/${id}/draft`, { revision, byKeys, document })

const publish = (id: string, revision: number, reason = 'season') =>
  supervisor.send('POST', `/questionnaires/${id}/draft/publish`, { revision, reason })

const discard = (id: string, revision: number) =>
  supervisor.send('POST', `/questionnaires/${id}/draft/discard`, { revision })

const retitled = (document: Draft, zh: string): Draft => ({ ...document, title: { zh, en: zh } })

describe('the list', () => {
  it('has what came with the release, with version, use and number of questions', async () => {
    expect(await satisfaction()).toMatchObject({
      version: 1,
      questions: 5,
      byKeys: true,
      uses: [{ programme: '出院 D+7 满意度', state: 'running', version: 1 }],
      draft: null,
    })
    const opening = (await supervisor.board()).questionnaires.find(({ title }) => title.zh === '出院随访开场四问')
    expect(opening).toMatchObject({ byKeys: false, uses: [] })
  })

  it('is read by QA, who changes nothing, and by nobody without the right', async () => {
    const [qa, agent, admin] = [await signIn('qa'), await signIn('agent'), await signIn('system_admin')]
    expect((await qa.send('GET', '/questionnaires')).statusCode).toBe(200)
    expect((await qa.send('POST', '/questionnaires', {})).statusCode).toBe(403)
    expect((await qa.upload('您好', recording(500))).statusCode).toBe(403)
    for (const person of [agent, admin]) expect((await person.send('GET', '/questionnaires')).statusCode).toBe(403)
  })
})

describe('a draft', () => {
  it('is one for all, and who saves over another’s change is told by whom', async () => {
    const { id, draft } = await draftOfSatisfaction()
    const saved = await save(id, draft, retitled(draft.document, '甲'))
    expect(saved.json()).toMatchObject({ revision: expect.any(Number), findings: [] })
    const late = await save(id, draft, retitled(draft.document, '乙'))
    expect([late.statusCode, late.json().code]).toEqual([409, 'QUESTIONNAIRE_DRAFT_CHANGED'])
    const colleague = await signIn('supervisor')
    expect(drafted(await colleague.card(id)).document.title.zh).toBe('甲')
    expect((await discard(id, saved.json().revision)).statusCode).toBe(204)
    expect((await supervisor.card(id)).draft).toBeNull()
  })

  it('begun anew is not written over by a page that was away since the one before it', async () => {
    const { id, draft: away } = await draftOfSatisfaction()
    await discard(id, away.revision)
    const { draft } = await draftOfSatisfaction()
    const late = await save(id, away, retitled(away.document, '断网前写的'))
    expect([late.statusCode, late.json().code]).toEqual([409, 'QUESTIONNAIRE_DRAFT_CHANGED'])
    expect((await publish(id, away.revision)).statusCode).toBe(409)
    expect(drafted(await supervisor.card(id))).toEqual(draft)
    await discard(id, draft.revision)
  })

  it('gets a revision that the database gives but once, whatever a writer states', async () => {
    const { id, draft } = await draftOfSatisfaction()
    const { db } = database
    const stated = await sql<{ revision: number }>`
      update questionnaire_draft set revision = ${draft.revision} where questionnaire_id = ${id} returning revision
    `.execute(db)
    expect(stated.rows[0]?.revision).toBeGreaterThan(draft.revision)
    await expect(sql`select setval('questionnaire_draft_revision', 1)`.execute(db)).rejects.toThrow('permission denied')
    await discard(id, stated.rows[0]?.revision ?? 0)
  })

  it('says in the reader’s language what is wrong, at its field, and is saved all the same', async () => {
    const { id, draft } = await draftOfSatisfaction()
    const [first, ...rest] = draft.document.questions
    if (first === undefined) throw new Error('no question')
    const worse = { ...draft.document, questions: [{ ...first, text: { zh: '', en: '' } }, ...rest] }
    const { revision, findings } = (await save(id, draft, worse)).json()
    expect(findings).toEqual([
      {
        path: '/questions/0/text/zh',
        severity: 'error',
        code: 'QUESTIONNAIRE_TEXT_EMPTY',
        message: 'This is still empty. Fill it in.',
      },
    ])
    const refused = await publish(id, revision)
    expect([refused.statusCode, refused.json().code]).toEqual([422, 'QUESTIONNAIRE_NOT_READY'])
    await discard(id, revision)
  })

  it('with fields that no draft has is refused at the door', async () => {
    const { id, draft } = await draftOfSatisfaction()
    const odd = { ...draft.document, owner: 'me' }
    expect(
      (await supervisor.send('PUT', `/questionnaires/${id}/draft`, { revision: 1, byKeys: true, document: odd }))
        .statusCode,
    ).toBe(400)
    await discard(id, draft.revision)
  })

  it('of a new questionnaire goes with it when it is given up', async () => {
    const { id } = (await supervisor.send('POST', '/questionnaires', {})).json()
    expect((await supervisor.board()).questionnaires.some((one) => one.id === id && one.version === null)).toBe(true)
    const { revision } = drafted(await supervisor.card(id))
    expect((await discard(id, revision)).statusCode).toBe(204)
    expect((await supervisor.send('GET', `/questionnaires/${id}`)).statusCode).toBe(404)
  })
})

describe('publishing', () => {
  it('makes the next version with its reason; the programme’s step keeps the one that it has', async () => {
    const { id, draft } = await draftOfSatisfaction()
    const shorter = { ...draft.document, questions: draft.document.questions.slice(0, 2) }
    const { revision } = (await save(id, draft, shorter)).json()
    expect((await publish(id, revision, ' shorter ')).json()).toEqual({ version: 2 })
    const card = await supervisor.card(id)
    expect(card.draft).toBeNull()
    expect(card.versions.map(({ version, reason, uses }) => ({ version, reason, uses: uses.length }))).toEqual([
      { version: 2, reason: 'shorter', uses: 0 },
      { version: 1, reason: null, uses: 1 },
    ])
    expect(card.versions[0]?.difference?.questions.map(({ question, kind }) => `${question} ${kind}`)).toEqual([
      'ward removed',
      'advice removed',
      'advice-clear removed',
    ])
    const { rows } = await sql<{ detail: unknown }>`
      select detail from audit_row where action = 'questionnaire.published' and object_id = ${id}
    `.execute(database.db)
    expect(rows).toEqual([{ detail: { version: 2, reason: 'shorter', questions: 2 } }])
  })

  it('of the same again is refused', async () => {
    const { id, draft } = await draftOfSatisfaction()
    expect((await publish(id, draft.revision)).json().code).toBe('QUESTIONNAIRE_SAME')
    await discard(id, draft.revision)
  })

  it('of two at once makes one version', async () => {
    const { id, draft } = await draftOfSatisfaction()
    const { revision } = (await save(id, draft, retitled(draft.document, '两人'))).json()
    const codes = (await Promise.all([publish(id, revision), publish(id, revision)])).map(
      ({ statusCode }) => statusCode,
    )
    expect(codes.sort()).toEqual([200, 409])
  })

  it('of a copy begins another questionnaire', async () => {
    const from = await supervisor.card(
      (await satisfaction())?.id ?? (await supervisor.board()).questionnaires[0]?.id ?? '',
    )
    const copyOf = from.versions[0]?.id
    const { id } = (await supervisor.send('POST', '/questionnaires', { copyOf })).json()
    const { revision, document } = drafted(await supervisor.card(id))
    expect(document.title.zh).toMatch(/（副本）$/)
    expect((await publish(id, revision)).json()).toEqual({ version: 1 })
    expect((await supervisor.card(id)).code).not.toBe(from.code)
  })

  it('is refused by the database where a prompt was never made', async () => {
    const definition = { questions: [{ prompts: ['question-nurses', `own-${'a'.repeat(40)}`] }] }
    const insert = sql`
      insert into questionnaire_version (id, questionnaire_id, version, definition)
      select gen_random_uuid(), id, 99, ${JSON.stringify(definition)}::jsonb from questionnaire limit 1
    `.execute(database.db)
    await expect(insert).rejects.toMatchObject({ code: 'SF026' })
  })

  it('is for ever: neither reason nor sound can be changed', async () => {
    for (const change of [
      sql`update questionnaire_publication set reason = 'other'`,
      sql`delete from questionnaire_publication`,
      sql`update own_prompt set text = 'other'`,
    ]) {
      await expect(change.execute(database.db)).rejects.toMatchObject({ code: '42501' })
    }
  })
})

describe('a recorded prompt', () => {
  it('is what the telephone plays, named by its content, and heard in the page', async () => {
    const first = await supervisor.upload(' 今天 好些了吗？ ', recording(500))
    const { prompt, warnings } = first.json()
    expect(prompt).toMatchObject({ text: '今天 好些了吗？', source: 'recorded' })
    expect(warnings).toEqual([])
    const file = await readFile(join(face.recordings, 'prompts/zh-CN', `${prompt.id}.wav`))
    expect(measurePrompt(file)).toMatchObject({ sampleRate: 8_000, channels: 1, bitsPerSample: 16 })
    const heard = await supervisor.send('GET', `/prompts/${prompt.id}/sound`)
    expect([heard.headers['content-type'], heard.rawPayload.equals(file)]).toEqual(['audio/wav', true])
    expect((await supervisor.upload('今天 好些了吗？', recording(500))).json().prompt.id).toBe(prompt.id)
    expect((await supervisor.upload('今天 好些了吗？', recording(600))).json().prompt.id).not.toBe(prompt.id)
    expect((await supervisor.upload('另一句', recording(500))).json().prompt.id).not.toBe(prompt.id)
  })

  it.each([
    ['text for sound', '您好', Buffer.from('RIFF no'), 'PROMPT_NOT_WAV'],
    ['no words', ' ', recording(500), 'PROMPT_TEXT_INVALID'],
    ['more than ten megabytes', '您好', Buffer.alloc(10 * 1024 * 1024 + 1), 'PROMPT_TOO_BIG'],
  ])('is refused for %s', async (_what, text, file, code) => {
    expect((await supervisor.upload(text, file)).json().code).toBe(code)
  })

  it('keeps no sign that the database or a reader cannot take', async () => {
    const answer = await supervisor.upload('好些\0了\u001b吗', recording(500))
    expect([answer.statusCode, answer.json().prompt?.text]).toEqual([200, '好些 了 吗'])
    expect((await supervisor.upload('\0', recording(500))).json().code).toBe('PROMPT_TEXT_INVALID')
  })

  it('that nobody made is not there', async () => {
    expect((await supervisor.send('GET', `/prompts/own-${'0'.repeat(40)}/sound`)).statusCode).toBe(404)
    expect((await supervisor.send('GET', '/prompts/..%2fkey/sound')).statusCode).toBe(400)
  })
})

describe.skipIf(!hasProgram('espeak-ng') || !hasProgram('sox'))('a prompt spoken by machine', () => {
  it('sounds the same whenever it is made, and may begin like an option', async () => {
    const speak = (text: string) => supervisor.send('POST', '/prompts/speak', { text })
    const first = (await speak('您今天吃药了吗？')).json()
    expect(first).toMatchObject({ source: 'synthetic', text: '您今天吃药了吗？' })
    expect((await speak('您今天吃药了吗？')).json().id).toBe(first.id)
    expect((await speak('--version 请按1')).json()).toMatchObject({ source: 'synthetic' })
  })

  it('says what stands between brackets, which to the engine alone would be phonemes', async () => {
    const sound = async (text: string) => {
      const { id } = (await supervisor.send('POST', '/prompts/speak', { text })).json()
      return (await supervisor.send('GET', `/prompts/${id}/sound`)).rawPayload
    }
    const plain = await sound('疼请按1')
    for (const text of ['[[疼请按1]]', '［［疼请按1］］', '疼请按[1]']) expect(await sound(text)).toEqual(plain)
    expect((await supervisor.send('POST', '/prompts/speak', { text: '[[]]' })).json().code).toBe('PROMPT_UNSPEAKABLE')
  })

  it.each(['……', '🙂', '\u200b'])('is none where the text says nothing: "%s"', async (text) => {
    const answer = await supervisor.send('POST', '/prompts/speak', { text })
    expect([answer.statusCode, answer.json().code]).toEqual([422, 'PROMPT_UNSPEAKABLE'])
  })

  it.each(['1', '啊', '不'])('is one however short: "%s"', async (text) => {
    expect((await supervisor.send('POST', '/prompts/speak', { text })).statusCode).toBe(200)
  })
})

describe('a trial', () => {
  const trial = async (id: string, version: number | null, keys: string): Promise<Trial> =>
    (await supervisor.send('POST', `/questionnaires/${id}/try`, { version, presses: [...keys] })).json()

  it('of a version runs the whole call: what is said, what is stored, the score', async () => {
    const id = (await supervisor.board()).questionnaires.find(({ uses }) => uses.length > 0)?.id ?? ''
    const { lines, over, outcome, score } = await trial(id, 1, '111121')
    expect(lines.filter(({ type }) => type === 'stored')).toHaveLength(5)
    expect(lines).toContainEqual({
      type: 'stored',
      question: 'advice-clear',
      answer: { zh: '不适用', en: 'Not applicable' },
      skipped: true,
    })
    expect(lines).toContainEqual(expect.objectContaining({ type: 'said', text: '为保证服务质量，本次通话将被录音。' }))
    expect({ over, outcome, score }).toEqual({ over: true, outcome: 'done', score: 100 })
  })

  it('of a draft says what has no sound yet, and stores nothing', async () => {
    const { id } = (await supervisor.send('POST', '/questionnaires', {})).json()
    const { revision, document } = drafted(await supervisor.card(id))
    const option = (code: string, zh: string, key: string) => ({ code, label: { zh, en: '' }, key })
    const question = {
      id: 'q1',
      kind: 'single' as const,
      text: { zh: '伤口疼吗？', en: '' },
      hint: { zh: '', en: '' },
      prompts: [{ text: '伤口疼吗？疼请按1，不疼请按2。', prompt: null }],
      required: true,
      enableWhen: [],
      findings: [],
      options: [option('a1', '疼', '1'), option('a2', '不疼', '2')],
    }
    const { revision: next } = (
      await save(id, { revision }, { ...retitled(document, '伤口'), questions: [question] })
    ).json()
    const { lines, over } = await trial(id, null, '15')
    expect(lines).toContainEqual(expect.objectContaining({ type: 'said', text: '伤口疼吗？疼请按1，不疼请按2。' }))
    expect(lines).toContainEqual({ type: 'said', prompt: 'invalid-key', text: '按键不对。' })
    expect(over).toBe(false)
    await discard(id, next)
  })
})
