import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { systemClock } from '#platform/clock.ts'
import { silentLog } from '#platform/log.ts'
import { ControlConnection } from '#telephony/control-connection.ts'
import { SipLink } from '#telephony/sip-link.ts'
import { waitFor } from '../harness/wait-for.ts'

/** Servers that break their own protocol. What their clients throw then would end this process, and the test with it. */
const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function listen(onConnection: (socket: Socket, count: number) => void): Promise<number> {
  let count = 0
  const server = createServer((socket) => {
    count += 1
    socket.on('error', () => {})
    onConnection(socket, count)
  })
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

const frame = (text: string) => `${Buffer.byteLength(text)}#${text}`

test.each([
  ['a frame without a length', 'nonsense#nonsense'],
  ['a message of an unknown kind', frame('id|nonsense|nonsense')],
  ['a SIP message that is none', frame('id|sip|network|9|udp|127.0.0.1|5060|00:00:00.0|txn|dialog|\r\n\u0000\r\n\r\n')],
])('%s from drachtio costs the connection, and the next one is good', async (_, garbage) => {
  const second = Promise.withResolvers<void>()
  const port = await listen((socket, count) => {
    socket.once('data', (data) => {
      const messageId = /#([^|]+)\|authenticate/.exec(String(data))?.[1]
      socket.write(frame(`id|response|${messageId}|OK|udp/127.0.0.1:5060|v0.9.10|`))
      // A message that is merely unreadable is dropped; the connection is then ours to end.
      if (count === 1) socket.write(garbage, () => socket.end())
      else second.resolve()
    })
  })
  const ups: boolean[] = []
  const link = new SipLink({
    address: { host: '127.0.0.1', port, secret: 's' },
    clock: systemClock,
    log: silentLog,
    onChange: (up) => ups.push(up),
  })
  await second.promise
  await waitFor(() => link.up, { what: 'the second connection to be up' })
  link.close()
  expect(ups.at(-1)).toBe(false)
})

test('an event that cannot be decoded costs the control connection, and the next one is good', async () => {
  const port = await listen((socket, count) => {
    socket.write('Content-Type: auth/request\n\n')
    socket.on('data', (data) => {
      if (String(data).startsWith('auth ')) socket.write('Content-Type: command/reply\nReply-Text: +OK accepted\n\n')
      if (String(data).includes('event json')) {
        socket.write('Content-Type: command/reply\nReply-Text: +OK event listener enabled json\n\n')
        if (count === 1) socket.write('Content-Type: text/event-plain\nX-Broken: 100%\n\n')
      }
      if (String(data).includes('api ')) socket.write('Content-Type: api/response\nContent-Length: 2\n\nhi')
    })
  })
  const ups: boolean[] = []
  const control = new ControlConnection({
    address: { host: '127.0.0.1', port, secret: 's' },
    clock: systemClock,
    log: silentLog,
    onChange: (up) => ups.push(up),
    onRecordingClosed: () => {},
    onSound: () => {},
    onMember: () => {},
  })
  await waitFor(() => ups.length >= 3, { what: 'the second connection to be up' })
  expect(ups).toEqual([true, false, true])
  expect(await control.api('anything')).toBe('hi')
  control.close()
  await expect(control.api('anything')).rejects.toMatchObject({ code: 'MEDIA_SERVER_AWAY' })
})

test('a server that answers one command late never gives its answer to another', async () => {
  let held: Socket | undefined
  const port = await listen((socket) => {
    socket.write('Content-Type: auth/request\n\n')
    socket.on('data', (data) => {
      const text = String(data)
      if (text.startsWith('auth ')) socket.write('Content-Type: command/reply\nReply-Text: +OK accepted\n\n')
      if (text.includes('api slow')) held = socket
      if (text.includes('api quick')) {
        held?.write('Content-Type: api/response\nContent-Length: 4\n\nlate')
        socket.write('Content-Type: api/response\nContent-Length: 5\n\nquick')
      }
    })
  })
  const up = Promise.withResolvers<boolean>()
  const control = new ControlConnection({
    address: { host: '127.0.0.1', port, secret: 's' },
    clock: systemClock,
    log: silentLog,
    onChange: up.resolve,
    onRecordingClosed: () => {},
    onSound: () => {},
    onMember: () => {},
  })
  await up.promise
  await expect(control.api('slow', 50)).rejects.toMatchObject({ code: 'TELEPHONY_TIMEOUT' })
  expect(await control.api('quick')).toBe('quick')
  control.close()
})

test('a dialogue destroyed in vain is nobody’s unhandled rejection', async () => {
  const link = new SipLink({
    address: { host: '127.0.0.1', port: 1, secret: 's' },
    clock: systemClock,
    log: silentLog,
    onChange: () => {},
  })
  const refused = new Error('unable to find dialog')
  const dialog = Object.assign(Object.create(null), {
    id: 'x',
    dialogType: 'INVITE',
    destroy: () => Promise.reject(refused),
  })
  link.srf.addDialog(dialog)
  // Forgotten, as drachtio-fsmrf does; vitest fails on an unhandled rejection.
  void dialog.destroy()
  await expect(dialog.destroy()).rejects.toBe(refused)
  await new Promise((resolve) => setImmediate(resolve))
  link.close()
})
