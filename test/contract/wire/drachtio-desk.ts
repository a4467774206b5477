/** One application and one telephone on both sides of a drachtio server, and the calls between them. */
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { openPair, type Pair } from '../pair.ts'
import { sipAddressOf } from '../register-client.ts'
import { DrachtioClient } from './drachtio-client.ts'
import { anSdp, type PeerDialog, SipPeer } from './sip-peer.ts'
import { answerTo, type SipText, uriOf, writeSip } from './sip-text.ts'

/** A file's server and application, open while its tests run; each test has a telephone of its own. */
export function openDrachtioDesk(verbs: readonly string[]) {
  let there: { pair: Pair; address: { host: string; port: number }; client: DrachtioClient } | null = null
  let phone: SipPeer | null = null
  beforeAll(async () => {
    const pair = await openPair()
    const client = await DrachtioClient.signIn(pair.drachtio, { verbs })
    there = { pair, address: await sipAddressOf(pair.drachtio), client }
  })
  beforeEach(async () => {
    phone = await SipPeer.open(open(there).address)
    open(there).client.frames.length = 0
  })
  afterEach(() => phone?.close())
  afterAll(async () => {
    there?.client.close()
    await there?.pair.close()
  })
  return new DrachtioDesk(
    () => open(there),
    () => open(phone),
  )
}

function open<T>(part: T | null): T {
  if (part === null) throw new Error('no desk outside tests')
  return part
}

export class DrachtioDesk {
  readonly #there: () => { readonly pair: Pair; readonly client: DrachtioClient }
  readonly #phone: () => SipPeer

  constructor(there: () => { readonly pair: Pair; readonly client: DrachtioClient }, phone: () => SipPeer) {
    this.#there = there
    this.#phone = phone
  }

  get pair(): Pair {
    return this.#there().pair
  }

  get client(): DrachtioClient {
    return this.#there().client
  }

  get peer(): SipPeer {
    return this.#phone()
  }

  get to(): string {
    return `sip:peer@127.0.0.1:${this.peer.port}`
  }

  invite(headers: readonly string[] = []) {
    return this.client.request(writeSip(`INVITE ${this.to} SIP/2.0`, headers, anSdp))
  }

  /** A request of the application inside a dialog. */
  inside(method: string, dialogId: string, headers: readonly string[] = [], body = '') {
    return this.client.request(writeSip(`${method} sip:placeholder SIP/2.0`, headers, body), { dialogId })
  }

  /** The next request that the application is told of, answered by it. */
  async answerNext(method: string, status: number, reason: string, body = '', headers: readonly string[] = []) {
    const told = await this.client.requested(method)
    const sent = await this.client.respond(told, answerTo(told.message, status, reason, { body, headers }))
    return { told, sent }
  }

  /** A call that the application has placed and the peer has answered. */
  async placed({ tag = 'peer-tag', headers = [] as readonly string[] } = {}) {
    const sent = await this.invite()
    const request = await this.peer.requested('INVITE')
    this.peer.answer(request, 200, 'OK', { body: anSdp, tag, headers })
    const { dialogId } = await this.client.answered(200, 'INVITE')
    await this.inside('ACK', dialogId)
    const ack = await this.peer.requested('ACK')
    return { sent, request, dialogId, ack }
  }

  /** A request of the peer inside a call that the application has placed. @returns its text */
  fromPeer(request: SipText, method: string, cseq: number, headers: readonly string[] = [], body = ''): string {
    const text = writeSip(
      `${method} ${uriOf(request.get('Contact'))} SIP/2.0`,
      [
        `Via: SIP/2.0/UDP 127.0.0.1:${this.peer.port};branch=z9hG4bK${method}${cseq}${Math.random()};rport`,
        'Max-Forwards: 70',
        `From: ${request.get('To')};tag=peer-tag`,
        `To: ${request.get('From')}`,
        `Call-ID: ${request.get('Call-ID')}`,
        `CSeq: ${cseq} ${method}`,
        `Contact: <${this.peer.contact}>`,
        ...headers,
      ],
      body,
    )
    this.peer.send(text)
    return text
  }

  /** A call that the peer has placed and the application has answered. */
  async taken(
    headers: readonly string[] = [],
    answered: readonly string[] = [],
  ): Promise<{ dialog: PeerDialog; dialogId: string; ok: SipText }> {
    const dialog = this.peer.dial()
    dialog.send('INVITE', { body: anSdp, headers })
    const { sent } = await this.answerNext('INVITE', 200, 'OK', anSdp, answered)
    const ok = dialog.learn(await this.peer.answered(200, 'INVITE'))
    dialog.send('ACK')
    await this.client.requested('ACK')
    return { dialog, dialogId: sent.dialogId, ok }
  }

  /** The application ends a call. */
  async hangUp(dialogId: string): Promise<void> {
    await this.inside('BYE', dialogId)
    this.peer.answer(await this.peer.requested('BYE'), 200, 'OK')
    await this.client.answered(200, 'BYE')
  }
}
