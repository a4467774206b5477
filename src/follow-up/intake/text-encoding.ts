import { UserError } from '#platform/errors/errors.ts'
import './intake-errors.ts'

export type TextEncoding = 'UTF-8' | 'UTF-16LE' | 'UTF-16BE' | 'GB18030'

export interface DecodedText {
  readonly text: string
  readonly encoding: TextEncoding
}

/**
 * The text of a list. UTF-8 (with or without mark), UTF-16 (Excel's "Unicode text") and GB18030 are told apart by their
 * bytes: text in GB18030 is almost never valid UTF-8, and the other way round it would be read as rubbish in silence,
 * so that a file in which both occur is refused with the line where it changes.
 * A few broken bytes do not cost the file: they come out as U+FFFD and the row that has them is rejected later.
 * @throws UserError IMPORT_NOT_TEXT, IMPORT_ENCODING_UNKNOWN, IMPORT_ENCODING_MIXED
 * Source: GB 18030-2022; requirements G08
 */
export function decodeText(bytes: Uint8Array): DecodedText {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf)
    return { text: lenient('utf-8', bytes), encoding: 'UTF-8' }
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return { text: lenient('utf-16le', bytes), encoding: 'UTF-16LE' }
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return { text: lenient('utf-16be', bytes), encoding: 'UTF-16BE' }
  const unmarked = unmarkedUtf16(bytes)
  if (unmarked) return { text: lenient(unmarked === 'UTF-16LE' ? 'utf-16le' : 'utf-16be', bytes), encoding: unmarked }
  if (bytes.includes(0)) throw new UserError('IMPORT_NOT_TEXT')

  const utf8 = strict('utf-8', bytes)
  if (utf8 !== null) return { text: utf8, encoding: 'UTF-8' }
  const gb18030 = strict('gb18030', bytes)
  if (gb18030 !== null) {
    refuseMixture(bytes)
    return { text: gb18030, encoding: 'GB18030' }
  }
  return fewestLosses(bytes)
}

function strict(encoding: string, bytes: Uint8Array): string | null {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch {
    return null
  }
}

function lenient(encoding: string, bytes: Uint8Array): string {
  return new TextDecoder(encoding).decode(bytes)
}

/** Broken bytes somewhere: the encoding with fewer of them wins, if it leaves most of the text whole. */
function fewestLosses(bytes: Uint8Array): DecodedText {
  const utf8 = lenient('utf-8', bytes)
  const gb18030 = lenient('gb18030', bytes)
  const inUtf8 = losses(utf8)
  const inGb18030 = losses(gb18030)
  const best: DecodedText =
    inUtf8 <= inGb18030 ? { text: utf8, encoding: 'UTF-8' } : { text: gb18030, encoding: 'GB18030' }
  // One lost character in 200 is a scratch; more is another encoding, or no text.
  if (Math.min(inUtf8, inGb18030) > Math.max(3, best.text.length / 200)) throw new UserError('IMPORT_ENCODING_UNKNOWN')
  if (best.encoding === 'GB18030') refuseMixture(bytes)
  return best
}

function losses(text: string): number {
  let count = 0
  for (let at = text.indexOf('\ufffd'); at !== -1; at = text.indexOf('\ufffd', at + 1)) count++
  return count
}

/** Latin text in UTF-16 has a zero in every other byte; a Chinese list has enough digits and separators to show it. */
function unmarkedUtf16(bytes: Uint8Array): 'UTF-16LE' | 'UTF-16BE' | null {
  const sample = bytes.subarray(0, 4_000)
  let even = 0
  let odd = 0
  for (let i = 0; i < sample.length; i++) {
    if (sample[i] === 0) i % 2 === 0 ? even++ : odd++
  }
  const many = sample.length / 10
  if (odd > many && even === 0) return 'UTF-16LE'
  if (even > many && odd === 0) return 'UTF-16BE'
  return null
}

/** A line of a GB18030 file that is valid UTF-8 with four or more Han characters was glued in from another file. */
function refuseMixture(bytes: Uint8Array): void {
  let line = 1
  for (let start = 0; start < bytes.length; line++) {
    const end = bytes.indexOf(0x0a, start)
    const piece = bytes.subarray(start, end === -1 ? bytes.length : end)
    if (hasHanInUtf8(piece)) throw new UserError('IMPORT_ENCODING_MIXED', { line })
    if (end === -1) return
    start = end + 1
  }
}

function hasHanInUtf8(piece: Uint8Array): boolean {
  if (!piece.some((byte) => byte >= 0xe4 && byte <= 0xe9)) return false
  const text = strict('utf-8', piece)
  return text !== null && (text.match(/\p{Script=Han}/gu)?.length ?? 0) >= 4
}
