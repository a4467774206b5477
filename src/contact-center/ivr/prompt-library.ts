import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { codeOf, UnexpectedError, UserError } from '#platform/errors/errors.ts'
import { Name } from './flow-definition.ts'
import { readJson } from './flow-files.ts'
import { type Finding, fault } from './flow-finding.ts'
import { fileMark, measurePrompt, type PromptSound, UnusablePrompt } from './prompt-file.ts'

/**
 * `prompts/<language>/prompts.json`: what each prompt says. `npm run prompts` speaks it into `<id>.wav` beside it; a
 * hospital's own recording of the same name in the override folder takes its place.
 */
const PromptTexts = Type.Object(
  {
    language: Type.String(),
    /** espeak-ng's voice and words a minute. */
    voice: Type.String(),
    wordsPerMinute: Type.Integer({ minimum: 80, maximum: 450 }),
    prompts: Type.Record(
      Name,
      Type.Object(
        {
          text: Type.String({ minLength: 1 }),
          /** How the voice is to read it, where it would not find out by itself (pinyin with tone numbers). */
          spoken: Type.Optional(Type.String({ minLength: 1 })),
        },
        { additionalProperties: false },
      ),
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
)
export type PromptTexts = Static<typeof PromptTexts>

const promptTextsShape = Compile(PromptTexts)

/** The prompts of one language, as validator, runner and simulator see them. */
export interface PromptBook {
  readonly language: string
  /** What the prompt says; undefined where nobody wrote it down (a recording without a text). */
  text(id: string): string | undefined
  /** Whether the prompt can be played; `path` is where the document names it. */
  check(id: string, path: string): readonly Finding[]
  /** Undefined where there is no usable file. */
  durationMs(id: string): number | undefined
  /**
   * Absolute path of the file to play.
   * @throws UnexpectedError FLOW_PROMPT_UNKNOWN: a flow that was checked cannot come here
   */
  resolve(id: string): string
}

export interface PromptFolders {
  readonly language: string
  /** `ivr-flows/prompts`; the language is a folder in it. */
  readonly shipped: string
  /** The hospital's own recordings, laid out the same way; its files win. Need not exist. */
  readonly overrides?: string | undefined
  /**
   * SHA-256, in hexadecimal digits, of the one file that a prompt may be; undefined: whatever lies there. Asked each time,
   * as it may become known after the file was read.
   */
  readonly digestOf?: ((id: string) => string | undefined) | undefined
}

/**
 * A book that reads each file when it is first asked for, and again when it has changed; nothing else is read, nor digested,
 * for a call. A sound that comes while the house is open is found, and one that goes, or becomes another than it may be,
 * is missed. (An override that comes for a shipped prompt is seen by a new book alone.)
 */
export function openPrompts({ language, shipped, overrides, digestOf = () => undefined }: PromptFolders): PromptBook {
  const folders = [overrides, shipped]
    .filter((folder) => folder !== undefined)
    .map((folder) => join(isAbsolute(folder) ? folder : resolve(folder), language))
  const texts = readTexts(join(resolve(shipped), language, 'prompts.json'))
  const found = new Map<string, Found>()
  const read = (id: string): Found => {
    const known = found.get(id)
    if (known !== undefined && known.mark === markAt(known.path)) return known
    const now = look(folders, id)
    if (now.mark === null) found.delete(id)
    else found.set(id, now)
    return now
  }
  const find = (id: string): Found => {
    const file = read(id)
    const digest = digestOf(id)
    if (file.sound === null || digest === undefined || digest === file.digest) return file
    return { ...file, sound: null, reason: 'it is another sound than the one that was made' }
  }
  return {
    language,
    text: (id) => texts[id]?.text,
    check(id, path) {
      const { sound, reason } = find(id)
      if (sound !== null) return []
      return [
        reason === null
          ? fault('FLOW_PROMPT_UNKNOWN', path, { prompt: id, language })
          : fault('FLOW_PROMPT_FORMAT', path, { prompt: id, reason }),
      ]
    },
    durationMs: (id) => find(id).sound?.durationMs,
    resolve(id) {
      const { sound, path } = find(id)
      if (sound === null) throw new UnexpectedError('FLOW_PROMPT_UNKNOWN', { prompt: id, language })
      return path
    },
  }
}

interface Found {
  readonly path: string
  /** Of the file as it was read; null where there is none. */
  readonly mark: string | null
  readonly sound: PromptSound | null
  /** SHA-256 of its content. */
  readonly digest: string
  /** Why the file there is cannot be used. */
  readonly reason: string | null
}

function look(folders: readonly string[], id: string): Found {
  for (const folder of folders) {
    const path = join(folder, `${id}.wav`)
    // Before the content: what is written between the two is read again.
    const mark = markAt(path)
    if (mark !== null) return { path, mark, ...soundAt(path) }
  }
  return { path: '', mark: null, sound: null, reason: null, digest: '' }
}

/** A folder that cannot be looked into has no file. */
function markAt(path: string): string | null {
  try {
    return fileMark(statSync(path, { throwIfNoEntry: false }))
  } catch {
    return null
  }
}

function soundAt(path: string): Pick<Found, 'sound' | 'reason' | 'digest'> {
  try {
    const content = readFileSync(path)
    const sound = measurePrompt(content)
    return { sound, reason: null, digest: createHash('sha256').update(content).digest('hex') }
  } catch (error) {
    const reason = error instanceof UnusablePrompt ? error.message : `it cannot be read (${codeOf(error)})`
    return { sound: null, reason, digest: '' }
  }
}

function readTexts(file: string): PromptTexts['prompts'] {
  return existsSync(file) ? readPromptTexts(file).prompts : {}
}

/** @throws UserError FLOW_FILE_UNREADABLE | FLOW_NOT_JSON */
export function readPromptTexts(file: string): PromptTexts {
  const texts = readJson(file)
  if (promptTextsShape.Check(texts)) return texts
  const [first] = promptTextsShape.Errors(texts)
  const reason = `${first?.instancePath ?? ''} ${first?.message ?? ''}`.trim()
  throw new UserError('FLOW_FILE_UNREADABLE', { file, reason })
}
