import { sql } from 'kysely'
import type { GroundTransaction } from '#platform/database/database.ts'
import type { NewStreamEvent } from '#platform/realtime/stream-store.ts'
import { windowOfProgramme } from '../calling/calling-rule-store.ts'
import { refuseInCall } from '../patients/do-not-call.ts'
import { patientMoved, patientRefused, patientsDied, patientsReadmitted } from '../patients/patient-news.ts'
import { flagNumber, markReached, markWrongPerson, usablePhones } from '../patients/phone-store.ts'
import { notApplicable, notAsked } from '../questionnaire/questionnaire.ts'
import { closeResponse, setRespondent, writeAnswer } from '../responses/response-store.ts'
import { type AfterAttempt, afterAttempt, type TaskMove } from './after-attempt.ts'
import { agentVerdict, type TaskVerdict } from './agent-outcome.ts'
import { waitAgain } from './release.ts'
import { taskChanges } from './task-change.ts'
import {
  endedAttempts,
  type FormInHand,
  formInHand,
  keepAgentsWord,
  moveTaskTo,
  ownForm,
  retryPlanOf,
  type TaskInHand,
  taskInHand,
} from './task-store.ts'

/**
 * What becomes of a task whose call is over: after a keypress survey with its last event, after an agent with the end of
 * the after-call work. The only place where a call's end moves a task.
 */

/** The wrap-up of an agent's call is over; contract WorkSource.agentCallOver. */
export interface AgentCallOver {
  readonly attemptId: string
  readonly taskId: string
}

/**
 * Moves the task of a call that an agent has wrapped up. Before the call's last event is in the rows nothing happens
 * here: that event finds no reservation at work any more, and moves the task itself. Again, or for a task that has
 * moved already: nothing.
 * @returns what the live page must hear
 */
export async function agentCallOver(
  tx: GroundTransaction,
  over: AgentCallOver,
  now: Date,
): Promise<readonly NewStreamEvent[]> {
  // Not for update: a save of an answer refers to this row, and waits for the reservation that the caller holds.
  const { rows } = await sql<{ state: string }>`
    select state from attempt where id = ${over.attemptId} for no key update
  `.execute(tx)
  if (rows[0]?.state !== 'ended') return []
  const task = await taskInHand(tx, over.taskId, over.attemptId)
  return task?.state === 'wrapping' ? settle(tx, task, { at: now, now }) : []
}

/**
 * The call's last event is applied. With an agent at work the task waits for the end of that; else it moves now.
 * @returns what the live page must hear
 */
export async function callEnded(
  tx: GroundTransaction,
  over: { readonly attemptId: string; readonly taskId: string; readonly campaignId: string },
  at: Date,
  now: Date,
): Promise<readonly NewStreamEvent[]> {
  const task = await taskInHand(tx, over.taskId, over.attemptId)
  if (task === null) {
    // A call that was never begun leaves its task claimed.
    const back = await waitAgain(tx, [over.taskId])
    const { campaignId } = over
    return taskChanges(back.map((taskId) => ({ taskId, campaignId, from: 'claimed', to: 'scheduled' })))
  }
  if (task.state !== 'in_progress') return []
  if (!task.agentAtWork) return settle(tx, task, { at, now })
  await keepAgentsWord(tx, task.attemptId)
  await sql`update task set state = 'wrapping' where id = ${task.taskId}`.execute(tx)
  return taskChanges([{ ...task, from: 'in_progress', to: 'wrapping' }])
}

/** @param task in progress or wrapping, its attempt ended */
async function settle(
  tx: GroundTransaction,
  task: TaskInHand,
  { at, now }: { at: Date; now: Date },
): Promise<readonly NewStreamEvent[]> {
  await learnOfNumber(tx, task, at)
  const form = task.withAgent ? await formInHand(tx, task.taskId) : null
  const verdict = form === null ? null : await agentsVerdict(tx, task, form, at)
  const outcome = verdict === null ? task.outcome : verdict.outcome
  if (outcome === 'wrong_person') await markWrongPerson(tx, task.patientId, task.phoneNumberId, at)
  if (outcome === 'done') await markReached(tx, task.patientId, task.phoneNumberId, at)
  const after = afterAttempt({
    outcome,
    refused: task.refused || outcome === 'refused',
    deceased: task.deceased,
    callbackAt: task.callbackAt,
    answers: task.answers,
    attempts: await endedAttempts(tx, task.taskId),
    phones: await usablePhones(tx, task.patientId),
    plan: await retryPlanOf(tx, task.programmeVersionId),
    window: await windowOfProgramme(tx, task.programmeId),
    now,
  })
  const move = owedMove(after.move, verdict)
  await moveFrom(tx, task, move, verdict)
  if (form !== null && move.to === 'completed') await skipNotAsked(tx, task, form, at)
  await closeForm(tx, task.taskId, move, at)
  const others = await tellPatient(tx, task, after)
  const own = { ...task, from: task.state, to: move.to }
  return [...taskChanges([own]), ...others]
}

