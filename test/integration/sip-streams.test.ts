/** Telephones over TCP and browsers' phones over WebSocket, and an application of drachtio-srf that speaks with them. */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { DrachtioServer } from '#softswitch/drachtio/drachtio-server.ts'
import { Bench, testSdp, testSecret } from '../harness/drachtio.ts'
import { openPage, type Page, type PageOptions } from '../harness/jssip-page.ts'
import { hasProgram } from '../harness/programs.ts'
import { pause, type SippRun, startSipp, uac, uas } from '../harness/sipp.ts'
import { connectSrf, newSrf, type Srf, type SrfDialog, type SrfRequest } from '../harness/srf.ts'
import { waitFor, waitForEvent } from '../harness/wait-for.ts'

const bench = new Bench()
afterEach(async () => {
  await bench.close()
  expect(bench.faults.splice(0)).toEqual([])
})

const streams = { tcp: true, ws: { port: 0 } }

async function sipp(steps: string[], options: { server?: { port: number }; calls?: number } = {}): Promise<SippRun> {
  const run = await startSipp(steps, { ...options, transport: 'tcp' })
  bench.defer(() => run.close())
  return run
}

async function page(server: DrachtioServer, options: Partial<PageOptions> = {}): Promise<Page> {
  const opened = await openPage({ url: `ws://127.0.0.1:${server.endpoint.localOf('ws').port}`, ...options })
  bench.defer(() => opened.close())
  return opened
}

/** An application that lets everybody register for a minute and answers every call. */
function office(seen: { registers: SrfRequest[]; dialogs: SrfDialog[] }) {
  return (srf: Srf) => {
    srf.register((request, response) => {
      seen.registers.push(request)
      const expires = request.get('Contact')?.includes('expires=0') ? 0 : 60
      response.send(200, {
        headers: { Contact: `${request.get('Contact')}`.replace(/expires=\d+/, `expires=${expires}`) },
      })
    })
    srf.invite(async (request, response) => {
      seen.dialogs.push(await srf.createUAS(request, response, { localSdp: testSdp }))
    })
  }
}

const nobodySeen = (): { registers: SrfRequest[]; dialogs: SrfDialog[] } => ({ registers: [], dialogs: [] })

test('an application is told every address it listens on', async () => {
  const server = await bench.server({ streams })
  const { hostPort } = await connectSrf(newSrf(), { port: server.port, secret: testSecret })
  const { port } = server.endpoint.local
  expect(hostPort).toBe(
    `udp/127.0.0.1:${port},tcp/127.0.0.1:${port},ws/127.0.0.1:${server.endpoint.localOf('ws').port}`,
  )
})

