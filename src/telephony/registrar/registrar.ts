import { randomBytes } from 'node:crypto'
import { type Clock, systemClock } from '#platform/clock.ts'
import type { Ground } from '#platform/database/database.ts'
import type { Listener } from '#platform/database/listen.ts'
import type { Log } from '#platform/log.ts'
import type { Secrets } from '#platform/secrets.ts'
import type { RegisterReply, RegisterRequest } from '../telephony.ts'
import { contactUri, readContacts, readSeconds } from './contact.ts'
import { answersDigest, challenges, type DigestAnswer, readDigestAnswer } from './digest.ts'
import { FailureGate } from './failure-gate.ts'
import { LivePhones, type PhoneChange } from './live-phones.ts'
import { NonceMint } from './nonce.ts'
import { type RefusalCode, Refusals } from './refusals.ts'
import { type BindingChange, type PhoneRow, phoneOf, registerOnce } from './registration-store.ts'

export interface RegistrarParts {
  readonly db: Ground
  readonly listener: Listener
  readonly secrets: Pick<Secrets, 'decrypt' | 'keyFor'>
  readonly log: Log
  /** The wall's, also under SUIFANG_NOW: how old a nonce is, is no business date. */
  readonly clock?: Clock
  /** How long a registration may be asked for. Default 30 to 300 s; longer ones are cut to it. */
  readonly expires?: { readonly leastSeconds: number; readonly mostSeconds: number }
  /** After this a nonce is stale. Default 5 min. */
  readonly nonceLifetimeMs?: number
}

const realm = 'suifang'
const defaultExpires = { leastSeconds: 30, mostSeconds: 300 }
const defaultNonceLifetimeMs = 300_000
/** An office behind one address may have a few wrong phones; a guesser has more. */
const addressRule = { failures: 20, windowMs: 60_000, closedMs: 60_000 }
/** With 96 random bits as the secret nobody guesses; this is against a flood, and shows in the log. */
const extensionRule = { failures: 10, windowMs: 300_000, closedMs: 300_000 }
const longestUserAgent = 200
/** What an extension without a phone is compared with, so that it takes as long as a wrong password. */
const nobodysPassword = randomBytes(16).toString('hex')

/** The reply and, where the phone was refused, why. */
interface Verdict {
  readonly reply: RegisterReply
  readonly code?: RefusalCode
}

/**
 * The registrar for desk phones: one phone an extension, one binding a phone, the newest wins. Digest with nonces that
 * carry their own time, MD5 and SHA-256 as the phone likes; which nonce and count have been used stands in the database,
 * so that a REGISTER cannot be replayed at another node either (the digest does not cover the Contact).
 * Source: RFC 3261 §10.3, RFC 7616, RFC 8760.
 */
export class Registrar {
  readonly #parts: Required<RegistrarParts>
  readonly #mint: NonceMint
  readonly #addresses: FailureGate
  readonly #extensions: FailureGate
  readonly #refusals: Refusals
  readonly #phones: LivePhones
  /** Where each extension last proved itself: there it is not locked out by what others try elsewhere. */
  readonly #proven = new Map<string, string>()

  constructor(parts: RegistrarParts) {
    const { clock = systemClock, expires = defaultExpires, nonceLifetimeMs = defaultNonceLifetimeMs } = parts
    this.#parts = { ...parts, clock, expires, nonceLifetimeMs }
    this.#mint = new NonceMint(parts.secrets.keyFor('register nonce'), clock)
    this.#addresses = new FailureGate({ clock, ...addressRule })
    this.#extensions = new FailureGate({ clock, ...extensionRule })
    this.#refusals = new Refusals(parts.log, clock)
    this.#phones = new LivePhones({ db: parts.db, listener: parts.listener, clock, log: parts.log })
  }

  /** How many REGISTERs were refused since the start, by code. */
  get refused(): ReadonlyMap<RefusalCode, number> {
    return this.#refusals.counts
  }

  /** Told of every phone that is there at `start`, and of each that comes, moves or goes, on whichever node. */
  onChange(listener: (change: PhoneChange) => void): void {
    this.#phones.onChange(listener)
  }

  async start(): Promise<void> {
    await this.#phones.start()
  }

  async close(): Promise<void> {
    await this.#phones.close()
  }

  /** For `Telephony.onRegister`. @throws OperationalError DATABASE_AWAY, DATABASE_SLOW */
  async answer(request: RegisterRequest): Promise<RegisterReply> {
    const extension = extensionOf(request.to)
    const { reply, code } = await this.#judge(request, extension)
    if (code !== undefined) this.#refusals.note({ code, address: request.sourceAddress, extension })
    return reply
  }

