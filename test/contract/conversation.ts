import { randomUUID } from 'node:crypto'
import type { DialHooks, DialOrder, OutboundDial, PatientLeg, Telephony } from '#telephony/telephony.ts'
import type { RtpPhone } from '../harness/rtp-phone.ts'
import { waitFor } from '../harness/wait-for.ts'
import type { TestCall, TestTrunk } from './test-trunk.ts'

export const quiet: DialHooks = { onInviteSent: () => {}, onRinging: () => {} }

export function orderTo(trunk: TestTrunk, order: Partial<DialOrder> = {}): DialOrder {
  return {
    attemptId: randomUUID(),
    callId: randomUUID(),
    number: '13800001234',
    trunk: { host: '127.0.0.1', port: trunk.port, callerNumber: '02912345678' },
    ringTimeoutMs: 15_000,
    ...order,
  }
}

/**
 * Fails unless every channel is gone within a moment, as after each test none may be left. What is left is ended, so
 * that the next test is not blamed for it.
 */
export async function expectNoChannel(witness: Telephony): Promise<void> {
  try {
    await waitFor(async () => (await witness.liveLegs()).length === 0, {
      timeoutMs: 5_000,
      what: 'the last channel to go',
    })
  } catch (error) {
    const none = { sipCallId: null, inviteTransaction: null, dialogId: null, localTag: null, remoteTag: null }
    for (const leg of await witness.liveLegs()) await witness.endLeg({ ...none, ...leg })
    throw error
  }
}

export interface Conversation {
  readonly dial: OutboundDial
  readonly leg: PatientLeg
  readonly call: TestCall
  readonly phone: RtpPhone
}

/** A call that has been answered; the patient's telephone sends silence unless told to hum a tone. */
export async function converse(
  telephony: Telephony,
  trunk: TestTrunk,
  { hum = 0, order = {} }: { readonly hum?: number; readonly order?: Partial<DialOrder> } = {},
): Promise<Conversation> {
  const dial = telephony.dial(orderTo(trunk, order), quiet)
  const call = await Promise.race([trunk.nextCall(), dial.result.then((result) => fail(JSON.stringify(result)))])
  call.ring()
  const phone = await call.answer()
  phone.talk(call.mediaAddress, hum)
  const result = await dial.result
  if (!result.answered) return fail(`not answered: ${result.cause}`)
  return { dial, leg: result.leg, call, phone }
}

function fail(why: string): never {
  throw new Error(why)
}
