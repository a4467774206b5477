import { crc32, deflateRawSync } from 'node:zlib'
import * as XLSX from '@e965/xlsx'
import { describe, expect, it } from 'vitest'
import { columnWords } from './column-words.ts'
import { judgeList } from './discharge-list.ts'
import { type ReadOptions, readListFile } from './list-file.ts'

const words = columnWords()
const header = ['住院号', '姓名', '电话', '出院时间', '诊断']

type Grid = readonly (readonly unknown[])[]

function book(
  sheets: Readonly<Record<string, Grid>>,
  bookType: XLSX.BookType = 'xlsx',
  edit?: (book: XLSX.WorkBook) => void,
) {
  const workbook = XLSX.utils.book_new()
  for (const [name, rows] of Object.entries(sheets)) {
    XLSX.utils.book_append_sheet(workbook, XLSX.utils.aoa_to_sheet(rows.map((row) => [...row])), name)
  }
  edit?.(workbook)
  return new Uint8Array(XLSX.write(workbook, { bookType, type: 'array' }))
}

async function read(bytes: Uint8Array, options: Partial<ReadOptions> = {}) {
  const file = await readListFile(bytes, { words, ...options })
  return { file, entries: judgeList(file, { words, today: '2026-11-20' }).entries }
}

async function code(bytes: Uint8Array, options: Partial<ReadOptions> = {}): Promise<unknown> {
  return read(bytes, options).then(
    () => 'read',
    (error) => (error instanceof Error && 'code' in error ? error.code : error),
  )
}

const row = (n: number, ...rest: unknown[]) => [`ZY100${n}`, '张三', 19900000001, '2026-10-22 08:00', '肺炎', ...rest]

describe('a workbook', () => {
  it.each(['xlsx', 'biff8', 'xlml', 'html', 'xlsb', 'ods'] as const)(
    'of type %s is read, rows counted as the sheet does',
    async (type) => {
      const { entries } = await read(book({ 名单: [['标题'], [], header, row(1)] }, type))
      const last = entries.at(-1)
      expect(last).toMatchObject({
        verdict: 'good',
        row: { admissionNo: 'ZY1001', phones: [{ number: '19900000001' }] },
      })
      expect(last?.at).toEqual({ row: 4 })
    },
  )

  it('is read at the sheet with the fullest header, and names the others that have one', async () => {
    const { file } = await read(
      book({
        说明: [['填表说明']],
        简表: [header.slice(0, 4), row(1).slice(0, 4)],
        名单: [header, row(2)],
        存档: [header, row(3)],
      }),
    )
    expect(file).toMatchObject({ sheet: '名单', otherSheets: ['简表', '存档'] })
  })

  it('is read at the sheet that is asked for', async () => {
    const bytes = book({ 十月: [header, row(1)], 九月: [header, row(2)] })
    expect((await read(bytes, { sheet: '九月' })).file.sheet).toBe('九月')
    expect(await code(bytes, { sheet: '八月' })).toBe('IMPORT_SHEET_UNKNOWN')
  })

  it('is not read at a hidden sheet', async () => {
    const bytes = book({ 旧: [header, row(1)], 新: [header, row(2)] }, 'xlsx', (workbook) => {
      workbook.Workbook = { Sheets: [{ Hidden: 1 }, { Hidden: 0 }] }
    })
    expect((await read(bytes)).file).toMatchObject({ sheet: '新', otherSheets: [] })
  })

  it('with merged headers of two rows is read by both', async () => {
    const { entries } = await read(
      book({
        名单: [
          ['住院号', '姓名', '出院时间', '联系人', '', ''],
          ['', '', '', '姓名', '关系', '电话'],
          ['ZY1001', '张三', '2026-10-22', '李四', '母亲', '19900000002'],
        ],
      }),
    )
    expect(entries.at(-1)).toMatchObject({
      verdict: 'good',
      row: {
        name: '张三',
        phones: [],
        contacts: [{ name: '李四', relation: { word: '母亲' }, phones: [{ number: '19900000002' }] }],
      },
    })
  })

  it('keeps leading zeros that are only a number format', async () => {
    const bytes = book({ 名单: [header, [12345, '张三', 19900000001, '2026-10-22', '']] }, 'xlsx', (workbook) => {
      const cell = workbook.Sheets.名单?.A2
      cell.z = '00000000'
    })
    expect((await read(bytes)).entries[0]).toMatchObject({ row: { admissionNo: '00012345' } })
  })

  it('rejects the rows with formulas in read columns, each with its column, and loads the others', async () => {
    const bytes = book({ 名单: [header, row(1), row(2), row(3), ['合计']] }, 'xlsx', (workbook) => {
      const sheet = workbook.Sheets.名单 ?? {}
      sheet.C3 = { t: 's', f: 'C2', v: '19900000001' }
      sheet.D4 = { t: 'n', f: 'TODAY()' }
      sheet.B5 = { t: 'n', f: 'COUNTA(A2:A4)', v: 3 }
    })
    expect((await read(bytes)).entries).toMatchObject([
      { at: { row: 2 }, verdict: 'good' },
      { at: { row: 3 }, verdict: 'rejected', code: 'formula_cell', column: '电话' },
      { at: { row: 4 }, verdict: 'rejected', code: 'formula_cell', column: '出院时间' },
      { at: { row: 5 }, verdict: 'ignored', kind: 'total' },
    ])
  })

  it('takes a note right of the table for a note', async () => {
    const { entries } = await read(book({ 名单: [header, row(1, '', '已电话联系')] }))
    expect(entries[0]).toMatchObject({ verdict: 'good', warnings: expect.arrayContaining(['cell_outside_the_table']) })
  })

  it.each([
    ['a name', [`ZY1002`, '张\ud842', 19900000001, '2026-10-22 08:00', '肺炎']],
    ['a diagnosis', row(2).with(4, '肺\udfb7炎')],
  ])('with half a character in %s rejects that row alone', async (_where, broken) => {
    const { entries } = await read(book({ 名单: [header, row(1), broken] }))
    expect(entries).toMatchObject([{ verdict: 'good' }, { verdict: 'rejected', code: 'unreadable_characters' }])
  })

  it('with a cell at the far end of the sheet is read all the same', async () => {
    const bytes = book({ 名单: [header, row(1)] }, 'xlsx', (workbook) => {
      const sheet = workbook.Sheets.名单 ?? {}
      sheet.XFD2 = { t: 's', v: 'x' }
      sheet['!ref'] = 'A1:XFD2'
    })
    expect((await read(bytes)).entries[0]).toMatchObject({ verdict: 'good' })
  })
})

