import type { ChosenStatus, SeatState, SeatStatus } from '#contact-center/acd/seat.ts'
import type { SeatView as ServedSeat } from '#contact-center/acd/seat-schema.ts'
import type { DeskRecord as ServedRecord } from '#follow-up/desk/desk-schema.ts'
import type { AnswerValue, Questionnaire } from '#follow-up/questionnaire/questionnaire.ts'
import { request } from '../api/request.ts'

/** Everything the seat's page asks of the server. Times are ISO 8601, UTC; the server owns every one of them. */

export type { SeatState, SeatStatus }

export type SeatSnapshot = Readonly<Omit<ServedSeat, 'status' | 'state'>> & {
  readonly status: SeatStatus
  readonly state: SeatState
}

/** What the agent may say of a break; the word is in the texts (`breakReason`). */
export const breakReasons = ['rest', 'meal', 'training', 'paperwork', 'meeting'] as const

/** What a task's record holds for who talks to the patient; masked by the server where the right is missing. */
export type DeskRecord = Omit<ServedRecord, 'questionnaire'> & {
  /** As it was published; null for a task without a form. */
  readonly questionnaire: Questionnaire | null
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
