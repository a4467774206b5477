/**
 * What the contact center may ask of the telephone network, and what it is told.
 *
 * One implementation stands behind it (drachtio-srf, drachtio-fsmrf, modesl), whichever servers those libraries
 * talk to: our softswitch or a real drachtio-server and FreeSWITCH. Every promise here settles within a limit of its
 * own; a leg that the network loses ends with `by: 'lost'`, it never hangs.
 * Source: architecture §4.
 */

import type { LegQuality } from './leg-quality.ts'
import type { LinePeriodQuality } from './line-period.ts'

/** Where a trunk's calls are sent. Calls leave for configured trunks only. */
export interface TrunkAddress {
  readonly host: string
  readonly port: number
  /** Shown number; must be one the hospital owns (requirements A17). */
  readonly callerNumber: string
  /** Digest credentials, when the carrier asks for them. */
  readonly username?: string
  readonly password?: string
}

/**
 * - `answered`: whatever the final answer says, somebody speaks SIP there. 408 and 503, which a server also says for a far
 *   end that is silent, are none.
 * - `silent`: nothing came, or one of those.
 * - `unasked`: we could not ask, since our own server is away.
 */
export interface TrunkReply {
  readonly reply: 'answered' | 'silent' | 'unasked'
  readonly sipStatus: number | null
  /** From the request to its answer. */
  readonly ms: number
}

export interface DialOrder {
  readonly attemptId: string
  readonly callId: string
  /** Number as the trunk wants it, digits with an optional leading `+`. */
  readonly number: string
  readonly trunk: TrunkAddress
  /** From INVITE to our CANCEL. Requirements C11: 15–60 s, default 30 s. */
  readonly ringTimeoutMs: number
  /**
   * The media server that the patient's channel must be made on: the one of the seat that waits for the call, since a
   * room stands on one server. While that one is away the dial fails with `no_media`. Absent: the least loaded.
   */
  readonly mediaHost?: string
}

/**
 * Everything a restarted node needs to find the leg again: CANCEL by INVITE transaction while it rings, BYE by dialog
 * id, `uuid_kill` by channel. Null where that half does not exist (yet).
 */
export interface LegRef {
  readonly sipCallId: string | null
  /** drachtio's name for the INVITE, known once it has left. */
  readonly inviteTransaction: string | null
  readonly dialogId: string | null
  readonly localTag: string | null
  readonly remoteTag: string | null
  readonly channelUuid: string | null
  readonly mediaHost: string | null
}

/** A leg of which nothing is known yet; what is known is put over it. */
export const unknownLeg: LegRef = {
  sipCallId: null,
  inviteTransaction: null,
  dialogId: null,
  localTag: null,
  remoteTag: null,
  channelUuid: null,
  mediaHost: null,
}

export interface DialHooks {
  /** The INVITE has left. Called once, before any other hook. */
  onInviteSent(ref: LegRef): void
  /** A provisional answer of the far end but 100; one with the same status, with or without sound, is told once. */
  onRinging(progress: { readonly sipStatus: number; readonly earlyMedia: boolean }): void
}

/**
 * Why a dial that was not answered ended, in the network's raw terms; the table `attempt-result` names the result.
 *
 * - `refused`: a final answer of 3xx–6xx. A number that no trunk could carry (anything but 1–32 digits with an optional
 *   leading `+`) is refused here with 484, as the carrier would, and no INVITE leaves.
 * - `ring_timeout`: our CANCEL after `ringTimeoutMs`. `sipStatus` is the 487 it brought, 200 if the answer crossed it
 *   (a BYE has followed), null if nothing came.
 * - `cancelled`: the same after `cancel()`.
 * - `no_reply`: the trunk said nothing at all, or the INVITE could not be sent.
 * - `no_media`: no media server had a channel, or the one it gave was lost before the patient could be connected.
 * - `lost`: the connection to drachtio broke.
 */
export interface DialFailure {
  readonly answered: false
  readonly cause: 'refused' | 'ring_timeout' | 'cancelled' | 'no_reply' | 'no_media' | 'lost'
  /** Final SIP status; null when none came. */
  readonly sipStatus: number | null
  readonly sipReason: string | null
  /** From the `Reason: Q.850;cause=` header (RFC 3326). */
  readonly q850: number | null
  readonly earlyMedia: boolean
  /** The telephone at the other end was heard to ring (180), or it was answered. */
  readonly rang: boolean
  readonly ref: LegRef
}