describe('a workbook that must be refused', () => {
  it('is cut off', async () => {
    const whole = book({ 名单: [header, row(1)] })
    expect(await code(whole.subarray(0, Math.floor(whole.length * 0.7)))).toBe('IMPORT_SHEET_BROKEN')
  })

  it('is damaged in the middle', async () => {
    const bytes = book({ 名单: [header, ...Array.from({ length: 50 }, (_, i) => row(i))] })
    bytes.fill(0, bytes.length / 3, bytes.length / 3 + 200)
    expect(await code(bytes)).toBe('IMPORT_SHEET_BROKEN')
  })

  it('has a password', async () => {
    const container = XLSX.CFB.utils.cfb_new()
    XLSX.CFB.utils.cfb_add(container, '/EncryptionInfo', Buffer.alloc(64, 4))
    XLSX.CFB.utils.cfb_add(container, '/EncryptedPackage', Buffer.alloc(5_000, 5))
    const bytes = XLSX.CFB.write(container, { type: 'buffer' })
    expect(await code(new Uint8Array(Buffer.from(bytes)))).toBe('IMPORT_SHEET_ENCRYPTED')
  })

  it('is a zip bomb that says so', async () => {
    expect(await code(bomb({ claimed: 600 * 1024 * 1024 }))).toBe('IMPORT_SHEET_TOO_BIG')
  })

  it('is a zip bomb that lies about its size', async () => {
    expect(await code(bomb({ claimed: 1_000 }))).toBe('IMPORT_SHEET_TOO_BIG')
  })

  it('is a document of another program', async () => {
    expect(await code(zip('word/document.xml', Buffer.from('<x/>'), '<x/>'.length))).toBe('IMPORT_TYPE_UNKNOWN')
  })

  it('has no list in it', async () => {
    expect(await code(book({ 说明: [['填表说明'], ['没有名单']] }))).toBe('IMPORT_HEADER_NOT_FOUND')
  })
})

/** 32 MB of zeros, packed to 32 kB. */
function bomb({ claimed }: { claimed: number }): Uint8Array {
  return zip('xl/worksheets/sheet1.xml', Buffer.alloc(32 * 1024 * 1024), claimed)
}

function zip(name: string, content: Buffer, claimed: number): Uint8Array {
  const packed = deflateRawSync(content)
  const local = Buffer.alloc(30)
  local.writeUInt32LE(0x04034b50, 0)
  local.writeUInt16LE(8, 8)
  local.writeUInt32LE(packed.length, 18)
  local.writeUInt32LE(claimed, 22)
  local.writeUInt16LE(name.length, 26)
  const entry = Buffer.alloc(46)
  entry.writeUInt32LE(0x02014b50, 0)
  entry.writeUInt16LE(8, 10)
  entry.writeUInt32LE(crc32(content), 16)
  entry.writeUInt32LE(packed.length, 20)
  entry.writeUInt32LE(claimed, 24)
  entry.writeUInt16LE(name.length, 28)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(1, 8)
  end.writeUInt16LE(1, 10)
  end.writeUInt32LE(46 + name.length, 12)
  end.writeUInt32LE(30 + name.length + packed.length, 16)
  return Buffer.concat([local, Buffer.from(name), packed, entry, Buffer.from(name), end])
}
