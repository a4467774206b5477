import { sql } from 'kysely'
import type { CallEvent, CallEventBody } from '#contact-center/calls/call-event.ts'
import type { GroundTransaction } from '#platform/database/database.ts'
import { newId } from '#platform/ids.ts'
import { appendToStream, type NewStreamEvent } from '#platform/realtime/stream-store.ts'
import { closeResponse, setRespondent, writeAnswer } from '../responses/response-store.ts'
import { afterAttempt, type TaskMove } from './after-attempt.ts'
import {
  endedAttempts,
  flagNumber,
  markReached,
  markWrongPerson,
  moveTaskTo,
  retryPlanOf,
  stopOtherTasks,
  type TaskInHand,
  taskInHand,
  usablePhones,
} from './task-store.ts'

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
      return refuseCalls(tx, event)
    case 'ended':
      return endTask(tx, event, body, now)
    default:
      return
  }
}

/** The key `9`, confirmed: neither this number nor this patient is called again, by any programme. */
async function refuseCalls(tx: GroundTransaction, { taskId, attemptId, at }: CallEvent): Promise<void> {
  await sql`
    insert into do_not_call (id, phone_number_id, patient_id, source, attempt_id, created_at)
    select ${newId()}, a.phone_number_id, t.patient_id, 'patient_key', a.id, ${at}
    from attempt a join task t on t.id = a.task_id
    where a.id = ${attemptId} and t.id = ${taskId}
    on conflict do nothing
  `.execute(tx)
}

async function endTask(
  tx: GroundTransaction,
  event: CallEvent,
  body: Extract<CallEventBody, { type: 'ended' }>,
  now: Date,
): Promise<void> {
  const task = await taskInHand(tx, event.taskId, event.attemptId)
  if (task === null) return
  if (task.outcome === 'wrong_person') await markWrongPerson(tx, task, event.at)
  if (body.result === 'invalid_number' || body.result === 'suspended_line') {
    await flagNumber(tx, task.phoneNumberId, body.result === 'invalid_number' ? 'invalid' : 'suspended', event.at)
  }
  const move = afterAttempt({
    outcome: task.outcome,
    refused: task.refused,
    answers: task.answers,
    attempts: await endedAttempts(tx, event.taskId),
    phones: await usablePhones(tx, task.patientId),
    plan: await retryPlanOf(tx, task.programmeVersionId),
    now,
  })
  await moveTaskTo(tx, event.taskId, move)
  if (move.to === 'completed') {
    await closeResponse(tx, event.taskId, 'complete', event.at)
    await markReached(tx, task, event.at)
  } else if (isFinal(move)) {
    await closeResponse(tx, event.taskId, 'partial', event.at)
  }
  const others = move.to === 'refused' ? await stopOtherTasks(tx, task.patientId, event.taskId) : []
  await appendToStream(tx, 'live', [
    moved(event.campaignId, task, move),
    ...others.map(({ taskId, campaignId, from }) => taskMoved(campaignId, taskId, from, 'stopped')),
  ])
}

function isFinal({ to }: TaskMove): boolean {
  return to === 'partial' || to === 'failed' || to === 'refused'
}

function moved(campaignId: string, task: TaskInHand, { to }: TaskMove): NewStreamEvent {
  return taskMoved(campaignId, task.taskId, 'in_progress', to)
}

function taskMoved(campaignId: string, taskId: string, from: string, to: string): NewStreamEvent {
  return { type: 'task.changed', payload: { campaignId, taskId, from, to } }
}
