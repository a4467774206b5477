import { pipeline, Readable } from 'node:stream'
import { crc32, createDeflateRaw } from 'node:zlib'

export interface ZipEntry {
  readonly name: string
  readonly content: AsyncIterable<Buffer>
}

interface Written {
  readonly name: Buffer
  readonly offset: number
  readonly crc: number
  readonly size: number
  readonly packed: number
}

/** Sizes stand behind the content (bit 3), names are UTF-8 (bit 11). */
const flags = 0x0808
const deflated = 8
/** 1980-01-01, the first day a ZIP knows: the same content is the same file. */
const noDay = 0x21

/** A ZIP written as its content comes (APPNOTE 4.3), below 4 GB. */
export async function* zipFile(entries: readonly ZipEntry[]): AsyncGenerator<Buffer> {
  const written: Written[] = []
  let offset = 0
  for (const { name, content } of entries) {
    const start = offset
    const named = Buffer.from(name)
    const header = Buffer.concat([fields(0x04034b50, [[20, 2], ...shared(0, 0, 0), [named.length, 2], [0, 2]]), named])
    yield header
    offset += header.length
    let [crc, size, packed] = [0, 0, 0]
    const counted = async function* () {
      for await (const part of content) {
        crc = crc32(part, crc)
        size += part.length
        yield part
      }
    }
    // What goes wrong in the source destroys the packer, which throws it below.
    const packer = pipeline(Readable.from(counted()), createDeflateRaw(), () => {})
    for await (const part of packer) {
      packed += part.length
      yield part
    }
    const sizes = fields(0x08074b50, [
      [crc, 4],
      [packed, 4],
      [size, 4],
    ])
    yield sizes
    offset += packed + sizes.length
    written.push({ name: named, offset: start, crc, size, packed })
  }
  const directory = Buffer.concat(written.map(directoryEntry))
  yield directory
  yield fields(0x06054b50, [
    [0, 2],
    [0, 2],
    [written.length, 2],
    [written.length, 2],
    [directory.length, 4],
    [offset, 4],
    [0, 2],
  ])
}

function directoryEntry({ name, offset, crc, size, packed }: Written): Buffer {
  const rest = [
    [name.length, 2],
    [0, 2],
    [0, 2],
    [0, 2],
    [0, 2],
    [0, 4],
    [offset, 4],
  ] as const
  return Buffer.concat([fields(0x02014b50, [[20, 2], [20, 2], ...shared(crc, packed, size), ...rest]), name])
}

function shared(crc: number, packed: number, size: number) {
  return [
    [flags, 2],
    [deflated, 2],
    [0, 2],
    [noDay, 2],
    [crc, 4],
    [packed, 4],
    [size, 4],
  ] as const
}

/** A signature and numbers, little-endian, each with its width in bytes. */
function fields(signature: number, values: readonly (readonly [value: number, bytes: 2 | 4])[]): Buffer {
  const all = [[signature, 4] as const, ...values]
  const buffer = Buffer.alloc(all.reduce((length, [, bytes]) => length + bytes, 0))
  let at = 0
  for (const [value, bytes] of all) at = buffer.writeUIntLE(value, at, bytes)
  return buffer
}
