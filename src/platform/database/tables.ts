/**
 * The tables, as TypeScript knows them. Each storey adds its own by declaration merging, so that nobody imports
 * upwards:
 *
 * ```ts
 * declare module '#platform/database/tables.ts' {
 *   interface Tables { task: TaskTable }
 * }
 * ```
 * Names are camelCase here and snake_case in SQL. Types of columns: `timestamptz` is a Date, `date` the string
 * 'YYYY-MM-DD', `bigint` and `numeric` strings, `bytea` a Buffer.
 */
// biome-ignore lint/suspicious/noEmptyInterface: it is filled by declaration merging
export interface Tables {}
