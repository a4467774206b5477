import type { CallEvent, CallEventBody } from '#contact-center/calls/call-event.ts'
import type { GroundTransaction } from '#platform/database/database.ts'
import { appendToStream, type NewStreamEvent } from '#platform/realtime/stream-store.ts'
import { windowOfProgramme } from '../calling/calling-rule-store.ts'
import { refuseByKey } from '../patients/do-not-call.ts'
import { patientRefused, patientsDied, patientsReadmitted } from '../patients/patient-news.ts'
import { flagNumber, markReached, markWrongPerson, usablePhones } from '../patients/phone-store.ts'
import { closeResponse, setRespondent, writeAnswer } from '../responses/response-store.ts'
import { type AfterAttempt, afterAttempt, type TaskMove } from './after-attempt.ts'
import { taskChanges } from './task-change.ts'
import { endedAttempts, moveTaskTo, retryPlanOf, type TaskInHand, taskInHand } from './task-store.ts'

/**
 * Follow-up's part of a call event, in the transaction that applies it: answers to the form, refusals to the
 * do-not-call list, and at the end what becomes of the task. Events that are none of its business change nothing.
 * Source: contract WorkSource.apply; requirements C03, C10, C16, H31, §5.2.
 */
export async function applyToTask(tx: GroundTransaction, event: CallEvent, now: Date): Promise<void> {
  const { body, taskId, attemptId, at } = event
  switch (body.type) {
    case 'respondent':
      return setRespondent(tx, taskId, body.respondent)
    case 'answer':
      return writeAnswer(tx, taskId, { attemptId, questionId: body.questionId, value: body.value, keys: body.keys, at })
    case 'do_not_call':
      return refuseByKey(tx, { attemptId, taskId, at })
    case 'ended':
      return endTask(tx, event, body, now)
    default:
      return
  }
}

async function endTask(
  tx: GroundTransaction,
  event: CallEvent,
  body: Extract<CallEventBody, { type: 'ended' }>,
  now: Date,
): Promise<void> {
  const task = await taskInHand(tx, event.taskId, event.attemptId)
  if (task === null) return
  await learnOfNumber(tx, task, body, event.at)
  const after = afterAttempt({
    outcome: task.outcome,
    refused: task.refused,
    deceased: task.deceased,
    callbackAt: null,
    answers: task.answers,
    attempts: await endedAttempts(tx, event.taskId),
    phones: await usablePhones(tx, task.patientId),
    plan: await retryPlanOf(tx, task.programmeVersionId),
    window: await windowOfProgramme(tx, task.programmeId),
    now,
  })
  await moveTaskTo(tx, task.taskId, after.move)
  await closeForm(tx, task, after.move, event.at)
  const others = await tellPatient(tx, task, after)
  const own = { taskId: task.taskId, campaignId: event.campaignId, from: 'in_progress', to: after.move.to }
  await appendToStream(tx, 'live', [...taskChanges([own]), ...others])
}

async function learnOfNumber(
  tx: GroundTransaction,
  task: TaskInHand,
  { result }: Extract<CallEventBody, { type: 'ended' }>,
  at: Date,
): Promise<void> {
  if (result === 'invalid_number') await flagNumber(tx, task.phoneNumberId, 'invalid', at)
  if (result === 'suspended_line') await flagNumber(tx, task.phoneNumberId, 'suspended', at)
  if (task.outcome === 'wrong_person') await markWrongPerson(tx, task.patientId, task.phoneNumberId, at)
  if (task.outcome === 'done') await markReached(tx, task.patientId, task.phoneNumberId, at)
}

async function closeForm(tx: GroundTransaction, task: TaskInHand, { to }: TaskMove, at: Date): Promise<void> {
  if (to === 'completed') await closeResponse(tx, task.taskId, 'complete', at)
  else if (to !== 'retry_wait' && to !== 'callback') await closeResponse(tx, task.taskId, 'partial', at)
}

/** What the call told ends or halts the patient's other plans as well. */
async function tellPatient(
  tx: GroundTransaction,
  { patientId, taskId }: TaskInHand,
  { news }: AfterAttempt,
): Promise<readonly NewStreamEvent[]> {
  switch (news) {
    case 'refused':
      return patientRefused(tx, patientId, taskId)
    case 'deceased':
      return patientsDied(tx, [{ patientId, on: null }])
    case 'readmitted':
      return patientsReadmitted(tx, [patientId])
    case null:
      return []
  }
}
