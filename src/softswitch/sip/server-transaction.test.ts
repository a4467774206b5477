import { describe, expect, test } from 'vitest'
import { HandNetwork } from '../../../test/harness/sip-network.ts'
import { InviteServerTransaction, type ServerTransaction } from './server-transaction.ts'
import { SipHeaders } from './sip-headers.ts'
import { SipRequest } from './sip-message.ts'

/** An endpoint at 6000 that keeps what it is asked, and at 5000 a peer that sends what the test writes. */
async function world() {
  const network = new HandNetwork()
  const endpoint = await network.endpoint(6000)
  const asked: ServerTransaction[] = []
  endpoint.user = { onRequest: (transaction) => void asked.push(transaction) }
  const peer = network.side(5000)
  const send = (message: SipRequest) => peer.send(message.toBuffer(), { address: '10.0.0.1', port: 6000 })
  const invite = () => {
    const transaction = asked[0]
    if (!(transaction instanceof InviteServerTransaction)) throw new Error('no INVITE came')
    return transaction
  }
  return { network, endpoint, asked, send, invite, clock: network.clock }
}

function request(method: string, options: { branch?: string; toTag?: string; seq?: number } = {}): SipRequest {
  const { branch = 'z9hG4bK1', toTag, seq = 1 } = options
  return new SipRequest(
    method,
    'sip:b@10.0.0.1:6000',
    SipHeaders.of({
      Via: `SIP/2.0/UDP 10.0.0.1:5000;branch=${branch};rport`,
      'Max-Forwards': 70,
      From: '<sip:a@10.0.0.1>;tag=a',
      To: `<sip:b@10.0.0.1>${toTag === undefined ? '' : `;tag=${toTag}`}`,
      'Call-ID': 'call',
      CSeq: `${seq} ${method}`,
    }),
  )
}

describe('INVITE', () => {
  test('gets 100 at once and again when it is repeated, and is told once', async () => {
    const { network, send, asked, clock } = await world()
    send(request('INVITE'))
    await clock.advance(100)
    send(request('INVITE'))
    await clock.advance(100)
    expect(network.lines().filter((line) => line.startsWith('6000'))).toEqual(['6000: 100 Trying', '6000: 100 Trying'])
    expect(asked).toHaveLength(1)
  })

  test('the last provisional answer is what a repeated INVITE gets', async () => {
    const { network, send, invite, clock } = await world()
    send(request('INVITE'))
    await clock.advance(10)
    invite().reply(180)
    send(request('INVITE'))
    await clock.advance(10)
    expect(network.lines().at(-1)).toBe('6000: 180 Ringing')
  })

  test('a refusal repeats up to T2 until 64 T1, and its ACK stops it (timers G, H, I)', async () => {
    const { network, endpoint, send, invite, clock } = await world()
    send(request('INVITE'))
    await clock.advance(10)
    invite().reply(486)
    await clock.advance(12_000)
    expect(network.times(6000, 'SIP/2.0 486').map((at) => at - 10)).toEqual([0, 500, 1500, 3500, 7500, 11_500])
    send(request('ACK', { toTag: invite().localTag }))
    await clock.advance(4_000)
    expect(network.times(6000, 'SIP/2.0 486')).toHaveLength(6)
    await clock.advance(2_000)
    expect(endpoint.transactionCount).toBe(0)
  })

  test('a refusal nobody acknowledges is given up after 64 T1', async () => {
    const { endpoint, send, invite, clock } = await world()
    send(request('INVITE'))
    await clock.advance(10)
    const done: boolean[] = []
    invite().user = { onRefusalDone: (acknowledged) => void done.push(acknowledged) }
    invite().reply(404)
    await clock.advance(33_000)
    expect(done).toEqual([false])
    expect(endpoint.transactionCount).toBe(0)
  })

  test('a 200 repeats up to T2 until its ACK, which comes on a branch of its own', async () => {
    const { network, send, invite, clock } = await world()
    send(request('INVITE'))
    await clock.advance(10)
    const acks: string[] = []
    invite().user = { onAck: (ack) => void acks.push(ack.method) }
    invite().reply(200)
    await clock.advance(8_000)
    expect(network.times(6000, 'SIP/2.0 200').map((at) => at - 10)).toEqual([0, 500, 1500, 3500, 7500])
    send(request('ACK', { branch: 'z9hG4bK2', toTag: invite().localTag }))
    send(request('ACK', { branch: 'z9hG4bK2', toTag: invite().localTag }))
    await clock.advance(30_000)
    expect(network.times(6000, 'SIP/2.0 200')).toHaveLength(5)
    expect(acks).toEqual(['ACK'])
    expect(invite().user, 'an acknowledged call is not held by its INVITE').toEqual({})
  })

  test('a 200 nobody acknowledges is reported after 64 T1', async () => {
    const { endpoint, send, invite, clock } = await world()
    send(request('INVITE'))
    await clock.advance(10)
    let missed = 0
    invite().user = { onAckTimeout: () => void missed++ }
    invite().reply(200)
    await clock.advance(33_000)
    expect(missed).toBe(1)
    expect(endpoint.transactionCount).toBe(0)
  })

  test('an INVITE repeated after the 200 (RFC 6026 Accepted) is not a new call', async () => {
    const { send, invite, asked, clock } = await world()
    send(request('INVITE'))
    await clock.advance(10)
    invite().reply(200)
    send(request('ACK', { branch: 'z9hG4bK2', toTag: invite().localTag }))
    await clock.advance(10)
    send(request('INVITE'))
    await clock.advance(10)
    expect(asked).toHaveLength(1)
  })

  test('a second final answer is not sent', async () => {
    const { network, send, invite, clock } = await world()
    send(request('INVITE'))
    await clock.advance(10)
    expect(invite().reply(200)).toBeDefined()
    expect(invite().reply(486)).toBeUndefined()
    await clock.advance(10)
    expect(network.times(6000, 'SIP/2.0 486')).toEqual([])
  })
})