export interface DialAnswer {
  readonly answered: true
  readonly leg: PatientLeg
  readonly sipStatus: number
  readonly earlyMedia: boolean
}

export interface OutboundDial {
  readonly result: Promise<DialAnswer | DialFailure>
  /** CANCEL (or BYE, when the 200 crossed it). The result then says `cancelled`. Idempotent. */
  cancel(): void
}

export interface Digit {
  /** 0–9, *, #, A–D. */
  readonly digit: string
  readonly durationMs: number
  /** When the event reached us: the key's end. */
  readonly at: Date
}

/** A sign that a machine has answered. No proof: who has asked for it may write it down, and nothing else. */
export type MachineCue =
  /** A single tone behind speech, Hz. */
  | { readonly cue: 'beep'; readonly frequency: number }
  /** The first words, and the silence behind them, at most 2 s of it. */
  | { readonly cue: 'greeting'; readonly speechMs: number; readonly pauseMs: number }

export interface LegEnd {
  readonly by: 'patient' | 'hospital' | 'lost'
  readonly q850: number | null
  readonly at: Date
}

/** An answered patient alone with the machine. The application owns the digits (architecture §4). */
export interface PatientLeg {
  readonly callId: string
  readonly attemptId: string
  readonly ref: LegRef
  readonly ended: Promise<LegEnd>
  /** Set once the leg has ended. */
  readonly end: LegEnd | null
  onDigit(listener: (digit: Digit) => void): void
  /** Listens for an answering machine from now on; in vain where the media server cannot. Each cue is told once. */
  onMachineCue(listener: (cue: MachineCue) => void): void
  /**
   * Plays one file to its end or until `stopPlaying`. Never two at once: a second play waits for the first.
   * @param path absolute path on the media server
   * @throws OperationalError MEDIA_PLAY_FAILED when the file cannot be played; resolves `ended` when the leg ends
   */
  play(path: string): Promise<'completed' | 'stopped' | 'ended'>
  /** Interrupts the running play and resolves once it has ended; a no-op when nothing plays. */
  stopPlaying(): Promise<void>
  /** Drops digits that the media server has queued (`uuid_flush_dtmf`). */
  flushDigits(): Promise<void>
  /**
   * Presses keys for the far end: telephone-events towards the patient, in a room as well as outside; nobody in the
   * room hears them. Resolves when the media server has taken them, which is before the last one is over.
   * @param digits 1–32 of 0–9, `*`, `#`
   * @throws UnexpectedError DIGITS_INVALID; OperationalError MEDIA_COMMAND_REFUSED
   */
  sendDigits(digits: string): Promise<void>
  /** Stereo, patient left (architecture §4). @param path absolute path on the media server */
  startRecording(path: string): Promise<void>
  /** Resolves when the media server has closed the file (also when the leg's end closed it), or after 5 s. Idempotent. */
  stopRecording(): Promise<void>
  /**
   * How its sound was, once it has ended. Null when no sound came, or the media server has not told within 1 s of the
   * end. Never rejects.
   */
  quality(): Promise<LegQuality | null>
  /** BYE to the patient and the channel released. Idempotent; settles in ≤ 5 s whatever the servers do. */
  hangUp(): Promise<void>
}

/** A desk phone that is registered now. */
export interface LivePhone {
  readonly extension: string
  /** SIP URI at which it wants to be called. */
  readonly contact: string
  readonly expiresAt: Date
}

/** A call to an agent's phone, to be kept up. */
export interface SeatCallOrder {
  readonly seatId: string
  /** From {@link LivePhone.contact}. */
  readonly contact: string
  /** What the phone shows. */
  readonly displayName: string
  readonly ringTimeoutMs: number
  /** As {@link DialOrder.mediaHost}: a leg that comes back to a call must be where its patient is. */
  readonly mediaHost?: string
}

