import { readFileSync } from 'node:fs'
import iconv from 'iconv-lite'
import { describe, expect, it } from 'vitest'
import type { Place } from './cell.ts'
import { columnWords } from './column-words.ts'
import { listTimeText } from './date-cell.ts'
import { splitRecords } from './delimited-text.ts'
import { type JudgedList, judgeList, type ListEntry } from './discharge-list.ts'
import type { DischargeRow } from './discharge-row.ts'
import { readListFile } from './list-file.ts'
import { decodeText } from './text-encoding.ts'

const words = columnWords()
/** The import day that the samples assume. */
const today = '2026-11-20'

interface ExpectedRow {
  at: Place
  admissionNo?: string | null
  verdict: 'good' | 'rejected' | 'excluded' | 'duplicate' | 'ignored'
  alsoAcceptable?: string | string[]
  reasons?: string[]
  warnings?: string[]
  duplicateOf?: Place
  normalised?: Record<string, unknown>
}

async function judged(bytes: Uint8Array): Promise<JudgedList> {
  return judgeList(await readListFile(bytes, { words }), { words, today })
}

function fixture(path: string): Uint8Array {
  return readFileSync(new URL(`../../../test/fixtures/discharge-lists/${path}`, import.meta.url))
}

function expectedRows(path: string): ExpectedRow[] {
  return JSON.parse(Buffer.from(fixture(path)).toString('utf8')).rows
}

function key(at: Place): string {
  return JSON.stringify(at)
}

/** What these words say is told by the file's text, not by its cells; nothing was cleaned. */
const notTold = new Set(['comma_in_quoted_cell', 'line_break_in_quoted_cell', 'quote_in_quoted_cell'])

function normalised(row: DischargeRow) {
  const sexes = { male: '男', female: '女' }
  return {
    admissionNo: row.admissionNo,
    name: row.name,
    sex: row.sex && sexes[row.sex],
    birthDate: row.birthDate,
    idNumber: row.idNumber?.value ?? null,
    phones: row.phones.map(({ number }) => number),
    contactName: row.contacts[0]?.name ?? null,
    contactPhones: row.contacts.flatMap(({ phones }) => phones.map(({ number }) => number)),
    department: row.department,
    admittedAt: row.admittedAt && listTimeText(row.admittedAt),
    dischargedAt: listTimeText(row.dischargedAt),
    diagnosisCode: row.diagnoses[0]?.code ?? null,
    leaveMode: row.leaveMode,
  }
}

function reasonsOf(entry: ListEntry): string[] {
  if (entry.verdict === 'rejected') return [entry.code]
  if (entry.verdict === 'excluded') return [entry.reason]
  if (entry.verdict === 'duplicate') return ['same_admission_no_and_discharge']
  return entry.verdict === 'ignored' ? [entry.kind] : []
}

describe.each(['csv/discharges.csv', 'xlsx/discharges.xlsx'])('the sample list %s', async (path) => {
  const list = await judged(fixture(path))
  const rows = expectedRows(`${path.split('/')[0]}/expected.json`)
  const found = new Map(list.entries.map((entry) => [key(entry.at), entry]))

  it('has every expected row at its place, and no other', () => {
    const expected = rows.filter(({ verdict }) => verdict !== 'ignored').map(({ at }) => key(at))
    const read = list.entries.filter(({ verdict }) => verdict !== 'ignored').map(({ at }) => key(at))
    expect(read).toEqual(expected)
  })

  it.each(rows.map((row) => [key(row.at), row] as const))('gives the row at %s its expected verdict', (_, row) => {
    const entry = found.get(key(row.at))
    // A blank row of a worksheet is not in the file at all.
    if (row.verdict === 'ignored' && row.reasons?.[0] === 'blank' && 'row' in row.at) return
    expect([row.verdict, ...[row.alsoAcceptable ?? []].flat()]).toContain(entry?.verdict)
    if (!entry || entry.verdict !== row.verdict) return
    if (row.reasons) expect(reasonsOf(entry)).toEqual(row.reasons)
    if (entry.verdict === 'duplicate') expect(entry.of).toEqual(row.duplicateOf)
    if ('warnings' in entry) {
      const wanted = (row.warnings ?? []).filter((warning) => !notTold.has(warning))
      expect(entry.warnings).toEqual(expect.arrayContaining(wanted))
    }
    if (entry.verdict === 'good' && row.normalised) {
      const known = normalised(entry.row)
      const upgraded15 = row.warnings?.includes('id_15_digits') ? { idNumber: known.idNumber } : {}
      expect(known).toEqual({ ...row.normalised, ...upgraded15 })
    }
  })
})

describe.each([
  { separator: '\t', encoding: 'utf8', bom: true, shift: 7 },
  { separator: '|', encoding: 'gb18030', bom: false, shift: 3 },
  { separator: ';', encoding: 'utf16le', bom: true, shift: 11 },
] as const)(
  'the same dirt in another dress ($encoding, columns moved by $shift)',
  ({ separator, encoding, bom, shift }) => {
    const renamed: Readonly<Record<string, string>> = {
      住院号: '住院病历号',
      姓名: '患者姓名',
      身份证号: '证件号码',
      联系电话: '手机',
      联系人姓名: '家属姓名',
      关系: '与患者关系',
      联系人电话: '家属联系方式',
      科室: '出院科别',
      入院时间: '入院日期',
      出院时间: '离院时间',
      出院诊断: '主要诊断',
      诊断编码: 'ICD编码',
      离院方式: '离院方式代码',
    }

    it('gives every row the same verdict', async () => {
      const rows = expectedRows('csv/expected.json')
      const records = splitRecords(decodeText(fixture('csv/discharges.csv')).text, ',')
      const width = 19
      const lines = records.map(({ cells }) => {
        const texts = cells.map(String)
        if (texts.length === 1) return ''
        const own = Array.from({ length: width }, (_, i) => texts[i] ?? '')
        const moved = [...own.slice(shift), ...own.slice(0, shift), ...texts.slice(width)]
        const named = moved.map((text) => renamed[text.trim()] ?? text)
        return named
          .map((text) => (/["\n]/.test(text) || text.includes(separator) ? `"${text.replaceAll('"', '""')}"` : text))
          .join(separator)
      })
      const bytes = iconv.encode(`${lines.join('\r\n')}\r\n`, encoding, { addBOM: bom })
      const list = await judged(bytes)
      const told = list.entries.map((entry) => [key(entry.at), entry.verdict, ...reasonsOf(entry)])
      expect(told).toEqual(rows.map((row) => [key(row.at), row.verdict, ...(row.reasons ?? [])]))
    })
  },
)
