/** An application of drachtio-srf calls sipp over our server. */
import { afterEach, describe, expect, test } from 'vitest'
import { Bench, testSdp } from '../harness/drachtio.ts'
import { LossyWire } from '../harness/lossy-wire.ts'
import { openPorts } from '../harness/processes-of.ts'
import { hasProgram } from '../harness/programs.ts'
import { pause, type SippRun, startSipp, uas } from '../harness/sipp.ts'
import type { SrfRequest } from '../harness/srf.ts'
import { waitFor } from '../harness/wait-for.ts'

const bench = new Bench()
afterEach(async () => {
  await bench.close()
  expect(bench.faults.splice(0)).toEqual([])
})

const ringThenAnswer = [uas.expect('INVITE'), uas.answer(180), uas.answer(200, { sdp: true }), uas.expect('ACK')]
const takeBye = [uas.expect('BYE'), uas.answer(200, { tag: false })]

async function callee(steps: string[], calls = 1): Promise<SippRun & { uri: string }> {
  const sipp = await startSipp(steps, { calls })
  bench.defer(() => sipp.close())
  return { ...sipp, uri: `sip:100@${sipp.address}:${sipp.port}` }
}

/**
 * A network in front of sipp, which is there to be called. Its Contact goes around it, so only what is sent to the called
 * URI can be lost.
 */
async function wireTo(sipp: SippRun): Promise<LossyWire & { uri: string }> {
  const bound = `udp 0100007F:${sipp.port.toString(16).toUpperCase().padStart(4, '0')}`
  await waitFor(async () => (await openPorts()).some(({ port }) => port === bound), { what: 'sipp to have its port' })
  const wire = await LossyWire.open(sipp)
  bench.defer(() => wire.close())
  return Object.assign(wire, { uri: `sip:100@127.0.0.1:${wire.port}` })
}

