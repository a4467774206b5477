/** drachtio's port: signing in, frames, who is offered what, requests of applications, and the words of refusals. */
import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openPair, type Pair } from './pair.ts'
import { sipAddressOf } from './register-client.ts'
import { DrachtioClient } from './wire/drachtio-client.ts'
import { SipPeer } from './wire/sip-peer.ts'
import { answerTo, readSip, tagOf, writeSip } from './wire/sip-text.ts'

let pair: Pair
let peer: SipPeer
let address: { host: string; port: number }
const clients: DrachtioClient[] = []

beforeAll(async () => {
  pair = await openPair()
  address = await sipAddressOf(pair.drachtio)
})
beforeEach(async () => {
  peer = await SipPeer.open(address)
})
afterEach(async () => {
  // Taken back before the next test's requests: whoever the server still thinks of would be offered them.
  for (const client of clients.splice(0)) {
    if (!client.closed) await client.ask('remove_route', ['options'])
    client.close()
  }
  peer.close()
})
afterAll(async () => {
  await pair?.close()
})

async function signIn(options: { readonly tags?: string; readonly verbs?: readonly string[] } = {}) {
  const client = await DrachtioClient.signIn(pair.drachtio, options)
  clients.push(client)
  return client
}

async function reach() {
  const client = await DrachtioClient.reach(pair.drachtio)
  clients.push(client)
  return client
}

const to = () => `sip:peer@127.0.0.1:${peer.port}`
const options = (headers: readonly string[] = [], body = '') => writeSip(`OPTIONS ${to()} SIP/2.0`, headers, body)

describe('a frame', () => {
  test('that signs in is answered with where the server is reached, its version, and where it listens', async () => {
    const client = await reach()
    const { fields } = await client.ask('authenticate', [pair.drachtio.secret, 'one,two'])
    const places = /^(udp|tcp|ws)\/127\.0\.0\.1:\d+(,(udp|tcp|ws)\/127\.0\.0\.1:\d+)*$/
    expect(fields).toHaveLength(7)
    expect(fields[3]).toBe('OK')
    expect(fields[4]).toMatch(places)
    expect(fields[5]).toMatch(/^v0\.9\.10/)
    expect(fields[6]).toMatch(places)
  })

  test('that pings is answered with pong', async () => {
    expect((await (await signIn()).ask('ping')).fields.slice(3)).toEqual(['OK', 'pong'])
  })

  test('may come in pieces, and with others in one', async () => {
    const client = await signIn()
    const ids = [randomUUID(), randomUUID(), randomUUID()]
    const text = ids.map((id) => `41#${id}|ping`).join('')
    client.sendBytes(text.slice(0, 60))
    await client.until(() => client.frames.length === 1, 'the first answer')
    client.sendBytes(text.slice(60))
    await client.until(() => client.frames.length === 3, 'the others')
    expect(client.frames.map(({ fields }) => fields[2])).toEqual(ids)
  })

  test.each([
    ['of a type that is none', 'frobnicate', 'Unknown message type'],
    ['that is a proxy’s and lacks its fields', 'proxy', 'Invalid proxy request: not enough information provided'],
  ])('%s is refused, and ends the connection', async (_, type, reason) => {
    const client = await signIn()
    const { fields } = await client.ask(type, type === 'proxy' ? [] : ['x'])
    expect(fields.slice(3)).toEqual(['NO', reason])
    await client.gone()
  })

  test('without a type is refused, and ends the connection', async () => {
    const client = await signIn()
    client.send('just-a-word')
    await client.until(() => client.frames.length > 0, 'the refusal')
    expect(client.frames[0]?.fields.slice(1)).toEqual(['response', 'just-a-word', 'NO', 'Invalid message format'])
    await client.gone()
  })

  test('with an answer to no transaction is refused, and ends the connection', async () => {
    const client = await signIn()
    const { fields } = await client.ask('sip', ['', ''], 'SIP/2.0 200 OK\r\n\r\n')
    expect(fields.slice(3)).toEqual(['NO', 'transaction id missing'])
    await client.gone()
  })

  test.each([
    ['is no number', 'abc#'],
    ['has six digits', '123456#'],
  ])('whose length %s ends the connection without a word', async (_, bytes) => {
    const client = await signIn()
    client.sendBytes(bytes)
    await client.gone()
    expect(client.frames).toEqual([])
  })
})

