import { randomBytes } from 'node:crypto'
import { chmod, readFile, rename, rm, writeFile } from 'node:fs/promises'

/** What a running program tells of itself, in a file by which an application that was killed finds it again. */
export interface StateFile<State> {
  /** @returns null when the text is no state */
  parse(text: string): State | null
  /** @returns null when there is no such file, or it holds no state */
  read(path: string): Promise<State | null>
  /** For its owner's eyes only, whole or not at all. */
  write(path: string, state: State): Promise<void>
  /** Removes the file when it is still this process's. */
  remove(path: string, pid: number): Promise<void>
}

export function stateFileOf<State extends { readonly pid: number }>(
  isState: (value: unknown) => value is State,
): StateFile<State> {
  const parse = (text: string): State | null => {
    try {
      const value: unknown = JSON.parse(text)
      return isState(value) ? value : null
    } catch {
      return null
    }
  }
  const read = async (path: string): Promise<State | null> => {
    const text = await readFile(path, 'utf8').catch(() => null)
    return text === null ? null : parse(text)
  }
  return {
    parse,
    read,
    async write(path, state) {
      const draft = `${path}.${randomBytes(6).toString('hex')}`
      await writeFile(draft, `${JSON.stringify(state)}\n`, { mode: 0o600 })
      await chmod(draft, 0o600)
      await rename(draft, path)
    },
    async remove(path, pid) {
      if ((await read(path))?.pid === pid) await rm(path, { force: true })
    },
  }
}
