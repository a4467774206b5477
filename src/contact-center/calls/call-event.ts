import type { LeftReason } from '../acd/queue.ts'

/**
 * What happens in a call, as it is written to the journal and applied to the database: in order, each once.
 *
 * A running call never waits for the database (architecture §3): its events get `(attemptId, seq)`, are fsynced to the
 * journal and applied in that order, idempotently. The primary key of `call_event` is that pair.
 */
export interface CallEvent {
  readonly attemptId: string
  readonly callId: string
  readonly taskId: string
  readonly campaignId: string
  /** 1, 2, 3 … within the attempt. */
  readonly seq: number
  /** When it happened, UTC. */
  readonly at: Date
  readonly body: CallEventBody
}

export type CallEventBody =
  /** The INVITE has left; with what is needed to find the leg after a restart. */
  | { readonly type: 'invited'; readonly ref: LegRefs }
  | { readonly type: 'ringing'; readonly sipStatus: number; readonly earlyMedia: boolean }
  /** 200 and ACK. A trigger creates the recording row `expected` (invariant 6). */
  | { readonly type: 'answered'; readonly sipStatus: number; readonly earlyMedia: boolean; readonly ref: LegRefs }
  /** Named relative to the folder of recordings; by its whole path before schema 0022. */
  | { readonly type: 'recording_started'; readonly path: string }
  | { readonly type: 'recording_closed'; readonly path: string }
  /** The flow entered a node. */
  | { readonly type: 'node'; readonly nodeId: string }
  /** A question is being asked. `index` counts from 0. */
  | { readonly type: 'question'; readonly questionId: string; readonly index: number; readonly total: number }
  /**
   * A key as pressed, whatever the flow makes of it. Not `taken`: the flow dropped it, since it came before its question's
   * prompt or during one that may not be skipped. A wrong key is taken too: the question answers it.
   */
  | {
      readonly type: 'key'
      readonly digit: string
      readonly nodeId: string
      readonly questionId: string | null
      readonly taken: boolean
    }
  /** An answer, or the code of a skipped question (`not_applicable`). A later one for the same question replaces it. */
  | {
      readonly type: 'answer'
      readonly questionId: string
      readonly value: string | number | readonly string[]
      readonly keys: string
    }
  /** Who is on the line, as told at the identity check. */
  | { readonly type: 'respondent'; readonly respondent: 'patient' | 'proxy' }
  /** `9`, confirmed: no more calls to this patient and number. */
  | { readonly type: 'do_not_call' }
  /** What the flow says of the call (vocabulary: outcome). */
  | { readonly type: 'outcome'; readonly outcome: FlowOutcome }
  /** The seat's leg is in the call: for the first time, or again after it was lost. */
  | { readonly type: 'bridged'; readonly seatId: string; readonly agentId: string; readonly ref: LegRefs }
  | { readonly type: 'held' }
  | { readonly type: 'resumed' }
  /**
   * `phone_lost`: the seat's leg ended, the patient waits with music. `not_back`: it did not come back in time.
   * `hung_up`: the agent has done with the call, and the patient is asked to rate it.
   */
  | { readonly type: 'agent_left'; readonly reason: 'phone_lost' | 'not_back' | 'hung_up' }
  /** The patient waits for an agent, with music. */
  | { readonly type: 'queued'; readonly queueId: string }
  /** The patient waits no more, and no agent has come; who was given one has `bridged` instead. */
  | { readonly type: 'left_queue'; readonly reason: LeftReason }
  /** What the patient thought of the agent who was in the call last, 1 to 5 (best). */
  | { readonly type: 'rated'; readonly value: number }
  /** How the patient's line sounded. No longer written: `ended` says it; journals of 0.5 and before may still hold it. */
  | ({ readonly type: 'quality' } & LineQuality)
  /** A supervisor came into the call, changed how, or left it (null). */
  | {
      readonly type: 'supervised'
      readonly supervisionId: string
      readonly supervisorId: string
      readonly mode: 'monitor' | 'coach' | 'barge' | null
    }
  /** The call goes on at a supervisor's seat, whose leg is in it now; the agent has after-call work. */
  | {
      readonly type: 'taken_over'
      readonly supervisionId: string
      /** Of the seat that has it now. */
      readonly reservationId: string
      readonly fromSeatId: string
      readonly seatId: string
      readonly agentId: string
      readonly reason: string
      readonly ref: LegRefs
    }
  /** A supervisor had the call ended (vocabulary: force_release). */
  | { readonly type: 'released'; readonly by: string; readonly reason: string }
  /**
   * A sign that a machine has answered: its beep (Hz), or first words that are longer than a person's. A label for who
   * looks at the call; no result follows from it.
   */
  | { readonly type: 'machine_cue'; readonly cue: 'beep'; readonly frequency: number }
  | { readonly type: 'machine_cue'; readonly cue: 'greeting'; readonly speechMs: number; readonly pauseMs: number }
  /** Keys pressed for the far end; which ones is nobody's to read. */
  | { readonly type: 'digits_sent'; readonly count: number }
  /** No INVITE left for a reserved seat: the gate closed, or its phone was gone. The attempt has been given back. */
  | { readonly type: 'not_dialled'; readonly reason: string }
  /** The last event of every attempt that was dialled. */
  | {
      readonly type: 'ended'
      readonly result: AttemptResult
      readonly hangupBy: 'patient' | 'hospital' | 'lost' | null
      readonly sipStatus: number | null
      readonly sipReason: string | null
      readonly q850: number | null
      readonly earlyMedia: boolean
      /** How the patient's line sounded; absent where nothing was to be heard. */
      readonly quality?: LineQuality
      /** How the agents' own lines were while they were in the call, in turn; absent where no line told. */
      readonly seatLines?: readonly SeatLine[]
    }

/** The same shape as telephony's LegRef; spelled here because a journal outlives the code that wrote it. */
export interface LegRefs {
  readonly sipCallId: string | null
  readonly inviteTransaction: string | null
  readonly dialogId: string | null
  readonly localTag: string | null
  readonly remoteTag: string | null
  readonly channelUuid: string | null
  readonly mediaHost: string | null
}

/** The same shape as telephony's LegQuality; shares are 0 to 1, `out` is as the far end has reported it. */
export interface LineQuality {
  readonly packetsIn: number
  readonly lossIn: number
  readonly lossOut: number | null
  readonly jitterInMs: number
  readonly jitterOutMs: number | null
  readonly roundTripMs: number | null
  /** 1.0–4.5. */
  readonly mos: number
}

/** Between an agent's phone and the hospital, during one stay in the call. The same shape as telephony's LinePeriodQuality. */
export interface SeatLine {
  readonly seatId: string
  readonly agentId: string
  readonly lossIn: number | null
  readonly lossOut: number | null
  readonly jitterInMs: number | null
  readonly jitterOutMs: number | null
  readonly roundTripMs: number | null
}

/** What an IVR flow may say of a call. */
export type FlowOutcome = 'done' | 'partial' | 'refused' | 'wrong_person' | 'uncooperative' | 'callback'

/** What the telephone did (vocabulary: attempt result). */
export type AttemptResult =
  | 'completed'
  | 'partial'
  | 'abandoned'
  | 'no_answer'
  | 'busy'
  | 'rejected'
  | 'powered_off'
  | 'unreachable'
  | 'suspended_line'
  | 'invalid_number'
  | 'machine'
  | 'congestion'
  | 'failed'
  | 'cancelled'
  | 'restart'
