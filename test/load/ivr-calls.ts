/** Recorded keypress calls over the house's own telephony: as many as are wanted, held or begun at a rate. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { newId } from '#platform/ids.ts'
import type { PatientLeg, Telephony } from '#telephony/telephony.ts'

export interface IvrOrder {
  readonly telephony: Telephony
  /** Where the patients' telephones are. */
  readonly port: number
  /** Of the recordings. */
  readonly folder: string
  /** Absolute paths of what is played. */
  readonly prompts: { readonly long: string; readonly short: string }
}

const bytesPerMs = 32
const answerLimitMs = 10_000
const keyLimitMs = 5_000

/**
 * A call that answers, is recorded, hears a prompt until its key, another one to its end, and is hung up.
 * @throws when any of that does not happen, or the recording is not as long as the call to 5 % (at least 300 ms)
 */
export async function wholeCall(order: IvrOrder): Promise<void> {
  const { leg, path } = await answered(order)
  try {
    const key = new Promise<void>((resolve) => leg.onDigit(() => resolve()))
    await leg.startRecording(path)
    const began = performance.now()
    const playing = leg.play(order.prompts.long)
    await Promise.race([key, sleep(keyLimitMs).then(() => Promise.reject(new Error('no key came')))])
    await leg.stopPlaying()
    if ((await playing) !== 'stopped') throw new Error('the prompt ended before the key')
    if ((await leg.play(order.prompts.short)) !== 'completed') throw new Error('the second prompt did not end')
    await leg.stopRecording()
    const heldMs = performance.now() - began
    const recordedMs = (await stat(path)).size / bytesPerMs
    if (Math.abs(recordedMs - heldMs) > Math.max(300, heldMs * 0.05)) {
      throw new Error(`recorded ${recordedMs.toFixed(0)} ms of ${heldMs.toFixed(0)}`)
    }
  } finally {
    await leg.hangUp()
  }
}

/** A call that is recorded and hears one prompt after the other, until it is ended. */
export async function heldCall(order: IvrOrder): Promise<{ keys(): number; end(): Promise<void> }> {
  const { leg, path } = await answered(order)
  let keys = 0
  leg.onDigit(() => {
    keys += 1
  })
  await leg.startRecording(path)
  let over = false
  const talking = (async () => {
    while (!over && (await leg.play(order.prompts.long)) === 'completed') {
      // The next one.
    }
  })()
  talking.catch(() => {})
  return {
    keys: () => keys,
    async end() {
      if (leg.end !== null) throw new Error('a call has ended by itself')
      over = true
      await leg.hangUp()
      await talking
    },
  }
}

async function answered({ telephony, port, folder }: IvrOrder): Promise<{ leg: PatientLeg; path: string }> {
  const id = newId()
  const { result } = telephony.dial(
    {
      attemptId: id,
      callId: id,
      number: '13800000000',
      trunk: { host: '127.0.0.1', port, callerNumber: '02100000000' },
      ringTimeoutMs: answerLimitMs,
    },
    { onInviteSent() {}, onRinging() {} },
  )
  const answer = await result
  if (!answer.answered) throw new Error(`not answered: ${answer.cause} ${answer.sipStatus ?? ''}`)
  return { leg: answer.leg, path: join(folder, `${id}.wav`) }
}