describe.skipIf(!hasProgram('sipp'))('sipp over TCP', () => {
  test('calls, is answered, and ends its calls', async () => {
    const server = await bench.server({ streams })
    const seen = nobodySeen()
    await bench.app(server, office(seen))
    const run = await sipp(
      [uac.invite(), uac.expect(200), uac.ack(), pause(20), uac.request('BYE', 2), uac.expect(200)],
      {
        server: server.endpoint.local,
        calls: 5,
      },
    )
    await run.done
    expect(seen.dialogs).toHaveLength(5)
    expect(server.counts).toMatchObject({ dialogs: 0, waiting: 0 })
  })

  test('is ended by the application, over the connection it called on', async () => {
    const server = await bench.server({ streams })
    await bench.app(server, (srf) =>
      srf.invite(async (request, response) => {
        expect(request).toMatchObject({ protocol: 'tcp', receivedOn: server.endpoint.hostPort })
        const dialog = await srf.createUAS(request, response, { localSdp: testSdp })
        dialog.on('ack', () => void dialog.destroy())
      }),
    )
    const run = await sipp([uac.invite(), uac.expect(200), uac.ack(), uac.answerRequest('BYE')], {
      server: server.endpoint.local,
    })
    await run.done
    await waitFor(() => server.counts.dialogs === 0)
    expect(await run.messages()).toContain(`Contact: <sip:${server.endpoint.hostPort};transport=tcp>`)
  })

  test('is called, answers, and is ended', async () => {
    const server = await bench.server({ streams })
    const srf = await bench.app(server)
    const run = await sipp([
      ...[uas.expect('INVITE'), uas.answer(180), uas.answer(200, { sdp: true }), uas.expect('ACK')],
      ...[uas.expect('BYE'), uas.answer(200, { tag: false })],
    ])
    const uri = `sip:100@127.0.0.1:${run.port};transport=tcp`
    const dialog = await waitFor(() => srf.createUAC(uri, { localSdp: testSdp }).catch(() => null))
    await dialog.destroy()
    await run.done
    expect(server.counts).toMatchObject({ dialogs: 0, invites: 0 })
  })

  test('is called and ends the call', async () => {
    const server = await bench.server({ streams })
    const srf = await bench.app(server)
    const run = await sipp([
      ...[uas.expectInviteKeeping('From'), uas.answer(200, { sdp: true }), uas.expect('ACK'), pause(50)],
      ...[uas.bye(), uas.expectAnswer(200)],
    ])
    const uri = `sip:100@127.0.0.1:${run.port};transport=tcp`
    const dialog = await waitFor(() => srf.createUAC(uri, { localSdp: testSdp }).catch(() => null))
    await waitForEvent(dialog as unknown as Parameters<typeof waitForEvent>[0], 'destroy')
    await run.done
  })

  test('refuses, and is cancelled', async () => {
    const server = await bench.server({ streams })
    const srf = await bench.app(server)
    const busy = await sipp([uas.expect('INVITE'), uas.answer(486), uas.expect('ACK')])
    const status = await waitFor(async () => {
      const uri = `sip:100@127.0.0.1:${busy.port};transport=tcp`
      const error: unknown = await srf.createUAC(uri, { localSdp: testSdp }).catch((refused: unknown) => refused)
      return error instanceof Error && 'status' in error && error.status !== 503 ? error.status : null
    })
    expect(status).toBe(486)
    await busy.done
  })
})

