import { randomBytes } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'

/** Passwords of the embedded server's three roles. */
export interface PostgresLogin {
  /** Superuser; makes the others and is not used again. */
  readonly suifang_super: string
  /** Owns the tables and runs migrations. */
  readonly suifang_owner: string
  /** The application's. */
  readonly suifang_app: string
}

/** Reads the passwords from a file that only we may read, or undefined where there is none. */
export async function readLogin(path: string): Promise<PostgresLogin | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  return text === undefined ? undefined : parseLogin(JSON.parse(text))
}

/** Makes new passwords and keeps them, mode 600, whole or not at all. */
export async function makeLogin(path: string): Promise<PostgresLogin> {
  const login = { suifang_super: password(), suifang_owner: password(), suifang_app: password() }
  await writeFile(`${path}.part`, `${JSON.stringify(login, null, 2)}\n`, { mode: 0o600, flush: true })
  await rename(`${path}.part`, path)
  return login
}

function password(): string {
  return randomBytes(24).toString('base64url')
}

function parseLogin(value: Partial<Record<keyof PostgresLogin, unknown>>): PostgresLogin | undefined {
  const { suifang_super, suifang_owner, suifang_app } = value
  if (typeof suifang_super !== 'string' || typeof suifang_owner !== 'string' || typeof suifang_app !== 'string') return
  return { suifang_super, suifang_owner, suifang_app }
}
