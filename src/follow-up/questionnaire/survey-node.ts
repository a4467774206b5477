import { type Static, Type } from 'typebox'
import type { AskedKeys } from '#contact-center/ivr/asking.ts'
import { Name, PromptNames, type Timing } from '#contact-center/ivr/flow-definition.ts'
import type { FlowRecord } from '#contact-center/ivr/flow-machine.ts'
import type { Json, Variables } from '#contact-center/ivr/json.ts'
import { isJsonObject } from '#contact-center/ivr/json.ts'
import { type NodeKind, nodeKind, type Turn } from '#contact-center/ivr/node-kind.ts'
import {
  askingParts,
  askingPrompts,
  askOf,
  exit,
  promptUses,
  tooManyExit,
} from '#contact-center/ivr/nodes/node-parts.ts'
import { numberKeys, numberLength, numberOf } from '#contact-center/ivr/number-entry.ts'
import {
  type Answers,
  type AnswerValue,
  answerFault,
  isAnswered,
  nextQuestion,
  notApplicable,
  type Option,
  type Question,
  type Questionnaire,
  questionnaireShape,
  validAnswers,
} from './questionnaire.ts'
import { surveyFindings } from './survey-check.ts'

/** Where a survey node finds the document of a questionnaire that the call did not bring along. */
export type FindQuestionnaire = (id: string) => unknown

const SurveyNode = Type.Object(
  {
    kind: Type.Literal('survey'),
    questionnaire: Name,
    /** Where the call goes when everything is answered. */
    next: Name,
    ...askingParts,
    /** Reads the choices of a multiple-choice question back (requirements E05): 1 is right, 2 chooses anew. */
    readBack: Type.Optional(
      Type.Object({ before: PromptNames, confirm: PromptNames }, { additionalProperties: false }),
    ),
  },
  { additionalProperties: false },
)
type SurveyNode = Static<typeof SurveyNode>

const readBackKeys = { right: '1', anew: '2' } as const

/**
 * Node kind `survey`: asks a questionnaire by keys, in its order, from the first question without an answer.
 *
 * Variables it reads: `questionnaire`, the published version that this call runs under (else `find` is asked by the
 * node's id), and `answers`, by question id, of earlier attempts. It writes `answers` on.
 * Source: requirements E01, E04–E06, E08, E10, E11; issue "main job", IVR (partial answers kept, resumed).
 */
export function surveyKind(find: FindQuestionnaire = () => undefined): NodeKind {
  return nodeKind('survey', SurveyNode, (node, timing) => {
    const questionnaireIn = (variables: Variables) => questionnaireOf(node.questionnaire, variables, find)
    return {
      exits: [exit('/next', node.next), tooManyExit(node)],
      prompts: [
        ...askingPrompts(node),
        ...promptUses('/readBack/before', node.readBack?.before),
        ...promptUses('/readBack/confirm', node.readBack?.confirm),
      ],
      asks: true,
      offersOptOut: true,
      sensitive: true,
      check: ({ prompts, variables }) =>
        surveyFindings({
          id: node.questionnaire,
          document: variables.questionnaire ?? find(node.questionnaire),
          prompts,
          readsBack: node.readBack !== undefined,
        }),
      enter({ variables }) {
        const questionnaire = questionnaireIn(variables)
        // A checked flow does not come here; a call whose questions are lost is not the patient's fault.
        if (questionnaire === undefined) return { action: { type: 'go', to: node.tooMany.next } }
        const survey = { node, timing, questionnaire }
        return askNext(survey, validAnswers(questionnaire, answersIn(variables)))
      },
      on(reply, memory, { variables }) {
        const questionnaire = questionnaireIn(variables)
        const place = placeIn(memory)
        const question = questionnaire?.questions.find(({ id }) => id === place?.questionId)
        if (reply.type !== 'answered' || questionnaire === undefined || place === null || question === undefined) {
          return { action: { type: 'go', to: node.tooMany.next } }
        }
        const survey = { node, timing, questionnaire }
        const answers = answersIn(variables)
        if (place.chosen !== null)
          return confirmed(survey, question, answers, { ...place, chosen: place.chosen }, reply.keys)
        const value = answerOf(question, reply.keys)
        if (value === null) return { action: { type: 'refuse' } }
        if (question.kind === 'multiple' && node.readBack !== undefined) {
          return readBack(survey, question.id, chosenOptions(question.options, reply.keys), {
            ...place,
            chosen: reply.keys,
          })
        }
        return answered(survey, question, answers, { value, keys: reply.keys })
      },
    }
  })
}

interface Survey {
  readonly node: SurveyNode
  readonly timing: Timing
  readonly questionnaire: Questionnaire
}

/** The node's memory: which question, and the keys chosen while they are read back. */
interface Place {
  readonly questionId: string
  readonly chosen: string | null
  /** Choices taken back. */
  readonly anew: number
}

/** Choosing anew more often than this is taken as not getting on with the keys. */
const maxAnew = 3

