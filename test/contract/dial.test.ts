import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { TrunkTests } from '#contact-center/trunks/trunk-service.ts'
import { testNumbers } from '#follow-up/dialling/trunk-setup.ts'
import { systemActor } from '#platform/audit/audit-store.ts'
import { systemClock } from '#platform/clock.ts'
import { openDatabase } from '#platform/database/database.ts'
import { silentLog } from '#platform/log.ts'
import type { DialHooks, Telephony } from '#telephony/telephony.ts'
import { toneLevel } from '../harness/tones.ts'
import { waitFor } from '../harness/wait-for.ts'
import { Office, secrets } from '../integration/follow-up/office.ts'
import { expectNoChannel, orderTo, quiet } from './conversation.ts'
import { openPair, type Pair } from './pair.ts'
import { header, TestTrunk } from './test-trunk.ts'

let pair: Pair
let telephony: Telephony
let trunk: TestTrunk

beforeAll(async () => {
  pair = await openPair()
  telephony = await pair.telephony()
})
beforeEach(async () => {
  trunk = await TestTrunk.open()
})
afterEach(async () => {
  await trunk.close()
  await expectNoChannel(telephony)
})
afterAll(async () => {
  await telephony?.close()
  await pair?.close()
})

/** Hooks that write down what they are told. */
function noting(): DialHooks & { readonly notes: string[] } {
  const notes: string[] = []
  return {
    notes,
    onInviteSent: ({ sipCallId, channelUuid }) =>
      notes.push(sipCallId && channelUuid ? 'invited' : 'invited without ids'),
    onRinging: ({ sipStatus, earlyMedia }) => notes.push(`${sipStatus}${earlyMedia ? ' with sound' : ''}`),
  }
}

test('a busy patient is refused with status, reason and cause', async () => {
  trunk.onCall = (call) => call.reject(486, 'Busy Here', { Reason: 'Q.850;cause=17;text="User busy"' })
  const hooks = noting()
  expect(await telephony.dial(orderTo(trunk), hooks).result).toMatchObject({
    answered: false,
    cause: 'refused',
    sipStatus: 486,
    sipReason: 'Busy Here',
    q850: 17,
    earlyMedia: false,
  })
  expect(hooks.notes).toEqual(['invited'])
})

test('a number that does not exist is told by its cause', async () => {
  trunk.onCall = (call) => {
    call.ring()
    call.reject(404, 'Not Found', { Reason: 'SIP;cause=404, Q.850;cause=1;text="Unallocated"' })
  }
  const hooks = noting()
  expect(await telephony.dial(orderTo(trunk), hooks).result).toMatchObject({
    cause: 'refused',
    sipStatus: 404,
    q850: 1,
  })
  expect(hooks.notes).toEqual(['invited', '180'])
})

test('a number that no trunk could carry never leaves', async () => {
  const result = await telephony.dial(orderTo(trunk, { number: '138;lr@evil' }), quiet).result
  expect(result).toMatchObject({ answered: false, cause: 'refused', sipStatus: 484 })
  expect(trunk.invites).toBe(0)
})

test('a patient who lets it ring is given up with a CANCEL when the ring time is over', async () => {
  const dial = telephony.dial(orderTo(trunk, { ringTimeoutMs: 600 }), quiet)
  const call = await trunk.nextCall()
  call.ring()
  expect(await dial.result).toMatchObject({ cause: 'ring_timeout', sipStatus: 487 })
  expect(await call.ended()).toBe('cancel')
})

test('a dial that is called off is cancelled at the carrier', async () => {
  const dial = telephony.dial(orderTo(trunk), quiet)
  const call = await trunk.nextCall()
  call.ring()
  dial.cancel()
  dial.cancel()
  expect(await dial.result).toMatchObject({ cause: 'cancelled', sipStatus: 487 })
  expect(await call.ended()).toBe('cancel')
})

test('a dial that is called off before it began sends no INVITE', async () => {
  const dial = telephony.dial(orderTo(trunk), quiet)
  dial.cancel()
  expect(await dial.result).toMatchObject({ cause: 'cancelled', sipStatus: null })
  expect(trunk.invites).toBe(0)
})

test('an answer that crosses our CANCEL is hung up', async () => {
  const dial = telephony.dial(orderTo(trunk), quiet)
  const call = await trunk.nextCall()
  call.ring()
  const answered = call.answerAndForget()
  dial.cancel()
  await answered
  expect(await dial.result).toMatchObject({ answered: false, cause: 'cancelled' })
  await waitFor(() => call.over === 'bye' || call.over === 'cancel', { what: 'BYE' })
})

test('a trunk that is slow to ring is no silent one', async () => {
  trunk.onCall = (call) => call.trying()
  const result = await telephony.dial(orderTo(trunk, { ringTimeoutMs: 600 }), quiet).result
  expect(result).toMatchObject({ answered: false, cause: 'ring_timeout', sipStatus: 487 })
})

test('a trunk that says nothing is given up when the ring time is over', async () => {
  trunk.answers = false
  const result = await telephony.dial(orderTo(trunk, { ringTimeoutMs: 1_000 }), quiet).result
  expect(result).toMatchObject({ answered: false, cause: 'no_reply', sipStatus: null })
})

