/** Where a phone wants to be called, as its REGISTER says. */
export interface Contact {
  /** SIP URI without angle brackets and header parameters. */
  readonly uri: string
  /** Of its `expires` parameter; null where there is none. */
  readonly expiresSeconds: number | null
}

/** `*` is every contact there is (RFC 3261 §10.2.2). */
export type ContactHeader = '*' | readonly Contact[]

const longestUri = 250
/**
 * A URI that a call may be sent to: plain SIP, a user, an address or name with perhaps a port, and parameters of plain
 * tokens. No embedded headers, no password, nothing that could end a line or a quote.
 */
const callable =
  /^sip:([A-Za-z0-9_.!~*'()&=+$,;?/%-]{1,64})@(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9.-]{1,100})(?::(\d{1,5}))?((?:;[A-Za-z0-9_.!~*'()%+-]+(?:=[A-Za-z0-9_.!~*'()%+:[\]-]+)?)*)$/
/** Nobody's phone is there: "any" address, broadcast, multicast. */
const nowhere = /^(?:0\.|255\.255\.255\.255$|22[4-9]\.|23\d\.|\[::\]$|\[ff)/i

/** The URI if a call may be sent there, else null. */
export function contactUri(text: string): string | null {
  if (text.length > longestUri) return null
  const found = callable.exec(text)
  if (found === null) return null
  const [, , host = '', port] = found
  if (nowhere.test(host)) return null
  if (port !== undefined && (Number(port) === 0 || Number(port) > 65_535)) return null
  const transport = /;transport=([^;]*)/i.exec(found[4] ?? '')?.[1]?.toLowerCase()
  if (transport !== undefined && !['udp', 'tcp', 'ws', 'wss', 'tls'].includes(transport)) return null
  return text
}

/**
 * Whether the URI is one that a page makes up, since a browser tells it no address of its own: reachable over the
 * WebSocket that it registered through, and nowhere else (RFC 7118 §5.2).
 */
export function isPageContact(uri: string): boolean {
  return /^sip:[^@]+@[^;:]+\.invalid(?:;[^;]+)*$/i.test(uri) && /;transport=wss?(?:;|$)/i.test(uri)
}

/** Nobody's name, by RFC 2606: only a page's own socket leads there. */
export function isNowhereByName(uri: string): boolean {
  return /@[^;:]+\.invalid(?=[:;]|$)/i.test(uri)
}

/**
 * @param header text of Contact, several joined by commas
 * @returns null when it cannot be read; each URI is still to be judged by {@link contactUri}
 * Source: RFC 3261 §20.10
 */
export function readContacts(header: string): ContactHeader | null {
  if (header.trim() === '*') return '*'
  const contacts: Contact[] = []
  for (const part of splitOutside(header, ',')) {
    const contact = readContact(part.trim())
    if (contact === null) return null
    contacts.push(contact)
  }
  return contacts
}

function readContact(text: string): Contact | null {
  const bracketed = /^(?:"(?:[^"\\]|\\.)*"|[^"<>,;]*)\s*<([^<>]+)>\s*((?:;.*)?)$/s.exec(text)
  // Without brackets parameters are the header's, not the URI's.
  const bare = bracketed === null ? /^([^\s<>",;]+)\s*((?:;.*)?)$/s.exec(text) : null
  const [, uri, parameters] = bracketed ?? bare ?? []
  if (uri === undefined) return null
  const expires = /;\s*expires\s*=\s*"?([^;"\s]*)"?/i.exec(parameters ?? '')?.[1]
  if (expires === undefined) return { uri, expiresSeconds: null }
  const expiresSeconds = readSeconds(expires)
  return expiresSeconds === null ? null : { uri, expiresSeconds }
}

/** delta-seconds; more than 2³¹ is read as 2³¹ (RFC 3261 §20.19). */
export function readSeconds(text: string): number | null {
  return /^\d{1,20}$/.test(text.trim()) ? Math.min(Number(text), 2 ** 31) : null
}

/** Splits where the separator is outside quotes and angle brackets. */
function splitOutside(text: string, separator: string): string[] {
  const parts: string[] = []
  let from = 0
  let quoted = false
  let bracketed = false
  for (let i = 0; i < text.length; i += 1) {
    const char = text[i]
    if (quoted && char === '\\') i += 1
    else if (char === '"') quoted = !quoted
    else if (!quoted && char === '<') bracketed = true
    else if (!quoted && char === '>') bracketed = false
    else if (!quoted && !bracketed && char === separator) {
      parts.push(text.slice(from, i))
      from = i + 1
    }
  }
  parts.push(text.slice(from))
  return parts
}