describe('a request from outside', () => {
  const ask = () => {
    const dialog = peer.dial()
    dialog.send('OPTIONS')
    return dialog
  }

  test('that nobody wants gets 503', async () => {
    ask()
    await peer.answered(503, 'OPTIONS')
  })

  test('is offered with who sent it and where it came in, and answered', async () => {
    const client = await signIn({ verbs: ['options'] })
    const dialog = ask()
    const told = await client.requested('OPTIONS')
    expect(told).toMatchObject({
      source: 'network',
      protocol: 'udp',
      address: '127.0.0.1',
      port: String(peer.port),
      dialogId: '',
    })
    expect(told.transactionId).toMatch(/^[0-9a-f-]{36}$/)
    expect(told.message.get('Call-ID')).toBe(dialog.callId)
    const sent = await client.respond(told, answerTo(told.message, 404, 'Not here today'))
    expect(sent.verdict).toBe('OK')
    expect((await peer.answered(404)).startLine).toBe('SIP/2.0 404 Not here today')
  })

  test('is answered with the headers and the body that the application adds', async () => {
    const client = await signIn({ verbs: ['options'] })
    ask()
    const told = await client.requested('OPTIONS')
    await client.respond(
      told,
      answerTo(told.message, 200, 'OK', {
        headers: ['X-Colour: dark green', 'Content-Type: text/plain'],
        body: 'a body',
      }),
    )
    const answer = await peer.answered(200)
    expect([answer.get('X-Colour'), answer.get('Content-Type'), answer.body]).toEqual([
      'dark green',
      'text/plain',
      'a body',
    ])
    expect(tagOf(answer.get('To'))).not.toBe('')
  })

  test('is answered once', async () => {
    const client = await signIn({ verbs: ['options'] })
    ask()
    const told = await client.requested('OPTIONS')
    await client.respond(told, answerTo(told.message, 200, 'OK'))
    const again = await client.respond(told, answerTo(told.message, 200, 'OK'))
    expect([again.verdict, again.reason]).toEqual(['NOK', 'Response not sent due to unknown transaction'])
  })

  test('that comes again is not offered again, and has the same answer', async () => {
    const client = await signIn({ verbs: ['options'] })
    const text = peer.dial().send('OPTIONS')
    const told = await client.requested('OPTIONS')
    await client.respond(told, answerTo(told.message, 200, 'OK'))
    const first = await peer.answered(200)
    peer.send(text)
    expect((await peer.answered(200)).text).toBe(first.text)
    expect(client.frames).toEqual([])
  })

  test('is offered to one application after the other', async () => {
    const both = [await signIn({ verbs: ['options'] }), await signIn({ verbs: ['options'] })]
    for (let asked = 0; asked < 4; asked++) {
      ask()
      const client = await Promise.any(
        both.map((one) =>
          one.until(() => one.frames.some(({ message }) => message?.method === 'OPTIONS') && one, 'a turn'),
        ),
      )
      const told = await client.requested('OPTIONS')
      await client.respond(told, answerTo(told.message, 200, `by ${both.indexOf(client)}`))
    }
    const by: string[] = []
    for (let heard = 0; heard < 4; heard++) by.push((await peer.answered(200)).startLine.slice(-1))
    expect(by.filter((which) => which === '0')).toHaveLength(2)
    expect(by[0]).toBe(by[2])
  })

  test('is not offered to whoever has taken the method back, with which all methods go', async () => {
    const [gone, there] = [await signIn({ verbs: ['options', 'message'] }), await signIn({ verbs: ['options'] })]
    await gone.ask('remove_route', ['options'])
    for (let asked = 0; asked < 2; asked++) {
      ask()
      const told = await there.requested('OPTIONS')
      await there.respond(told, answerTo(told.message, 200, 'OK'))
      await peer.answered(200)
    }
    peer.dial().send('MESSAGE')
    await peer.answered(503, 'MESSAGE')
    expect(gone.frames).toEqual([])
  })

  test('is not offered to whoever is gone', async () => {
    const gone = await signIn({ verbs: ['options'] })
    const there = await signIn({ verbs: ['options'] })
    gone.close()
    await gone.gone()
    await there.ask('ping')
    for (let asked = 0; asked < 2; asked++) {
      ask()
      const told = await there.requested('OPTIONS')
      await there.respond(told, answerTo(told.message, 200, 'OK'))
      await peer.answered(200)
    }
  })

  test('is offered in turn whatever the tags of the applications, and to those that are left', async () => {
    const three: DrachtioClient[] = []
    for (const tags of ['ward', 'ward,night', '']) three.push(await signIn({ tags, verbs: ['options'] }))
    const taken = async () => {
      ask()
      const client = await Promise.any(
        three.map((one) =>
          one.until(() => one.frames.some(({ message }) => message?.method === 'OPTIONS') && one, 'a turn'),
        ),
      )
      const told = await client.requested('OPTIONS')
      await client.respond(told, answerTo(told.message, 200, 'OK'))
      await peer.answered(200)
      return three.indexOf(client)
    }
    const turns: number[] = []
    for (let asked = 0; asked < 6; asked++) turns.push(await taken())
    expect(turns.toSorted()).toEqual([0, 0, 1, 1, 2, 2])
    three[1]?.close()
    await three[1]?.gone()
    await three[0]?.ask('ping')
    const left = new Set<number>()
    for (let asked = 0; asked < 4; asked++) left.add(await taken())
    expect([...left].toSorted()).toEqual([0, 2])
  })

  test.each(['BYE', 'UPDATE', 'CANCEL'])('%s that belongs to nothing gets 481', async (method) => {
    const dialog = peer.dial()
    dialog.toTag = 'never-given'
    if (method === 'CANCEL') dialog.target = 'sip:app@127.0.0.1'
    dialog.send(method)
    await peer.answered(481)
  })

  test('INVITE inside a dialog that is not there gets 481, its ACK nothing', async () => {
    const client = await signIn({ verbs: ['invite'] })
    const dialog = peer.dial()
    dialog.toTag = 'never-given'
    dialog.send('INVITE')
    await peer.answered(481)
    dialog.send('ACK')
    await client.ask('ping')
    expect(client.frames).toEqual([])
  })
})

