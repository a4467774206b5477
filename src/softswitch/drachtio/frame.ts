/**
 * Framing of the drachtio protocol: `<decimal length in bytes>#<payload>`, nothing between frames. The real server
 * reads at most five digits, so a frame from a client holds at most 99 999 bytes.
 */

export const maxClientFrameBytes = 99_999
const hash = 0x23

/** Takes a byte stream apart. After an error the stream is beyond repair: close the connection. */
export class FrameReader {
  #buffered: Buffer = Buffer.alloc(0)

  /** @returns the payloads that are complete now, or undefined when the length is not one */
  push(chunk: Buffer): string[] | undefined {
    this.#buffered = this.#buffered.length === 0 ? chunk : Buffer.concat([this.#buffered, chunk])
    const payloads: string[] = []
    let at = 0
    for (;;) {
      const length = this.#length(at)
      if (length === undefined) return undefined
      if (length === 'more') break
      const start = at + length.digits.length + 1
      if (this.#buffered.length < start + length.bytes) break
      payloads.push(this.#buffered.toString('utf8', start, start + length.bytes))
      at = start + length.bytes
    }
    if (at > 0) this.#buffered = Buffer.from(this.#buffered.subarray(at))
    return payloads
  }

  #length(at: number): { bytes: number; digits: string } | 'more' | undefined {
    let digits = ''
    for (let i = at; i < this.#buffered.length; i++) {
      const byte = this.#buffered[i] ?? 0
      if (byte === hash) return digits === '' || Number(digits) === 0 ? undefined : { bytes: Number(digits), digits }
      if (byte < 0x30 || byte > 0x39 || digits.length === 5) return undefined
      digits += String.fromCharCode(byte)
    }
    return 'more'
  }
}

/** @param message raw SIP message that follows the head after CRLF */
export function frame(head: string, message?: Buffer): Buffer {
  const text = Buffer.from(message === undefined ? head : `${head}\r\n`)
  const length = text.length + (message?.length ?? 0)
  return Buffer.concat([Buffer.from(`${length}#`), text, ...(message === undefined ? [] : [message])])
}
