/**
 * What becomes of calls, as clients with a route for `cdr:…` are told. Production's drachtio.conf.xml has it off: on the
 * real pair these cases are asked of one that was started with `<cdrs>true</cdrs>` and SUIFANG_CDRS=on.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { isReal, openPair, type Pair } from './pair.ts'
import { sipAddressOf } from './register-client.ts'
import { DrachtioClient } from './wire/drachtio-client.ts'
import { anSdp, SipPeer } from './wire/sip-peer.ts'
import { answerTo, writeSip } from './wire/sip-text.ts'

const records = ['cdr:attempt', 'cdr:start', 'cdr:stop']
let pair: Pair
let peer: SipPeer
let client: DrachtioClient

beforeAll(async () => {
  pair = await openPair({ drachtioCallRecords: 1 })
})
beforeEach(async () => {
  peer = await SipPeer.open(await sipAddressOf(pair.drachtio))
  client = await DrachtioClient.signIn(pair.drachtio, { verbs: ['invite', 'bye', ...records] })
})
afterEach(() => {
  peer.close()
  client.close()
})
afterAll(() => pair?.close())

/** Kind, who sent it, role or reason, and the first line of the message, of each record until one that stops. */
async function told(): Promise<readonly string[]> {
  await client.until(() => client.frames.some(({ fields }) => fields[1] === 'cdr:stop'), 'the record of an end')
  return client.frames
    .filter(({ fields }) => records.includes(fields[1] ?? ''))
    .map(({ fields, message }) => {
      expect(fields[3]).toMatch(/^\d\d:\d\d:\d\d\.\d{6}$/)
      return [fields[1], fields[2], fields[4], message?.startLine.replace(/^(\w+) sip:.*/, '$1')]
        .filter(Boolean)
        .join(' ')
    })
}

async function answerNext(method: string, status: number, reason: string, body = '') {
  const request = await client.requested(method)
  await client.respond(request, answerTo(request.message, status, reason, { body }))
}

describe.skipIf(isReal && process.env.SUIFANG_CDRS !== 'on')('the records of a call', () => {
  test('that comes in and is ended by its caller', async () => {
    const call = peer.dial()
    call.send('INVITE', { body: anSdp })
    await answerNext('INVITE', 200, 'OK', anSdp)
    call.learn(await peer.answered(200, 'INVITE'))
    call.send('ACK')
    await client.requested('ACK')
    call.send('BYE')
    expect(await told()).toEqual([
      'cdr:attempt network INVITE',
      'cdr:start application uas SIP/2.0 200 OK',
      'cdr:stop network normal-release BYE',
    ])
  })

  test('that comes in and is refused', async () => {
    const call = peer.dial()
    call.send('INVITE', { body: anSdp })
    await answerNext('INVITE', 486, 'Busy Here')
    expect(await told()).toEqual([
      'cdr:attempt network INVITE',
      'cdr:stop application call-rejected SIP/2.0 486 Busy Here',
    ])
  })

  test('that goes out, is answered, and ended by the application', async () => {
    await client.request(writeSip(`INVITE sip:peer@127.0.0.1:${peer.port} SIP/2.0`, [], anSdp))
    peer.answer(await peer.requested('INVITE'), 200, 'OK', { body: anSdp })
    const { dialogId } = await client.answered(200, 'INVITE')
    await client.request(writeSip('ACK sip:placeholder SIP/2.0', []), { dialogId })
    await client.request(writeSip('BYE sip:placeholder SIP/2.0', []), { dialogId })
    peer.answer(await peer.requested('BYE'), 200, 'OK')
    expect(await told()).toEqual([
      'cdr:attempt application INVITE',
      'cdr:start network uac SIP/2.0 200 OK',
      'cdr:stop application normal-release BYE',
    ])
  })

  for (const [status, reason, word] of [
    [486, 'Busy Here', 'call-rejected'],
    [487, 'Request Terminated', 'call-canceled'],
  ] as const) {
    test(`that goes out and gets ${status}`, async () => {
      await client.request(writeSip(`INVITE sip:peer@127.0.0.1:${peer.port} SIP/2.0`, [], anSdp))
      peer.answer(await peer.requested('INVITE'), status, reason)
      expect(await told()).toEqual([
        'cdr:attempt application INVITE',
        `cdr:stop network ${word} SIP/2.0 ${status} ${reason}`,
      ])
    })
  }
})

/** A request of the peer that the application sends on to these peers. */
async function proxied(targets: readonly SipPeer[], { together = false } = {}) {
  const call = peer.dial()
  call.send('INVITE', { body: anSdp })
  const { transactionId } = await client.requested('INVITE')
  const order = ['', 'fullResponse', '', together ? 'simultaneous' : 'serial', '', '']
  const uris = targets.map(({ port }) => `sip:peer@127.0.0.1:${port}`)
  const first = `INVITE ${uris[0]} SIP/2.0`
  const done = client.ask('proxy', [transactionId, ...order, ...uris], writeSip(first, []))
  return { call, done }
}

describe('a call that is sent on', () => {
  let others: SipPeer[]
  beforeEach(async () => {
    others = await Promise.all([0, 1].map(async () => SipPeer.open(await sipAddressOf(pair.drachtio))))
  })
  afterEach(() => {
    for (const other of others) other.close()
  })

  test('to one after the other reaches the second when the first is busy', async () => {
    const [first, second] = others
    if (first === undefined || second === undefined) return expect.unreachable()
    const { call } = await proxied([first, second])
    first.answer(await first.requested('INVITE'), 486, 'Busy Here')
    second.answer(await second.requested('INVITE'), 200, 'OK', { body: anSdp })
    call.learn(await peer.answered(200, 'INVITE'))
    expect(call.target).toBe(second.contact)
  })

  test('to all at once is taken by the first that answers, and the others are cancelled', async () => {
    const [first, second] = others
    if (first === undefined || second === undefined) return expect.unreachable()
    const { call } = await proxied([first, second], { together: true })
    const [ringing, taken] = await Promise.all([first.requested('INVITE'), second.requested('INVITE')])
    first.answer(ringing, 180, 'Ringing')
    await peer.answered(180, 'INVITE')
    second.answer(taken, 200, 'OK', { body: anSdp })
    call.learn(await peer.answered(200, 'INVITE'))
    first.answer(await first.requested('CANCEL'), 200, 'OK')
    first.answer(ringing, 487, 'Request Terminated')
    expect(call.target).toBe(second.contact)
  })

  test('to somebody who refuses brings the caller that refusal', async () => {
    const [first] = others
    if (first === undefined) return expect.unreachable()
    const { done } = await proxied([first])
    first.answer(await first.requested('INVITE'), 404, 'Not Found')
    expect((await peer.answered(404, 'INVITE')).startLine).toBe('SIP/2.0 404 Not Found')
    expect((await done).verdict).toBe('OK')
  })
})
