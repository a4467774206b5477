import { once } from 'node:events'
import { createRequire } from 'node:module'
import { connect, createServer, type Socket } from 'node:net'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { sipPeers } from '#softswitch/channel/sip-peers.ts'
import { FreeSwitch } from '#softswitch/freeswitch.ts'
import { SipEndpoint } from '#softswitch/sip/sip-endpoint.ts'
import { UserAgent } from '#softswitch/sip/user-agent.ts'
import { RtpPhone } from '../harness/rtp-phone.ts'

interface ModeslEvent {
  getHeader(name: string): string | null
  getBody(): string
}

interface ModeslConnection {
  readonly socket: Socket
  api(command: string, callback: (event: ModeslEvent) => void): void
  bgapi(command: string, callback: (event: ModeslEvent) => void): void
  subscribe(events: string | string[], callback?: (event: ModeslEvent) => void): void
  filter(header: string, value: string, callback: (event: ModeslEvent) => void): void
  execute(application: string, argument: string, uuid: string, callback: (event: ModeslEvent) => void): void
  on(name: string, listener: (event: ModeslEvent) => void): void
  disconnect(): void
}

const { Connection } = createRequire(import.meta.url)('modesl') as {
  Connection: new (host: string, port: number, secret: string, ready: () => void) => ModeslConnection
}

const password = 'secret'
const faults: unknown[] = []
let freeswitch: FreeSwitch
const opened: (() => unknown)[] = []

beforeAll(async () => {
  freeswitch = await FreeSwitch.start({ password, log: (message, details) => faults.push({ message, ...details }) })
})

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
  expect(faults.splice(0)).toEqual([])
})

afterAll(() => freeswitch.close())

/** A bare client: sends text, and waits for text. */
class Client {
  readonly socket: Socket
  text = ''
  readonly ended: Promise<unknown>

  constructor() {
    this.socket = connect(freeswitch.eventSocketPort, '127.0.0.1')
    this.socket.on('data', (bytes) => {
      this.text += bytes.toString()
    })
    this.socket.on('error', () => {})
    this.ended = once(this.socket, 'close')
    opened.push(() => this.socket.destroy())
  }

  /** Sends a command and gives what comes up to and with `until`. */
  async ask(command: string, until: RegExp | string = '\n\n'): Promise<string> {
    this.text = ''
    this.socket.write(`${command}\n\n`)
    return await this.wait(until)
  }

  async wait(until: RegExp | string): Promise<string> {
    while (!(typeof until === 'string' ? this.text.includes(until) : until.test(this.text))) {
      if (this.socket.destroyed) throw new Error(`closed after: ${this.text}`)
      await Promise.race([once(this.socket, 'data'), this.ended])
    }
    return this.text
  }
}

async function signedIn(): Promise<Client> {
  const client = new Client()
  await client.wait('auth/request\n\n')
  await client.ask(`auth ${password}`)
  return client
}

function modesl(): Promise<ModeslConnection> {
  return new Promise((resolve) => {
    const connection = new Connection('127.0.0.1', freeswitch.eventSocketPort, password, () => {
      connection.socket.setNoDelay(true)
      resolve(connection)
    })
    opened.push(() => connection.disconnect())
  })
}

function api(connection: ModeslConnection, command: string): Promise<string> {
  return new Promise((resolve) => connection.api(command, (event) => resolve(event.getBody())))
}

/** A call from a telephone of ours straight to the media server, whose channel waits for a client at `target`. */
async function call(headers: Record<string, string>): Promise<{ phone: RtpPhone; ended: Promise<unknown> }> {
  const phone = await RtpPhone.open()
  const agent = new UserAgent(await SipEndpoint.open({ address: '127.0.0.1' }))
  opened.push(
    () => phone.close(),
    () => agent.close(100),
  )
  const sip = agent.invite({
    to: `sip:drachtio@127.0.0.1:${freeswitch.sipPort}`,
    from: 'sip:tester@127.0.0.1',
    displayName: 'Tester',
    sdp: phone.sdp,
    headers,
  })
  const ended = once(sip, 'ended')
  await Promise.race([once(sip, 'answered'), ended])
  return { phone, ended }
}

