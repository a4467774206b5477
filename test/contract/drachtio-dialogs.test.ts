/** Dialogs through drachtio’s port: both ways of making one, every method inside, cancelling, forks, repeats and ends. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openPair, type Pair } from './pair.ts'
import { sipAddressOf } from './register-client.ts'
import { DrachtioClient } from './wire/drachtio-client.ts'
import { anSdp, type PeerDialog, SipPeer } from './wire/sip-peer.ts'
import { answerTo, type SipText, tagOf, uriOf, writeSip } from './wire/sip-text.ts'

let pair: Pair
let address: { host: string; port: number }
let peer: SipPeer
let client: DrachtioClient

beforeAll(async () => {
  pair = await openPair()
  address = await sipAddressOf(pair.drachtio)
  client = await DrachtioClient.signIn(pair.drachtio, { verbs: ['invite', 'subscribe'] })
})
beforeEach(async () => {
  peer = await SipPeer.open(address)
  client.frames.length = 0
})
afterEach(() => peer.close())
afterAll(async () => {
  client?.close()
  await pair?.close()
})

const to = () => `sip:peer@127.0.0.1:${peer.port}`
const invite = () => client.request(writeSip(`INVITE ${to()} SIP/2.0`, [], anSdp))
const inside = (method: string, dialogId: string, headers: readonly string[] = [], body = '') =>
  client.request(writeSip(`${method} sip:placeholder SIP/2.0`, headers, body), { dialogId })

/** A request from the network outside or inside a dialog, answered by the application. */
async function answerNext(method: string, status: number, reason: string, body = '') {
  const told = await client.requested(method)
  const sent = await client.respond(told, answerTo(told.message, status, reason, { body }))
  return { told, sent }
}

/** A call that the application has placed and the peer has answered. */
async function placed({ tag = 'peer-tag', headers = [] as readonly string[] } = {}) {
  const sent = await invite()
  const request = await peer.requested('INVITE')
  peer.answer(request, 200, 'OK', { body: anSdp, tag, headers })
  const { dialogId } = await client.answered(200, 'INVITE')
  await inside('ACK', dialogId)
  const ack = await peer.requested('ACK')
  return { sent, request, dialogId, ack }
}

/** A request of the peer inside a call that the application has placed. */
function fromPeer(request: SipText, method: string, cseq: number, headers: readonly string[] = [], body = ''): string {
  const text = writeSip(
    `${method} ${uriOf(request.get('Contact'))} SIP/2.0`,
    [
      `Via: SIP/2.0/UDP 127.0.0.1:${peer.port};branch=z9hG4bK${method}${cseq}${Math.random()};rport`,
      'Max-Forwards: 70',
      `From: ${request.get('To')};tag=peer-tag`,
      `To: ${request.get('From')}`,
      `Call-ID: ${request.get('Call-ID')}`,
      `CSeq: ${cseq} ${method}`,
      `Contact: <${peer.contact}>`,
      ...headers,
    ],
    body,
  )
  peer.send(text)
  return text
}

/** A call that the peer has placed and the application has answered. */
async function taken(headers: readonly string[] = []): Promise<{ dialog: PeerDialog; dialogId: string; ok: SipText }> {
  const dialog = peer.dial()
  dialog.send('INVITE', { body: anSdp, headers })
  const { sent } = await answerNext('INVITE', 200, 'OK', anSdp)
  const ok = dialog.learn(await peer.answered(200, 'INVITE'))
  dialog.send('ACK')
  await client.requested('ACK')
  return { dialog, dialogId: sent.dialogId, ok }
}

async function hangUp(dialogId: string): Promise<void> {
  await inside('BYE', dialogId)
  peer.answer(await peer.requested('BYE'), 200, 'OK')
  await client.answered(200, 'BYE')
}

