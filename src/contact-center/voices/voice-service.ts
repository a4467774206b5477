import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Actor, writeAudit } from '#platform/audit/audit-store.ts'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { UserError } from '#platform/errors/errors.ts'
import type { ServedFile } from '#platform/http/file-range.ts'
import { appendToStream, lastOffset } from '#platform/realtime/stream-store.ts'
import { checkFlow, type FlowWorld, type PromptPlaces, placesIn } from '../ivr/flow.ts'
import type { LocalText } from '../ivr/flow-definition.ts'
import type { Finding } from '../ivr/flow-finding.ts'
import type { KindRegistry } from '../ivr/node-kind.ts'
import { isOwnPromptId, type OwnPrompt } from '../prompts/own-prompt.ts'
import type { PromptWorkshop } from '../prompts/own-prompt-service.ts'
import { lockPromptFiles, namedPrompts, ownDigests, ownPromptFile, ownPrompts } from '../prompts/own-prompt-store.ts'
import { apologyPrompt, type VoiceDuty, voiceFindings } from './voice.ts'
import type { VoiceBook } from './voice-book.ts'
import type { VoiceBoard, VoiceItem, VoiceSound, VoiceWish } from './voice-schema.ts'
import {
  insertVoice,
  latestVoice,
  publishedFlowIds,
  publishedFlows,
  type VoiceVersionRow,
  voiceVersions,
} from './voice-store.ts'
import './voice-errors.ts'

export interface VoicesParts {
  readonly db: Ground
  readonly book: VoiceBook
  readonly workshop: Pick<PromptWorkshop, 'canSpeak'>
  /** `prompts` of the data folder; the language is a folder in it. */
  readonly folder: string
  /** The documents of the flows that ship. */
  readonly flows: readonly unknown[]
  readonly kinds: KindRegistry
  /** Words that nobody may hear before the identity check. */
  readonly healthWords: readonly string[]
}

/** A prompt that may have a voice of the hospital's own. */
interface Place {
  /** By flow; of several versions the newest that says it. */
  readonly uses: Map<string, { readonly flow: LocalText; readonly nodes: string[] }>
  notice: boolean
}

/** The voices of the flows' own prompts: what is said where, in whose voice, and how that is changed and taken back. */
export class Voices {
  readonly #parts: VoicesParts
  readonly #shippedFlows: readonly SaidFlow[]
  /** By the id of a version, as published: they never change, so each is read through once. */
  readonly #published = new Map<string, SaidFlow>()

  constructor(parts: VoicesParts) {
    this.#parts = parts
    this.#shippedFlows = parts.flows.map((document) => this.#saidIn(document))
  }

