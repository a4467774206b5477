import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { virtualClock } from '#platform/clock.ts'
import { type Listener, openListener } from '#platform/database/listen.ts'
import { createLog, silentLog } from '#platform/log.ts'
import { secretsOf } from '#platform/secrets.ts'
import type { PhoneChange } from '#telephony/registrar/live-phones.ts'
import { Registrar, type RegistrarParts } from '#telephony/registrar/registrar.ts'
import type { Telephony } from '#telephony/telephony.ts'
import { type TestDatabase, testDatabase } from '../harness/database.ts'
import { waitFor } from '../harness/wait-for.ts'
import { expectToHear, lift } from './desk-phone.ts'
import { openPair, type Pair } from './pair.ts'
import { type Credentials, challengeOf, RegisterClient, sipAddressOf } from './register-client.ts'
import { TestTrunk } from './test-trunk.ts'

const password = 'correct horse battery'
const secrets = secretsOf(Buffer.alloc(32, 7))

let pair: Pair
let telephony: Telephony
let sipAddress: { host: string; port: number }
let database: TestDatabase
let listener: Listener
let registrar: Registrar
let phone: RegisterClient
let changes: PhoneChange[]
let extension = 8000

beforeAll(async () => {
  pair = await openPair()
  telephony = await pair.telephony()
  sipAddress = await sipAddressOf(pair.drachtio)
  database = await testDatabase()
  listener = await openListener({ url: database.url })
  const siteId = randomUUID()
  await database.db.insertInto('site').values({ id: siteId, code: 'main', name: '总院' }).execute()
})
beforeEach(async () => {
  phone = await RegisterClient.open(sipAddress)
  extension += 1
  await newPhone(String(extension))
  await open({})
})
afterEach(async () => {
  await registrar.close()
  phone.close()
})
afterAll(async () => {
  await listener?.close()
  await database?.close()
  await telephony?.close()
  await pair?.close()
})

async function open(parts: Partial<RegistrarParts>) {
  await registrar?.close()
  changes = []
  registrar = new Registrar({ db: database.db, listener, secrets, log: silentLog, ...parts })
  registrar.onChange((change) => changes.push(change))
  telephony.onRegister((request) => registrar.answer(request))
  await registrar.start()
  changes.length = 0
}

async function newPhone(name: string) {
  const { id: siteId } = await database.db.selectFrom('site').select('id').executeTakeFirstOrThrow()
  const row = { id: randomUUID(), siteId, extension: name, secretCiphertext: secrets.encrypt(password) }
  await database.db.insertInto('phone').values(row).execute()
}

const contactHere = (to = phone) => ({ Contact: `<sip:${extension}@127.0.0.1:${to.port}>`, Expires: '120' })

/** What a challenge asks for, answered; `change` spoils it. */
async function credentials(change: Partial<Credentials> = {}): Promise<Credentials> {
  const algorithm = change.algorithm ?? 'MD5'
  const { realm, nonce } = challengeOf(await phone.register(String(extension), contactHere()), algorithm)
  return { username: String(extension), password, realm, nonce, algorithm, nc: 1, ...change }
}

const gone = () => changes.some((change) => 'gone' in change)

test('a phone is challenged with SHA-256 and MD5, each in a header of its own', async () => {
  const answer = await phone.register(String(extension), contactHere())
  expect(answer.status).toBe(401)
  expect(answer.headers.get('www-authenticate')).toHaveLength(2)
  expect(answer.headers.get('www-authenticate')?.[0]).toContain('algorithm=SHA-256')
  expect(challengeOf(answer, 'MD5')).toMatchObject({ qop: 'auth', stale: false })
})

test.each(['MD5', 'SHA-256'] as const)(
  'a phone with the right password is registered (%s), and can be called',
  async (algorithm) => {
    const desk = await TestTrunk.open()
    try {
      const headers = { Contact: `<sip:${extension}@127.0.0.1:${desk.port}>;expires=120` }
      const answer = await phone.register(String(extension), headers, await credentials({ algorithm }))
      expect(answer.status).toBe(200)
      const contact = `sip:${extension}@127.0.0.1:${desk.port}`
      expect(answer.headers.get('contact')).toEqual([`<${contact}>;expires=120`])
      expect(changes).toMatchObject([{ extension: String(extension), contact }])
      const { leg, phone: lifted } = await lift(telephony, desk, { order: { contact } })
      await expectToHear(lifted, [], [400])
      await leg.hangUp()
    } finally {
      await desk.close()
    }
  },
)

