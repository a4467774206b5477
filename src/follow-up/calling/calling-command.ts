import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { systemActor, writeAudit } from '#platform/audit/audit-store.ts'
import type { Ground } from '#platform/database/database.ts'
import { UserError } from '#platform/errors/errors.ts'
import type { GroundFloor } from '#platform/ground.ts'
import { changeSetting, defineSetting, readSetting } from '#platform/settings/hospital-settings.ts'
import { tellDiallers } from '../tasks/work-channel.ts'
import { importCalendarYear, missingCalendarYears } from './calendar-service.ts'
import { calendarYears } from './calendar-store.ts'
import './calling-errors.ts'
import { CallingRule, parseCallingRule } from './calling-rule.ts'

/** What an administrator decides about the hours and days of calls, at the server. Each change is an audit row. */

/** Stands in a database from the start (migration 0003); this default is for one whose rule cannot be read. */
const callingSetting = defineSetting('calling', CallingRule, {
  periods: [],
  holidays: 'closed',
  weekends: 'closed',
  capPerDay: 1,
  capPerWeek: 1,
})

/**
 * `calling [--periods 08:30-11:30,14:30-20:00] [--holidays open|closed] [--weekends open|closed] [--cap-day 2]
 * [--cap-week 5] [--also foreign,premium,service|none]`: what is not named stays as it is.
 * @returns the rule that stands then
 * @throws UserError CALLING_RULE_INVALID; nothing is changed then
 */
export async function callingCommand({ db }: Pick<GroundFloor, 'db'>, argv: readonly string[]): Promise<CallingRule> {
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    args: [...argv],
    options: { periods: text, holidays: text, weekends: text, 'cap-day': text, 'cap-week': text, also: text },
  })
  const before = await readSetting(db, callingSetting)
  if (Object.keys(values).length === 0) return before
  const wished = {
    ...before,
    ...(values.periods === undefined ? {} : { periods: periodsOf(values.periods) }),
    ...(values.holidays === undefined ? {} : { holidays: values.holidays }),
    ...(values.weekends === undefined ? {} : { weekends: values.weekends }),
    ...(values['cap-day'] === undefined ? {} : { capPerDay: Number(values['cap-day']) }),
    ...(values['cap-week'] === undefined ? {} : { capPerWeek: Number(values['cap-week']) }),
    ...(values.also === undefined ? {} : { alsoDialled: values.also === 'none' ? [] : values.also.split(',') }),
  }
  return changeCallingRule(db, parseCallingRule(wished))
}

function periodsOf(text: string): readonly { readonly opens: string; readonly closes: string }[] {
  return text.split(',').map((period) => {
    const [opens = '', closes = '', ...rest] = period.trim().split('-')
    if (rest.length > 0) throw new UserError('CALLING_RULE_INVALID', { at: period.trim() })
    return { opens, closes }
  })
}

async function changeCallingRule(db: Ground, rule: CallingRule): Promise<CallingRule> {
  await db.transaction().execute(async (tx) => {
    const version = await changeSetting(tx, callingSetting, rule, null)
    const object = { kind: 'setting', id: callingSetting.key }
    await writeAudit(tx, { actor: systemActor, action: 'setting.changed', object, outcome: 'ok', detail: { version } })
    await tellDiallers(tx)
  })
  return rule
}

/** Years whose holidays are known, and those that should be and are not: calls would leave on their holidays. */
export interface KnownCalendar {
  readonly years: readonly number[]
  readonly missing: readonly number[]
}

/**
 * `calendar [--import <year.json>]`: the years that are known; a file of the shipped format adds or replaces one.
 * @throws UserError CALENDAR_UNREADABLE, CALENDAR_NOT_ANNOUNCED; nothing is changed then
 */
export async function calendarCommand(
  { db, clock }: Pick<GroundFloor, 'db' | 'clock'>,
  argv: readonly string[],
): Promise<KnownCalendar> {
  const { values } = parseArgs({ args: [...argv], options: { import: { type: 'string' } } })
  if (values.import !== undefined) {
    const { year } = await importCalendarYear(db, await textOf(values.import))
    const object = { kind: 'calendar_year', id: String(year) }
    await writeAudit(db, { actor: systemActor, action: 'calendar.imported', object, outcome: 'ok' })
    await db.transaction().execute((tx) => tellDiallers(tx))
  }
  const years = [...(await calendarYears(db))].sort((a, b) => a - b)
  return { years, missing: await missingCalendarYears(db, clock.now()) }
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new UserError('CALENDAR_UNREADABLE', { at: file }, { cause })
  }
}
