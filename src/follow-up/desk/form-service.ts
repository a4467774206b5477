import type { AttemptResult } from '#contact-center/calls/call-event.ts'
import { type Actor, writeAudit } from '#platform/audit/audit-store.ts'
import { transacted } from '#platform/database/again.ts'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { UserError } from '#platform/errors/errors.ts'
import { windowOfProgramme } from '../calling/calling-rule-store.ts'
import type { Respondent } from '../follow-up-tables.ts'
import type { Questionnaire } from '../questionnaire/questionnaire.ts'
import { clearAnswer, setRespondent, takeQuestionnaire, writeAnswer } from '../responses/response-store.ts'
import { type FormInHand, formInHand, keepAgentsWord, ownForm } from '../tasks/task-store.ts'
import {
  type CallSummary,
  emptySummary,
  requireCallbackTime,
  type SummaryChange,
  sameSummary,
  withNote,
  withOutcome,
} from './call-summary.ts'
import { answerTo, progressOf, requireComplete, requireOwnComplete } from './desk-form.ts'
import type { FormState } from './desk-schema.ts'
import { addSummary, callFacts, correctResult, lastSummary, lockSeatsCall } from './form-store.ts'
import { questionnaireChoices } from './record-store.ts'
import './desk-errors.ts'

/** A call that this agent may write to: talking, or at work after it. */
interface CallAtWork {
  readonly tx: GroundTransaction
  readonly taskId: string
  readonly attemptId: string
  readonly userId: string
  readonly facts: NonNullable<Awaited<ReturnType<typeof callFacts>>>
}

/**
 * What an agent writes during a call and in its after-call work. Every write is one transaction under the lock of the
 * seat's reservation: it is taken whole or refused, and the end of the after-call work waits for it. Saving the same
 * again changes nothing.
 * Source: issue "the agent's seat" (the form autosaves each answer; outcome mandatory; note; callback); requirements C06,
 * C14, D10, R05.
 */
export class DeskForm {
  readonly #db: Ground

  constructor(db: Ground) {
    this.#db = db
  }

