import { createHmac, timingSafeEqual } from 'node:crypto'

/** What a recording is opened for; each is a right of its own. */
export type OpeningPurpose = 'play' | 'download'

/** What a ticket stands for: this session may have this file, as it was when it was checked, for this purpose, until then. */
export interface RecordingTicket {
  readonly recordingId: string
  readonly sessionId: string
  readonly purpose: OpeningPurpose
  /** Milliseconds since 1970. */
  readonly expiresAt: number
  /** Tells whether the file has been touched since. */
  readonly file: string
}

/**
 * A ticket as text for an address: its content and our seal. Any node can judge it, none has to remember it.
 * @param key 32 bytes, for this purpose alone
 */
export function sealTicket(ticket: RecordingTicket, key: Buffer): string {
  const content = Buffer.from(JSON.stringify(ticket)).toString('base64url')
  return `${content}.${seal(content, key).toString('base64url')}`
}

/** @returns null for what we have not sealed; whether it is good for the request is the caller's to say */
export function openTicket(text: string, key: Buffer): RecordingTicket | null {
  const [content = '', mark = ''] = text.split('.')
  const given = Buffer.from(mark, 'base64url')
  const right = seal(content, key)
  if (given.length !== right.length || !timingSafeEqual(given, right)) return null
  return JSON.parse(Buffer.from(content, 'base64url').toString('utf8'))
}

function seal(content: string, key: Buffer): Buffer {
  return createHmac('sha256', key).update(content).digest()
}