  async #judge(request: RegisterRequest, extension: string | null): Promise<Verdict> {
    const { sourceAddress: address, authorization } = request
    const throttledMs = this.#addresses.closedForMs(address)
    if (throttledMs > 0) return later('REGISTER_ADDRESS_THROTTLED', throttledMs)
    if (extension === null || extensionOf(request.from) !== extension)
      return this.#failed(address, 'REGISTER_MALFORMED')
    if (authorization === null) return { reply: this.#challenge() }
    const answer = readDigestAnswer(authorization)
    if (answer === null || answer.realm !== realm) return this.#failed(address, 'REGISTER_DIGEST_MALFORMED')
    if (answer.uri !== request.uri) return this.#failed(address, 'REGISTER_URI_MISMATCH')
    if (answer.username !== extension) return this.#failed(address, 'REGISTER_NAME_MISMATCH')
    const lockedMs = this.#proven.get(extension) === address ? 0 : this.#extensions.closedForMs(extension)
    if (lockedMs > 0) return later('REGISTER_EXTENSION_LOCKED', lockedMs)
    const nonce = this.#mint.read(answer.nonce)
    // Also what a phone says that kept its nonce over a change of our key: it may try again, but not for ever.
    if (nonce === null) {
      this.#addresses.fail(address)
      return { reply: this.#challenge(), code: 'REGISTER_NONCE_FOREIGN' }
    }
    const phone = await phoneOf(this.#parts.db, extension)
    if (!this.#isPassword(answer, phone) || phone === undefined) {
      this.#extensions.fail(extension)
      return this.#failed(address, phone === undefined ? 'REGISTER_UNKNOWN_EXTENSION' : 'REGISTER_WRONG_PASSWORD')
    }
    if (nonce.ageMs > this.#parts.nonceLifetimeMs) {
      return { reply: this.#challenge({ after: phone.lastNonce }), code: 'REGISTER_NONCE_STALE' }
    }
    const use = { order: nonce.order, count: Number.parseInt(answer.nc, 16) }
    return await this.#register(request, { id: phone.id, extension, lastNonce: phone.lastNonce }, use)
  }

  async #register(
    request: RegisterRequest,
    phone: { readonly id: string; readonly extension: string; readonly lastNonce: string | null },
    use: { readonly order: string; readonly count: number },
  ): Promise<Verdict> {
    const { expires, db } = this.#parts
    const change = readChange(request, expires)
    if (change === 'refused') return { reply: { status: 400, headers: {} }, code: 'REGISTER_CONTACT_REFUSED' }
    if (change === 'too brief') {
      const headers = { 'Min-Expires': String(expires.leastSeconds) }
      return { reply: { status: 423, headers }, code: 'REGISTER_TOO_BRIEF' }
    }
    const used = await registerOnce(db, phone, use, change)
    if (used === null) {
      return { reply: this.#challenge({ after: phone.lastNonce ?? use.order }), code: 'REGISTER_NONCE_REPLAYED' }
    }
    this.#extensions.forget(phone.extension)
    this.#proven.set(phone.extension, request.sourceAddress)
    // Our own change is told at once, not when its notification has come round.
    if (change.kind !== 'ask') await this.#phones.look([phone.extension])
    const { binding } = used
    const contact = binding === null ? {} : { Contact: `<${binding.contact}>;expires=${binding.secondsLeft}` }
    return { reply: { status: 200, headers: { ...contact, Date: this.#parts.clock.now().toUTCString() } } }
  }

  #isPassword(answer: DigestAnswer, phone: PhoneRow | undefined): boolean {
    const password = phone === undefined ? nobodysPassword : this.#parts.secrets.decrypt(phone.secretCiphertext)
    return answersDigest(answer, 'REGISTER', password)
  }

  /** @param options.after with the right password but an old nonce: the phone tries again by itself (RFC 7616 §3.3) */
  #challenge(options?: { readonly after: string | null }): RegisterReply {
    const nonce = this.#mint.make(options?.after ?? null)
    return { status: 401, headers: { 'WWW-Authenticate': challenges(realm, nonce, { stale: options !== undefined }) } }
  }

  #failed(address: string, code: keyof typeof statusOf): Verdict {
    this.#addresses.fail(address)
    return { reply: { status: statusOf[code], headers: {} }, code }
  }
}

/** An unknown extension is told what a wrong password is told: nobody learns which ones there are. */
const statusOf = {
  REGISTER_MALFORMED: 400,
  REGISTER_DIGEST_MALFORMED: 400,
  REGISTER_URI_MISMATCH: 400,
  REGISTER_NAME_MISMATCH: 403,
  REGISTER_UNKNOWN_EXTENSION: 403,
  REGISTER_WRONG_PASSWORD: 403,
} as const

function later(code: RefusalCode, ms: number): Verdict {
  return { reply: { status: 503, headers: { 'Retry-After': String(Math.ceil(ms / 1000)) } }, code }
}

/** User part of the URI in To or From, if it can be an extension. */
function extensionOf(header: string): string | null {
  return /(?:^|<)\s*sip:(\d{2,10})@[^\s<>]*/.exec(header)?.[1] ?? null
}

/** What the REGISTER asks for (RFC 3261 §10.3, steps 6 and 7). */
function readChange(
  { contact: contactHeader, expires: expiresHeader, userAgent }: RegisterRequest,
  { leastSeconds, mostSeconds }: { readonly leastSeconds: number; readonly mostSeconds: number },
): BindingChange | 'refused' | 'too brief' {
  if (contactHeader === null) return { kind: 'ask' }
  const contacts = readContacts(contactHeader)
  // A malformed Expires counts as none (§10.2.1.1 leaves it to us).
  const expires = expiresHeader === null ? null : readSeconds(expiresHeader)
  if (contacts === '*') return expires === 0 ? { kind: 'unbind', contact: '*' } : 'refused'
  const [contact] = contacts ?? []
  // A phone is one thing on one desk: of several contacts nobody could say which one to ring.
  if (contacts === null || contact === undefined || contacts.length > 1) return 'refused'
  const asked = contact.expiresSeconds ?? expires ?? mostSeconds
  if (asked === 0) return { kind: 'unbind', contact: contact.uri }
  if (contactUri(contact.uri) === null) return 'refused'
  if (asked < leastSeconds) return 'too brief'
  return {
    kind: 'bind',
    contact: contact.uri,
    seconds: Math.min(asked, mostSeconds),
    userAgent: userAgent?.slice(0, longestUserAgent) ?? null,
  }
}