describe('a call that an application places', () => {
  test('rings, is answered and acknowledged under one dialog', async () => {
    const sent = await invite()
    const request = await peer.requested('INVITE')
    expect(request.get('Contact')).toMatch(/^<sip:127\.0\.0\.1:\d+/)
    peer.answer(request, 180, 'Ringing')
    const ringing = await client.answered(180)
    peer.answer(request, 200, 'OK', { body: anSdp })
    const answered = await client.answered(200, 'INVITE')
    expect([ringing.transactionId, answered.transactionId]).toEqual([sent.transactionId, sent.transactionId])
    expect(answered.dialogId).toBe(ringing.dialogId)
    expect(answered.message.body).toBe(anSdp)
    const acked = await inside('ACK', answered.dialogId)
    expect(acked.verdict).toBe('OK')
    const ack = await peer.requested('ACK')
    expect(ack.startLine).toBe(`ACK ${peer.contact} SIP/2.0`)
    expect(ack.get('CSeq')).toBe(request.get('CSeq')?.replace('INVITE', 'ACK'))
    expect(tagOf(ack.get('To'))).toBe('peer-tag')
    await hangUp(answered.dialogId)
  })

  test('that is refused is acknowledged by the server, and an ACK of the application is refused', async () => {
    await invite()
    const request = await peer.requested('INVITE')
    peer.answer(request, 486, 'Busy Here')
    const refused = await client.answered(486)
    const ack = await peer.requested('ACK')
    expect(ack.startLine).toBe(request.startLine.replace('INVITE', 'ACK'))
    expect(ack.get('Via')).toBe(request.get('Via'))
    const { verdict, reason } = await inside('ACK', refused.dialogId)
    expect([verdict, reason]).toEqual([
      'NOK',
      'Server error: ACK for non-success final response is automatically generated by server',
    ])
  })

  test('that is sent elsewhere is told with where', async () => {
    await invite()
    peer.answer(await peer.requested('INVITE'), 302, 'Moved', { headers: ['X-Why: away'] })
    const moved = await client.answered(302)
    expect(moved.message.get('X-Why')).toBe('away')
  })

  test('is cancelled once it has rung, under a number of its own', async () => {
    const sent = await invite()
    const request = await peer.requested('INVITE')
    peer.answer(request, 180, 'Ringing')
    await client.answered(180)
    const cancelled = await client.ask('sip', [sent.transactionId, ''], writeSip('CANCEL sip:placeholder SIP/2.0', []))
    expect(cancelled.verdict).toBe('OK')
    expect(cancelled.transactionId).not.toBe(sent.transactionId)
    const cancel = await peer.requested('CANCEL')
    expect(cancel.get('Via')).toBe(request.get('Via'))
    peer.answer(cancel, 200, 'OK')
    peer.answer(request, 487, 'Request Terminated')
    expect((await client.answered(487)).transactionId).toBe(sent.transactionId)
    await peer.requested('ACK')
    expect(client.frames).toEqual([])
  })

  test('is cancelled only when something has been heard', async () => {
    const sent = await invite()
    const request = await peer.requested('INVITE')
    const cancelled = await client.ask('sip', [sent.transactionId, ''], writeSip('CANCEL sip:placeholder SIP/2.0', []))
    expect(cancelled.verdict).toBe('OK')
    expect(peer.received.filter(({ method }) => method === 'CANCEL')).toEqual([])
    peer.answer(request, 180, 'Ringing')
    const cancel = await peer.requested('CANCEL')
    peer.answer(cancel, 200, 'OK')
    peer.answer(request, 487, 'Request Terminated')
    await client.answered(487)
  })

  test('whose answer comes again is acknowledged again by the server, and told once', async () => {
    const { request, ack, dialogId } = await placed()
    peer.answer(request, 200, 'OK', { body: anSdp })
    expect((await peer.requested('ACK')).get('CSeq')).toBe(ack.get('CSeq'))
    await client.ask('ping')
    expect(client.frames).toEqual([])
    await hangUp(dialogId)
  })

  test('follows the route that its answer has recorded', async () => {
    const route = `<sip:127.0.0.1:${peer.port};lr>`
    const { ack, dialogId } = await placed({ headers: [`Record-Route: ${route}`] })
    expect(ack.get('Route')).toBe(route)
    await inside('INFO', dialogId)
    const info = await peer.requested('INFO')
    expect([info.startLine, info.get('Route')]).toEqual([`INFO ${peer.contact} SIP/2.0`, route])
    peer.answer(info, 200, 'OK')
    await client.answered(200, 'INFO')
    await hangUp(dialogId)
  })

  test('is ended by the far end, and is then gone', async () => {
    const { request, dialogId } = await placed()
    fromPeer(request, 'BYE', 7, ['Reason: Q.850;cause=16'])
    const { told } = await answerNext('BYE', 200, 'OK')
    expect([told.dialogId, told.message.get('Reason')]).toEqual([dialogId, 'Q.850;cause=16'])
    await peer.answered(200, 'BYE')
    expect((await inside('INFO', dialogId)).reason).toBe('Server error: unable to find dialog for dialog id provided')
  })

  test('is up until its BYE has been answered', async () => {
    const { dialogId } = await placed()
    await inside('BYE', dialogId)
    const bye = await peer.requested('BYE')
    expect((await inside('INFO', dialogId)).verdict).toBe('OK')
    peer.answer(await peer.requested('INFO'), 200, 'OK')
    peer.answer(bye, 200, 'OK')
    await client.answered(200, 'BYE')
    expect((await inside('INFO', dialogId)).verdict).toBe('NOK')
  })

  test('is still up when its BYE is challenged', async () => {
    const { dialogId } = await placed()
    await inside('BYE', dialogId)
    peer.answer(await peer.requested('BYE'), 407, 'Proxy Authentication Required', {
      headers: ['Proxy-Authenticate: Digest realm="x", nonce="y"'],
    })
    await client.answered(407, 'BYE')
    await inside('BYE', dialogId, ['Proxy-Authorization: Digest username="a"'])
    const again = await peer.requested('BYE')
    expect(again.get('Proxy-Authorization')).toBe('Digest username="a"')
    peer.answer(again, 200, 'OK')
    await client.answered(200, 'BYE')
  })

  test('may be asked for again with credentials, in the same call', async () => {
    await invite()
    const first = await peer.requested('INVITE')
    peer.answer(first, 401, 'Unauthorized', { headers: ['WWW-Authenticate: Digest realm="x", nonce="y"'] })
    await client.answered(401)
    await peer.requested('ACK')
    const number = Number.parseInt(first.get('CSeq') ?? '', 10)
    const mine = [`Call-ID: ${first.get('Call-ID')}`, `From: ${first.get('From')}`, `CSeq: ${number + 1} INVITE`]
    await client.request(writeSip(`INVITE ${to()} SIP/2.0`, [...mine, 'Authorization: Digest username="a"'], anSdp))
    const second = await peer.requested('INVITE')
    expect([second.get('Call-ID'), second.get('From'), second.get('CSeq')]).toEqual([
      first.get('Call-ID'),
      first.get('From'),
      `${number + 1} INVITE`,
    ])
    peer.answer(second, 200, 'OK', { body: anSdp })
    const { dialogId } = await client.answered(200, 'INVITE')
    await inside('ACK', dialogId)
    await peer.requested('ACK')
    await hangUp(dialogId)
  })
})