describe('CANCEL', () => {
  test('gets 200, its INVITE 487, both with the same To tag', async () => {
    const { network, send, invite, clock } = await world()
    send(request('INVITE'))
    await clock.advance(10)
    const seen: string[] = []
    invite().user = { onCancel: (cancel) => void seen.push(cancel.method) }
    send(request('CANCEL'))
    await clock.advance(10)
    const tags = network.log
      .filter((entry) => /SIP\/2.0 (200|487)/.test(entry.line))
      .map((entry) => /tag=(\w+)\r/.exec(entry.text.split('To:')[1] ?? '')?.[1])
    expect(seen).toEqual(['CANCEL'])
    expect(tags).toEqual([invite().localTag, invite().localTag])
  })

  test('that matches nothing gets 481', async () => {
    const { network, send, clock } = await world()
    send(request('CANCEL'))
    await clock.advance(10)
    expect(network.lines().at(-1)).toBe('6000: 481 Call/Transaction Does Not Exist')
  })

  test('after the 200 changes nothing', async () => {
    const { network, send, invite, clock } = await world()
    send(request('INVITE'))
    await clock.advance(10)
    invite().reply(200)
    send(request('CANCEL'))
    await clock.advance(10)
    expect(network.times(6000, 'SIP/2.0 487')).toEqual([])
    expect(network.lines()).toContain('6000: 200 OK')
  })
})

describe('other requests', () => {
  test('a repeated request gets the same answer for 64 T1 (timer J), then is a new one', async () => {
    const { network, send, asked, clock } = await world()
    send(request('OPTIONS'))
    await clock.advance(10)
    asked[0]?.reply(200)
    await clock.advance(31_000)
    send(request('OPTIONS'))
    await clock.advance(100)
    expect(network.times(6000, 'SIP/2.0 200')).toHaveLength(2)
    expect(asked).toHaveLength(1)
    await clock.advance(2_000)
    send(request('OPTIONS'))
    await clock.advance(10)
    expect(asked).toHaveLength(2)
  })

  test('a request repeated before its answer is absorbed', async () => {
    const { network, send, asked, clock } = await world()
    send(request('OPTIONS'))
    send(request('OPTIONS'))
    await clock.advance(10)
    expect(asked).toHaveLength(1)
    expect(network.times(6000, 'SIP')).toEqual([])
  })
})

describe('matching of peers without a unique branch (RFC 2543)', () => {
  test.each(['z9hG4bK', '1'])('branch "%s" is not believed: the fields decide', async (branch) => {
    const { send, asked, clock } = await world()
    send(request('OPTIONS', { branch, seq: 1 }))
    send(request('OPTIONS', { branch, seq: 1 }))
    send(request('OPTIONS', { branch, seq: 2 }))
    await clock.advance(10)
    expect(asked.map((transaction) => transaction.request.cseq?.number)).toEqual([1, 2])
  })
})

describe('over a stream', () => {
  async function stream(method: string) {
    const network = new HandNetwork()
    const endpoint = await network.endpoint(6000, {}, 'tcp')
    const asked: ServerTransaction[] = []
    endpoint.user = { onRequest: (transaction) => void asked.push(transaction) }
    const peer = network.side(5000, 'tcp')
    const say = (message: SipRequest) =>
      peer.send(Buffer.from(String(message).replace('SIP/2.0/UDP', 'SIP/2.0/TCP')), { address: '10.0.0.1', port: 6000 })
    say(request(method))
    await network.clock.advance(2)
    const [transaction] = asked
    if (transaction === undefined) throw new Error('nothing came')
    return { network, endpoint, transaction, say, clock: network.clock }
  }

  test('a 2xx is sent once, and its owner told when no ACK has come after 64 T1', async () => {
    const { network, transaction, clock } = await stream('INVITE')
    let missed = false
    const onAckTimeout = () => {
      missed = true
    }
    if (transaction instanceof InviteServerTransaction) transaction.user = { onAckTimeout }
    transaction.reply(200)
    await clock.advance(31_999)
    expect(network.times(6000, 'SIP/2.0 200')).toHaveLength(1)
    expect(missed).toBe(false)
    await clock.advance(1)
    expect(missed).toBe(true)
  })

  test('a refusal is sent once and over with its ACK (timers G and I)', async () => {
    const { network, endpoint, transaction, say, clock } = await stream('INVITE')
    transaction.reply(486)
    await clock.advance(20_000)
    expect(network.times(6000, 'SIP/2.0 486')).toHaveLength(1)
    expect(endpoint.transactionCount).toBe(1)
    say(request('ACK', { toTag: transaction.localTag }))
    await clock.advance(2)
    expect(endpoint.transactionCount).toBe(0)
  })

  test('an answered request is over at once (timer J)', async () => {
    const { endpoint, transaction } = await stream('OPTIONS')
    transaction.reply(200)
    expect(endpoint.transactionCount).toBe(0)
  })

  test('a request whose Via names another transport than it came by is dropped', async () => {
    const network = new HandNetwork()
    const endpoint = await network.endpoint(6000, {}, 'tcp')
    const peer = network.side(5000, 'tcp')
    peer.send(request('OPTIONS').toBuffer(), { address: '10.0.0.1', port: 6000 })
    await network.clock.advance(2)
    expect(network.times(6000, 'SIP')).toEqual([])
    expect(endpoint.counters.malformed).toBe(1)
  })
})
