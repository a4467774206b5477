import type { Socket } from 'jssip'

/** A handshake that has had no answer for as long is given up: a network that is gone answers never. */
const connectMs = 4_000

/**
 * The WebSocket that JsSIP speaks over. Its own lacks two things that a page on a bad network needs: an end to a
 * connection attempt, and a way to give up a socket that is dead without knowing it (a cut network closes nothing).
 */
export class SipSocket implements Socket {
  readonly url: string
  readonly sip_uri: string
  /** The tunnel ends on drachtio's plain WebSocket, also of a page that came by HTTPS; sofia drops a Via that says otherwise. */
  readonly via_transport = 'WS'
  #socket: WebSocket | undefined
  #limit: number | undefined
  // JsSIP sets these three.
  onconnect: () => void = () => {}
  ondisconnect: (error: boolean, code?: number, reason?: string) => void = () => {}
  ondata: (data: unknown) => void = () => {}

  constructor(url: string) {
    const { host } = new URL(url)
    this.url = url
    this.sip_uri = `sip:${host};transport=ws`
  }

  connect(): void {
    if (this.#socket !== undefined) return
    const socket = new WebSocket(this.url, 'sip')
    this.#socket = socket
    this.#limit = window.setTimeout(() => this.drop(), connectMs)
    socket.onopen = () => {
      window.clearTimeout(this.#limit)
      this.onconnect()
    }
    socket.onclose = ({ code, reason, wasClean }) => this.#gone(!wasClean, code, reason)
    socket.onmessage = ({ data }: MessageEvent<unknown>) => this.ondata(data)
  }

  disconnect(): void {
    this.#forget()
  }

  /** As if the network had said that it is gone. */
  drop(): void {
    if (this.#socket === undefined) return
    this.#gone(true, 1006, 'given up')
  }

  send(message: string | ArrayBufferLike | Blob | ArrayBufferView): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false
    // JsSIP sends texts alone; its types allow more.
    if (typeof message !== 'string') return false
    this.#socket.send(message)
    return true
  }

  isConnected(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN
  }

  isConnecting(): boolean {
    return this.#socket?.readyState === WebSocket.CONNECTING
  }

  #gone(error: boolean, code: number, reason: string): void {
    this.#forget()
    this.ondisconnect(error, code, reason)
  }

  #forget(): void {
    window.clearTimeout(this.#limit)
    const socket = this.#socket
    this.#socket = undefined
    if (socket === undefined) return
    socket.onopen = null
    socket.onclose = null
    socket.onmessage = null
    socket.close()
  }
}
