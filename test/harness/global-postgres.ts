import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { type EmbeddedPostgres, openEmbeddedPostgres } from '../../src/platform/database/embedded-postgres.ts'
import { migrate } from '../../src/platform/database/migrate.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Addresses of the run's server; their database is the migrated template. */
    postgres: { readonly superUrl: string; readonly ownerUrl: string; readonly url: string }
  }
}

interface Shared {
  users: number
  readonly opened: Promise<{ readonly folder: string; readonly server: EmbeddedPostgres }>
}

declare global {
  /** Several projects of one run set up in one process, each with its own copy of this module: they meet here. */
  var suifangTestPostgres: Shared | undefined
}

/**
 * One Postgres a run, without fsync, in a temporary folder. Its database `suifang` is migrated once and is what
 * `testDatabase()` copies.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  globalThis.suifangTestPostgres ??= { users: 0, opened: open() }
  const shared = globalThis.suifangTestPostgres
  shared.users += 1
  const { server, folder } = await shared.opened
  project.provide('postgres', {
    superUrl: server.urlOf('suifang_super', 'suifang'),
    ownerUrl: server.ownerUrl,
    url: server.url,
  })
  return async () => {
    shared.users -= 1
    if (shared.users > 0) return
    globalThis.suifangTestPostgres = undefined
    await server.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function open() {
  const folder = await mkdtemp(join(tmpdir(), 'suifang-test-'))
  const server = await openEmbeddedPostgres({ dataDir: folder, durability: 'none' })
  await migrate({ ownerUrl: server.ownerUrl }).catch(async (error) => {
    await server.close()
    throw error
  })
  return { folder, server }
}
