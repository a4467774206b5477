/** The figures of one pair of servers, each measured by itself. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { wavHeader } from '#softswitch/media/wav.ts'
import { connectMedia } from '../harness/media-pair.ts'
import { connectSrf, killSrf, newSrf } from '../harness/srf.ts'
import { sine } from '../harness/tones.ts'
import { heldCall, type IvrOrder, wholeCall } from './ivr-calls.ts'
import { LightPhones } from './light-phones.ts'
import { type MediaSeat, MediaSeats } from './media-seats.ts'
import { answeringApplication, plainRung } from './plain-rate.ts'
import { quantile, say } from './report.ts'
import type { SwitchPair, Ticks } from './switch-pair.ts'

export interface Extent {
  /** Of calls and seconds: 1 is a whole measurement, less a try. */
  readonly share: number
  readonly folder: string
  readonly interrupted: AbortSignal
}

/** Calls begun in a second while the hundred are set up: no rate that either pair minds. */
const setUpPerSecond = 12
const heldCalls = 100
const heldSeconds = 30
const legRungs = [50, 100, 200, 300, 400]
const legSeconds = 15
/** The recording's length against the time between its start and its stop. */
const lengthMargin = 0.01
const tickBoundMs = 5
const plainRates = [250, 500, 750, 1_000, 1_250, 1_500, 2_000, 2_500]
const plainSeconds = 5
const outboundRates = [10, 15, 20, 25, 30, 35, 40, 45, 50, 60, 70, 80, 100, 120, 140, 160, 200]
const outboundSeconds = 8
const mostFailed = 0.01
const executes = 500

/** CPU milliseconds of the servers a second of a call that is recorded, hears prompts and presses a key every 2 s. */
export async function cpuPerCallMs(pair: SwitchPair, { share, folder, interrupted }: Extent): Promise<number | null> {
  await using opened = new AsyncDisposableStack()
  const order = await openIvr(pair, folder, opened, { firstMs: 2_000, everyMs: 2_000 })
  const calls = await paced(setUpPerSecond, Math.round(heldCalls * share), interrupted, () => heldCall(order))
  await sleep(3_000, undefined, { signal: interrupted })
  const first = pair.cpuSeconds()
  const began = performance.now()
  const keysBefore = calls.reduce((sum, call) => sum + call.keys(), 0)
  await sleep(heldSeconds * share * 1_000, undefined, { signal: interrupted })
  const last = pair.cpuSeconds()
  const seconds = (performance.now() - began) / 1_000
  const keys = calls.reduce((sum, call) => sum + call.keys(), 0) - keysBefore
  await Promise.all(calls.map((call) => call.end()))
  say(`  ${pair.name}: ${calls.length} calls for ${seconds.toFixed(0)} s, ${keys} keys`)
  return first === null || last === null ? null : ((last - first) * 1_000) / calls.length / seconds
}

/** The highest rung of legs in conferences of two at which every recording is true and ticks begin in time. */
export async function legs(pair: SwitchPair, extent: Extent): Promise<{ legs: number; tickP99Ms: number | null }> {
  await using opened = new AsyncDisposableStack()
  const phones = await LightPhones.open()
  opened.defer(() => phones.close())
  const media = await MediaSeats.open(pair, extent.folder)
  opened.defer(() => media.close())
  let carried: { legs: number; tickP99Ms: number | null } = { legs: 0, tickP99Ms: null }
  for (const rung of legRungs) {
    const { wrong, ticks, cpu } = await legRung(pair, {
      rung,
      phones,
      media,
      extent,
    })
    const tickP99Ms = ticks?.lateP99Ms ?? null
    const late = tickP99Ms !== null && tickP99Ms > tickBoundMs
    const tick =
      ticks === null
        ? ''
        : `, ticks late by ${ticks.lateP99Ms.toFixed(1)} ms at p99${ticks.realTime ? '' : ' (not in real time)'}`
    say(
      `  ${pair.name}: ${rung} legs${tick}, ${cpu}; ${wrong.length === 0 ? 'every recording true' : `${wrong.length} faults, ${wrong[0]}`}`,
    )
    if (wrong.length > 0 || late) break
    carried = { legs: rung, tickP99Ms }
  }
  return carried
}