  async board(): Promise<VoiceBoard> {
    const { db, book, workshop } = this.#parts
    // First: what happens while the rest is read is told again.
    const offset = await lastOffset(db, 'live')
    const [places, versions, speech] = await Promise.all([
      this.#places(),
      voiceVersions(db, book.language),
      workshop.canSpeak(),
      book.look(),
    ])
    const versionsOf = (prompt: string) => versions.filter((version) => version.prompt === prompt)
    const voices = [...places].map(([prompt, place]) => this.#item(prompt, place, versionsOf(prompt)))
    const asked = await this.#askedSounds(new Set(versions.map(({ prompt }) => prompt)))
    const questions = asked.map((sound) => this.#askedItem(sound, versionsOf(sound.id)))
    return { offset, language: book.language, speech, voices: [...questions, ...voices] }
  }

  /**
   * Calls that begin from now on play it; those under way end as they began. A question's sound that is lost takes another of
   * the same words: the version that was published goes on being asked.
   * @throws UserError VOICE_UNKNOWN, VOICE_CHANGED, VOICE_SAME, VOICE_SOUND_LOST, VOICE_NOT_LOST, VOICE_OTHER_WORDS, PROMPT_UNKNOWN
   *   and what `voiceFindings` and the flows have against it
   */
  async take(actor: Actor, prompt: string, { own, seen, reason }: VoiceWish): Promise<number> {
    const { db, book } = this.#parts
    const judge = isOwnPromptId(prompt) ? await this.#judgeOfQuestion(prompt) : await this.#judgeOfFlows(prompt)
    const version = seen + 1
    await db.transaction().execute(async (tx) => {
      const known = await latestVoice(tx, { language: book.language, prompt })
      if ((known?.version ?? 0) !== seen) throw new UserError('VOICE_CHANGED')
      if ((known?.ownPromptId ?? null) === own) throw new UserError('VOICE_SAME')
      const taken = own === null ? null : await this.#sound(tx, own)
      judge(taken)
      const row = { language: book.language, prompt, version, ownPromptId: own, reason, byAccount: actor.accountId }
      if (!(await insertVoice(tx, row))) throw new UserError('VOICE_CHANGED')
      const detail = { version, reason, own, text: taken?.text ?? book.shipped.text(prompt) ?? null }
      const object = { kind: 'voice', id: prompt }
      await writeAudit(tx, { actor, action: 'voice.changed', object, outcome: 'ok', detail })
      await appendToStream(tx, 'live', [{ type: 'voice.changed', payload: { prompt } }])
    })
    // The other nodes hear of it by themselves; the page that asked sees it with this answer.
    await book.load()
    return version
  }

  /** What is heard without any voice of the hospital's own; of a question, what was published. @throws UserError VOICE_UNKNOWN */
  async shippedFile(prompt: string): Promise<ServedFile> {
    const { shipped } = this.#parts.book
    const isSaid = isOwnPromptId(prompt) || (await this.#places()).has(prompt)
    if (!isSaid || shipped.durationMs(prompt) === undefined) {
      throw new UserError('VOICE_UNKNOWN')
    }
    const path = shipped.resolve(prompt)
    const { size, mtimeMs } = await stat(path)
    return { path, bytes: size, contentType: 'audio/wav', tag: `${size}-${Math.round(mtimeMs)}` }
  }

  /** What ships first, then what runs here, newest first: tasks run under the version that they were made for. */
  async #flows(): Promise<readonly SaidFlow[]> {
    const { db } = this.#parts
    const ids = await publishedFlowIds(db)
    const unknown = ids.filter((id) => !this.#published.has(id))
    for (const { id, definition } of await publishedFlows(db, unknown)) {
      this.#published.set(id, this.#saidIn(definition))
    }
    return [...this.#shippedFlows, ...ids.flatMap((id) => this.#published.get(id) ?? [])]
  }

  #saidIn(document: unknown): SaidFlow {
    return { document, said: placesIn(document, this.#parts.kinds) }
  }

  async #places(): Promise<ReadonlyMap<string, Place>> {
    const { book } = this.#parts
    const places = new Map<string, Place>()
    for (const { said: flow } of await this.#flows()) {
      if (flow === null || flow.language !== book.language) continue
      for (const said of flow.prompts) if (said.nodes.length > 0) addPlace(places, flow, said)
    }
    if (book.shipped.durationMs(apologyPrompt) !== undefined)
      places.set(apologyPrompt, { uses: new Map(), notice: false })
    return places
  }

  /** @throws UserError PROMPT_UNKNOWN, VOICE_SOUND_LOST */
  async #sound(tx: GroundTransaction, own: string): Promise<OwnPrompt> {
    const { book, folder } = this.#parts
    await lockPromptFiles(tx, 'shared')
    const made = await ownPromptFile(tx, own)
    if (made === null || made.language !== book.language) throw new UserError('PROMPT_UNKNOWN')
    const content = await readFile(join(folder, book.language, `${own}.wav`)).catch(() => null)
    if (content === null || !createHash('sha256').update(content).digest().equals(made.sha256)) {
      throw new UserError('VOICE_SOUND_LOST')
    }
    return made
  }

  /** Sounds of questions that are lost, or have another take. */
  async #askedSounds(retaken: ReadonlySet<string>): Promise<readonly OwnPrompt[]> {
    const { db, book } = this.#parts
    const made = [...(await ownDigests(db, book.language)).keys()]
    const wanted = made.filter((id) => retaken.has(id) || this.#isLost(id))
    return wanted.length === 0 ? [] : namedPrompts(db, wanted)
  }

  /** Of a prompt that was made here: whether its own file cannot be played. */
  #isLost(id: string): boolean {
    return this.#parts.book.shipped.check(id, '').length > 0
  }

  /** @throws UserError VOICE_UNKNOWN */
  async #judgeOfFlows(prompt: string): Promise<Judge> {
    const place = (await this.#places()).get(prompt)
    if (place === undefined) throw new UserError('VOICE_UNKNOWN')
    const flows = (await this.#flows()).map(({ document }) => document)
    return (taken) => {
      if (taken !== null) this.#judge({ prompt, notice: place.notice }, taken, flows)
    }
  }

  /** @throws UserError VOICE_UNKNOWN */
  async #judgeOfQuestion(prompt: string): Promise<Judge> {
    const [asked] = await ownPrompts(this.#parts.db, [prompt])
    if (asked === undefined) throw new UserError('VOICE_UNKNOWN')
    return (taken) => {
      const isLost = this.#isLost(prompt)
      if (taken === null) {
        if (isLost) throw new UserError('VOICE_SOUND_LOST')
        return
      }
      if (!isLost) throw new UserError('VOICE_NOT_LOST')
      if (taken.text !== asked.text) throw new UserError('VOICE_OTHER_WORDS', { text: asked.text })
      const [own] = voiceFindings({ prompt, shippedText: null, notice: false }, taken)
      if (own !== undefined) throw new UserError(own.code, own.params)
    }
  }

  /** @throws UserError the first that stands against it */
  #judge(
    { prompt, notice }: Pick<VoiceDuty, 'prompt' | 'notice'>,
    taken: Pick<OwnPrompt, 'text' | 'durationMs'>,
    flows: readonly unknown[],
  ): void {
    const { book, kinds, healthWords } = this.#parts
    const shippedText = book.shipped.text(prompt) ?? null
    const [own] = voiceFindings({ prompt, shippedText, notice }, taken)
    if (own !== undefined) throw new UserError(own.code, own.params)
    const now = book.frozen()
    const then = { ...now, text: (id: string) => (id === prompt ? taken.text : now.text(id)) }
    const world = (prompts: FlowWorld['prompts']): FlowWorld => ({ kinds, prompts, healthWords })
    for (const document of flows) {
      const before = new Set(checkFlow(document, world(now)).findings.map(keyOf))
      const [caused] = checkFlow(document, world(then)).findings.filter(
        (finding) => finding.severity === 'error' && !before.has(keyOf(finding)),
      )
      if (caused !== undefined) throw new UserError(caused.code, caused.params)
    }
  }

  #item(prompt: string, { uses, notice }: Place, rows: readonly VoiceVersionRow[]): VoiceItem {
    const { book } = this.#parts
    const shipped = this.#shipped(prompt)
    const versions = factsOf(rows, shipped)
    const fault = book.faults.get(prompt) ?? null
    const inForce = fault === null ? (versions[0]?.sound ?? shipped) : shipped
    return { prompt, uses: [...uses.values()], asked: false, notice, inForce, fault, shipped, versions }
  }

  #askedItem({ id, text, source, durationMs }: OwnPrompt, rows: readonly VoiceVersionRow[]): VoiceItem {
    const { book } = this.#parts
    const shipped: VoiceSound = { own: null, text, source, durationMs }
    const versions = factsOf(rows, shipped)
    const isPlayed = book.check(id, '').length === 0
    const fault = isPlayed ? null : (book.faults.get(id) ?? 'missing')
    const inForce = fault === null ? (versions[0]?.sound ?? shipped) : shipped
    return { prompt: id, uses: [], asked: true, notice: false, inForce, fault, shipped, versions }
  }

