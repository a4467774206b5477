import { type Actor, writeAudit } from '#platform/audit/audit-store.ts'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { UserError } from '#platform/errors/errors.ts'
import { changeSetting, defineSetting, readSetting } from '#platform/settings/hospital-settings.ts'
import { RetentionRule, standardRetention } from './retention.ts'
import {
  type Approval,
  addApproval,
  lastApproval,
  previewOf,
  type RetentionPreview,
  settingVersion,
} from './retention-store.ts'
import './retention-errors.ts'

export const retentionSetting = defineSetting('retention.rule', RetentionRule, standardRetention)

/** The rule that stands, its version, and the word of a person for exactly that version. */
export interface StandingRule {
  readonly rule: RetentionRule
  /** 0: as shipped. */
  readonly version: number
  /** Null: nothing is removed. */
  readonly approval: Approval | null
}

export async function standingRule(db: Ground | GroundTransaction): Promise<StandingRule> {
  const [rule, version, last] = [
    await readSetting(db, retentionSetting),
    await settingVersion(db, retentionSetting.key),
    await lastApproval(db),
  ]
  return { rule, version, approval: last?.ruleVersion === version ? last : null }
}

/**
 * Another rule, which removes nothing before somebody has approved it. In one transaction with its audit row.
 * @param change.basedOn the version that was looked at; another one since then refuses the change
 * @throws UserError HOSPITAL_SETTING_INVALID, RETENTION_RULE_CHANGED
 */
export async function changeRetention(
  db: Ground,
  change: {
    readonly actor: Actor
    readonly to: RetentionRule
    readonly reason: string | null
    readonly basedOn?: number
  },
): Promise<RetentionRule> {
  const { actor, to, reason, basedOn } = change
  await db.transaction().execute(async (tx) => {
    const from = await readSetting(tx, retentionSetting)
    const version = await changeSetting(tx, retentionSetting, to, actor.accountId)
    if (basedOn !== undefined && version !== basedOn + 1) throw new UserError('RETENTION_RULE_CHANGED')
    const object = { kind: 'setting', id: retentionSetting.key }
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

/**
 * A person has seen what the rule would remove, and agrees: from the next night on it does, every night, until the rule
 * is another.
 * @param wish.ruleVersion the version whose preview was looked at
 * @throws UserError RETENTION_RULE_CHANGED, RETENTION_APPROVED
 */
export async function approveRetention(
  db: Ground,
  wish: { readonly actor: Actor; readonly reason: string; readonly ruleVersion?: number },
): Promise<RetentionPreview> {
  const { actor, reason, ruleVersion } = wish
  return db.transaction().execute(async (tx) => {
    const { rule, version, approval } = await standingRule(tx)
    if (ruleVersion !== undefined && ruleVersion !== version) throw new UserError('RETENTION_RULE_CHANGED')
    if (approval !== null) throw new UserError('RETENTION_APPROVED')
    const { recordingDays } = rule
    const preview = await previewOf(tx, recordingDays)
    await addApproval(tx, { ruleVersion: version, recordingDays, preview, reason, by: actor.accountId })
    const { recordings, bytes } = preview
    const detail = { version, recordingDays, recordings, bytes, reason }
    const object = { kind: 'setting', id: retentionSetting.key }
    await writeAudit(tx, { actor, action: 'retention.approved', object, outcome: 'ok', detail })
    return preview
  })
}
