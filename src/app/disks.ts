import { mkdir } from 'node:fs/promises'
import { FolderWatch } from '#contact-center/retention/folder-watch.ts'
import { openRetentionGuard } from '#contact-center/retention/retention-guard.ts'
import type { Lease } from '#contact-center/work-source.ts'
import { askDisk, DiskWatch } from '#platform/disk/disk-watch.ts'
import type { GroundFloor } from '#platform/ground.ts'
import { recordingsFolder } from './recordings.ts'

/** What every call needs for its recording; looked at once before anything is dialled. */
export async function openDisks(
  { settings, db, listener, clock, log }: GroundFloor,
  { lease, onMayRecord }: { readonly lease: Lease; readonly onMayRecord: () => void },
): Promise<{ readonly disks: DiskWatch; readonly folder: FolderWatch }> {
  const recordings = recordingsFolder(settings.dataDir)
  await mkdir(recordings, { recursive: true, mode: 0o770 })
  await openRetentionGuard({ db, log, folder: recordings })
  const folders = { data: settings.dataDir, recordings }
  const watching = { db, listener, clock, log, node: lease.owner }
  const disks = new DiskWatch({ ...watching, folders, askDisk, onRoom: onMayRecord })
  await disks.start()
  const folder = new FolderWatch({ ...watching, folder: recordings, onOurs: onMayRecord })
  await folder.start()
  return { disks, folder }
}