  #shipped(prompt: string): VoiceSound {
    const { book, folder } = this.#parts
    const { shipped } = book
    const durationMs = shipped.durationMs(prompt)
    const placed = durationMs !== undefined && shipped.resolve(prompt).startsWith(join(folder, book.language))
    return {
      own: null,
      text: shipped.text(prompt) ?? null,
      source: placed ? 'placed' : 'shipped',
      durationMs: Math.round(durationMs ?? 0),
    }
  }
}

/** A flow's document, and what it says of its own; null for what is no flow. */
interface SaidFlow {
  readonly document: unknown
  readonly said: ReturnType<typeof placesIn>
}

/** What stands against taking this sound; null: the one that was there at first. @throws UserError the first of it */
type Judge = (taken: OwnPrompt | null) => void

function factsOf(rows: readonly VoiceVersionRow[], first: VoiceSound): VoiceItem['versions'] {
  return rows.map(({ version, ownPromptId, own, reason, at, by }) => ({
    version,
    sound: own === null ? first : { own: ownPromptId, ...own },
    reason,
    at: at.toISOString(),
    by,
  }))
}

function addPlace(
  places: Map<string, Place>,
  { id, title }: { readonly id: string; readonly title: LocalText },
  { prompt, nodes, notice }: PromptPlaces,
): void {
  const place = places.get(prompt) ?? { uses: new Map(), notice: false }
  if (!place.uses.has(id)) place.uses.set(id, { flow: title, nodes: [...nodes] })
  place.notice ||= notice
  places.set(prompt, place)
}

function keyOf({ code, path }: Finding): string {
  return `${code} ${path}`
}