describe('a page', () => {
  test('registers, and is called and ended at an address that nobody could find', async () => {
    const server = await bench.server({ streams })
    const seen = nobodySeen()
    const srf = await bench.app(server, office(seen))
    const phone = await page(server)
    await phone.register()
    expect(phone.contact).toMatch(/^sip:\w+@\w+\.invalid;transport=ws$/)
    expect(seen.registers[0]).toMatchObject({ protocol: 'tcp', source_address: '127.0.0.1' })
    expect(seen.registers[0]?.get('Via')).toMatch(
      /^SIP\/2\.0\/WS \w+\.invalid;branch=\w+;received=127\.0\.0\.1;rport=\d+$/,
    )
    const ringing = phone.nextCall()
    const dialog = await srf.createUAC(phone.contact, { localSdp: testSdp })
    const call = await ringing
    expect(dialog.remote.sdp).toContain('UDP/TLS/RTP/SAVPF')
    await waitFor(() => call.isEstablished())
    const ended = waitForEvent(call, 'ended')
    await dialog.destroy()
    await ended
    expect(server.counts).toMatchObject({ dialogs: 0, invites: 0 })
  })

  test('calls, and either side ends it', async () => {
    const server = await bench.server({ streams })
    const seen = nobodySeen()
    await bench.app(server, office(seen))
    const phone = await page(server)
    for (const side of ['page', 'application']) {
      const call = phone.call('sip:seat@hospital.test')
      await waitForEvent(call, 'confirmed')
      const dialog = await waitFor(() => seen.dialogs.shift())
      const ended = waitForEvent(call, 'ended')
      if (side === 'page') {
        const destroyed = waitForEvent(dialog as unknown as Parameters<typeof waitForEvent>[0], 'destroy')
        call.terminate()
        await destroyed
      } else await dialog.destroy()
      await ended
    }
    expect(server.counts).toMatchObject({ dialogs: 0, waiting: 0 })
  })

  test('re-negotiates and is re-negotiated with, and tells keys by INFO', async () => {
    const server = await bench.server({ streams })
    const seen = nobodySeen()
    await bench.app(server, office(seen))
    const phone = await page(server)
    const call = phone.call('sip:seat@hospital.test')
    await waitForEvent(call, 'confirmed')
    const dialog = await waitFor(() => seen.dialogs.shift())
    expect(await dialog.modify(testSdp)).toContain('SAVPF')
    const held = new Promise<string | undefined>((resolve) =>
      dialog.on('modify', (request, response) => {
        response.send(200, { body: testSdp })
        resolve(request.body)
      }),
    )
    call.hold()
    expect(await held).toContain('m=audio')
    const info = new Promise<string | undefined>((resolve) =>
      dialog.on('info', (request, response) => {
        response.send(200)
        resolve(request.body)
      }),
    )
    call.sendInfo('application/dtmf-relay', 'Signal=5')
    expect(await info).toBe('Signal=5')
    await dialog.destroy()
  })

  test('is asked with OPTIONS where it registered, and not after it has unregistered', async () => {
    const server = await bench.server({ streams })
    const srf = await bench.app(server, office(nobodySeen()))
    const phone = await page(server)
    await phone.register()
    expect(await options(srf, phone.contact)).toBe(200)
    const gone = waitForEvent(phone.agent, 'unregistered')
    phone.agent.unregister()
    await gone
    expect(await options(srf, phone.contact)).toBe(503)
  })

  test('that never registered cannot be reached: 503 at once', async () => {
    const server = await bench.server({ streams })
    const srf = await bench.app(server)
    const phone = await page(server)
    const refused = srf.createUAC(phone.contact, { localSdp: testSdp })
    await expect(refused).rejects.toMatchObject({ status: 503 })
  })

  test('that has vanished is 410 while its registration lasts, and its dialog can still be ended', async () => {
    const server = await bench.server({ streams })
    const srf = await bench.app(server, office(nobodySeen()))
    const phone = await page(server)
    await phone.register()
    const ringing = phone.nextCall()
    const dialog = await srf.createUAC(phone.contact, { localSdp: testSdp })
    await ringing
    await phone.vanish()
    await expect(srf.createUAC(phone.contact, { localSdp: testSdp })).rejects.toMatchObject({ status: 410 })
    await dialog.destroy()
    expect(server.counts).toMatchObject({ dialogs: 0, invites: 0 })
  })

  test('that comes back on another connection is reached there, also inside a call from before', async () => {
    const server = await bench.server({ streams })
    const srf = await bench.app(server, office(nobodySeen()))
    const phone = await page(server)
    await phone.register()
    const ringing = phone.nextCall()
    const dialog = await srf.createUAC(phone.contact, { localSdp: testSdp })
    await ringing
    await phone.vanish()
    const contact = await registerAnew(server, phone.contact)
    const bye = said(contact, /^BYE /)
    const destroyed = dialog.destroy()
    const echoed = (await bye).split('\r\n').filter((line) => /^(Via|From|To|Call-ID|CSeq):/.test(line))
    contact.write(['SIP/2.0 200 OK', ...echoed, 'Content-Length: 0', '\r\n'].join('\r\n'))
    await destroyed
    expect(server.counts.dialogs).toBe(0)
  })

  test('whose Via names another transport than it uses is not heard', async () => {
    const server = await bench.server({ streams })
    const seen = nobodySeen()
    await bench.app(server, office(seen))
    const phone = await page(server, { viaTransport: 'wss' })
    phone.agent.register()
    await waitFor(() => server.endpoint.counters.malformed === 1)
    expect(seen.registers).toEqual([])
  })

  test('that vanishes before its call is answered has the answer refused', async () => {
    const server = await bench.server({ streams })
    const answers: unknown[] = []
    await bench.app(server, (srf) =>
      srf.invite(async (request, response) => {
        await phone.vanish()
        await waitFor(() => server.endpoint.counters.received > 0)
        answers.push(await srf.createUAS(request, response, { localSdp: testSdp }).catch((error: unknown) => error))
      }),
    )
    const phone = await page(server)
    phone.call('sip:seat@hospital.test')
    await waitFor(() => answers.length === 1)
    expect(String(answers[0])).toContain('transport for response has been shutdown or closed')
    expect(server.counts).toMatchObject({ dialogs: 0, waiting: 0 })
  })
})

