/**
 * JsSIP, the library of the product's page, as a telephone under Node: registers, calls and is called over a
 * WebSocket. There is no browser and no sound: its peer connection makes up a description and is content with any.
 */
import type { EventEmitter } from 'node:events'
import { createRequire } from 'node:module'
import { waitForEvent } from './wait-for.ts'

export const madeUpSdp = [
  'v=0',
  'o=- 20518 0 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'm=audio 9 UDP/TLS/RTP/SAVPF 0 101',
  'c=IN IP4 127.0.0.1',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:101 telephone-event/8000',
  'a=ice-ufrag:page',
  'a=ice-pwd:madeupmadeupmadeupmadeup',
  `a=fingerprint:sha-256 ${Array.from({ length: 32 }, () => 'AB').join(':')}`,
  'a=setup:actpass',
  'a=mid:0',
  'a=rtcp-mux',
  'a=sendrecv',
  '',
].join('\r\n')

/** What JsSIP asks of a browser for a call, and no more. */
class MadeUpPeerConnection extends EventTarget {
  readonly iceGatheringState = 'complete'
  readonly iceConnectionState = 'connected'
  signalingState = 'stable'
  localDescription: { type: string; sdp: string } | null = null
  readonly #described: string[] = []

  createOffer() {
    return Promise.resolve({ type: 'offer', sdp: madeUpSdp })
  }

  createAnswer() {
    return Promise.resolve({ type: 'answer', sdp: madeUpSdp.replace('actpass', 'active') })
  }

  setLocalDescription(description: { type: string; sdp: string }) {
    this.localDescription = description
    return Promise.resolve()
  }

  setRemoteDescription({ sdp }: { sdp: string }) {
    this.#described.push(sdp)
    return Promise.resolve()
  }

  get remoteDescription() {
    return { sdp: this.#described.at(-1) }
  }

  getSenders() {
    return []
  }

  close() {}
}

Object.assign(globalThis, {
  window: globalThis,
  RTCPeerConnection: MadeUpPeerConnection,
  RTCSessionDescription: class {
    readonly type: string
    readonly sdp: string
    constructor({ type, sdp }: { type: string; sdp: string }) {
      this.type = type
      this.sdp = sdp
    }
  },
})

export interface PageCall extends EventEmitter {
  readonly connection: MadeUpPeerConnection
  isEstablished(): boolean
  isEnded(): boolean
  answer(options: object): void
  terminate(options?: object): void
  hold(): boolean
  sendDTMF(digits: string, options: { transportType: 'INFO' }): void
  sendInfo(contentType: string, body: string): void
}

interface Agent extends EventEmitter {
  readonly contact: { readonly uri: { toString(): string } }
  start(): void
  register(): void
  unregister(): void
  call(target: string, options: object): PageCall
  sendOptions(target: string, body: string, options: { eventHandlers: object }): void
  readonly transport: { readonly socket: { readonly _ws: WebSocket | null } } | null
  stop(): void
}

interface Library {
  readonly UA: new (configuration: object) => Agent
  readonly WebSocketInterface: new (url: string) => { via_transport: string }
}

const jssip: Library = createRequire(import.meta.url)('jssip')
const noMedia = { mediaConstraints: { audio: false, video: false } }

export interface Page {
  readonly agent: Agent
  /** As it stands in its REGISTER: `sip:…@….invalid;transport=ws`. */
  readonly contact: string
  /** Resolves with the Contact of the answer. */
  register(): Promise<void>
  call(target: string): PageCall
  /** The next call that comes in; it is answered unless the test says otherwise. */
  nextCall(options?: { answer: boolean }): Promise<PageCall>
  /** Its connection goes without a word, as when the browser dies; it does not come back. */
  vanish(): Promise<void>
  close(): void
}

export interface PageOptions {
  /** `ws://host:port`. */
  readonly url: string
  readonly user?: string
  readonly password?: string
  /** What its Via names; default: as the URL says. */
  readonly viaTransport?: 'ws' | 'wss'
}

/** A page whose WebSocket is up; it has not registered. */
export async function openPage(options: PageOptions): Promise<Page> {
  const { url, user = '8001', password = 'secret', viaTransport } = options
  const socket = new jssip.WebSocketInterface(url)
  if (viaTransport !== undefined) socket.via_transport = viaTransport
  const agent = new jssip.UA({
    sockets: socket,
    uri: `sip:${user}@hospital.test`,
    password,
    register: false,
    session_timers: false,
    register_expires: 60,
  })
  const connected = waitForEvent(agent, 'connected')
  agent.start()
  await connected
  return {
    agent,
    get contact() {
      return agent.contact.uri.toString()
    },
    async register() {
      const registered = waitForEvent(agent, 'registered', { what: 'the registration of a page' })
      agent.register()
      await registered
    },
    call: (target) => agent.call(target, noMedia),
    async nextCall({ answer } = { answer: true }) {
      const [{ session }] = await waitForEvent<[{ session: PageCall; originator: string }]>(agent, 'newRTCSession', {
        what: 'a call to the page',
        accept: ({ originator }) => originator === 'remote',
      })
      if (answer) session.answer(noMedia)
      return session
    },
    async vanish() {
      const ws = agent.transport?.socket._ws
      if (ws === null || ws === undefined) throw new Error('the page has no connection')
      const gone = new Promise((resolve) => ws.addEventListener('close', resolve))
      ws.onclose = null
      ws.close()
      await gone
    },
    close: () => agent.stop(),
  }
}
