import { type Actor, writeAudit } from '../audit/audit-store.ts'
import type { Ground } from '../database/database.ts'
import { UserError } from '../errors/errors.ts'
import { changeSetting, defineSetting, readSetting } from '../settings/hospital-settings.ts'
import { DiskThresholds } from './disk-room.ts'
import './disk-errors.ts'

/** When somebody is told that a disk fills up, and when no call begins any more. */
export const diskSetting = defineSetting('disk.thresholds', DiskThresholds, { warnGb: 10, warnPercent: 10, stopGb: 1 })

export function readDiskThresholds(db: Ground): Promise<DiskThresholds> {
  return readSetting(db, diskSetting)
}

/** Every node's watch hears of it. @throws UserError DISK_THRESHOLDS_CROSSED, HOSPITAL_SETTING_INVALID */
export async function changeDiskThresholds(
  db: Ground,
  { actor, to, reason }: { readonly actor: Actor; readonly to: DiskThresholds; readonly reason: string | null },
): Promise<DiskThresholds> {
  const { stopGb, warnGb } = to
  if (stopGb > warnGb) throw new UserError('DISK_THRESHOLDS_CROSSED', { stopGb, warnGb })
  await db.transaction().execute(async (tx) => {
    const from = await readSetting(tx, diskSetting)
    const version = await changeSetting(tx, diskSetting, to, actor.accountId)
    const object = { kind: 'setting', id: diskSetting.key }
    await writeAudit(tx, {
      actor,
      action: 'setting.changed',
      object,
      outcome: 'ok',
      detail: { version, reason, from, to },
    })
  })
  return to
}
