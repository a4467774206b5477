/** What the main thread and the media worker say to each other. Plain data: it crosses by structured clone. */
import type { BadNetwork } from '../chaos/impairment.ts'
import type { SoundFile } from './audio-source.ts'
import type { DisplaceOrder } from './displacement.ts'
import type { EarCue, EarOrder } from './ears.ts'
import type { G711Law } from './g711.ts'
import type { TickerFigures } from './media-ticker.ts'
import type { RtcpReport } from './rtcp-packet.ts'
import type { RtpPorts } from './rtp-socket.ts'
import type { NegotiatedKeys, RtcpRoute } from './sdp.ts'
import type { PlaySteer } from './steered-source.ts'
import type { QualityFigures } from './stream-quality.ts'
import type { HeldDigit } from './telephone-event.ts'

/** `workerData` of the media worker. */
export interface MediaWorkerSettings {
  readonly ports: Omit<RtpPorts, 'impairment'>
  /** Whether `impair` may come; only then sockets are prepared for it. */
  readonly mayBeImpaired: boolean
  /** Jitter buffer, ms. */
  readonly jitterMs: number
  /** Where `local_stream://<name>` finds the folder `<name>` with its music. */
  readonly musicFolder: string
}

/** The stream as it was negotiated. */
export interface LegStream {
  readonly law: G711Law
  readonly payloadType: number
  readonly telephoneEventType: number | null
  readonly remoteAddress: string
  readonly remotePort: number
  /** Where reports go; null: none are sent. */
  readonly rtcp: RtcpRoute | null
  readonly send: boolean
  readonly receive: boolean
  /** Without a packet for so long the far end is said to be lost, once; 0 = never. */
  readonly timeoutMs: number
  /** Absent: plain RTP. */
  readonly srtp?: NegotiatedKeys | undefined
}

/** Which side of a leg a recording holds; `both` mixes them into one channel, `stereo` keeps them apart. */
export type RecordedSides = 'both' | 'stereo' | 'heard' | 'spoken'

export interface RecordOrder {
  readonly path: string
  readonly sides: RecordedSides
  /** Ends by itself after so many samples; 0 = never. */
  readonly limitSamples: number
  /** Ends by itself after `hits` packets below `threshold` in a row; 0 hits = never. */
  readonly silence: { readonly threshold: number; readonly hits: number }
}

/** How a play ended. `replaced` by none: a play under another one waits and goes on. */
export type PlayEnd = 'completed' | 'stopped' | 'closed'
export type RecordEnd = 'stopped' | 'limit' | 'silence' | 'closed' | 'failed'

/** The two sides of a leg: what its far end says, what it is told. */
export interface SpySides {
  readonly heard: boolean
  readonly spoken: boolean
}

/** Whom a member of a room hears. */
export interface HearingRow {
  readonly member: number
  /** Other members; its own voice is never among them. */
  readonly hears: readonly number[]
  /** Whether it hears what is played to the whole room. */
  readonly hearsPlays: boolean
}

/**
 * To the worker. `leg`, `play`, `record`, `room` and `member` are numbers that the main thread gives, each of them once:
 * a membership stands in its leg's pile of plays under its own number.
 */
export type ToWorker =
  | { readonly type: 'open'; readonly leg: number }
  | { readonly type: 'negotiate'; readonly leg: number; readonly stream: LegStream | null }
  | {
      readonly type: 'play'
      readonly leg: number
      readonly play: number
      readonly uri: string
      readonly skip: number
      /** Stops by itself after so many samples; 0 = never. */
      readonly limit: number
    }
  /** The leg plays what another hears and speaks, until `stopPlay`. */
  | {
      readonly type: 'spy'
      readonly leg: number
      readonly play: number
      readonly target: number
      readonly hears: SpySides
    }
  | { readonly type: 'whisper'; readonly leg: number; readonly play: number; readonly into: SpySides }
  | { readonly type: 'stopPlay'; readonly leg: number; readonly play: number }
  | { readonly type: 'record'; readonly leg: number; readonly record: number; readonly order: RecordOrder }
  | { readonly type: 'maskRecord'; readonly leg: number; readonly record: number; readonly masked: boolean }
  | { readonly type: 'stopRecord'; readonly leg: number; readonly record: number }
  | { readonly type: 'press'; readonly leg: number; readonly digits: readonly HeldDigit[] }
  | { readonly type: 'flushPresses'; readonly leg: number }
  /** Keys that come as tones in the voice are told, too. */
  | { readonly type: 'hearTones'; readonly leg: number; readonly on: boolean }
  | { readonly type: 'mute'; readonly leg: number; readonly heard: boolean; readonly spoken: boolean }
  | { readonly type: 'idleSilence'; readonly leg: number; readonly on: boolean }
  | { readonly type: 'listen'; readonly leg: number; readonly ear: number; readonly order: EarOrder }
  | { readonly type: 'stopListening'; readonly leg: number; readonly ear: number }
  | { readonly type: 'steerPlay'; readonly leg: number; readonly play: number; readonly steer: PlaySteer }
  | { readonly type: 'displace'; readonly leg: number; readonly displacement: number; readonly order: DisplaceOrder }
  | { readonly type: 'stopDisplacing'; readonly leg: number; readonly displacement: number }
  /** Factors of the samples. */
  | { readonly type: 'level'; readonly leg: number; readonly heard: number; readonly spoken: number }
  | { readonly type: 'legFigures'; readonly leg: number; readonly ask: number }
  | { readonly type: 'figures'; readonly ask: number; readonly restart: boolean }
  | { readonly type: 'close'; readonly leg: number }
  | { readonly type: 'openRoom'; readonly room: number }
  /** Whoever joins hears nobody until the next `hearing`. */
  | { readonly type: 'joinRoom'; readonly leg: number; readonly room: number; readonly member: number }
  | { readonly type: 'leaveRoom'; readonly leg: number; readonly member: number }
  | { readonly type: 'hearing'; readonly room: number; readonly rows: readonly HearingRow[] }
  | {
      readonly type: 'playRoom'
      readonly room: number
      readonly play: number
      readonly uri: string
      readonly to: number | 'all' | 'aside'
    }
  | { readonly type: 'stopRoomPlay'; readonly room: number; readonly play: number }
  /** The recording hears what its row in `hearing` says, under its own number. */
  | { readonly type: 'recordRoom'; readonly room: number; readonly record: number; readonly path: string }
  | { readonly type: 'pauseRoomRecord'; readonly room: number; readonly record: number; readonly paused: boolean }
  | { readonly type: 'stopRoomRecord'; readonly room: number; readonly record: number }
  | { readonly type: 'closeRoom'; readonly room: number }
  | { readonly type: 'impair'; readonly network: BadNetwork }
  | { readonly type: 'shutdown' }

