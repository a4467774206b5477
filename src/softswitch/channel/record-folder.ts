/** The folder of a recording, made when it is missing, as the real server makes it. */
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'

/** A disk that does not answer must not keep a call waiting: what then opens the file says what is wrong. */
const LIMIT_MS = 3_000

/** Never fails: without the folder the file cannot be opened, which is told. */
export async function makeFolderOf(file: string): Promise<void> {
  const limit = Promise.withResolvers<void>()
  const timer = setTimeout(limit.resolve, LIMIT_MS)
  await Promise.race([makeFolder(dirname(file)).catch(() => {}), limit.promise])
  clearTimeout(timer)
}

/** Not by `recursive`: under /proc that one tries for ever, since nothing can be made there and nothing is in the way. */
async function makeFolder(folder: string): Promise<void> {
  const made = await make(folder)
  if (made !== 'ENOENT' || dirname(folder) === folder) return
  await makeFolder(dirname(folder))
  await make(folder)
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
