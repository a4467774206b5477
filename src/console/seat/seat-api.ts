import type { ChosenStatus, SeatState, SeatStatus } from '#contact-center/acd/seat.ts'
import type { SeatView as ServedSeat } from '#contact-center/acd/seat-schema.ts'
import type { DeskRecord as ServedRecord, SharerCard } from '#follow-up/desk/desk-schema.ts'
import type { AnswerValue, Questionnaire } from '#follow-up/questionnaire/questionnaire.ts'
import { request } from '../api/request.ts'
import type { SipAccount } from '../softphone/sip-phone.ts'

/** Everything the seat's page asks of the server. Times are ISO 8601, UTC; the server owns every one of them. */

export type { SeatState, SeatStatus }

export type SeatSnapshot = Readonly<Omit<ServedSeat, 'status' | 'state'>> & {
  readonly status: SeatStatus
  readonly state: SeatState
  /** The task whose record is shown before it is dialled. */
  readonly preview?: { readonly taskId: string } | null
}

/** One who is in the call, as far as the agent is told. */
export type Supervisor = SeatSnapshot['supervisors'][number]
export type SupervisionMode = Supervisor['mode']

/** What the agent may say of a break; the word is in the texts (`breakReason`). */
export const breakReasons = ['rest', 'meal', 'training', 'paperwork', 'meeting'] as const

/** What a task's record holds for who talks to the patient; masked by the server where the right is missing. */
export type DeskRecord = Omit<ServedRecord, 'questionnaire'> & {
  /** As it was published; null for a task without a form. */
  readonly questionnaire: Questionnaire | null
}

export type { SharerCard }

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

/**
 * Makes a page the seat's: its commands are taken from now on, those of another page no more.
 * @returns what the page's telephone registers with; null where the agent has a desk phone
 */
export async function openSeat(body: { readonly pageId: string; readonly takeOver: boolean }) {
  const { softphone } = await request<{ softphone: SipAccount | null }>('/api/seat/open', { method: 'POST', body })
  return softphone
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
  /** Keys for the far end, such as a switchboard's menu. */
  | { readonly type: 'digits'; readonly digits: string }
  /** Dials a task by hand, through the same gate as the dialler. */
  | { readonly type: 'dial'; readonly taskId: string; readonly phoneId?: string }
  | { readonly type: 'preview/dial'; readonly phoneId?: string }
  | { readonly type: 'preview/skip'; readonly reason: string }

/**
 * Sends a command. What becomes of it comes over the seat's stream, to every page of the agent alike.
 * @param pageId who asks: commands of a page that is not the seat's are refused (SEAT_OPEN_ELSEWHERE)
 */
export async function command(pageId: string, { type, ...body }: SeatCommand): Promise<void> {
  // Also where nothing is said: what may be left out is judged by the same schema as what is there.
  await request(`/api/seat/${type}`, { method: 'POST', headers: { 'x-suifang-page': pageId }, body })
}

export function readRecord(taskId: string, signal: AbortSignal): Promise<DeskRecord> {
  return request<DeskRecord>(`/api/desk/tasks/${taskId}`, { signal })
}

/** Another patient on the number of this task's call. */
export function readSharer(taskId: string, patientId: string, signal: AbortSignal): Promise<SharerCard> {
  return request<SharerCard>(`/api/desk/tasks/${taskId}/shared/${patientId}`, { signal })
}

/** Asks by another of the record's `questionnaires`. */
export async function takeQuestionnaire(taskId: string, versionId: string): Promise<void> {
  await request(`/api/desk/tasks/${taskId}/questionnaire`, { method: 'PUT', body: { versionId } })
}

export type Finding = DeskRecord['findings'][number]

/** What the server knows of the form after an answer: findings, and where the interview goes on. */
export interface FormNews {
  /** When the answer was saved, by the server's clock. */
  readonly at: string
  readonly findings: readonly Finding[]
}

/** @param value null takes the answer back */
export function writeAnswer(taskId: string, questionId: string, value: AnswerValue | null): Promise<FormNews> {
  const path = `/api/desk/tasks/${taskId}/answers/${encodeURIComponent(questionId)}`
  return request<FormNews>(path, value === null ? { method: 'DELETE' } : { method: 'PUT', body: { value } })
}

/** Who answers, in the order in which an agent meets them (requirements R05); `proxy` is what a keypress survey knows. */
export const respondents = ['patient', 'spouse', 'child', 'parent', 'other'] as const
export type Respondent = (typeof respondents)[number]

export async function writeRespondent(taskId: string, respondent: Respondent): Promise<void> {
  await request(`/api/desk/tasks/${taskId}/respondent`, { method: 'PUT', body: { respondent } })
}

/** What a person may say that the telephone did, where it said something else. */
export const correctableResults = [
  'completed',
  'partial',
  'no_answer',
  'busy',
  'rejected',
  'powered_off',
  'unreachable',
  'suspended_line',
  'invalid_number',
  'machine',
] as const

/** @param result null takes the correction back */
export async function writeResult(taskId: string, result: string | null): Promise<void> {
  await request(`/api/desk/tasks/${taskId}/result`, { method: 'PUT', body: { result } })
}

/** Why a previewed patient is not dialled; the word is in the texts (`skipReason`). */
export const skipReasons = ['not_now', 'called_already', 'record_wrong', 'not_suitable', 'other'] as const

export async function writeOutcome(taskId: string, report: OutcomeReport): Promise<void> {
  await request(`/api/desk/tasks/${taskId}/outcome`, { method: 'PUT', body: report })
}

/** The note is a thing of its own: it may be written before the outcome is known. */
export async function writeNote(taskId: string, note: string): Promise<void> {
  await request(`/api/desk/tasks/${taskId}/note`, { method: 'PUT', body: { note } })
}