describe.skipIf(!hasProgram('sipp'))('a call to sipp', () => {
  test('rings, is answered, and is ended by the application', async () => {
    const server = await bench.server()
    const srf = await bench.app(server)
    const sipp = await callee([...ringThenAnswer, ...takeBye])
    const rang: number[] = []
    const dialog = await srf.createUAC(
      sipp.uri,
      { localSdp: testSdp },
      { cbProvisional: (response) => rang.push(response.status) },
    )
    expect(rang).toEqual([180])
    expect(dialog.remote.sdp).toContain('m=audio')
    await dialog.destroy()
    await sipp.done
    expect(server.counts).toMatchObject({ dialogs: 0, invites: 0 })
  })

  test('is ended by sipp', async () => {
    const server = await bench.server()
    const srf = await bench.app(server)
    const sipp = await callee([
      ...[uas.expectInviteKeeping('From'), uas.answer(200, { sdp: true }), uas.expect('ACK'), pause(50)],
      ...[uas.bye(), uas.expectAnswer(200)],
    ])
    const dialog = await srf.createUAC(sipp.uri, { localSdp: testSdp })
    const ended = new Promise<string | undefined>((resolve) => dialog.on('destroy', (_, reason) => resolve(reason)))
    expect(await ended).toBe('normal release')
    await sipp.done
    expect(server.counts.dialogs).toBe(0)
  })

  test.each([486, 404, 503, 603])('that is refused with %i says so, with the Q.850 cause', async (status) => {
    const server = await bench.server()
    const srf = await bench.app(server)
    const sipp = await callee([
      uas.expect('INVITE'),
      uas.answer(status, { headers: ['Reason: Q.850;cause=17;text="as told"'] }),
      uas.expect('ACK'),
    ])
    const refused = await srf.createUAC(sipp.uri, { localSdp: testSdp }).catch((error: unknown) => error)
    expect(refused).toMatchObject({ status })
    expect((refused as { res: SrfRequest }).res.get('Reason')).toBe('Q.850;cause=17;text="as told"')
    await sipp.done
    expect(server.counts).toMatchObject({ dialogs: 0, invites: 0 })
  })

  test('brings early media before it is refused', async () => {
    const server = await bench.server()
    const srf = await bench.app(server)
    const sipp = await callee([
      uas.expect('INVITE'),
      uas.answer(183, { sdp: true }),
      pause(30),
      uas.answer(480),
      uas.expect('ACK'),
    ])
    const early: (string | undefined)[] = []
    const progress = { cbProvisional: (response: { body?: string }) => early.push(response.body) }
    await expect(srf.createUAC(sipp.uri, { localSdp: testSdp }, progress)).rejects.toMatchObject({ status: 480 })
    expect(early).toEqual([expect.stringContaining('m=audio')])
    await sipp.done
  })

  test('without an offer gets its answer in the ACK', async () => {
    const server = await bench.server()
    const srf = await bench.app(server)
    const sipp = await callee([
      uas.expect('INVITE'),
      uas.answer(200, { sdp: true }),
      withSdp(uas.expect('ACK')),
      ...takeBye,
    ])
    const { sdp, ack } = await srf.createUAC(sipp.uri, { noAck: true })
    expect(sdp).toContain('m=audio')
    const dialog = await ack(testSdp)
    await dialog.destroy()
    await sipp.done
  })

  test.each([
    [401, 'WWW-Authenticate', 'Authorization'],
    [407, 'Proxy-Authenticate', 'Proxy-Authorization'],
  ])(
    'that is challenged with %i is repeated with credentials, same Call-ID, next CSeq',
    async (status, challenge, credentials) => {
      const server = await bench.server()
      const srf = await bench.app(server)
      const challenged = [
        ...[
          uas.expect('INVITE'),
          uas.answer(status, {
            headers: [`${challenge}: Digest realm="carrier", nonce="47ebe028cda119c35d4877b383027d28da013815"`],
          }),
        ],
        ...[
          uas.expect('ACK'),
          withHeader(uas.expect('INVITE'), credentials, 'username=.suifang.'),
          uas.answer(200, { sdp: true }),
          uas.expect('ACK'),
        ],
      ]
      const sipp = await callee([...challenged, ...takeBye])
      const invites: SrfRequest[] = []
      const dialog = await srf.createUAC(
        sipp.uri,
        { localSdp: testSdp, auth: { username: 'suifang', password: 'secret' } },
        { cbRequest: (_, invite) => invites.push(invite) },
      )
      expect(dialog.sip.callId).toBe(invites[0]?.get('Call-ID'))
      await dialog.destroy()
      await sipp.done
    },
  )

  test('is cancelled while it rings', async () => {
    const server = await bench.server()
    const srf = await bench.app(server)
    const sipp = await callee([
      ...[uas.expectInviteKeeping('CSeq'), uas.answer(180), uas.expect('CANCEL'), uas.answer(200)],
      ...[uas.refuseCancelled(), uas.expect('ACK')],
    ])
    const progress = { cbProvisional: (response: { req: SrfRequest }) => response.req.cancel() }
    await expect(srf.createUAC(sipp.uri, { localSdp: testSdp }, progress)).rejects.toMatchObject({ status: 487 })
    await sipp.done
    expect(server.counts).toMatchObject({ dialogs: 0, invites: 0 })
  })

  test('changes its session', async () => {
    const server = await bench.server()
    const srf = await bench.app(server)
    const again = [uas.expect('INVITE'), uas.answer(200, { sdp: true, tag: false }), uas.expect('ACK')]
    const sipp = await callee([...ringThenAnswer, ...again, ...takeBye])
    const dialog = await srf.createUAC(sipp.uri, { localSdp: testSdp })
    expect(await dialog.modify(testSdp)).toContain('m=audio')
    await dialog.destroy()
    await sipp.done
  })

  test('carries headers and caller as the application wrote them, and what it left out', async () => {
    const server = await bench.server()
    const srf = await bench.app(server)
    const sipp = await callee([...ringThenAnswer, ...takeBye])
    const sent: SrfRequest[] = []
    const dialog = await srf.createUAC(
      sipp.uri,
      {
        localSdp: testSdp,
        callingNumber: '4001',
        headers: { 'X-Attempt': 'a1', 'P-Asserted-Identity': '<sip:4001@localhost>' },
      },
      { cbRequest: (_, invite) => sent.push(invite) },
    )
    const { hostPort } = server.endpoint
    expect(sent[0]?.get('X-Attempt')).toBe('a1')
    expect(sent[0]?.get('P-Asserted-Identity')).toBe(`<sip:4001@${hostPort}>`)
    expect(sent[0]?.get('From')).toMatch(new RegExp(`^<sip:4001@${hostPort}>;tag=`))
    expect(sent[0]?.get('Contact')).toBe(`<sip:4001@${hostPort}>`)
    await dialog.destroy()
    await sipp.done
  })
})

