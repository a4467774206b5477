import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { codeOf, UserError } from '#platform/errors/errors.ts'
import './flow-errors.ts'

/**
 * A folder of flows, as `ivr-flows/` is laid out: `<flow>.json`, `questionnaires/<id>.json`,
 * `prompts/<language>/<id>.wav` and `health-words.json`.
 */
export interface FlowFolder {
  readonly folder: string
  readonly prompts: string
  readonly healthWords: readonly string[]
}

const healthWordsShape = Compile(Type.Object({ words: Type.Array(Type.String({ minLength: 1 })) }))

/**
 * The folder that a flow's file stands in; what it lacks (a flow tried out elsewhere) is taken from `shipped`.
 * @throws UserError FLOW_FILE_UNREADABLE | FLOW_NOT_JSON
 */
export function flowFolder(folder: string, shipped: string = folder): FlowFolder {
  const has = (name: string) => (existsSync(join(folder, name)) ? folder : shipped)
  const wordsFile = join(has('health-words.json'), 'health-words.json')
  const words = readJson(wordsFile)
  if (!healthWordsShape.Check(words)) {
    throw new UserError('FLOW_FILE_UNREADABLE', { file: wordsFile, reason: '"words" is missing' })
  }
  return { folder: resolve(folder), prompts: join(resolve(has('prompts')), 'prompts'), healthWords: words.words }
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