/** @returns how a call from that address to a media server's SIP port went */
async function inviteFrom(address: string, port: number, target: string): Promise<unknown> {
  const phone = await RtpPhone.open()
  const agent = new UserAgent(await SipEndpoint.open({ address }))
  opened.push(
    () => phone.close(),
    () => agent.close(100),
  )
  const to = `sip:drachtio@127.0.0.1:${port}`
  const sip = agent.invite({ to, from: 'sip:x@host', sdp: phone.sdp, headers: { 'X-esl-outbound': target } })
  const answered = once(sip, 'answered').then(() => 'answered')
  return await Promise.race([answered, once(sip, 'ended').then(([end]) => end)])
}

/** A client that channels connect to: gives the socket of the first one. */
async function outboundClient(): Promise<{ target: string; socket: Promise<Socket> }> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  opened.push(() => server.close())
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  const socket = new Promise<Socket>((resolve) =>
    server.once('connection', (accepted) => {
      opened.push(() => accepted.destroy())
      resolve(accepted)
    }),
  )
  return { target: `127.0.0.1:${port}`, socket }
}

async function receive(socket: Socket, until: RegExp): Promise<string> {
  let text = ''
  while (!until.test(text)) text += String((await once(socket, 'data'))[0])
  return text
}

describe('signing in', () => {
  it('takes the password, and no other', async () => {
    const client = new Client()
    expect(await client.wait('\n\n')).toBe('Content-Type: auth/request\n\n')
    expect(await client.ask('auth wrong', /goodbye/)).toContain(
      'Content-Type: command/reply\nReply-Text: -ERR invalid\n\n',
    )
    await client.ended
  })

  it('is over with the goodbye, whatever a stranger goes on to send', async () => {
    // It neither closes its half nor falls silent.
    const stranger = connect({ port: freeswitch.eventSocketPort, host: '127.0.0.1', allowHalfOpen: true })
    const closed = new Promise((resolve) => stranger.once('close', resolve))
    stranger.on('error', () => {}).resume()
    const chatter = setInterval(() => stranger.write('auth wrong\n\n'), 50)
    opened.push(() => {
      clearInterval(chatter)
      stranger.destroy()
    })
    await closed
  })

  it('is asked of a stranger who may hold no more of the memory than a command needs', async () => {
    const stranger = new Client()
    await stranger.wait('auth/request')
    stranger.socket.write(`x\nContent-Length: 1000000\n\n${'y'.repeat(8_192)}`)
    await stranger.ended
    expect(stranger.text).toContain('goodbye')
  })

  it('is possible however many connect and say nothing: the oldest of them give way', async () => {
    const strangers: Client[] = []
    for (let count = 0; count < 60; count++) {
      const stranger = new Client()
      await stranger.wait('auth/request')
      strangers.push(stranger)
    }
    await Promise.all(strangers.slice(0, 10).map(({ ended }) => ended))
    expect(strangers.slice(10).some(({ socket }) => socket.destroyed)).toBe(false)
    expect(freeswitch.eventSocket.clients).toBe(0)
    await signedIn()
    expect(freeswitch.eventSocket.clients).toBe(1)
  })

  it('is needed before any other command', async () => {
    const client = new Client()
    await client.wait('auth/request\n\n')
    client.socket.write('api status\n\nevent plain all\n\n')
    expect(await client.ask(`auth ${password}`)).toBe('Content-Type: command/reply\nReply-Text: +OK accepted\n\n')
  })
})

