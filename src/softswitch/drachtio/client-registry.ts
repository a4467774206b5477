/** Who is connected, who wants which requests, and who takes over the dialogs of an application that is gone. */
import type { AppClient } from './app-client.ts'

export class ClientRegistry {
  readonly #clients = new Set<AppClient>()
  readonly #routes = new Map<string, AppClient[]>()
  readonly #next = new Map<string, number>()

  get clients(): ReadonlySet<AppClient> {
    return this.#clients
  }

  add(client: AppClient): void {
    this.#clients.add(client)
  }

  /** Forgets the client and everything it wanted. */
  remove(client: AppClient): void {
    this.#clients.delete(client)
    this.removeRoutes(client)
  }

  /** A client asks for the same verb again after every reconnect of its own route table: it counts once. */
  addRoute(client: AppClient, verb: string): void {
    const clients = this.#routes.get(verb) ?? []
    if (!clients.includes(client)) this.#routes.set(verb, [...clients, client])
  }

  /**
   * `remove_route` of one verb takes away all of the client's verbs, as the real server does
   * (client-controller, no_longer_wants_requests).
   */
  removeRoutes(client: AppClient): void {
    for (const [verb, clients] of this.#routes) {
      const left = clients.filter((other) => other !== client)
      if (left.length === 0) this.#routes.delete(verb)
      else this.#routes.set(verb, left)
    }
  }

  /** Round robin over the clients that want this method. */
  pick(method: string): AppClient | undefined {
    const verb = method.toLowerCase()
    const clients = this.#routes.get(verb)
    if (clients === undefined || clients.length === 0) return undefined
    const turn = (this.#next.get(verb) ?? 0) % clients.length
    this.#next.set(verb, turn + 1)
    return clients[turn]
  }

  /** A connected client with one of these tags: heir of the dialogs of one that is gone. */
  withTag(tags: readonly string[]): AppClient | undefined {
    for (const client of this.#clients) {
      if (client.authenticated && client.tags.some((tag) => tags.includes(tag))) return client
    }
    return undefined
  }
}
