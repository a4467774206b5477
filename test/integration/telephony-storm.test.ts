import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { silentLog } from '#platform/log.ts'
import { openSoftswitch, type SoftswitchProcess } from '#softswitch/softswitch-process.ts'
import { openTelephony } from '#telephony/open-telephony.ts'
import type { DialAnswer, DialFailure, Telephony } from '#telephony/telephony.ts'
import { expectNoChannel, orderTo, quiet } from '../contract/conversation.ts'
import { type TestCall, TestTrunk } from '../contract/test-trunk.ts'
import { waitFor } from '../harness/wait-for.ts'

let softswitch: SoftswitchProcess
let telephony: Telephony
let trunk: TestTrunk

beforeAll(async () => {
  softswitch = await openSoftswitch()
  const { drachtio, freeswitch } = softswitch.state
  telephony = await openTelephony({ drachtio, freeswitches: [freeswitch], log: silentLog })
  trunk = await TestTrunk.open()
})
afterAll(async () => {
  await telephony?.close()
  await trunk?.close()
  await softswitch?.close()
})

/** What the patient behind a number does, and what the dial must say of it. */
interface Fate {
  readonly patient: (call: TestCall) => unknown
  readonly ringTimeoutMs?: number
  /** Called off by us when the trunk has the INVITE. */
  readonly cancelled?: boolean
  readonly says: (result: DialAnswer | DialFailure) => unknown
  readonly expected: unknown
}

const cause = (result: DialAnswer | DialFailure) => (result.answered ? 'answered' : result.cause)
const status = (result: DialAnswer | DialFailure) => result.sipStatus

const fates: readonly Fate[] = [
  { patient: (call) => call.reject(486, 'Busy Here'), says: status, expected: 486 },
  { patient: (call) => call.reject(404, 'Not Found', { Reason: 'Q.850;cause=1' }), says: status, expected: 404 },
  { patient: (call) => call.reject(503, 'Service Unavailable'), says: status, expected: 503 },
  { patient: (call) => call.reject(603, 'Decline'), says: status, expected: 603 },
  {
    patient: async (call) => {
      await call.earlyMedia()
      call.reject(480, 'Temporarily Unavailable')
    },
    says: (result) => result.earlyMedia,
    expected: true,
  },
  { patient: (call) => call.ring(), ringTimeoutMs: 150, says: cause, expected: 'ring_timeout' },
  { patient: (call) => call.trying(), cancelled: true, says: cause, expected: 'cancelled' },
  {
    patient: (call) => call.answerAndForget(),
    cancelled: true,
    says: (result) => result.sipStatus !== null,
    expected: true,
  },
  { patient: (call) => call.answer().then(() => call.hangUp()), says: cause, expected: 'answered' },
  { patient: (call) => call.answer(), says: cause, expected: 'answered' },
]

test('four hundred dials with every ending leave no channel, no call and nothing running', {
  timeout: 90_000,
}, async () => {
  const byNumber = new Map<string, Fate>()
  trunk.onCall = (call) => void Promise.resolve(byNumber.get(call.number)?.patient(call)).catch(() => {})
  const wrong: string[] = []
  const queue = Array.from({ length: 400 }, (_, index) => index)

  async function line(): Promise<void> {
    for (let index = queue.shift(); index !== undefined; index = queue.shift()) {
      const fate = fates[index % fates.length]
      if (fate === undefined) return
      const number = String(13_800_000_000 + index)
      byNumber.set(number, fate)
      const order = orderTo(trunk, { number, ringTimeoutMs: fate.ringTimeoutMs ?? 10_000 })
      const dial = telephony.dial(order, { ...quiet, onInviteSent: () => fate.cancelled && dial.cancel() })
      const result = await dial.result
      if (result.answered) {
        const leg = result.leg
        void leg.play('/nowhere.wav').catch(() => {})
        await leg.hangUp()
      }
      const said = fate.says(result)
      if (said !== fate.expected) wrong.push(`${index % fates.length}: ${JSON.stringify(said)}`)
    }
  }
  await Promise.all(Array.from({ length: 30 }, line))

  expect(wrong).toEqual([])
  await expectNoChannel(telephony)
  const calls = trunk.calls
  expect(calls.length).toBeGreaterThan(300)
  // A leg is let go of before its BYE is at the other end.
  await waitFor(() => calls.every((call) => call.over !== null), { what: 'the end of every call at the trunk' })
})

test('a call that is over is let go of while the servers stay connected', async () => {
  trunk.onCall = (call) => void call.answer()
  const over: WeakRef<object>[] = []
  for (let index = 0; index < 5; index += 1) over.push(await callOnce(String(13_900_000_000 + index)))

  setFlagsFromString('--expose-gc')
  const collectGarbage: () => void = runInNewContext('gc')
  const held = async () => {
    collectGarbage()
    return over.filter((leg) => leg.deref() !== undefined).length
  }
  // The last call's frames may still be on some stack.
  await waitFor(async () => (await held()) <= 1, { what: 'the legs of calls that are over to be let go of' })
})

async function callOnce(number: string): Promise<WeakRef<object>> {
  const result = await telephony.dial(orderTo(trunk, { number }), quiet).result
  if (!result.answered) throw new Error(`not answered: ${result.cause}`)
  await result.leg.hangUp()
  return new WeakRef(result.leg)
}