/** Counters of one leg since it opened. */
export interface LegFigures {
  readonly packetsIn: number
  readonly bytesIn: number
  readonly packetsOut: number
  readonly bytesOut: number
  /** Datagrams of strangers, and such as are no RTP or carry no right tag of SRTP. */
  readonly ignored: number
  readonly latePackets: number
  readonly restarts: number
  /** Ms since the last packet from the far end, −1 when there was none. */
  readonly silentForMs: number
  /** Loudest sample of the last second, 0–32768. */
  readonly heardPeak: number
  readonly spokenPeak: number
  readonly stream: StreamFigures
}

/** How the stream is, in the words of FreeSWITCH's variables where it has any. */
export interface StreamFigures extends QualityFigures {
  readonly speechPacketsIn: number
  readonly keyPacketsIn: number
  readonly noisePacketsIn: number
  readonly keyPacketsOut: number
  /** Ticks in which nothing was there to be heard. */
  readonly missingTicks: number
  /** Longest delay of the jitter buffer, ms. */
  readonly longestDelayMs: number
  /** By sequence numbers (RFC 3550). */
  readonly expected: number
  readonly lost: number
  /** Of the arrival times (RFC 3550), ms. */
  readonly jitterMs: number
  /** By the far end's last reports; null without any. */
  readonly roundTripMs: number | null
  /** What the far end has said of its own sending. */
  readonly sender: { readonly packets: number; readonly octets: number } | null
}

/** A report of ours that has left, or one of the far end's. */
export interface RtcpNews {
  readonly direction: 'sent' | 'received'
  readonly report: RtcpReport
  readonly roundTripMs: number | null
}

export interface MediaFigures {
  readonly legs: number
  readonly ticker: TickerFigures
  /** CPU of the worker's thread since it began, ms. */
  readonly cpuMs: number
  /** It runs as soon as it is woken: the system has allowed it. */
  readonly realTime: boolean
}

/** From the worker. */
export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'opened'; readonly leg: number; readonly port: number }
  | { readonly type: 'openFailed'; readonly leg: number; readonly message: string }
  | { readonly type: 'playStarted'; readonly leg: number; readonly play: number }
  | { readonly type: 'playFailed'; readonly leg: number; readonly play: number }
  | {
      readonly type: 'playEnded'
      readonly leg: number
      readonly play: number
      readonly end: PlayEnd
      readonly samples: number
      readonly file: SoundFile | null
    }
  | { readonly type: 'recordStarted'; readonly leg: number; readonly record: number }
  | {
      readonly type: 'recordEnded'
      readonly leg: number
      readonly record: number
      readonly end: RecordEnd
      readonly samples: number
      readonly error: string | null
    }
  | { readonly type: 'digit'; readonly leg: number; readonly digit: HeldDigit; readonly inBand: boolean }
  | { readonly type: 'rtcp'; readonly leg: number; readonly news: RtcpNews }
  | { readonly type: 'silent'; readonly leg: number }
  | {
      readonly type: 'displaced'
      readonly leg: number
      readonly displacement: number
      /** `failed`: there is no such file. */
      readonly state: 'started' | 'failed' | 'ended'
    }
  /** Of the last second, of all legs. */
  | { readonly type: 'strangers'; readonly address: string; readonly packets: number }
  | { readonly type: 'cue'; readonly leg: number; readonly ear: number; readonly cue: EarCue }
  | { readonly type: 'roomPlayStarted'; readonly room: number; readonly play: number; readonly started: boolean }
  | { readonly type: 'roomPlayEnded'; readonly room: number; readonly play: number; readonly samples: number }
  | { readonly type: 'roomRecordStarted'; readonly room: number; readonly record: number }
  | {
      readonly type: 'roomRecordEnded'
      readonly room: number
      readonly record: number
      readonly samples: number
      readonly error: string | null
    }
  | { readonly type: 'legFigures'; readonly ask: number; readonly figures: LegFigures }
  | { readonly type: 'figures'; readonly ask: number; readonly figures: MediaFigures }
  | { readonly type: 'shutDown' }
