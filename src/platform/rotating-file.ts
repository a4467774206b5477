import { closeSync, fstatSync, openSync, renameSync, statSync, writeSync } from 'node:fs'

export interface RotatingFileOptions {
  readonly path: string
  /** A file that has grown to this makes room for the next. */
  readonly maxBytes: number
  /** How many of them are kept besides the one that is written: `.1` is the newest. */
  readonly kept: number
}

const newLine = Buffer.from('\n')
/** While the disk takes nothing, the last lines wait in memory, up to so much. */
const waitingAtMost = 1024 * 1024
/** A file that could not be moved is tried again after so much more. */
const tryAgainAfterBytes = 1024 * 1024

/**
 * A log that several processes may append to and that is moved on while it runs. Lines are written whole, at once and in
 * order. A disk that is full stops nobody: what it did not take is written when it does again, and what was too much to
 * keep is counted in a line of its own.
 */
export class RotatingFile {
  readonly #options: RotatingFileOptions
  #file: number
  #bytes: number
  #rotateAt: number
  readonly #waiting: Buffer[] = []
  #waitingBytes = 0
  #lost = 0
  /** A full disk took a part of a line. */
  #isMidLine = false

  constructor(options: RotatingFileOptions) {
    this.#options = options
    this.#file = openSync(options.path, 'a', 0o600)
    this.#bytes = fstatSync(this.#file).size
    this.#rotateAt = options.maxBytes
  }

  write(line: string): void {
    const text = Buffer.from(line)
    if (this.#bytes > 0 && this.#bytes + text.length > this.#rotateAt) this.#rotate()
    this.#waiting.push(text)
    this.#waitingBytes += text.length
    this.#flush()
  }

  close(): void {
    closeSync(this.#file)
  }

  #flush(): void {
    try {
      if (this.#lost > 0) {
        this.#put(Buffer.from(`${JSON.stringify({ level: 'warn', lines: this.#lost, msg: 'log lines were lost' })}\n`))
        this.#lost = 0
      }
      for (let line = this.#waiting[0]; line !== undefined; line = this.#waiting[0]) {
        this.#put(line)
        this.#waiting.shift()
        this.#waitingBytes -= line.length
      }
    } catch {
      while (this.#waitingBytes > waitingAtMost) {
        this.#waitingBytes -= this.#waiting.shift()?.length ?? 0
        this.#lost += 1
      }
    }
  }

  /** A line of which a full disk took a part is written again whole, on a line of its own. */
  #put(line: Buffer): void {
    const text = this.#isMidLine ? Buffer.concat([newLine, line]) : line
    for (let done = 0; done < text.length; ) {
      const written = writeSync(this.#file, text, done)
      done += written
      this.#bytes += written
      this.#isMidLine = done < text.length
    }
  }

  #rotate(): void {
    const { path, kept, maxBytes } = this.#options
    try {
      if (this.#isStill(path)) {
        // The disk knows best: others append too.
        this.#bytes = fstatSync(this.#file).size
        for (let number = kept; number > 0; number -= 1) {
          move(number === 1 ? path : `${path}.${number - 1}`, `${path}.${number}`)
        }
      }
      const next = openSync(path, 'a', 0o600)
      closeSync(this.#file)
      this.#file = next
      this.#bytes = fstatSync(next).size
      this.#rotateAt = maxBytes
    } catch {
      // Goes on in the file that it has.
      this.#rotateAt = this.#bytes + tryAgainAfterBytes
    }
  }

  /** Somebody else may have moved it on. */
  #isStill(path: string): boolean {
    const there = statSync(path, { throwIfNoEntry: false })
    const ours = fstatSync(this.#file)
    return there !== undefined && there.ino === ours.ino && there.dev === ours.dev
  }
}

function move(from: string, to: string): void {
  if (statSync(from, { throwIfNoEntry: false }) !== undefined) renameSync(from, to)
}
