import { type Static, Type } from 'typebox'
import { Reason } from '#platform/audit/reason.ts'
import { CallingRule, CampaignCalling } from './calling-rule.ts'
import { BarredKind } from './number-bar.ts'

const Nullable = <Schema extends ReturnType<typeof Type.String>>(schema: Schema) => Type.Union([schema, Type.Null()])

const CalendarDayItem = Type.Object({
  day: Type.String(),
  kind: Type.Union([Type.Literal('holiday'), Type.Literal('workday')]),
  name: Type.String(),
})

export const CalendarYearItem = Type.Object({
  year: Type.Integer(),
  /** Where the announcement stands; null: not announced or not imported, only the law's own holidays stand. */
  source: Nullable(Type.String()),
  /** ISO 8601, UTC. */
  importedAt: Nullable(Type.String()),
  days: Type.Array(CalendarDayItem),
})
export type CalendarYearItem = Static<typeof CalendarYearItem>

/** What holds now, and what it does. */
export const CallingBoard = Type.Object({
  /** Of the live stream: a page reads on from here. */
  offset: Type.Integer(),
  version: Type.Integer(),
  rule: CallingRule,
  /** The last change; null: as shipped. */
  changed: Type.Union([
    Type.Object({ at: Type.String(), by: Nullable(Type.String()), reason: Nullable(Type.String()) }),
    Type.Null(),
  ]),
  now: Type.Object({
    /** Null: calls may leave. */
    closedBy: Type.Union([
      Type.Literal('holiday'),
      Type.Literal('weekend'),
      Type.Literal('outside_window'),
      Type.Null(),
    ]),
    /** ISO 8601, UTC: when that ends; null: not within two months. */
    until: Nullable(Type.String()),
  }),
  /** Waiting tasks that the rule holds, by reason and, of barred numbers, by kind. */
  held: Type.Array(
    Type.Object({
      reason: Type.Union([Type.Literal('cap_day'), Type.Literal('cap_week'), Type.Literal('number_barred')]),
      bar: Type.Union([BarredKind, Type.Null()]),
      count: Type.Integer(),
    }),
  ),
  /** Campaigns that may call at other hours than the hospital. */
  campaigns: Type.Array(Type.Object({ name: Type.String(), anyHour: Type.Boolean(), own: CampaignCalling })),
  thisYear: Type.Integer(),
  /** Years whose holidays should be known by now. */
  missing: Type.Array(Type.Integer()),
  /** From last year on. */
  years: Type.Array(CalendarYearItem),
})
export type CallingBoard = Static<typeof CallingBoard>

export const CallingWish = Type.Object(
  { basedOn: Type.Integer(), rule: CallingRule, reason: Reason },
  { additionalProperties: false },
)

export const CalendarWish = Type.Object(
  { text: Type.String({ maxLength: 200_000 }), reason: Reason },
  { additionalProperties: false },
)

export const ImportedYear = Type.Object({
  year: Type.Integer(),
  holidays: Type.Integer(),
  workdays: Type.Integer(),
  /** Days that the law gives off and the file does not: perhaps it is not whole. */
  lacking: Type.Array(Type.String()),
})
export type ImportedYear = Static<typeof ImportedYear>
