import type { Readable, Writable } from 'node:stream'
import { checkFlow, type Flow } from '#contact-center/ivr/flow.ts'
import { flowFolder, folderOf, readJson, readJsonFolder } from '#contact-center/ivr/flow-files.ts'
import { findingLine } from '#contact-center/ivr/flow-finding.ts'
import type { Variables } from '#contact-center/ivr/json.ts'
import { kindRegistry } from '#contact-center/ivr/node-kind.ts'
import { ownKinds } from '#contact-center/ivr/nodes/own-kinds.ts'
import { openPrompts, type PromptBook } from '#contact-center/ivr/prompt-library.ts'
import { inLines, type SimulatedPress, simulate } from '#contact-center/ivr/simulator.ts'
import { AppError } from '#platform/errors/errors.ts'
import type { Answers } from './questionnaire.ts'
import { checkQuestionnaire } from './questionnaire-check.ts'
import { scoreOf } from './score.ts'
import { answersIn, surveyKind } from './survey-node.ts'

export interface SimulateFlowOptions {
  /** Keys are read from here when `keys` are not given; one at a time where it is a terminal. */
  readonly input: Readable & { readonly isTTY?: boolean; setRawMode?(raw: boolean): unknown }
  readonly output: Writable
  /**
   * Presses as one text: `1,1,2` or `112`; `.` is silence, `+` an agent who takes the call of who pressed 0. What
   * follows the last is a hang-up.
   * A number entry is its keys: `36*5#`.
   */
  readonly keys?: string | undefined
  /** Answers of an earlier attempt, to see where the flow resumes. */
  readonly answers?: Answers
  readonly language?: 'zh' | 'en'
  /** `ivr-flows`: prompts and word list for a file that stands elsewhere. Default: the shipped folder. */
  readonly shipped?: string
  /** What calls of this house say over the prompts of the file; absent: those as they are. */
  readonly voiced?: (shipped: PromptBook) => Promise<PromptBook>
}

const shippedFlows = new URL('../../../ivr-flows/', import.meta.url).pathname

/**
 * Command `simulate-flow <file>`: checks a flow and lets somebody talk to it at a terminal.
 * Questionnaires are found in `questionnaires/` beside the file, prompts in `prompts/`.
 * @returns the exit code: 0, or 1 when the file or the flow is wrong (what is wrong has been written)
 */
export async function simulateFlow(file: string, options: SimulateFlowOptions): Promise<number> {
  const { output, language = 'en', shipped = shippedFlows } = options
  const write = (line: string) => void output.write(`${line}\n`)
  try {
    const document = readJson(file)
    const folder = flowFolder(folderOf(file), shipped)
    const questionnaires = readJsonFolder(`${folder.folder}/questionnaires`)
    const asShipped = openPrompts({ language: languageOf(document), shipped: folder.prompts })
    const prompts = (await options.voiced?.(asShipped)) ?? asShipped
    const { flow, findings } = checkFlow(document, {
      kinds: kindRegistry(
        ...ownKinds,
        surveyKind((id) => questionnaires.get(id)),
      ),
      prompts,
      healthWords: folder.healthWords,
    })
    for (const finding of findings) write(findingLine(finding, language))
    if (flow === null) return 1
    const variables: Variables = { answers: options.answers ?? {}, operator: true }
    const presses = options.keys === undefined ? typed(options.input) : written(options.keys)
    const end = await simulate({ flow, variables, presses: thenHangUp(presses), tell: inLines(prompts, write) })
    const { outcome, progress } = end
    write(
      `outcome ${outcome ?? 'the agent says it'}, ${progress.answered} of ${progress.total} answered${scored(flow, questionnaires, end.variables)}`,
    )
    return 0
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    write(`error ${error.code}: ${error.messageIn(language)}`)
    return 1
  }
}

function languageOf(document: unknown): string {
  const fits = typeof document === 'object' && document !== null && 'language' in document
  return fits ? String(document.language) : ''
}

/** The score of each questionnaire that the flow asks. */
function scored({ definition }: Flow, questionnaires: ReadonlyMap<string, unknown>, variables: Variables): string {
  const answers = answersIn(variables)
  return Object.values(definition.nodes)
    .map((node) => ('questionnaire' in node ? questionnaires.get(String(node.questionnaire)) : undefined))
    .map((document) => checkQuestionnaire(document).questionnaire)
    .map((questionnaire) => (questionnaire === null ? null : scoreOf(questionnaire, answers).score))
    .filter((score) => score !== null)
    .map((score) => `, score ${score}`)
    .join('')
}

const keyPattern = /^[0-9*#A-D]$/
const silenceKey = '.'
const agentKey = '+'
/** Ctrl-C and Ctrl-D. */
const hangUpKeys = ['\u0003', '\u0004']

async function* thenHangUp(presses: AsyncIterable<SimulatedPress>): AsyncGenerator<SimulatedPress> {
  yield* presses
  yield 'hang_up'
}

async function* written(keys: string): AsyncGenerator<SimulatedPress> {
  for (const key of keys) {
    if (key === silenceKey) yield 'silence'
    else if (key === agentKey) yield 'agent'
    else if (keyPattern.test(key)) yield { key }
  }
}

async function* typed(input: SimulateFlowOptions['input']): AsyncGenerator<SimulatedPress> {
  const terminal = input.isTTY === true
  if (terminal) input.setRawMode?.(true)
  try {
    input.setEncoding('utf8')
    for await (const chunk of input) {
      for (const key of String(chunk)) {
        if (hangUpKeys.includes(key)) return
        if (keyPattern.test(key)) yield { key }
        else if (key === agentKey) yield 'agent'
        // A pipe's lines end too, and mean nothing by it.
        else if (key === silenceKey || (terminal && (key === '\r' || key === '\n'))) yield 'silence'
      }
    }
  } finally {
    if (terminal) input.setRawMode?.(false)
  }
}
