import type { ColumnType, GeneratedAlways } from 'kysely'

/** Append-only: each change is the next version of its key (migration 0001). */
export interface SettingTable {
  key: string
  version: number
  value: ColumnType<unknown, string, never>
  changedBy: string | null
  changedAt: GeneratedAlways<Date>
}

/** The highest version of each key. */
export interface SettingNowView {
  key: string
  version: number
  value: unknown
  changedAt: Date
}

declare module '#platform/database/tables.ts' {
  interface Tables {
    setting: SettingTable
    settingNow: SettingNowView
  }
}
