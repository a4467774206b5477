import type { AnswerValue } from '#follow-up/questionnaire/questionnaire.ts'
import { RefusedError } from '../api/request.ts'
import { AutoSaver } from './auto-saver.ts'
import { OutcomeDraft, outcomeFields } from './outcome-draft.ts'
import { type DeskRecord, type OutcomeReport, writeAnswer, writeNote, writeOutcome } from './seat-api.ts'

/** What the agent writes in one call: the answers and the outcome, each saved by itself. */
export interface Desk {
  readonly answers: AutoSaver<AnswerValue>
  readonly outcome: OutcomeDraft
}

export function openDesk(taskId: string, record: DeskRecord): Desk {
  const timing = {
    mayPass,
    setTimeout: (run: () => void, ms: number) => window.setTimeout(run, ms),
    clearTimeout: (timer: unknown) => typeof timer === 'number' && window.clearTimeout(timer),
  }
  const answers = new AutoSaver<AnswerValue>(record.answers, {
    ...timing,
    write: (questionId, value) => writeAnswer(taskId, questionId, value),
  })
  const outcome = new AutoSaver<OutcomeReport | string>(
    {},
    {
      ...timing,
      write: async (_key, given) => {
        if (given === null) return
        if (typeof given === 'string') return writeNote(taskId, given)
        // The server judges "done" by the answers it has: those on their way go first.
        await answers.settled()
        await writeOutcome(taskId, given)
      },
    },
  )
  // An outcome that was refused for want of answers may stand when they have arrived.
  let wasDirty = false
  answers.watch(() => {
    const arrived = wasDirty && !answers.isDirty
    wasDirty = answers.isDirty
    if (arrived) outcome.retry('outcome')
  })
  return { answers, outcome: new OutcomeDraft(outcomeFields(record), outcome) }
}

/** What the server has judged it will judge so again; no answer, too many requests and its own faults may pass. */
function mayPass(error: unknown): boolean {
  return error instanceof RefusedError && (error.status === 0 || error.status === 429 || error.status >= 500)
}