describe('commands', () => {
  it('are answered with the real server’s words', async () => {
    const client = await signedIn()
    for (const [command, reply] of [
      ['event json DTMF', '+OK event listener enabled json'],
      ['event plain NOTHING', '-ERR no keywords supplied'],
      ['nixevent DTMF', '+OK events nixed'],
      ['filter Unique-ID a', '+OK filter added. [Unique-ID]=[a]'],
      ['filter delete Unique-ID a', '+OK filter deleted. [Unique-ID][a]'],
      ['filter Unique-ID', '-ERR invalid syntax'],
      ['noevents', '+OK no longer listening for events'],
      ['noevents', '-ERR not listening for events'],
      ['linger', '-ERR not controlling a session'],
      ['connect', '-ERR command not found'],
      ['sendmsg nobody\ncall-command: hangup', '-ERR invalid session id [nobody]'],
      ['frobnicate', '-ERR command not found'],
      ['exit', '+OK bye'],
    ] as const) {
      expect(await client.ask(command)).toContain(`Content-Type: command/reply\nReply-Text: ${reply}\n\n`)
    }
    await client.ended
  })

  it('that come together are answered in order', async () => {
    const client = await signedIn()
    const text = await client.ask('api uuid_exists a\n\napi create_uuid\n\nfilter a b\n\napi version', /Version.*\n/)
    expect(text.match(/Content-Type: [a-z/]+/g)).toEqual([
      'Content-Type: api/response',
      'Content-Type: api/response',
      'Content-Type: command/reply',
      'Content-Type: api/response',
    ])
  })
})

describe('api over modesl', () => {
  it('says where the profile listens, as drachtio-fsmrf looks for it', async () => {
    const status = await api(await modesl(), 'sofia status')
    expect(/^\s*drachtio_mrf\s.*sip:mod_sofia@((?:[0-9]{1,3}\.){3}[0-9]{1,3}:\d+)/m.exec(status)?.[1]).toBe(
      `127.0.0.1:${freeswitch.sipPort}`,
    )
  })

  it.each([
    ['uuid_exists nobody', 'false'],
    ['uuid_kill nobody', '-ERR No such channel!\n'],
    ['uuid_break nobody', '-ERR No such channel!\n'],
    ['uuid_dump nobody', '-ERR No such channel!\n'],
    ['uuid_getvar nobody name', '-ERR No such channel!\n'],
    ['uuid_getvar nobody', '-USAGE: <uuid> <var>\n'],
    ['uuid_record nobody start /x', '-ERR Cannot locate session!\n'],
    ['uuid_send_dtmf nobody 1', '-ERR Cannot locate session!\n'],
    ['uuid_flush_dtmf nobody', '-ERR No such session\n'],
    ['uuid_set_media_stats nobody', '-ERR No such channel nobody!\n'],
    ['show channels as json', '{"row_count": 0}\n'],
    ['show channels', '\n0 total.\n'],
    ['global_getvar local_ip_v4', '127.0.0.1'],
    ['conference x list', '-ERR Conference x not found\n'],
    ['conference list', '+OK No active conferences.\n'],
    ['conference json_list', '[]'],
    ['uuid_broadcast nobody x', '-ERR invalid uuid\n'],
    ['nonsense a b', '-ERR nonsense Command not found!\n'],
  ])('answers "%s"', async (command, answer) => {
    expect(await api(await modesl(), command)).toBe(answer)
  })

  it('gives a background job its own event', async () => {
    const connection = await modesl()
    const event = await new Promise<ModeslEvent>((resolve) => connection.bgapi('uuid_exists nobody', resolve))
    expect(event.getBody()).toBe('false')
    expect(event.getHeader('Job-Command')).toBe('uuid_exists')
  })
})

