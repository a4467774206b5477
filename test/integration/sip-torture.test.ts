/**
 * RFC 4475: each of its messages as it is sent to the drachtio side of the softswitch, over UDP and over TCP, with
 * drachtio-srf as the application behind it. The name of the transport in the top Via is made that of the way it goes
 * (nothing else is changed): a request that came another way than its Via says is dropped, as sofia does it.
 */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { DrachtioServer } from '#softswitch/drachtio/drachtio-server.ts'
import { responseTo, SipRequest, type SipResponse } from '#softswitch/sip/sip-message.ts'
import { parseSip } from '#softswitch/sip/sip-parser.ts'
import { SipStreamReader } from '#softswitch/sip/stream-reader.ts'
import { Bench, testSdp } from '../harness/drachtio.ts'
import type { Srf, SrfRequest, SrfResponse } from '../harness/srf.ts'
import { tortureMessages, tortureOver } from '../torture/rfc4475.ts'

/**
 * Final answers in order. `udp` and `tcp` differ where the message has another end in a stream; `closed`: the stream
 * cannot be read on, and its connection is ended.
 */
const paper: Readonly<Record<string, { udp: number[]; tcp?: (number | 'closed')[] | 'is about datagrams' }>> = {
  // §3.1.1: what is valid, however odd
  wsinv: { udp: [481] }, // its To has a tag: well-formed, and of a dialog that nobody knows
  intmeth: { udp: [501] },
  esc01: { udp: [200] },
  escnull: { udp: [200] },
  esc02: { udp: [501] },
  lwsdisp: { udp: [200] },
  longreq: { udp: [200] },
  dblreq: { udp: [200], tcp: 'is about datagrams' },
  semiuri: { udp: [200] },
  transports: { udp: [200] },
  mpart01: { udp: [200] },
  unreason: { udp: [] },
  noreason: { udp: [] },
  // §3.1.2: what is not
  badinv01: { udp: [400] },
  clerr: { udp: [400], tcp: ['closed'] }, // waits for the rest of the body
  ncl: { udp: [400], tcp: [400, 'closed'] },
  scalar02: { udp: [400] },
  scalarlg: { udp: [] },
  quotbal: { udp: [400] },
  ltgtruri: { udp: [400] },
  lwsruri: { udp: [400] },
  lwsstart: { udp: [200] },
  trws: { udp: [200] },
  escruri: { udp: [400] },
  baddate: { udp: [200] },
  regbadct: { udp: [400] },
  badaspec: { udp: [400] },
  baddn: { udp: [400] },
  badvers: { udp: [505] },
  mismatch01: { udp: [400] },
  mismatch02: { udp: [501] },
  bigcode: { udp: [] },
  // §3.2: transactions
  badbranch: { udp: [200] },
  // §3.3: what the application decides
  insuf: { udp: [400] },
  unkscm: { udp: [416] },
  novelsc: { udp: [416] },
  unksm2: { udp: [404] },
  bext01: { udp: [420] },
  invut: { udp: [415] },
  regaut01: { udp: [200] },
  multi01: { udp: [400] },
  mcl01: { udp: [400], tcp: [400, 'closed'] },
  bcast: { udp: [] },
  zeromf: { udp: [200] },
  cparam01: { udp: [200] },
  cparam02: { udp: [200] },
  regescrt: { udp: [200] },
  sdp01: { udp: [406] },
  // §3.4: an INVITE of RFC 2543, without a tag and without Contact
  inv2543: { udp: [400], tcp: [400, 'closed'] },
}

const bench = new Bench()
/** Far ends, which outlive the server so as to take its BYE. */
const phones = new Set<{ close(): unknown }>()
afterEach(async () => {
  await bench.close()
  for (const phone of phones) phone.close()
  phones.clear()
  expect(bench.faults.splice(0)).toEqual([])
})

/** One for each message: several of them share a branch, as retransmissions do. */
async function openServer(): Promise<DrachtioServer> {
  const server = await bench.server({ streams: { tcp: true, limits: { wholeMessageMs: 200 } } })
  await bench.app(server, answer)
  return server
}

test('the paper has every message of the RFC', () => {
  expect(Object.keys(paper).toSorted()).toEqual([...tortureMessages.keys()].toSorted())
})

describe.each(Object.entries(paper))('%s', (name, { udp, tcp = udp }) => {
  test('over UDP', async () => {
    expect(await askOverUdp(name)).toEqual(udp)
  })

  if (tcp === 'is about datagrams') return
  test('over TCP', async () => {
    expect(await askOverTcp(name)).toEqual(tcp)
  })
})