// An INVITE arrives once: sipp that gets another copy after its 200 no longer repeats the 200, and one that was lost is
// lost for good. On a busy machine the copy is on its way before the 180.
describe.skipIf(!hasProgram('sipp'))('over a bad network', () => {
  test('an INVITE and a 200 that are lost are sent again', async () => {
    const server = await bench.server()
    const srf = await bench.app(server)
    const sipp = await callee([...ringThenAnswer, ...takeBye])
    const wire = await wireTo(sipp)
    wire.fate = ({ line, nth }) => {
      if (line.startsWith('INVITE')) return nth === 1 ? 'pass' : 'lose'
      return nth === 0 && line.startsWith('SIP/2.0 200') ? 'lose' : 'pass'
    }
    const dialog = await srf.createUAC(wire.uri, { localSdp: testSdp })
    await dialog.destroy()
    await sipp.done
  })

  test('a CANCEL that crosses the 200 ends in ACK and BYE', async () => {
    const server = await bench.server()
    const srf = await bench.app(server)
    const sipp = await callee([...ringThenAnswer, ...takeBye])
    const wire = await wireTo(sipp)
    // The 200 waits until the CANCEL is on its way, and the CANCEL never arrives.
    wire.fate = ({ line }) => (line.startsWith('CANCEL') ? 'lose' : line.startsWith('SIP/2.0 200') ? 'hold' : 'pass')
    const calling = srf.createUAC(
      wire.uri,
      { localSdp: testSdp },
      { cbProvisional: (response) => response.req.cancel() },
    )
    await waitFor(() => wire.count('in', 'CANCEL') > 0 && wire.count('back', 'SIP/2.0 200') > 0, {
      what: 'CANCEL and 200',
    })
    wire.release()
    const dialog = await calling
    const reason = await new Promise<string | undefined>((resolve) => dialog.on('destroy', (_, why) => resolve(why)))
    expect(reason).toBe('ACK-BYE due to cancel race condition')
    await sipp.done
    expect(server.counts).toMatchObject({ dialogs: 0, invites: 0 })
  })

  test('a telephone that never answers at all is 408 after 64 T1', async () => {
    const server = await bench.server({ t1: 5 })
    const srf = await bench.app(server)
    const sipp = await callee(ringThenAnswer)
    const wire = await wireTo(sipp)
    wire.fate = () => 'lose'
    await expect(srf.createUAC(wire.uri, { localSdp: testSdp })).rejects.toMatchObject({ status: 408 })
    await sipp.close()
  })

  test('twenty calls through a network that loses the first copy of every other message all succeed', async () => {
    const server = await bench.server()
    const srf = await bench.app(server)
    const sipp = await callee([...ringThenAnswer, ...takeBye], 20)
    const wire = await wireTo(sipp)
    const seen = new Set<string>()
    const arrived = new Set<string>()
    wire.fate = ({ line, text, direction }) => {
      const key = `${direction}${line}${/Call-ID:.*/i.exec(text)?.[0]}`
      const first = !seen.has(key)
      seen.add(key)
      if (first && seen.size % 2 === 0) return 'lose'
      if (line.startsWith('INVITE') && arrived.has(key)) return 'lose'
      arrived.add(key)
      return 'pass'
    }
    const call = async () => (await srf.createUAC(wire.uri, { localSdp: testSdp })).destroy()
    await Promise.all(Array.from({ length: 20 }, call))
    await sipp.done
    expect(server.counts).toMatchObject({ dialogs: 0, invites: 0 })
  })
})

function withSdp(step: string): string {
  return (
    step.replace(
      '/>',
      '><action><ereg regexp="m=audio" search_in="body" check_it="true" assign_to="9"/></action></recv>',
    ) + readingVariable('9')
  )
}

function withHeader(step: string, header: string, pattern: string): string {
  const action = `<ereg regexp="${pattern}" search_in="hdr" header="${header}:" check_it="true" assign_to="8"/>`
  return step.replace('/>', `><action>${action}</action></recv>`) + readingVariable('8')
}

/** sipp refuses scenarios with a variable nobody reads. */
function readingVariable(name: string): string {
  return `<nop><action><log message="[$${name}]"/></action></nop>`
}
