/** The folder of a recording, made when it is missing, as the real server makes it. */
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'

/** A disk that does not answer must not keep a call waiting: what then opens the file says what is wrong. */
const LIMIT_MS = 3_000

/**
 * Never fails: without the folder the file cannot be opened, which is told.
 * @returns false when it is known not to be there
 */
export async function makeFolderOf(file: string): Promise<boolean> {
  const limit = Promise.withResolvers<boolean>()
  const timer = setTimeout(limit.resolve, LIMIT_MS, true)
  const made = await Promise.race([makeFolder(dirname(file)), limit.promise])
  clearTimeout(timer)
  return made
}

/** Not by `recursive`: under /proc that one tries for ever, since nothing can be made there and nothing is in the way. */
async function makeFolder(folder: string): Promise<boolean> {
  const made = await make(folder)
  if (made !== 'ENOENT' || dirname(folder) === folder) return made === undefined || made === 'EEXIST'
  await makeFolder(dirname(folder))
  return (await make(folder)) === undefined
}

/** @returns the error's code, or nothing */
async function make(folder: string): Promise<string | undefined> {
  try {
    await mkdir(folder)
    return undefined
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
  }
}
