import { mkdir } from 'node:fs/promises'
import { openRetentionGuard } from '#contact-center/retention/retention-guard.ts'
import type { Lease } from '#contact-center/work-source.ts'
import { askDisk, DiskWatch } from '#platform/disk/disk-watch.ts'
import type { GroundFloor } from '#platform/ground.ts'
import { recordingsFolder } from './recordings.ts'

/** Looked at once before anything is dialled. */
export async function openDisks(
  { settings, db, listener, clock, log }: GroundFloor,
  { lease, onRoom }: { readonly lease: Lease; readonly onRoom: () => void },
): Promise<DiskWatch> {
  const recordings = recordingsFolder(settings.dataDir)
  await mkdir(recordings, { recursive: true, mode: 0o770 })
  await openRetentionGuard({ db, log, folder: recordings })
  const folders = { data: settings.dataDir, recordings }
  const watch = new DiskWatch({ db, listener, clock, log, node: lease.owner, folders, askDisk, onRoom })
  await watch.start()
  return watch
}