/** What RFC 3261 §8.2 asks of whoever answers. */
function answer(srf: Srf): void {
  const answers = (request: SrfRequest, response: SrfResponse) => {
    const required = request.get('Require')
    const accept = request.get('Accept') ?? 'application/sdp'
    const invite = request.method === 'INVITE'
    if (required !== undefined) response.send(420, { headers: { Unsupported: required } })
    else if (request.method === 'REGISTER' && !/^[^;]*sips?:/.test(request.get('To') ?? '')) response.send(404)
    else if (invite && request.get('Content-Type') !== 'application/sdp') response.send(415)
    else if (invite && accept !== 'application/sdp') response.send(406)
    else response.send(200, invite ? { body: testSdp } : {})
  }
  srf.invite(answers)
  srf.register(answers)
  srf.options(answers)
  srf.message(answers)
}

const probeId = 'the-next-valid-message'

function probe(protocol: string, port: number): Buffer {
  return Buffer.from(
    [
      'OPTIONS sip:user@example.com SIP/2.0',
      `Via: SIP/2.0/${protocol} 127.0.0.1:${port};branch=z9hG4bK${Math.random()}`,
      'From: <sip:probe@example.com>;tag=1',
      'To: <sip:user@example.com>',
      `Call-ID: ${probeId}`,
      'CSeq: 1 OPTIONS',
      'Content-Length: 0\r\n\r\n',
    ].join('\r\n'),
  )
}

/**
 * The far end of one way: notes final answers, acknowledges what an INVITE got, takes every BYE.
 * @returns true once the probe behind the message has been answered, as it must be whatever the message was
 */
function listener(answers: (number | string)[], protocol: string, send: (message: Buffer) => void) {
  return (bytes: Buffer): boolean => {
    const parsed = parseSip(bytes)
    if (parsed.ok && parsed.message.kind === 'request') {
      if (parsed.message.method === 'BYE') send(responseTo(parsed.message, 200).toBuffer())
      return false
    }
    // An answer to a request that lacked half of its headers lacks them as well.
    const status = Number(/^SIP\/2\.0 (\d{3})/.exec(bytes.toString('latin1'))?.[1])
    if (parsed.ok && parsed.message.callId === probeId) return status === 200
    if (status < 200) return false
    answers.push(status)
    if (parsed.ok && parsed.message.kind === 'response') acknowledge(parsed.message, protocol, send)
    return false
  }
}

function acknowledge(response: SipResponse, protocol: string, send: (message: Buffer) => void): void {
  if (response.cseq?.method !== 'INVITE') return
  const headers = response.headers.clone().set('CSeq', `${response.cseq.number} ACK`)
  for (const name of ['Contact', 'Content-Type', 'Record-Route']) headers.remove(name)
  const branch = response.status < 300 ? `z9hG4bK${Math.random()}` : response.topVia?.params.get('branch')
  const sent = response.topVia?.host ?? ''
  headers.setAll('Via', [`SIP/2.0/${protocol} ${sent}${branch === undefined ? '' : `;branch=${branch}`}`])
  send(new SipRequest('ACK', 'sip:user@example.com', headers).toBuffer())
}

async function askOverUdp(name: string): Promise<(number | string)[]> {
  const server = await openServer()
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  phones.add(socket)
  const answers: (number | string)[] = []
  const send = (message: Buffer) => socket.send(message, server.endpoint.local.port, '127.0.0.1')
  const hear = listener(answers, 'UDP', send)
  const probed = new Promise<void>((done) => socket.on('message', (bytes) => hear(bytes) && done()))
  send(tortureOver('UDP', name))
  send(probe('UDP', socket.address().port))
  await probed
  return answers
}

async function askOverTcp(name: string): Promise<(number | string)[]> {
  const server = await openServer()
  const socket = connect(server.endpoint.localOf('tcp').port, '127.0.0.1')
  await once(socket, 'connect')
  phones.add({ close: () => socket.destroy() })
  const answers: (number | string)[] = []
  const send = (message: Buffer) => void socket.write(message)
  const hear = listener(answers, 'TCP', send)
  const reader = new SipStreamReader()
  const done = new Promise<void>((resolve) => {
    socket.on('data', (piece) => {
      for (const item of reader.push(piece)) if (item.kind === 'message' && hear(item.bytes)) resolve()
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      answers.push('closed')
      resolve()
    })
  })
  send(tortureOver('TCP', name))
  send(probe('TCP', 5060))
  await done
  return answers
}
