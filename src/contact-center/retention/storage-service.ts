import { lastChange } from '#platform/audit/audit-reading.ts'
import { readDiskThresholds } from '#platform/disk/disk-settings.ts'
import { disksNow } from '#platform/disk/disk-store.ts'
import { lastOffset } from '#platform/realtime/stream-store.ts'
import { databaseDoubt } from '../restored/restored-store.ts'
import { reviewDays } from './retention.ts'
import { type GuardParts, retentionHold } from './retention-guard.ts'
import { retentionSetting, standingRule } from './retention-service.ts'
import { keptRecordings, lastRuns, previewOf } from './retention-store.ts'
import type { StorageBoard } from './storage-schema.ts'
import { listedStrays } from './stray-store.ts'

const runsShown = 20
const straysShown = 50

/** What there is, how long it is kept, what the next run would remove, and what the last ones did. */
export async function storageBoard({ db, folder }: GuardParts): Promise<StorageBoard> {
  // First: what happens while the rest is read is told again.
  const offset = await lastOffset(db, 'live')
  const { rule, version, approval } = await standingRule(db)
  const [changed, hold, restored, preview, runs, kept, strays, disks, thresholds] = await Promise.all([
    lastChange(db, { kind: 'setting', id: retentionSetting.key, action: 'setting.changed' }),
    retentionHold({ db, folder }),
    databaseDoubt(db),
    previewOf(db, rule.recordingDays),
    lastRuns(db, runsShown),
    keptRecordings(db),
    listedStrays(db, straysShown),
    disksNow(db),
    readDiskThresholds(db),
  ])
  return {
    offset,
    hold:
      hold === null
        ? null
        : { ...hold, clockSeenAt: hold.clockSeenAt.toISOString(), clockNow: hold.clockNow.toISOString() },
    restored: restored === null ? null : { ...restored, since: restored.since.toISOString() },
    rule,
    ruleVersion: version,
    changed: changed === null ? null : { ...changed, at: changed.at.toISOString() },
    approval:
      approval === null
        ? null
        : {
            at: approval.at.toISOString(),
            by: approval.by,
            reason: approval.reason,
            recordings: approval.recordings,
            bytes: approval.bytes,
          },
    preview: { ...preview, oldestAt: preview.oldestAt?.toISOString() ?? null },
    runs: runs.map((run) => ({
      ...run,
      startedAt: run.startedAt.toISOString(),
      endedAt: run.endedAt?.toISOString() ?? null,
    })),
    kept: { ...kept, oldestAt: kept.oldestAt?.toISOString() ?? null },
    strays: {
      count: strays.count,
      first: strays.first.map((stray) => ({
        ...stray,
        modifiedAt: stray.modifiedAt.toISOString(),
        foundAt: stray.foundAt.toISOString(),
      })),
    },
    disks: disks.map((disk) => ({ ...disk, since: disk.since.toISOString() })),
    thresholds,
    reviewDays,
  }
}
