/**
 * Phones that call in to be the leg of a seat: proved by the registrar, answered over a channel, ended from either side;
 * and whoever tries without being one.
 */
import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Listener, openListener } from '#platform/database/listen.ts'
import { silentLog } from '#platform/log.ts'
import { secretsOf } from '#platform/secrets.ts'
import { type BrowserPhoneAccount, issueBrowserSecret, makeBrowserPhone } from '#telephony/registrar/browser-phone.ts'
import type { PhoneChange } from '#telephony/registrar/live-phones.ts'
import { Registrar } from '#telephony/registrar/registrar.ts'
import { type IncomingSeatCall, type Telephony, unknownLeg } from '#telephony/telephony.ts'
import { type TestDatabase, testDatabase } from '../harness/database.ts'
import { waitFor } from '../harness/wait-for.ts'
import { CallingPhone, header, type Message, udpWire, type Wire, wsWire } from './calling-phone.ts'
import { converse, expectNoChannel } from './conversation.ts'
import { expectToHear } from './desk-phone.ts'
import { openPair, type Pair } from './pair.ts'
import { sipAddressOf } from './register-client.ts'
import { ReportingPhone } from './reporting-phone.ts'
import { TestTrunk } from './test-trunk.ts'

const tones = [400, 700]
const secrets = secretsOf(Buffer.alloc(32, 7))

let pair: Pair
let telephony: Telephony
let sipAddress: { host: string; port: number }
let database: TestDatabase
let listener: Listener
let registrar: Registrar
let siteId: string
let changes: PhoneChange[] = []
/** Calls that nobody has decided about. */
let calls: IncomingSeatCall[] = []
const opened: (() => void)[] = []

beforeAll(async () => {
  pair = await openPair()
  telephony = await pair.telephony()
  sipAddress = await sipAddressOf(pair.drachtio)
  database = await testDatabase()
  listener = await openListener({ url: database.url })
  siteId = randomUUID()
  await database.db.insertInto('site').values({ id: siteId, code: 'main', name: '总院' }).execute()
})
beforeEach(async () => {
  registrar = new Registrar({ db: database.db, listener, secrets, log: silentLog })
  registrar.onChange((change) => changes.push(change))
  telephony.onRegister((request) => registrar.answer(request))
  telephony.onCallIn((request) => registrar.admit(request))
  telephony.onSeatCall((call) => calls.push(call))
  await registrar.start()
  changes = []
  calls = []
})
afterEach(async () => {
  for (const close of opened.splice(0)) close()
  await registrar.close()
  await expectNoChannel(telephony)
})
afterAll(async () => {
  await listener?.close()
  await database?.close()
  await telephony?.close()
  await pair?.close()
})

let lastExtension = 8_000

async function deskPhone(): Promise<CallingPhone> {
  lastExtension += 1
  const account = { extension: String(lastExtension), password: 'correct_horse' }
  const secretCiphertext = secrets.encrypt(account.password)
  await database.db
    .insertInto('phone')
    .values({ id: randomUUID(), siteId, extension: account.extension, secretCiphertext })
    .execute()
  return phoneOver(await udpWire(sipAddress), account)
}

async function phoneOver(wire: Wire, account: { extension: string; password: string }): Promise<CallingPhone> {
  const phone = await CallingPhone.open(wire, account)
  opened.push(() => phone.close())
  return phone
}

const browserPhone = () => database.db.transaction().execute((tx) => makeBrowserPhone(tx, secrets, siteId))

const page = async (account: BrowserPhoneAccount) => phoneOver(await wsWire(pair.sipWs), account)

/** Accepts the next call. */
async function take(): Promise<ReturnType<IncomingSeatCall['accept']>> {
  const call = await waitFor(() => calls.shift(), { what: 'a call in' })
  return call.accept({ seatId: randomUUID(), displayName: '随访中心' })
}

/** A registered phone whose call has been taken. */
async function nailUp(phone: CallingPhone, hum = 0) {
  expect((await phone.register()).status).toBe(200)
  const [answer, leg] = await Promise.all([phone.call(), take()])
  expect(answer.status).toBe(200)
  phone.talk(answer, hum)
  return { phone, leg, answer }
}

test('the line of a leg that outlives its calls is told for a part of its life: what is lost then, and no more', async () => {
  const desk = await deskPhone()
  const reporting = new ReportingPhone(desk.rtp)
  const { phone, leg, answer } = await nailUp(desk)
  reporting.reportTo(answer.body)
  try {
    await reporting.hearPackets(25)
    const lossy = leg.measureLine()
    reporting.loses = true
    await reporting.hearPackets(75)
    const during = lossy()
    reporting.loses = false
    const fine = leg.measureLine()
    await reporting.hearPackets(75)
    const after = fine()
    expect(during?.lossOut).toBeGreaterThan(0.3)
    expect(during?.lossOut).toBeLessThan(0.6)
    // A report's interval of what was before may be in it.
    expect(after?.lossOut).toBeLessThan(0.15)
  } finally {
    reporting.close()
  }
  await leg.hangUp()
  await phone.ended()
})

