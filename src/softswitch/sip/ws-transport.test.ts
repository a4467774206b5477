import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { StreamLimits } from './stream-limits.ts'
import type { Hop, SipTransport } from './transport.ts'
import { openWs } from './ws-transport.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const text = 'OPTIONS sip:b@h SIP/2.0\r\n\r\n'

async function open(limits: Partial<StreamLimits> = {}) {
  const transport = await openWs({ address: '127.0.0.1', port: 0, limits })
  closers.push(() => transport.close())
  const waiting: ((came: { message: string; from: Hop }) => void)[] = []
  transport.onMessage = (message, from) => waiting.shift()?.({ message: String(message), from })
  const next = () => new Promise<{ message: string; from: Hop }>((resolve) => waiting.push(resolve))
  return { transport, next }
}

function page(transport: SipTransport, protocols: string[] = ['sip'], options: { autoPong?: boolean } = {}): WebSocket {
  const socket = new WebSocket(`ws://127.0.0.1:${transport.local.port}/sip`, protocols, options)
  socket.on('error', () => {})
  closers.push(() => socket.terminate())
  return socket
}

async function dial(transport: SipTransport): Promise<WebSocket> {
  const socket = page(transport)
  await once(socket, 'open')
  return socket
}

async function heard(socket: WebSocket): Promise<{ data: string; binary: boolean }> {
  const [data, binary] = await once(socket, 'message')
  return { data: String(data), binary }
}

describe('a WebSocket', () => {
  test('is taken with the subprotocol sip', async () => {
    const socket = await dial((await open()).transport)
    expect(socket.protocol).toBe('sip')
  })

  test.each([[[]], [['chat']]])('that offers %j is refused', async (protocols) => {
    const socket = page((await open()).transport, protocols)
    const [, response] = await once(socket, 'unexpected-response')
    expect(response.statusCode).toBe(400)
  })

  test('and a plain request is told to upgrade', async () => {
    const { transport } = await open()
    const answer = await fetch(`http://127.0.0.1:${transport.local.port}/sip`)
    expect(answer.status).toBe(426)
  })

  test.each([true, false])('brings one message a frame (binary: %s), and takes text', async (binary) => {
    const { transport, next } = await open()
    const socket = await dial(transport)
    const coming = next()
    socket.send(text, { binary })
    const { message, from } = await coming
    expect(message).toBe(text)
    expect(from).toMatchObject({ address: '127.0.0.1', protocol: 'ws' })
    const answer = heard(socket)
    transport.send(Buffer.from('an answer'), from)
    expect(await answer).toEqual({ data: 'an answer', binary: false })
  })

  test('may cut its message into fragments', async () => {
    const { transport, next } = await open()
    const socket = await dial(transport)
    const coming = next()
    for (const [i, letter] of [...text].entries()) socket.send(letter, { fin: i === text.length - 1 })
    expect((await coming).message).toBe(text)
  })

  test('has line ends answered with a line end', async () => {
    const socket = await dial((await open()).transport)
    const pong = heard(socket)
    socket.send('\r\n\r\n')
    expect((await pong).data).toBe('\r\n')
  })

  test('that is gone has no successor: what is meant for it is refused', async () => {
    const { transport, next } = await open()
    const socket = await dial(transport)
    const coming = next()
    socket.send(text)
    const { from } = await coming
    socket.terminate()
    await expect.poll(() => from.flow?.open).toBe(false)
    const error = await new Promise<Error>((resolve) => transport.send(Buffer.from(text), from, resolve))
    expect(error.message).toBe('the connection is gone')
  })

  test('is never dialled', async () => {
    const { transport } = await open()
    const to = { address: '127.0.0.1', port: 9, protocol: 'ws' } as const
    const error = await new Promise<Error>((resolve) => transport.send(Buffer.from(text), to, resolve))
    expect(error.message).toBe('the connection is gone')
  })
})

describe('limits', () => {
  test('a page that says nothing is closed', async () => {
    const socket = await dial((await open({ firstMessageMs: 1 })).transport)
    await once(socket, 'close')
  })

  test('a page that answers no ping is closed, one that does stays', async () => {
    const { transport } = await open({ pingMs: 40 })
    const [dead, alive] = [page(transport, ['sip'], { autoPong: false }), page(transport)]
    let pings = 0
    alive.on('ping', () => pings++)
    await once(dead, 'close')
    await expect.poll(() => pings).toBeGreaterThan(2)
    expect(alive.readyState).toBe(WebSocket.OPEN)
  })

  test('a frame that no message may fill ends the connection', async () => {
    const socket = await dial((await open()).transport)
    socket.send(Buffer.alloc(70_000))
    const [code] = await once(socket, 'close')
    expect(code).toBe(1009)
  })

  test('garbage ends the connection, not the listener', async () => {
    const { transport, next } = await open()
    const socket = connect(transport.local.port, '127.0.0.1')
    closers.push(() => socket.destroy())
    socket.on('error', () => {})
    socket.write(Buffer.alloc(2_000, 0xff))
    await once(socket, 'close')
    const broken = await dial(transport)
    const underneath: unknown = Reflect.get(broken, '_socket')
    if (underneath instanceof Object && 'write' in underneath && typeof underneath.write === 'function') {
      underneath.write(Buffer.alloc(50, 0xff))
    }
    await once(broken, 'close')
    const coming = next()
    ;(await dial(transport)).send(text)
    expect((await coming).message).toBe(text)
  })

  test('one connection more than allowed is refused', async () => {
    const { transport } = await open({ connections: 1 })
    const first = await dial(transport)
    const second = page(transport)
    await new Promise((resolve) => second.once('close', resolve))
    expect(first.readyState).toBe(WebSocket.OPEN)
  })
})

test('closing says goodbye to the pages and gives the port back', async () => {
  const { transport } = await open()
  const socket = await dial(transport)
  const closed = once(socket, 'close')
  await transport.close()
  expect((await closed)[0]).toBe(1001)
  const again = await openWs({ address: '127.0.0.1', port: transport.local.port })
  await again.close()
})
