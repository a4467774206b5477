/** Talk with drachtio's port and with the network behind it: what is said in each script, and how it is written down. */
import type { Pair } from '../pair.ts'
import { DrachtioClient } from '../wire/drachtio-client.ts'
import { anSdp, SipPeer } from '../wire/sip-peer.ts'
import { answerTo, readSip, type SipText, tagOf, writeSip } from '../wire/sip-text.ts'
import { Names, type Said } from './transcript.ts'

interface Stage {
  readonly client: DrachtioClient
  readonly peer: SipPeer
  readonly to: string
}

const inside = (stage: Stage, method: string, dialogId: string, headers: readonly string[] = [], body = '') =>
  stage.client.request(writeSip(`${method} sip:placeholder SIP/2.0`, headers, body), { dialogId })

async function hangUp(stage: Stage, dialogId: string): Promise<void> {
  await inside(stage, 'BYE', dialogId)
  stage.peer.answer(await stage.peer.requested('BYE'), 200, 'OK')
  await stage.client.answered(200, 'BYE')
}

const scripts: Readonly<Record<string, (stage: Stage) => Promise<void>>> = {
  'signing in, ping, routes and refusals': async ({ client, to }) => {
    await client.ask('ping')
    await client.ask('route', ['options'])
    await client.ask('remove_route', ['options'])
    await client.ask('sip', ['nope', ''], writeSip('CANCEL sip:x SIP/2.0', []))
    await client.request(writeSip('INFO sip:placeholder SIP/2.0', []), { dialogId: 'nope' })
    await client.request(writeSip(`OPTIONS ${to} SIP/2.0`, [], 'hello'))
    await client.ask('frobnicate', ['x'])
    await client.gone()
  },

  'an OPTIONS of the application': async ({ client, peer, to }) => {
    await client.request(writeSip(`OPTIONS ${to} SIP/2.0`, ['X-Colour: dark green']))
    peer.answer(await peer.requested('OPTIONS'), 404, 'Not Found')
    await client.answered(404)
  },

  'a call out: rings, is answered, asked in, ended by us': async (stage) => {
    const { client, peer, to } = stage
    await client.request(writeSip(`INVITE ${to} SIP/2.0`, [], anSdp))
    const invite = await peer.requested('INVITE')
    peer.answer(invite, 180, 'Ringing')
    await client.answered(180)
    peer.answer(invite, 200, 'OK', { body: anSdp })
    const { dialogId } = await client.answered(200, 'INVITE')
    await inside(stage, 'ACK', dialogId)
    await peer.requested('ACK')
    await inside(stage, 'INFO', dialogId, ['Content-Type: text/plain'], 'hello')
    peer.answer(await peer.requested('INFO'), 200, 'OK')
    await client.answered(200, 'INFO')
    await hangUp(stage, dialogId)
    await inside(stage, 'INFO', dialogId)
  },

  'a call out that is busy': async ({ client, peer, to }) => {
    await client.request(writeSip(`INVITE ${to} SIP/2.0`, [], anSdp))
    peer.answer(await peer.requested('INVITE'), 486, 'Busy Here')
    await client.answered(486)
    await peer.requested('ACK')
  },

  'a call out that is called off': async ({ client, peer, to }) => {
    const sent = await client.request(writeSip(`INVITE ${to} SIP/2.0`, [], anSdp))
    const invite = await peer.requested('INVITE')
    peer.answer(invite, 180, 'Ringing')
    await client.answered(180)
    await client.ask('sip', [sent.transactionId, ''], writeSip('CANCEL sip:placeholder SIP/2.0', []))
    peer.answer(await peer.requested('CANCEL'), 200, 'OK')
    peer.answer(invite, 487, 'Request Terminated')
    await client.answered(487)
    await peer.requested('ACK')
  },

  'a call in: answered, ended by the caller': async ({ client, peer }) => {
    const dialog = peer.dial()
    dialog.send('INVITE', { body: anSdp })
    const invite = await client.requested('INVITE')
    await client.respond(invite, answerTo(invite.message, 180, 'Ringing'))
    await peer.answered(180)
    await client.respond(invite, answerTo(invite.message, 200, 'OK', { body: anSdp }))
    dialog.learn(await peer.answered(200))
    dialog.send('ACK')
    await client.requested('ACK')
    dialog.send('BYE')
    const bye = await client.requested('BYE')
    await client.respond(bye, answerTo(bye.message, 200, 'OK'))
    await peer.answered(200, 'BYE')
  },

  'a call in that is called off while it rings': async ({ client, peer }) => {
    const dialog = peer.dial()
    dialog.send('INVITE', { body: anSdp })
    const invite = await client.requested('INVITE')
    await client.respond(invite, answerTo(invite.message, 180, 'Ringing'))
    await peer.answered(180)
    dialog.send('CANCEL')
    await client.requested('CANCEL')
    await peer.answered(487, 'INVITE')
    dialog.send('ACK')
  },
}

