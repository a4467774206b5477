/** Cells of a table that is written as a file. Nothing for null. */
export type SheetCell = string | number | null

/** A table in parts, so that none is ever whole in memory. */
export interface Sheet {
  readonly name: string
  readonly header: readonly string[]
  readonly rows: AsyncIterable<readonly (readonly SheetCell[])[]>
}

export function sheetOf(name: string, header: readonly string[], rows: readonly (readonly SheetCell[])[]): Sheet {
  return { name, header, rows: once(rows) }
}

async function* once<Part>(part: Part): AsyncGenerator<Part> {
  yield part
}