test('one nonce serves as long as its count rises', async () => {
  const proof = await credentials()
  expect((await phone.register(String(extension), contactHere(), proof)).status).toBe(200)
  expect((await phone.register(String(extension), contactHere(), { ...proof, nc: 2 })).status).toBe(200)
  expect((await phone.register(String(extension), {}, { ...proof, nc: 3 })).status).toBe(200)
})

test('a wrong password and an extension that nobody has are refused in the same words', async () => {
  const wrong = await phone.register(String(extension), contactHere(), await credentials({ password: 'wrong' }))
  const unknown = await phone.register('7999', contactHere(), await credentials({ username: '7999' }))
  expect([wrong.status, unknown.status]).toEqual([403, 403])
  expect([...unknown.headers.keys()]).toEqual([...wrong.headers.keys()])
  expect([...registrar.refused]).toEqual([
    ['REGISTER_WRONG_PASSWORD', 1],
    ['REGISTER_UNKNOWN_EXTENSION', 1],
  ])
  expect(changes).toEqual([])
})

test('a REGISTER that was overheard registers nobody, at another node neither', async () => {
  const proof = await credentials()
  expect((await phone.register(String(extension), contactHere(), proof)).status).toBe(200)
  const thief = await RegisterClient.open(sipAddress)
  try {
    const replayed = await thief.register(String(extension), contactHere(thief), proof)
    expect(replayed.status).toBe(401)
    expect(challengeOf(replayed, 'MD5').stale).toBe(true)
    await open({})
    expect((await thief.register(String(extension), contactHere(thief), proof)).status).toBe(401)
    expect(registrar.refused.get('REGISTER_NONCE_REPLAYED')).toBe(1)
    expect(changes).toEqual([])
  } finally {
    thief.close()
  }
})

test('giving the registration back does not let an older REGISTER in again', async () => {
  const proof = await credentials()
  await phone.register(String(extension), contactHere(), proof)
  await phone.register(String(extension), { Contact: '*', Expires: '0' }, { ...proof, nc: 2 })
  expect((await phone.register(String(extension), contactHere(), proof)).status).toBe(401)
  expect(gone()).toBe(true)
})

test('a nonce that has grown old is replaced without blame', async () => {
  const clock = virtualClock(new Date())
  await open({ clock })
  const proof = await credentials()
  await clock.advance(301_000)
  const answer = await phone.register(String(extension), contactHere(), proof)
  expect(answer.status).toBe(401)
  const again = challengeOf(answer, 'MD5')
  expect(again.stale).toBe(true)
  expect((await phone.register(String(extension), contactHere(), { ...proof, nonce: again.nonce })).status).toBe(200)
})

test('a nonce that we never gave out gets a fresh challenge', async () => {
  const proof = await credentials()
  const answer = await phone.register(String(extension), contactHere(), {
    ...proof,
    nonce: `${proof.nonce.slice(2)}00`,
  })
  expect(answer.status).toBe(401)
  expect(challengeOf(answer, 'MD5').stale).toBe(false)
  expect(registrar.refused.get('REGISTER_NONCE_FOREIGN')).toBe(1)
})

test('an answer for another address or in another’s name is refused', async () => {
  const uri = 'sip:elsewhere.example'
  expect((await phone.register(String(extension), contactHere(), await credentials({ uri }))).status).toBe(400)
  const other = await credentials({ username: '8999' })
  expect((await phone.register(String(extension), contactHere(), other)).status).toBe(403)
})

test('guessing closes the door to the address, with a time to come back', async () => {
  let last = await phone.register(String(extension), contactHere(), await credentials({ password: 'wrong' }))
  for (let tries = 1; tries < 40 && last.status !== 503; tries += 1) {
    // Another extension each time: no one of them is tried often.
    const name = String(7000 + tries)
    const { realm, nonce } = challengeOf(await phone.register(name, contactHere()), 'MD5')
    if (nonce === '') break
    const guess = { username: name, password: 'guess', realm, nonce, algorithm: 'MD5', nc: 1 } as const
    last = await phone.register(name, contactHere(), guess)
  }
  const refused = await phone.register(String(extension), contactHere())
  expect(refused.status).toBe(503)
  expect(Number(refused.headers.get('retry-after')?.[0])).toBeGreaterThan(0)
})

