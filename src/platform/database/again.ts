import type { Ground, GroundTransaction } from './database.ts'

const mostTries = 4

/**
 * Two that want the same rows the other way round: the database ends one of them, of which nothing stands then, and it
 * begins again. @param act changes nothing but rows
 */
export async function againAfterDeadlock<Result>(act: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await act()
    } catch (error) {
      const isDeadlock = error instanceof Error && 'code' in error && error.code === '40P01'
      if (!isDeadlock || tries >= mostTries) throw error
    }
  }
}

/** A transaction that begins again after a deadlock: what a person does is not refused because a list comes in. */
export function transacted<Result>(db: Ground, act: (tx: GroundTransaction) => Promise<Result>): Promise<Result> {
  return againAfterDeadlock(() => db.transaction().execute(act))
}