test('a trunk whose port is closed is given up, at the latest when the ring time is over', async () => {
  const dead = await TestTrunk.open()
  const order = orderTo(dead, { ringTimeoutMs: 1_000 })
  await dead.close()
  const result = await telephony.dial(order, quiet).result
  expect(result.answered).toBe(false)
})

test('sound before the answer is reported, and the call connects all the same', async () => {
  const hooks = noting()
  const dial = telephony.dial(orderTo(trunk), hooks)
  const call = await trunk.nextCall()
  await call.earlyMedia()
  await waitFor(() => hooks.notes.includes('183 with sound'), { what: '183' })
  const phone = await call.answer()
  phone.talk(call.mediaAddress)
  const result = await dial.result
  expect(result).toMatchObject({ answered: true, earlyMedia: true, sipStatus: 200 })
  if (!result.answered) return
  await result.leg.play(await pair.tone(1000, 600))
  await phone.until(() => phone.samples().length > 4_000)
  expect(toneLevel(phone.samples().subarray(1600, 4000), 1000)).toBeGreaterThan(6_000)
  await result.leg.hangUp()
})

test('credentials answer the carrier’s challenge, and the call goes through on the second INVITE', async () => {
  const order = orderTo(trunk)
  let challenges = 0
  trunk.onCall = (call) => {
    challenges += 1
    call.reject(401, 'Unauthorized', {
      'WWW-Authenticate': 'Digest realm="carrier", nonce="abc", algorithm=MD5, qop="auth"',
    })
    call.onRetry((accept, invite) => {
      const credentials = header(invite, 'Authorization')
      accept(/username="hospital"/.test(credentials) && /response="[0-9a-f]{32}"/.test(credentials))
    })
  }
  const trunkWithLogin = { ...order.trunk, username: 'hospital', password: 'secret' }
  const hooks = noting()
  const result = await telephony.dial({ ...order, trunk: trunkWithLogin }, hooks).result
  expect(result).toMatchObject({ answered: true })
  expect(challenges).toBe(1)
  expect(hooks.notes).toEqual(['invited'])
  if (result.answered) await result.leg.hangUp()
})

describe('a test call of a trunk', () => {
  let office: Office

  beforeAll(async () => {
    office = await Office.open()
  })
  afterAll(() => office?.close())

  /** The button's call, to a telephone behind the trunk of this test. */
  async function testCall(
    number: string,
    { db = office.db, promptMs = 600, talkLimitMs = 10_000 } = {},
  ): Promise<unknown> {
    const prompt = await pair.tone(1000, promptMs)
    const { realTrunkId } = office
    await sql`update trunk set host = '127.0.0.1', port = ${trunk.port} where id = ${realTrunkId}`.execute(db)
    const limits = { ringTimeoutMs: 600, talkLimitMs, clock: systemClock }
    const parts = { db, secrets, telephony, log: silentLog, prompt: () => prompt, ...limits }
    return new TrunkTests({ ...parts, ...testNumbers(secrets) }).call(systemActor, realTrunkId, number)
  }

  test('plays its prompt to who answers, and hangs up', async () => {
    const told = testCall('13911110011')
    const call = await trunk.nextCall()
    call.ring()
    const phone = await call.answer()
    phone.talk(call.mediaAddress)
    expect(await told).toEqual({ fault: null, sipStatus: 200, q850: null })
    expect(await call.ended()).toBe('bye')
    // 600 ms of the tone are 4,800 samples; some packets may be told behind the BYE.
    const loud = Array.from({ length: Math.floor(phone.samples().length / 400) }, (_, at) =>
      toneLevel(phone.samples().subarray(at * 400, at * 400 + 400), 1000),
    ).filter((level) => level > 6_000)
    expect(loud.length).toBeGreaterThanOrEqual(10)
  })

  test('says that the number is engaged', async () => {
    trunk.onCall = (call) => call.reject(486, 'Busy Here', { Reason: 'Q.850;cause=17;text="User busy"' })
    expect(await testCall('13911110012')).toEqual({ fault: 'busy', sipStatus: 486, q850: 17 })
  })

  test('is cancelled when nobody lifts', async () => {
    const told = testCall('13911110013')
    const call = await trunk.nextCall()
    call.ring()
    expect(await told).toMatchObject({ fault: 'no_answer', sipStatus: 487 })
    expect(await call.ended()).toBe('cancel')
  })

  test('is given up where nothing answers at all', async () => {
    trunk.answers = false
    const from = performance.now()
    expect(await testCall('13911110015')).toEqual({ fault: 'no_reply', sipStatus: null, q850: null })
    // The ring time, and 5 s in which the CANCEL is answered or not.
    expect(performance.now() - from).toBeLessThan(9_000)
  })

  test('is hung up when its time is over, however long the prompt is', async () => {
    const told = testCall('13911110016', { promptMs: 20_000, talkLimitMs: 500 })
    const call = await trunk.nextCall()
    await call.answer()
    expect(await told).toMatchObject({ fault: null })
    expect(await call.ended()).toBe('bye')
    expect(performance.now() - call.answeredAt).toBeLessThan(10_000)
  })

  test('leaves nobody on the line when its result cannot be written', async () => {
    const db = openDatabase({ url: office.database.url, now: office.now })
    const told = testCall('13911110014', { db }).catch(() => 'failed')
    const call = await trunk.nextCall()
    await db.destroy()
    await call.answerAndForget()
    expect(await told).toBe('failed')
    expect(await call.ended()).toBe('bye')
  })
})
