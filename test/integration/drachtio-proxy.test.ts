/** The server as a proxy: whom a request goes to, what its caller is told, and who stays in the way. */
import { once } from 'node:events'
import { afterEach, describe, expect, test } from 'vitest'
import type { SipCall } from '#softswitch/sip/sip-call.ts'
import type { UserAgent } from '#softswitch/sip/user-agent.ts'
import { Bench, testSdp } from '../harness/drachtio.ts'
import type { ProxyOptions, ProxyResults } from '../harness/srf.ts'
import { waitFor } from '../harness/wait-for.ts'

const bench = new Bench()
afterEach(async () => {
  await bench.close()
  expect(bench.faults.splice(0)).toEqual([])
})

type Behaviour = (call: SipCall) => void
const answers: Behaviour = (call) => void call.answer({ sdp: testSdp })
const refuses =
  (status: number, headers: Record<string, string> = {}): Behaviour =>
  (call) =>
    void call.refuse({ status, headers })
const rings: Behaviour = (call) => void call.ring()

interface Called {
  readonly phone: UserAgent
  readonly uri: string
  readonly calls: SipCall[]
}

async function callee(behave: Behaviour): Promise<Called> {
  const calls: SipCall[] = []
  const phone = await bench.phone({
    onInvite: (call) => {
      calls.push(call)
      behave(call)
    },
  })
  return { phone, uri: `sip:callee@${phone.endpoint.hostPort}`, calls }
}

/** A call through a server whose application proxies it to these, and what became of it. */
async function proxied(targets: readonly string[], options: ProxyOptions = {}) {
  const server = await bench.server()
  const results: ProxyResults[] = []
  await bench.app(server, (srf) => {
    srf.invite((request) => {
      void srf.proxyRequest(request, [...targets], options).then((result) => results.push(result))
    })
  })
  const caller = await bench.phone()
  const call = caller.invite({ to: `sip:any@${server.endpoint.hostPort}`, from: 'sip:caller@127.0.0.1', sdp: testSdp })
  const told: number[] = []
  call.on('progress', ({ status }) => told.push(status))
  call.on('answered', ({ status }) => told.push(status))
  call.on('ended', ({ status }) => told.push(status ?? 0))
  const result = () => waitFor(() => results[0], { what: 'the result of the proxying' })
  return { server, caller, call, told, result }
}

const answered = (call: SipCall) => waitFor(() => call.state === 'confirmed', { what: 'the call is up' })
const ended = (call: SipCall) => waitFor(() => call.state === 'ended', { what: 'the call has ended' })
/** Nothing is left behind. */
const quiet = (server: { counts: { proxied: number } }) =>
  waitFor(() => server.counts.proxied === 0, { what: 'nothing is proxied any more' })

describe('one target after another', () => {
  test('the first that answers has the call; the others are never asked', async () => {
    const [busy, free, spare] = [await callee(refuses(486)), await callee(answers), await callee(answers)]
    const { call, result } = await proxied([busy.uri, free.uri, spare.uri])
    await answered(call)
    expect(await result()).toMatchObject({ connected: true, finalStatus: 200 })
    expect([busy, free, spare].map(({ calls }) => calls.length)).toEqual([1, 1, 0])
  })

  test('when all refuse the caller is told the most telling refusal', async () => {
    const [none, forbidden] = [await callee(refuses(503)), await callee(refuses(404))]
    const { call, told, result } = await proxied([none.uri, forbidden.uri])
    await ended(call)
    expect(told).toEqual([404])
    expect((await result()).responses.flatMap(({ msgs }) => msgs.map(({ status }) => status))).toEqual([503, 404])
  })

  test('one that says nothing in time is left for the next', async () => {
    const free = await callee(answers)
    const silent = await bench.phone()
    const uri = `sip:nobody@${silent.endpoint.hostPort}`
    await silent.close()
    const { call } = await proxied([uri, free.uri], { provisionalTimeout: '200ms' })
    await answered(call)
    expect(free.calls).toHaveLength(1)
  })

  test('where nobody is at all the caller gets 408', async () => {
    const silent = await bench.phone()
    const uri = `sip:nobody@${silent.endpoint.hostPort}`
    await silent.close()
    const { call, told } = await proxied([uri])
    await ended(call)
    expect(told).toEqual([408])
  })

  test('a redirection is followed when the application says so, to each contact once', async () => {
    const free = await callee(answers)
    const busy = await callee(refuses(486))
    const moved = await callee(
      (call) =>
        void call.refuse({ status: 302, headers: { Contact: [`<${busy.uri}>`, `<${busy.uri}>`, `<${free.uri}>`] } }),
    )
    const { call } = await proxied([moved.uri], { followRedirects: true })
    await answered(call)
    expect([moved, busy, free].map(({ calls }) => calls.length)).toEqual([1, 1, 1])
  })

  test('else the caller is told of it', async () => {
    const moved = await callee(refuses(302, { Contact: '<sip:elsewhere@127.0.0.1>' }))
    const { call, told } = await proxied([moved.uri])
    await ended(call)
    expect(told).toEqual([302])
  })

  test('a challenge goes to the caller at once, and its answer to the challenger alone', async () => {
    const challenge = { 'WWW-Authenticate': 'Digest realm="r", nonce="n1"' }
    const other = await callee(answers)
    const guard: Called = await callee((call) =>
      guard.calls.length > 1 ? answers(call) : refuses(401, challenge)(call),
    )
    const { call, told, caller, server } = await proxied([guard.uri, other.uri])
    await ended(call)
    expect(told).toEqual([401])
    const again = caller.invite({
      to: `sip:any@${server.endpoint.hostPort}`,
      from: 'sip:caller@127.0.0.1',
      sdp: testSdp,
      headers: { Authorization: 'Digest username="u", realm="r", nonce="n1", uri="sip:x", response="y"' },
    })
    await answered(again)
    expect([guard, other].map(({ calls }) => calls.length)).toEqual([2, 0])
  })
})

