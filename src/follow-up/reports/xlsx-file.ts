import { inertText } from '../intake/csv-cell.ts'
import type { Sheet, SheetCell } from './sheet.ts'
import { zipFile } from './zip-file.ts'

/**
 * A workbook in parts (ECMA-376, SpreadsheetML). The library that reads lists would hold the whole workbook, and stop
 * every call for as long as it writes; this needs one part of rows at a time. Texts stand in the cells themselves, are no
 * formulas there, and none when the sheet is saved as CSV.
 */
export function xlsxFile(sheets: readonly Sheet[]): AsyncGenerator<Buffer> {
  const numbered = sheets.map((sheet, index) => ({ sheet, number: index + 1 }))
  return zipFile([
    { name: '[Content_Types].xml', content: text(contentTypes(numbered.map(({ number }) => number))) },
    { name: '_rels/.rels', content: text(relations([['officeDocument', 'xl/workbook.xml']])) },
    { name: 'xl/workbook.xml', content: text(workbook(sheets)) },
    {
      name: 'xl/_rels/workbook.xml.rels',
      content: text(relations(numbered.map(({ number }) => ['worksheet', `worksheets/sheet${number}.xml`]))),
    },
    ...numbered.map(({ sheet, number }) => ({ name: `xl/worksheets/sheet${number}.xml`, content: sheetText(sheet) })),
  ])
}

const head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'

async function* text(content: string): AsyncGenerator<Buffer> {
  yield Buffer.from(head + content)
}

async function* sheetText({ header, rows }: Sheet): AsyncGenerator<Buffer> {
  yield Buffer.from(
    `${head}<worksheet xmlns="${main}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData>${rowText(header)}`,
  )
  for await (const part of rows) yield Buffer.from(part.map(rowText).join(''))
  yield Buffer.from('</sheetData></worksheet>')
}

function rowText(cells: readonly SheetCell[]): string {
  return `<row>${cells.map(cellText).join('')}</row>`
}

function cellText(cell: SheetCell): string {
  if (cell === null || cell === '') return '<c/>'
  if (typeof cell === 'number') return Number.isFinite(cell) ? `<c><v>${cell}</v></c>` : '<c/>'
  return `<c t="inlineStr"><is><t xml:space="preserve">${escaped(inertText(cell))}</t></is></c>`
}

/** What a cell of Excel holds at most. */
const longest = 32_767

function escaped(words: string): string {
  return words
    .slice(0, longest)
    .toWellFormed()
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replace(/[^\t\n\r\u0020-\ufffd\u{10000}-\u{10ffff}]/gu, '')
}

function contentTypes(numbers: readonly number[]): string {
  const type = 'application/vnd.openxmlformats-officedocument.spreadsheetml'
  const parts = numbers.map(
    (n) => `<Override PartName="/xl/worksheets/sheet${n}.xml" ContentType="${type}.worksheet+xml"/>`,
  )
  return `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${type}.sheet.main+xml"/>${parts.join('')}</Types>`
}

function relations(targets: readonly (readonly [type: string, target: string])[]): string {
  const all = targets.map(
    ([type, target], n) => `<Relationship Id="r${n + 1}" Type="${office}/${type}" Target="${target}"/>`,
  )
  return `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${all.join('')}</Relationships>`
}

function workbook(sheets: readonly Sheet[]): string {
  const all = sheets.map(
    ({ name }, n) => `<sheet name="${escaped(name.slice(0, 31))}" sheetId="${n + 1}" r:id="r${n + 1}"/>`,
  )
  return `<workbook xmlns="${main}" xmlns:r="${office}"><sheets>${all.join('')}</sheets></workbook>`
}
