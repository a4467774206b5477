import { describe, expect, test } from 'vitest'
import { HandNetwork } from '../../../test/harness/sip-network.ts'
import type { Reinvite } from './reinvite.ts'
import type { CallEnd, SipCall } from './sip-call.ts'
import { UserAgent, type UserAgentSettings } from './user-agent.ts'

/** Two telephones: `a` at 5000 calls `b` at 6000. */
async function telephones(callee: (call: SipCall) => void = () => {}, settings: UserAgentSettings = {}) {
  const network = new HandNetwork()
  const received: SipCall[] = []
  const onInvite = (call: SipCall) => {
    received.push(call)
    callee(call)
  }
  const a = new UserAgent(await network.endpoint(5000))
  const b = new UserAgent(await network.endpoint(6000), { ...settings, onInvite })
  const ends: Record<string, CallEnd['by'][]> = { a: [], b: [] }
  const dial = (sdp?: string) => {
    const call = a.invite({
      to: 'sip:100@10.0.0.1:6000',
      from: 'sip:a@10.0.0.1',
      ...(sdp === undefined ? {} : { sdp }),
    })
    call.on('ended', (end) => ends.a?.push(end.by))
    return call
  }
  const answered = () => {
    const call = received[0]
    if (call === undefined) throw new Error('no call came')
    call.on('ended', (end) => ends.b?.push(end.by))
    return call
  }
  return { network, clock: network.clock, a, b, received, dial, answered, ends }
}

const answering = (call: SipCall) => void call.answer({ sdp: 'answer' })

describe('a call', () => {
  test('carries offer, early media, answer, ACK and BYE', async () => {
    const { network, clock, dial, ends } = await telephones((call) => {
      call.ring({ status: 183, sdp: 'early' })
      call.answer({ sdp: `answer to ${call.offer}` })
    })
    const call = dial('offer')
    const heard: (string | undefined)[] = []
    call.on('progress', (response) => heard.push(response.sdp))
    call.on('answered', (response) => heard.push(response.sdp))
    await clock.advance(20)
    void call.bye()
    await clock.advance(20)
    expect(heard).toEqual(['early', 'answer to offer'])
    expect(network.lines()).toEqual([
      '5000: INVITE sip:100@10.0.0.1:6000',
      '6000: 100 Trying',
      '6000: 183 Session Progress',
      '6000: 200 OK',
      '5000: ACK sip:10.0.0.1:6000',
      '5000: BYE sip:10.0.0.1:6000',
      '6000: 200 OK',
    ])
    expect(ends.a).toEqual(['local'])
  })

  test('without an offer takes the offer from the 200 and the answer in the ACK', async () => {
    const { clock, dial, answered } = await telephones((call) => void call.answer({ sdp: 'their offer' }))
    const call = dial()
    call.on('answered', (response) => call.acknowledge({ sdp: `answer to ${response.sdp}` }))
    const acks: (string | undefined)[] = []
    await clock.advance(2)
    answered().on('acknowledged', (ack) => acks.push(ack.sdp))
    await clock.advance(20)
    expect(acks).toEqual(['answer to their offer'])
  })

  test('a callee that hangs up before the ACK waits for it (RFC 3261 §15)', async () => {
    const { network, clock, dial, answered, ends } = await telephones(answering)
    network.lose = (datagram) => datagram.line.startsWith('ACK') && datagram.at < 100
    dial('offer')
    await clock.advance(10)
    void answered().bye()
    await clock.advance(400)
    expect(network.times(6000, 'BYE')).toEqual([])
    await clock.advance(1_000)
    expect(network.times(6000, 'BYE')).toHaveLength(1)
    expect(ends).toEqual({ a: ['remote'], b: ['local'] })
  })

  test('lives through a network that loses every first copy', async () => {
    const { network, clock, dial, ends } = await telephones(answering)
    const seen = new Set<string>()
    network.lose = ({ line, from }) => {
      const key = `${from}${line}`
      return !seen.has(key) && seen.add(key).has(key)
    }
    const call = dial('offer')
    await clock.advance(10_000)
    expect(call.state).toBe('confirmed')
    void call.bye()
    await clock.advance(10_000)
    expect(ends.a).toEqual(['local'])
    expect(network.faults).toEqual([])
  })

  test('whose 200 is never acknowledged is ended by BYE with the reason', async () => {
    const { network, clock, dial, answered, ends } = await telephones(answering)
    network.lose = ({ line }) => line.startsWith('ACK')
    dial('offer')
    await clock.advance(10)
    answered()
    await clock.advance(33_000)
    expect(ends.b).toEqual(['ack_timeout'])
    expect(network.log.find((entry) => entry.line.startsWith('BYE'))?.text).toContain('ACK timeout')
  })

  test.each([486, 404, 503, 603])('refused with %i says so', async (status) => {
    const { clock, dial } = await telephones((call) => void call.refuse({ status }))
    const ends: CallEnd[] = []
    dial('offer').on('ended', (end) => ends.push(end))
    await clock.advance(20)
    expect(ends).toMatchObject([{ by: 'refused', status }])
  })

  test('that nobody answers ends as a time-out', async () => {
    const { network, clock, dial, ends } = await telephones()
    network.lose = () => true
    dial('offer')
    await clock.advance(33_000)
    expect(ends.a).toEqual(['timeout'])
  })
})

