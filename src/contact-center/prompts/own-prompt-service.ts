import { createHash } from 'node:crypto'
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Actor, writeAudit } from '#platform/audit/audit-store.ts'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { OperationalError, UserError } from '#platform/errors/errors.ts'
import type { ServedFile } from '#platform/http/file-range.ts'
import { newId } from '#platform/ids.ts'
import { measurePrompt } from '../ivr/prompt-file.ts'
import type { PromptBook } from '../ivr/prompt-library.ts'
import { isOwnPromptId, longestPromptText, type OwnPrompt, ownPromptId, promptText } from './own-prompt.ts'
import type { PromptFacts, RecordedPrompt } from './own-prompt-schema.ts'
import { insertOwnPrompt, lockPromptFiles, ownPrompts } from './own-prompt-store.ts'
import { convertInThread } from './sound-thread.ts'
import { missingSpeechTool, readingOf, speak } from './speech.ts'
import './prompt-errors.ts'

export interface PromptWorkshopParts {
  readonly db: Ground
  /** What the calls play from: shipped prompts, and over them those of `folder`. */
  readonly book: PromptBook
  /** `prompts` of the data folder, where media servers look too; the language is a folder in it. */
  readonly folder: string
  /** espeak-ng's, as the shipped prompts are spoken. */
  readonly voice: string
  readonly wordsPerMinute: number
}

/** Prompts being made at one time; whoever comes after waits, and more than `waiting` are sent away. */
const atOnce = 1
const waiting = 8

/**
 * Where the hospital makes its own prompts: recorded or spoken by machine, each a file that never changes and a row that
 * says what it says.
 */
export class PromptWorkshop {
  readonly #parts: PromptWorkshopParts
  #missingTool: Promise<string | null> | null = null
  #queue: Promise<unknown> = Promise.resolve()
  #queued = 0

  constructor(parts: PromptWorkshopParts) {
    this.#parts = parts
  }

  /** Whether texts can be spoken by machine; looked up once. */
  async canSpeak(): Promise<boolean> {
    this.#missingTool ??= missingSpeechTool()
    return (await this.#missingTool) === null
  }

  /** @throws UserError PROMPT_TEXT_INVALID, PROMPT_UNSPEAKABLE; OperationalError PROMPT_TOOL_MISSING, PROMPT_NOT_MADE, PROMPT_NOT_KEPT, PROMPT_WORKSHOP_BUSY */
  async speak(actor: Actor, typed: string): Promise<PromptFacts> {
    const text = checkedText(typed)
    const { voice, wordsPerMinute } = this.#parts
    const wav = await this.#inTurn(async () =>
      speak({ id: 'own', words: await readingOf(text), voice, wordsPerMinute }),
    )
    return this.#keep(actor, { text, wav, source: 'synthetic' })
  }

  /** @throws UserError PROMPT_TEXT_INVALID and what `readRecording` and `telephoneSound` throw; OperationalError PROMPT_NOT_KEPT, PROMPT_WORKSHOP_BUSY */
  async record(
    actor: Actor,
    { text: typed, bytes }: { readonly text: string; readonly bytes: Uint8Array },
  ): Promise<RecordedPrompt> {
    const text = checkedText(typed)
    const { wav, speechDb, gainDb, warnings } = await this.#inTurn(() => convertInThread(bytes))
    const prompt = await this.#keep(actor, { text, wav, source: 'recorded' })
    return { prompt, speechDb: rounded(speechDb), gainDb: rounded(gainDb), warnings: [...warnings] }
  }

  /** What is known of each of these, in their order. */
  async facts(ids: readonly string[]): Promise<PromptFacts[]> {
    const { book } = this.#parts
    const own = await this.#own(ids)
    return ids.map((id) => {
      const made = own.get(id)
      // One that was removed is no sound any more, though the book may have played it once.
      const durationMs = made === undefined && isOwnPromptId(id) ? undefined : book.durationMs(id)
      const text = made?.text ?? book.text(id) ?? null
      if (durationMs === undefined) return { id, text, source: null, durationMs: 0 }
      return { id, text, source: made?.source ?? 'shipped', durationMs: Math.round(durationMs) }
    })
  }

