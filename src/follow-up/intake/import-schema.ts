import { type Static, Type } from 'typebox'

/** What the console asks and is told about imports of discharge lists. */

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()])

const LocalText = Type.Object({ zh: Type.String(), en: Type.String() })

export const ImportCounts = Type.Object({
  /** Patient rows; always the sum of the others. */
  read: Type.Integer(),
  created: Type.Integer(),
  changed: Type.Integer(),
  unchanged: Type.Integer(),
  duplicate: Type.Integer(),
  excluded: Type.Integer(),
  rejected: Type.Integer(),
})
export type ImportCounts = Static<typeof ImportCounts>

export const ImportRun = Type.Object({
  id: Type.String(),
  /** ISO 8601, UTC. */
  at: Type.String(),
  fileName: Nullable(Type.String()),
  by: Nullable(Type.String()),
  state: Type.Union([Type.Literal('running'), Type.Literal('finished'), Type.Literal('failed')]),
  /** Why it was not completed; null of the others. */
  failure: Nullable(Type.Object({ code: Type.String(), words: LocalText })),
  counts: ImportCounts,
})
export type ImportRun = Static<typeof ImportRun>

const RowPlace = { sheet: Nullable(Type.String()), line: Type.Integer() }

export const ImportReport = Type.Object({
  run: ImportRun,
  /** The first of them, in the order of the file; all are in the error file. */
  rejected: Type.Array(
    Type.Object({ ...RowPlace, column: Nullable(Type.String()), code: Type.String(), words: LocalText }),
  ),
  excluded: Type.Array(
    Type.Object({
      ...RowPlace,
      reason: Type.String(),
      words: LocalText,
      /** Whose card says more. */
      patientId: Nullable(Type.String()),
    }),
  ),
  /** Rows that tell of a death which a person has taken back: it was left out. */
  takenBack: Type.Array(Type.Object({ ...RowPlace, words: LocalText, patientId: Nullable(Type.String()) })),
})
export type ImportReport = Static<typeof ImportReport>

/** Told once, to who uploads: how the file was understood. */
export const ImportReceipt = Type.Object({
  id: Type.String(),
  /** The sheet that was read; null for a text. */
  sheet: Nullable(Type.String()),
  /** Sheets with lists that were not read. */
  otherSheets: Type.Array(Type.String()),
  /** What was odd in rows that were read all the same. */
  warnings: Type.Array(Type.Object({ code: Type.String(), words: LocalText, rows: Type.Integer() })),
})
export type ImportReceipt = Static<typeof ImportReceipt>

/** As many rows of each kind as a report shows. */
export const reportRows = 500

export const NumberlessPatient = Type.Object({
  importId: Type.String(),
  ...RowPlace,
  department: Nullable(Type.String()),
  name: Nullable(Type.String()),
  recordNumber: Nullable(Type.String()),
  /** 'YYYY-MM-DD' */
  dischargedOn: Nullable(Type.String()),
})
export type NumberlessPatient = Static<typeof NumberlessPatient>
