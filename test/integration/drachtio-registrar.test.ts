/** What a registrar in the application needs of the drachtio server: a desk phone registers, is called, and calls. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { generate } from 'selfsigned'
import { afterEach, describe, expect, test } from 'vitest'
import type { DrachtioServer } from '#softswitch/drachtio/drachtio-server.ts'
import type { SipCall } from '#softswitch/sip/sip-call.ts'
import { SipHeaders } from '#softswitch/sip/sip-headers.ts'
import { SipRequest, type SipResponse } from '#softswitch/sip/sip-message.ts'
import type { UserAgent } from '#softswitch/sip/user-agent.ts'
import { startBaresip } from '../harness/baresip.ts'
import { Bench, testSdp } from '../harness/drachtio.ts'
import { hasProgram } from '../harness/programs.ts'
import { RtpPhone } from '../harness/rtp-phone.ts'
import type { SrfRequest } from '../harness/srf.ts'
import { waitFor } from '../harness/wait-for.ts'

const bench = new Bench()
afterEach(async () => {
  await bench.close()
  expect(bench.faults.splice(0)).toEqual([])
})

/** One request of a phone outside any dialog, and its final answer. */
async function ask(
  phone: UserAgent,
  server: DrachtioServer,
  method: string,
  headers: Record<string, string>,
  of: { readonly callId?: string; readonly seq?: number; readonly body?: string } = {},
): Promise<SipResponse> {
  const { endpoint } = phone
  const address = `sip:8001@127.0.0.1:${server.endpoint.local.port}`
  const request = new SipRequest(
    method,
    method === 'REGISTER' ? `sip:127.0.0.1:${server.endpoint.local.port}` : address,
    new SipHeaders([
      ['From', `<${address}>;tag=${endpoint.newTag()}`],
      ['To', `<${address}>`],
      ['Call-ID', of.callId ?? endpoint.newCallId()],
      ['CSeq', `${of.seq ?? 1} ${method}`],
      ...Object.entries(headers),
    ]),
    of.body ?? '',
  )
  return await new Promise((resolve) =>
    endpoint.request(request, { onResponse: (response) => response.status >= 200 && resolve(response) }),
  )
}

describe('REGISTER', () => {
  test('reaches the application, and its challenge and its 200 the phone', async () => {
    const server = await bench.server()
    const seen: SrfRequest[] = []
    await bench.app(server, (srf) =>
      srf.register((request, response) => {
        seen.push(request)
        if (!request.has('Authorization')) {
          const challenge = 'Digest realm="hospital", nonce="n1", qop="auth", algorithm=MD5'
          response.send(401, { headers: { 'WWW-Authenticate': challenge } })
          return
        }
        response.send(200, { headers: { Contact: `${request.get('Contact')};expires=60`, Date: 'now' } })
      }),
    )
    const phone = await bench.phone()
    const contact = `<sip:8001@127.0.0.1:${phone.endpoint.local.port}>`
    const callId = phone.endpoint.newCallId()
    const challenged = await ask(phone, server, 'REGISTER', { Contact: contact, Expires: '60' }, { callId })
    expect(challenged.status).toBe(401)
    expect(challenged.headers.get('WWW-Authenticate')).toContain('nonce="n1"')
    const authorization = 'Digest username="8001", realm="hospital", nonce="n1", response="x", cnonce="c", nc=00000001'
    const done = await ask(
      phone,
      server,
      'REGISTER',
      { Contact: contact, Expires: '60', Authorization: authorization },
      { callId, seq: 2 },
    )
    expect(done.status).toBe(200)
    expect(done.headers.get('Contact')).toBe(`${contact};expires=60`)
    expect(done.toTag).not.toBeUndefined()
    expect(seen.map(({ source_port, method }) => [source_port, method])).toEqual([
      [phone.endpoint.local.port, 'REGISTER'],
      [phone.endpoint.local.port, 'REGISTER'],
    ])
    expect(seen[1]?.get('Authorization')).toBe(authorization)
    expect(server.counts).toMatchObject({ dialogs: 0, waiting: 0 })
  })

  test('removes all contacts with a star, and is refused with one that would stay', async () => {
    const server = await bench.server()
    const contacts: (string | undefined)[] = []
    await bench.app(server, (srf) =>
      srf.register((request, response) => {
        contacts.push(request.get('Contact'))
        response.send(200)
      }),
    )
    const phone = await bench.phone()
    expect((await ask(phone, server, 'REGISTER', { Contact: '*', Expires: '0' })).status).toBe(200)
    expect((await ask(phone, server, 'REGISTER', { Contact: '*', Expires: '60' })).status).toBe(400)
    expect(contacts).toEqual(['*'])
  })

  test('gets 503 where no application is a registrar', async () => {
    const server = await bench.server()
    await bench.app(server, (srf) => srf.invite((_, response) => response.send(480)))
    const phone = await bench.phone()
    expect((await ask(phone, server, 'REGISTER', { Contact: '<sip:8001@127.0.0.1>' })).status).toBe(503)
  })
})