describe.each([
  ['a desk phone', deskPhone],
  ['a page', async () => page(await browserPhone())],
] as const)('%s that calls in', (_, open) => {
  test('is a seat’s leg: silent between calls, and in the next patient’s ear', async () => {
    const { phone, leg } = await nailUp(await open(), 700)
    await expectToHear(phone.rtp, [], tones)
    const [live] = await telephony.liveLegs()
    expect(live).toMatchObject({ seatId: leg.seatId, channelUuid: leg.ref.channelUuid, mediaHost: leg.ref.mediaHost })
    const trunk = await TestTrunk.open()
    try {
      const patient = await converse(telephony, trunk, { hum: 400, order: { mediaHost: leg.ref.mediaHost ?? '' } })
      const room = telephony.openRoom(patient.leg)
      await room.join(patient.leg, leg)
      await Promise.all([expectToHear(phone.rtp, [400], tones), expectToHear(patient.phone, [700], tones)])
      await patient.leg.hangUp()
      await room.close()
      await expectToHear(phone.rtp, [], tones)
      expect(leg.end).toBeNull()
    } finally {
      await trunk.close()
    }
    await leg.hangUp()
    await phone.ended()
  })

  test('ends its leg by hanging up', async () => {
    const { phone, leg } = await nailUp(await open())
    expect((await phone.hangUp()).status).toBe(200)
    expect(await leg.ended).toMatchObject({ by: 'patient' })
  })

  test('is told when its channel has died', async () => {
    const { phone, leg } = await nailUp(await open())
    const { channelUuid, mediaHost } = leg.ref
    await telephony.endLeg({ ...unknownLeg, channelUuid, mediaHost })
    expect(await leg.ended).toMatchObject({ by: 'lost' })
    await phone.ended()
  })

  test('is ended by another node from what its rows have', async () => {
    const { phone, leg } = await nailUp(await open())
    const other = await pair.telephony()
    try {
      await other.endLeg(leg.ref)
      await phone.ended()
      await leg.ended
    } finally {
      await other.close()
    }
  })

  test('may be refused, and may give up while nobody has decided', async () => {
    const phone = await open()
    await phone.register()
    const refused = phone.call()
    const call = await waitFor(() => calls.shift(), { what: 'a call in' })
    expect(call.extension).toBe(phone.extension)
    call.refuse(486)
    call.refuse(403)
    expect((await refused).status).toBe(486)
    await expect(call.accept({ seatId: randomUUID(), displayName: '' })).rejects.toMatchObject({
      code: 'SEAT_CALL_GONE',
    })
    const cancelled = phone.call()
    const second = await waitFor(() => calls.shift(), { what: 'a call in' })
    phone.cancel()
    expect((await cancelled).status).toBe(487)
    await expect(second.accept({ seatId: randomUUID(), displayName: '' })).rejects.toMatchObject({
      code: 'SEAT_CALL_GONE',
    })
  })

  test('has one call waiting at most', async () => {
    const phone = await open()
    await phone.register()
    const first = phone.call()
    const call = await waitFor(() => calls.shift(), { what: 'a call in' })
    expect((await phone.call()).status).toBe(486)
    call.refuse(480)
    expect((await first).status).toBe(480)
    expect(calls).toEqual([])
  })

  test('is told when it cannot be connected, and nothing is left over', async () => {
    const phone = await open()
    await phone.register()
    const unheardOf = phone.rtp.sdp
      .replace('RTP/AVP 8 101', 'RTP/AVP 96')
      .replace('rtpmap:8 PCMA/8000', 'rtpmap:96 EVS/16000')
      .replace(/a=(rtpmap|fmtp):101.*\r\n/g, '')
    const [answer, taken] = await Promise.all([phone.call({ sdp: unheardOf }), take().catch((error: unknown) => error)])
    expect(answer.status).toBe(488)
    expect(taken).toMatchObject({ code: 'SEAT_CALL_UNCONNECTED' })
    expect((await phone.call({ sdp: '' })).status).toBe(488)
  })
})

