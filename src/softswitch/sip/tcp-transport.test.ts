import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { HandClock } from '../../../test/harness/sip-network.ts'
import { type SipClock, systemSipClock } from './sip-clock.ts'
import type { StreamLimits } from './stream-limits.ts'
import { openTcp } from './tcp-transport.ts'
import type { Hop, SipTransport } from './transport.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const text = (body = '') => `OPTIONS sip:b@h SIP/2.0\r\nContent-Length: ${body.length}\r\n\r\n${body}`

/** A transport, and what came to it. */
async function open(limits: Partial<StreamLimits> = {}, clock: SipClock = systemSipClock) {
  const transport = await openTcp({ address: '127.0.0.1', port: 0, limits, clock })
  closers.push(() => transport.close())
  const came: { message: string; from: Hop }[] = []
  const waiting: ((came: { message: string; from: Hop }) => void)[] = []
  transport.onMessage = (message, from) => {
    came.push({ message: String(message), from })
    waiting.shift()?.({ message: String(message), from })
  }
  const next = () => new Promise<{ message: string; from: Hop }>((resolve) => waiting.push(resolve))
  return { transport, came, next }
}

async function dial(transport: SipTransport): Promise<Socket> {
  const socket = connect(transport.local.port, '127.0.0.1')
  socket.on('error', () => {})
  closers.push(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}

async function heard(socket: Socket): Promise<string> {
  const [bytes] = await once(socket, 'data')
  return String(bytes)
}

/** A peer that only listens. */
async function peer(): Promise<{ hop: Hop; accepted: Promise<Socket>; server: Server }> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const accepted = once(server, 'connection').then(([socket]: Socket[]) => {
    if (socket === undefined) throw new Error('no socket')
    closers.push(() => socket.destroy())
    return socket
  })
  closers.push(() => server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no address')
  return { hop: { address: '127.0.0.1', port: address.port, protocol: 'tcp' }, accepted, server }
}

const refusal = (transport: SipTransport, to: Hop) =>
  new Promise<Error>((resolve) => transport.send(Buffer.from(text()), to, resolve))

describe('a connection made to us', () => {
  test('brings whole messages with where they came from, and takes the answers', async () => {
    const { transport, next } = await open()
    const socket = await dial(transport)
    const coming = next()
    socket.write(text('he'))
    socket.write('')
    const { message, from } = await coming
    expect(message).toBe(text('he'))
    expect(from).toMatchObject({ address: '127.0.0.1', port: socket.localPort, protocol: 'tcp' })
    const answer = heard(socket)
    transport.send(Buffer.from('an answer'), from)
    expect(await answer).toBe('an answer')
  })

  test('is asked for requests to its address without a flow, too', async () => {
    const { transport } = await open()
    const socket = await dial(transport)
    const request = heard(socket)
    socket.write(text())
    transport.send(Buffer.from('a request'), { address: '127.0.0.1', port: socket.localPort ?? 0, protocol: 'tcp' })
    expect(await request).toBe('a request')
  })

  test('and for those to a port that it has named, while it is open', async () => {
    const { transport, next } = await open()
    const socket = await dial(transport)
    const coming = next()
    socket.write(text())
    const { from } = await coming
    if (from.flow === undefined) throw new Error('no flow')
    transport.alias?.(from.flow, 1)
    const request = heard(socket)
    transport.send(Buffer.from('a request'), { address: '127.0.0.1', port: 1, protocol: 'tcp' })
    expect(await request).toBe('a request')
    socket.destroy()
    await expect.poll(() => from.flow?.open).toBe(false)
    expect(String(await refusal(transport, { address: '127.0.0.1', port: 1, protocol: 'tcp' }))).toContain('come up')
  })

  test('has its ping answered with a pong', async () => {
    const socket = await dial((await open()).transport)
    const pong = heard(socket)
    socket.write('\r\n\r\n')
    expect(await pong).toBe('\r\n')
  })

  test('is a flow that a message leaves on or not at all', async () => {
    const { transport, next } = await open()
    const socket = await dial(transport)
    const coming = next()
    socket.write(text())
    const { from } = await coming
    socket.end()
    await once(socket, 'close')
    expect(from.flow?.open).toBe(false)
    expect((await refusal(transport, from)).message).toBe('the connection is gone')
  })
})

describe('a connection of ours', () => {
  test('is made once for all messages to the same peer', async () => {
    const { transport } = await open()
    const { hop, accepted, server } = await peer()
    let connections = 0
    server.on('connection', () => connections++)
    transport.send(Buffer.from('one'), hop)
    transport.send(Buffer.from('two'), hop)
    const socket = await accepted
    let got = ''
    while (got.length < 6) got += await heard(socket)
    expect(got).toBe('onetwo')
    expect(connections).toBe(1)
  })

  test('brings messages as well', async () => {
    const { transport, next } = await open()
    const { hop, accepted } = await peer()
    transport.send(Buffer.from('one'), hop)
    const coming = next()
    ;(await accepted).write(text('back'))
    expect(await coming).toMatchObject({ message: text('back'), from: { port: hop.port, protocol: 'tcp' } })
  })

  test('that does not come up is told to everyone who waits for it, after send has returned', async () => {
    const { transport } = await open()
    const { hop, server } = await peer()
    await new Promise((resolve) => server.close(resolve))
    let returned = false
    const failures = [0, 1].map(
      () => new Promise<boolean>((resolve) => transport.send(Buffer.from('one'), hop, () => resolve(returned))),
    )
    returned = true
    expect(await Promise.all(failures)).toEqual([true, true])
  })
})

describe('limits', () => {
  test('a connection that never says anything is closed', async () => {
    const socket = await dial((await open({ firstMessageMs: 1 })).transport)
    await once(socket, 'close')
  })

  test('a message that is never whole ends its connection', async () => {
    const socket = await dial((await open({ wholeMessageMs: 1 })).transport)
    socket.write('OPTIONS sip:b@h SIP')
    await once(socket, 'close')
  })

  test('a connection on which nothing moves any more is closed', async () => {
    const clock = new HandClock()
    const { transport, next } = await open({ idleMs: 1_000 }, clock)
    const socket = await dial(transport)
    const coming = next()
    socket.write(text())
    await coming
    const closed = once(socket, 'close')
    await clock.advance(1_000)
    await closed
  })

  test('garbage ends the connection, not the listener', async () => {
    const { transport, next } = await open()
    const socket = await dial(transport)
    socket.write('GET / HTTP/1.1\r\nHost: here\r\n\r\n')
    await once(socket, 'close')
    const endless = await dial(transport)
    endless.write(Buffer.alloc(100_000, 0xff))
    await once(endless, 'close')
    const coming = next()
    ;(await dial(transport)).write(text())
    expect((await coming).message).toBe(text())
  })

  test('what cannot be delimited is told with its head before the connection ends', async () => {
    const { transport } = await open()
    const told: (string | undefined)[] = []
    transport.onBroken = (head, problem, from) => {
      told.push(String(head), problem)
      transport.send(Buffer.from('sorry'), from)
    }
    const socket = await dial(transport)
    const answer = heard(socket)
    socket.write('OPTIONS sip:b@h SIP/2.0\r\nVia: x\r\n\r\n')
    expect(await answer).toBe('sorry')
    await once(socket, 'close')
    expect(told).toEqual(['OPTIONS sip:b@h SIP/2.0\r\nVia: x\r\n\r\n', 'Content-Length missing or malformed'])
  })

  test('a peer that reads nothing is dropped when too much waits for it', async () => {
    const { transport, next } = await open({ unreadBytes: 100_000 })
    const socket = await dial(transport)
    const coming = next()
    socket.write(text())
    const { from } = await coming
    socket.pause()
    const bytes = Buffer.alloc(60_000)
    let sent = 0
    while (from.flow?.open === true && sent < 1_000) {
      transport.send(bytes, from)
      sent++
    }
    expect(from.flow?.open).toBe(false)
    expect(sent).toBeLessThan(1_000)
  })

  test('one connection more than allowed is closed', async () => {
    const { transport, next } = await open({ connections: 1 })
    const first = await dial(transport)
    const coming = next()
    first.write(text())
    await coming
    const second = await dial(transport)
    await once(second, 'close')
    expect(first.destroyed).toBe(false)
  })
})

test('closing ends every connection and gives the port back', async () => {
  const { transport } = await open()
  const socket = await dial(transport)
  const closed = once(socket, 'close')
  await transport.close()
  await closed
  const again = await openTcp({ address: '127.0.0.1', port: transport.local.port })
  await again.close()
})
