import { failpoint } from '#platform/failpoint.ts'
import { newId } from '#platform/ids.ts'
import { type Log, logError } from '#platform/log.ts'
import type { LegEnd, PatientLeg, Telephony } from '#telephony/telephony.ts'
import type { FlowRecord } from '../ivr/flow-machine.ts'
import type { RecordingPlace } from '../recording/recording-place.ts'
import type { Asking, Claimed, Work, WorkSource } from '../work-source.ts'
import { talkResult } from './agent-call.ts'
import { attemptResult, type ResultRule } from './attempt-result.ts'
import type { AttemptResult, FlowOutcome } from './call-event.ts'
import { CallEvents, type CallEventsParts, failedEnd, neverDialled, refs } from './call-events.ts'
import { qualityOf } from './call-quality.ts'
import { CallRecording, placeOrNone } from './call-recording.ts'
import type { HandedOver, HandOver } from './hand-over.ts'
import type { TalkEnd } from './seat-talk.ts'

/**
 * What one IVR call came to, as far as the flow can tell. Null outcome: the far end left before the flow said any, or an
 * agent has the patient now.
 */
export interface FlowSummary {
  readonly outcome: FlowOutcome | null
  /** Why it could not go on: what the patient was to hear cannot be played. Null when it ended by itself. */
  readonly error: unknown
}

/** What a flow tells while it runs, and asks for. */
export interface FlowHooks {
  readonly onRecord: (record: FlowRecord) => void
  /** Has the patient wait for an agent; null for the queue of the campaign's own team. @returns whether one has come */
  readonly transfer: (queue: string | null) => Promise<boolean>
}

export interface PatientCallParts extends CallEventsParts {
  readonly telephony: Pick<Telephony, 'dial'>
  readonly work: Pick<WorkSource, 'begin'>
  readonly log: Log
  readonly resultRules: () => readonly ResultRule[]
  /** Where this attempt is recorded: its path is the media server's too, and its folder exists. */
  readonly recordingPlace: (attemptId: string) => Promise<RecordingPlace>
  /** Nobody is called only to hear an apology. */
  readonly asking: Asking
  /** Leads the patient through the flow; resolves when it is over or the leg has ended. */
  readonly runFlow: (leg: PatientLeg, work: Work, hooks: FlowHooks, log: Log) => Promise<FlowSummary>
  /** The file that a patient hears whose call cannot go on. */
  readonly apology: () => string
  /** For a patient who may ask for an agent. */
  readonly handOver: (call: HandedOver) => HandOver
}

/** A person says "喂" and waits; whoever speaks for so long has been recorded. */
const longGreetingMs = 2_500

/**
 * One attempt from claim to end: gate once more, INVITE, recording, flow, hang-up. Each step is an event in the journal.
 * Resolves when the last event is fsynced; the rows follow from the journal.
 */
export async function callPatient(parts: PatientCallParts, claimed: Claimed): Promise<void> {
  const callId = newId()
  const { attemptId } = claimed
  const log = parts.log.child({ attemptId, callId })
  const events = new CallEvents(parts, claimed, callId)
  const gate = await parts.work.begin(claimed, parts.lease, parts.asking).catch(async (error: unknown) => {
    // Whether the database has begun it or not, the attempt is over: else it would hold its line until the next start.
    events.write(neverDialled)
    await events.written()
    throw error
  })
  if (!gate.ok) {
    log.info({ reason: gate.reason }, 'not dialled: it may not be, or can no longer be asked, since it was claimed')
    return
  }
  const { work } = gate
  const recordingPlace = parts.recordingPlace(attemptId)
  // Awaited once somebody has answered; a failure is told there.
  recordingPlace.catch(() => {})
  const dial = parts.telephony.dial(
    {
      attemptId,
      callId,
      number: work.number,
      trunk: work.trunk,
      ringTimeoutMs: work.ringTimeoutMs,
    },
    {
      onInviteSent: (ref) => events.write({ type: 'invited', ref: refs(ref) }, () => failpoint('invite-sent')),
      onRinging: (progress) => events.write({ type: 'ringing', ...progress }, () => failpoint('ringing')),
    },
  )
  const result = await dial.result
  if (!result.answered) {
    events.write(failedEnd(result, attemptResult(result, parts.resultRules())))
    log.info({ cause: result.cause, sipStatus: result.sipStatus, q850: result.q850 }, 'not answered')
  } else {
    const { leg, sipStatus, earlyMedia } = result
    events.write({ type: 'answered', sipStatus, earlyMedia, ref: refs(leg.ref) }, () => failpoint('answered'))
    leg.onMachineCue((cue) => {
      if (cue.cue === 'beep' || cue.speechMs >= longGreetingMs) events.write({ type: 'machine_cue', ...cue })
    })
    const handOver = parts.handOver({ work, leg, events, log })
    const { outcome, ended, quality, recording, closedAt } = await converse(parts, work, leg, {
      events,
      log,
      recordingPlace,
      handOver,
    })
    const end = leg.end ?? { by: 'lost', q850: null, at: parts.clock.now() }
    recording.tellClosed(closedAt, () => failpoint('recording-closed'))
    events.write(
      {
        type: 'ended',
        result: ended === null ? answeredResult(end, outcome, handOver) : talkResult(end, ended),
        hangupBy: end.by,
        sipStatus,
        sipReason: null,
        q850: end.q850,
        earlyMedia,
        ...quality,
        ...handOver.seatLines,
      },
      ended?.bridged === true ? () => failpoint('wrap-up') : undefined,
    )
    handOver.leave()
    log.info({ outcome, ...ended, by: end.by }, 'call over')
  }
  await events.written()
}