test.each(['OPTIONS', 'MESSAGE'] as const)('%s of a phone gets the application’s answer', async (method) => {
  const server = await bench.server()
  const bodies: (string | undefined)[] = []
  await bench.app(server, (srf) => {
    srf.options((request, response) => {
      bodies.push(request.body)
      response.send(200)
    })
    srf.message((request, response) => {
      bodies.push(request.body)
      response.send(202)
    })
  })
  const phone = await bench.phone()
  const message = method === 'MESSAGE'
  const headers: Record<string, string> = message ? { 'Content-Type': 'text/plain' } : {}
  const answer = await ask(phone, server, method, headers, { body: message ? 'hello' : '' })
  expect([answer.status, bodies]).toEqual(message ? [202, ['hello']] : [200, ['']])
})

describe('a registered phone', () => {
  test('is called at its contact’s own address, port and parameters', async () => {
    const server = await bench.server()
    const app = await bench.app(server)
    const calls: SipCall[] = []
    const phone = await bench.phone({
      onInvite: (call) => {
        calls.push(call)
        call.ring()
        call.answer({ sdp: testSdp })
      },
    })
    const contact = `sip:8001-0x5566@127.0.0.1:${phone.endpoint.local.port};ob;line=abc`
    const provisional: number[] = []
    const dialog = await app.createUAC(
      contact,
      {
        localSdp: testSdp,
        headers: { From: '"随访" <sip:seat@localhost>', 'X-Suifang-Seat': 's1', 'Alert-Info': '<http://auto>' },
      },
      { cbProvisional: (response) => provisional.push(response.status) },
    )
    expect(provisional).toEqual([180])
    const [call] = calls
    expect(call?.invite.uri).toBe(contact)
    expect(call?.invite.headers.get('X-Suifang-Seat')).toBe('s1')
    expect(call?.invite.headers.get('Alert-Info')).toBe('<http://auto>')
    const ended = call === undefined ? undefined : once(call, 'ended')
    await dialog.destroy()
    expect(await ended).toMatchObject([{ by: 'remote' }])
  })

  test('behind another address is called by the address it registered from', async () => {
    const server = await bench.server()
    const app = await bench.app(server)
    const uris: string[] = []
    const phone = await bench.phone({
      onInvite: (call) => {
        uris.push(call.invite.uri)
        call.answer({ sdp: testSdp })
      },
    })
    const dialog = await app.createUAC('sip:8001@192.0.2.7:5060', {
      localSdp: testSdp,
      proxy: `sip:127.0.0.1:${phone.endpoint.local.port}`,
    })
    expect(uris).toEqual(['sip:8001@192.0.2.7:5060'])
    await dialog.destroy()
    await waitFor(() => phone.calls.size === 0, { what: 'the BYE at the phone' })
  })

  test('that rings and is left alone gets a CANCEL', async () => {
    const server = await bench.server()
    const app = await bench.app(server)
    const ends: unknown[] = []
    const phone = await bench.phone({
      onInvite: (call) => {
        call.on('ended', (end) => ends.push(end.by))
        call.ring()
      },
    })
    let invite: SrfRequest | undefined
    const failed = app
      .createUAC(
        `sip:8001@127.0.0.1:${phone.endpoint.local.port}`,
        { localSdp: testSdp },
        {
          cbRequest: (_, request) => {
            invite = request
          },
          cbProvisional: () => invite?.cancel(),
        },
      )
      .then(
        () => 'answered',
        (error: { status?: number }) => error.status,
      )
    expect(await failed).toBe(487)
    expect(ends).toEqual(['cancelled'])
  })

  test('calls the application', async () => {
    const server = await bench.server()
    const uris: string[] = []
    await bench.app(server, (srf) =>
      srf.invite(async (request, response) => {
        uris.push(request.uri)
        const dialog = await srf.createUAS(request, response, { localSdp: testSdp })
        dialog.on('ack', () => void dialog.destroy())
      }),
    )
    const phone = await bench.phone()
    const call = phone.invite({
      to: `sip:*97@127.0.0.1:${server.endpoint.local.port}`,
      from: 'sip:8001@127.0.0.1',
      sdp: testSdp,
    })
    const ended = once(call, 'ended')
    const [answer] = await once(call, 'answered')
    expect(answer.sdp).toContain('m=audio')
    expect(await ended).toMatchObject([{ by: 'remote' }])
    expect(uris).toEqual([`sip:*97@127.0.0.1:${server.endpoint.local.port}`])
    await waitFor(() => server.counts.dialogs === 0, { what: 'the end of the dialog' })
  })
})

