/** The simulated carrier as a trunk sees it: a hospital of SIP and RTP on one side, patients on the other. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { Behaviour } from '#carrier/behaviours.ts'
import { Carrier, type CarrierOptions } from '#carrier/carrier.ts'
import { openCarrier } from '#carrier/carrier-process.ts'
import { carrierState } from '#carrier/carrier-state.ts'
import { voiceOf } from '#carrier/voice.ts'
import { acceptAnswer, answerOffer, type LocalAudio } from '#softswitch/media/sdp.ts'
import type { CallEnd, SipCall } from '#softswitch/sip/sip-call.ts'
import type { SipResponse } from '#softswitch/sip/sip-message.ts'
import type { UserAgent } from '#softswitch/sip/user-agent.ts'
import { Bench } from '../harness/drachtio.ts'
import { testFolder } from '../harness/folder.ts'
import { startProcess } from '../harness/process.ts'
import { RtpPhone } from '../harness/rtp-phone.ts'
import { toneLevel } from '../harness/tones.ts'
import { waitFor } from '../harness/wait-for.ts'

const bench = new Bench()
afterEach(async () => {
  await bench.close()
  expect(bench.faults.splice(0)).toEqual([])
})

/** A patient of the usual kind who decides fast. */
const quick: Behaviour = {
  name: 'quick',
  answers: { ringMs: [0, 0], listenMs: [[900, 900]], keys: [{ 1: 1 }, { 1: 1, 2: 1 }], voice: 'steady' },
}

async function openHere(options: CarrierOptions = {}): Promise<Carrier> {
  const carrier = await Carrier.open({ speed: 50, ...options, onFault: (error) => bench.faults.push(error) })
  bench.defer(() => carrier.close())
  return carrier
}

async function phone(): Promise<RtpPhone> {
  const rtp = await RtpPhone.open()
  bench.defer(() => rtp.close())
  return rtp
}

function dial(agent: UserAgent, port: number, number: string, sdp?: string): SipCall {
  return agent.invite({
    to: `sip:${number}@127.0.0.1:${port}`,
    from: 'sip:4001@127.0.0.1',
    ...(sdp === undefined ? {} : { sdp }),
  })
}

function answerOf(call: SipCall, event: 'progress' | 'answered'): Promise<SipResponse> {
  return new Promise((resolve) => call.once(event, resolve))
}

async function ended(call: SipCall): Promise<CallEnd> {
  const [end] = await once(call, 'ended')
  return end
}

describe('numbers nobody picks up', () => {
  test.each([
    ['busy', '81', 486, 17],
    ['rejected', '85', 603, 21],
    ['powered off', '92', 480, 20],
    ['unreachable', '95', 480, 27],
    ['congestion', '96', 503, 34],
    ['invalid', '97', 404, 1],
  ])('%s (…%s) is %i with Q.850 %i', async (_, digits, status, q850) => {
    const carrier = await openHere()
    const end = await ended(dial(await bench.phone(), carrier.port, `199000000${digits}`, (await phone()).sdp))
    expect(end).toMatchObject({ by: 'refused', status })
    expect(end.message?.headers.get('Reason')).toMatch(new RegExp(`^Q\\.850;cause=${q850};`))
  })

  test('one that rings out rings until it is cancelled', async () => {
    const carrier = await openHere({ speed: 1 })
    const call = dial(await bench.phone(), carrier.port, '19900000088', (await phone()).sdp)
    await once(call, 'progress')
    call.cancel()
    expect(await ended(call)).toMatchObject({ by: 'cancelled', status: 487 })
    expect(carrier.calls).toBe(0)
  })

  test('a telephone that is off is told of by a voice before the refusal', async () => {
    const carrier = await openHere({ speed: 5 })
    const rtp = await phone()
    const call = dial(await bench.phone(), carrier.port, '19900000092', rtp.sdp)
    const early = await answerOf(call, 'progress')
    expect(early.status).toBe(183)
    await rtp.until(() => rtp.heard.length > 10)
    expect(toneLevel(rtp.samples(5), 450)).toBeGreaterThan(3_000)
    expect(await ended(call)).toMatchObject({ status: 480 })
  })

  test('beyond its lines is 503', async () => {
    const carrier = await openHere({ lines: 1 })
    const agent = await bench.phone()
    const sdp = (await phone()).sdp
    const first = dial(agent, carrier.port, '19900000088', sdp)
    await once(first, 'progress')
    expect(await ended(dial(agent, carrier.port, '19900000000', sdp))).toMatchObject({ status: 503 })
    first.cancel()
    await ended(first)
    await once(dial(agent, carrier.port, '19900000000', sdp), 'answered')
  })
})

/** A call whose prompts are a tone that the test starts and stops. */
async function hospital(carrier: Carrier, number: string) {
  const rtp = await phone()
  const agent = await bench.phone()
  const call = dial(agent, carrier.port, number, rtp.sdp)
  const answer = await answerOf(call, 'answered')
  const far = acceptAnswer(answer.sdp ?? '', local(rtp))
  if (far === null) throw new Error('the answer takes no audio')
  const address = { address: far.remoteAddress, port: far.remotePort }
  return { rtp, call, speak: () => rtp.talk(address, 400), hush: () => rtp.talk(address, 0) }
}

function local(rtp: RtpPhone): LocalAudio {
  return { address: '127.0.0.1', port: rtp.port, laws: [rtp.law], owner: 'test', sessionId: 1, version: 1 }
}

