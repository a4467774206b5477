import { io, type Socket } from 'socket.io-client'
import type { HubToPage, PageToHub, PushedEvent } from '#platform/realtime/protocol.ts'

export type ConnectionState = 'connecting' | 'connected' | 'interrupted'

export interface StreamReader {
  readonly stream: string
  /** The last offset the reader holds: asked at every (re)connection. */
  offset(): number
  onEvents(events: readonly PushedEvent[]): void
  /** The log no longer holds what comes after the offset: take a fresh snapshot, then read again. */
  onGap(): void
}

/**
 * The page's one socket. It comes back by itself, and each reader then goes on after its last offset.
 * It exists while somebody is signed in.
 */
export class Connection {
  readonly #socket: Socket<HubToPage, PageToHub>
  readonly #readers = new Map<string, StreamReader>()
  readonly #listeners = new Set<() => void>()
  #state: ConnectionState = 'connecting'

  constructor({ onSignedOut, onRefused }: { onSignedOut: () => void; onRefused: () => void }) {
    this.#socket = io({ path: '/api/realtime', transports: ['websocket'], reconnectionDelayMax: 5_000 })
    this.#socket.on('connect', () => {
      this.#set('connected')
      for (const reader of this.#readers.values()) this.#subscribe(reader)
    })
    this.#socket.on('disconnect', (reason) => {
      this.#set('interrupted')
      // The server let us go: whether we may come back is the session's to say.
      if (reason === 'io server disconnect') this.#socket.connect()
    })
    this.#socket.on('connect_error', () => {
      this.#set('interrupted')
      onRefused()
    })
    this.#socket.on('signed_out', onSignedOut)
    this.#socket.on('events', ({ stream, events }, taken) => {
      this.#readers.get(stream)?.onEvents(events)
      taken()
    })
    this.#socket.on('gap', ({ stream }) => this.#readers.get(stream)?.onGap())
  }

  get state(): ConnectionState {
    return this.#state
  }

  /** For useSyncExternalStore. */
  readonly watch = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Reads a stream on from the reader's offset until the returned function is called. */
  read(reader: StreamReader): () => void {
    this.#readers.set(reader.stream, reader)
    if (this.#socket.connected) this.#subscribe(reader)
    return () => {
      if (this.#readers.get(reader.stream) === reader) this.#readers.delete(reader.stream)
    }
  }

  close(): void {
    this.#readers.clear()
    this.#socket.disconnect()
  }

  #subscribe(reader: StreamReader): void {
    this.#socket.emit('subscribe', { stream: reader.stream, after: reader.offset() }, () => {})
  }

  #set(state: ConnectionState): void {
    if (this.#state === state) return
    this.#state = state
    for (const listener of this.#listeners) listener()
  }
}
