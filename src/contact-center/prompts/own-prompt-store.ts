import type { Generated } from 'kysely'
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

/** Those of these names that there are. */
export function ownPrompts(db: Ground | GroundTransaction, ids: readonly string[]): Promise<OwnPrompt[]> {
  if (ids.length === 0) return Promise.resolve([])
  return db
    .selectFrom('ownPrompt')
    .select(['id', 'language', 'text', 'source', 'durationMs'])
    .where('id', 'in', [...ids])
    .execute()
}
