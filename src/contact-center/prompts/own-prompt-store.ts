import { type Generated, sql } from 'kysely'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import type { OwnPrompt } from './own-prompt.ts'

/** Of migration 0026. */
interface OwnPromptTable {
  id: string
  language: string
  text: string
  source: OwnPrompt['source']
  sha256: Buffer
  durationMs: number
  madeAt: Generated<Date>
  madeBy: string | null
}

declare module '#platform/database/tables.ts' {
  interface Tables {
    ownPrompt: OwnPromptTable
  }
}

/** Writes one down; the same again is the one there is. @returns whether it is new */
export async function insertOwnPrompt(
  tx: GroundTransaction,
  prompt: OwnPrompt & { readonly sha256: Buffer; readonly madeBy: string | null },
): Promise<boolean> {
  const rows = await tx
    .insertInto('ownPrompt')
    .values(prompt)
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .execute()
  return rows.length > 0
}

/** Channel of the news that a prompt was made (migration 0032). */
export const ownPromptChannel = 'suifang_own_prompt'

/** Of the files of all there are, by their names, in hexadecimal digits. */
export async function ownDigests(db: Ground, language: string): Promise<ReadonlyMap<string, string>> {
  const { rows } = await sql<{ id: string; digest: string }>`
    select id, encode(sha256, 'hex') as digest from own_prompt where language = ${language}
  `.execute(db)
  return new Map(rows.map(({ id, digest }) => [id, digest]))
}

/** Those of these that a version or a draft names, in the order in which they were made. */
export async function namedPrompts(db: Ground, ids: readonly string[]): Promise<readonly OwnPrompt[]> {
  const { rows } = await sql<OwnPrompt>`
    select id, language, text, source, duration_ms from own_prompt
    where id = any (${ids}::text[]) and own_prompt_is_named(id) order by made_at, id
  `.execute(db)
  return rows
}

/** Those of these names that there are. */
export function ownPrompts(db: Ground | GroundTransaction, ids: readonly string[]): Promise<OwnPrompt[]> {
  if (ids.length === 0) return Promise.resolve([])
  return db
    .selectFrom('ownPrompt')
    .select(['id', 'language', 'text', 'source', 'durationMs'])
    .where('id', 'in', [...ids])
    .execute()
}

/** One with the digest of its file; null where there is none, or it has been removed. */
export async function ownPromptFile(
  tx: GroundTransaction,
  id: string,
): Promise<(OwnPrompt & { readonly sha256: Buffer }) | null> {
  const row = await tx
    .selectFrom('ownPrompt')
    .select(['id', 'language', 'text', 'source', 'durationMs', 'sha256'])
    .where('id', '=', id)
    .executeTakeFirst()
  return row ?? null
}

/**
 * Held until the transaction ends: files of prompts are written beside each other (`shared`), and removed while none is
 * written.
 */
export async function lockPromptFiles(tx: GroundTransaction, how: 'shared' | 'alone'): Promise<void> {
  const lock = sql`hashtextextended('suifang.own-prompt-files', 0)`
  await (how === 'shared'
    ? sql`select pg_advisory_xact_lock_shared(${lock})`
    : sql`select pg_advisory_xact_lock(${lock})`
  ).execute(tx)
}

/** Those made so many days ago that no version and no draft names. @returns their names */
export async function deleteUnnamedPrompts(tx: GroundTransaction, days: number): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    delete from own_prompt where made_at < least(app_now(), clock_timestamp()) - make_interval(days => ${days})
      and not own_prompt_is_named(id)
    returning id
  `.execute(tx)
  return rows.map(({ id }) => id)
}