async function agentsVerdict(
  tx: GroundTransaction,
  task: TaskInHand,
  form: FormInHand,
  at: Date,
): Promise<TaskVerdict> {
  await keepAgentsWord(tx, task.attemptId)
  const { attemptId, taskId } = task
  const own = await ownForm(tx, taskId)
  const verdict = agentVerdict({ ...form, own, stated: task.outcome, agentLost: task.agentLost })
  if (verdict.outcome === 'refused') {
    await refuseInCall(tx, { attemptId, taskId, source: 'agent', by: task.agentId, at })
  }
  if (verdict.outcome === 'proxy' && form.respondent === null) await setRespondent(tx, taskId, 'proxy')
  return verdict
}

/** A caller who lost the agent was told that we call again: that is a callback, at the time of the retry plan. */
function owedMove(move: TaskMove, verdict: TaskVerdict | null): TaskMove {
  return verdict?.owed === true && move.to === 'retry_wait' ? { to: 'callback', at: move.at } : move
}

/** After-call work has no way of its own to `stopped` (vocabulary): it leads there through the waiting tasks. */
async function moveFrom(
  tx: GroundTransaction,
  task: TaskInHand,
  move: TaskMove,
  verdict: TaskVerdict | null,
): Promise<void> {
  if (task.state === 'wrapping' && move.to === 'stopped') {
    await sql`update task set state = 'retry_wait' where id = ${task.taskId}`.execute(tx)
  }
  const final = move.to === 'refused' || move.to === 'stopped'
  await moveTaskTo(tx, task.taskId, move, { agentId: task.agentId, remark: final ? null : (verdict?.reason ?? null) })
}

/** What did not apply says so, as after a keypress survey (requirements E10), whatever was put there before. */
async function skipNotAsked(tx: GroundTransaction, task: TaskInHand, form: FormInHand, at: Date): Promise<void> {
  if (form.questionnaire === null) return
  for (const { id } of notAsked(form.questionnaire, form.answers)) {
    if (form.answers[id] === notApplicable) continue
    const answer = { attemptId: task.attemptId, questionId: id, value: notApplicable, keys: null, at }
    await writeAnswer(tx, task.taskId, answer)
  }
}

async function learnOfNumber(tx: GroundTransaction, { result, phoneNumberId }: TaskInHand, at: Date): Promise<void> {
  if (result === 'invalid_number') await flagNumber(tx, phoneNumberId, 'invalid', at)
  if (result === 'suspended_line') await flagNumber(tx, phoneNumberId, 'suspended', at)
}

async function closeForm(tx: GroundTransaction, taskId: string, { to }: TaskMove, at: Date): Promise<void> {
  if (to === 'completed') await closeResponse(tx, taskId, 'complete', at)
  else if (to !== 'retry_wait' && to !== 'callback') await closeResponse(tx, taskId, 'partial', at)
}

/** What the call told ends or halts the patient's other plans as well. */
async function tellPatient(
  tx: GroundTransaction,
  { patientId, taskId, attemptId, agentId }: TaskInHand,
  { news }: AfterAttempt,
): Promise<readonly NewStreamEvent[]> {
  const said = { source: 'agent', attemptId, by: agentId } as const
  switch (news) {
    case 'refused':
      return patientRefused(tx, patientId, taskId)
    case 'deceased':
      return patientsDied(tx, [{ patientId, on: null }], said)
    case 'readmitted':
      return patientsReadmitted(tx, [patientId], said)
    case 'moved':
      await patientMoved(tx, patientId, said)
      return []
    case null:
      return []
  }
}
