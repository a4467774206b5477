import type { Ground } from '#platform/database/database.ts'
import { madeAt } from '#platform/ids.ts'
import { attemptNamed } from '../recording/recording-place.ts'
import { recordingFiles } from '../retention/recording-files.ts'
import { unknownAttempts } from './restored-store.ts'

/**
 * Whether the folder of recordings has some that were made after a house was last open over the database, of calls that the
 * database does not know. A call's attempt is committed before its recording begins and is never removed, so they tell of a
 * later database than this.
 * @param folder has the mark of this house
 */
export async function recordsLaterCalls(db: Ground, folder: string, movedAt: Date): Promise<boolean> {
  for await (const names of recordingFiles(folder, { from: movedAt.toISOString().slice(0, 10) })) {
    const later = names
      .map(attemptNamed)
      .filter((id) => id !== null)
      .filter((id) => madeAt(id) > movedAt)
    if (later.length > 0 && (await unknownAttempts(db, later)) > 0) return true
  }
  return false
}