describe('CANCEL', () => {
  test('ends a ringing call on both sides', async () => {
    const { clock, dial, answered, ends } = await telephones((call) => void call.ring())
    const call = dial('offer')
    await clock.advance(10)
    answered()
    call.cancel()
    await clock.advance(20)
    expect(ends).toEqual({ a: ['cancelled'], b: ['cancelled'] })
  })

  test('that crosses the 200 becomes ACK and BYE', async () => {
    const { network, clock, dial, answered, ends } = await telephones((call) => void call.ring())
    const call = dial('offer')
    await clock.advance(10)
    call.cancel()
    answered().answer({ sdp: 'answer' })
    await clock.advance(50)
    expect(network.times(5000, 'ACK')).toHaveLength(1)
    expect(network.times(5000, 'BYE')).toHaveLength(1)
    expect(ends).toEqual({ a: ['cancelled'], b: ['remote'] })
  })

  test('faster than the answer makes the answer false', async () => {
    const { clock, dial, answered } = await telephones((call) => void call.ring())
    const call = dial('offer')
    await clock.advance(10)
    call.cancel()
    await clock.advance(10)
    expect(answered().answer({ sdp: 'answer' })).toBe(false)
  })
})

describe('inside a dialog', () => {
  test('a re-INVITE is offered, answered and acknowledged', async () => {
    const { network, clock, dial, answered } = await telephones(answering)
    const call = dial('offer')
    await clock.advance(10)
    answered().on('reinvite', (reinvite: Reinvite) => reinvite.answer({ sdp: `now ${reinvite.offer}` }))
    const change = call.reinvite({ sdp: 'other' })
    await clock.advance(20)
    expect((await change).sdp).toBe('now other')
    expect(network.times(5000, 'ACK')).toHaveLength(2)
  })

  test('two re-INVITEs that cross both get 491', async () => {
    const { clock, dial, answered } = await telephones(answering)
    const call = dial('offer')
    await clock.advance(10)
    const changes = Promise.all([call.reinvite({ sdp: 'x' }), answered().reinvite({ sdp: 'y' })])
    await clock.advance(20)
    expect((await changes).map((response) => response.status)).toEqual([491, 491])
    expect(call.state).toBe('confirmed')
  })

  test('a re-INVITE nobody listens for is 488 and the call goes on', async () => {
    const { clock, dial } = await telephones(answering)
    const call = dial('offer')
    await clock.advance(10)
    const change = call.reinvite({ sdp: 'x' })
    await clock.advance(20)
    expect((await change).status).toBe(488)
    expect(call.state).toBe('confirmed')
  })

  test('a request with an older CSeq than one already seen is 500', async () => {
    const { network, clock, dial, answered } = await telephones(answering)
    dial('offer')
    await clock.advance(10)
    const info = network.log.find((entry) => entry.line.startsWith('INVITE'))?.text ?? ''
    const old = info
      .replace(/^INVITE \S+/, 'INFO sip:10.0.0.1:6000')
      .replace(/CSeq: .*/, 'CSeq: 0 INFO')
      .replace(/branch=\w+/, 'branch=z9hG4bKold')
      .replace(/To: .*/, `To: <sip:100@10.0.0.1:6000>;tag=${answered().dialog?.localTag}`)
    network.deliver(Buffer.from(old), 5000, { address: '10.0.0.1', port: 6000 })
    await clock.advance(10)
    expect(network.lines()).toContain('6000: 500 Server Internal Error')
  })

  test('a BYE for a dialog that is gone is 481', async () => {
    const { network, clock, dial } = await telephones(answering)
    const call = dial('offer')
    await clock.advance(10)
    void call.bye()
    await clock.advance(10)
    const bye = network.log
      .find((entry) => entry.line.startsWith('BYE'))
      ?.text.replace(/branch=\w+/, 'branch=z9hG4bKnew')
    network.deliver(Buffer.from(bye ?? ''), 5000, { address: '10.0.0.1', port: 6000 })
    await clock.advance(10)
    expect(network.lines().at(-1)).toBe('6000: 481 Call/Transaction Does Not Exist')
  })

  test('a 481 to our own request ends the call as lost', async () => {
    const { clock, dial, b, ends } = await telephones(answering)
    const call = dial('offer')
    await clock.advance(10)
    b.endpoint.user = { onRequest: (transaction) => void transaction.reply(481) }
    void call.request('INFO')
    await clock.advance(20)
    expect(ends.a).toEqual(['lost'])
  })

  test('requests go along the recorded route, in order, to the Contact', async () => {
    const { network, clock, dial } = await telephones((call) => {
      call.answer({ sdp: 'x', headers: { 'Record-Route': ['<sip:10.0.0.1:7001;lr>', '<sip:10.0.0.1:7002;lr>'] } })
    })
    dial('offer')
    await clock.advance(10)
    const ack = network.log.find((entry) => entry.line.startsWith('ACK'))
    expect(ack?.to).toBe(7002)
    expect(ack?.text.match(/Route: .*/g)).toEqual(['Route: <sip:10.0.0.1:7002;lr>', 'Route: <sip:10.0.0.1:7001;lr>'])
  })
})

