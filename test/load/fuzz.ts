/**
 * Wrong messages of every kind against a running softswitch: SIP over UDP, TCP and WebSocket, inside dialogs and out,
 * offers, drachtio frames, the event socket, RTP and RTCP, and what comes to a browser's port (STUN, DTLS, SRTP). The
 * same seed sends the same bytes.
 *
 * All addresses are loopback's: where a message is spoiled so that it names another one, the kernel refuses to send
 * from a socket that is bound to loopback, and names are not looked up (watched-node.ts).
 */
import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { WebSocket } from 'ws'
import { frame } from '#softswitch/drachtio/frame.ts'
import type { SipCall } from '#softswitch/sip/sip-call.ts'
import type { SoftswitchState } from '#softswitch/softswitch-state.ts'
import { mutant, type Random, seeded } from '../harness/mutation.ts'
import { waitForEvent } from '../harness/wait-for.ts'
import {
  browserOffer,
  dialogSamples,
  dtlsSamples,
  eventSocketSamples,
  frameSamples,
  offerSamples,
  rtpSamples,
  sipSamples,
  stunCheck,
  webSocketBytes,
} from './fuzz-samples.ts'
import { type MediaCall, PlainCalls } from './plain-calls.ts'

/** One kind of attack. */
interface Way {
  readonly name: string
  /** How many messages at a time; the softswitch must answer something valid before the next. */
  readonly batch: number
  send(random: Random, count: number): Promise<void>
}

export class Fuzz {
  /** How many of each kind. */
  readonly sent: Record<string, number> = {}
  readonly #at: SoftswitchState
  readonly #calls: PlainCalls
  readonly #udp: UdpSocket
  readonly #ways: readonly Way[]
  #dialog: SipCall | undefined
  #leg: MediaCall | undefined
  #browser: (MediaCall & { readonly check: Buffer; readonly until: number }) | undefined
  #probes = 0

  static async open(at: SoftswitchState): Promise<Fuzz> {
    const udp = createSocket('udp4')
    udp.on('error', () => {})
    udp.bind(0, '127.0.0.1')
    await once(udp, 'listening')
    return new Fuzz(await PlainCalls.open(at), udp)
  }

  private constructor(calls: PlainCalls, udp: UdpSocket) {
    this.#at = calls.state
    this.#calls = calls
    this.#udp = udp
    this.#ways = this.#everyWay()
  }

  /**
   * Sends `count` messages, all kinds in turn.
   * @throws when a valid message between them is not answered within ten seconds
   */
  async run(seed: number, count: number): Promise<void> {
    const random = seeded(seed)
    for (let sent = 0; sent < count; ) {
      for (const way of this.#ways) {
        const batch = Math.min(way.batch, count - sent)
        if (batch === 0) break
        await way.send(random, batch)
        await this.#pulse(way.name)
        this.sent[way.name] = (this.sent[way.name] ?? 0) + batch
        sent += batch
      }
    }
  }