describe('a channel', () => {
  it('is told from its beginning to its end, in order', async () => {
    const connection = await modesl()
    const told: string[] = []
    const over = Promise.withResolvers<void>()
    const names = [
      'CREATE',
      'CALLSTATE',
      'ANSWER',
      'EXECUTE',
      'EXECUTE_COMPLETE',
      'PARK',
      'HANGUP',
      'HANGUP_COMPLETE',
      'DESTROY',
    ]
    await new Promise((resolve) =>
      connection.subscribe(
        names.map((name) => `CHANNEL_${name}`),
        resolve,
      ),
    )
    connection.on('esl::event::**', (event) => {
      const name = event.getHeader('Event-Name')?.replace('CHANNEL_', '')
      if (name === undefined || !names.includes(name)) return
      told.push(
        name === 'CALLSTATE'
          ? (event.getHeader('Channel-Call-State') ?? '')
          : `${name} ${event.getHeader('Application') ?? ''}`.trim(),
      )
      if (name === 'DESTROY') over.resolve()
    })
    const { target, socket } = await outboundClient()
    await call({ 'X-esl-outbound': target })
    const client = await socket
    client.write('connect\n\n')
    await receive(client, /\n\n/)
    const [channel] = freeswitch.core.channels.values()
    expect(await api(connection, `uuid_kill ${channel?.uuid}`)).toBe('+OK\n')
    await over.promise
    expect(told).toEqual([
      'CREATE',
      'RINGING',
      'EXECUTE answer',
      'ANSWER',
      'ACTIVE',
      'EXECUTE_COMPLETE answer',
      'EXECUTE socket',
      'PARK',
      'HANGUP',
      'EXECUTE_COMPLETE socket',
      'HANGUP',
      'HANGUP_COMPLETE',
      'DESTROY',
    ])
  })

  it('tells its client who it is, and takes its commands', async () => {
    const { target, socket } = await outboundClient()
    await call({ 'X-esl-outbound': target, 'User-Agent': 'drachtio-fsmrf:abc', 'X-Attempt': 'a 1' })
    const client = await socket
    client.write('connect\n\n')
    const data = await receive(client, /\n\n/)
    const [channel] = freeswitch.core.channels.values()
    expect(data).toContain(`Channel-Unique-ID: ${channel?.uuid}\n`)
    expect(data).toContain('Event-Name: CHANNEL_DATA\n')
    expect(data).toContain('Content-Type: command/reply\n')
    expect(data).toContain('variable_sip_user_agent: drachtio-fsmrf%3Aabc\n')
    expect(data).toContain('variable_sip_h_X-Attempt: a%201\n')
    expect(data).toContain('Caller-Caller-ID-Name: Tester\n')
    client.write('getvar sip_call_id\n\n')
    expect(await receive(client, /\n\n/)).toContain(channel?.variables.get('sip_call_id'))
    client.write('myevents json\n\nsendmsg\ncall-command: execute\nexecute-app-name: set\nexecute-app-arg: a=1\n\n')
    expect(await receive(client, /CHANNEL_EXECUTE_COMPLETE/)).toContain('"variable_a":"1"')
  })

  it('says goodbye to its client when it ends', async () => {
    const { target, socket } = await outboundClient()
    await call({ 'X-esl-outbound': target })
    const client = await socket
    client.write('connect\n\n')
    await receive(client, /\n\n/)
    const [channel] = freeswitch.core.channels.values()
    client.write('sendmsg\ncall-command: hangup\nhangup-cause: CALL_REJECTED\n\n')
    expect(await receive(client, /Content-Disposition/)).toContain(
      `Content-Type: text/disconnect-notice\nControlled-Session-UUID: ${channel?.uuid}\nContent-Disposition: disconnect\n`,
    )
    await once(client, 'close')
    expect(channel?.hangupCause).toBe('CALL_REJECTED')
  })

  it('lingers when its client asks for it', async () => {
    const { target, socket } = await outboundClient()
    await call({ 'X-esl-outbound': target })
    const client = await socket
    client.write('connect\n\nlinger 5\n\nevent plain CHANNEL_DESTROY\n\n')
    await receive(client, /enabled plain/)
    const [channel] = freeswitch.core.channels.values()
    void channel?.hangUp('NORMAL_CLEARING')
    const text = await receive(client, /Event-Name: CHANNEL_DESTROY/)
    expect(text).toContain('Content-Disposition: linger\n')
  })

  it('is told by show channels, with its variables by uuid_getvar', async () => {
    const connection = await modesl()
    const { target, socket } = await outboundClient()
    await call({ 'X-esl-outbound': target })
    await socket
    const [channel] = freeswitch.core.channels.values()
    const shown = JSON.parse(await api(connection, 'show channels as json'))
    expect(shown).toMatchObject({
      row_count: 1,
      rows: [{ uuid: channel?.uuid, callstate: 'ACTIVE', read_codec: 'PCMA' }],
    })
    expect(await api(connection, `uuid_setvar ${channel?.uuid} name some text`)).toBe('+OK\n')
    expect(await api(connection, `uuid_setvar_multi ${channel?.uuid} a=1;b=2`)).toBe('+OK\n')
    expect(await api(connection, `uuid_getvar ${channel?.uuid} name`)).toBe('some text')
    expect(await api(connection, `uuid_getvar ${channel?.uuid} b`)).toBe('2')
    expect(await api(connection, `uuid_getvar ${channel?.uuid} none`)).toBe('_undef_')
    expect(JSON.parse(await api(connection, `uuid_dump ${channel?.uuid} json`))).toMatchObject({ variable_a: '1' })
  })

  it('executes what an inbound client sends it', async () => {
    const connection = await modesl()
    const { target, socket } = await outboundClient()
    const { phone } = await call({ 'X-esl-outbound': target })
    await socket
    const [channel] = freeswitch.core.channels.values()
    const done = await new Promise<ModeslEvent>((resolve) =>
      connection.execute('playback', 'tone_stream://%(100,0,500)', channel?.uuid ?? '', resolve),
    )
    expect(done.getHeader('Application-Response')).toBe('FILE PLAYED')
    await phone.until(() => phone.heard.length >= 5)
  })

  it('is refused to a stranger, whose address for the event socket is never called', async () => {
    const refused: unknown[] = []
    const guarded = await FreeSwitch.start({
      password,
      sipPeers: sipPeers('127.0.0.1/32'),
      onRefused: (kind, address) => refused.push([kind, address]),
    })
    opened.push(() => guarded.close())
    const { target, socket } = await outboundClient()
    const answer = await inviteFrom('127.0.0.9', guarded.sipPort, target)
    expect(answer).toMatchObject({ by: 'refused', status: 403 })
    expect(refused).toEqual([['media_peer', '127.0.0.9']])
    const own = await inviteFrom('127.0.0.1', guarded.sipPort, target)
    expect(own).toBe('answered')
    // The first to knock is the second call's.
    expect((await socket).destroyed).toBe(false)
    expect(guarded.core.sessions.total).toBe(1)
  })

  it('is refused without a client to wait for, and hung up when that client cannot be reached', async () => {
    const refused = await call({})
    expect((await refused.ended) as unknown[]).toMatchObject([{ by: 'refused', status: 404 }])
    const { target } = await outboundClient()
    await opened.pop()?.()
    const lost = await call({ 'X-esl-outbound': target })
    expect((await lost.ended) as unknown[]).toMatchObject([{ by: 'remote' }])
    expect(faults.splice(0)).toMatchObject([{ message: 'no client at the other end of a channel' }])
  })
})

