import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { codeOf, UserError } from '#platform/errors/errors.ts'
import './flow-errors.ts'

/**
 * A folder of flows, as `ivr-flows/` is laid out: `<flow>.json`, `questionnaires/<id>.json`,
 * `prompts/<language>/<id>.wav` and `prompts/health-words.json`.
 */
export interface FlowFolder {
  readonly folder: string
  readonly prompts: string
  /** Words that no prompt may say before it is known who listens (requirements §8.4). */
  readonly healthWords: readonly string[]
}

const healthWordsShape = Compile(Type.Object({ words: Type.Array(Type.String({ minLength: 1 })) }))

/**
 * The folder that a flow's file stands in; if it has no prompts (a flow tried out elsewhere), those of `shipped`.
 * @throws UserError FLOW_FILE_UNREADABLE | FLOW_NOT_JSON
 */
export function flowFolder(folder: string, shipped: string = folder): FlowFolder {
  const prompts = [folder, shipped].map((place) => join(resolve(place), 'prompts')).find((place) => existsSync(place))
  const wordFiles = [folder, shipped].map((place) => join(resolve(place), 'prompts', 'health-words.json'))
  const wordFile = wordFiles.find((file) => existsSync(file)) ?? join(resolve(shipped), 'prompts', 'health-words.json')
  const words = readJson(wordFile)
  if (!healthWordsShape.Check(words)) {
    throw new UserError('FLOW_FILE_UNREADABLE', { file: wordFile, reason: '"words" is missing' })
  }
  return { folder: resolve(folder), prompts: prompts ?? join(resolve(shipped), 'prompts'), healthWords: words.words }
}

/** The `.json` documents of a folder by file name without its ending; empty where there is no such folder. */
export function readJsonFolder(folder: string): ReadonlyMap<string, unknown> {
  if (!existsSync(folder)) return new Map()
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'))
  return new Map(names.sort().map((name) => [name.slice(0, -'.json'.length), readJson(join(folder, name))]))
}

/** @throws UserError FLOW_FILE_UNREADABLE | FLOW_NOT_JSON */
export function readJson(file: string): unknown {
  let content: string
  try {
    content = readFileSync(file, 'utf8')
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : codeOf(error)
    throw new UserError('FLOW_FILE_UNREADABLE', { file, reason }, { cause: error })
  }
  try {
    return JSON.parse(content)
  } catch (error) {
    const reason = error instanceof Error ? error.message : ''
    throw new UserError('FLOW_NOT_JSON', { file, reason }, { cause: error })
  }
}

export function folderOf(file: string): string {
  return dirname(resolve(file))
}