function askNext({ node, timing, questionnaire }: Survey, before: Answers, records: readonly FlowRecord[] = []): Turn {
  const { question, index, skipped } = nextQuestion(questionnaire, before)
  const answers: Answers = { ...before, ...Object.fromEntries(skipped.map(({ id }) => [id, notApplicable])) }
  const notes: FlowRecord[] = [
    ...records,
    ...skipped.map(({ id }): FlowRecord => ({ type: 'answer', questionId: id, value: notApplicable, keys: '' })),
  ]
  const parts = {
    set: { answers },
    progress: progressOf(questionnaire, answers, question === null),
  }
  if (question === null) return { ...parts, records: notes, action: { type: 'go', to: node.next } }
  const keys = keysOf(question)
  // Nothing that a keypress survey cannot ask passes the check.
  if (keys === null) return { ...parts, records: notes, action: { type: 'go', to: node.tooMany.next } }
  const place: Place = { questionId: question.id, chosen: null, anew: 0 }
  return {
    ...parts,
    records: [...notes, { type: 'question', questionId: question.id, index, total: questionnaire.questions.length }],
    memory: { ...place },
    action: {
      type: 'ask',
      ask: askOf(node, timing, { prompts: question.prompts ?? [], questionId: question.id, keys }),
    },
  }
}

function answered(
  survey: Survey,
  question: Question,
  answers: Answers,
  { value, keys }: { readonly value: AnswerValue; readonly keys: string },
): Turn {
  const record: FlowRecord = { type: 'answer', questionId: question.id, value, keys }
  return askNext(survey, { ...answers, [question.id]: value }, [record])
}

function readBack({ node, timing }: Survey, questionId: string, picks: readonly Option[], place: Place): Turn {
  const labels = picks.flatMap(({ prompt }) => (prompt === undefined ? [] : [prompt]))
  const prompts = [...(node.readBack?.before ?? []), ...labels, ...(node.readBack?.confirm ?? [])]
  const keys: AskedKeys = { take: 'one', of: Object.values(readBackKeys) }
  return { memory: { ...place }, action: { type: 'ask', ask: askOf(node, timing, { prompts, questionId, keys }) } }
}

function confirmed(
  survey: Survey,
  question: Question,
  answers: Answers,
  place: Place & { readonly chosen: string },
  keys: string,
): Turn {
  const value = answerOf(question, place.chosen)
  if (keys === readBackKeys.right && value !== null)
    return answered(survey, question, answers, { value, keys: place.chosen })
  const asked = keysOf(question)
  if (place.anew >= maxAnew || asked === null) return { action: { type: 'go', to: survey.node.tooMany.next } }
  const again: Place = { ...place, chosen: null, anew: place.anew + 1 }
  const { prompts = [], id } = question
  return {
    memory: { ...again },
    action: { type: 'ask', ask: askOf(survey.node, survey.timing, { prompts, questionId: id, keys: asked }) },
  }
}

function keysOf(question: Question): AskedKeys | null {
  switch (question.kind) {
    case 'single':
      return { take: 'one', of: optionKeys(question.options) }
    case 'multiple':
      // A key pressed twice is one choice, so an entry may be longer than there are options.
      return { take: 'some', of: optionKeys(question.options), maxLength: question.options.length * 2 }
    case 'number':
      return { take: 'some', of: numberKeys(question), maxLength: numberLength(question) }
    default:
      return null
  }
}

/** @returns null when the keys are no answer to the question */
function answerOf(question: Question, keys: string): AnswerValue | null {
  let value: AnswerValue | null | undefined = null
  if (question.kind === 'single') value = question.options.find(({ key }) => key === keys)?.code
  if (question.kind === 'multiple') value = chosenOptions(question.options, keys).map(({ code }) => code)
  if (question.kind === 'number') value = numberOf(keys, question)
  return value !== null && value !== undefined && answerFault(question, value) === null ? value : null
}

function chosenOptions(options: readonly Option[], keys: string): Option[] {
  return options.filter(({ key }) => key !== undefined && keys.includes(key))
}

function optionKeys(options: readonly Option[]): string[] {
  return options.flatMap(({ key }) => (key === undefined ? [] : [key]))
}

function progressOf({ questions }: Questionnaire, answers: Answers, complete: boolean) {
  const skipped = questions.filter(({ id }) => answers[id] === notApplicable).length
  const held = questions.filter(({ id }) => isAnswered(answers[id])).length
  return { answered: held, total: questions.length - skipped, complete }
}

function questionnaireOf(id: string, variables: Variables, find: FindQuestionnaire): Questionnaire | undefined {
  const document = variables.questionnaire ?? find(id)
  return questionnaireShape.Check(document) ? document : undefined
}

/** The answers among a flow's variables. */
export function answersIn({ answers }: Variables): Answers {
  if (answers === undefined || !isJsonObject(answers)) return {}
  return Object.fromEntries(
    Object.entries(answers).filter((entry): entry is [string, AnswerValue] => isAnswerValue(entry[1])),
  )
}

function isAnswerValue(value: Json): value is AnswerValue {
  if (typeof value === 'string' || typeof value === 'number') return true
  return Array.isArray(value) && value.every((part) => typeof part === 'string')
}

function placeIn(memory: Json): Place | null {
  if (!isJsonObject(memory)) return null
  const { questionId, chosen, anew } = memory
  if (typeof questionId !== 'string' || typeof anew !== 'number') return null
  if (chosen !== null && typeof chosen !== 'string') return null
  return { questionId, chosen, anew }
}
