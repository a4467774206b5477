import iconv from 'iconv-lite'
import { describe, expect, it } from 'vitest'
import { columnWords, parseHospitalWords } from './column-words.ts'
import { judgeList, type ListEntry } from './discharge-list.ts'
import { READ_LIMITS, type ReadOptions, readListFile } from './list-file.ts'

const words = columnWords()
const today = '2026-11-20'

async function read(content: string | Uint8Array, options: Partial<ReadOptions> = {}) {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  const file = await readListFile(bytes, { words, ...options })
  return { file, entries: judgeList(file, { words: options.words ?? words, today }).entries }
}

async function code(content: string | Uint8Array, options: Partial<ReadOptions> = {}): Promise<unknown> {
  try {
    return (await read(content, options)).entries
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error
  }
}

function good(entries: readonly ListEntry[]) {
  return entries.flatMap((entry) => (entry.verdict === 'good' ? [entry.row] : []))
}

const verdicts = (entries: readonly ListEntry[]) => entries.map(({ verdict }) => verdict)

describe('a list as text', () => {
  const header = ['病案号码', '病人姓名', '移动电话', '离院日期', '离院科室']
  const row = ['ZY900001', '任艳', '19900000001', '2026-10-22', '骨科']

  it.each([',', '\t', '|', ';', '，'])('is split at %j', async (separator) => {
    const { file, entries } = await read([header, row].map((cells) => cells.join(separator)).join('\r\n'))
    expect(file.separator).toBe(separator)
    expect(good(entries)).toMatchObject([{ admissionNo: 'ZY900001', name: '任艳', department: '骨科' }])
  })

  it('may have its columns between bars on both sides', async () => {
    const { entries } = await read([header, row].map((cells) => `| ${cells.join(' | ')} |`).join('\n'))
    expect(good(entries)[0]).toMatchObject({ name: '任艳', phones: [{ number: '19900000001' }] })
  })

  it('has its header wherever the columns are named', async () => {
    const title = '某医院出院名单\n统计科室：骨科,出院日期：2026-10\n\n'
    const { file, entries } = await read(`${title}${header.join(',')}\n${row.join(',')}\n`)
    expect(file.header.columns.at).toEqual({ line: 4 })
    expect(verdicts(entries)).toEqual(['ignored', 'ignored', 'ignored', 'good'])
  })

  it('ignores repeated titles and headers, subtotals, page footers and blank rows', async () => {
    const noise = [
      header.join(','),
      '某医院出院名单',
      '骨科小计,12人,,,',
      '第 1 页 共 3 页',
      '制表人：某某,审核人：某某,,打印日期：2026-11-01',
      ',,,,',
      '合 计：,296,,,',
      '',
    ]
    const { entries } = await read(`${header.join(',')}\n${noise.join('\n')}\n${row.join(',')}\n`)
    expect(verdicts(entries)).toEqual([...noise.map(() => 'ignored'), 'good'])
  })

  it('never ignores what might be a patient', async () => {
    const { entries } = await read(
      `${header.join(',')}\nZY900002,合计,,,\nZY900003,张三,,,\n,李四,19900000002,2026-10-22,骨科\n`,
    )
    expect(verdicts(entries)).toEqual(['ignored', 'rejected', 'rejected'])
  })

  it('goes on under a header with the columns in another order', async () => {
    const second = '姓名,住院号,出院日期,联系电话\n李四,ZY900002,2026-10-23,19900000002\n'
    const { entries } = await read(`${header.join(',')}\n${row.join(',')}\n${second}`)
    expect(good(entries).map(({ admissionNo, name }) => [admissionNo, name])).toEqual([
      ['ZY900001', '任艳'],
      ['ZY900002', '李四'],
    ])
  })

  it('takes a second 联系电话 behind the contact for the contact’s', async () => {
    const { entries } = await read(
      '住院号,姓名,联系电话,出院日期,联系人,与患者关系,联系电话\nZY1001,张三,19900000001,2026-10-22,李四,母亲,19900000002\n',
    )
    expect(good(entries)[0]).toMatchObject({
      phones: [{ number: '19900000001' }],
      contacts: [{ name: '李四', relation: { code: '5' }, phones: [{ number: '19900000002' }] }],
    })
  })

  it('keeps father and mother apart', async () => {
    const { entries } = await read(
      '住院号,患儿姓名,出院日期,父亲姓名,父亲电话,母亲姓名,母亲电话\nZY1001,张三,2026-10-22,张大,19900000001,李四,19900000002\n',
    )
    expect(good(entries)[0]?.contacts).toMatchObject([
      { name: '张大', relation: { word: '父亲' }, phones: [{ number: '19900000001' }] },
      { name: '李四', relation: { word: '母亲' }, phones: [{ number: '19900000002' }] },
    ])
  })

  it('does not take a doctor’s number for the patient’s', async () => {
    expect(await code('住院号,姓名,主治医生电话,出院日期\nZY1001,张三,19900000001,2026-10-22\n')).toBe(
      'IMPORT_HEADER_MISSING',
    )
  })

  it('has date and time in two columns', async () => {
    const { entries } = await read('住院号,姓名,电话,出院日期,出院时间\nZY1001,张三,19900000001,2026-10-22,16:51\n')
    expect(good(entries)[0]?.dischargedAt).toEqual({ date: '2026-10-22', time: '16:51' })
  })

  it('takes midnight in every row for the absence of an hour', async () => {
    const { entries } = await read(
      '住院号,姓名,电话,出院时间\nZY1001,张三,19900000001,2026-10-22 00:00:00\nZY1002,李四,19900000002,2026-10-23 00:00:00\n',
    )
    expect(good(entries).map(({ dischargedAt }) => dischargedAt.time)).toEqual([null, null])
  })

  it('leaves out a record number that is none, and keeps the stay', async () => {
    const numbers = ['7', 'Z'.repeat(50), 'Z'.repeat(51), 'Z'.repeat(5_000)]
    const rows = numbers.map((no, i) => `${no},ZY100${i},张三,1990000000${i},2026-10-22`)
    const { entries } = await read(`病案号,住院号,姓名,电话,出院时间\n${rows.join('\n')}\n`)
    expect(good(entries).map(({ patientNo }) => patientNo)).toEqual([...numbers.slice(0, 2), null, null])
    expect(entries[2]).toMatchObject({ warnings: expect.arrayContaining(['patient_no_too_long']) })
  })

  it('knows the hospital’s own words for columns', async () => {
    const own = columnWords(parseHospitalWords('{"dischargedAt": ["离科时点"]}', 'columns.json'))
    const text = '住院号,姓名,电话,离科时点\nZY1001,张三,19900000001,2026-10-22\n'
    expect(await code(text)).toBe('IMPORT_HEADER_MISSING')
    expect(good((await read(text, { words: own })).entries)).toHaveLength(1)
  })

  it.each(['{"离院": []}', '[1]', '{"name": [3]}', '{'])('refuses the column file %s', (json) => {
    expect(() => parseHospitalWords(json, 'columns.json')).toThrow(
      expect.objectContaining({ code: 'IMPORT_COLUMN_FILE_BROKEN' }),
    )
  })

  it('rejects a row with damaged characters and loads the others', async () => {
    const rows = Array.from({ length: 200 }, (_, i) => `ZY1${String(i).padStart(3, '0')},张三,19900000001,2026-10-22`)
    const bytes = Buffer.concat([
      Buffer.from(`住院号,姓名,电话,出院日期\n${rows.join('\n')}\nZY2000,`),
      Buffer.from([0xe5, 0xbc]),
      Buffer.from(',19900000002,2026-10-22\n'),
    ])
    const { entries } = await read(bytes)
    expect(entries.at(-1)).toMatchObject({ verdict: 'rejected', code: 'unreadable_characters', column: '姓名' })
    expect(entries.slice(0, -1).every(({ verdict }) => verdict === 'good')).toBe(true)
  })
})