/** Final status of an OPTIONS of the application. */
function options(srf: Srf, uri: string): Promise<number> {
  return new Promise((resolve, reject) =>
    srf.request(uri, { method: 'OPTIONS' }, (error, request) => {
      if (error !== null) reject(error)
      else request.on('response', (response) => resolve(response.status))
    }),
  )
}

test('a dialog over TCP outlives its connection: the next request opens another', async () => {
  const server = await bench.server({ streams })
  const seen = nobodySeen()
  await bench.app(server, office(seen))
  const listener = createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  bench.defer(() => listener.close())
  const address = listener.address()
  if (address === null || typeof address === 'string') throw new Error('no address')
  const socket = connect(server.endpoint.local.port, '127.0.0.1')
  await once(socket, 'connect')
  bench.defer(() => socket.destroy())
  const request = (method: string, to: string, seq: string) =>
    [
      `${method} sip:1@127.0.0.1 SIP/2.0`,
      `Via: SIP/2.0/TCP 127.0.0.1:${address.port};branch=z9hG4bK${method}`,
      `From: <sip:phone@127.0.0.1>;tag=a`,
      `To: <sip:1@127.0.0.1>${to}`,
      `Call-ID: outlives`,
      `CSeq: ${seq}`,
      `Contact: <sip:phone@127.0.0.1:${address.port};transport=tcp>`,
      'Content-Length: 0',
      '\r\n',
    ].join('\r\n')
  socket.write(request('INVITE', '', '1 INVITE'))
  const answer = await said(socket, /^SIP\/2\.0 200 /m)
  socket.write(request('ACK', `;tag=${/^To:.*;tag=(\S+)/m.exec(answer)?.[1]}`, '1 ACK'))
  const dialog = await waitFor(() => seen.dialogs[0])
  socket.destroy()
  const dialled = once(listener, 'connection')
  await once(socket, 'close')
  const destroyed = dialog.destroy()
  const [back]: Socket[] = await dialled
  if (back === undefined) throw new Error('no connection')
  bench.defer(() => back.destroy())
  const bye = await said(back, /^BYE /)
  const echoed = bye.split('\r\n').filter((line) => /^(Via|From|To|Call-ID|CSeq):/.test(line))
  back.write(['SIP/2.0 200 OK', ...echoed, 'Content-Length: 0', '\r\n'].join('\r\n'))
  await destroyed
  expect(server.counts.dialogs).toBe(0)
})

/** The same Contact registers on a new connection, here a TCP one. */
async function registerAnew(server: DrachtioServer, contact: string): Promise<Socket> {
  const socket = connect(server.endpoint.local.port, '127.0.0.1')
  await once(socket, 'connect')
  bench.defer(() => socket.destroy())
  const registered = said(socket, /^SIP\/2\.0 200 /)
  socket.write(
    [
      'REGISTER sip:hospital.test SIP/2.0',
      'Via: SIP/2.0/TCP page.invalid;branch=z9hG4bKanew',
      'From: <sip:8001@hospital.test>;tag=anew',
      'To: <sip:8001@hospital.test>',
      'Call-ID: anew',
      'CSeq: 1 REGISTER',
      `Contact: <${contact}>;expires=60`,
      'Content-Length: 0',
      '\r\n',
    ].join('\r\n'),
  )
  await registered
  return socket
}

/** What a connection says, once it has said this and an empty line behind it. */
async function said(socket: Socket, what: RegExp): Promise<string> {
  let text = ''
  while (!what.test(text) || !text.slice(text.search(what)).includes('\r\n\r\n')) {
    text += String((await once(socket, 'data'))[0])
  }
  return text.slice(text.search(what))
}