async function legRung(
  pair: SwitchPair,
  of: { readonly rung: number; readonly phones: LightPhones; readonly media: MediaSeats; readonly extent: Extent },
): Promise<{ wrong: string[]; ticks: Ticks | null; cpu: string }> {
  const { rung, phones, media, extent } = of
  const rooms = Math.max(1, Math.round(rung / 2))
  const tones = Array.from({ length: rooms }, (_, i) => ({
    agentHz: 500 + (i % 10) * 100,
    patientHz: 1_550 + (i % 10) * 100,
  }))
  const lines = await phones.lines(tones.flatMap(({ agentHz, patientHz }) => [agentHz, patientHz]))
  const talking: MediaSeat[] = []
  try {
    for (const [i, { agentHz, patientHz }] of tones.entries()) {
      extent.interrupted.throwIfAborted()
      const [agent, patient] = [lines[i * 2], lines[i * 2 + 1]]
      if (agent === undefined || patient === undefined) throw new Error('too few lines')
      const marginMs = (heldMs: number) => heldMs * lengthMargin
      talking.push(await media.seat({ agent, patient, agentHz, patientHz, marginMs }))
    }
    await sleep(1_000, undefined, { signal: extent.interrupted })
    await pair.ticks()
    const first = pair.cpuSeconds()
    await sleep(legSeconds * extent.share * 1_000, undefined, { signal: extent.interrupted })
    const last = pair.cpuSeconds()
    const ticks = await pair.ticks()
    const cpu =
      first === null || last === null
        ? 'processor unknown'
        : `${(((last - first) / legSeconds / extent.share) * 100).toFixed(0)} % of a core`
    const wrong: string[] = []
    const judges: (() => Promise<string[]>)[] = []
    for (const seat of talking) judges.push(await seat.end())
    for (const judge of judges) wrong.push(...(await judge()))
    return { wrong, ticks, cpu }
  } catch (error) {
    extent.interrupted.throwIfAborted()
    // What cannot be set up is not carried.
    return { wrong: [String(error)], ticks: null, cpu: 'not held' }
  } finally {
    await phones.hush()
  }
}

/** The highest rate of plain calls at which none fails and nothing is said twice. */
export async function callsPerSecond(pair: SwitchPair, { share, folder, interrupted }: Extent): Promise<number> {
  await using opened = new AsyncDisposableStack()
  const application = await answeringApplication(pair)
  opened.defer(() => application.close())
  // Compiled by then.
  await plainRung(pair, folder, { rate: 100, seconds: 2 })
  let carried = 0
  for (const rate of plainRates) {
    interrupted.throwIfAborted()
    const first = pair.cpuSeconds()
    const { calls, failed, repeated } = await plainRung(pair, folder, {
      rate,
      seconds: Math.max(2, Math.round(plainSeconds * share)),
    })
    const last = pair.cpuSeconds()
    const cpu = first === null || last === null ? '' : `, ${(((last - first) * 1_000) / calls).toFixed(2)} ms CPU each`
    say(`  ${pair.name}: ${rate} a second, ${calls} calls, ${failed} failed, ${repeated} messages repeated${cpu}`)
    if (failed + repeated > 0) break
    carried = rate
  }
  return carried
}

