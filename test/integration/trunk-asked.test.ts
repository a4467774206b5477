import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, expect, it } from 'vitest'
import { systemClock } from '../../src/platform/clock.ts'
import { silentLog } from '../../src/platform/log.ts'
import { SipLink } from '../../src/telephony/sip-link.ts'
import { Bench, testSecret } from '../harness/drachtio.ts'

const bench = new Bench()
afterEach(() => bench.close())

/** Our side, and a carrier's SIP port that answers every request so, or not at all. */
async function between(answer: string | null) {
  const carrier = createSocket('udp4')
  carrier.bind(0, '127.0.0.1')
  await once(carrier, 'listening')
  bench.defer(() => carrier.close())
  const asked: string[] = []
  carrier.on('message', (request, { address, port }) => {
    const lines = request.toString().split('\r\n')
    asked.push(lines[0] ?? '')
    if (answer === null) return
    const copied = lines.filter((line) => /^(Via|From|To|Call-ID|CSeq):/i.test(line))
    const text = [`SIP/2.0 ${answer}`, ...copied, 'Content-Length: 0', '', ''].join('\r\n')
    carrier.send(text.replace(/^(To:[^;\r]*)$/im, '$1;tag=carrier'), port, address)
  })
  const server = await bench.server()
  const connected = Promise.withResolvers<void>()
  const link = new SipLink({
    address: { host: '127.0.0.1', port: server.port, secret: testSecret },
    clock: systemClock,
    log: silentLog,
    onChange: (up) => up && connected.resolve(),
  })
  bench.defer(() => link.close())
  await connected.promise
  return { link, asked, trunk: { host: '127.0.0.1', port: carrier.address().port } }
}

it.each([
  ['200 OK', { reply: 'answered', sipStatus: 200 }],
  // Who refuses to say is there all the same.
  ['403 Forbidden', { reply: 'answered', sipStatus: 403 }],
  ['503 Service Unavailable', { reply: 'silent', sipStatus: 503 }],
] as const)('a trunk that is asked and says %s is told so', async (answer, told) => {
  const { link, asked, trunk } = await between(answer)
  expect(await link.askOptions(trunk)).toMatchObject(told)
  expect(asked[0]).toMatch(/^OPTIONS sip:127\.0\.0\.1/)
})

it('a trunk that says nothing is silent', async () => {
  const { link, asked, trunk } = await between(null)
  expect(await link.askOptions(trunk)).toMatchObject({ reply: 'silent' })
  expect(asked.length).toBeGreaterThan(1)
})

it('nobody can be asked while our own server is away', async () => {
  const { link, trunk } = await between(null)
  link.close()
  expect(await link.askOptions(trunk)).toMatchObject({ reply: 'unasked', sipStatus: null })
})
