import { describe, expect, test } from 'vitest'
import { HandNetwork } from '../../../test/harness/sip-network.ts'
import { ReliableAnswers } from './reliable-answers.ts'
import { InviteServerTransaction, type ServerTransaction } from './server-transaction.ts'
import { SipHeaders } from './sip-headers.ts'
import { responseTo, SipRequest } from './sip-message.ts'

/** An INVITE that has come to 6000 from 5000, and its reliable answers. */
async function world() {
  const network = new HandNetwork()
  const endpoint = await network.endpoint(6000)
  const asked: ServerTransaction[] = []
  endpoint.user = { onRequest: (transaction) => void asked.push(transaction) }
  network.side(5000).send(request('INVITE', 1).toBuffer(), { address: '10.0.0.1', port: 6000 })
  await network.clock.advance(10)
  const [invite] = asked
  if (!(invite instanceof InviteServerTransaction)) throw new Error('no INVITE came')
  let lost = 0
  const { clock, timers } = endpoint
  const answers = new ReliableAnswers(invite, { clock, timers, onLost: () => lost++ })
  const answer = (status: number, body = '') => {
    const response = responseTo(invite.request, status, { tag: 't', body })
    return { response, sent: status < 200 ? answers.provisional(response) : answers.final(response) }
  }
  const prack = (rack: string) => answers.acknowledge(request('PRACK', 2, { RAck: rack }))
  const sent = (status: number) => network.times(6000, `SIP/2.0 ${status}`).map((at) => at - 10)
  return { clock: network.clock, answer, prack, sent, lost: () => lost }
}

function request(method: string, seq: number, headers: Record<string, string> = {}): SipRequest {
  const fields = {
    Via: `SIP/2.0/UDP 10.0.0.1:5000;branch=z9hG4bK${seq};rport`,
    'Max-Forwards': 70,
    From: '<sip:a@10.0.0.1>;tag=a',
    To: '<sip:b@10.0.0.1>',
    'Call-ID': 'call',
    CSeq: `${seq} ${method}`,
    ...headers,
  }
  return new SipRequest(method, 'sip:b@10.0.0.1:6000', SipHeaders.of(fields))
}

describe('a reliable provisional answer', () => {
  test('is numbered and comes again, twice as late each time, until its PRACK (RFC 3262 §3)', async () => {
    const { clock, answer, prack, sent } = await world()
    const { response } = answer(180)
    expect(response.headers.get('Require')).toBe('100rel')
    await clock.advance(8_000)
    expect(sent(180)).toEqual([0, 500, 1500, 3500, 7500])
    expect(prack(`${response.headers.get('RSeq')} 1 INVITE`)).toBe(true)
    await clock.advance(30_000)
    expect(sent(180)).toHaveLength(5)
  })

  test('is not acknowledged by a PRACK for another one, or twice', async () => {
    const { answer, prack } = await world()
    const rseq = Number(answer(180).response.headers.get('RSeq'))
    expect([`${rseq + 1} 1 INVITE`, `${rseq} 2 INVITE`, `${rseq} 1 BYE`, 'rubbish', ''].map(prack)).not.toContain(true)
    expect([prack(`${rseq} 1 INVITE`), prack(`${rseq} 1 INVITE`)]).toEqual([true, false])
  })

  test('waits for the one before it, with the next number', async () => {
    const { clock, answer, prack, sent } = await world()
    const rseq = Number(answer(180).response.headers.get('RSeq'))
    expect(answer(183).response.headers.get('RSeq')).toBe(String(rseq + 1))
    await clock.advance(100)
    expect(sent(183)).toEqual([])
    prack(`${rseq} 1 INVITE`)
    expect(sent(183)).toEqual([100])
  })

  test('that nobody acknowledges in 64 T1 fails the INVITE', async () => {
    const { clock, answer, sent, lost } = await world()
    answer(180)
    await clock.advance(32_000)
    expect(sent(503)).toEqual([32_000])
    expect(lost()).toBe(1)
  })
})

describe('the final answer', () => {
  test('of 2xx waits for the PRACK of one with a session description, and not of one without', async () => {
    const { clock, answer, prack, sent } = await world()
    const { response } = answer(183, 'v=0\r\n')
    expect(answer(200).sent).toBe(true)
    await clock.advance(100)
    expect(sent(200)).toEqual([])
    prack(`${response.headers.get('RSeq')} 1 INVITE`)
    expect(sent(200)).toEqual([100])

    const bare = await world()
    bare.answer(180)
    bare.answer(200)
    expect(bare.sent(200)).toEqual([0])
    await bare.clock.advance(400)
    expect(bare.sent(180)).toEqual([0])
  })

  test('of refusal waits for nothing and ends the repetitions', async () => {
    const { clock, answer, sent } = await world()
    answer(183, 'v=0\r\n')
    answer(486)
    expect(sent(486)).toEqual([0])
    await clock.advance(5_000)
    expect(sent(183)).toEqual([0])
  })
})
