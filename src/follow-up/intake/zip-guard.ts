import { crc32, inflateRawSync } from 'node:zlib'

export type ZipVerdict = 'workbook' | 'broken' | 'too_big' | 'encrypted' | { readonly other: string }

const ENTRY = 0x02014b50
const END = 0x06054b50
const MOST_ENTRIES = 5_000

/**
 * Looks into a zip before a spreadsheet library unpacks it: what it claims to unpack to, and what it really unpacks to,
 * since a bomb lies; and whether the contents are those that were packed, which the libraries do not ask. ZIP64 (over 4 GB or 65,535 parts) is refused as too big.
 * @param mostBytes of everything unpacked
 * Source: APPNOTE.TXT 6.3.10 §4.3.12, §4.3.16
 */
export function judgeZip(bytes: Uint8Array, mostBytes: number): ZipVerdict {
  const zip = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = zip.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]))
  if (end === -1 || end + 22 > zip.length || zip.readUInt32LE(end) !== END) return 'broken'
  const count = zip.readUInt16LE(end + 10)
  let at = zip.readUInt32LE(end + 16)
  if (count > MOST_ENTRIES || at === 0xffffffff) return 'too_big'
  const names = new Set<string>()
  let left = mostBytes
  for (let i = 0; i < count; i++) {
    if (at + 46 > zip.length || zip.readUInt32LE(at) !== ENTRY) return 'broken'
    if ((zip.readUInt16LE(at + 8) & 1) === 1) return 'encrypted'
    const nameLength = zip.readUInt16LE(at + 28)
    names.add(zip.toString('utf8', at + 46, at + 46 + nameLength))
    const size = unpackedSize(zip, at, left)
    if (size === 'broken' || size === 'too_big') return size
    left -= size
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32)
  }
  return kindOf(names)
}

/** The size an entry really unpacks to, at most `left`. */
function unpackedSize(zip: Buffer, at: number, left: number): number | 'broken' | 'too_big' {
  const method = zip.readUInt16LE(at + 10)
  const packed = zip.readUInt32LE(at + 20)
  const claimed = zip.readUInt32LE(at + 24)
  const local = zip.readUInt32LE(at + 42)
  if (claimed > left) return 'too_big'
  if (local + 30 > zip.length) return 'broken'
  const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28)
  if (start + packed > zip.length) return 'broken'
  if (method !== 0 && method !== 8) return 'broken'
  const content = zip.subarray(start, start + packed)
  try {
    const unpacked = method === 0 ? content : inflateRawSync(content, { maxOutputLength: Math.max(claimed, 1) })
    return unpacked.length === claimed && crc32(unpacked) === zip.readUInt32LE(at + 16) ? claimed : 'broken'
  } catch (error) {
    const tooLong = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
    return tooLong ? 'too_big' : 'broken'
  }
}

function kindOf(names: ReadonlySet<string>): ZipVerdict {
  const has = (start: string) => [...names].some((name) => name.toLowerCase().startsWith(start))
  if (has('xl/') || has('content.xml') || has('index/')) return 'workbook'
  if (has('word/')) return { other: 'Word' }
  if (has('ppt/')) return { other: 'PowerPoint' }
  return { other: 'ZIP' }
}
