import { checkFlow, type FlowWorld } from '#contact-center/ivr/flow.ts'
import { isOver } from '#contact-center/ivr/flow-machine.ts'
import { isJson } from '#contact-center/ivr/json.ts'
import { kindRegistry } from '#contact-center/ivr/node-kind.ts'
import { ownKinds } from '#contact-center/ivr/nodes/own-kinds.ts'
import type { PromptBook } from '#contact-center/ivr/prompt-library.ts'
import { type Happening, type SimulatedPress, simulate } from '#contact-center/ivr/simulator.ts'
import { UserError } from '#platform/errors/errors.ts'
import { answerWords } from './answer-words.ts'
import { notApplicable, type Questionnaire } from './questionnaire.ts'
import type { Trial, TrialLine, TrialPress } from './questionnaire-schema.ts'
import { scoreOf } from './score.ts'
import { answersIn, surveyKind } from './survey-node.ts'
import './questionnaire-errors.ts'

export interface SurveyTrial {
  /** The flow around the questions: opening, notice, identity, good-bye. */
  readonly flow: unknown
  readonly questionnaire: Questionnaire
  /** What the prompts say; those that have no sound yet too. */
  readonly prompts: PromptBook
  readonly healthWords: readonly string[]
  /** From the first word of the call on. */
  readonly presses: readonly TrialPress[]
}

/**
 * A call of a questionnaire without a telephone: everything is played anew from its beginning, so that nobody keeps it in
 * between. Nothing is written down anywhere.
 * @throws UserError QUESTIONNAIRE_TRIAL_IMPOSSIBLE
 */
export async function trySurvey({
  flow: document,
  questionnaire,
  prompts,
  healthWords,
  presses,
}: SurveyTrial): Promise<Trial> {
  const variables = { answers: {}, ...(isJson(questionnaire) ? { questionnaire } : {}) }
  const world: FlowWorld = {
    kinds: kindRegistry(...ownKinds, surveyKind()),
    prompts: { ...prompts, check: () => [] },
    healthWords,
    variables,
  }
  const { flow } = checkFlow(document, world)
  if (flow === null) throw new UserError('QUESTIONNAIRE_TRIAL_IMPOSSIBLE')
  const lines: TrialLine[] = []
  const end = await simulate({
    flow,
    variables,
    presses: presses.map(pressOf),
    tell: (happening) => lines.push(...linesOf(happening, questionnaire, prompts)),
  })
  const { score, grade } = scoreOf(questionnaire, answersIn(end.variables))
  return { lines, over: isOver(end), outcome: end.outcome, score, grade }
}

function pressOf(press: TrialPress): SimulatedPress {
  return press === 'silence' || press === 'hang_up' ? press : { key: press }
}

function linesOf(happening: Happening, { questions }: Questionnaire, prompts: PromptBook): TrialLine[] {
  if (happening.type === 'silence' || happening.type === 'hung_up') return [{ type: happening.type }]
  if (happening.type !== 'command') return []
  const { command } = happening
  if (command.type === 'hangup') return [{ type: 'ended' }]
  if (command.type === 'play') {
    return command.prompts.map((prompt) => ({ type: 'said', prompt, text: prompts.text(prompt) ?? prompt }))
  }
  if (command.type !== 'record') return []
  const { event } = command
  if (event.type === 'key') return [{ type: 'key', key: event.digit, taken: event.taken }]
  if (event.type === 'outcome') return [{ type: 'outcome', outcome: event.outcome }]
  if (event.type !== 'answer') return []
  const question = questions.find(({ id }) => id === event.questionId)
  const skipped = event.value === notApplicable
  return [{ type: 'stored', question: event.questionId, answer: answerWords(question, event.value), skipped }]
}
