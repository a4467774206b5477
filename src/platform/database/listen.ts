import pg from 'pg'
import { type Clock, systemClock, type Timer } from '../clock.ts'
import { type Log, silentLog } from '../log.ts'
import { clientConfig } from './database.ts'
import { databaseError } from './database-error.ts'

export interface ListenerOptions {
  readonly url: string
  readonly log?: Log
  readonly clock?: Clock
  /** The connection broke; it is already being made again. */
  readonly onLost?: () => void
}

export interface ChannelHandler {
  /** A NOTIFY came. It may have been sent before an earlier resync: treat it as a hint to read. */
  onPayload(payload: string): void
  /** The connection was away and is back: anything may have been missed, read everything again. */
  onResync?(): void
}

export interface Subscription {
  close(): Promise<void>
}

/**
 * One connection that hears any number of channels. It comes back by itself (250 ms, doubling to 5 s) and then calls
 * every handler's `onResync`. LISTEN needs a session of its own: behind a pooler in transaction mode give the direct
 * address.
 */
export interface Listener {
  /**
   * Resolves once the server listens: what is notified after that is heard. Rejects with `DATABASE_AWAY` when the
   * connection is down at that moment.
   */
  listen(channel: string, handler: ChannelHandler): Promise<Subscription>
  close(): Promise<void>
}

/** Connects; rejects with `DATABASE_AWAY` when the first attempt fails. */
export async function openListener(options: ListenerOptions): Promise<Listener> {
  const listener = new PgListener(options)
  await listener.connect()
  return listener
}

/** A listener for one channel alone, when nobody else's connection can be shared. */
export async function listen(
  url: string,
  channel: string,
  onPayload: (payload: string) => void,
  options: Omit<ListenerOptions, 'url'> & { readonly onResync?: () => void } = {},
): Promise<Subscription> {
  const listener = await openListener({ ...options, url })
  const { onResync } = options
  await listener.listen(channel, { onPayload, ...(onResync === undefined ? {} : { onResync }) })
  return { close: () => listener.close() }
}

const firstRetryMs = 250
const lastRetryMs = 5_000
const commandTimeoutMs = 5_000

class PgListener implements Listener {
  readonly #options: ListenerOptions
  readonly #clock: Clock
  readonly #log: Log
  readonly #handlers = new Map<string, Set<ChannelHandler>>()
  #client: pg.Client | undefined
  #retry: Timer | undefined
  #retryMs = firstRetryMs
  #closed = false

  constructor(options: ListenerOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#log = options.log ?? silentLog
  }

  async connect(): Promise<void> {
    const client = new pg.Client(
      clientConfig({ url: this.#options.url, applicationName: 'suifang listen', statementTimeoutMs: commandTimeoutMs }),
    )
    client.on('error', () => {}) // `end` follows, and does what is to be done
    client.on('notification', ({ channel, payload = '' }) => this.#deliver(channel, payload))
    try {
      await client.connect()
      for (const channel of this.#handlers.keys()) await client.query(`listen ${client.escapeIdentifier(channel)}`)
    } catch (error) {
      await client.end().catch(() => {})
      throw databaseError(error, commandTimeoutMs)
    }
    if (this.#closed) return client.end()
    client.once('end', () => this.#lost(client))
    this.#client = client
    this.#retryMs = firstRetryMs
  }

  async listen(channel: string, handler: ChannelHandler): Promise<Subscription> {
    const handlers = this.#handlers.get(channel) ?? new Set()
    this.#handlers.set(channel, handlers.add(handler))
    try {
      await this.#command('listen', channel)
    } catch (error) {
      this.#forget(channel, handler)
      throw error
    }
    return {
      close: async () => {
        if (!this.#forget(channel, handler)) return
        await this.#command('unlisten', channel).catch(() => {}) // a lost connection listens to nothing anyway
      },
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#handlers.clear()
    this.#clock.clearTimeout(this.#retry)
    await this.#client?.end().catch(() => {})
  }

  async #command(verb: 'listen' | 'unlisten', channel: string): Promise<void> {
    const client = this.#client
    if (client === undefined) throw databaseError(new Error('Connection terminated'), commandTimeoutMs)
    await client.query(`${verb} ${client.escapeIdentifier(channel)}`).catch((error) => {
      throw databaseError(error, commandTimeoutMs)
    })
  }

  /** Returns true when the channel has no handler left. */
  #forget(channel: string, handler: ChannelHandler): boolean {
    const handlers = this.#handlers.get(channel)
    if (!handlers?.delete(handler) || handlers.size > 0) return false
    return this.#handlers.delete(channel)
  }

  #deliver(channel: string, payload: string): void {
    for (const handler of this.#handlers.get(channel) ?? []) this.#call(channel, () => handler.onPayload(payload))
  }

  #lost(client: pg.Client): void {
    if (this.#client === client) this.#client = undefined
    if (this.#closed) return
    this.#log.warn({ channels: [...this.#handlers.keys()] }, 'the database connection that listens was lost')
    this.#options.onLost?.()
    this.#retryLater()
  }

  #retryLater(): void {
    this.#retry = this.#clock.setTimeout(() => void this.#reconnect(), this.#retryMs)
    this.#retryMs = Math.min(this.#retryMs * 2, lastRetryMs)
  }

  async #reconnect(): Promise<void> {
    try {
      await this.connect()
    } catch {
      if (!this.#closed) this.#retryLater()
      return
    }
    if (this.#closed) return
    this.#log.info('the database is listened to again')
    for (const [channel, handlers] of this.#handlers) {
      for (const handler of handlers) this.#call(channel, () => handler.onResync?.())
    }
  }

  /** A handler that throws must not silence the others, nor end the process from inside a socket event. */
  #call(channel: string, run: () => void): void {
    try {
      run()
    } catch (error) {
      this.#log.error({ err: error, channel }, 'a handler of notifications failed')
    }
  }
}
