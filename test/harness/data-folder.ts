import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { promisify } from 'node:util'
import { inject } from 'vitest'
import { openEmbeddedPostgres } from '../../src/platform/database/embedded-postgres.ts'
import { migrate } from '../../src/platform/database/migrate.ts'
import { waitForLock } from '../../src/platform/lock.ts'
import { testFolder } from './folder.ts'

/**
 * A data folder whose database has been made, migrated and stopped, as the next start of a house finds it: a copy of
 * the run's first one, for a tenth of what initdb and every migration take. What they do themselves is for the tests of
 * the embedded Postgres, of the launcher and of the whole product.
 */
export async function dataFolder(): Promise<Awaited<ReturnType<typeof testFolder>>> {
  const made = inject('postgres').dataFolder
  const turn = await waitForLock(`${made}.lock`, 'exclusive', { timeoutMs: 60_000 })
  try {
    if (!existsSync(made)) await make(made)
  } finally {
    turn.close()
  }
  const folder = await testFolder()
  await promisify(execFile)('cp', ['-a', `${made}/.`, folder.path]) // with owners, which fs.cp does not keep
  return folder
}

async function make(path: string): Promise<void> {
  const part = `${path}.part`
  await rm(part, { recursive: true, force: true })
  await mkdir(part, { mode: 0o700 })
  const server = await openEmbeddedPostgres({ dataDir: part, durability: 'none' })
  try {
    await migrate({ ownerUrl: server.ownerUrl })
  } finally {
    await server.close()
  }
  await rename(part, path)
}
