/** An endpoint on real streams: where answers go, and what a stream that cannot be read is told. */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import fc from 'fast-check'
import { generate } from 'selfsigned'
import { afterEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { ServerTransaction } from './server-transaction.ts'
import { SipEndpoint } from './sip-endpoint.ts'
import { SipHeaders } from './sip-headers.ts'
import { SipRequest } from './sip-message.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function open() {
  const endpoint = await SipEndpoint.open({ streams: { tcp: true, ws: { port: 0 } } })
  closers.push(() => endpoint.close())
  const waiting: ((asked: ServerTransaction) => void)[] = []
  endpoint.user = { onRequest: (asked) => waiting.shift()?.(asked) }
  const next = () => new Promise<ServerTransaction>((resolve) => waiting.push(resolve))
  return { endpoint, next }
}

async function dial(endpoint: SipEndpoint): Promise<Socket> {
  const socket = connect(endpoint.local.port, '127.0.0.1')
  socket.on('error', () => {})
  closers.push(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}

async function heard(socket: Socket, end = '\r\n\r\n'): Promise<string> {
  let text = ''
  while (!text.includes(end)) text += String((await once(socket, 'data'))[0])
  return text
}

const options = (via: string, more = 'Content-Length: 0') =>
  `OPTIONS sip:b@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP ${via};branch=z9hG4bK1\r\nFrom: <sip:a@h>;tag=1\r\n` +
  `To: <sip:b@h>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n${more}\r\n\r\n`

describe('an endpoint', () => {
  test('listens for TCP on the port number of its UDP, and for WebSockets on another', async () => {
    const { endpoint } = await open()
    expect(endpoint.protocols).toEqual(['udp', 'tcp', 'ws'])
    expect(endpoint.localOf('tcp')).toEqual(endpoint.local)
    expect(endpoint.localOf('ws').port).not.toBe(endpoint.local.port)
    expect(endpoint.contactUri('a', 'ws')).toBe(`sip:a@127.0.0.1:${endpoint.localOf('ws').port};transport=ws`)
  })

  test('answers on the connection a request came on, whatever its Via says', async () => {
    const { endpoint, next } = await open()
    const socket = await dial(endpoint)
    const coming = next()
    socket.write(options('192.0.2.1:5060'))
    const answer = heard(socket)
    ;(await coming).reply(200)
    expect(await answer).toContain(
      `Via: SIP/2.0/TCP 192.0.2.1:5060;branch=z9hG4bK1;received=127.0.0.1;rport=${socket.localPort}`,
    )
  })

  test('opens a new connection to the port in the Via when that one is gone', async () => {
    const { endpoint, next } = await open()
    const listener = createServer()
    listener.listen(0, '127.0.0.1')
    await once(listener, 'listening')
    closers.push(() => listener.close())
    const address = listener.address()
    if (address === null || typeof address === 'string') throw new Error('no address')
    const socket = await dial(endpoint)
    const coming = next()
    socket.write(options(`127.0.0.1:${address.port}`))
    const asked = await coming
    const dialled = once(listener, 'connection')
    socket.destroy()
    await expect.poll(() => asked.source.flow?.open).toBe(false)
    asked.reply(200)
    const [back]: Socket[] = await dialled
    if (back === undefined) throw new Error('no connection')
    closers.push(() => back.destroy())
    expect(await heard(back)).toMatch(/^SIP\/2\.0 200 /)
  })

  test('says 400 to a request without a length and ends its connection', async () => {
    const { endpoint } = await open()
    const socket = await dial(endpoint)
    socket.write(options('127.0.0.1:1', 'X: 1'))
    expect(await heard(socket)).toMatch(/^SIP\/2\.0 400 Bad Request - Content-Length missing or malformed\r\n/)
    await once(socket, 'close')
  })

  test('has a request 503 at once where nobody listens, and 410 where its connection is gone', async () => {
    const { endpoint, next } = await open()
    const listener = createServer()
    listener.listen(0, '127.0.0.1')
    await once(listener, 'listening')
    const address = listener.address()
    await new Promise((resolve) => listener.close(resolve))
    if (address === null || typeof address === 'string') throw new Error('no address')
    const ask = (uri: string, hop?: ServerTransaction['source']) =>
      new Promise<number>((resolve) => {
        const headers = SipHeaders.of({ From: '<sip:a@h>;tag=1', To: '<sip:b@h>', 'Call-ID': 'c', CSeq: '1 OPTIONS' })
        const way = hop === undefined ? {} : { hop }
        endpoint.request(new SipRequest('OPTIONS', uri, headers), { onResponse: ({ status }) => resolve(status) }, way)
      })
    expect(await ask(`sip:b@127.0.0.1:${address.port};transport=tcp`)).toBe(503)
    expect(await ask('sip:b@somewhere.invalid;transport=ws')).toBe(503)
    const socket = await dial(endpoint)
    const coming = next()
    socket.write(options('127.0.0.1:1'))
    const { source } = await coming
    socket.destroy()
    await expect.poll(() => source.flow?.open).toBe(false)
    expect(await ask('sip:b@127.0.0.1:1;transport=tcp', source)).toBe(410)
  })
})

describe('with a certificate', () => {
  async function secure() {
    const { cert, private: key } = await generate([{ name: 'commonName', value: 'sip.test' }])
    const endpoint = await SipEndpoint.open({ streams: { tls: { port: 0, cert, key }, wss: { port: 0, cert, key } } })
    closers.push(() => endpoint.close())
    endpoint.user = { onRequest: (asked) => void asked.reply(200) }
    return endpoint
  }

  test('an endpoint speaks TLS', async () => {
    const endpoint = await secure()
    const { port } = endpoint.localOf('tls')
    const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false })
    closers.push(() => socket.destroy())
    await once(socket, 'secureConnect')
    socket.write(options('127.0.0.1:1').replace('/TCP', '/TLS'))
    expect(await heard(socket)).toMatch(/^SIP\/2\.0 200 /)
  })

  test('and secure WebSocket', async () => {
    const endpoint = await secure()
    const page = new WebSocket(`wss://127.0.0.1:${endpoint.localOf('wss').port}`, 'sip', { rejectUnauthorized: false })
    closers.push(() => page.terminate())
    await once(page, 'open')
    page.send(options('page.invalid').replace('/TCP', '/WSS'))
    expect(String((await once(page, 'message'))[0])).toMatch(/^SIP\/2\.0 200 /)
  })
})