const methods = [
  ['INFO', ['Content-Type: text/plain'], 'hello'],
  ['MESSAGE', ['Content-Type: text/plain'], 'hello'],
  ['OPTIONS', [], ''],
  ['NOTIFY', ['Event: test', 'Subscription-State: active'], ''],
  ['REFER', ['Refer-To: <sip:other@127.0.0.1>'], ''],
  ['UPDATE', [], anSdp],
] as const

describe('inside a call', () => {
  test('the application’s requests go to the far end’s Contact, numbered, and their answers come back', async () => {
    const { request, dialogId } = await placed()
    let last = Number.parseInt(request.get('CSeq') ?? '', 10)
    for (const [method, headers, body] of methods) {
      const sent = await inside(method, dialogId, headers, body)
      const arrived = await peer.requested(method)
      expect(arrived.startLine).toBe(`${method} ${peer.contact} SIP/2.0`)
      expect([arrived.get('Call-ID'), arrived.get('From'), tagOf(arrived.get('To')), arrived.body]).toEqual([
        request.get('Call-ID'),
        request.get('From'),
        'peer-tag',
        body,
      ])
      const number = Number.parseInt(arrived.get('CSeq') ?? '', 10)
      expect(number).toBe(last + 1)
      last = number
      peer.answer(arrived, 202, 'Accepted')
      const answered = await client.answered(202, method)
      expect([answered.transactionId, answered.dialogId]).toEqual([sent.transactionId, dialogId])
    }
    await hangUp(dialogId)
  })

  test('the far end’s requests come with the dialog, and are answered', async () => {
    const { request, dialogId } = await placed()
    for (const [at, [method, headers, body]] of methods.entries()) {
      fromPeer(request, method, 20 + at, headers, body)
      const { told, sent } = await answerNext(method, 202, `Accepted ${method}`)
      expect([told.dialogId, told.message.body, sent.verdict]).toEqual([dialogId, body, 'OK'])
      expect((await peer.answered(202, method)).startLine).toBe(`SIP/2.0 202 Accepted ${method}`)
    }
    await hangUp(dialogId)
  })

  test('the application may describe the session anew', async () => {
    const { request, dialogId } = await placed()
    await inside('INVITE', dialogId, [], anSdp.replace('1 1', '1 2'))
    const again = await peer.requested('INVITE')
    expect([again.get('Call-ID'), tagOf(again.get('To'))]).toEqual([request.get('Call-ID'), 'peer-tag'])
    peer.answer(again, 200, 'OK', { body: anSdp })
    const answered = await client.answered(200, 'INVITE')
    expect(answered.dialogId).toBe(dialogId)
    await inside('ACK', dialogId)
    expect((await peer.requested('ACK')).get('CSeq')).toBe(again.get('CSeq')?.replace('INVITE', 'ACK'))
    await hangUp(dialogId)
  })

  test('so may the far end, and its ACK is told', async () => {
    const { request, dialogId } = await placed()
    fromPeer(request, 'INVITE', 31, [], anSdp)
    const { told } = await answerNext('INVITE', 200, 'OK', anSdp)
    expect(told.dialogId).toBe(dialogId)
    const ok = await peer.answered(200, 'INVITE')
    expect(ok.body).toBe(anSdp)
    fromPeer(request, 'ACK', 31)
    expect((await client.requested('ACK')).dialogId).toBe(dialogId)
    await hangUp(dialogId)
  })

  test('a new description that is refused leaves the call up', async () => {
    const { dialogId } = await placed()
    await inside('INVITE', dialogId, [], anSdp)
    peer.answer(await peer.requested('INVITE'), 491, 'Request Pending')
    await client.answered(491)
    await peer.requested('ACK')
    await hangUp(dialogId)
  })

  test('a request that came once is not told twice', async () => {
    const { request, dialogId } = await placed()
    const text = fromPeer(request, 'INFO', 41)
    await answerNext('INFO', 200, 'OK')
    await peer.answered(200, 'INFO')
    peer.send(text)
    await peer.answered(200, 'INFO')
    expect(client.frames).toEqual([])
    await hangUp(dialogId)
  })
})

