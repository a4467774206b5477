/**
 * Finds messages in a stream of bytes that arrives in any pieces (RFC 3261 §18.3): a header section up to its empty
 * line, then as many bytes of body as Content-Length says, which a stream must have. Line ends between messages are
 * passed over (§7.5); two of them are a ping (RFC 5626 §3.5.1).
 *
 * It holds at most one message and what came with the last piece. A stream whose next message cannot be delimited is
 * broken and stays so: nothing behind it can be trusted.
 */
import { headerEnd, maxMessageBytes } from './sip-parser.ts'

export type StreamItem =
  | { readonly kind: 'message'; readonly bytes: Buffer }
  | { readonly kind: 'ping' }
  | { readonly kind: 'broken'; readonly head: Buffer | undefined; readonly problem: string }

const ping = '\r\n\r\n'

export class SipStreamReader {
  /** Holds `#begin` up to `#end`: what is not a message yet. */
  #bytes = Buffer.alloc(2_048)
  #begin = 0
  #end = 0
  /** How far the empty line was looked for. */
  #searched = 0
  /** Length of the message under way, once its header section is here. */
  #length: number | undefined
  /** How much of a ping the line ends between messages have made. */
  #pinged = 0
  #broken = false

  /** A message has begun and is not whole. */
  get unfinished(): boolean {
    return this.#end > this.#begin
  }

  push(piece: Buffer): StreamItem[] {
    const items: StreamItem[] = []
    if (this.#broken) return items
    this.#append(piece)
    for (let item = this.#next(); item !== undefined; item = this.#next()) {
      items.push(item)
      if (item.kind === 'broken') {
        this.#broken = true
        this.#bytes = Buffer.alloc(0)
        this.#begin = 0
        this.#end = 0
      }
      if (this.#broken) break
    }
    return items
  }

  #append(piece: Buffer): void {
    if (this.#end + piece.length > this.#bytes.length) {
      const held = this.#end - this.#begin
      const room = Math.max(this.#bytes.length, 2 * (held + piece.length))
      const roomy = held + piece.length > this.#bytes.length / 2 ? Buffer.alloc(room) : this.#bytes
      this.#bytes.copy(roomy, 0, this.#begin, this.#end)
      this.#bytes = roomy
      this.#searched -= this.#begin
      this.#end = held
      this.#begin = 0
    }
    piece.copy(this.#bytes, this.#end)
    this.#end += piece.length
  }

  #next(): StreamItem | undefined {
    if (this.#length === undefined) {
      const between = this.#passLineEnds()
      if (between !== undefined || !this.unfinished) return between
      const problem = this.#measure()
      if (problem !== undefined) return problem
    }
    if (this.#length === undefined || this.#end - this.#begin < this.#length) return undefined
    const bytes = Buffer.from(this.#bytes.subarray(this.#begin, this.#begin + this.#length))
    this.#begin += this.#length
    this.#searched = this.#begin
    this.#length = undefined
    return { kind: 'message', bytes }
  }

  #passLineEnds(): StreamItem | undefined {
    // Not at the beginning of a message any more once something of it was looked at.
    if (this.#searched > this.#begin) return undefined
    while (this.#begin < this.#end) {
      const byte = this.#bytes[this.#begin]
      if (byte !== 0x0d && byte !== 0x0a) {
        this.#pinged = 0
        return undefined
      }
      this.#begin++
      this.#searched = this.#begin
      if (byte === ping.charCodeAt(this.#pinged)) this.#pinged++
      else this.#pinged = byte === 0x0d ? 1 : 0
      if (this.#pinged === ping.length) {
        this.#pinged = 0
        return { kind: 'ping' }
      }
    }
    return undefined
  }

  /** Looks for the end of the header section and what it says of the body. */
  #measure(): StreamItem | undefined {
    const held = this.#bytes.subarray(this.#begin, this.#end)
    // The empty line may have begun in an earlier piece.
    const from = Math.max(0, this.#searched - this.#begin - (ping.length - 1))
    const end = headerEnd(held, from)
    if (end === undefined) {
      this.#searched = this.#end
      return held.length > maxMessageBytes ? broken(undefined, 'message too large') : undefined
    }
    const head = Buffer.from(held.subarray(0, end.after))
    const body = contentLength(head)
    if (body === undefined) return broken(head, 'Content-Length missing or malformed')
    if (end.after + body > maxMessageBytes) return broken(head, 'message too large')
    this.#length = end.after + body
    return undefined
  }
}

function broken(head: Buffer | undefined, problem: string): StreamItem {
  return { kind: 'broken', head, problem }
}

/** What every Content-Length of the section says; undefined when there is none, they differ, or one is no number. */
function contentLength(head: Buffer): number | undefined {
  const lines = head.toString('latin1').replace(/\r?\n[ \t]+/g, ' ')
  const values = [...lines.matchAll(/^(?:content-length|l)[ \t]*:(.*)$/gim)].map((line) => (line[1] ?? '').trim())
  const [first = ''] = values
  if (!/^\d{1,10}$/.test(first) || values.some((value) => value !== first)) return undefined
  return Number(first)
}
