import { describe, expect, it } from 'vitest'
import { columnWords } from './column-words.ts'
import { judgeList, type ListEntry } from './discharge-list.ts'
import { errorFile } from './error-file.ts'
import { readListFile } from './list-file.ts'
import { openRow, sealRow } from './row-archive.ts'

const words = columnWords()
const plain = {
  encrypt: (text: string) => Buffer.from(text),
  decrypt: (sealed: Buffer) => sealed.toString('utf8'),
}

async function judged(text: string): Promise<readonly ListEntry[]> {
  return judgeList(await readListFile(Buffer.from(text), { words }), { words, today: '2026-11-20' }).entries
}

function errorsOf(entries: readonly ListEntry[]): string {
  return errorFile(
    entries.flatMap((entry) =>
      entry.verdict === 'rejected'
        ? [
            {
              at: JSON.stringify(entry.at),
              code: entry.code,
              column: entry.column,
              row: openRow(plain, sealRow(plain, entry.headers, entry.cells, entry.row, entry.admissionNo)),
            },
          ]
        : [],
    ),
  )
}

const header = '住院号,姓名,身份证号,联系电话,联系人,与患者关系,联系电话,出院时间,诊断'
const broken = [
  'ZY1001,张三,510100194309269918,,,,,2026-10-22,肺炎',
  'ZY1002,,00000123,+86 19900000001,李四,母亲,19900000002,202610221651,"1.肺炎\n2.感冒"',
  '=cmd|x,=1+1,,@19900000001,＝1+1,＠SUM,,2026-13-45,－',
  'ZY1004,王五,,19900000004,,,,2026-10-22,肺炎,高血压',
]

describe('the error file', () => {
  it('given back as it is is rejected for the same reasons', async () => {
    const first = await judged([header, ...broken].join('\n'))
    const again = await judged(errorsOf(first))
    const codes = (entries: readonly ListEntry[]) =>
      entries.flatMap((entry) => (entry.verdict === 'rejected' ? [[entry.code, entry.column]] : []))
    expect(codes(first)).toHaveLength(4)
    expect(codes(again)).toEqual(codes(first))
  })

  it('corrected is loaded as it is', async () => {
    const file = errorsOf(await judged([header, broken[0]].join('\n')))
    const entries = await judged(file.replace("张三,'510100194309269918,,", "张三,'510100194309269918,19900000001,"))
    expect(entries).toMatchObject([
      {
        verdict: 'good',
        row: { admissionNo: 'ZY1001', idNumber: { value: '510100194309269918' }, phones: [{ number: '19900000001' }] },
      },
    ])
  })

  it('says in front of each row what is wrong, where, and where it stood', async () => {
    const [, first, row] = /^\ufeff(.*)\r\n(.*)\r\n$/.exec(errorsOf(await judged([header, broken[0]].join('\n')))) ?? []
    expect(first).toBe(`错误原因,错误列,错误代码,原位置,${header}`)
    expect(row).toMatch(/^没有可拨打的电话.*,联系电话,no_callable_phone,"\{""line"":2\}",ZY1001/)
  })

  it('has no cell that a spreadsheet would run, and none that it would round', async () => {
    const file = errorsOf(await judged([header, ...broken].join('\n')))
    const cells = file.replace('\ufeff', '').split(/[,\r\n]+/)
    expect(cells.filter((cell) => /^"?[=+\-@＝＋－＠\t]/.test(cell))).toEqual([])
    expect(cells.filter((cell) => /^"?\d{12,}|^"?0\d/.test(cell))).toEqual([])
  })

  it('keeps lists with blocks of their own columns in blocks', async () => {
    const file = errorsOf(
      await judged(`${header}\nZY1001,张三,,,,,,2026-10-22,\n姓名,住院号,出院日期,电话\n李四,ZY1002,2026-10-22,\n`),
    )
    expect((await judged(file)).map((entry) => entry.verdict)).toEqual(['rejected', 'ignored', 'rejected'])
  })
})
