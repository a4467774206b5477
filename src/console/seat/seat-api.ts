import type { Answers, AnswerValue, Questionnaire } from '#follow-up/questionnaire/questionnaire.ts'
import { request } from '../api/request.ts'

/** Everything the seat's page asks of the server. Times are ISO 8601, UTC; the server owns every one of them. */

export type SeatStatus = 'signed_out' | 'available' | 'on_break' | 'away' | 'signing_out'
export type SeatState =
  | 'unreachable'
  | 'idle'
  | 'previewing'
  | 'reserved'
  | 'ringing'
  | 'talking'
  | 'holding'
  | 'wrap_up'

export interface SeatSnapshot {
  readonly id: string
  readonly status: SeatStatus
  readonly statusReason: string | null
  readonly state: SeatState
  /** When the state began. */
  readonly since: string
  readonly phone: { readonly extension: string; readonly live: boolean } | null
  readonly wrapUpUntil: string | null
  /** The call the seat is reserved for, is in, or wraps up. */
  readonly call: {
    readonly callId: string
    readonly attemptId: string
    readonly taskId: string
    readonly answered: boolean
    readonly held: boolean
  } | null
  /** Of the stream `seat:<id>`: the last one this snapshot holds. */
  readonly offset: number
}

export type ChosenStatus = 'available' | 'on_break' | 'away'

/** What the agent may say of a break; the word is in the texts (`breakReason`). */
export const breakReasons = ['rest', 'meal', 'training', 'paperwork', 'meeting'] as const

export interface LocalText {
  readonly zh: string
  readonly en: string
}

/** What a task's record holds for who talks to the patient; masked by the server where the right is missing. */
export interface DeskRecord {
  readonly task: { readonly id: string; readonly state: string; readonly programme: string; readonly dueOn: string }
  readonly patient: {
    readonly name: string
    /** GB/T 2261.1: 1 male, 2 female. */
    readonly sex: string | null
    readonly age: number | null
    readonly patientNo: string | null
    readonly idMasked: string | null
    readonly vip: string | null
    readonly tags: readonly string[]
    readonly phones: readonly {
      /** GB/T 4761: 0 self, 1 spouse … 8 other. */
      readonly relation: string | null
      readonly relationWord: string | null
      readonly contactName: string | null
      readonly number: string
      readonly last4: string
      /** The one that this call dials. */
      readonly current: boolean
    }[]
  }
  /** Others who are called on this number. */
  readonly sharedWith: readonly {
    readonly patientId: string
    readonly name: string
    readonly relation: string | null
  }[]
  readonly encounters: readonly {
    readonly kind: string
    readonly encounterNo: string
    readonly admittedOn: string | null
    readonly dischargedOn: string | null
    readonly department: string | null
    readonly ward: string | null
    readonly attending: string | null
    readonly diagnoses: readonly string[]
    readonly operations: readonly string[]
  }[]
  readonly calls: readonly {
    readonly attemptId: string
    readonly at: string
    readonly result: string | null
    readonly outcome: string | null
    readonly agentNo: string | null
    readonly note: string | null
    readonly recordingId: string | null
  }[]
  readonly responses: readonly {
    readonly at: string
    readonly questionnaire: LocalText
    readonly answers: readonly {
      readonly questionId: string
      readonly question: LocalText
      readonly answer: LocalText
    }[]
  }[]
  /** Null for a task without a form. */
  readonly questionnaire: Questionnaire | null
  readonly answers: Answers
  readonly script: LocalText
  readonly outcome: string | null
  readonly outcomeText: string | null
  readonly note: string | null
  readonly callbackAt: string | null
  /** Times of day at which a callback may be agreed, hospital-local. */
  readonly callingHours: readonly { readonly opens: string; readonly closes: string }[]
}

/** The vocabulary's list, in the order in which an agent needs them. */
export const outcomes = [
  'done',
  'partial',
  'callback',
  'proxy',
  'refused',
  'uncooperative',
  'wrong_person',
  'moved',
  'readmitted',
  'deceased',
  'other',
] as const
export type Outcome = (typeof outcomes)[number]

export interface OutcomeReport {
  readonly outcome: Outcome
  /** What is meant by `other`. */
  readonly text?: string
  /** Of `callback`. */
  readonly callbackAt?: string
}

export async function readSeat(signal: AbortSignal): Promise<SeatSnapshot | null> {
  return (await request<{ seat: SeatSnapshot | null }>('/api/seat', { signal })).seat
}

export type SeatCommand =
  | { readonly type: 'sign-in' }
  | { readonly type: 'sign-out' }
  | { readonly type: 'status'; readonly status: ChosenStatus; readonly reason?: string }
  | { readonly type: 'hang-up' }
  | { readonly type: 'hold' }
  | { readonly type: 'resume' }
  | { readonly type: 'wrap-up/extend'; readonly seconds: number }
  | { readonly type: 'wrap-up/finish' }

/** Sends a command. What becomes of it comes over the seat's stream, to every page of the agent alike. */
export async function command({ type, ...body }: SeatCommand): Promise<void> {
  const given = Object.keys(body).length > 0
  await request(`/api/seat/${type}`, { method: 'POST', ...(given ? { body } : {}) })
}

export function readRecord(taskId: string, signal: AbortSignal): Promise<DeskRecord> {
  return request<DeskRecord>(`/api/desk/tasks/${taskId}`, { signal })
}

/** @param value null takes the answer back */
export async function writeAnswer(taskId: string, questionId: string, value: AnswerValue | null): Promise<void> {
  const path = `/api/desk/tasks/${taskId}/answers/${encodeURIComponent(questionId)}`
  await request(path, value === null ? { method: 'DELETE' } : { method: 'PUT', body: { value } })
}

export async function writeOutcome(taskId: string, report: OutcomeReport): Promise<void> {
  await request(`/api/desk/tasks/${taskId}/outcome`, { method: 'PUT', body: report })
}

/** The note is a thing of its own: it may be written before the outcome is known. */
export async function writeNote(taskId: string, note: string): Promise<void> {
  await request(`/api/desk/tasks/${taskId}/note`, { method: 'PUT', body: { note } })
}
