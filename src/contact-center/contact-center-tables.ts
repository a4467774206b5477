import type { ColumnType, Generated, GeneratedAlways } from 'kysely'
import type { AttemptResult } from './calls/call-event.ts'

/** A column that is written once. */
type Fixed<T> = ColumnType<T, T, never>

/** Tables of migration 0002. Units and meanings of columns stand there. */

export type AttemptState = 'created' | 'dialing' | 'ringing' | 'answered' | 'bridged' | 'ended'
export type CampaignState = 'running' | 'paused' | 'stopped'
export type Pacing = 'preview' | 'progressive' | 'power' | 'predictive' | 'agentless'
export type TrunkKind = 'simulated' | 'sip'
export type RecordingState =
  | 'expected'
  | 'recording'
  | 'paused'
  | 'closed'
  | 'verified'
  | 'stored'
  | 'expired'
  | 'held'
  | 'missing'
  | 'damaged'
/** What the agent or the flow says of a call (vocabulary: outcome). */
export type Outcome =
  | 'done'
  | 'partial'
  | 'callback'
  | 'refused'
  | 'wrong_person'
  | 'proxy'
  | 'uncooperative'
  | 'deceased'
  | 'readmitted'
  | 'moved'
  | 'other'
export type PartyKind = 'patient' | 'agent' | 'supervisor' | 'doctor' | 'outside'

interface SiteTable {
  id: string
  code: string
  name: string
  createdAt: Generated<Date>
}

interface StateMoveTable {
  machine: GeneratedAlways<string>
  /** '' is birth. */
  fromState: GeneratedAlways<string>
  toState: GeneratedAlways<string>
  /** Audit action that must stand beside the move. */
  needs: GeneratedAlways<string | null>
}

interface DepartmentTable {
  id: string
  siteId: Fixed<string>
  code: string | null
  name: string
  spokenName: string | null
  createdAt: Generated<Date>
}

interface TrunkTable {
  id: string
  siteId: Fixed<string>
  name: string
  kind: TrunkKind
  host: string
  port: number
  lines: number
  callsPerSecond: number
  callerNumber: string
  username: string | null
  passwordCiphertext: Buffer | null
  enabled: Generated<boolean>
  /** Asked by OPTIONS. */
  watched: Generated<boolean>
  /** Null: it has never answered. */
  answers: boolean | null
  answersSince: Date | null
  answeredAt: Date | null
  /** Of a simulated one, since the house was opened (migration 0027). */
  carrierDownSince: Generated<Date | null>
  carrierRestartedAt: Generated<Date | null>
  carrierRestarts: Generated<number>
  version: Generated<number>
  createdAt: Generated<Date>
}

interface PhoneNumberTable {
  id: string
  hmac: Buffer
  ciphertext: Buffer
  last4: string
  /** What the network said of it, or that its ciphertext could not be opened (`unreadable`); nobody dials it. */
  flag: 'invalid' | 'suspended' | 'unreadable' | null
  /** Null: not looked at yet. */
  bar: 'none' | 'foreign' | 'premium' | 'service' | null
  flaggedAt: Date | null
  createdAt: Generated<Date>
}

interface FlowTable {
  id: string
  code: string
  createdAt: Generated<Date>
}

interface FlowVersionTable {
  id: Fixed<string>
  flowId: Fixed<string>
  version: Fixed<number>
  definition: ColumnType<unknown, string, never>
  sha256: Fixed<Buffer>
  createdAt: Generated<Date>
}

interface CampaignTable {
  id: string
  siteId: Fixed<string>
  name: string
  trunkId: string
  state: Generated<CampaignState>
  pacing: Generated<Pacing>
  anyHour: Generated<boolean>
  ringTimeoutMs: Generated<number>
  /** Shape: follow-up's CallingRule, in part. */
  calling: ColumnType<Record<string, unknown> | null, string | null | undefined, string | null>
  teamId: string | null
  /** Name of a flow; null: nobody is asked for a rating. */
  ratingFlow: string | null
  previewSkipMinutes: Generated<number>
  /** Shape: follow-up's RetryPlan; null: the programme's. */
  retry: ColumnType<unknown, string | null | undefined, string | null>
  settingsVersion: Generated<number>
  createdAt: Generated<Date>
  changedAt: Generated<Date>
}

