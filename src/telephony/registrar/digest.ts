import { createHash, timingSafeEqual } from 'node:crypto'

/** RFC 8760 §2.2: what is offered, the one we like most first. */
export const digestAlgorithms = ['SHA-256', 'MD5'] as const
export type DigestAlgorithm = (typeof digestAlgorithms)[number]

/** The answer to a challenge, as an Authorization header gives it. */
export interface DigestAnswer {
  readonly username: string
  readonly realm: string
  readonly nonce: string
  readonly uri: string
  readonly response: string
  readonly algorithm: DigestAlgorithm
  readonly cnonce: string
  /** As sent: eight hex digits. */
  readonly nc: string
}

const longestHeader = 2_000
const hexLength: Record<DigestAlgorithm, number> = { 'SHA-256': 64, MD5: 32 }

/**
 * @returns null for anything but one digest answer with `qop=auth` and an algorithm that we offer; a name given twice is
 * refused, too, since two readers might then read two things
 * Source: RFC 7616 §3.4, RFC 8760 §2
 */
export function readDigestAnswer(header: string): DigestAnswer | null {
  if (header.length > longestHeader) return null
  const scheme = /^\s*Digest\s+/i.exec(header)
  if (scheme === null) return null
  const fields = readFields(header.slice(scheme[0].length))
  if (fields === null) return null
  const algorithm = algorithmOf(fields.get('algorithm') ?? 'MD5')
  const [username, realm, nonce, uri, response, cnonce, nc] = [
    'username',
    'realm',
    'nonce',
    'uri',
    'response',
    'cnonce',
    'nc',
  ].map((name) => fields.get(name))
  if (algorithm === null || fields.get('qop')?.toLowerCase() !== 'auth') return null
  if (!username || !realm || !nonce || !uri || !response || !cnonce || !nc) return null
  if (!/^[0-9a-f]{8}$/i.test(nc) || Number.parseInt(nc, 16) === 0) return null
  if (!/^[0-9a-f]+$/i.test(response) || response.length !== hexLength[algorithm]) return null
  return { username, realm, nonce, uri, response: response.toLowerCase(), algorithm, cnonce, nc }
}

/** `response` for a password, in lower-case hex. Source: RFC 7616 §3.4.1 to §3.4.3. */
export function digestResponse(answer: Omit<DigestAnswer, 'response'>, method: string, password: string): string {
  const { username, realm, nonce, uri, algorithm, cnonce, nc } = answer
  const hash = (text: string) =>
    createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
      .update(text)
      .digest('hex')
  const who = hash(`${username}:${realm}:${password}`)
  const what = hash(`${method}:${uri}`)
  return hash(`${who}:${nonce}:${nc}:${cnonce}:auth:${what}`)
}

/** Whether the answer was made with this password; takes the same time whatever is wrong. */
export function answersDigest(answer: DigestAnswer, method: string, password: string): boolean {
  const expected = Buffer.from(digestResponse(answer, method, password))
  const given = Buffer.from(answer.response)
  return expected.length === given.length && timingSafeEqual(expected, given)
}

/** One WWW-Authenticate a algorithm. Source: RFC 7616 §3.3. */
export function challenges(realm: string, nonce: string, { stale }: { readonly stale: boolean }): readonly string[] {
  return digestAlgorithms.map(
    (algorithm) =>
      `Digest realm="${realm}", nonce="${nonce}", algorithm=${algorithm}, qop="auth"${stale ? ', stale=true' : ''}`,
  )
}

function algorithmOf(name: string): DigestAlgorithm | null {
  return digestAlgorithms.find((known) => known.toLowerCase() === name.toLowerCase()) ?? null
}

function readFields(text: string): ReadonlyMap<string, string> | null {
  const fields = new Map<string, string>()
  const field = /\s*([A-Za-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",;]+))\s*(,|$)/y
  while (field.lastIndex < text.length) {
    const found = field.exec(text)
    if (found === null) return null
    const [, name = '', quoted, token] = found
    if (fields.has(name.toLowerCase())) return null
    fields.set(name.toLowerCase(), quoted?.replace(/\\(.)/gs, '$1') ?? token ?? '')
    if (found[4] === '') break
  }
  return fields
}
