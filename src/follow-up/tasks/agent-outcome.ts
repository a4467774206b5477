import type { Outcome } from '#contact-center/contact-center-tables.ts'
import { type Answers, firstMissing, isAnswered, type Questionnaire } from '../questionnaire/questionnaire.ts'

/** A questionnaire with what was answered to it. */
export interface FilledForm {
  /** Null for a task without one, or one that cannot be read. */
  readonly questionnaire: Questionnaire | null
  readonly answers: Answers
}

/** A talk with an agent that is over. */
export interface AgentTalk extends FilledForm {
  /** What the agent said of it; null when the time for it ran out. */
  readonly stated: Outcome | null
  /** The agent's phone was lost for good in the call. */
  readonly agentLost: boolean
  /** The form that the task's plan asks for: another one, with fewer questions, does not stand for it. */
  readonly own: FilledForm
}

/** What the task goes by, and what is to be said of it (the task's `reason`). */
export interface TaskVerdict {
  readonly outcome: Outcome | null
  /** `outcome_open`: nobody said it, the answers decided. `agent_lost`: the agent's leg was gone and did not come back. */
  readonly reason: 'outcome_open' | 'agent_lost' | null
  /** To be called back, by the retry plan's time: that was promised when the agent was lost. */
  readonly owed: boolean
}

/**
 * What a talk counts as. "Done" needs every required answer of the form in hand and of the task's own, whoever said it: an
 * answer may have been taken back since, or another form taken.
 * Without a word from the agent, a form that is complete says it; else the retry plan decides.
 * Source: requirements §5.2 (OK, PART, CB, PROXY); issue "the agent's seat", wrap-up.
 */
export function agentVerdict({ stated, agentLost, questionnaire, answers, own }: AgentTalk): TaskVerdict {
  const complete = [{ questionnaire, answers }, own].every(isComplete)
  if (stated === 'done' || stated === 'proxy') {
    return { outcome: complete ? stated : 'partial', reason: null, owed: false }
  }
  if (stated !== null) return { outcome: stated, reason: null, owed: false }
  if (questionnaire !== null && complete && Object.values(answers).some(isAnswered)) {
    return { outcome: 'done', reason: 'outcome_open', owed: false }
  }
  if (agentLost) return { outcome: null, reason: 'agent_lost', owed: true }
  return { outcome: null, reason: 'outcome_open', owed: false }
}

function isComplete({ questionnaire, answers }: FilledForm): boolean {
  return questionnaire === null || firstMissing(questionnaire, answers) === null
}