export const drachtioScripts = Object.keys(scripts)

export async function runDrachtioScript(
  name: string,
  pair: Pair,
  address: { readonly host: string; readonly port: number },
): Promise<Said[]> {
  const peer = await SipPeer.open(address)
  const client = await DrachtioClient.signIn(pair.drachtio, { verbs: ['invite'] })
  try {
    await scripts[name]?.({ client, peer, to: `sip:peer@127.0.0.1:${peer.port}` })
    const names = new Names()
    names.call(pair.drachtio.secret, 'secret')
    names.call(`127.0.0.1:${peer.port}`, 'peer')
    names.call(String(peer.port), 'peer port')
    names.call(`127.0.0.1:${address.port}`, 'server')
    names.call(String(address.port), 'server port')
    return [
      ...client.wire.map(({ from, payload }) => frame(from, payload, names)),
      ...peer.wire.map(({ from, text }) => sip(from === 'server' ? 'server to peer' : 'peer', readSip(text), names)),
    ]
  } finally {
    if (!client.closed) await client.ask('remove_route', ['invite'])
    client.close()
    peer.close()
  }
}

/** The bytes, the answer to signing in (other places on other servers) and the parts that differ each time are named. */
function frame(by: string, payload: string, names: Names): Said {
  const at = payload.indexOf('\r\n')
  const fields = (at < 0 ? payload : payload.slice(0, at)).split('|')
  const head = fields
    .map((field) => (/(^|,)(udp|tcp|ws)\//.test(field) ? '{places}' : /^v0\.9/.test(field) ? '{version}' : field))
    .join('|')
    .replace(/\|(network|application)\|\d+\|/, '|$1|{bytes}|')
    .replace(/[^|]*;from-tag=[^|]*/, '{dialog}')
  const what = names.in(head).replace(/\|127\.0\.0\.1\|\d+\|/g, '|127.0.0.1|{port}|')
  if (at < 0) return { by, what, headers: {} }
  const message = sip(by, readSip(payload.slice(at + 2)), names)
  return { ...message, what: `${what} ${message.what}` }
}

function sip(by: string, message: SipText, names: Names): Said {
  names.call(tagOf(message.get('From')), 'from tag')
  names.call(tagOf(message.get('To')), 'to tag')
  names.call(message.get('Call-ID') ?? '', 'call-id')
  const [head = ''] = message.text.split('\r\n\r\n', 1)
  const headers: Record<string, string> = {}
  for (const line of head.split('\r\n').slice(1)) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon)
    headers[name] = names
      .in(line.slice(colon + 1).trim())
      .replace(/branch=[^;\s]+/g, 'branch={branch}')
      .replace(/^\d+ ([A-Z]+)$/, '{number} $1')
      .replace(/rport=\d+/, 'rport={port}')
  }
  return {
    by,
    what: names.in(message.startLine),
    headers,
    ...(message.body === '' ? {} : { body: names.in(message.body) }),
  }
}