describe('bad input', () => {
  it('ends the connection that sends it, and no other', async () => {
    const steady = await signedIn()
    const client = await signedIn()
    client.socket.write('api status\nContent-Length: -7\n\n')
    await client.ended
    expect(await steady.ask('api uuid_exists a', /false/)).toContain('false')
  })

  it('of any kind leaves the server answering', async () => {
    const word = fc.oneof(
      fc.string({ maxLength: 30 }),
      fc.constantFrom(
        ...'api bgapi sendmsg event nixevent filter delete myevents linger connect auth exit userauth log getvar'.split(
          ' ',
        ),
        ...'uuid_dump uuid_kill show channels as json sofia status create_uuid uuid_record version'.split(' '),
        ...[
          '\n',
          '\n\n',
          '\r\n',
          ': ',
          'Content-Length: 5',
          'Content-Length: 99999999',
          'call-command: execute',
          '\u0000',
          '%zz',
          '/[/',
        ],
      ),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 25 }), fc.boolean(), async (words, authenticated) => {
        const client = authenticated ? await signedIn() : new Client()
        client.socket.end(`${words.join(' ')}\n\n`)
        await client.ended
      }),
      { seed: 5, numRuns: 150 },
    )
    expect(await api(await modesl(), 'uuid_exists a')).toBe('false')
  })
})