interface NodeTable {
  name: Fixed<string>
  epoch: ColumnType<string, number | string, number | string>
  startedAt: Generated<Date>
}

interface AttemptTable {
  id: Fixed<string>
  taskId: Fixed<string>
  campaignId: Fixed<string>
  trunkId: Fixed<string>
  phoneNumberId: Fixed<string>
  flowVersionId: ColumnType<string | null, string | null | undefined, string | null>
  /** A person chose whom to call: not the dialler's order. */
  byHand: ColumnType<boolean, boolean | undefined, never>
  state: Generated<AttemptState>
  result: AttemptResult | null
  correctedResult: string | null
  correctedBy: string | null
  outcome: Outcome | null
  outcomeText: string | null
  createdAt: ColumnType<Date, Date | undefined, never>
  dialingAt: Date | null
  invitedAt: Date | null
  ringingAt: Date | null
  answeredAt: Date | null
  bridgedAt: Date | null
  endedAt: Date | null
  countsAt: GeneratedAlways<Date>
  sipStatus: number | null
  sipReason: string | null
  q850: number | null
  earlyMedia: boolean | null
  hangupBy: 'patient' | 'hospital' | 'lost' | null
  leaseOwner: string | null
  leaseEpoch: ColumnType<string | null, number | string | null | undefined, number | string | null>
  leaseUntil: Date | null
}

interface CallTable {
  id: Fixed<string>
  attemptId: Fixed<string | null>
  direction: Fixed<'outbound' | 'inbound'>
  startedAt: Generated<Date>
  answeredAt: Date | null
  endedAt: Date | null
}

interface PartyTable {
  id: Fixed<string>
  callId: Fixed<string>
  kind: PartyKind
  sipCallId: string | null
  inviteTransaction: string | null
  dialogId: string | null
  localTag: string | null
  remoteTag: string | null
  channelUuid: string | null
  mediaHost: string | null
  joinedAt: Generated<Date>
  leftAt: Date | null
}

interface CallEventTable {
  id: GeneratedAlways<string>
  attemptId: Fixed<string>
  seq: Fixed<number>
  callId: Fixed<string>
  type: Fixed<string>
  body: ColumnType<Record<string, unknown>, string, never>
  at: Fixed<Date>
}

interface CallQualityTable {
  attemptId: Fixed<string>
  callId: Fixed<string>
  packetsIn: Fixed<number>
  lossIn: Fixed<number>
  lossOut: Fixed<number | null>
  jitterInMs: Fixed<number>
  jitterOutMs: Fixed<number | null>
  roundTripMs: Fixed<number | null>
  mos: Fixed<number>
  at: Fixed<Date>
}

interface RecordingTable {
  id: Fixed<string>
  attemptId: Fixed<string>
  part: Generated<number>
  state: Generated<RecordingState>
  /** Relative to the folder of recordings. */
  path: string | null
  mediaHost: string | null
  bytes: ColumnType<string | null, number | string | null | undefined, number | string | null>
  durationMs: number | null
  gapMs: number | null
  faults: Generated<string[]>
  sha256: Buffer | null
  expectedAt: Generated<Date>
  startedAt: Date | null
  closedAt: Date | null
  judgedAt: Date | null
  /** When its file was opened and found to be another than the one that was verified. */
  changedFoundAt: ColumnType<Date | null, never, Date>
  /** When somebody last opened it to hear or take it. */
  openedAt: ColumnType<Date | null, never, Date>
  /** What is left of it then is this row. */
  expiredAt: ColumnType<Date | null, never, Date>
  expiredRun: ColumnType<string | null, never, string>
  fileRemovedAt: ColumnType<Date | null, never, Date>
}

declare module '#platform/database/tables.ts' {
  interface Tables {
    site: SiteTable
    stateMove: StateMoveTable
    department: DepartmentTable
    trunk: TrunkTable
    phoneNumber: PhoneNumberTable
    flow: FlowTable
    flowVersion: FlowVersionTable
    campaign: CampaignTable
    node: NodeTable
    attempt: AttemptTable
    call: CallTable
    party: PartyTable
    callEvent: CallEventTable
    callQuality: CallQualityTable
    recording: RecordingTable
  }
}