/** The highest rate at which recorded keypress calls can be begun, fewer than 1 % of them failing. */
export async function outboundCallsPerSecond(pair: SwitchPair, extent: Extent): Promise<number> {
  const { share, folder, interrupted } = extent
  await using opened = new AsyncDisposableStack()
  const order = await openIvr(pair, folder, opened, { firstMs: 1_000, everyMs: 60_000 })
  await paced(5, 10, interrupted, () => wholeCall(order).catch(() => {}))
  let carried = 0
  for (const rate of outboundRates) {
    const count = Math.round(rate * outboundSeconds * share)
    const wrong = new Map<string, number>()
    const first = pair.cpuSeconds()
    await paced(rate, count, interrupted, () =>
      wholeCall(order).catch((error: unknown) => {
        const what = String(error).replace(/\d+/g, 'n')
        wrong.set(what, (wrong.get(what) ?? 0) + 1)
      }),
    )
    const last = pair.cpuSeconds()
    const failed = [...wrong.values()].reduce((sum, one) => sum + one, 0)
    const cpu = first === null || last === null ? '' : `, ${(((last - first) * 1_000) / count).toFixed(1)} ms CPU each`
    const why = [...wrong].map(([what, times]) => `${times} × ${what}`).join('; ')
    say(`  ${pair.name}: ${rate} a second, ${count} calls, ${failed} failed${cpu}${why === '' ? '' : `: ${why}`}`)
    if (failed >= count * mostFailed) break
    carried = rate
  }
  return carried
}

/** From an execute to its answer, over drachtio-fsmrf on a channel that talks; p50. */
export async function executeP50Ms(pair: SwitchPair, { share }: Extent): Promise<number> {
  await using opened = new AsyncDisposableStack()
  const phones = await LightPhones.open()
  opened.defer(() => phones.close())
  const [line] = await phones.lines([400])
  if (line === undefined) throw new Error('no telephone')
  const srf = newSrf()
  await connectSrf(srf, pair.drachtio)
  opened.defer(() => killSrf(srf))
  const media = await connectMedia(srf, pair.freeswitch)
  opened.defer(() => media.disconnect())
  const endpoint = await media.createEndpoint({ remoteSdp: line.offer })
  endpoint.conn.socket?.setNoDelay(true)
  line.answer(endpoint.local.sdp)
  const took: number[] = []
  for (let i = 0; i < Math.max(20, executes * share); i += 1) {
    const began = performance.now()
    await endpoint.execute('set', `bench=${i}`)
    took.push(performance.now() - began)
  }
  await endpoint.destroy()
  return quantile(took, 0.5)
}

async function openIvr(
  pair: SwitchPair,
  folder: string,
  opened: AsyncDisposableStack,
  keys: { readonly firstMs: number; readonly everyMs: number },
): Promise<IvrOrder> {
  const prompts = { long: join(folder, 'long.wav'), short: join(folder, 'short.wav') }
  await writeFile(prompts.long, tone(3_000))
  await writeFile(prompts.short, tone(500))
  const phones = await LightPhones.open()
  opened.defer(() => phones.close())
  phones.press(keys)
  const telephony = await pair.telephony()
  opened.defer(() => telephony.close())
  if (!telephony.up) throw new Error(`the ${pair.name} pair does not answer`)
  return { telephony, port: phones.port, folder, prompts }
}

/** Begins one after the other at this rate. @returns when all are through */
async function paced<T>(
  perSecond: number,
  count: number,
  interrupted: AbortSignal,
  begin: () => Promise<T>,
): Promise<T[]> {
  const began = performance.now()
  const all: Promise<T>[] = []
  for (let i = 0; i < count; i += 1) {
    const early = began + (i * 1_000) / perSecond - performance.now()
    if (early > 0) await sleep(early, undefined, { signal: interrupted })
    const one = begin()
    one.catch(() => {})
    all.push(one)
  }
  return await Promise.all(all)
}

function tone(milliseconds: number): Buffer {
  const samples = sine(600, milliseconds * 8)
  const header = wavHeader({ channels: 1, sampleRate: 8_000, dataBytes: samples.byteLength })
  return Buffer.concat([header, Buffer.from(samples.buffer)])
}