/**
 * An agent's leg: called once at sign-in (a browser's calls in by itself) and kept up, silent between calls; calls join
 * it (architecture §4). Its end is `by: 'patient'` when the far end, here the agent's phone, hung up; `lost` when the
 * phone has sent no sound for a while, as one does that vanished without BYE: a desk phone after 10 s, a browser's leg
 * after 5 s.
 */
export interface SeatLeg {
  readonly seatId: string
  readonly ref: LegRef
  readonly ended: Promise<LegEnd>
  /** Set once the leg has ended. */
  readonly end: LegEnd | null
  /**
   * Begins to measure the line between the agent's phone and the media server, which outlives its calls. What is returned
   * ends that and tells how it was; null when the phone has sent and been sent no RTCP report meanwhile.
   */
  measureLine(): () => LinePeriodQuality | null
  /** BYE to the phone and the channel released. Idempotent; settles in ≤ 5 s whatever the servers do. */
  hangUp(): Promise<void>
}

export type SeatAnswer = { readonly answered: true; readonly leg: SeatLeg } | DialFailure

export interface SeatDial {
  readonly result: Promise<SeatAnswer>
  /** CANCEL (or BYE, when the 200 crossed it). The result then says `cancelled`. Idempotent. */
  cancel(): void
}

/**
 * A registered phone calls in to be the leg of a seat; a browser's does, at sign-in and after a reload. It has proved
 * who it is. One of `accept` and `refuse` is called within 10 s, or the caller is told 480; what comes after the first
 * is ignored (`refuse`) or rejected (`accept`).
 */
export interface IncomingSeatCall {
  readonly extension: string
  /**
   * Answers the phone; the leg stays up until one side ends it. Settles within 10 s.
   * @throws OperationalError SEAT_CALL_GONE when the caller has hung up (or been refused) meanwhile, MEDIA_SERVER_AWAY,
   * SIP_SERVER_AWAY, TELEPHONY_TIMEOUT, SEAT_CALL_UNCONNECTED; the caller has then been told, and nothing is left over
   */
  accept(order: SeatAnswerOrder): Promise<SeatLeg>
  refuse(status: 403 | 480 | 486): void
}

export interface SeatAnswerOrder {
  readonly seatId: string
  /** What the phone may show. */
  readonly displayName: string
  /** As {@link DialOrder.mediaHost}. */
  readonly mediaHost?: string
}

/**
 * How a supervisor is in a call. `monitor`: hears everybody, heard by nobody. `coach`: heard by the agent alone.
 * `barge`: heard by all.
 */
export type SupervisionMode = 'monitor' | 'coach' | 'barge'

/**
 * The conference in which the parties of one call meet, `call-<callId>` on the patient's media server. Made by the first
 * join, gone with the last leave. Its moves are done one after the other, in the order they were asked for; each
 * settles within a limit. A seat's leg that ends leaves by itself, and the patient then hears music.
 *
 * @throws OperationalError from every move but `close`: ROOM_PARTY_GONE when a leg ended meanwhile, ROOM_REFUSED,
 * MEDIA_SERVER_AWAY, TELEPHONY_TIMEOUT. Who was on the way in is then out again.
 */
export interface Room {
  readonly callId: string
  /** Patient and agent hear each other; resolves when both are members and the matrix is applied. */
  join(patient: PatientLeg, seat: SeatLeg): Promise<void>
  /** The patient waits here alone, hearing music, until a seat joins or {@link Room.releasePatient}. Idempotent. */
  wait(): Promise<void>
  /** The patient hears music and nobody hears the patient. Idempotent. */
  hold(): Promise<void>
  /** Both hear each other again. Idempotent. */
  resume(): Promise<void>
  /** The seat's leg leaves (its channel stays up, silent); the patient stays, alone, hearing music. Idempotent. */
  leaveSeat(): Promise<void>
  /**
   * Another seat's leg, or the same one's next, joins the patient who waits; a hold is over. Whoever had the seat's place
   * leaves. A supervisor's leg takes over: supervising is over then.
   */
  joinSeat(seat: SeatLeg): Promise<void>
  /**
   * The leg of a supervisor's own seat comes in, or changes its mode: joined deaf and muted, related, then opened; said
   * again after each change of who is in the room. Several supervisors may be in, each in a mode of its own; none hears
   * another's coaching. On hold a supervisor hears the agent, not the patient, and can still coach. When a step fails
   * the supervisor is out of the room, and the call goes on. Taking over is `joinSeat` with this leg.
   * @throws UserError SUPERVISION_OTHER_SERVER; what every move throws
   */
  supervise(leg: SeatLeg, mode: SupervisionMode): Promise<void>
  /** The supervisor leaves; the leg stays up, silent. Idempotent, also for one who never came. */
  unsupervise(leg: SeatLeg): Promise<void>
  /** The patient leaves and is alone with the machine again: `play` and the rest work as before. Idempotent. */
  releasePatient(): Promise<void>
  /** All leave. Idempotent; never rejects. */
  close(): Promise<void>
}

