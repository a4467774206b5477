import { join } from 'node:path'
import { type FlowFolder, flowFolder, readJson } from '#contact-center/ivr/flow-files.ts'
import { openPrompts, type PromptBook, readPromptTexts } from '#contact-center/ivr/prompt-library.ts'
import { PromptWorkshop } from '#contact-center/prompts/own-prompt-service.ts'
import { Questionnaires } from '#follow-up/questionnaire/questionnaire-service.ts'
import type { GroundFloor } from '#platform/ground.ts'

const flowsFolder = new URL('../../ivr-flows/', import.meta.url).pathname

/** The language of what patients hear. */
const language = 'zh-CN'

/** Where the hospital's own prompts lie; media servers see the same path. */
function ownPromptsFolder(dataDir: string): string {
  return join(dataDir, 'prompts')
}

/** Shipped flows, and the sounds of the house with the hospital's own over the shipped ones. */
export interface HouseFlows extends FlowFolder {
  readonly book: PromptBook
  /** The document of a shipped flow. */
  readonly document: (name: string) => unknown
}

export function openFlows({ settings }: Pick<GroundFloor, 'settings'>): HouseFlows {
  const folder = flowFolder(flowsFolder)
  const overrides = ownPromptsFolder(settings.dataDir)
  return {
    ...folder,
    book: openPrompts({ language, shipped: folder.prompts, overrides }),
    document: (name) => readJson(join(folder.folder, `${name}.json`)),
  }
}

/** Where questionnaires are written and their prompts made. */
export function openQuestionnaires({ settings, db }: Pick<GroundFloor, 'settings' | 'db'>, flows: HouseFlows) {
  const { voice, wordsPerMinute } = readPromptTexts(join(flows.prompts, language, 'prompts.json'))
  const folder = ownPromptsFolder(settings.dataDir)
  const workshop = new PromptWorkshop({ db, book: flows.book, folder, voice, wordsPerMinute })
  const trial = { flow: flows.document('discharge-satisfaction'), healthWords: flows.healthWords }
  return { workshop, questionnaires: new Questionnaires({ db, workshop, trial }) }
}
