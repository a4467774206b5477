import type { Generated } from 'kysely'

/** One row for each time something was due by the clock (migration 0001). */
export interface CronFireTable {
  name: string
  fireAt: Date
  firedAt: Generated<Date>
}

declare module '#platform/database/tables.ts' {
  interface Tables {
    cronFire: CronFireTable
  }
}
