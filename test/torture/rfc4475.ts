/**
 * The 49 torture messages of RFC 4475 as bytes. Some are kept as such (`.dat`), the others as the RFC prints them
 * (`.txt`): lines end in CRLF, and its markup stands for what cannot be printed (§2.1–2.3).
 */
import { readdirSync, readFileSync } from 'node:fs'

const folder = new URL('../fixtures/sip/rfc4475/', import.meta.url)

/** Every message by the name the RFC gives it. */
export const tortureMessages: ReadonlyMap<string, Buffer> = new Map(
  readdirSync(folder).flatMap((file): [string, Buffer][] => {
    const [name = '', kind] = file.split('.')
    if (kind === 'dat') return [[name, readFileSync(new URL(file, folder))]]
    return kind === 'txt' && name === name.toLowerCase()
      ? [[name, printed(readFileSync(new URL(file, folder), 'latin1'))]]
      : []
  }),
)

/** @throws when the RFC has no message of that name */
export function tortureMessage(name: string): Buffer {
  const message = tortureMessages.get(name)
  if (message === undefined) throw new Error(`RFC 4475 has no ${name}`)
  return message
}

/** The message with the transport in its top Via made the one it is sent over; nothing else is changed. */
export function tortureOver(protocol: string, name: string): Buffer {
  const text = tortureMessage(name).toString('latin1')
  return Buffer.from(text.replace(/(SIP\s*\/\s*\d\.0\s*\/\s*)\w+/, `$1${protocol}`), 'latin1')
}

function printed(text: string): Buffer {
  const expanded = text
    .replace(/<allOneLine>\n([\s\S]*?)\n<\/allOneLine>/g, (_, lines: string) => lines.replaceAll('\n', ''))
    .replace(/<repeat count=(\d+)>(.*?)<\/repeat>/g, (_, times: string, what: string) => what.repeat(Number(times)))
    .replaceAll('\n', '\r\n')
    .replace(/<hex>([\s0-9A-F]*)<\/hex>/g, (_, digits: string) =>
      Buffer.from(digits.replace(/\s/g, ''), 'hex').toString('latin1'),
    )
  return Buffer.from(expanded, 'latin1')
}