describe('a request of an application', () => {
  test('leaves with what it needs, and its answer comes back under the number it was given', async () => {
    const client = await signIn()
    const sent = await client.request(options(['X-Colour: dark green']))
    expect(sent.verdict).toBe('OK')
    expect(sent.transactionId).toMatch(/^[0-9a-f-]{36}$/)
    const request = await peer.requested('OPTIONS')
    expect(request.get('Via')).toMatch(/^SIP\/2\.0\/UDP 127\.0\.0\.1:\d+;/)
    expect(request.get('Max-Forwards')).toBe('70')
    expect(request.get('To')).toBe(`<${to()}>`)
    expect(tagOf(request.get('From'))).not.toBe('')
    expect(request.get('CSeq')).toMatch(/^\d+ OPTIONS$/)
    expect(request.get('X-Colour')).toBe('dark green')
    expect(readSip(sent.message?.text ?? '').get('Call-ID')).toBe(request.get('Call-ID'))
    peer.answer(request, 200, 'OK')
    expect(await client.answered(200)).toMatchObject({ transactionId: sent.transactionId, source: 'network' })
  })

  test('keeps the names it gives itself, and has localhost replaced', async () => {
    const client = await signIn()
    const mine = [
      'From: "Ward 3" <sip:ward@localhost>;tag=mine',
      'To: <sip:you@there>',
      'Call-ID: my-own-call',
      'CSeq: 41 OPTIONS',
    ]
    await client.request(options(mine))
    const request = await peer.requested('OPTIONS')
    expect(request.get('From')).toMatch(/^"Ward 3" ?<sip:ward@127\.0\.0\.1(:\d+)?>;tag=mine$/)
    expect([request.get('To'), request.get('Call-ID'), request.get('CSeq')]).toEqual([
      '<sip:you@there>',
      'my-own-call',
      '41 OPTIONS',
    ])
    peer.answer(request, 200, 'OK')
    await client.answered(200)
  })

  test('does not choose Via and Record-Route', async () => {
    const client = await signIn()
    await client.request(options(['Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKmine', 'Record-Route: <sip:192.0.2.1;lr>']))
    const request = await peer.requested('OPTIONS')
    expect(request.all('Via')).toHaveLength(1)
    expect(request.get('Via')).not.toContain('192.0.2.1')
    expect(request.get('Record-Route')).toBeUndefined()
    peer.answer(request, 200, 'OK')
  })

  test('goes to the proxy that is named beside it', async () => {
    const client = await signIn()
    const sip = writeSip('OPTIONS sip:far@192.0.2.1 SIP/2.0', [])
    await client.ask('sip', ['', '', `sip:127.0.0.1:${peer.port}`], sip)
    const request = await peer.requested('OPTIONS')
    expect(request.startLine).toBe('OPTIONS sip:far@192.0.2.1 SIP/2.0')
    peer.answer(request, 200, 'OK')
  })

  test('may have a body that has a type, or is a session description', async () => {
    const client = await signIn()
    await client.request(options(['Content-Type: text/plain'], 'hello'))
    const typed = await peer.requested('OPTIONS')
    expect([typed.get('Content-Type'), typed.body]).toEqual(['text/plain', 'hello'])
    peer.answer(typed, 200, 'OK')
    const bare = writeSip(`OPTIONS ${to()} SIP/2.0`, []).replace('Content-Length: 0\r\n\r\n', '\r\nv=0\r\n')
    await client.request(bare)
    const described = await peer.requested('OPTIONS')
    expect(described.get('Content-Type')).toBe('application/sdp')
    peer.answer(described, 200, 'OK')
  })

  test('with another body that nobody has named is refused', async () => {
    const client = await signIn()
    const { verdict, reason } = await client.request(options([], 'hello'))
    expect([verdict, reason]).toEqual(['NOK', 'missing content-type'])
  })

  test('to nowhere is refused', async () => {
    const client = await signIn()
    const { verdict, reason } = await client.request(writeSip('OPTIONS not-a-uri SIP/2.0', []))
    expect(verdict).toBe('NOK')
    expect(reason).toMatch(/^invalid request-uri/)
  })

  test('leaves over UDP however long it is, as drachtio’s limits are', async () => {
    const client = await signIn()
    const long = 'x'.repeat(4_000)
    await client.request(options([`X-Long: ${long}`]))
    const request = await peer.requested('OPTIONS')
    expect([request.get('X-Long'), request.get('Via')?.slice(0, 11)]).toEqual([long, 'SIP/2.0/UDP'])
    peer.answer(request, 200, 'OK', { headers: [`X-Long: ${long}`] })
    expect((await client.answered(200)).message.get('X-Long')).toBe(long)
  })

  test('by a way that the server does not have is refused', async () => {
    const client = await signIn()
    const { verdict, reason } = await client.request(writeSip('OPTIONS sip:far@192.0.2.1;transport=tls SIP/2.0', []))
    expect([verdict, reason]).toEqual(['NOK', 'requested protocol/transport not available'])
  })

  test('inside a dialog that is not there is refused in words that clients look for', async () => {
    const client = await signIn()
    const { verdict, reason } = await client.request(writeSip('INFO sip:placeholder SIP/2.0', []), { dialogId: 'nope' })
    expect([verdict, reason]).toEqual(['NOK', 'Server error: unable to find dialog for dialog id provided'])
  })

  test('CANCEL of nothing is refused', async () => {
    const client = await signIn()
    const { verdict, reason } = await client.ask('sip', ['nope', ''], writeSip('CANCEL sip:x SIP/2.0', []))
    expect([verdict, reason]).toEqual(['NOK', 'unable to cancel unknown transaction id: nope'])
  })

  test('REGISTER, MESSAGE, NOTIFY, SUBSCRIBE, PUBLISH, INFO and REFER leave outside dialogs, too', async () => {
    const client = await signIn()
    const types: Record<string, readonly string[]> = {
      MESSAGE: ['Content-Type: text/plain'],
      NOTIFY: ['Event: test', 'Subscription-State: active'],
      PUBLISH: ['Event: test'],
      REFER: ['Refer-To: <sip:other@127.0.0.1>'],
      SUBSCRIBE: ['Event: test', 'Expires: 60'],
    }
    for (const method of ['REGISTER', 'MESSAGE', 'NOTIFY', 'SUBSCRIBE', 'PUBLISH', 'INFO', 'REFER']) {
      const sent = await client.request(
        writeSip(`${method} ${to()} SIP/2.0`, types[method] ?? [], method === 'MESSAGE' ? 'hello' : ''),
      )
      expect([method, sent.verdict]).toEqual([method, 'OK'])
      const request = await peer.requested(method)
      peer.answer(request, 403, 'Forbidden')
      expect((await client.answered(403, method)).transactionId).toBe(sent.transactionId)
    }
  })
})
