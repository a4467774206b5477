/** One application connected over TCP. */
import type { Socket } from 'node:net'
import { gatheredWrite } from '../gathered-write.ts'
import { type ClientCommand, parseClientCommand } from './client-command.ts'
import { FrameReader } from './frame.ts'
import { nokFrame } from './server-frame.ts'

/** An application that leaves this much unread is dropped. */
const maxUnreadBytes = 64 << 20

export interface AppClientHooks {
  onCommand(client: AppClient, command: ClientCommand): void
  onAuthenticated(client: AppClient): void
  onGone(client: AppClient): void
}

export class AppClient {
  /** Numeric, of its far end. */
  readonly address: string
  readonly #socket: Socket
  readonly #hooks: AppClientHooks
  readonly #reader = new FrameReader()
  #tags: readonly string[] = []
  #authenticated = false
  #gone = false
  /** The last has been said to it: what it has sent besides is not heard. */
  #ended = false

  constructor(socket: Socket, hooks: AppClientHooks) {
    this.#socket = socket
    this.#hooks = hooks
    this.address = socket.remoteAddress ?? ''
    // Two servers of many small writes: with Nagle each answer would wait for the other side's delayed ACK.
    socket.setNoDelay(true)
    socket.setKeepAlive(true)
    socket.on('data', (chunk) => this.#onData(chunk))
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      if (this.#gone) return
      this.#gone = true
      hooks.onGone(this)
    })
  }

  get tags(): readonly string[] {
    return this.#tags
  }

  get authenticated(): boolean {
    return this.#authenticated
  }

  /** It knew the secret. */
  admit(tags: readonly string[]): void {
    this.#tags = tags
    this.#authenticated = true
    this.#hooks.onAuthenticated(this)
  }

  get connected(): boolean {
    return !this.#gone && !this.#ended && !this.#socket.destroyed
  }

  send(bytes: Buffer): void {
    if (!this.connected) return
    if (this.#socket.writableLength > maxUnreadBytes) this.#socket.destroy()
    else gatheredWrite(this.#socket, bytes)
  }

  nok(msgId: string, reason: string): void {
    this.send(nokFrame(msgId, reason))
  }

  /** Sends what is still to be sent, then closes. */
  end(last?: Buffer): void {
    if (last !== undefined) this.send(last)
    this.#ended = true
    this.#socket.end()
    this.#socket.destroySoon()
  }

  #onData(chunk: Buffer): void {
    const payloads = this.#reader.push(chunk)
    if (payloads === undefined) {
      this.#socket.uncork()
      this.#socket.destroy()
      return
    }
    for (const payload of payloads) {
      if (!this.connected) return
      this.#hooks.onCommand(this, parseClientCommand(payload))
    }
  }
}