describe('requests outside a dialog', () => {
  test('an extension that is required and not known is 420', async () => {
    const { network, clock, a } = await telephones(answering)
    const call = a.invite({ to: 'sip:1@10.0.0.1:6000', from: 'sip:a@h', headers: { Require: 'nothingSupportsThis' } })
    call.on('ended', () => {})
    await clock.advance(20)
    expect(network.log.find((entry) => entry.line.includes('420'))?.text).toContain('Unsupported: nothingSupportsThis')
  })

  test('an INVITE whose body is not SDP is 415', async () => {
    const { network, clock, a } = await telephones(answering)
    a.invite({
      to: 'sip:1@10.0.0.1:6000',
      from: 'sip:a@h',
      sdp: 'x',
      headers: { 'Content-Type': 'application/unknown' },
    })
    await clock.advance(20)
    expect(network.lines()).toContain('6000: 415 Unsupported Media Type')
  })
})

test('closing an agent ends its calls and leaves no timer', async () => {
  const { network, clock, a, b, dial, received } = await telephones((call) => {
    if (received.length === 1) call.answer({ sdp: 'x' })
    else call.ring()
  })
  dial('offer')
  await clock.advance(10)
  dial('offer')
  await clock.advance(10)
  const closing = a.close()
  await clock.advance(100)
  await closing
  expect(network.times(5000, 'BYE')).toHaveLength(1)
  expect(network.times(5000, 'CANCEL')).toHaveLength(1)
  await b.close()
  expect(clock.pending).toBe(0)
})
