import { describe, expect, test } from 'vitest'
import { HandNetwork } from '../../../test/harness/sip-network.ts'
import type { SipEndpoint } from './sip-endpoint.ts'
import { SipHeaders } from './sip-headers.ts'
import { responseTo, SipRequest, type SipResponse } from './sip-message.ts'
import { parseSip } from './sip-parser.ts'

function request(endpoint: SipEndpoint, method: string): SipRequest {
  return new SipRequest(
    method,
    'sip:b@10.0.0.1:6000',
    SipHeaders.of({
      From: '<sip:a@10.0.0.1>;tag=a',
      To: '<sip:b@10.0.0.1>',
      'Call-ID': endpoint.newCallId(),
      CSeq: `1 ${method}`,
    }),
  )
}

/** A caller at 5000, and at 6000 a peer that does only what the test says. */
async function world() {
  const network = new HandNetwork()
  const endpoint = await network.endpoint(5000)
  const peer = network.side(6000)
  const heard: SipRequest[] = []
  peer.onMessage = (bytes) => {
    const parsed = parseSip(bytes)
    if (parsed.ok && parsed.message.kind === 'request') heard.push(parsed.message)
  }
  const answers: { status: number; origin: string; tag: string | undefined }[] = []
  const user = {
    onResponse: (response: SipResponse, origin: string) =>
      void answers.push({ status: response.status, origin, tag: response.toTag }),
  }
  const say = (to: SipRequest, status: number, tag = 'b') =>
    peer.send(responseTo(to, status, { tag }).toBuffer(), { address: '10.0.0.1', port: 5000 })
  const first = () => {
    const message = heard[0]
    if (message === undefined) throw new Error('nothing heard')
    return message
  }
  return { network, endpoint, heard, answers, user, say, first, clock: network.clock }
}

describe('INVITE', () => {
  test('an unanswered INVITE repeats at T1, doubling, and is 408 after 64 T1 (timers A and B)', async () => {
    const { network, endpoint, answers, user, clock } = await world()
    endpoint.invite(request(endpoint, 'INVITE'), user)
    await clock.advance(40_000)
    expect(network.times(5000, 'INVITE')).toEqual([0, 500, 1500, 3500, 7500, 15_500, 31_500])
    expect(answers).toEqual([{ status: 408, origin: 'local', tag: undefined }])
    expect(endpoint.transactionCount).toBe(0)
  })

  test('a provisional answer stops the repeats', async () => {
    const { network, endpoint, user, say, first, clock } = await world()
    endpoint.invite(request(endpoint, 'INVITE'), user)
    await clock.advance(10)
    say(first(), 180)
    await clock.advance(60_000)
    expect(network.times(5000, 'INVITE')).toEqual([0])
  })

  test('a telephone that only ever rings is cancelled after timer C, and is 408 when the CANCEL is not answered', async () => {
    const { network, endpoint, answers, user, say, first, clock } = await world()
    endpoint.invite(request(endpoint, 'INVITE'), user)
    await clock.advance(10)
    say(first(), 180)
    await clock.advance(184_000)
    expect(network.times(5000, 'CANCEL')).toEqual([])
    await clock.advance(2_000)
    expect(network.times(5000, 'CANCEL')).not.toEqual([])
    await clock.advance(32_000)
    expect(answers.at(-1)).toMatchObject({ status: 408, origin: 'local' })
  })

  test('a refusal is acknowledged on the same branch, and again each time it comes (timer D)', async () => {
    const { network, endpoint, answers, user, say, first, clock } = await world()
    endpoint.invite(request(endpoint, 'INVITE'), user)
    await clock.advance(10)
    say(first(), 486)
    await clock.advance(500)
    say(first(), 486)
    await clock.advance(10)
    const acks = network.log.filter((entry) => entry.line.startsWith('ACK'))
    expect(acks).toHaveLength(2)
    const ack = parseSip(Buffer.from(acks[0]?.text ?? ''))
    expect(ack.ok && ack.message.topVia?.params.get('branch')).toBe(first().topVia?.params.get('branch'))
    expect(ack.ok && ack.message.toTag).toBe('b')
    expect(answers).toEqual([{ status: 486, origin: 'network', tag: 'b' }])
    await clock.advance(32_000)
    expect(endpoint.transactionCount).toBe(0)
  })

  test('a repeated 200 brings the ACK again, and is not told twice', async () => {
    const { network, endpoint, answers, user, say, first, clock } = await world()
    const transaction = endpoint.invite(request(endpoint, 'INVITE'), user)
    await clock.advance(10)
    say(first(), 200)
    await clock.advance(10)
    const ack = request(endpoint, 'ACK')
    ack.headers.set('To', '<sip:b@10.0.0.1>;tag=b')
    endpoint.acknowledge(transaction, ack)
    say(first(), 200)
    await clock.advance(10)
    expect(network.times(5000, 'ACK')).toHaveLength(2)
    expect(answers).toHaveLength(1)
  })

  test('the 200 of another fork is told, once', async () => {
    const { endpoint, answers, user, say, first, clock } = await world()
    endpoint.invite(request(endpoint, 'INVITE'), user)
    await clock.advance(10)
    for (const tag of ['b', 'c', 'c', 'b']) say(first(), 200, tag)
    await clock.advance(10)
    expect(answers.map((answer) => answer.tag)).toEqual(['b', 'c'])
  })
})

