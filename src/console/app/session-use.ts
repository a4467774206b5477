/** The server writes down no more than one a minute either. */
const atMostEveryMs = 60_000

/**
 * Tells the server that somebody is at work: a page that is pushed to makes no requests of its own, and it is the server
 * that ends an idle session. Keys, mouse and a recording that is heard are use; an open page is not.
 */
export class SessionUse {
  readonly #tell: () => void
  readonly #now: () => number
  #told = Number.NEGATIVE_INFINITY

  /** @param now ms, never set back */
  constructor({ tell, now }: { readonly tell: () => void; readonly now: () => number }) {
    this.#tell = tell
    this.#now = now
  }

  readonly used = (): void => {
    if (this.#now() - this.#told < atMostEveryMs) return
    this.#told = this.#now()
    this.#tell()
  }
}
