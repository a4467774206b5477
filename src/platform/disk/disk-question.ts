import { type Clock, systemClock } from '../clock.ts'
import { OperationalError } from '../errors/errors.ts'
import './disk-errors.ts'

export interface DiskQuestionParts<Answer> {
  readonly ask: (folder: string) => Promise<Answer>
  /** Default: the system's. */
  readonly clock?: Clock
}

/** A disk that slept has turned by then. */
const limitMs = 5_000

/**
 * Asks the disk of a folder, with an end. A network disk that hangs answers nobody, and whoever asks holds one of this
 * process's four threads for files until it does: with all four the journal stops, and with it every call. So there is one
 * question at a time for a folder, and who comes meanwhile waits for the same answer.
 */
export class DiskQuestion<Answer> {
  readonly #ask: (folder: string) => Promise<Answer>
  readonly #clock: Clock
  readonly #asked = new Map<string, Promise<Answer>>()

  constructor({ ask, clock = systemClock }: DiskQuestionParts<Answer>) {
    this.#ask = ask
    this.#clock = clock
  }

  /** @throws OperationalError DISK_SILENT, and what asking throws */
  async of(folder: string): Promise<Answer> {
    const silent = Promise.withResolvers<never>()
    const timer = this.#clock.setTimeout(
      () => silent.reject(new OperationalError('DISK_SILENT', { seconds: limitMs / 1_000 })),
      limitMs,
    )
    try {
      return await Promise.race([this.#asked.get(folder) ?? this.#begin(folder), silent.promise])
    } finally {
      this.#clock.clearTimeout(timer)
    }
  }

  #begin(folder: string): Promise<Answer> {
    const asked = this.#ask(folder).finally(() => this.#asked.delete(folder))
    this.#asked.set(folder, asked)
    return asked
  }
}
