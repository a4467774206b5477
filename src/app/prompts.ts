import { join } from 'node:path'
import { type FlowFolder, flowFolder, readJson, readJsonFolder } from '#contact-center/ivr/flow-files.ts'
import { kindRegistry } from '#contact-center/ivr/node-kind.ts'
import { ownKinds } from '#contact-center/ivr/nodes/own-kinds.ts'
import { openPrompts, type PromptBook, readPromptTexts } from '#contact-center/ivr/prompt-library.ts'
import { PromptWorkshop } from '#contact-center/prompts/own-prompt-service.ts'
import { VoiceBook } from '#contact-center/voices/voice-book.ts'
import { Voices } from '#contact-center/voices/voice-service.ts'
import { voiceChannel } from '#contact-center/voices/voice-store.ts'
import { Questionnaires } from '#follow-up/questionnaire/questionnaire-service.ts'
import { surveyKind } from '#follow-up/questionnaire/survey-node.ts'
import type { Subscription } from '#platform/database/listen.ts'
import type { GroundFloor } from '#platform/ground.ts'
import { logError } from '#platform/log.ts'

const flowsFolder = new URL('../../ivr-flows/', import.meta.url).pathname

/** The language of what patients hear. */
const language = 'zh-CN'

/** Where the hospital's own prompts lie; media servers see the same path. */
export function ownPromptsFolder(dataDir: string): string {
  return join(dataDir, 'prompts')
}

/** Shipped flows, and what calls say in them: shipped prompts, and the hospital's own voices over them. */
export interface HouseFlows extends FlowFolder {
  readonly book: VoiceBook
  /** The document of a shipped flow. */
  readonly document: (name: string) => unknown
}

/** With the shipped voices, until `book.load()` has read the hospital's own. */
export function openFlows({ settings, db, log }: Pick<GroundFloor, 'settings' | 'db' | 'log'>): HouseFlows {
  const folder = flowFolder(flowsFolder)
  const overrides = ownPromptsFolder(settings.dataDir)
  const shipped = openPrompts({ language, shipped: folder.prompts, overrides })
  return {
    ...folder,
    book: new VoiceBook({ db, log, shipped, folder: overrides }),
    document: (name) => readJson(join(folder.folder, `${name}.json`)),
  }
}

/** Loads the hospital's own voices, and again whenever one is changed, at whatever node. */
export async function hearVoices(
  { listener, log }: Pick<GroundFloor, 'listener' | 'log'>,
  { book }: Pick<HouseFlows, 'book'>,
): Promise<Subscription> {
  const load = () => void book.load().catch((error: unknown) => logError(log, error, 'the voices could not be read'))
  const heard = await listener.listen(voiceChannel, { onPayload: load, onResync: load })
  await book.load()
  return heard
}

/**
 * What a flow at the terminal says in this house's calls.
 * @param shipped of the flow that is tried
 */
export async function voicesOver(
  { settings, db, log }: Pick<GroundFloor, 'settings' | 'db' | 'log'>,
  shipped: PromptBook,
): Promise<PromptBook> {
  const book = new VoiceBook({ db, log, shipped, folder: ownPromptsFolder(settings.dataDir) })
  await book.load()
  return book
}

/** Where prompts are made, the voices of the flows chosen, and questionnaires written. */
export function openQuestionnaires({ settings, db }: Pick<GroundFloor, 'settings' | 'db'>, flows: HouseFlows) {
  const { voice, wordsPerMinute } = readPromptTexts(join(flows.prompts, language, 'prompts.json'))
  const folder = ownPromptsFolder(settings.dataDir)
  const { book, healthWords } = flows
  const workshop = new PromptWorkshop({ db, book, folder, voice, wordsPerMinute })
  const trial = { flow: flows.document('discharge-satisfaction'), healthWords }
  return {
    workshop,
    questionnaires: new Questionnaires({ db, workshop, trial }),
    voices: new Voices({
      db,
      book,
      workshop,
      folder,
      flows: [...readJsonFolder(flows.folder).values()],
      kinds: kindRegistry(...ownKinds, surveyKind()),
      healthWords,
    }),
  }
}
