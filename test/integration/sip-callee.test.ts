/** sipp calls an application of drachtio-srf over our server. */
import { afterEach, describe, expect, test } from 'vitest'
import { Bench, testSdp } from '../harness/drachtio.ts'
import { LossyWire } from '../harness/lossy-wire.ts'
import { hasProgram } from '../harness/programs.ts'
import { pause, type SippRun, startSipp, uac } from '../harness/sipp.ts'
import type { Srf, SrfDialog, SrfMessage, SrfRequest } from '../harness/srf.ts'
import { waitFor } from '../harness/wait-for.ts'

const bench = new Bench()
afterEach(async () => {
  await bench.close()
  expect(bench.faults.splice(0)).toEqual([])
})

/** What an answering application saw. */
interface Answered {
  readonly dialogs: SrfDialog[]
  readonly acks: (string | undefined)[]
  readonly ends: (string | undefined)[]
  invites: number
}

function answering(seen: Answered, onDialog: (dialog: SrfDialog) => void = () => {}) {
  return (srf: Srf) =>
    srf.invite(async (request, response) => {
      seen.invites++
      const dialog = await srf.createUAS(request, response, { localSdp: testSdp })
      seen.dialogs.push(dialog)
      dialog.on('destroy', (_, reason) => seen.ends.push(reason))
      dialog.on('ack', (ack) => seen.acks.push(ack.body))
      onDialog(dialog)
    })
}

const nothingSeen = (): Answered => ({ dialogs: [], acks: [], ends: [], invites: 0 })

async function caller(steps: string[], server: { port: number }, calls = 1): Promise<SippRun> {
  const sipp = await startSipp(steps, { server, calls })
  bench.defer(() => sipp.close())
  return sipp
}

describe.skipIf(!hasProgram('sipp'))('a call from sipp', () => {
  test('is answered, acknowledged and ended by its BYE', async () => {
    const server = await bench.server()
    const seen = nothingSeen()
    await bench.app(server, answering(seen))
    const sipp = await caller(
      [uac.invite(), uac.expect(200), uac.ack(), pause(20), uac.request('BYE', 2), uac.expect(200)],
      server.endpoint.local,
      5,
    )
    await sipp.done
    expect(seen).toMatchObject({ invites: 5, ends: Array(5).fill('normal release') })
    expect(server.counts).toMatchObject({ dialogs: 0, waiting: 0 })
  })

  test('is ended by the application', async () => {
    const server = await bench.server()
    const seen = nothingSeen()
    await bench.app(
      server,
      answering(seen, (dialog) => dialog.on('ack', () => void dialog.destroy())),
    )
    const sipp = await caller(
      [uac.invite(), uac.expect(200), uac.ack(), uac.answerRequest('BYE', {})],
      server.endpoint.local,
    )
    await sipp.done
    await waitFor(() => server.counts.dialogs === 0, { what: 'the end of the dialog' })
  })

  test.each([486, 404, 503, 603])('is refused with %i', async (status) => {
    const server = await bench.server()
    await bench.app(server, (srf) => srf.invite((_, response) => response.send(status)))
    const sipp = await caller([uac.invite(), uac.expect(status), uac.ackRefusal(2)], server.endpoint.local)
    await sipp.done
    expect(server.counts).toMatchObject({ dialogs: 0, waiting: 0 })
  })

  test('gets 503 where no application wants it', async () => {
    const server = await bench.server()
    const sipp = await caller([uac.invite(), uac.expect(503), uac.ackRefusal(2)], server.endpoint.local)
    await sipp.done
  })

  test('without an offer brings its answer in the ACK', async () => {
    const server = await bench.server()
    const seen = nothingSeen()
    await bench.app(server, answering(seen))
    const steps = [
      uac.invite({ sdp: false }),
      uac.expect(200),
      uac.ack({ sdp: true }),
      pause(50),
      uac.request('BYE', 2),
      uac.expect(200),
    ]
    const sipp = await caller(steps, server.endpoint.local)
    await sipp.done
    expect(seen.acks).toEqual([expect.stringContaining('m=audio')])
  })

  test('changes its session, asks and tells inside the dialog', async () => {
    const server = await bench.server()
    const seen = nothingSeen()
    const told: string[] = []
    await bench.app(
      server,
      answering(seen, (dialog) => {
        dialog.on('modify', (request, response) => {
          told.push(request.method)
          response.send(200, { body: testSdp })
        })
        for (const event of ['info', 'options']) {
          dialog.on(event, (request, response) => {
            told.push(request.method)
            response.send(200)
          })
        }
      }),
    )
    const sipp = await caller(
      [
        ...[uac.invite(), uac.expect(200), uac.ack(), pause(50)],
        ...[uac.invite({ seq: 2 }), uac.expect(200), uac.ack({ seq: 2 })],
        ...[uac.request('INFO', 3, { headers: ['Content-Type: text/plain'] }), uac.expect(200)],
        ...[uac.request('OPTIONS', 4), uac.expect(200)],
        ...[uac.request('BYE', 5), uac.expect(200)],
      ],
      server.endpoint.local,
    )
    await sipp.done
    expect(told).toEqual(['INVITE', 'INFO', 'OPTIONS'])
  })

  test('cancelled before the application said anything, the application hears of it', async () => {
    const server = await bench.server()
    const cancels: SrfMessage[] = []
    await bench.app(server, (srf) => srf.invite((request) => request.on('cancel', (cancel) => cancels.push(cancel))))
    const steps = [
      uac.invite(),
      '<recv response="100"/>',
      uac.cancel(2),
      '<recv response="200"/>',
      '<recv response="487"/>',
      uac.ackRefusal(5),
    ]
    const sipp = await caller(steps, server.endpoint.local)
    await sipp.done
    expect(cancels).toHaveLength(1)
    expect(server.counts).toMatchObject({ dialogs: 0, waiting: 0 })
  })

  test('cancelled while it rings, an answer that comes too late is refused', async () => {
    const server = await bench.server()
    const late: (string | null)[] = []
    await bench.app(server, (srf) =>
      srf.invite((request, response) => {
        response.send(180)
        request.on('cancel', () => response.send(200, { body: testSdp }, (error) => late.push(error)))
      }),
    )
    const steps = [
      uac.invite(),
      '<recv response="100"/>',
      '<recv response="180"/>',
      uac.cancel(3),
      '<recv response="200"/>',
      '<recv response="487"/>',
      uac.ackRefusal(6),
    ]
    const sipp = await caller(steps, server.endpoint.local)
    await sipp.done
    await waitFor(() => late.length > 0, { what: 'the refusal of the late answer' })
    expect(late).toEqual(['Response not sent due to unknown transaction'])
    expect(server.counts).toMatchObject({ dialogs: 0, waiting: 0 })
  })
})