describe('all targets at once', () => {
  test('the first that answers has the call, and the others are cancelled', async () => {
    const ringing = [await callee(rings), await callee(rings)]
    const taker = await callee(rings)
    const { call, told } = await proxied([...ringing.map(({ uri }) => uri), taker.uri], { forking: 'simultaneous' })
    await waitFor(() => told.length === 3, { what: 'all ring' })
    taker.calls[0]?.answer({ sdp: testSdp })
    await answered(call)
    await waitFor(() => ringing.every(({ calls }) => calls[0]?.state === 'ended'), { what: 'the others stop ringing' })
    expect(told).toEqual([180, 180, 180, 200])
  })

  test('a refusal waits for the others', async () => {
    const [busy, free] = [await callee(refuses(486)), await callee(rings)]
    const { call, told } = await proxied([busy.uri, free.uri], { forking: 'simultaneous' })
    await waitFor(() => told.includes(180), { what: 'one rings' })
    await waitFor(() => busy.calls[0]?.state === 'ended', { what: 'the other has refused' })
    free.calls[0]?.answer({ sdp: testSdp })
    await answered(call)
    expect(told).toEqual([180, 200])
  })
})

describe('the caller', () => {
  test('who gives up is answered at once, and nobody rings on', async () => {
    const callees = [await callee(rings), await callee(rings)]
    const { server, call, told, result } = await proxied(
      callees.map(({ uri }) => uri),
      { forking: 'simultaneous' },
    )
    await waitFor(() => told.length === 2, { what: 'both ring' })
    call.cancel()
    await waitFor(() => callees.every(({ calls }) => calls[0]?.state === 'ended'), { what: 'nobody rings' })
    expect(told.at(-1)).toBe(487)
    expect(await result()).toMatchObject({ connected: false, finalStatus: 487 })
    await quiet(server)
  })

  test.each([
    ['Max-Forwards', 'has been passed on too often', 'Rejected with 483 Too Many Hops due to Max-Forwards value of 0'],
    ['Max-Breadth', 'may not become one more copy', 'Rejected with 440 Max-Breadth Exceeded'],
  ])('whose %s of 0 says that it %s is told so', async (header, _, words) => {
    const free = await callee(answers)
    const server = await bench.server()
    const refused: unknown[] = []
    await bench.app(server, (srf) => {
      srf.invite((request) => {
        srf.proxyRequest(request, free.uri, {}).catch((error: unknown) => refused.push(error))
      })
    })
    const caller = await bench.phone()
    const to = `sip:any@${server.endpoint.hostPort}`
    const call = caller.invite({ to, from: 'sip:a@127.0.0.1', sdp: testSdp, headers: { [header]: '0' } })
    await ended(call)
    // The application hears of it over another connection than the caller.
    await waitFor(() => refused.length > 0, { what: 'the application is told' })
    expect(refused).toEqual([words])
    expect(free.calls).toEqual([])
  })

  test('whose request comes back as it left is told so, long before it has been passed on too often', async () => {
    const server = await bench.server()
    const arrived: (string | undefined)[] = []
    const refused: unknown[] = []
    await bench.app(server, (srf) => {
      srf.invite((request) => {
        arrived.push(request.get('Max-Forwards'))
        srf.proxyRequest(request, `sip:${server.endpoint.hostPort}`, {}).catch((error: unknown) => refused.push(error))
      })
    })
    const caller = await bench.phone()
    const call = caller.invite({ to: `sip:any@${server.endpoint.hostPort}`, from: 'sip:a@127.0.0.1', sdp: testSdp })
    const told: (number | null)[] = []
    call.on('ended', ({ status }) => told.push(status ?? null))
    await ended(call)
    expect({ told, hops: arrived.length < 5 }).toEqual({ told: [482], hops: true })
    await waitFor(() => refused.length > 0, { what: 'the application is told' })
    expect(refused).toContain('Rejected with 482 Loop Detected')
    await quiet(server)
  })

  test('asks no more targets at once than the request may become, and shares that out', async () => {
    const targets = [await callee(refuses(486)), await callee(refuses(486)), await callee(refuses(486))]
    const server = await bench.server()
    await bench.app(server, (srf) => {
      const uris = targets.map(({ uri }) => uri)
      srf.invite((request) => void srf.proxyRequest(request, uris, { forking: 'simultaneous' }))
    })
    const breadths: string[] = []
    for (const { phone } of targets) {
      phone.endpoint.user = {
        onRequest: (transaction) => {
          breadths.push(transaction.request.headers.get('Max-Breadth') ?? '')
          transaction.reply(486)
        },
      }
    }
    const caller = await bench.phone()
    const to = `sip:any@${server.endpoint.hostPort}`
    const ask = async (breadth: string) => {
      const call = caller.invite({ to, from: 'sip:a@127.0.0.1', sdp: testSdp, headers: { 'Max-Breadth': breadth } })
      await ended(call)
      return breadths.splice(0).sort()
    }
    expect(await ask('7')).toEqual(['2', '2', '3'])
    expect(await ask('2')).toEqual(['1', '1', expect.stringMatching(/^[12]$/)])
  })
})