describe('who is not let in', () => {
  test('a phone that has not registered, and one with a wrong password', async () => {
    const phone = await deskPhone()
    expect((await phone.call()).status).toBe(403)
    expect(registrar.refused.get('CALL_PHONE_NOT_REGISTERED')).toBe(1)
    await phone.register()
    phone.password = 'wrong'
    expect((await phone.call()).status).toBe(403)
    expect(registrar.refused.get('REGISTER_WRONG_PASSWORD')).toBe(1)
    expect(calls).toEqual([])
  })

  test('an answer that was overheard: sent again it is challenged anew', async () => {
    const phone = await deskPhone()
    await phone.register()
    const answered = phone.call()
    ;(await waitFor(() => calls.shift(), { what: 'a call in' })).refuse(480)
    await answered
    const overheard = phone.lastAuthorization
    const again = await phone.call({ authorize: () => overheard })
    expect(again.status).toBe(401)
    expect(header(again, 'www-authenticate')).toContain('stale=true')
    expect(calls).toEqual([])
  })

  test('an answer made for a REGISTER', async () => {
    const phone = await deskPhone()
    await phone.register()
    const authorize = (challenge: Message) => phone.answerTo(challenge, 'REGISTER', 'sip:seat@suifang')
    expect((await phone.call({ authorize })).status).toBe(403)
  })

  test('who scans for a way out hears no challenge, whatever is asked for', async () => {
    const phone = await deskPhone()
    for (const target of ['sip:00442071234567@suifang', 'sip:8001@suifang', 'sip:seats@suifang', 'sip:suifang']) {
      expect((await phone.call({ target })).status).toBe(403)
    }
    expect(registrar.refused.get('CALL_TARGET_UNKNOWN')).toBe(4)
    expect(calls).toEqual([])
  })

  test('anybody, while nobody takes calls', async () => {
    const other = await pair.telephony()
    await telephony.close()
    try {
      const phone = await deskPhone()
      expect((await phone.call()).status).toBe(503)
      other.onCallIn(async () => ({ extension: phone.extension }))
      expect((await phone.call()).status).toBe(480)
    } finally {
      await other.close()
      telephony = await pair.telephony()
    }
  })
})

describe('a page', () => {
  test('registers over its socket alone, for 120 s at most', async () => {
    const account = await browserPhone()
    const phone = await page(account)
    const registered = await phone.register(phone.contact, 300)
    expect(registered.status).toBe(200)
    expect(header(registered, 'contact')).toBe(`<${phone.contact}>;expires=120`)
    expect(changes).toMatchObject([{ extension: account.extension, contact: phone.contact }])
    expect((await phone.register('sip:90001@127.0.0.1:5062;transport=ws')).status).toBe(400)
    const elsewhere = await phoneOver(await udpWire(sipAddress), account)
    expect((await elsewhere.register(phone.contact)).status).toBe(400)
    expect((await elsewhere.register()).status).toBe(400)
    expect((await elsewhere.call()).status).toBe(403)
  })

  test('is challenged with MD5 alone, which is what JsSIP knows', async () => {
    const phone = await page(await browserPhone())
    const challenge = await phone.call({ authorize: null })
    expect(challenge.headers.get('www-authenticate')).toHaveLength(1)
    expect(header(challenge, 'www-authenticate')).toContain('algorithm=MD5')
  })

  test('whose agent has opened another one can neither register nor call any more', async () => {
    const account = await browserPhone()
    const old = await page(account)
    await old.register()
    const issued = await database.db.transaction().execute((tx) => issueBrowserSecret(tx, secrets, account.phoneId))
    await waitFor(() => changes.some((change) => 'gone' in change), { what: 'the old page to be gone' })
    expect((await old.register()).status).toBe(403)
    expect((await old.call()).status).toBe(403)
    const fresh = await page({ ...account, password: issued?.password ?? '' })
    expect((await fresh.register()).status).toBe(200)
  })

  test('that errs time and again shuts the door to itself, not to the next page', async () => {
    const bad = await page(await browserPhone())
    bad.password = 'wrong'
    for (let tried = 0; tried < 20; tried += 1) expect((await bad.register()).status).toBe(403)
    expect((await bad.register()).status).toBe(503)
    const good = await page(await browserPhone())
    expect((await good.register()).status).toBe(200)
    // Nor is the extension locked to the page that knows the password.
    const own = await page({ phoneId: '', extension: bad.extension, password: 'wrong' })
    expect((await own.register()).status).toBe(403)
  })

  test('that is no browser phone’s has no new password', async () => {
    const { id } = await database.db
      .selectFrom('phone')
      .select('id')
      .where('kind', '=', 'desk')
      .executeTakeFirstOrThrow()
    expect(await database.db.transaction().execute((tx) => issueBrowserSecret(tx, secrets, id))).toBeNull()
  })
})

test('each browser phone has an extension of its own', async () => {
  const made = await Promise.all([browserPhone(), browserPhone(), browserPhone()])
  const extensions = made.map(({ extension }) => extension)
  expect(new Set(extensions).size).toBe(3)
  for (const extension of extensions) expect(extension).toMatch(/^9\d{4}$/)
})
