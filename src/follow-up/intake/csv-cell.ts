/**
 * An apostrophe in front keeps a cell text in Excel, which reads wide signs as narrow ones; the importer takes it off
 * again. Nothing that comes out is a formula (requirements G12), and long digits stay text when Excel saves the file.
 */
export function inertText(text: string): string {
  return /^[=+\-@＝＋－＠\t\r\n]/.test(text) || /^\d{12,}$/.test(text) || /^0\d+$/.test(text) ? `'${text}` : text
}

/** One line of a CSV (RFC 4180), without its end. */
export function csvLine(cells: readonly string[]): string {
  return cells.map(csvCell).join(',')
}

/** Semicolons and tabs too: an Excel of another locale splits there, and what begins behind one may be a formula. */
function csvCell(text: string): string {
  const inert = inertText(text)
  return /[",;\t\r\n]/.test(inert) || inert !== inert.trim() ? `"${inert.replaceAll('"', '""')}"` : inert
}
