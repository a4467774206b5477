/**
 * Calls between sipp and an application of drachtio-srf in which one side does what it should not, or both do the same
 * at once. Lost and repeated messages, and the CANCEL that crosses the 200, stand in sip-caller and sip-callee; the far
 * end that sends no sound in media-channel.
 */
import { afterEach, describe, expect, test } from 'vitest'
import { Bench, testSdp } from '../harness/drachtio.ts'
import { hasProgram } from '../harness/programs.ts'
import { pause, type SippOptions, type SippRun, startSipp, uac, uas } from '../harness/sipp.ts'
import type { SrfDialog } from '../harness/srf.ts'
import { waitFor } from '../harness/wait-for.ts'

const bench = new Bench()
afterEach(async () => {
  await bench.close()
  expect(bench.faults.splice(0)).toEqual([])
})

async function sipp(steps: string[], options: SippOptions = {}): Promise<SippRun & { uri: string }> {
  const run = await startSipp(steps, options)
  bench.defer(() => run.close())
  return { ...run, uri: `sip:100@${run.address}:${run.port}` }
}

const takeCall = [uas.expect('INVITE'), uas.answer(200, { sdp: true }), uas.expect('ACK')]

describe.skipIf(!hasProgram('sipp'))('re-INVITEs', () => {
  /** Keeps of a request what its answer copies, for a time when other messages have come meanwhile. */
  const kept = ['Via', 'From', 'To', 'CSeq'].map((header, at) => ({ header, variable: String(at + 3) }))
  const keepRequest = (method: string) =>
    `<recv request="${method}"><action>${kept.map(({ header, variable }) => `<ereg regexp=".*" search_in="hdr" header="${header}" assign_to="${variable}"/>`).join('')}</action></recv>`
  const answerKept = () => {
    const named = new Map(kept.map(({ header, variable }) => [header, `${header}[$${variable}]`]))
    return uas
      .answer(200, { sdp: true, tag: false })
      .replace(/\[last_(Via|From|To|CSeq):\]/g, (whole, header: string) => named.get(header) ?? whole)
      .replace('[last_Record-Route:]\n', '')
  }

  test('that meet: theirs gets 491, ours goes on', async () => {
    const server = await bench.server()
    const changed: string[] = []
    const asked: string[] = []
    await bench.app(server, (srf) =>
      srf.invite(async (request, response) => {
        const dialog = await srf.createUAS(request, response, { localSdp: testSdp })
        dialog.on('modify', (again) => asked.push(again.method))
        dialog.on('ack', async () => changed.push(await dialog.modify(testSdp)))
      }),
    )
    const run = await sipp(
      [
        ...[uac.invite(), uac.expect(200), uac.ack()],
        ...[keepRequest('INVITE'), uac.invite({ seq: 2 }), uac.expect(491), uac.ackChangeRefused(2, 5)],
        ...[answerKept(), uas.expect('ACK'), uac.request('BYE', 3), uac.expect(200)],
      ],
      { server: server.endpoint.local },
    )
    await run.done
    expect(changed).toEqual([expect.stringContaining('m=audio')])
    expect(asked).toEqual([])
    expect(server.counts).toMatchObject({ dialogs: 0, waiting: 0 })
  })

  test('that come before the last is answered get 500 and a time to come back', async () => {
    const server = await bench.server()
    await bench.app(server, (srf) =>
      srf.invite(async (request, response) => {
        const dialog = await srf.createUAS(request, response, { localSdp: testSdp })
        dialog.on('modify', () => {})
      }),
    )
    const run = await sipp(
      [
        ...[uac.invite(), uac.expect(200), uac.ack(), pause(50)],
        ...[uac.invite({ seq: 2 }), '<recv response="100"/>', uac.invite({ seq: 3 }), uac.expect(500)],
        ...[uac.ackChangeRefused(3, 5), uac.request('BYE', 4), uac.expect(200)],
      ],
      { server: server.endpoint.local },
    )
    await run.done
    expect(await run.messages()).toMatch(/^Retry-After: \d$/m)
  })
})

