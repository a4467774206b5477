import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { UserError } from '#platform/errors/errors.ts'
import type { Calendar } from './calendar.ts'
import { addDays, dayOf, instantAt, minuteOfDay, minutesOf, startOfDay, weekdayOf } from './hospital-day.ts'
import { BarredKind } from './number-bar.ts'
import './calling-errors.ts'

const TimeOfDay = Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$|^24:00$' })
const DayRule = Type.Union([Type.Literal('open'), Type.Literal('closed')])

/** The setting `calling` of the hospital: when and how often numbers are dialled (requirements C08, C09). */
export const CallingRule = Type.Object(
  {
    /** Times of day at which calls may leave, in order; none: never. `closes` is the first minute that is closed. */
    periods: Type.Array(Type.Object({ opens: TimeOfDay, closes: TimeOfDay }, { additionalProperties: false }), {
      maxItems: 12,
    }),
    /** Statutory holidays. */
    holidays: DayRule,
    /** Saturdays and Sundays that make up for nothing. */
    weekends: DayRule,
    /** Calls to one number, over all programmes, in one hospital day. */
    capPerDay: Type.Integer({ minimum: 1, maximum: 5 }),
    /** The same in any seven days running. */
    capPerWeek: Type.Integer({ minimum: 1, maximum: 35 }),
    /** Kinds of numbers that are barred where this does not name them; default none. */
    alsoDialled: Type.Optional(Type.Array(BarredKind, { uniqueItems: true })),
  },
  { additionalProperties: false },
)
export type CallingRule = Static<typeof CallingRule>

/** What a campaign may do otherwise than the hospital; caps are the hospital's alone. */
export const CampaignCalling = Type.Partial(Type.Pick(CallingRule, ['periods', 'holidays', 'weekends']), {
  additionalProperties: false,
})
export type CampaignCalling = Static<typeof CampaignCalling>

const ruleShape = Compile(CallingRule)
const campaignShape = Compile(CampaignCalling)

/** @throws UserError CALLING_RULE_INVALID, CALLING_CAPS_CROSSED */
export function parseCallingRule(value: unknown): CallingRule {
  if (!ruleShape.Check(value)) throw invalid(ruleShape.Errors(value)[0]?.instancePath)
  checkPeriods(value.periods)
  const { capPerDay, capPerWeek } = value
  // Whoever sets it believes in a cap a day that never comes to count.
  if (capPerDay > capPerWeek) throw new UserError('CALLING_CAPS_CROSSED', { day: capPerDay, week: capPerWeek })
  return value
}

/** @throws UserError CALLING_RULE_INVALID */
export function parseCampaignCalling(value: unknown): CampaignCalling {
  if (!campaignShape.Check(value)) throw invalid(campaignShape.Errors(value)[0]?.instancePath)
  checkPeriods(value.periods ?? [])
  return value
}

function checkPeriods(periods: CallingRule['periods']): void {
  periods.forEach((period, index) => {
    const before = periods[index - 1]
    if (period.opens >= period.closes || (before !== undefined && before.closes > period.opens)) {
      throw invalid(`/periods/${index}`)
    }
  })
}

function invalid(at = ''): UserError {
  return new UserError('CALLING_RULE_INVALID', { at })
}

/** When a campaign may call: periods of the day, on the days that are open. */
export interface CallingWindow {
  readonly periods: readonly { readonly opens: string; readonly closes: string }[]
  readonly holidays: 'open' | 'closed'
  readonly weekends: 'open' | 'closed'
  readonly calendar: Calendar
}

/** Calls at any hour of any day, as a campaign on a simulated trunk may. */
export const anyHour: CallingWindow = {
  periods: [{ opens: '00:00', closes: '24:00' }],
  holidays: 'open',
  weekends: 'open',
  calendar: new Map(),
}

type Hours = Pick<CallingRule, 'periods' | 'holidays' | 'weekends'>

/** When both the hospital's rule and the campaign's own hours are open: a campaign narrows, it never widens. */
export function windowOf(rule: Hours, own: CampaignCalling, calendar: Calendar): CallingWindow {
  const both = (kind: 'holidays' | 'weekends') => (rule[kind] === 'open' && own[kind] !== 'closed' ? 'open' : 'closed')
  const periods =
    own.periods === undefined ? rule.periods : rule.periods.flatMap((one) => within(one, own.periods ?? []))
  return { periods, holidays: both('holidays'), weekends: both('weekends'), calendar }
}

type Period = CallingRule['periods'][number]

/** What of these periods lies in that one. */
function within({ opens, closes }: Period, periods: readonly Period[]): Period[] {
  return periods
    .map((one) => ({
      opens: one.opens > opens ? one.opens : opens,
      closes: one.closes < closes ? one.closes : closes,
    }))
    .filter((one) => one.opens < one.closes)
}

/** Whether a campaign's own hours say nothing that the hospital's rule closes. Periods that touch are one. */
export function liesWithin(rule: Hours, own: CampaignCalling): boolean {
  const open = (kind: 'holidays' | 'weekends') => own[kind] !== 'open' || rule[kind] === 'open'
  const minutes = (all: readonly Period[]) =>
    all.reduce((sum, { opens, closes }) => sum + minutesOf(closes) - minutesOf(opens), 0)
  const { periods } = windowOf(rule, own, new Map())
  return (
    open('holidays') && open('weekends') && (own.periods === undefined || minutes(periods) === minutes(own.periods))
  )
}

/** Why no call may leave; the same words as the gate's (migration 0003, gate_hour). Null: open. */
export function closedBy(window: CallingWindow, at: Date): 'holiday' | 'weekend' | 'outside_window' | null {
  const byDay = dayClosedBy(window, dayOf(at))
  if (byDay !== null) return byDay
  return periodAt(window, at) === null ? 'outside_window' : null
}

function dayClosedBy({ holidays, weekends, calendar }: CallingWindow, day: string): 'holiday' | 'weekend' | null {
  const kind = calendar.get(day)
  if (holidays === 'closed' && kind === 'holiday') return 'holiday'
  if (weekends === 'closed' && kind === undefined && weekdayOf(day) >= 6) return 'weekend'
  return null
}

/** Which of the day's periods an instant lies in, by position; null between them. Says nothing of the day. */
export function periodAt({ periods }: CallingWindow, at: Date): number | null {
  const minute = minuteOfDay(at)
  const index = periods.findIndex(({ opens, closes }) => minutesOf(opens) <= minute && minute < minutesOf(closes))
  return index === -1 ? null : index
}

/** Beyond this a window that never opens is taken for one. No holiday lasts as long. */
const lookAheadDays = 62

/** The earliest instant, `at` or later, at which a call may leave; null when the window does not open in two months. */
export function nextOpening(window: CallingWindow, at: Date): Date | null {
  const first = dayOf(at)
  for (let ahead = 0; ahead <= lookAheadDays; ahead += 1) {
    const day = addDays(first, ahead)
    if (dayClosedBy(window, day) !== null) continue
    for (const { opens, closes } of window.periods) {
      if (instantAt(day, closes) > at) return new Date(Math.max(at.getTime(), instantAt(day, opens).getTime()))
    }
  }
  return null
}

/** The first instant after the period that `at` lies in; the next midnight when it lies in none. */
export function endOfPeriod(window: CallingWindow, at: Date): Date {
  const period = window.periods[periodAt(window, at) ?? -1]
  const day = dayOf(at)
  return period === undefined ? startOfDay(addDays(day, 1)) : instantAt(day, period.closes)
}
