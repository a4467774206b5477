import { randomBytes } from 'node:crypto'
import { type Clock, systemClock } from '#platform/clock.ts'
import type { Ground } from '#platform/database/database.ts'
import type { Listener } from '#platform/database/listen.ts'
import type { Log } from '#platform/log.ts'
import type { Secrets } from '#platform/secrets.ts'
import type { CallInRequest, CallInVerdict, RegisterReply, RegisterRequest } from '../telephony.ts'
import { contactUri, isNowhereByName, isPageContact, readContacts, readSeconds } from './contact.ts'
import { answersDigest, type ChallengeOptions, challenges, type DigestAnswer, readDigestAnswer } from './digest.ts'
import { FailureGate } from './failure-gate.ts'
import { LivePhones, type PhoneChange } from './live-phones.ts'
import { NonceMint } from './nonce.ts'
import { PlaceGate, placeOf } from './place-gate.ts'
import { type PhoneRequest, type RefusalCode, Refusals } from './refusals.ts'
import {
  type Binding,
  type BindingChange,
  type NonceUse,
  type PhoneRow,
  phoneOf,
  registerOnce,
} from './registration-store.ts'

export interface RegistrarParts {
  readonly db: Ground
  readonly listener: Listener
  readonly secrets: Pick<Secrets, 'decrypt' | 'keyFor'>
  readonly log: Log
  /** The wall's, also under SUIFANG_NOW: how old a nonce is, is no business date. */
  readonly clock?: Clock
  /** How long a registration may be asked for. Default 30 to 300 s, a page's to 120 s; longer ones are cut to it. */
  readonly expires?: RegistrationLimits
  /** After this a nonce is stale. Default 5 min. */
  readonly nonceLifetimeMs?: number
}

export interface RegistrationLimits {
  readonly leastSeconds: number
  readonly mostSeconds: number
  /** A page goes without a word more often than a phone on a desk does. Default: `mostSeconds`. */
  readonly mostPageSeconds?: number
}

const realm = 'suifang'
const defaultExpires = { leastSeconds: 30, mostSeconds: 300, mostPageSeconds: 120 }
const defaultNonceLifetimeMs = 300_000
/** With 96 random bits as the secret nobody guesses; this is against a flood, and shows in the log. */
const extensionRule = { failures: 10, windowMs: 300_000, closedMs: 300_000 }
const longestUserAgent = 200
const oldAgent = /^baresip v[01]\./
const unansweredAtMost = 10_000
/** What an extension without a phone is compared with, so that it takes as long as a wrong password. */
const nobodysPassword = randomBytes(16).toString('hex')

/** Where pages and phones call to become a seat's leg. */
const seatTarget = /^sips?:seat@/i

/** The reply and, where the phone was refused, why. */
interface Verdict {
  readonly reply: RegisterReply
  readonly code?: RefusalCode
}

/** A phone that has answered a challenge with the right password; whether for the first time, the rows say. */
interface Proof {
  readonly phone: PhoneRow
  readonly answer: DigestAnswer
  readonly use: NonceUse
}

/**
 * The registrar for phones: one phone an extension, one binding a phone, the newest wins; and who proves the phones that
 * call in. Digest with nonces that
 * carry their own time, MD5 and SHA-256 as the phone likes; which nonce and count have been used stands in the database,
 * so that a REGISTER cannot be replayed at another node either (the digest does not cover the Contact).
 * Source: RFC 3261 §10.3, RFC 7616, RFC 8760.
 */
export class Registrar {
  readonly #parts: Required<RegistrarParts>
  readonly #mint: NonceMint
  readonly #places: PlaceGate
  readonly #extensions: FailureGate
  readonly #refusals: Refusals
  readonly #phones: LivePhones
  /** Call-IDs that were challenged and have not answered yet. */
  readonly #unanswered = new Set<string>()
  /** The place where each extension last proved itself: there it is not locked out by what others try elsewhere. */
  readonly #proven = new Map<string, string>()

  constructor(parts: RegistrarParts) {
    const { clock = systemClock, expires = defaultExpires, nonceLifetimeMs = defaultNonceLifetimeMs } = parts
    this.#parts = { ...parts, clock, expires, nonceLifetimeMs }
    this.#mint = new NonceMint(parts.secrets.keyFor('register nonce'), clock)
    this.#places = new PlaceGate(clock)
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
    if (code !== undefined) this.#note('REGISTER', request, extension, code)
    return reply
  }