/** A REGISTER as it arrived; header texts as they stand in the message, null where there is none. */
export interface RegisterRequest {
  /** Request-URI. */
  readonly uri: string
  readonly to: string
  readonly from: string
  readonly sourceAddress: string
  readonly sourcePort: number
  /** Of the topmost Via, lower case: `udp`, `tcp`, `ws`, … (drachtio calls WebSockets tcp elsewhere). */
  readonly transport: string
  readonly sipCallId: string
  readonly contact: string | null
  readonly expires: string | null
  readonly authorization: string | null
  readonly userAgent: string | null
}

export interface RegisterReply {
  readonly status: number
  /** A header that stands more than once has a list. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>
}

export type RegisterHandler = (request: RegisterRequest) => Promise<RegisterReply>

/** An INVITE that begins a call to us, in the same words. */
export type CallInRequest = Omit<RegisterRequest, 'contact' | 'expires'>

/** Who calls, proved; or what the caller is told. */
export type CallInVerdict = { readonly extension: string } | { readonly reply: RegisterReply }

export type CallInJudge = (request: CallInRequest) => Promise<CallInVerdict>

/** A leg that the servers still carry, found while reconciling: a patient's (attempt and call) or a seat's. */
export interface LiveLeg {
  readonly channelUuid: string
  readonly mediaHost: string
  readonly attemptId: string | null
  readonly callId: string | null
  readonly seatId: string | null
}

export interface Telephony {
  /** True while drachtio and at least one media server are connected: nothing is claimed otherwise. */
  readonly up: boolean
  onUpChange(listener: (up: boolean) => void): void
  /** Where our own SIP is, as drachtio told when it was connected last: addresses of its, none before that. */
  readonly sipPlaces: readonly { readonly host: string; readonly port: number }[]
  dial(order: DialOrder, hooks: DialHooks): OutboundDial
  /** Asks the far end of a trunk whether it is there, by OPTIONS (RFC 3261 §11). Settles within 5 s; never rejects. */
  askTrunk(trunk: Pick<TrunkAddress, 'host' | 'port'>): Promise<TrunkReply>
  /** Rings an agent's phone at its contact; answered, the leg stays up until one side ends it. */
  callSeat(order: SeatCallOrder): SeatDial
  /** The room of the patient's call, empty until the first join. */
  openRoom(patient: PatientLeg): Room
  /** Who answers REGISTER; until it is set, and when it fails, phones are told to come back later (503). */
  onRegister(handler: RegisterHandler): void
  /** Who judges whether an INVITE to us is a phone's of ours; until it is set, callers are told to come back later (503). */
  onCallIn(judge: CallInJudge): void
  /** Who takes the calls of phones that want to be a seat's leg; until it is set, they are told 480. */
  onSeatCall(handler: (call: IncomingSeatCall) => void): void
  /**
   * Channels that live now on the media servers that are connected, other nodes' and freshly made ones included.
   * @throws OperationalError when a connected server does not answer
   */
  liveLegs(): Promise<readonly LiveLeg[]>
  /**
   * Ends what is left of a leg that this process does not hold: CANCEL while it rings, BYE by dialog id, `uuid_kill`.
   * Safe to repeat; resolves when all of it has been said. A BYE that cannot be said now is said when drachtio is back.
   */
  endLeg(ref: LegRef): Promise<void>
  /** Hangs up every leg, cancels every dial, closes every connection. Settles in ≤ 10 s whatever the servers do. */
  close(): Promise<void>
}