describe('CANCEL', () => {
  test('waits for a provisional answer before it leaves', async () => {
    const { network, endpoint, user, say, first, clock } = await world()
    const transaction = endpoint.invite(request(endpoint, 'INVITE'), user)
    transaction.cancel()
    await clock.advance(10)
    expect(network.times(5000, 'CANCEL')).toEqual([])
    say(first(), 100)
    await clock.advance(10)
    expect(network.times(5000, 'CANCEL')).toHaveLength(1)
  })

  test('has branch, Request-URI, Call-ID and CSeq number of its INVITE', async () => {
    const { endpoint, user, say, first, clock, heard } = await world()
    const transaction = endpoint.invite(request(endpoint, 'INVITE'), user)
    await clock.advance(10)
    say(first(), 180)
    await clock.advance(10)
    transaction.cancel({ Reason: 'SIP;cause=200' })
    await clock.advance(10)
    const cancel = heard.at(-1)
    expect(cancel).toMatchObject({ method: 'CANCEL', uri: first().uri, callId: first().callId, cseq: { number: 1 } })
    expect(cancel?.topVia?.params.get('branch')).toBe(first().topVia?.params.get('branch'))
    expect(cancel?.headers.get('Reason')).toBe('SIP;cause=200')
  })

  test('never answered, the INVITE is over 64 T1 later', async () => {
    const { endpoint, answers, user, say, first, clock } = await world()
    const transaction = endpoint.invite(request(endpoint, 'INVITE'), user)
    await clock.advance(10)
    say(first(), 180)
    await clock.advance(10)
    transaction.cancel()
    await clock.advance(33_000)
    expect(answers.at(-1)).toMatchObject({ status: 487, origin: 'local' })
  })

  test('a 200 that crosses it is still told', async () => {
    const { endpoint, answers, user, say, first, clock } = await world()
    const transaction = endpoint.invite(request(endpoint, 'INVITE'), user)
    await clock.advance(10)
    say(first(), 180)
    await clock.advance(10)
    transaction.cancel()
    say(first(), 200)
    await clock.advance(10)
    expect(answers.map((answer) => answer.status)).toEqual([180, 200])
  })

  test('is no longer possible after a final answer', async () => {
    const { endpoint, user, say, first, clock } = await world()
    const transaction = endpoint.invite(request(endpoint, 'INVITE'), user)
    await clock.advance(10)
    say(first(), 200)
    await clock.advance(10)
    expect(transaction.cancel()).toBeUndefined()
  })
})

