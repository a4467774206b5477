/** An agent's desk phone for tests: lifts, sends a tone, and says what it hears. */
import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import type { SeatCallOrder, SeatLeg, Telephony } from '#telephony/telephony.ts'
import type { RtpPhone } from '../harness/rtp-phone.ts'
import { toneLevel } from '../harness/tones.ts'
import type { TestCall, TestTrunk } from './test-trunk.ts'

export function seatOrder(place: TestTrunk, order: Partial<SeatCallOrder> = {}): SeatCallOrder {
  return {
    seatId: randomUUID(),
    contact: `sip:8001@127.0.0.1:${place.port}`,
    displayName: '随访中心',
    ringTimeoutMs: 15_000,
    ...order,
  }
}

export interface LiftedPhone {
  readonly leg: SeatLeg
  readonly call: TestCall
  readonly phone: RtpPhone
}

/** A phone that has been rung and lifted. @param place where it waits for its call */
export async function lift(
  telephony: Telephony,
  place: TestTrunk,
  { hum = 0, order = {} }: { readonly hum?: number; readonly order?: Partial<SeatCallOrder> } = {},
): Promise<LiftedPhone> {
  const dial = telephony.callSeat(seatOrder(place, order))
  const call = await Promise.race([place.nextCall(), dial.result.then((result) => fail(JSON.stringify(result)))])
  call.ring()
  const phone = await call.answer()
  phone.talk(call.mediaAddress, hum)
  const result = await dial.result
  if (!result.answered) return fail(`not answered: ${result.cause}`)
  return { leg: result.leg, call, phone }
}

const loud = 2_000
const quiet = 250
/** Until what was on its way when a command was answered has been heard. */
const settleMs = 300
const listenMs = 400

/** Fails unless the phone hears these tones, and none of the others, from now on. */
export async function expectToHear(phone: RtpPhone, tones: readonly number[], among: readonly number[]): Promise<void> {
  const mark = phone.heard.length
  await phone.until(() => phone.samples(mark).length >= (settleMs + listenMs) * 8)
  const samples = phone.samples(mark).subarray(settleMs * 8, (settleMs + listenMs) * 8)
  const heard = among.filter((tone) => toneLevel(samples, tone) > loud)
  const faint = among.filter((tone) => !heard.includes(tone) && toneLevel(samples, tone) > quiet)
  expect({ heard, faint }).toEqual({ heard: among.filter((tone) => tones.includes(tone)), faint: [] })
}

function fail(why: string): never {
  throw new Error(why)
}