test('an extension that is guessed at is locked, and the lock opens again', async () => {
  const clock = virtualClock(new Date())
  await open({ clock })
  for (let tries = 0; tries < 10; tries += 1) {
    await phone.register(String(extension), contactHere(), await credentials({ password: 'wrong' }))
  }
  expect((await phone.register(String(extension), contactHere(), await credentials())).status).toBe(503)
  expect(registrar.refused.get('REGISTER_EXTENSION_LOCKED')).toBe(1)
  await clock.advance(301_000)
  expect((await phone.register(String(extension), contactHere(), await credentials())).status).toBe(200)
})

test('too short a registration is refused with the shortest that will do, too long a one is cut', async () => {
  const brief = await phone.register(String(extension), { ...contactHere(), Expires: '5' }, await credentials())
  expect(brief.status).toBe(423)
  expect(brief.headers.get('min-expires')).toEqual(['30'])
  const long = await phone.register(String(extension), { ...contactHere(), Expires: '86400' }, await credentials())
  expect(long.status).toBe(200)
  expect(long.headers.get('contact')?.[0]).toMatch(/;expires=300$/)
})

test.each([
  'sips:8001@127.0.0.1',
  'sip:8001@224.0.1.75',
  'sip:8001@127.0.0.1:99999',
  'tel:8001',
  'sip:8001@127.0.0.1?Subject=x',
])('a contact that cannot be called is refused: %s', async (uri) => {
  const answer = await phone.register(String(extension), { Contact: `<${uri}>` }, await credentials())
  expect(answer.status).toBe(400)
  expect(changes).toEqual([])
})

test('a registration that is not renewed runs out, and is told', async () => {
  await open({ expires: { leastSeconds: 1, mostSeconds: 300 } })
  const answer = await phone.register(String(extension), { ...contactHere(), Expires: '1' }, await credentials())
  expect(answer.status).toBe(200)
  expect(gone()).toBe(false)
  await waitFor(gone, { what: 'the registration to run out' })
})

test('a phone that gives its registration back is gone at once', async () => {
  const proof = await credentials()
  await phone.register(String(extension), contactHere(), proof)
  const back = { Contact: contactHere().Contact, Expires: '0' }
  const answer = await phone.register(String(extension), back, { ...proof, nc: 2 })
  expect(answer.status).toBe(200)
  expect(answer.headers.has('contact')).toBe(false)
  expect(changes.at(-1)).toEqual({ extension: String(extension), gone: true })
})

test('another node hears of a phone that registers here, and again when it is gone', async () => {
  const heard: PhoneChange[] = []
  const other = new Registrar({ db: database.db, listener, secrets, log: silentLog })
  other.onChange((change) => heard.push(change))
  await other.start()
  try {
    const here = (change: PhoneChange) => change.extension === String(extension)
    const proof = await credentials()
    await phone.register(String(extension), contactHere(), proof)
    await waitFor(() => heard.some(here), { what: 'the phone at the other node' })
    await phone.register(String(extension), { Contact: '*', Expires: '0' }, { ...proof, nc: 2 })
    await waitFor(() => heard.some((change) => here(change) && 'gone' in change), { what: 'its end' })
  } finally {
    await other.close()
  }
})

test('without a database phones are told to come back later', async () => {
  telephony.onRegister(() => Promise.reject(new Error('away')))
  const answer = await phone.register(String(extension), contactHere())
  expect(answer.status).toBe(503)
  expect(answer.headers.has('retry-after')).toBe(true)
})

test('a burst of refusals is one line, and no line has a secret', async () => {
  const lines: string[] = []
  await open({ log: createLog({ level: 'debug', destination: { write: (line) => lines.push(line) } }) })
  for (let tries = 0; tries < 3; tries += 1) {
    await phone.register(String(extension), contactHere(), await credentials({ password: 'not this one' }))
  }
  const refusals = lines.filter((line) => line.includes('REGISTER_WRONG_PASSWORD'))
  expect(refusals).toHaveLength(1)
  expect(lines.join('')).not.toMatch(/correct horse|not this one|nonce=|response=/)
})