test('no bytes on a stream stop the endpoint', async () => {
  const faults: unknown[] = []
  const endpoint = await SipEndpoint.open({
    streams: { tcp: true, ws: { port: 0 } },
    onFault: (error) => void faults.push(error),
  })
  closers.push(() => endpoint.close())
  endpoint.user = { onRequest: (asked) => void asked.reply(200) }
  const noise = fc.sample(
    fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
      fc
        .tuple(fc.nat(150), fc.uint8Array({ minLength: 1, maxLength: 8 }))
        .map(([at, bytes]) => Buffer.from(options('127.0.0.1:1')).fill(Buffer.from(bytes), at, at + bytes.length)),
    ),
    { seed: 7_118, numRuns: 150 },
  )
  const page = new WebSocket(`ws://127.0.0.1:${endpoint.localOf('ws').port}`, 'sip')
  closers.push(() => page.terminate())
  await once(page, 'open')
  for (const bytes of noise) {
    const socket = await dial(endpoint)
    socket.end(bytes)
    page.send(bytes)
  }
  const answers: string[] = []
  page.on('message', (text) => answers.push(String(text)))
  page.send(options('page.invalid').replace('/TCP', '/WS').replace('Call-ID: 1', 'Call-ID: last'))
  await expect.poll(() => answers.some((text) => text.includes('Call-ID: last'))).toBe(true)
  const socket = await dial(endpoint)
  socket.write(options('127.0.0.1:1'))
  expect(await heard(socket)).toMatch(/^SIP\/2\.0 200 /)
  expect(faults).toEqual([])
})

describe('a request too long for UDP', () => {
  const long = (to: SipEndpoint) =>
    new SipRequest(
      'MESSAGE',
      `sip:b@${to.hostPort}`,
      SipHeaders.of({ From: '<sip:a@h>;tag=1', To: '<sip:b@h>', 'Call-ID': to.newCallId(), CSeq: '1 MESSAGE' }),
      Buffer.alloc(1_400, 'x'),
    )
  const answerOf = (from: SipEndpoint, request: SipRequest) =>
    new Promise<{ status: number; way: string | undefined }>((resolve) => {
      const sent = from.request(request, {
        onResponse: ({ status }) => resolve({ status, way: sent.hop?.protocol ?? 'udp' }),
      })
    })
  const opened = async (settings: Parameters<typeof SipEndpoint.open>[0]) => {
    const endpoint = await SipEndpoint.open(settings)
    closers.push(() => endpoint.close())
    const came: string[] = []
    endpoint.user = {
      onRequest: (asked) => {
        came.push(asked.request.topVia?.transport ?? '')
        asked.reply(200)
      },
    }
    return { endpoint, came }
  }

  test('goes over TCP, and over UDP where nobody takes the connection', async () => {
    const { endpoint: sender } = await opened({ streams: { tcp: true }, longestOverUdp: 1_300 })
    const both = await opened({ streams: { tcp: true } })
    const datagrams = await opened({})
    expect(await answerOf(sender, long(both.endpoint))).toEqual({ status: 200, way: 'tcp' })
    expect(await answerOf(sender, long(datagrams.endpoint))).toEqual({ status: 200, way: 'udp' })
    expect([both.came, datagrams.came]).toEqual([['TCP'], ['UDP']])
  })

  test('stays on UDP where no length is set, and one that is short in any case', async () => {
    const { endpoint: sender } = await opened({ streams: { tcp: true } })
    const both = await opened({ streams: { tcp: true } })
    await answerOf(sender, long(both.endpoint))
    const { endpoint: careful } = await opened({ streams: { tcp: true }, longestOverUdp: 1_300 })
    const short = long(both.endpoint)
    await answerOf(careful, new SipRequest('MESSAGE', short.uri, short.headers.clone()))
    expect(both.came).toEqual(['UDP', 'UDP'])
  })
})