describe('later requests of the dialog', () => {
  test('are sent on for nobody who makes a dialog up', async () => {
    const target = await callee(answers)
    const server = await bench.server()
    await bench.app(server, (srf) => srf.invite((_request, response) => void response.send(403)))
    const stranger = await bench.phone()
    const call = stranger.invite({
      to: target.uri,
      toHeader: `<${target.uri}>;tag=made-up`,
      from: 'sip:stranger@127.0.0.1',
      sdp: testSdp,
      headers: { Route: `<sip:${server.endpoint.hostPort};lr>`, 'X-esl-outbound': '192.0.2.66:8084' },
      hop: server.endpoint.local,
    })
    expect(await once(call, 'ended')).toMatchObject([{ status: 481 }])
    expect(target.phone.endpoint.counters.received).toBe(0)
  })

  test('come by the server when it stays in the route', async () => {
    const free = await callee(answers)
    const { server, call } = await proxied([free.uri], { remainInDialog: true })
    await answered(call)
    const [inside] = free.calls
    await waitFor(() => inside?.state === 'confirmed', { what: 'the callee has its ACK' })
    expect(call.dialog?.routeSet).toEqual([`<sip:${server.endpoint.hostPort};lr>`])
    expect((await call.request('INFO')).status).toBe(200)
    expect((await inside?.request('INFO'))?.status).toBe(200)
    inside?.on('reinvite', (reinvite) => void reinvite.answer({ sdp: testSdp }))
    expect((await call.reinvite({ sdp: testSdp })).status).toBe(200)
    const before = server.endpoint.counters.received
    await call.bye()
    expect(server.endpoint.counters.received - before).toBeGreaterThanOrEqual(2)
    expect(inside?.state).toBe('ended')
    await quiet(server)
  })

  test('go straight when it does not', async () => {
    const free = await callee(answers)
    const { server, call } = await proxied([free.uri])
    await answered(call)
    await waitFor(() => free.calls[0]?.state === 'confirmed', { what: 'the callee has its ACK' })
    const before = server.endpoint.counters.received
    await call.bye()
    expect(server.endpoint.counters.received).toBe(before)
  })

  test('headers the application adds go to the target', async () => {
    const free = await callee(answers)
    const seen: (string | undefined)[] = []
    free.phone.endpoint.user = {
      onRequest: (transaction) => {
        seen.push(transaction.request.headers.get('X-Extra'), transaction.request.headers.get('Max-Forwards'))
        transaction.reply(486)
      },
    }
    const { call } = await proxied([free.uri], { headers: { 'X-Extra': 'yes' } })
    await ended(call)
    expect(seen).toEqual(['yes', '69'])
  })
})