describe('what a row is judged by', () => {
  const header = '住院号,姓名,身份证号,电话,联系人电话,入院时间,出院时间,离院方式,转归,备注'
  async function judge(row: string) {
    const [entry] = (await read(`${header}\n${row}\n`)).entries
    if (!entry) throw new Error('no row')
    return entry
  }

  it.each([
    ['ZY1001,张三,,19900000001,,2026-10-01,2026-10-22,死亡,,', 'deceased'],
    ['ZY1001,张三,,,,2026-10-01,2026-10-22,5,,', 'deceased'],
    ['ZY1001,张三,,19900000001,,2026-10-01,2026-10-22,1,死亡,', 'deceased'],
    ['ZY1001,张三,,19900000001,,2026-10-01,2026-10-22,,,患者已去世', 'deceased'],
    ['ZY1001,张三（已故）,,19900000001,,2026-10-01,2026-10-22,,,', 'deceased'],
  ])('%s is excluded', async (row, reason) => {
    expect(await judge(row)).toMatchObject({ verdict: 'excluded', reason })
  })

  it.each([
    [',张三,,19900000001,,2026-10-01,2026-10-22,1,,', 'missing_admission_no', '住院号'],
    ['2.0261E+11,张三,,19900000001,,2026-10-01,2026-10-22,1,,', 'admission_no_unreadable', '住院号'],
    [`${'Z'.repeat(51)},张三,,19900000001,,2026-10-01,2026-10-22,1,,`, 'admission_no_too_long', '住院号'],
    ['ZY1001,,,19900000001,,2026-10-01,2026-10-22,1,,', 'missing_name', '姓名'],
    ['ZY1001,无,,19900000001,,2026-10-01,2026-10-22,1,,', 'missing_name', '姓名'],
    ['ZY1001,19900000001,,19900000001,,2026-10-01,2026-10-22,1,,', 'name_unreadable', '姓名'],
    ['ZY1001,张三,,19900000001,,2026-10-01,,1,,', 'missing_discharge_time', '出院时间'],
    ['ZY1001,张三,,19900000001,,2026-10-01,2026-13-45,1,,', 'discharge_time_unreadable', '出院时间'],
    ['ZY1001,张三,,19900000001,,2026-10-25,2026-10-22,1,,', 'discharge_before_admission', '出院时间'],
    ['ZY1001,张三,,19900000001,,2026-10-01,2062-10-22,1,,', 'discharge_in_the_future', '出院时间'],
    ['ZY1001,张三,,19900000001,,2026-10-01,2026-10-22,,5,', 'outcome_unclear', '转归'],
    ['ZY1001,张三,,无,不详,2026-10-01,2026-10-22,1,,', 'no_callable_phone', '电话'],
    ['ZY1001,张三,,19900000001,,2026-10-01,2026-10-22,1,,,,x', 'column_count', null],
  ])('%s is rejected: %s', async (row, rejection, column) => {
    expect(await judge(row)).toMatchObject({ verdict: 'rejected', code: rejection, column })
  })

  it('an admission number of fifty characters is read', async () => {
    const row = `${'Z'.repeat(50)},张三,,19900000001,,2026-10-01,2026-10-22,1,,`
    expect(await judge(row)).toMatchObject({ verdict: 'good' })
  })

  it('a discharge on the day of the import is no future', async () => {
    expect(await judge('ZY1001,张三,,19900000001,,2026-10-01,2026-11-20 23:00,1,,')).toMatchObject({ verdict: 'good' })
  })

  it('a second row of the same stay that has a number takes the place of a first without', async () => {
    const { entries } = await read(
      `${header}\nZY1001,张三,,,,,2026-10-22,1,,\nZY1001,张三,,19900000001,,,2026-10-22 08:00,1,,\nZY1001,张三,,19900000001,,,2026-10-22,1,,\n`,
    )
    expect(verdicts(entries)).toEqual(['rejected', 'good', 'duplicate'])
  })

  it('a second row that tells of a death is no mere duplicate', async () => {
    const { entries } = await read(
      `${header}\nZY1001,张三,,19900000001,,,2026-10-22,1,,\nZY1001,张三,,19900000001,,,2026-10-22,5,,\nZY1001,张三,,19900000001,,,2026-10-22,5,,\n`,
    )
    expect(verdicts(entries)).toEqual(['good', 'excluded', 'duplicate'])
  })

  it('another stay under the same admission number is another discharge', async () => {
    const { entries } = await read(
      `${header}\nZY1001,张三,,19900000001,,2026-09-01,2026-09-22,1,,\nZY1001,张三,,19900000001,,2026-10-01,2026-10-22,1,,\n`,
    )
    expect(verdicts(entries)).toEqual(['good', 'good'])
  })

  it('the same admission to the minute with another discharge is one stay', async () => {
    const { entries } = await read(
      `${header}\nZY1001,张三,,19900000001,,2026-09-01 08:10,2026-09-22,1,,\nZY1001,张三,,19900000001,,2026-09-01 08:10,2026-09-24,1,,\n`,
    )
    expect(entries[1]).toMatchObject({
      verdict: 'duplicate',
      warnings: ['same_stay_other_discharge_ask_no_second_call'],
    })
  })
})