describe('a call that comes in', () => {
  test('has 100 before the application has said a word, and its dialog with the first answer', async () => {
    const dialog = peer.dial()
    dialog.send('INVITE', { body: anSdp })
    await peer.answered(100)
    const told = await client.requested('INVITE')
    expect(told.dialogId).toBe('')
    const ringing = await client.respond(told, answerTo(told.message, 180, 'Ringing'))
    expect(ringing.dialogId).not.toBe('')
    const ring = await peer.answered(180)
    const answered = await client.respond(told, answerTo(told.message, 200, 'OK', { body: anSdp }))
    expect(answered.dialogId).toBe(ringing.dialogId)
    const ok = dialog.learn(await peer.answered(200))
    expect(tagOf(ok.get('To'))).toBe(tagOf(ring.get('To')))
    expect(ok.get('Contact')).toMatch(/^<sip:127\.0\.0\.1:\d+/)
    expect(ok.get('Content-Type')).toBe('application/sdp')
    dialog.send('ACK')
    expect((await client.requested('ACK')).dialogId).toBe(answered.dialogId)
    await hangUp(answered.dialogId)
  })

  test('that comes again before it is answered is not told twice', async () => {
    const dialog = peer.dial()
    const text = dialog.send('INVITE', { body: anSdp })
    const told = await client.requested('INVITE')
    peer.send(text)
    await peer.answered(100)
    await client.ask('ping')
    expect(client.frames).toEqual([])
    await client.respond(told, answerTo(told.message, 480, 'Temporarily Unavailable'))
    await peer.answered(480)
    dialog.send('ACK')
  })

  test('is answered again and again until its ACK comes', async () => {
    const dialog = peer.dial()
    dialog.send('INVITE', { body: anSdp })
    const { sent } = await answerNext('INVITE', 200, 'OK', anSdp)
    const ok = dialog.learn(await peer.answered(200))
    expect((await peer.answered(200)).text).toBe(ok.text)
    dialog.send('ACK')
    await client.requested('ACK')
    await hangUp(sent.dialogId)
  })

  test('that is called off before it has rung is told under the INVITE’s number, without a dialog', async () => {
    const dialog = peer.dial()
    dialog.send('INVITE', { body: anSdp })
    const told = await client.requested('INVITE')
    await peer.answered(100)
    dialog.send('CANCEL')
    const cancel = await client.requested('CANCEL')
    expect([cancel.transactionId, cancel.dialogId]).toEqual([told.transactionId, ''])
    await peer.answered(200, 'CANCEL')
    await peer.answered(487, 'INVITE')
    dialog.send('ACK')
    const late = await client.respond(told, answerTo(told.message, 200, 'OK', { body: anSdp }))
    expect([late.verdict, late.reason]).toEqual(['NOK', 'Response not sent due to unknown transaction'])
  })

  test('that is called off while it rings is told with its dialog', async () => {
    const dialog = peer.dial()
    dialog.send('INVITE', { body: anSdp })
    const { told, sent } = await answerNext('INVITE', 180, 'Ringing')
    await peer.answered(180)
    dialog.send('CANCEL')
    const cancel = await client.requested('CANCEL')
    expect([cancel.transactionId, cancel.dialogId]).toEqual([told.transactionId, sent.dialogId])
    await peer.answered(200, 'CANCEL')
    await peer.answered(487, 'INVITE')
    dialog.send('ACK')
  })

  test('is refused in the application’s words', async () => {
    const dialog = peer.dial()
    dialog.send('INVITE', { body: anSdp })
    const told = await client.requested('INVITE')
    await client.respond(told, answerTo(told.message, 603, 'Not today', { headers: ['Retry-After: 60'] }))
    const refused = await peer.answered(603)
    expect([refused.startLine, refused.get('Retry-After')]).toEqual(['SIP/2.0 603 Not today', '60'])
    dialog.send('ACK')
  })

  test('has the route that it came by in its answer and in what the application sends', async () => {
    const route = `<sip:127.0.0.1:${peer.port};lr>`
    const { dialogId, ok } = await taken([`Record-Route: ${route}`])
    expect(ok.get('Record-Route')).toBe(route)
    await inside('INFO', dialogId)
    const info = await peer.requested('INFO')
    expect(info.get('Route')).toBe(route)
    peer.answer(info, 200, 'OK')
    await hangUp(dialogId)
  })

  test('keeps the header names and values that the caller chose', async () => {
    const dialog = peer.dial()
    dialog.send('INVITE', { body: anSdp, headers: ['X-Ward: 3', 'X-Ward: 4', 'Subject: dark green'] })
    const { told } = await answerNext('INVITE', 486, 'Busy Here')
    expect([told.message.all('X-Ward'), told.message.get('Subject')]).toEqual([['3', '4'], 'dark green'])
    await peer.answered(486)
    dialog.send('ACK')
  })

  test('is ended by the application, whose BYE says why', async () => {
    const { dialogId } = await taken()
    await inside('BYE', dialogId, ['Reason: Q.850;cause=16'])
    const bye = await peer.requested('BYE')
    expect([bye.startLine, bye.get('Reason')]).toEqual([`BYE ${peer.contact} SIP/2.0`, 'Q.850;cause=16'])
    peer.answer(bye, 200, 'OK')
    await client.answered(200, 'BYE')
  })

  test('is ended by the caller', async () => {
    const { dialog, dialogId } = await taken()
    dialog.send('BYE')
    const { told } = await answerNext('BYE', 200, 'OK')
    expect(told.dialogId).toBe(dialogId)
    await peer.answered(200, 'BYE')
  })

  test('keeps its place when the caller moves', async () => {
    const { dialog, dialogId } = await taken()
    dialog.send('INVITE', { body: anSdp, headers: [] })
    await answerNext('INVITE', 200, 'OK', anSdp)
    await peer.answered(200, 'INVITE')
    dialog.send('ACK')
    expect((await client.requested('ACK')).dialogId).toBe(dialogId)
    await hangUp(dialogId)
  })
})

