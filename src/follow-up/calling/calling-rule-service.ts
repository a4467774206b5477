import { lastChange } from '#platform/audit/audit-reading.ts'
import { type Actor, writeAudit } from '#platform/audit/audit-store.ts'
import type { Ground } from '#platform/database/database.ts'
import { UserError } from '#platform/errors/errors.ts'
import { lastOffset } from '#platform/realtime/stream-store.ts'
import { changeSetting, defineSetting, readSetting } from '#platform/settings/hospital-settings.ts'
import { tellDiallers } from '../tasks/work-channel.ts'
import { missingCalendarYears, tellCallingChanged } from './calendar-service.ts'
import { knownYears, today } from './calendar-store.ts'
import { CallingRule, closedBy, endOfPeriod, nextOpening, parseCallingRule, windowOf } from './calling-rule.ts'
import { heldTasks, ownHours, ruleVersion } from './calling-rule-store.ts'
import type { CallingBoard } from './calling-schema.ts'
import './calling-errors.ts'

/** Stands in a database from the start (migration 0003); this default is for one whose rule cannot be read. */
const callingSetting = defineSetting('calling', CallingRule, {
  periods: [],
  holidays: 'closed',
  weekends: 'closed',
  capPerDay: 1,
  capPerWeek: 1,
})

export function readCallingRule(db: Ground): Promise<CallingRule> {
  return readSetting(db, callingSetting)
}

export interface RuleChange {
  readonly actor: Actor
  readonly rule: unknown
  /** As whoever changes it says; null at the server. */
  readonly reason: string | null
  /** The version that was looked at; another one since then refuses the change. */
  readonly basedOn?: number
}

/**
 * Makes this the hospital's rule, at once: the same transaction asks anew about tasks held by caps and barred numbers
 * (trigger `caps_changed`), writes the audit row, and wakes diallers and live pages.
 * @throws UserError CALLING_RULE_INVALID, CALLING_CAPS_CROSSED, CALLING_RULE_CHANGED; nothing is changed then
 */
export async function changeCallingRule(
  db: Ground,
  { actor, rule, reason, basedOn }: RuleChange,
): Promise<CallingRule> {
  const wished = parseCallingRule(rule)
  await db.transaction().execute(async (tx) => {
    const before = await readSetting(tx, callingSetting)
    const version = await changeSetting(tx, callingSetting, wished, actor.accountId)
    if (basedOn !== undefined && version !== basedOn + 1) throw new UserError('CALLING_RULE_CHANGED')
    const object = { kind: 'setting', id: callingSetting.key }
    const detail = { version, reason, from: before, to: wished }
    await writeAudit(tx, { actor, action: 'setting.changed', object, outcome: 'ok', detail })
    await tellDiallers(tx)
    await tellCallingChanged(tx)
  })
  return wished
}

/** The rule, what it does at this moment, and the calendar that it goes by. */
export async function callingBoard(db: Ground, now: Date): Promise<CallingBoard> {
  // First: what happens while the rest is read is told again.
  const offset = await lastOffset(db, 'live')
  const thisYear = Number((await today(db)).slice(0, 4))
  const [version, rule, changed, held, campaigns, years, missing] = await Promise.all([
    ruleVersion(db),
    readCallingRule(db),
    lastChange(db, { kind: 'setting', id: callingSetting.key, action: 'setting.changed' }),
    heldTasks(db),
    ownHours(db),
    knownYears(db, thisYear - 1),
    missingCalendarYears(db),
  ])
  const calendar = new Map(years.flatMap(({ days }) => days.map(({ day, kind }) => [day, kind])))
  const window = windowOf(rule, {}, calendar)
  const closed = closedBy(window, now)
  const until = closed === null ? endOfPeriod(window, now) : nextOpening(window, now)
  return {
    offset,
    version,
    rule,
    changed: changed === null ? null : { ...changed, at: changed.at.toISOString() },
    now: { closedBy: closed, until: until?.toISOString() ?? null },
    held: [...held],
    campaigns: [...campaigns],
    thisYear,
    missing: [...missing],
    years: years.map(({ year, source, importedAt, days }) => ({
      year,
      source,
      importedAt: importedAt?.toISOString() ?? null,
      days: [...days],
    })),
  }
}
