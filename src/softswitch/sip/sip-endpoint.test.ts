import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { HandNetwork } from '../../../test/harness/sip-network.ts'
import { SipEndpoint } from './sip-endpoint.ts'
import { parseSip } from './sip-parser.ts'

const probe = [
  'OPTIONS sip:b@10.0.0.1 SIP/2.0',
  'Via: SIP/2.0/UDP 192.0.2.9:5999;branch=z9hG4bK1',
  'From: <sip:a@10.0.0.1>;tag=1',
  'To: <sip:b@10.0.0.1>',
  'Call-ID: x',
  'CSeq: 1 OPTIONS',
  '',
  '',
].join('\r\n')

/** What an endpoint at 6000 sends when `text` comes from port 5000. */
async function answerTo(text: string, settings = {}) {
  const network = new HandNetwork()
  const endpoint = await network.endpoint(6000, settings)
  endpoint.user = { onRequest: (transaction) => void transaction.reply(200) }
  network.deliver(Buffer.from(text), 5000, { address: '10.0.0.1', port: 6000 })
  await network.clock.advance(10)
  return { network, endpoint, answers: network.log.filter((entry) => entry.from === 6000) }
}

describe('where answers go', () => {
  test('to the address the request came from and the port its Via names', async () => {
    const { answers } = await answerTo(probe)
    expect(answers[0]).toMatchObject({ to: 5999 })
    expect(answers[0]?.text).toContain('received=10.0.0.1')
  })

  test('to the port it came from when the Via has rport (RFC 3581)', async () => {
    const { answers } = await answerTo(probe.replace('branch=z9hG4bK1', 'branch=z9hG4bK1;rport'))
    expect(answers[0]).toMatchObject({ to: 5000 })
    expect(answers[0]?.text).toContain('rport=5000')
  })

  test('to the port it came from, asked or not, when the endpoint is told to', async () => {
    const { answers } = await answerTo(probe, { symmetricAnswers: true })
    expect(answers[0]).toMatchObject({ to: 5000 })
  })
})

describe('what is no message harms nobody', () => {
  test.each([
    ['a keep-alive', '\r\n\r\n'],
    ['noise', '\0\x01\xff'],
    ['a start line alone', 'INVITE sip:b@h SIP/2.0'],
    ['nothing', ''],
  ])('%s is dropped', async (_, text) => {
    const { answers, network } = await answerTo(text)
    expect(answers).toEqual([])
    expect(network.faults).toEqual([])
  })

  test('a malformed request that says where it is from gets 400 and leaves no transaction', async () => {
    const { answers, endpoint } = await answerTo(probe.replace('CSeq: 1 OPTIONS', 'CSeq: one OPTIONS'))
    expect(answers.map((answer) => answer.line)).toEqual(['SIP/2.0 400 Bad Request - CSeq missing or malformed'])
    expect(endpoint.transactionCount).toBe(0)
  })

  test('a response with somebody else’s Via is dropped', async () => {
    const network = new HandNetwork()
    const endpoint = await network.endpoint(6000)
    const stray: string[] = []
    endpoint.user = { onRequest: () => {}, onStrayResponse: (response) => void stray.push(response.reason) }
    const response = (via: string) =>
      Buffer.from(
        probe.replace(/^.*\r\n/, 'SIP/2.0 200 OK\r\n').replace(/Via:.*/, `Via: SIP/2.0/UDP ${via};branch=z9hG4bK1`),
      )
    network.deliver(response('192.0.2.2:5060'), 5000, { address: '10.0.0.1', port: 6000 })
    await network.clock.advance(10)
    expect(stray).toEqual([])
    network.deliver(response('10.0.0.1:6000'), 5000, { address: '10.0.0.1', port: 6000 })
    await network.clock.advance(10)
    expect(stray).toEqual(['OK'])
  })

  test('an exception of the user costs that request only, and is reported', async () => {
    const network = new HandNetwork()
    const endpoint = await network.endpoint(6000)
    endpoint.user = {
      onRequest: () => {
        throw new Error('fault in the user')
      },
    }
    network.deliver(Buffer.from(probe), 5000, { address: '10.0.0.1', port: 6000 })
    await network.clock.advance(10)
    expect(network.log.at(-1)?.line).toBe('SIP/2.0 500 Server Internal Error')
    expect(network.faults).toHaveLength(1)
  })

  test('beyond its limit of transactions it says 503, with a time to come back', async () => {
    const network = new HandNetwork()
    const endpoint = await network.endpoint(6000, { maxTransactions: 1 })
    endpoint.user = { onRequest: () => {} }
    for (const branch of ['a', 'b']) {
      network.deliver(Buffer.from(probe.replace('z9hG4bK1', `z9hG4bK${branch}`)), 5000, {
        address: '10.0.0.1',
        port: 6000,
      })
    }
    await network.clock.advance(10)
    expect(network.log.at(-1)?.text).toMatch(/^SIP\/2\.0 503 [\s\S]*Retry-After: 5/)
  })

  test('beyond its limit of transactions it still takes what belongs to a call that is up', async () => {
    const network = new HandNetwork()
    const endpoint = await network.endpoint(6000, { maxTransactions: 1 })
    const asked: string[] = []
    endpoint.user = { onRequest: ({ request }) => void asked.push(request.headers.get('To') ?? '') }
    const inside = probe.replace('z9hG4bK1', 'z9hG4bKb').replace(/To: .*/, 'To: <sip:b@10.0.0.1>;tag=up')
    for (const text of [probe, inside]) {
      network.deliver(Buffer.from(text), 5000, { address: '10.0.0.1', port: 6000 })
    }
    await network.clock.advance(10)
    expect(asked).toHaveLength(2)
  })
})

describe('over real UDP', () => {
  test('binds a free port, answers, and gives the port back', async () => {
    const endpoint = await SipEndpoint.open()
    endpoint.user = { onRequest: (transaction) => void transaction.reply(200) }
    const { port } = endpoint.local
    const socket = createSocket('udp4')
    socket.send(probe.replace('branch=z9hG4bK1', 'branch=z9hG4bK1;rport'), port, '127.0.0.1')
    const [bytes] = await once(socket, 'message')
    expect(parseSip(bytes)).toMatchObject({ ok: true, message: { status: 200 } })
    socket.close()
    await endpoint.close()
    const again = await SipEndpoint.open({ port })
    expect(again.local.port).toBe(port)
    await again.close()
  })

  test('a port that is taken is an error, not a crash', async () => {
    const endpoint = await SipEndpoint.open()
    await expect(SipEndpoint.open({ port: endpoint.local.port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
    await endpoint.close()
  })
})