describe('a call of an application that has gone', () => {
  test('is known to another by its id, which ends it', async () => {
    const first = await DrachtioClient.signIn(pair.drachtio)
    await first.request(writeSip(`INVITE ${to()} SIP/2.0`, [], anSdp))
    peer.answer(await peer.requested('INVITE'), 200, 'OK', { body: anSdp })
    const { dialogId } = await first.answered(200, 'INVITE')
    await first.request(writeSip('ACK sip:placeholder SIP/2.0', []), { dialogId })
    await peer.requested('ACK')
    first.close()
    await first.gone()
    await hangUp(dialogId)
  })
})

describe('a subscription', () => {
  test('is a dialog, and ends with the NOTIFY that says so', async () => {
    const dialog = peer.dial()
    dialog.send('SUBSCRIBE', { headers: ['Event: test', 'Expires: 60'] })
    const { sent } = await answerNext('SUBSCRIBE', 202, 'Accepted')
    dialog.learn(await peer.answered(202))
    expect(sent.dialogId).not.toBe('')
    await inside('NOTIFY', sent.dialogId, ['Event: test', 'Subscription-State: active'])
    peer.answer(await peer.requested('NOTIFY'), 200, 'OK')
    await client.answered(200, 'NOTIFY')
    await inside('NOTIFY', sent.dialogId, ['Event: test', 'Subscription-State: terminated'])
    peer.answer(await peer.requested('NOTIFY'), 200, 'OK')
    await client.answered(200, 'NOTIFY')
    expect((await inside('NOTIFY', sent.dialogId, ['Event: test'])).verdict).toBe('NOK')
  })
})