describe('other requests', () => {
  test('repeat at T1, doubling up to T2, and are 408 after 64 T1 (timers E and F)', async () => {
    const { network, endpoint, answers, user, clock } = await world()
    endpoint.request(request(endpoint, 'OPTIONS'), user)
    await clock.advance(40_000)
    const expected = [0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]
    expect(network.times(5000, 'OPTIONS')).toEqual(expected)
    expect(answers).toEqual([{ status: 408, origin: 'local', tag: undefined }])
  })

  test('repeat every T2 once a provisional answer is here', async () => {
    const { network, endpoint, user, say, first, clock } = await world()
    endpoint.request(request(endpoint, 'OPTIONS'), user)
    await clock.advance(10)
    say(first(), 100)
    await clock.advance(9_000)
    expect(network.times(5000, 'OPTIONS')).toEqual([0, 500, 4500, 8500])
  })

  test('a late repeat of the answer is absorbed for T4 (timer K)', async () => {
    const { endpoint, answers, user, say, first, clock } = await world()
    endpoint.request(request(endpoint, 'OPTIONS'), user)
    await clock.advance(10)
    say(first(), 200)
    say(first(), 200)
    await clock.advance(4_000)
    expect(answers).toHaveLength(1)
    expect(endpoint.transactionCount).toBe(1)
    await clock.advance(1_100)
    expect(endpoint.transactionCount).toBe(0)
  })

  test('shortened T1 shortens the whole transaction', async () => {
    const network = new HandNetwork()
    const endpoint = await network.endpoint(5000, { timers: { t1: 10 } })
    const answers: number[] = []
    endpoint.request(request(endpoint, 'OPTIONS'), { onResponse: (response) => void answers.push(response.status) })
    await network.clock.advance(650)
    expect(answers).toEqual([408])
  })
})

describe('over a stream', () => {
  async function stream() {
    const network = new HandNetwork()
    const endpoint = await network.endpoint(5000, {}, 'tcp')
    const peer = network.side(6000, 'tcp')
    const heard: SipRequest[] = []
    peer.onMessage = (bytes) => {
      const parsed = parseSip(bytes)
      if (parsed.ok && parsed.message.kind === 'request') heard.push(parsed.message)
    }
    const answers: number[] = []
    const user = { onResponse: (response: SipResponse) => void answers.push(response.status) }
    const hop = { address: '10.0.0.1', port: 6000, protocol: 'tcp' } as const
    const say = (status: number) => {
      const [first] = heard
      if (first === undefined) throw new Error('nothing heard')
      peer.send(responseTo(first, status, { tag: 'b' }).toBuffer(), { ...hop, port: 5000 })
    }
    return { network, endpoint, heard, answers, user, hop, say, clock: network.clock }
  }

  test.each(['INVITE', 'OPTIONS'])('%s is sent once, and is 408 after 64 T1 (timers B and F)', async (method) => {
    const { network, endpoint, answers, user, hop, clock } = await stream()
    if (method === 'INVITE') endpoint.invite(request(endpoint, method), user, { hop })
    else endpoint.request(request(endpoint, method), user, { hop })
    await clock.advance(31_999)
    expect(network.times(5000, method)).toEqual([0])
    expect(answers).toEqual([])
    await clock.advance(1)
    expect(answers).toEqual([408])
  })

  test('the Via names the transport, and asks for no port', async () => {
    const { endpoint, heard, user, hop, clock } = await stream()
    endpoint.request(request(endpoint, 'OPTIONS'), user, { hop })
    await clock.advance(2)
    expect(heard[0]?.headers.get('Via')).toMatch(/^SIP\/2\.0\/TCP 10\.0\.0\.1:5000;branch=z9hG4bK\w+$/)
  })

  test('a refused INVITE is acknowledged once and over (timer D)', async () => {
    const { network, endpoint, answers, user, hop, say, clock } = await stream()
    endpoint.invite(request(endpoint, 'INVITE'), user, { hop })
    await clock.advance(2)
    say(486)
    await clock.advance(2)
    expect(answers).toEqual([486])
    expect(network.times(5000, 'ACK')).toHaveLength(1)
    expect(endpoint.transactionCount).toBe(0)
  })

  test('an answered request is over at once (timer K)', async () => {
    const { endpoint, answers, user, hop, say, clock } = await stream()
    endpoint.request(request(endpoint, 'OPTIONS'), user, { hop })
    await clock.advance(2)
    say(200)
    await clock.advance(2)
    expect(answers).toEqual([200])
    expect(endpoint.transactionCount).toBe(0)
  })

  test('a protocol that the endpoint does not speak is 503', async () => {
    const { endpoint, answers, user, hop, clock } = await stream()
    endpoint.request(request(endpoint, 'OPTIONS'), user, { hop: { ...hop, protocol: 'ws' } })
    await clock.advance(2)
    expect(answers).toEqual([503])
  })
})