interface Conversation {
  readonly events: CallEvents
  readonly log: Log
  /** Where it is to be recorded; made while it rang. */
  readonly recordingPlace: Promise<RecordingPlace>
  readonly handOver: HandOver
}

/** What the conversation came to, and how its line was. */
interface Spoken {
  readonly outcome: FlowOutcome | null
  readonly ended: TalkEnd | null
  readonly quality: Awaited<ReturnType<typeof qualityOf>>
  readonly recording: CallRecording
  /** When the recording was. */
  readonly closedAt: Date
}

/**
 * Records, leads through the flow, has an agent talk with whoever asked for one, and hangs up. Whatever fails in it, the leg
 * is released and the recording closed.
 */
async function converse(
  parts: PatientCallParts,
  work: Work,
  leg: PatientLeg,
  { events, log, recordingPlace, handOver }: Conversation,
): Promise<Spoken> {
  const recording = new CallRecording(leg, await placeOrNone(recordingPlace, log), events, log)
  let outcome: FlowOutcome | null = null
  let ended: TalkEnd | null = null
  try {
    const hooks: FlowHooks = {
      onRecord: (record) =>
        events.write(record, record.type === 'question' ? () => failpoint('in-question') : undefined),
      transfer: (queue) => handOver.transfer(queue),
    }
    const summary = await begun(parts, { leg, work, hooks, events, log })
    outcome = summary.outcome
    if (summary.error !== null && leg.end === null) await apologise(parts, leg, log)
    ended = await handOver.talk()
  } catch (error) {
    logError(log, error, 'the flow broke off')
  }
  await recording.stop()
  await handOver.close()
  await leg.hangUp()
  const closedAt = events.now()
  const quality = await qualityOf(leg)
  return { outcome, ended, quality, recording, closedAt }
}

/** A flow that cannot even begin, since what it is to ask has lost its sound, owes a call back as one that breaks off does. */
async function begun(
  parts: PatientCallParts,
  {
    leg,
    work,
    hooks,
    events,
    log,
  }: {
    readonly leg: PatientLeg
    readonly work: Work
    readonly hooks: FlowHooks
    readonly events: CallEvents
    readonly log: Log
  },
): Promise<FlowSummary> {
  try {
    return await parts.runFlow(leg, work, hooks, log)
  } catch (error) {
    logError(log, error, 'the flow could not begin')
    events.write({ type: 'outcome', outcome: 'callback' })
    return { outcome: 'callback', error }
  }
}

/** Somebody has answered and may not be left with silence: they hear that we call again. */
async function apologise({ apology }: Pick<PatientCallParts, 'apology'>, leg: PatientLeg, log: Log): Promise<void> {
  try {
    await leg.play(apology())
  } catch (error) {
    logError(log, error, 'no apology for the patient whose call could not go on')
  }
}

/** What the telephone did is not what the patient said: a refusal spoken to its end is a completed call. */
function answeredResult(end: LegEnd, outcome: FlowOutcome | null, { leftAlone }: HandOver): AttemptResult {
  // Nobody was there for the patient: a call back is owed.
  if (end.by !== 'lost' && (leftAlone || outcome === 'callback')) return 'abandoned'
  if (outcome === 'done' || outcome === 'refused' || outcome === 'wrong_person') return 'completed'
  return end.by === 'lost' ? 'restart' : 'partial'
}