describe.skipIf(!hasProgram('sipp'))('over a bad network', () => {
  const wholeCall = [uac.invite(), uac.expect(200), uac.ack(), pause(20), uac.request('BYE', 2), uac.expect(200)]

  async function wire(server: { local: { address: string; port: number } }): Promise<LossyWire> {
    const line = await LossyWire.open(server.local)
    bench.defer(() => line.close())
    return line
  }

  test('a 200 that is lost twice is sent again', async () => {
    const server = await bench.server()
    const seen = nothingSeen()
    await bench.app(server, answering(seen))
    const line = await wire(server.endpoint)
    line.fate = ({ direction, text, nth }) =>
      direction === 'back' && /CSeq: \d+ INVITE/.test(text) && text.startsWith('SIP/2.0 200') && nth < 2
        ? 'lose'
        : 'pass'
    const sipp = await caller(wholeCall, line)
    await sipp.done
    expect(line.count('back', 'SIP/2.0 200')).toBeGreaterThanOrEqual(4)
    expect(seen.invites).toBe(1)
  })

  test('a lost ACK brings the 200 again, and sipp’s ACK once more', async () => {
    const server = await bench.server()
    const seen = nothingSeen()
    await bench.app(server, answering(seen))
    const line = await wire(server.endpoint)
    line.fate = ({ direction, line: first, nth }) =>
      direction === 'in' && first.startsWith('ACK') && nth === 0 ? 'lose' : 'pass'
    const sipp = await caller(
      [uac.invite(), uac.expect(200), uac.ack(), pause(300), uac.request('BYE', 2), uac.expect(200)],
      line,
    )
    await sipp.done
    expect(seen.acks).toHaveLength(1)
  })

  test('a 200 nobody ever acknowledges is ended by BYE, and the application told why', async () => {
    const server = await bench.server({ t1: 10 })
    const seen = nothingSeen()
    await bench.app(server, answering(seen))
    const line = await wire(server.endpoint)
    line.fate = ({ line: first }) => (first.startsWith('ACK') ? 'lose' : 'pass')
    const sipp = await caller([uac.invite(), uac.expect(200), uac.ack(), uac.answerRequest('BYE')], line)
    await sipp.done
    // The telephone and the application are told over different sockets.
    await waitFor(() => seen.ends.length > 0, { what: 'the application to be told' })
    expect(seen.ends).toEqual(['ACK timeout'])
    expect(server.counts.dialogs).toBe(0)
  })

  test('a storm of copies is one call to the application', async () => {
    const server = await bench.server()
    const seen = nothingSeen()
    await bench.app(server, answering(seen))
    const line = await wire(server.endpoint)
    line.fate = ({ direction }) => (direction === 'in' ? { copies: 20 } : 'pass')
    const sipp = await caller(wholeCall, line)
    await sipp.done
    expect(seen).toMatchObject({ invites: 1, ends: ['normal release'] })
    expect(seen.acks).toHaveLength(1)
  })

  test('a CANCEL that crosses the 200 changes nothing: the caller acknowledges and hangs up', async () => {
    const server = await bench.server()
    const seen = nothingSeen()
    const requests: SrfRequest[] = []
    await bench.app(server, (srf) => {
      srf.invite(async (request, response) => {
        requests.push(request)
        response.send(180)
        await waitFor(() => line.count('in', 'CANCEL') > 0, { what: 'the CANCEL on its way' })
        const dialog = await srf.createUAS(request, response, { localSdp: testSdp })
        dialog.on('destroy', (_, reason) => seen.ends.push(reason))
        line.release()
      })
    })
    const line = await wire(server.endpoint)
    line.fate = ({ line: first }) => (first.startsWith('CANCEL') ? 'hold' : 'pass')
    // Which of the two 200 comes first is chance: both are taken, then the call is ended as one that was answered.
    const steps = [
      ...[uac.invite(), '<recv response="100"/>', '<recv response="180"/>', uac.cancel(3)],
      ...['<recv response="200" rrs="true"/>', '<recv response="200" rrs="true"/>', uac.ack(), pause(50)],
      ...[uac.request('BYE', 2), uac.expect(200)],
    ]
    const sipp = await caller(steps, line)
    await sipp.done
    expect(seen.ends).toEqual(['normal release'])
    expect(line.count('back', 'SIP/2.0 487')).toBe(0)
  })
})
