import { createReadStream } from 'node:fs'
import type { FastifyReply, FastifyRequest } from 'fastify'

export interface ServedFile {
  readonly path: string
  readonly bytes: number
  readonly contentType: string
  /** Changes when the file does. */
  readonly tag: string
  /** Given, the browser saves it under this name instead of showing it. */
  readonly saveAs?: string
}

/** A span of a file, both ends included. */
export interface ByteRange {
  readonly first: number
  readonly last: number
}

/**
 * Sends a file, or the part of it that was asked for (RFC 9110 §14: one `bytes` range; several are answered whole).
 */
export function sendFileRange(request: FastifyRequest, reply: FastifyReply, file: ServedFile): FastifyReply {
  const range = rangeOf(request.headers.range, file.bytes)
  reply.header('accept-ranges', 'bytes').header('etag', `"${file.tag}"`).type(file.contentType)
  if (file.saveAs !== undefined) reply.header('content-disposition', `attachment; filename="${file.saveAs}"`)
  if (range === 'unsatisfiable') return reply.code(416).header('content-range', `bytes */${file.bytes}`).send()
  const { first, last } = range ?? { first: 0, last: file.bytes - 1 }
  reply.header('content-length', Math.max(last - first + 1, 0))
  if (range !== null) reply.code(206).header('content-range', `bytes ${first}-${last}/${file.bytes}`)
  if (request.method === 'HEAD' || file.bytes === 0) return reply.send()
  return reply.send(createReadStream(file.path, { start: first, end: last }))
}

/** @returns null for the whole file */
export function rangeOf(header: string | undefined, bytes: number): ByteRange | 'unsatisfiable' | null {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '')
  if (match === null) return null
  const [, from = '', to = ''] = match
  if (from === '' && to === '') return null
  if (from === '') {
    // The last so many bytes.
    const length = Math.min(Number(to), bytes)
    return length === 0 ? 'unsatisfiable' : { first: bytes - length, last: bytes - 1 }
  }
  const first = Number(from)
  const last = to === '' ? bytes - 1 : Math.min(Number(to), bytes - 1)
  if (first >= bytes) return 'unsatisfiable'
  return last < first ? null : { first, last }
}
