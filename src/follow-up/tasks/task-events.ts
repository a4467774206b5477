import type { CallEvent } from '#contact-center/calls/call-event.ts'
import type { GroundTransaction } from '#platform/database/database.ts'
import type { NewStreamEvent } from '#platform/realtime/stream-store.ts'
import { refuseInCall } from '../patients/do-not-call.ts'
import { setRespondent, writeSurveyAnswer } from '../responses/response-store.ts'
import { callEnded } from './settle.ts'

/**
 * Follow-up's part of a call event, in the transaction that applies it: answers to the form, refusals to the
 * do-not-call list, and at the end what becomes of the task. Events that are none of its business change nothing.
 * @returns what the live page must hear
 * Source: contract WorkSource.apply; requirements C03, C10, C16, H31, §5.2.
 */
export async function applyToTask(
  tx: GroundTransaction,
  event: CallEvent,
  now: Date,
): Promise<readonly NewStreamEvent[]> {
  const { body, taskId, attemptId, at } = event
  switch (body.type) {
    case 'respondent':
      await setRespondent(tx, taskId, body.respondent)
      return []
    case 'answer':
      await writeSurveyAnswer(tx, taskId, {
        attemptId,
        questionId: body.questionId,
        value: body.value,
        keys: body.keys,
        at,
      })
      return []
    case 'do_not_call':
      await refuseInCall(tx, { attemptId, taskId, source: 'patient_key', by: null, at })
      return []
    case 'ended':
      return callEnded(tx, event, at, now)
    default:
      return []
  }
}
