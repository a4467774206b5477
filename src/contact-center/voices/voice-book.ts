import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Ground } from '#platform/database/database.ts'
import type { ReadinessPart } from '#platform/http/readiness.ts'
import { type Log, logError } from '#platform/log.ts'
import { fileMark } from '../ivr/prompt-file.ts'
import type { PromptBook } from '../ivr/prompt-library.ts'
import { isOwnPromptId } from '../prompts/own-prompt.ts'
import { type VoiceInForce, voicesInForce } from './voice-store.ts'

export interface VoiceBookParts {
  readonly db: Ground
  readonly log: Log
  /** What is heard where the hospital has no voice of its own. */
  readonly shipped: PromptBook
  /** `prompts` of the data folder, where media servers look too; the language is a folder in it. */
  readonly folder: string
}

/** Why a voice that is in force cannot be played: its file is not there, or is not what was taken. */
export type VoiceFault = 'missing' | 'damaged'

/** A file that was what its row says when it was last read. */
interface Sound {
  readonly text: string
  readonly durationMs: number
  readonly path: string
  readonly mark: string | null
}

/**
 * What calls say: the hospital's own voices as they stand in the rows, over the shipped prompts and the questions' own sounds. In memory, since a call
 * never waits for the database; loaded at the start and when told. A file that is gone, or another one, is never played
 * and never silence: the shipped prompt is, and the log and `/readyz` say so.
 */
export class VoiceBook implements PromptBook {
  readonly language: string
  readonly #parts: VoiceBookParts
  #sounds: ReadonlyMap<string, Sound> = new Map()
  #faults: ReadonlyMap<string, VoiceFault> = new Map()
  #loading: Promise<void> = Promise.resolve()

  constructor(parts: VoiceBookParts) {
    this.#parts = parts
    this.language = parts.shipped.language
  }

  /** What stands below: the shipped prompts, and recordings laid beside them. */
  get shipped(): PromptBook {
    return this.#parts.shipped
  }

  /** Prompts whose own voice cannot be played. */
  get faults(): ReadonlyMap<string, VoiceFault> {
    return this.#faults
  }

  /** Reads rows and files anew; what is known already stays where the database is away. One after the other. */
  load(): Promise<void> {
    this.#loading = this.#loading.catch(() => {}).then(() => this.#read())
    return this.#loading
  }

  // Properties, since books are spread into others that know more.
  readonly text: PromptBook['text'] = (id) => this.frozen().text(id)
  readonly check: PromptBook['check'] = (id, path) => this.frozen().check(id, path)
  readonly durationMs: PromptBook['durationMs'] = (id) => this.frozen().durationMs(id)
  readonly resolve: PromptBook['resolve'] = (id) => this.frozen().resolve(id)

  /** As it stands now: a call ends with the voices that it began with. */
  frozen(): PromptBook {
    const { shipped } = this.#parts
    const sounds = this.#sounds
    return {
      language: this.language,
      text: (id) => sounds.get(id)?.text ?? shipped.text(id),
      check: (id, path) => {
        const sound = sounds.get(id)
        // A question has nothing shipped behind it: a take that is gone is missed before the call.
        const isThere = sound !== undefined && (!isOwnPromptId(id) || this.#isAsItWas(sound))
        return isThere ? [] : shipped.check(id, path)
      },
      durationMs: (id) => sounds.get(id)?.durationMs ?? shipped.durationMs(id),
      resolve: (id) => {
        const sound = sounds.get(id)
        if (sound === undefined) return shipped.resolve(id)
        return this.#isAsItWas(sound) ? sound.path : shipped.resolve(id)
      },
    }
  }

  /** Read anew where it is not. */
  #isAsItWas({ path, mark }: Sound): boolean {
    if (mark === fileMark(statSync(path, { throwIfNoEntry: false }))) return true
    void this.load().catch((error: unknown) => logError(this.#parts.log, error, 'the voices could not be read'))
    return false
  }

  /** Looks whether the files are what they were, and for those that were not: one that has come back is found again. */
  async look(): Promise<void> {
    const still = await Promise.all(
      [...this.#sounds.values()].map(async (one) => one.mark === (await markAt(one.path))),
    )
    if (this.#faults.size > 0 || still.includes(false)) await this.load()
  }

  /** For `/readyz`: a warning. Questions that cannot be said are told with the programmes that wait for them. */
  readiness(): ReadinessPart {
    return {
      name: 'voices',
      warns: true,
      check: async () => {
        await this.look()
        const faulty = [...this.#faults].flatMap(([prompt, why]) => (isOwnPromptId(prompt) ? [] : `${prompt} (${why})`))
        return faulty.length === 0 ? null : `calls play the shipped prompt instead of: ${faulty.join(', ')}`
      },
    }
  }

  async #read(): Promise<void> {
    const { db, log } = this.#parts
    const sounds = new Map<string, Sound>()
    const faults = new Map<string, VoiceFault>()
    for (const voice of await voicesInForce(db, this.language)) {
      const sound = await this.#soundOf(voice)
      if (typeof sound !== 'string') sounds.set(voice.prompt, sound)
      else {
        faults.set(voice.prompt, sound)
        const file = { prompt: voice.prompt, file: `${voice.id}.wav`, fault: sound }
        if (this.#faults.get(voice.prompt) !== sound)
          log.error(
            file,
            'a voice of the hospital cannot be played: a flow says the shipped prompt, a question nothing',
          )
      }
    }
    this.#sounds = sounds
    this.#faults = faults
  }

  /** Reads the file of a row. */
  async #soundOf({ id, text, durationMs, sha256 }: Pick<VoiceInForce, 'id' | 'text' | 'durationMs' | 'sha256'>) {
    const path = join(this.#parts.folder, this.language, `${id}.wav`)
    const mark = await markAt(path)
    const content = await readFile(path).catch(() => null)
    if (mark === null || content === null) return 'missing'
    if (!createHash('sha256').update(content).digest().equals(sha256)) return 'damaged'
    return { text, durationMs, path, mark }
  }
}

async function markAt(path: string): Promise<string | null> {
  return fileMark(await stat(path).catch(() => null))
}