  /** A call over each side, from the INVITE to the BYE, with sound where there is some. @throws when one fails */
  async callAsUsual(): Promise<void> {
    const call = await this.#calls.toApplication()
    await call.bye()
    const heard = once(this.#calls.media, 'message')
    const leg = await this.#calls.toMedia()
    await heard
    await leg.call.bye()
    await this.#calls.api('status', 'UP ')
  }

  /** Ends what it has up on the softswitch, and keeps its connections. */
  async hangUp(): Promise<void> {
    const calls = [this.#dialog, this.#leg?.call, this.#browser?.call]
    this.#dialog = undefined
    this.#leg = undefined
    this.#browser = undefined
    await Promise.all(calls.map((call) => call?.hangUp()))
    await this.#calls.endDialogs()
  }

  async close(): Promise<void> {
    await this.#calls.close()
    this.#udp.close()
  }

  #everyWay(): readonly Way[] {
    const { drachtio, freeswitch } = this.#at
    const { port } = this.#udp.address()
    const udp = sipSamples('UDP', port)
    const [tcp, ws] = [sipSamples('TCP', port), sipSamples('WS', port)]
    const [frames, offers] = [frameSamples(port), offerSamples(port)]
    return [
      {
        name: 'SIP over UDP',
        batch: 64,
        send: (random, count) => this.#datagrams(random, count, udp, drachtio.sipPort),
      },
      { name: 'SIP inside a dialog', batch: 16, send: (random, count) => this.#inDialog(random, count) },
      {
        name: 'SIP to FreeSWITCH',
        batch: 32,
        send: (random, count) => this.#datagrams(random, count, udp, freeswitch.sipPort),
      },
      { name: 'SIP over TCP', batch: 32, send: (random, count) => streams(random, count, 4, tcp, drachtio.sipPort) },
      { name: 'SIP over WebSocket', batch: 32, send: (random, count) => this.#frames(random, count, ws) },
      {
        name: 'WebSocket frames',
        batch: 8,
        send: (random, count) => streams(random, count, 1, [webSocketBytes(drachtio.sipWsPort)], drachtio.sipWsPort),
      },
      { name: 'offers', batch: 4, send: (random, count) => this.#offers(random, count, offers) },
      {
        name: 'drachtio frames',
        batch: 32,
        send: (random, count) =>
          streams(random, count, 4, frames, drachtio.port, frame(`a|authenticate|${drachtio.secret}|fuzz`), framed),
      },
      {
        name: 'event socket',
        batch: 32,
        send: (random, count) =>
          streams(random, count, 8, eventSocketSamples, freeswitch.port, Buffer.from(`auth ${freeswitch.secret}\n\n`)),
      },
      { name: 'RTP and RTCP', batch: 64, send: (random, count) => this.#sound(random, count) },
      { name: 'STUN, DTLS, SRTP', batch: 64, send: (random, count) => this.#browserPort(random, count) },
    ]
  }

  async #datagrams(random: Random, count: number, samples: readonly Buffer[], port: number): Promise<void> {
    for (let left = count; left > 0; left--) this.#udp.send(mutant(random, samples), port, '127.0.0.1')
  }

  async #inDialog(random: Random, count: number): Promise<void> {
    if (this.#dialog === undefined || this.#dialog.state === 'ended') this.#dialog = await this.#calls.toApplication()
    const { callId, dialog } = this.#dialog
    const named = { callId, from: dialog?.localTag ?? '', to: dialog?.remoteTag ?? '' }
    const samples = dialogSamples(this.#udp.address().port, named)
    await this.#datagrams(random, count, samples, this.#at.drachtio.sipPort)
  }

  async #frames(random: Random, count: number, samples: readonly Buffer[]): Promise<void> {
    const { sipWsHost, sipWsPort } = this.#at.drachtio
    const socket = new WebSocket(`ws://${sipWsHost}:${sipWsPort}`, 'sip')
    socket.on('error', () => {})
    await once(socket, 'open')
    for (let left = count; left > 0; left--) {
      const bytes = mutant(random, samples)
      socket.send(bytes, { binary: random() < 0.5 })
    }
    socket.close()
    await Promise.race([once(socket, 'close'), patience()])
    socket.terminate()
  }

  /** Each is a call; one that is taken is ended. */
  async #offers(random: Random, count: number, samples: readonly Buffer[]): Promise<void> {
    for (let left = count; left > 0; left--) {
      const call = this.#calls.invite(mutant(random, samples).toString('latin1'), this.#at.freeswitch.sipPort)
      const over = once(call, 'ended')
      call.once('answered', () => void call.bye())
      await Promise.race([over, patience()])
      void call.hangUp()
    }
  }

  async #sound(random: Random, count: number): Promise<void> {
    if (this.#leg === undefined || this.#leg.call.state === 'ended') this.#leg = await this.#calls.toMedia()
    for (let left = count; left > 0; left--)
      this.#calls.media.send(mutant(random, rtpSamples), this.#leg.port, '127.0.0.1')
  }

  /** A browser's port lives as long as its leg waits for the browser: five seconds. */
  async #browserPort(random: Random, count: number): Promise<void> {
    if (
      this.#browser === undefined ||
      performance.now() > this.#browser.until ||
      this.#browser.call.state === 'ended'
    ) {
      void this.#browser?.call.hangUp()
      const fingerprint = Array<string>(32).fill('AB').join(':')
      const answered = await this.#calls.toMedia(browserOffer(fingerprint))
      const value = (name: string) => new RegExp(`^a=${name}:(.*?)\\s*$`, 'm').exec(answered.sdp)?.[1] ?? ''
      const check = stunCheck(`${value('ice-ufrag')}:fuzz`, value('ice-pwd'))
      this.#browser = { ...answered, check, until: performance.now() + 3_000 }
    }
    const { port, check } = this.#browser
    // One that it believes, so that it takes the rest as coming from the browser.
    this.#udp.send(check, port, '127.0.0.1')
    const samples = [check, ...dtlsSamples]
    for (let left = count; left > 0; left--) this.#udp.send(mutant(random, samples), port, '127.0.0.1')
  }

  /** Something valid for everybody between two batches: nothing is sent into a queue that only grows. */
  async #pulse(after: string): Promise<void> {
    this.#probes += 1
    const id = `pulse-${this.#probes}@127.0.0.1`
    const { port } = this.#udp.address()
    const probe = [
      `OPTIONS sip:100@127.0.0.1 SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bKpulse${this.#probes};rport`,
      `From: <sip:pulse@127.0.0.1>;tag=${this.#probes}`,
      'To: <sip:100@127.0.0.1>',
      `Call-ID: ${id}`,
      'CSeq: 1 OPTIONS',
      'Content-Length: 0',
      '',
      '',
    ].join('\r\n')
    // A datagram may be lost among so many: it is asked again.
    const again = setInterval(() => this.#udp.send(probe, this.#at.drachtio.sipPort, '127.0.0.1'), 250)
    try {
      const answered = waitForEvent<[Buffer]>(this.#udp, 'message', {
        what: `the answer to an OPTIONS after ${after}`,
        accept: (bytes) => bytes.includes(id) && bytes.toString('latin1').startsWith('SIP/2.0 200'),
      })
      this.#udp.send(probe, this.#at.drachtio.sipPort, '127.0.0.1')
      await answered
    } finally {
      clearInterval(again)
    }
    await this.#calls.api('version', 'FreeSWITCH Version')
  }
}

/** As much as one message that nothing comes of is waited for. */
function patience(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 200).unref())
}

/** A frame's length is mostly right: what is in it is then read. */
function framed(bytes: Buffer, random: Random): Buffer {
  const hash = bytes.indexOf('#')
  if (hash < 0 || random() < 0.2) return bytes
  const payload = bytes.subarray(hash + 1)
  return Buffer.concat([Buffer.from(`${payload.length}#`), payload])
}

/** So many messages to a connection, then the next: one that cannot be read ends its connection. */
async function streams(
  random: Random,
  count: number,
  each: number,
  samples: readonly Buffer[],
  port: number,
  hello: Buffer = Buffer.alloc(0),
  dress: (bytes: Buffer, random: Random) => Buffer = (bytes) => bytes,
): Promise<void> {
  const ends: Promise<unknown>[] = []
  for (let left = count; left > 0; left -= each) {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    socket.resume()
    const messages = Array.from({ length: Math.min(each, left) }, () => dress(mutant(random, samples), random))
    socket.end(Buffer.concat([hello, ...messages]))
    ends.push(
      Promise.race([once(socket, 'close'), patience()]).finally(() => {
        socket.destroy()
      }),
    )
  }
  await Promise.all(ends)
}