describe('patients who pick up', () => {
  test('press nothing while nobody speaks, then the keys of their kind, in step with what they hear', async () => {
    const carrier = await openHere({ everyone: quick })
    const { rtp, call, speak, hush } = await hospital(carrier, '1')
    hush()
    await rtp.until(() => rtp.heard.length > 100)
    expect(rtp.digits).toEqual([])
    speak()
    await rtp.until(() => rtp.digits.length >= 3)
    expect(rtp.digits[0]?.digit).toBe('1')
    expect(rtp.digits.every(({ digit }) => digit === '1' || digit === '2')).toBe(true)
    expect(rtp.digits.every(({ durationSamples }) => durationSamples === 800)).toBe(true)
    await call.bye()
    await waitFor(() => carrier.calls === 0, { what: 'the end of the call' })
  })

  test('send all the time, each with a voice of its own', async () => {
    const carrier = await openHere({ everyone: quick })
    const { rtp, hush } = await hospital(carrier, '1')
    hush()
    await rtp.until(() => rtp.heard.length > 60)
    const samples = rtp.samples(10).subarray(0, 6_400)
    expect(toneLevel(samples, voiceOf('1'))).toBeGreaterThan(4_000)
    expect(toneLevel(samples, voiceOf('2'))).toBeLessThan(100)
  })

  test('hang up early where that is their way', async () => {
    const carrier = await openHere()
    const { call } = await hospital(carrier, '19900000073')
    expect(await ended(call)).toMatchObject({ by: 'remote' })
  })

  test('make the offer themselves when the hospital makes none, and follow it to another address', async () => {
    const carrier = await openHere({ everyone: quick })
    const rtp = await phone()
    const agent = await bench.phone()
    const call = dial(agent, carrier.port, '1')
    const answer = await answerOf(call, 'answered')
    const ours = answerOffer(answer.sdp ?? '', local(rtp))
    call.acknowledge({ sdp: ours?.sdp })
    await rtp.until(() => rtp.heard.length > 5)
    const other = await phone()
    expect((await call.reinvite({ sdp: other.sdp })).status).toBe(200)
    await other.until(() => other.heard.length > 5)
  })

  test('refuse an offer without a codec of theirs', async () => {
    const carrier = await openHere()
    const sdp = (await phone()).sdp
      .replaceAll('PCMA', 'G729')
      .replace('RTP/AVP 8', 'RTP/AVP 18')
      .replace('rtpmap:8', 'rtpmap:18')
    expect(await ended(dial(await bench.phone(), carrier.port, '19900000000', sdp))).toMatchObject({ status: 488 })
  })

  test('leave a report of what they did', async () => {
    const folder = await testFolder()
    bench.defer(() => folder.close())
    const reportFile = join(folder.path, 'report.jsonl')
    const carrier = await openHere({ reportFile, everyone: quick })
    const { rtp, call, speak } = await hospital(carrier, '19900000000')
    speak()
    await rtp.until(() => rtp.digits.length >= 1)
    await call.bye()
    await carrier.close()
    const lines = readFileSync(reportFile, 'utf8')
      .trim()
      .split('\n')
      .map((line): Record<string, unknown> => JSON.parse(line))
    expect(lines.map(({ event }) => event)).toEqual([
      'invite',
      'ringing',
      'answered',
      'acknowledged',
      'speech',
      'key',
      'ended',
    ])
    expect(lines[4]).toMatchObject({ callId: call.callId, number: '19900000000', afterAnswerMs: expect.any(Number) })
    expect(lines[5]).toMatchObject({ key: '1', sent: true, slip: false })
  })
})

describe('the process', () => {
  test('starts, answers, is found again, and ends in order', async () => {
    const folder = await testFolder()
    bench.defer(() => folder.close())
    const stateFile = join(folder.path, 'carrier.json')
    const first = await openCarrier({ stateFile, settings: { lines: 5 } })
    bench.defer(() => first.close())
    const end = await ended(dial(await bench.phone(), first.state.sipPort, '19900000081', (await phone()).sdp))
    expect(end).toMatchObject({ status: 486 })
    const again = await openCarrier({ stateFile })
    expect(again).toMatchObject({ adopted: true, state: { pid: first.state.pid, sipPort: first.state.sipPort } })
    await again.close()
    expect(await first.ended).toBe(0)
    expect(await carrierState.read(stateFile)).toBeNull()
  })

  test('hangs up its calls when it is closed', async () => {
    const process = await openCarrier({ settings: { everyone: 'bench' } })
    bench.defer(() => process.close())
    const call = dial(await bench.phone(), process.state.sipPort, '1', (await phone()).sdp)
    await once(call, 'answered')
    const end = ended(call)
    await process.close()
    expect(await end).toMatchObject({ by: 'remote' })
  })

  test('ends by itself when its application is gone for good', async () => {
    const application = await startProcess(['sleep', '600'])
    bench.defer(() => application.close())
    const carrier = await startProcess(
      [process.execPath, 'src/carrier/main.ts', JSON.stringify({ parentPid: application.pid, outliveMs: 0 })],
      { ready: /"sipPort":\d+/ },
    )
    bench.defer(() => carrier.close())
    await application.kill('SIGKILL')
    expect(await carrier.ended).toEqual({ code: 0, signal: null })
  })

  test('says what is wrong with its settings, and does not start', async () => {
    const carrier = await startProcess([process.execPath, 'src/carrier/main.ts', '{"lines":"many"}'])
    bench.defer(() => carrier.close())
    expect(await carrier.ended).toMatchObject({ code: 1 })
    expect(carrier.lines.join()).toContain('lines')
  })
})