  /** The house's book, which also knows what these prompts say. */
  async bookOf(ids: readonly string[], db?: GroundTransaction): Promise<PromptBook> {
    const { book } = this.#parts
    const own = await this.#own(ids, db)
    return { ...book, text: (id) => own.get(id)?.text ?? book.text(id) }
  }

  /** @throws UserError PROMPT_UNKNOWN */
  async file(id: string): Promise<ServedFile> {
    const { book } = this.#parts
    if (book.durationMs(id) === undefined) throw new UserError('PROMPT_UNKNOWN')
    const path = book.resolve(id)
    const found = await stat(path).catch(() => null)
    if (found === null) throw new UserError('PROMPT_UNKNOWN')
    const { size, mtimeMs } = found
    return { path, bytes: size, contentType: 'audio/wav', tag: `${size}-${Math.round(mtimeMs)}` }
  }

  async #own(ids: readonly string[], db: Ground | GroundTransaction = this.#parts.db) {
    return new Map((await ownPrompts(db, ids)).map((prompt) => [prompt.id, prompt]))
  }

  /** File first: a row says that there is a sound. */
  async #keep(
    actor: Actor,
    { text, wav, source }: { readonly text: string; readonly wav: Buffer; readonly source: OwnPrompt['source'] },
  ): Promise<PromptFacts> {
    const { db, book, folder } = this.#parts
    const { language } = book
    const id = ownPromptId({ language, text }, wav)
    const durationMs = Math.max(1, Math.round(measurePrompt(wav).durationMs))
    const sha256 = createHash('sha256').update(wav).digest()
    await db.transaction().execute(async (tx) => {
      await lockPromptFiles(tx, 'shared')
      await writeOnce(join(folder, language), `${id}.wav`, wav)
      const made = { id, language, text, source, durationMs, sha256, madeBy: actor.accountId }
      if (!(await insertOwnPrompt(tx, made))) return
      const action = source === 'recorded' ? 'prompt.recorded' : 'prompt.spoken'
      await writeAudit(tx, {
        actor,
        action,
        object: { kind: 'prompt', id },
        outcome: 'ok',
        detail: { text, durationMs },
      })
    })
    return { id, text, source, durationMs }
  }

  /** @throws OperationalError PROMPT_WORKSHOP_BUSY */
  async #inTurn<Made>(make: () => Promise<Made>): Promise<Made> {
    if (this.#queued >= atOnce + waiting) throw new OperationalError('PROMPT_WORKSHOP_BUSY')
    this.#queued += 1
    const before = this.#queue
    const made = before.then(make, make)
    this.#queue = made.catch(() => {})
    try {
      return await made
    } finally {
      this.#queued -= 1
    }
  }
}

function checkedText(typed: string): string {
  const text = promptText(typed)
  if (text === null) throw new UserError('PROMPT_TEXT_INVALID', { limit: longestPromptText })
  return text
}

/**
 * Readable by the media server, which runs under the same group. What is there already is the same: it is named by its
 * content. Nothing is left of what could not be written: on a full disk that would keep it full.
 * @throws OperationalError PROMPT_NOT_KEPT
 */
async function writeOnce(folder: string, name: string, content: Buffer): Promise<void> {
  const path = join(folder, name)
  const there = await readFile(path).catch(() => null)
  if (there?.equals(content)) return
  const part = `${path}.${newId()}.part`
  try {
    await mkdir(folder, { recursive: true, mode: 0o770 })
    await writeFile(part, content, { mode: 0o640, flush: true })
    await rename(part, path)
    await syncFolder(folder)
  } catch (error) {
    await rm(part, { force: true }).catch(() => {})
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    throw new OperationalError('PROMPT_NOT_KEPT', { reason }, { cause: error })
  }
}

/** A name outlives a power failure once its folder is on the disk: the row that tells of the sound comes after. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function rounded(db: number): number {
  return Math.round(db * 10) / 10
}