  /** @throws UserError DESK_ANSWER_*, DESK_QUESTION_UNKNOWN, DESK_NO_FORM, and what {@link DeskForm.#atWork} throws */
  saveAnswer(taskId: string, userId: string, questionId: string, given: unknown): Promise<FormState> {
    return this.#atWork(taskId, userId, async ({ tx, attemptId, facts }) => {
      const form = await requireForm(tx, taskId)
      const value = answerTo(form.questionnaire, questionId, given)
      await writeAnswer(tx, taskId, { attemptId, questionId, value, keys: null, at: facts.now })
      return formState(tx, taskId, form.questionnaire, facts.now)
    })
  }

  clearAnswer(taskId: string, userId: string, questionId: string): Promise<FormState> {
    return this.#atWork(taskId, userId, async ({ tx, attemptId, facts }) => {
      const { questionnaire } = await requireForm(tx, taskId)
      if (!questionnaire.questions.some(({ id }) => id === questionId)) {
        throw new UserError('DESK_QUESTION_UNKNOWN', { question: questionId })
      }
      await clearAnswer(tx, taskId, { attemptId, questionId, at: facts.now })
      return formState(tx, taskId, questionnaire, facts.now)
    })
  }

  /**
   * Asks by another questionnaire from now on. What was answered so far stays with the form before, which can be taken up
   * again (requirements D05).
   * @throws UserError DESK_QUESTIONNAIRE_UNKNOWN
   */
  takeQuestionnaire(taskId: string, userId: string, versionId: string, actor: Actor): Promise<void> {
    return this.#atWork(taskId, userId, async ({ tx, attemptId }) => {
      const choices = await questionnaireChoices(tx, taskId)
      const chosen = choices.find((choice) => choice.versionId === versionId)
      if (chosen === undefined) throw new UserError('DESK_QUESTIONNAIRE_UNKNOWN')
      if (chosen.inHand) return
      const before = choices.find(({ inHand }) => inHand)
      await takeQuestionnaire(tx, taskId, { versionId, by: userId })
      await writeAudit(tx, {
        actor,
        action: 'form.questionnaire_changed',
        object: { kind: 'task', id: taskId },
        outcome: 'ok',
        detail: { attemptId, from: before?.versionId ?? null, to: versionId, answersKept: before?.answers ?? 0 },
      })
    })
  }

  /** Who answers: the patient or which relative (requirements R05). */
  setRespondent(taskId: string, userId: string, respondent: Respondent): Promise<void> {
    return this.#atWork(taskId, userId, async ({ tx }) => {
      await requireForm(tx, taskId)
      await setRespondent(tx, taskId, respondent)
    })
  }

  /** @throws UserError DESK_FORM_INCOMPLETE, DESK_OWN_FORM_INCOMPLETE, DESK_OUTCOME_TEXT_MISSING, DESK_CALLBACK_* */
  setOutcome(taskId: string, userId: string, change: SummaryChange, actor: Actor): Promise<void> {
    return this.#atWork(taskId, userId, async (call) => {
      const before = (await lastSummary(call.tx, call.attemptId)) ?? emptySummary
      const summary = withOutcome(before, change)
      if (summary.outcome === 'done' || summary.outcome === 'proxy') {
        const { questionnaire, answers } = await formInHand(call.tx, taskId)
        requireComplete(questionnaire, answers)
        requireOwnComplete(await ownForm(call.tx, taskId))
      }
      if (summary.callbackAt !== null) {
        const { now, expiresAt, programmeId } = call.facts
        requireCallbackTime(summary.callbackAt, {
          now,
          expiresAt,
          window: await windowOfProgramme(call.tx, programmeId),
        })
      }
      await keepSummary(call, before, summary, actor)
    })
  }

  setNote(taskId: string, userId: string, note: string, actor: Actor): Promise<void> {
    return this.#atWork(taskId, userId, async (call) => {
      const before = (await lastSummary(call.tx, call.attemptId)) ?? emptySummary
      await keepSummary(call, before, withNote(before, note), actor)
    })
  }

  /**
   * Says what the telephone really did, or takes that back; what it reported stays beside it (requirements C06).
   * @throws UserError DESK_CALL_GOES_ON
   */
  correctResult(taskId: string, userId: string, result: AttemptResult | null, actor: Actor): Promise<void> {
    return this.#atWork(taskId, userId, async ({ tx, attemptId, facts }) => {
      if (facts.state !== 'ended') throw new UserError('DESK_CALL_GOES_ON')
      const corrected = result === facts.result ? null : result
      if (corrected === facts.correctedResult) return
      await correctResult(tx, attemptId, corrected, userId)
      await writeAudit(tx, {
        actor,
        action: 'attempt.corrected',
        object: { kind: 'attempt', id: attemptId },
        outcome: 'ok',
        detail: { result: facts.result, from: facts.correctedResult, to: corrected },
      })
    })
  }

  /** @throws UserError DESK_NOT_YOURS, DESK_NOT_ANSWERED, DESK_CALL_OVER */
  #atWork<T>(taskId: string, userId: string, write: (call: CallAtWork) => Promise<T>): Promise<T> {
    return transacted(this.#db, async (tx) => {
      const call = await lockSeatsCall(tx, taskId, userId)
      if (call === null) throw new UserError('DESK_NOT_YOURS')
      if (call.reservation === 'pending') throw new UserError('DESK_NOT_ANSWERED')
      const { attemptId } = call
      const facts = await callFacts(tx, attemptId)
      if ((call.reservation !== 'accepted' && call.reservation !== 'wrapping') || facts === null) {
        throw new UserError('DESK_CALL_OVER')
      }
      return write({ tx, taskId, attemptId, userId, facts })
    })
  }
}

async function requireForm(
  tx: GroundTransaction,
  taskId: string,
): Promise<FormInHand & { readonly questionnaire: Questionnaire }> {
  const form = await formInHand(tx, taskId)
  if (form.questionnaire === null) throw new UserError('DESK_NO_FORM')
  return { ...form, questionnaire: form.questionnaire }
}

async function formState(
  tx: GroundTransaction,
  taskId: string,
  questionnaire: Questionnaire,
  now: Date,
): Promise<FormState> {
  const { answers } = await formInHand(tx, taskId)
  const { findings, ...progress } = progressOf(questionnaire, answers)
  return { at: now.toISOString(), ...progress, findings: [...findings] }
}

/** Codes only in the audit trail: the words stand in the versions. */
async function keepSummary(call: CallAtWork, before: CallSummary, summary: CallSummary, actor: Actor): Promise<void> {
  if (sameSummary(before, summary)) return
  const { tx, attemptId, userId } = call
  const version = await addSummary(tx, attemptId, summary, userId)
  await keepAgentsWord(tx, attemptId)
  await writeAudit(tx, {
    actor,
    action: 'call.summarised',
    object: { kind: 'attempt', id: attemptId },
    outcome: 'ok',
    detail: { version, outcome: summary.outcome, noteChanged: before.note !== summary.note },
  })
}
