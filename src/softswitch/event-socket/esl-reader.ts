/**
 * Cuts a client's bytes into commands: a first line, header lines, an empty line, perhaps a body of Content-Length
 * bytes. Lines end in LF or CRLF. What is longer than a command may be, or cannot be one, is an error: the connection
 * is then of no use any more.
 */

export interface EslCommand {
  /** The first line. */
  readonly line: string
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

/** A command with all its headers: long executes have arguments of a few kB. */
const MOST_HEAD_BYTES = 64 * 1024
const MOST_BODY_BYTES = 1024 * 1024

const LF = 0x0a
const CR = 0x0d

export class EslReader {
  #buffer: Buffer = Buffer.alloc(0)
  #failed = false
  /** Where the search for the empty line goes on. */
  #searched = 0

  /** Bytes of a command that is not complete yet. */
  get held(): number {
    return this.#buffer.length
  }

  /**
   * Takes bytes as they came.
   * @returns the commands that are complete now; null when the client has broken the rules (and from then on)
   */
  take(bytes: Buffer): EslCommand[] | null {
    if (this.#failed) return null
    this.#buffer = this.#buffer.length === 0 ? bytes : Buffer.concat([this.#buffer, bytes])
    const commands: EslCommand[] = []
    for (;;) {
      const next = this.#cut()
      if (next === 'incomplete') return commands
      if (next === 'broken') {
        this.#failed = true
        this.#buffer = Buffer.alloc(0)
        return null
      }
      commands.push(next)
    }
  }

  #cut(): EslCommand | 'incomplete' | 'broken' {
    let start = 0
    while (this.#buffer[start] === LF || this.#buffer[start] === CR) start += 1
    if (start > 0) {
      this.#buffer = this.#buffer.subarray(start)
      this.#searched = 0
    }
    const head = this.#findEmptyLine()
    if (head === null) return this.#buffer.length > MOST_HEAD_BYTES ? 'broken' : 'incomplete'
    if (head.end > MOST_HEAD_BYTES) return 'broken'
    const [line = '', ...rest] = this.#buffer.toString('utf8', 0, head.end).split(/\r?\n/)
    const headers = new Map<string, string>()
    for (const text of rest) {
      const at = text.indexOf(':')
      if (at > 0) headers.set(text.slice(0, at).trim().toLowerCase(), text.slice(at + 1).trim())
    }
    const length = headers.get('content-length') ?? '0'
    if (!/^\d{1,8}$/.test(length) || Number(length) > MOST_BODY_BYTES) return 'broken'
    const end = head.bodyStart + Number(length)
    if (this.#buffer.length < end) return 'incomplete'
    const body = this.#buffer.toString('utf8', head.bodyStart, end)
    this.#buffer = this.#buffer.subarray(end)
    this.#searched = 0
    return { line: line.trimEnd(), headers, body }
  }

  #findEmptyLine(): { end: number; bodyStart: number } | null {
    const buffer = this.#buffer
    for (let at = this.#searched; at < buffer.length; at++) {
      if (buffer[at] !== LF) continue
      if (buffer[at + 1] === LF) return { end: at, bodyStart: at + 2 }
      if (buffer[at + 1] === CR && buffer[at + 2] === LF) return { end: at, bodyStart: at + 3 }
    }
    this.#searched = Math.max(0, buffer.length - 3)
    return null
  }
}
