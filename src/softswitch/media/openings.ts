/** Plays and recordings whose file is being opened, by name: a stop may come before they begin. */
export class Openings {
  readonly #stopped = new Map<string, boolean>()

  /** @returns what was opened, and whether it has been stopped meanwhile */
  async during<T>(name: string, opening: Promise<T>): Promise<{ readonly opened: T; readonly stopped: boolean }> {
    this.#stopped.set(name, false)
    const opened = await opening
    const stopped = this.#stopped.get(name) ?? false
    this.#stopped.delete(name)
    return { opened, stopped }
  }

  /** @returns whether it is being opened */
  stop(name: string): boolean {
    if (!this.#stopped.has(name)) return false
    this.#stopped.set(name, true)
    return true
  }
}