  /** For `Telephony.onCallIn`: which registered phone an INVITE is from. @throws as `answer` does */
  async admit(request: CallInRequest): Promise<CallInVerdict> {
    const extension = extensionOf(request.from)
    const verdict = await this.#judgeCall(request, extension)
    if ('extension' in verdict) return verdict
    if (verdict.code !== undefined) this.#note('INVITE', request, extension, verdict.code)
    return { reply: verdict.reply }
  }

  async #judge(request: RegisterRequest, extension: string | null): Promise<Verdict> {
    const claimed = extension !== null && extensionOf(request.from) === extension ? extension : null
    const proof = await this.#prove('REGISTER', request, claimed)
    if ('reply' in proof) return proof
    const { phone, answer, use } = proof
    const change = readChange(request, phone.kind, this.#parts.expires)
    if (change === 'refused') return { reply: { status: 400, headers: {} }, code: 'REGISTER_CONTACT_REFUSED' }
    if (change === 'too brief') {
      const headers = { 'Min-Expires': String(this.#parts.expires.leastSeconds) }
      return { reply: { status: 423, headers }, code: 'REGISTER_TOO_BRIEF' }
    }
    const used = await this.#use(request, answer.username, phone, use, change)
    if (used === null) return { reply: this.#again(answer, phone), code: 'REGISTER_NONCE_REPLAYED' }
    // Our own change is told at once, not when its notification has come round.
    if (change.kind !== 'ask') await this.#phones.look([answer.username])
    return { reply: this.#accepted(used.binding) }
  }

  async #judgeCall(request: CallInRequest, extension: string | null): Promise<Verdict | { extension: string }> {
    // Whoever scans for a way to call out hears nothing but this, whatever they ask for.
    if (!seatTarget.test(request.uri)) return { reply: forbidden, code: 'CALL_TARGET_UNKNOWN' }
    const proof = await this.#prove('INVITE', request, extension)
    if ('reply' in proof) return proof
    const { phone, answer, use } = proof
    if (phone.kind === 'browser' && !isWebSocket(request)) return { reply: forbidden, code: 'CALL_FLOW_REFUSED' }
    const used = await this.#use(request, answer.username, phone, use, { kind: 'ask' })
    if (used === null) return { reply: this.#again(answer, phone), code: 'REGISTER_NONCE_REPLAYED' }
    if (used.binding === null) return { reply: forbidden, code: 'CALL_PHONE_NOT_REGISTERED' }
    return { extension: answer.username }
  }

  /** @param extension as claimed; null when the request is not clear about it */
  async #prove(method: PhoneRequest, request: CallInRequest, extension: string | null): Promise<Verdict | Proof> {
    const { authorization } = request
    const throttledMs = this.#places.closedForMs(request)
    if (throttledMs > 0) return later('REGISTER_ADDRESS_THROTTLED', throttledMs)
    if (extension === null) return this.#failed(request, 'REGISTER_MALFORMED')
    if (authorization === null) return { reply: this.#firstChallenge(request) }
    this.#unanswered.delete(request.sipCallId)
    const answer = readDigestAnswer(authorization)
    if (answer === null || answer.realm !== realm) return this.#failed(request, 'REGISTER_DIGEST_MALFORMED')
    if (answer.uri !== request.uri) return this.#failed(request, 'REGISTER_URI_MISMATCH')
    if (answer.username !== extension) return this.#failed(request, 'REGISTER_NAME_MISMATCH')
    const atHome = this.#proven.get(extension) === placeOf(request)
    const lockedMs = atHome ? 0 : this.#extensions.closedForMs(extension)
    if (lockedMs > 0) return later('REGISTER_EXTENSION_LOCKED', lockedMs)
    const nonce = this.#mint.read(answer.nonce)
    // Also what a phone says that kept its nonce over a change of our key: it may try again, but not for ever.
    if (nonce === null) {
      this.#places.fail(request)
      return {
        reply: this.#challenge({ stale: false, algorithms: [answer.algorithm] }),
        code: 'REGISTER_NONCE_FOREIGN',
      }
    }
    const phone = await phoneOf(this.#parts.db, extension)
    if (!this.#isPassword(method, answer, phone) || phone === undefined) {
      // A page's password cannot be guessed, and is another one tomorrow: locking it would only put an agent off duty.
      if (phone?.kind !== 'browser') this.#extensions.fail(extension)
      return this.#failed(request, phone === undefined ? 'REGISTER_UNKNOWN_EXTENSION' : 'REGISTER_WRONG_PASSWORD')
    }
    if (nonce.ageMs > this.#parts.nonceLifetimeMs) {
      return { reply: this.#again(answer, phone), code: 'REGISTER_NONCE_STALE' }
    }
    return { phone, answer, use: { order: nonce.order, count: Number.parseInt(answer.nc, 16) } }
  }

  /** @returns null when the nonce has been used before, or the password has been changed meanwhile */
  async #use(
    request: CallInRequest,
    extension: string,
    { id, secretCiphertext }: PhoneRow,
    use: NonceUse,
    change: BindingChange,
  ): Promise<{ readonly binding: Binding | null } | null> {
    const used = await registerOnce(this.#parts.db, { id, secretCiphertext, extension }, use, change)
    if (used === null) return null
    this.#extensions.forget(extension)
    this.#proven.set(extension, placeOf(request))
    return used
  }

  #accepted(binding: Binding | null): RegisterReply {
    const contact = binding === null ? {} : { Contact: `<${binding.contact}>;expires=${binding.secondsLeft}` }
    return { status: 200, headers: { ...contact, Date: this.#parts.clock.now().toUTCString() } }
  }

  #isPassword(method: PhoneRequest, answer: DigestAnswer, phone: PhoneRow | undefined): boolean {
    const password = phone === undefined ? nobodysPassword : this.#parts.secrets.decrypt(phone.secretCiphertext)
    return answersDigest(answer, method, password)
  }

  /**
   * RFC 8760 §2.4 lets a phone pass over an algorithm that it does not know, but some give up: baresip 1.0 (libre's
   * `auth.c`), whatever the order, and JsSIP, which looks at the first challenge alone. Those known for it, those that
   * come over WebSockets, and those that ask again instead of answering, are offered MD5.
   */
  #firstChallenge(request: CallInRequest): RegisterReply {
    const { sipCallId, userAgent } = request
    const known = isWebSocket(request) || oldAgent.test(userAgent ?? '')
    const old = this.#unanswered.delete(sipCallId) || known
    this.#unanswered.add(sipCallId)
    const [oldest] = this.#unanswered
    if (this.#unanswered.size > unansweredAtMost && oldest !== undefined) this.#unanswered.delete(oldest)
    return this.#challenge({ stale: false, ...(old ? { algorithms: ['MD5'] } : {}) })
  }

  /** To the right password with an old nonce: the phone tries again by itself (RFC 7616 §3.3). */
  #again({ algorithm }: DigestAnswer, { lastNonce }: PhoneRow): RegisterReply {
    return this.#challenge({ stale: true, algorithms: [algorithm] }, lastNonce)
  }

  #challenge(options: ChallengeOptions, after: string | null = null): RegisterReply {
    return { status: 401, headers: { 'WWW-Authenticate': challenges(realm, this.#mint.make(after), options) } }
  }

  #failed(request: CallInRequest, code: keyof typeof statusOf): Verdict {
    this.#places.fail(request)
    return { reply: { status: statusOf[code], headers: {} }, code }
  }

  #note(method: PhoneRequest, request: CallInRequest, extension: string | null, code: RefusalCode): void {
    this.#refusals.note({ code, method, address: request.sourceAddress, extension })
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

const forbidden: RegisterReply = { status: 403, headers: {} }

function later(code: RefusalCode, ms: number): Verdict {
  return { reply: { status: 503, headers: { 'Retry-After': String(Math.ceil(ms / 1000)) } }, code }
}

/** User part of the URI in To or From, if it can be an extension. */
function extensionOf(header: string): string | null {
  return /(?:^|<)\s*sip:(\d{2,10})@[^\s<>]*/.exec(header)?.[1] ?? null
}

/** What the REGISTER asks for (RFC 3261 §10.3, steps 6 and 7). */
function readChange(
  request: RegisterRequest,
  kind: PhoneRow['kind'],
  { leastSeconds, mostSeconds, mostPageSeconds = mostSeconds }: RegistrationLimits,
): BindingChange | 'refused' | 'too brief' {
  const { contact: contactHeader, expires: expiresHeader, userAgent } = request
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
  if (contactUri(contact.uri) === null || !isReachable(request, kind, contact.uri)) return 'refused'
  if (asked < leastSeconds) return 'too brief'
  return {
    kind: 'bind',
    contact: contact.uri,
    seconds: Math.min(asked, kind === 'browser' ? mostPageSeconds : mostSeconds),
    userAgent: userAgent?.slice(0, longestUserAgent) ?? null,
  }
}

/** A made-up name leads somewhere only through the WebSocket that it came over; and a page has no other. */
function isReachable(request: RegisterRequest, kind: PhoneRow['kind'], uri: string): boolean {
  const page = isWebSocket(request) && isPageContact(uri)
  return kind === 'browser' ? page : page || !isNowhereByName(uri)
}

function isWebSocket({ transport }: CallInRequest): boolean {
  return transport === 'ws' || transport === 'wss'
}