describe.skipIf(!hasProgram('baresip'))('baresip', () => {
  test.each(['udp', 'tcp', 'tls'] as const)(
    'registers over %s, is called at its contact, and heard',
    async (transport) => {
      const { cert, private: key } = await generate([{ name: 'commonName', value: 'sip.test' }])
      const server = await bench.server({ streams: { tcp: true, tls: { port: 0, cert, key } } })
      const registrations: { authorized: boolean; contact: string | undefined; via: string | undefined }[] = []
      const app = await bench.app(server, (srf) =>
        srf.register((request, response) => {
          const authorized = digestFits(request.get('Authorization') ?? '', 'geheim')
          registrations.push({ authorized, contact: request.get('Contact'), via: request.get('Via') })
          if (authorized) response.send(200, { headers: { Contact: request.get('Contact') ?? '', Expires: '60' } })
          else
            response.send(401, { headers: { 'WWW-Authenticate': 'Digest realm="hospital", nonce="n1", qop="auth"' } })
        }),
      )
      const { port } = server.endpoint.localOf(transport)
      const baresip = await startBaresip({
        frequency: 400,
        user: '8001',
        registrar: { host: '127.0.0.1', port, password: 'geheim', ...(transport === 'udp' ? {} : { transport }) },
      })
      bench.defer(() => baresip.close())
      const known = await waitFor(() => registrations.find(({ authorized }) => authorized), {
        what: 'its registration',
      })
      expect(known.via).toContain(`SIP/2.0/${transport.toUpperCase()} `)
      const contact = /<([^>]+)>/.exec(known.contact ?? '')?.[1] ?? ''
      // baresip listens for TLS at the next port.
      expect(contact).toContain(`@127.0.0.1:${transport === 'tls' ? baresip.port + 1 : baresip.port}`)
      const phone = await RtpPhone.open()
      bench.defer(() => phone.close())
      const dialog = await app.createUAC(contact, { localSdp: phone.sdp })
      await phone.until(() => phone.heard.length >= 25)
      await dialog.destroy()
    },
  )
})

/** RFC 2617 with qop=auth, for one user of one realm. */
function digestFits(authorization: string, password: string): boolean {
  const part = (name: string): string => new RegExp(`\\b${name}="?([^",]+)`).exec(authorization)?.[1] ?? ''
  const md5 = (text: string): string => createHash('md5').update(text).digest('hex')
  const secret = md5(`${part('username')}:hospital:${password}`)
  const request = md5(`REGISTER:${part('uri')}`)
  return part('response') === md5(`${secret}:n1:${part('nc')}:${part('cnonce')}:auth:${request}`)
}
