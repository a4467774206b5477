import { join } from 'node:path'
import type { FlowWorld } from '#contact-center/ivr/flow.ts'
import { type FlowFolder, flowFolder, readJson, readJsonFolder } from '#contact-center/ivr/flow-files.ts'
import { kindRegistry } from '#contact-center/ivr/node-kind.ts'
import { ownKinds } from '#contact-center/ivr/nodes/own-kinds.ts'
import { openPrompts, type PromptBook, readPromptTexts } from '#contact-center/ivr/prompt-library.ts'
import { OwnDigests } from '#contact-center/prompts/own-digests.ts'
import { PromptWorkshop } from '#contact-center/prompts/own-prompt-service.ts'
import { ownPromptChannel } from '#contact-center/prompts/own-prompt-store.ts'
import { VoiceBook } from '#contact-center/voices/voice-book.ts'
import { Voices } from '#contact-center/voices/voice-service.ts'
import { voiceChannel } from '#contact-center/voices/voice-store.ts'
import { Questionnaires } from '#follow-up/questionnaire/questionnaire-service.ts'
import { surveyKind } from '#follow-up/questionnaire/survey-node.ts'
import type { ChannelHandler, Subscription } from '#platform/database/listen.ts'
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
  /** In which flows of the house are read and run. */
  readonly world: FlowWorld
  /** What the files of prompts made in the house must be. */
  readonly digests: OwnDigests
  /** The document of a shipped flow. */
  readonly document: (name: string) => unknown
}

/** With the shipped voices and whatever files there are, until {@link hearSounds} has read the hospital's own. */
export function openFlows({ settings, db, log }: Pick<GroundFloor, 'settings' | 'db' | 'log'>): HouseFlows {
  const folder = flowFolder(flowsFolder)
  const overrides = ownPromptsFolder(settings.dataDir)
  const digests = new OwnDigests({ db, language })
  const shipped = openPrompts({ language, shipped: folder.prompts, overrides, digestOf: (id) => digests.of(id) })
  const book = new VoiceBook({ db, log, shipped, folder: overrides })
  return {
    ...folder,
    digests,
    book,
    world: { kinds: kindRegistry(...ownKinds, surveyKind()), prompts: book, healthWords: folder.healthWords },
    document: (name) => readJson(join(folder.folder, `${name}.json`)),
  }
}

/**
 * Loads the hospital's own voices, and what the files of its own prompts must be; and again whenever one is changed or made,
 * at whatever node.
 */
export async function hearSounds(
  { listener, log }: Pick<GroundFloor, 'listener' | 'log'>,
  { book, digests }: Pick<HouseFlows, 'book' | 'digests'>,
): Promise<Subscription> {
  const hearing = (load: () => Promise<void>, what: string): ChannelHandler => {
    const again = () => void load().catch((error: unknown) => logError(log, error, `${what} could not be read`))
    return { onPayload: again, onResync: again }
  }
  const opened = new AsyncDisposableStack()
  const voices = await listener.listen(
    voiceChannel,
    hearing(() => book.load(), 'the voices'),
  )
  opened.defer(() => voices.close())
  const made = await listener.listen(
    ownPromptChannel,
    hearing(() => digests.load(), 'the digests of prompts'),
  )
  opened.defer(() => made.close())
  await Promise.all([book.load(), digests.load()])
  return { close: () => opened.disposeAsync() }
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
  const { book, healthWords, world } = flows
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
      kinds: world.kinds,
      healthWords,
    }),
  }
}