describe.skipIf(!hasProgram('sipp'))('the end of a call', () => {
  test.each([
    [401, 'WWW-Authenticate', 'Authorization'],
    [407, 'Proxy-Authenticate', 'Proxy-Authorization'],
  ])('whose BYE is challenged with %i comes with credentials', async (status, challenge, credentials) => {
    const server = await bench.server()
    const srf = await bench.app(server)
    const run = await sipp([
      ...takeCall,
      uas.expect('BYE'),
      uas.answer(status, { headers: [`${challenge}: Digest realm="carrier", nonce="7ebe028cda119c35"`], tag: false }),
      uas.expect('BYE'),
      uas.answer(200, { tag: false }),
    ])
    const dialog = await srf.createUAC(run.uri, { localSdp: testSdp })
    await dialog.destroy({ auth: { username: 'suifang', password: 'secret' } })
    await run.done
    expect(await run.messages()).toMatch(new RegExp(`^${credentials}: Digest .*username="suifang"`, 'm'))
    await waitFor(() => server.counts.dialogs === 0, { what: 'the end of the dialog' })
  })

  test('by a BYE before the answer is 200 for the BYE and 487 for the INVITE', async () => {
    const server = await bench.server()
    await bench.app(server, (srf) => {
      srf.invite((_, response) => response.send(180))
      srf.use((request, response, next) => (request.method === 'BYE' ? response.send(200) : next()))
    })
    const run = await sipp(
      [
        ...[uac.invite(), '<recv response="100"/>', '<recv response="180" rrs="true"/>'],
        ...[uac.request('BYE', 2), '<recv response="487"/>', uac.ackRefusal(5), '<recv response="200"/>'],
      ],
      { server: server.endpoint.local },
    )
    await run.done
    expect(server.counts).toMatchObject({ dialogs: 0, waiting: 0 })
  })
})

test.skipIf(!hasProgram('sipp'))('a call that has moved (302) goes where its Contact says', async () => {
  const server = await bench.server()
  const srf = await bench.app(server)
  const there = await sipp([...takeCall, uas.expect('BYE'), uas.answer(200, { tag: false })])
  const moved = uas.answer(302).replace(/Contact: .*/, `Contact: <${there.uri}>`)
  const here = await sipp([uas.expect('INVITE'), moved, uas.expect('ACK')])
  const refused: unknown = await srf.createUAC(here.uri, { localSdp: testSdp }).catch((error: unknown) => error)
  expect(refused).toMatchObject({ status: 302 })
  const contact = (refused as { res: { get(name: string): string } }).res.get('Contact')
  const dialog = await srf.createUAC(contact.slice(1, -1), { localSdp: testSdp })
  await dialog.destroy()
  await Promise.all([here.done, there.done])
})

describe.skipIf(!hasProgram('sipp'))('a session timer', () => {
  async function answering(least = 1) {
    const server = await bench.server({ leastSessionSeconds: least })
    const ends: (string | undefined)[] = []
    const dialogs: SrfDialog[] = []
    await bench.app(server, (srf) =>
      srf.invite(async (request, response) => {
        const dialog = await srf.createUAS(request, response, { localSdp: testSdp })
        dialogs.push(dialog)
        dialog.on('destroy', (_, reason) => ends.push(reason))
      }),
    )
    return { server, ends, dialogs }
  }

  test('that the caller does not keep ends the call, and the application is told why', async () => {
    const { server, ends } = await answering()
    const run = await sipp(
      [
        ...[uac.invite({ headers: ['Supported: timer', 'Session-Expires: 1;refresher=uac'] }), uac.expect(200)],
        ...[uac.ack(), uac.answerRequest('BYE')],
      ],
      { server: server.endpoint.local },
    )
    await run.done
    expect(await run.messages()).toContain('Session-Expires: 1;refresher=uac')
    // The telephone and the application are told over different sockets.
    await waitFor(() => ends.length > 0, { what: 'the application to be told' })
    expect(ends).toEqual(['Session timer expired'])
    expect(server.counts.dialogs).toBe(0)
  })

  test('that is ours to keep is kept by re-INVITEs with our last session, until one finds nobody', async () => {
    const { server, ends } = await answering()
    const run = await sipp(
      [
        ...[uac.invite({ headers: ['Session-Expires: 1;refresher=uas'] }), uac.expect(200), uac.ack()],
        uas.expect('INVITE'),
        uas.answer(200, { sdp: true, tag: false, headers: ['Session-Expires: 1;refresher=uac'] }),
        uas.expect('ACK'),
        ...[uas.expect('INVITE'), uas.answer(481, { tag: false }), uas.expect('ACK'), uac.answerRequest('BYE')],
      ],
      { server: server.endpoint.local },
    )
    await run.done
    const refreshes = (await run.messages()).match(/^INVITE sip:sipp@.*?^a=rtpmap:101/gms) ?? []
    expect(refreshes.at(-1)).toMatch(/Session-Expires: 1;refresher=uac.*m=audio 40000 /s)
    await waitFor(() => ends.length > 0, { what: 'the application to be told' })
    expect(ends).toEqual(['Session timer expired'])
  })

  test('that is too short is refused with the least that is agreed to', async () => {
    const { server } = await answering(90)
    const run = await sipp(
      [
        ...[uac.invite(), uac.expect(200), uac.ack(), pause(50)],
        ...[uac.invite({ seq: 2, headers: ['Session-Expires: 30'] }), uac.expect(422), uac.ackChangeRefused(2, 5)],
        ...[uac.request('BYE', 3), uac.expect(200)],
      ],
      { server: server.endpoint.local },
    )
    await run.done
    expect(await run.messages()).toContain('Min-SE: 90')
  })
})
