import type { AnswerValue } from '#follow-up/questionnaire/questionnaire.ts'
import { RefusedError } from '../api/request.ts'
import { AutoSaver } from './auto-saver.ts'
import { OutcomeDraft, outcomeFields } from './outcome-draft.ts'
import {
  type DeskRecord,
  type Finding,
  type OutcomeReport,
  type Respondent,
  respondents,
  writeAnswer,
  writeNote,
  writeOutcome,
  writeRespondent,
} from './seat-api.ts'

/** What the agent writes in one call: the answers and the outcome, each saved by itself. */
export interface Desk {
  readonly answers: AutoSaver<AnswerValue>
  readonly outcome: OutcomeDraft
  readonly respondent: AutoSaver<string>
  readonly findings: Findings
  /** What the server holds now, read anew. */
  refresh(record: DeskRecord): void
  /** The form of another questionnaire; nothing of the one before is on its way. */
  replaceForm(record: DeskRecord): void
}

/** Answers that need somebody, as the server judges them with each one that it saves. */
export class Findings {
  readonly #listeners = new Set<() => void>()
  #at = ''
  #present: readonly Finding[]

  constructor(present: readonly Finding[]) {
    this.#present = present
  }

  /** For useSyncExternalStore. */
  readonly watch = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly state = (): readonly Finding[] => this.#present

  /** @param at the server's clock when it judged: an answer that was overtaken on its way says nothing */
  judged(at: string, findings: readonly Finding[]): void {
    if (at < this.#at) return
    this.#at = at
    this.#present = findings
    for (const listener of this.#listeners) listener()
  }

  /** Of another form. */
  replace(findings: readonly Finding[]): void {
    this.#at = ''
    this.judged('', findings)
  }
}

export function openDesk(taskId: string, record: DeskRecord): Desk {
  const timing = {
    mayPass,
    setTimeout: (run: () => void, ms: number) => window.setTimeout(run, ms),
    clearTimeout: (timer: unknown) => typeof timer === 'number' && window.clearTimeout(timer),
  }
  const findings = new Findings(record.findings)
  const answers = new AutoSaver<AnswerValue>(record.answers, {
    ...timing,
    write: async (questionId, value) => {
      const news = await writeAnswer(taskId, questionId, value)
      findings.judged(news.at, news.findings)
    },
  })
  const respondent = new AutoSaver<string>(respondentOf(record), {
    ...timing,
    write: async (_key, given) => {
      const chosen = respondents.find((each): each is Respondent => each === given)
      if (chosen !== undefined) await writeRespondent(taskId, chosen)
    },
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
  return {
    answers,
    outcome: new OutcomeDraft(outcomeFields(record), outcome),
    respondent,
    findings,
    refresh: (now) => {
      answers.refresh(now.answers)
      respondent.refresh(respondentOf(now))
      findings.judged('', now.findings)
    },
    replaceForm: (now) => {
      answers.replace(now.answers)
      respondent.refresh(respondentOf(now))
      findings.replace(now.findings)
    },
  }
}

function respondentOf({ respondent }: DeskRecord): Readonly<Record<string, string>> {
  return respondent === null ? {} : { respondent }
}

/** What the server has judged it will judge so again; no answer, too many requests and its own faults may pass. */
function mayPass(error: unknown): boolean {
  return error instanceof RefusedError && (error.status === 0 || error.status === 429 || error.status >= 500)
}
