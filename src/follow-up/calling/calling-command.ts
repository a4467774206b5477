import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { systemActor } from '#platform/audit/audit-store.ts'
import { UserError } from '#platform/errors/errors.ts'
import type { GroundFloor } from '#platform/ground.ts'
import { lackingHolidays } from './calendar.ts'
import { importCalendarYear, missingCalendarYears } from './calendar-service.ts'
import { calendarYears } from './calendar-store.ts'
import type { CallingRule } from './calling-rule.ts'
import { changeCallingRule, readCallingRule } from './calling-rule-service.ts'

/** What an administrator decides about the hours and days of calls, at the server. Each change is an audit row, with the reason where one is given. */

/**
 * `calling [--periods 08:30-11:30,14:30-20:00] [--holidays open|closed] [--weekends open|closed] [--cap-day 2]
 * [--cap-week 5] [--also foreign,premium,service|none] [--reason <words>]`: what is not named stays as it is.
 * @returns the rule that stands then
 * @throws UserError CALLING_RULE_INVALID, CALLING_CAPS_CROSSED; nothing is changed then
 */
export async function callingCommand({ db }: Pick<GroundFloor, 'db'>, argv: readonly string[]): Promise<CallingRule> {
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    args: [...argv],
    options: {
      periods: text,
      holidays: text,
      weekends: text,
      'cap-day': text,
      'cap-week': text,
      also: text,
      reason: text,
    },
  })
  const before = await readCallingRule(db)
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
  return changeCallingRule(db, { actor: systemActor, rule: wished, reason: values.reason ?? null })
}

function periodsOf(text: string): readonly { readonly opens: string; readonly closes: string }[] {
  return text.split(',').map((period) => {
    const [opens = '', closes = '', ...rest] = period.trim().split('-')
    if (rest.length > 0) throw new UserError('CALLING_RULE_INVALID', { at: period.trim() })
    return { opens, closes }
  })
}

/** Years whose holidays are known, and those that should be and are not: of these only the law's own holidays are kept free. */
export interface KnownCalendar {
  readonly years: readonly number[]
  readonly missing: readonly number[]
  /** Days that the law gives off and the imported file does not. */
  readonly lacking?: readonly string[]
}

/**
 * `calendar [--import <year.json> [--reason <words>]]`: the years that are known; a file of the shipped format adds or replaces one.
 * @throws UserError CALENDAR_UNREADABLE, CALENDAR_NOT_ANNOUNCED; nothing is changed then
 */
export async function calendarCommand(
  { db }: Pick<GroundFloor, 'db'>,
  argv: readonly string[],
): Promise<KnownCalendar> {
  const text = { type: 'string' } as const
  const { values } = parseArgs({ args: [...argv], options: { import: text, reason: text } })
  let lacking: readonly string[] = []
  if (values.import !== undefined) {
    const reason = values.reason ?? null
    lacking = lackingHolidays(
      await importCalendarYear(db, { text: await textOf(values.import), actor: systemActor, reason }),
    )
  }
  const years = [...(await calendarYears(db))].sort((a, b) => a - b)
  return { years, missing: await missingCalendarYears(db), ...(lacking.length === 0 ? {} : { lacking }) }
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new UserError('CALENDAR_UNREADABLE', { at: file }, { cause })
  }
}