describe('a file that cannot be a list', () => {
  it.each([
    ['nothing', '', 'IMPORT_FILE_EMPTY'],
    ['only blanks', ' \r\n \n', 'IMPORT_FILE_EMPTY'],
    ['prose', '这是一封信，没有表格。\n第二行。\n', 'IMPORT_HEADER_NOT_FOUND'],
    ['a list without discharge time', '住院号,姓名,电话\nZY1001,张三,19900000001\n', 'IMPORT_HEADER_MISSING'],
    ['a PDF', '%PDF-1.7 and so on', 'IMPORT_TYPE_UNKNOWN'],
    ['a cut-off zip', Buffer.from('PK\u0003\u0004 and then nothing'), 'IMPORT_SHEET_BROKEN'],
    [
      'an old Office file cut off',
      Buffer.concat([Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]), Buffer.alloc(600, 7)]),
      'IMPORT_SHEET_BROKEN',
    ],
    [
      'an old Office file that is none',
      Buffer.concat([Buffer.from([0xd0, 0xcf, 0x11, 0xe0]), Buffer.alloc(600, 7)]),
      'IMPORT_SHEET_BROKEN',
    ],
    ['binary', Buffer.from([1, 0, 2, 0, 0, 0, 3, 0, 0, 9, 0, 0, 0, 7]), 'IMPORT_NOT_TEXT'],
    ['100 MB', Buffer.alloc(100 * 1024 * 1024, 0x2c), 'IMPORT_FILE_TOO_LARGE'],
    [
      'Big5',
      iconv.encode('病歷號,姓名,電話,出院日期\nA1001,張三丰,19900000001,2026-10-22\n', 'big5'),
      'IMPORT_HEADER_NOT_FOUND',
    ],
  ])('%s is refused', async (_, content, expected) => {
    expect(await code(content)).toBe(expected)
  })

  it('with more rows than are read is refused', async () => {
    const rows = Array.from({ length: 11 }, (_, i) => `ZY10${i},张三,19900000001,2026-10-22`)
    const text = `住院号,姓名,电话,出院日期\n${rows.join('\n')}\n`
    expect(await code(text, { limits: { ...READ_LIMITS, rows: 10 } })).toBe('IMPORT_TOO_MANY_ROWS')
  })
})
