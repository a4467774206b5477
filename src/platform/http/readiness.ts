import { sql } from 'kysely'
import type { Ground } from '#platform/database/database.ts'

/** One thing without which the house does not work. */
export interface ReadinessPart {
  readonly name: string
  /** Null when ready, else a few words without personal data. A rejection or 2 s of silence is not ready. */
  check(): Promise<string | null>
  /** What it says is for people: the house works all the same. */
  readonly warns?: true
}

export interface Readiness {
  readonly ready: boolean
  readonly parts: readonly { readonly name: string; readonly ready: boolean; readonly reason: string | null }[]
}

const limitMs = 2_000

export async function readiness(parts: readonly ReadinessPart[]): Promise<Readiness> {
  const told = await Promise.all(
    parts.map(async (part) => {
      const reason = await within(part.check())
      return { name: part.name, ready: reason === null || part.warns === true, reason }
    }),
  )
  return { ready: told.every((part) => part.ready), parts: told }
}

async function within(check: Promise<string | null>): Promise<string | null> {
  const gone = Promise.withResolvers<string>()
  const timer = setTimeout(() => gone.resolve('no answer'), limitMs)
  try {
    return await Promise.race([check, gone.promise])
  } catch {
    return 'not reachable'
  } finally {
    clearTimeout(timer)
  }
}

export function databaseReadiness(db: Ground): ReadinessPart {
  return {
    name: 'database',
    async check() {
      await sql`select 1`.execute(db)
      return null
    },
  }
}

/** @param latest name of the newest migration this release ships */
export function migrationReadiness(db: Ground, latest: string): ReadinessPart {
  return {
    name: 'migrations',
    async check() {
      const { rows } = await sql<{
        name: string
      }>`select name from kysely_migration order by name desc limit 1`.execute(db)
      const at = rows[0]?.name ?? 'none'
      return at >= latest ? null : `at ${at}, needs ${latest}`
    },
  }
}
